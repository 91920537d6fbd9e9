//! Conditions and clocks that are never met together, names that stand twice, events that nobody knows.

use super::{finds, mistakes, seeded};

#[test]
fn conditions_that_are_never_met_together() {
    let five = "{ p = \"at_least\", item = \"proposed_star\", n = 5, reason = \"STAR_NOT_FIVE\" }";
    let both =
        format!("{five}, {{ p = \"at_most\", item = \"proposed_star\", n = 4, reason = \"STAR_NOT_FIVE\" }}");
    finds(
        &seeded("star_rating", five, &both),
        &["CONTRADICTION: star_rating 2022, step propose_five when"],
    );
    let quota = "when = [{ p = \"holds\", item = \"within_quota\" },";
    let never =
        "when = [{ p = \"never_did\", step = \"site_check\" }, { p = \"holds\", item = \"within_quota\" },";
    finds(
        &seeded("star_rating", quota, never),
        &["CONTRADICTION: star_rating 2022, step propose_naming when"],
    );
}

#[test]
fn a_value_for_which_no_step_is_left() {
    for (old, new) in [
        ("n = 4, reason", "n = 3, reason"),
        (
            "n = 5, reason = \"STAR_NOT_FIVE\"",
            "n = 6, reason = \"STAR_NOT_FIVE\"",
        ),
    ] {
        let text = seeded("star_rating", old, new);
        finds(&text, &["WHEN_GAP: star_rating 2022, states public_local"]);
    }
    let wider = seeded(
        "star_rating",
        "n = 5, reason = \"STAR_NOT_FIVE\"",
        "n = 4, reason = \"STAR_NOT_FIVE\"",
    );
    finds(&wider, &[]);
}

#[test]
fn a_clock_that_stands_still_and_a_wait_that_outlasts_the_day() {
    let review = "from = \"propose_five\", late";
    let stopped = seeded(
        "star_rating",
        review,
        "from = \"propose_five\", in = [\"waiting\"], late",
    );
    finds(
        &stopped,
        &[
            "UNTIMED_STATE: star_rating 2022, states county_review",
            "DUE_STANDS_STILL: star_rating 2022, step propose_naming due",
        ],
    );
    let due = "due = [{ n = \"$committee_days\", unit = \"working_days\", from = \"submit\"";
    let wait = |n: i64| {
        let wait = format!("wait = [{{ n = {n}, unit = \"working_days\", from = \"submit\" }}]\n{due}");
        mistakes(&seeded("star_rating", due, &wait))
    };
    assert_eq!(wait(200), ["WAIT_PAST_DUE: star_rating 2022, step debrief wait"]);
    assert!(wait(1).is_empty());
}

#[test]
fn a_name_that_stands_twice() {
    for (old, new, place) in [
        (
            "\"claimed_star\"]",
            "\"claimed_star\", \"claimed_star\"]",
            "submit evidence",
        ),
        (
            "who = [\"org_dept_lead@county\"]",
            "who = [\"org_dept_lead@county\", \"org_dept_lead@county\"]",
            "county_return who",
        ),
        (
            "apart = [\"submit\", \"debrief\"]",
            "apart = [\"submit\", \"debrief\", \"submit\"]",
            "resolve apart",
        ),
        (
            "from = [\"to_name\"]",
            "from = [\"to_name\", \"to_name\"]",
            "name_five from",
        ),
    ] {
        let text = seeded("star_rating", old, new);
        finds(&text, &[&*format!("NAMED_TWICE: star_rating 2022, step {place}")]);
    }
}

#[test]
fn an_event_of_another_service_and_one_that_nobody_knows() {
    let owner = seeded("star_rating", "owner = \"rating\"", "owner = \"member\"");
    finds(&owner, &["EVENT_NOT_OWN: star_rating 2022, owner"]);
    for (event, code) in [
        ("ratinq.star.named", "EVENT_NOT_OWN"),
        ("rating.named", "EVENT_UNKNOWN"),
        ("rating.star.Named", "EVENT_UNKNOWN"),
        ("rating.star.namde", "warning EVENT_UNHEARD"),
    ] {
        let text = seeded("star_rating", "\"rating.star.named\"", &format!("\"{event}\""));
        finds(
            &text,
            &[&*format!("{code}: star_rating 2022, step name_five emits")],
        );
    }
}

#[test]
fn several_open_cases_of_one_organization() {
    let text = seeded("star_rating", "exclusive = \"star_rating\"\n", "");
    finds(&text, &["warning NOT_EXCLUSIVE: star_rating 2022, subject"]);
}
