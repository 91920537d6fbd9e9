//! What must not be left to those below, to those concerned, or to whoever decided before.

use super::{finds, mistakes, seeded};

#[test]
fn a_decision_that_is_kept_from_those_who_prepared_it_and_covers_nothing() {
    let judged = seeded(
        "star_rating",
        "binds = [\"proposed_star\", \"score_explanation\"]\n",
        "",
    );
    let found = mistakes(&judged);
    let told = "DECISION_BINDS_NOTHING: star_rating 2022, step decide binds";
    assert!(found.contains(&told.to_owned()), "{found:?}");
    let done = seeded("star_rating", "binds = [\"proposed_star\"]\n", "");
    let found = mistakes(&done);
    let told = "DECISION_BINDS_NOTHING: star_rating 2022, step name_local binds";
    assert!(found.contains(&told.to_owned()), "{found:?}");
}

#[test]
fn a_case_that_is_taken_up_again_in_passing_or_by_whom_it_is_about() {
    let text = seeded(
        "star_rating",
        "from = [\"self_assessing\"]\nto = \"submitted\"",
        "from = [\"self_assessing\", \"named\"]\nto = \"submitted\"\nreopen = true",
    );
    let found = mistakes(&text);
    for code in ["REOPENED_IN_PASSING", "REOPENED_BY_ITSELF"] {
        let told = format!("{code}: star_rating 2022, step submit reopen");
        assert!(found.contains(&told), "{code}: {found:?}");
    }
}

#[test]
fn what_was_approved_above_and_may_be_decided_below() {
    let text = seeded(
        "star_rating",
        "who = [\"org_dept_lead@county\"]\nevidence = [\"naming_batch\"]",
        "who = [\"org_dept_lead@county\", \"clerk@superior\"]\nevidence = [\"naming_batch\"]",
    );
    let found = mistakes(&text);
    let told = "warning LOWER_DECIDES: star_rating 2022, step name_five who";
    assert!(found.contains(&told.to_owned()), "{found:?}");
}

#[test]
fn what_is_late_and_told_to_those_below() {
    for (late, step) in [("DEBRIEF_LATE", "debrief"), ("STAR_DECISION_LATE", "decide")] {
        let escalate = |to: &str| format!("finding = \"{late}\", escalate = \"{to}\"");
        let text = seeded("star_rating", &escalate("county"), &escalate("own"));
        let told = format!("ESCALATED_BELOW: star_rating 2022, step {step} due");
        finds(&text, &[&told]);
    }
    let answer = "finding = \"OBJECTION_UNANSWERED\", escalate = ";
    let text = seeded(
        "star_rating",
        &format!("{answer}\"county\""),
        &format!("{answer}\"own\""),
    );
    finds(
        &text,
        &["ESCALATED_BELOW: star_rating 2022, objection local answer"],
    );
}

#[test]
fn a_publicity_that_is_only_shown_below_who_publishes() {
    let text = seeded("star_rating", "audience = \"superior\"", "audience = \"own\"");
    finds(
        &text,
        &["warning AUDIENCE_BELOW: star_rating 2022, states public_local publicity"],
    );
}

#[test]
fn who_decided_what_is_published_and_may_answer_for_it() {
    for (apart, without) in [
        (
            "[\"resolve\", \"debrief\", \"redecide\"]",
            "[\"debrief\", \"redecide\"]",
        ),
        (
            "[\"resolve\", \"debrief\", \"redecide\"]",
            "[\"resolve\", \"debrief\"]",
        ),
    ] {
        let text = seeded(
            "star_rating",
            &format!("apart = {apart}\nanswer"),
            &format!("apart = {without}\nanswer"),
        );
        finds(
            &text,
            &["OBJECTION_WITHOUT_DECIDER: star_rating 2022, objection local apart"],
        );
    }
    let text = seeded(
        "resource_admission",
        "apart = [\"review\", \"trial\"]",
        "apart = [\"trial\"]",
    );
    finds(
        &text,
        &["OBJECTION_WITHOUT_DECIDER: resource_admission 2022, objection resource apart"],
    );
}

#[test]
fn a_wait_in_one_unit_that_passes_a_due_in_another() {
    let seeded_wait = |wait: &str| {
        seeded(
            "star_rating",
            "[procedure.step.publish_county]\n",
            &format!("[procedure.step.publish_county]\nwait = [{wait}]\n"),
        )
    };
    let long = seeded_wait("{ n = 6, unit = \"months\", from = \"consent\" }");
    finds(
        &long,
        &["WAIT_PAST_DUE: star_rating 2022, step publish_county wait"],
    );
    let short = seeded_wait("{ n = 1, unit = \"days\", from = \"consent\" }");
    finds(&short, &[]);
}
