//! Each class of mistake is seeded into the shipped file, found by its code and place, and absent without the seed.

mod contrary;
mod heights;
mod numbers;
mod onward;
mod order;
mod persons;
mod tables;

use super::{Weight, lint};
use crate::{Definitions, definition::SHIPPED};

/// What is wrong, as `CODE: place` and `warning CODE: place`, each with the text of its line.
fn found(text: &str) -> Vec<(String, String)> {
    let definitions = Definitions::read(text).unwrap_or_else(|broken| unreachable!("{broken}"));
    let lines: Vec<&str> = text.lines().collect();
    let told = |mistake: super::Mistake| {
        let line = mistake.place.line.and_then(|line| lines.get(line - 1));
        let mark = match mistake.weight {
            Weight::Error => "",
            Weight::Warning => "warning ",
        };
        let what = format!("{mark}{}: {}", mistake.code, mistake.place.what);
        (what, (*line.expect("a line of the file")).to_owned())
    };
    lint(&definitions).into_iter().map(told).collect()
}

/// The mistakes of a text alone.
fn mistakes(text: &str) -> Vec<String> {
    found(text).into_iter().map(|(what, _)| what).collect()
}

/// The shipped file with one change in one procedure.
fn seeded(procedure: &str, old: &str, new: &str) -> String {
    let start = SHIPPED
        .find(&format!("[[procedure]]\nid = \"{procedure}\""))
        .expect("a procedure");
    let (before, rest) = SHIPPED.split_at(start);
    let end = rest[1..].find("[[procedure]]").map_or(rest.len(), |at| at + 1);
    let (own, after) = rest.split_at(end);
    assert!(own.contains(old), "{procedure} has no {old}");
    format!("{before}{}{after}", own.replacen(old, new, 1))
}

/// The shipped file with one change in its tables.
fn in_tables(old: &str, new: &str) -> String {
    assert!(SHIPPED.contains(old), "no {old}");
    SHIPPED.replacen(old, new, 1)
}

/// Exactly these mistakes, and no others, come with the seed.
#[track_caller]
fn finds(text: &str, expected: &[&str]) {
    assert_eq!(mistakes(text), expected);
}

#[test]
fn the_shipped_definitions_have_neither_errors_nor_warnings() {
    finds(SHIPPED, &[]);
}

#[test]
fn a_mistake_is_told_with_its_line_place_sentence_and_code() {
    let text = seeded("dues_relief", "to = { fail = \"refused\" }", "to = {}");
    let (what, line) = found(&text).remove(0);
    assert_eq!(what, "VOTE_CANNOT_FAIL: dues_relief 2008, step decide vote");
    assert_eq!(line, "vote = { rule = \"branch_body\", to = {} }");
    let told = lint(&Definitions::read(&text).expect("readable"))
        .remove(0)
        .to_string();
    assert!(
        told.starts_with("第 ") && told.ends_with("（VOTE_CANNOT_FAIL）"),
        "{told}"
    );
}

#[test]
fn what_a_version_takes_from_its_base_is_told_where_it_is_written() {
    let text = seeded(
        "development",
        "apart = [\"decide_activist\"]",
        "apart = [\"nobody\"]",
    );
    let places = found(&text);
    assert_eq!(places.len(), 2, "both versions have it: {places:?}");
    assert!(
        places.iter().all(|(_, line)| line == "apart = [\"nobody\"]"),
        "{places:?}"
    );
}

#[test]
fn a_state_that_nothing_enters() {
    let text = seeded(
        "org_change",
        "[procedure.states]\n",
        "[procedure.states]\nlost = { name_zh = \"无人到达\", open_ended = \"无\" }\n",
    );
    finds(&text, &["UNREACHABLE_STATE: org_change 2018, states lost"]);
}

#[test]
fn a_variant_in_which_no_case_is_opened_or_done() {
    let ghost = seeded(
        "rectification",
        "veto = \"一票否决\"",
        "veto = \"一票否决\"\nghost = \"鬼\"",
    );
    finds(&ghost, &["NEVER_OPENED: rectification 2022, variants ghost"]);
    let refused = seeded(
        "org_change",
        "for = [\"found\", \"rename\", \"merge\", \"split\", \"abolish\", \"make_permanent\"]",
        "for = [\"found\", \"rename\", \"merge\", \"split\", \"make_permanent\"]",
    );
    let found = mistakes(&refused);
    assert!(
        found.contains(&"NEVER_DONE: org_change 2018, variants abolish".to_owned()),
        "{found:?}"
    );
}

#[test]
fn a_step_for_a_variant_that_never_comes_to_it() {
    let text = seeded(
        "rectification",
        "for = [\"veto\", \"criteria\"]\nfrom = [\"nominated\"]",
        "for = [\"veto\", \"criteria\", \"star\"]\nfrom = [\"lost\"]",
    )
    .replacen(
        "nominated = { name_zh = \"拟列入\"",
        "lost = { name_zh = \"丢失\", open_ended = \"无\" }\nnominated = { name_zh = \"拟列入\"",
        1,
    );
    let found = mistakes(&text);
    assert!(
        found.contains(&"UNREACHABLE_STATE: rectification 2022, step dismiss from".to_owned()),
        "{found:?}"
    );
}

#[test]
fn a_state_from_which_one_variant_reaches_no_end() {
    let step = "[procedure.step.strand]\nname_zh = \"搁置\"\nfor = [\"found\"]\nfrom = [\"draft\"]\nto = \"stuck\"\n\
                who = [\"clerk@own\"]\nevidence = [\"change_note\"]\n\n[procedure.step.ask_consent]";
    let text = seeded("org_change", "[procedure.step.ask_consent]", step).replacen(
        "draft = { name_zh = \"草拟\"",
        "stuck = { name_zh = \"卡住\", open_ended = \"无\" }\ndraft = { name_zh = \"草拟\"",
        1,
    );
    finds(&text, &["DEAD_END: org_change 2018, states stuck"]);
}

#[test]
fn an_end_that_goes_on() {
    let left = seeded(
        "dues_relief",
        "from = [\"applied\", \"agreed\"]",
        "from = [\"applied\", \"agreed\", \"ended\"]",
    );
    finds(&left, &["END_GOES_ON: dues_relief 2008, step withdraw from"]);
    let unproven = seeded("member_removal", "evidence = [\"appeal_decision\"]\n", "");
    finds(
        &unproven,
        &["END_GOES_ON: member_removal 2019, step reopen reopen"],
    );
    let timed = seeded(
        "dues_relief",
        "from = \"apply\", late",
        "from = \"apply\", in = [\"applied\", \"refused\"], late",
    );
    finds(&timed, &["END_GOES_ON: dues_relief 2008, step decide due"]);
    let objected = seeded("demo_site", "in = [\"listed\"]", "in = [\"listed\", \"exited\"]");
    finds(&objected, &["END_GOES_ON: demo_site 2022, objection standing in"]);
    let stopped = seeded(
        "dues_relief",
        "end = \"done\" }",
        "end = \"done\", stopped = true }",
    );
    finds(&stopped, &["END_GOES_ON: dues_relief 2008, states ended"]);
}

#[test]
fn a_state_where_somebody_must_act_and_no_clock_runs() {
    let due = "due = [{ n = \"$dues_decide_days\", unit = \"working_days\", from = \"apply\", late = { finding = \"DUES_DECISION_LATE\" } }]\n";
    finds(
        &seeded("dues_relief", due, ""),
        &["UNTIMED_STATE: dues_relief 2008, states applied"],
    );
    let elsewhere = seeded(
        "star_downgrade",
        "from = [\"decide_local\", \"decide_county\"], hard",
        "from = \"decide_local\", hard",
    )
    .replacen(
        "unit = \"working_days\", from = \"@earliest\", late = { finding = \"DOWNGRADE_LATE\"",
        "unit = \"working_days\", from = \"decide_local\", late = { finding = \"DOWNGRADE_LATE\"",
        1,
    );
    finds(
        &elsewhere,
        &["UNTIMED_STATE: star_downgrade 2022, states decided"],
    );
    let stopped = seeded("rectification", "proposed = true", "stopped = true");
    finds(
        &stopped,
        &[
            "UNTIMED_STATE: rectification 2022, states nominated",
            "UNTIMED_STATE: rectification 2022, states nominated",
            "UNTIMED_STATE: rectification 2022, states nominated",
            "DUE_STANDS_STILL: rectification 2022, step list due",
        ],
    );
}

#[test]
fn a_case_that_is_sent_back_to_where_no_clock_runs_again() {
    let again = seeded("transfer", "\"resend\", \"reissue\"]", "\"resend\"]");
    finds(
        &again,
        &["warning UNTIMED_AGAIN: transfer 2019, states agreed"; 2],
    );
    let refused = seeded("member_stop", "from = \"@enter\"", "from = \"raise\"");
    finds(
        &refused,
        &["warning UNTIMED_AGAIN: member_stop 2019, states raised"; 2],
    );
}

#[test]
fn an_open_end_that_nobody_explains() {
    let text = seeded("matter_admission", "由申请部门决定补充或撤回", " ");
    finds(
        &text,
        &["OPEN_ENDED_WITHOUT_REASON: matter_admission 2022, states returned open_ended"],
    );
}

#[test]
fn a_late_move_to_anything_but_a_proposed_state() {
    let step = seeded("demo_site", "move = \"exit_proposed\"", "move = \"exited\"");
    finds(&step, &["LATE_MOVE_DECIDES: demo_site 2022, step restore due"]);
    let answer = seeded(
        "commendation",
        "finding = \"OBJECTION_UNANSWERED\"",
        "finding = \"OBJECTION_UNANSWERED\", move = \"dropped\"",
    );
    finds(
        &answer,
        &["LATE_MOVE_DECIDES: commendation 2022, objection commendation answer"],
    );
}

#[test]
fn a_proposed_state_with_one_way_out() {
    let text = seeded(
        "demo_site",
        "from = [\"exit_proposed\"]\nto = \"warned\"",
        "from = [\"warned\"]\nto = \"warned\"",
    );
    finds(
        &text,
        &["PROPOSED_WITHOUT_CHOICE: demo_site 2022, states exit_proposed"],
    );
}

/// The steps that bind, and those that supply what they bind to another post.
#[test]
fn a_step_that_replaces_bound_contents_past_the_approval() {
    let past = seeded(
        "org_change",
        "evidence = [\"effective_on\"]",
        "evidence = [\"effective_on\", \"settlement_plan\"]",
    );
    finds(
        &past,
        &["BOUND_REPLACED: org_change 2018, step take_effect evidence"],
    );
    let step = "[procedure.step.redraft]\nname_zh = \"改方案\"\nfor = [\"move\"]\nfrom = [\"consenting\"]\nto = \"@same\"\n\
                who = [\"system@engine\"]\nevidence = [\"access_delta\"]\n\n[procedure.step.consent_from]";
    let beside = seeded("org_change", "[procedure.step.consent_from]", step);
    finds(
        &beside,
        &["BOUND_REPLACED: org_change 2018, step redraft evidence"; 2],
    );
}

#[test]
fn bound_evidence_that_is_never_supplied_in_time() {
    let binds = |item: &str| {
        let binds = format!("binds = [\"relief_amount\", \"relief_until\", \"{item}\"]");
        seeded(
            "dues_relief",
            "binds = [\"relief_amount\", \"relief_until\"]",
            &binds,
        )
    };
    let never = "BOUND_NEVER_SUPPLIED: dues_relief 2008, step approve binds";
    finds(&binds("voluntary_statement"), &[never]);
    let too_late = "BOUND_REPLACED: dues_relief 2008, step end_early evidence";
    finds(&binds("change_reason"), &[never, too_late]);
}

#[test]
fn a_vote_that_cannot_fail() {
    let same = seeded(
        "dues_relief",
        "to = { fail = \"refused\" }",
        "to = { fail = \"agreed\" }",
    );
    finds(
        &same,
        &[
            "warning UNTIMED_AGAIN: dues_relief 2008, states agreed",
            "VOTE_CANNOT_FAIL: dues_relief 2008, step decide vote",
        ],
    );
    let silent = seeded("dues_relief", ", to = { fail = \"refused\" }", "");
    finds(&silent, &["VOTE_CANNOT_FAIL: dues_relief 2008, step decide vote"]);
}

#[test]
fn a_publicity_that_nobody_can_object_to() {
    let text = seeded("demo_site", "in = [\"public\"]", "in = [\"checked\"]");
    finds(
        &text,
        &[
            "PUBLICITY_WITHOUT_OBJECTION: demo_site 2022, states public publicity",
            "OBJECTION_WITHOUT_WINDOW: demo_site 2022, objection listing until",
        ],
    );
}

#[test]
fn an_objection_until_the_end_of_a_publicity_that_is_none() {
    let text = seeded("star_rating", "until = \"leaving\"", "until = \"window\"");
    finds(
        &text,
        &["OBJECTION_WITHOUT_WINDOW: star_rating 2022, objection local until"],
    );
}

#[test]
fn a_return_to_where_nothing_was_stopped() {
    let text = seeded("transfer", "stopped = true, ", "");
    finds(&text, &["BACK_WITHOUT_STOP: transfer 2019, step unfreeze to"]);
}

#[test]
fn a_private_field_on_a_public_page_n_26() {
    let text = seeded(
        "demo_site",
        "\"org_name\", \"title\"",
        "\"identity_number\", \"title\"",
    );
    finds(&text, &["PRIVATE_FIELD: demo_site 2022, states public publicity"]);
}

#[test]
fn an_objection_without_deadline() {
    let text = seeded("commendation", "\nanswer = {", "\n# answer = {");
    finds(
        &text,
        &["OBJECTION_WITHOUT_DEADLINE: commendation 2022, objection commendation answer"],
    );
}
