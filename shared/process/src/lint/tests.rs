//! Each class of mistake is seeded into the shipped file, found by its code and place, and absent without the seed.

mod tables;

use super::lint;
use crate::{Definitions, definition::SHIPPED};

/// What is wrong, as `CODE: place`, each with the text of its line.
fn found(text: &str) -> Vec<(String, String)> {
    let definitions = Definitions::read(text).unwrap_or_else(|broken| unreachable!("{broken}"));
    let lines: Vec<&str> = text.lines().collect();
    let told = |mistake: super::Mistake| {
        let line = mistake.place.line.and_then(|line| lines.get(line - 1));
        let what = format!("{}: {}", mistake.code, mistake.place.what);
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
fn the_shipped_definitions_are_clean() {
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

#[test]
fn a_bound_document_whose_supplier_may_approve_it() {
    let text = seeded(
        "org_change",
        "apart = [\"draft\", \"submit\", \"submit_merge\"]",
        "apart = [\"submit\", \"submit_merge\"]",
    );
    finds(
        &text,
        &["SUPPLIER_APPROVES: org_change 2018, step approve apart"; 5],
    );
}

#[test]
fn two_people_who_are_one_post() {
    let text = seeded(
        "quarter_close",
        "who = [\"clerk@superior\", \"secretary@superior\"]\nevidence = [\"close_record\"]",
        "who = [\"clerk@superior\"]\nevidence = [\"close_record\"]",
    );
    finds(&text, &["ONE_POST: quarter_close 2022, step close apart"; 2]);
}

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
                who = [\"org_dept@county\"]\nevidence = [\"access_delta\"]\n\n[procedure.step.consent_from]";
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
    finds(&same, &["VOTE_CANNOT_FAIL: dues_relief 2008, step decide vote"]);
    let silent = seeded("dues_relief", ", to = { fail = \"refused\" }", "");
    finds(&silent, &["VOTE_CANNOT_FAIL: dues_relief 2008, step decide vote"]);
}

#[test]
fn a_system_step_that_decides_part_5_9() {
    let approves = seeded(
        "dues_relief",
        "who = [\"clerk@superior\"]\nevidence = [\"reply_letter\"]",
        "who = [\"system@engine\"]\nevidence = [\"reply_letter\"]",
    );
    finds(&approves, &["SYSTEM_DECIDES: dues_relief 2008, step approve who"]);
    let votes = seeded(
        "dues_relief",
        "who = [\"clerk@own\"]\nevidence = [\"committee_minutes\"]",
        "who = [\"system@engine\"]\nevidence = [\"committee_minutes\"]",
    );
    finds(&votes, &["SYSTEM_DECIDES: dues_relief 2008, step decide who"]);
    let leaves = seeded(
        "demo_site",
        "who = [\"org_dept_lead@ancestor\"]\nevidence = [\"exit_decision\"]",
        "who = [\"system@engine\"]\nevidence = [\"exit_decision\"]",
    );
    finds(
        &leaves,
        &["SYSTEM_DECIDES: demo_site 2022, step confirm_exit who"],
    );
    let answers = seeded(
        "commendation",
        "decider = [\"inspector@county\"",
        "decider = [\"system@engine\"",
    );
    finds(
        &answers,
        &["SYSTEM_DECIDES: commendation 2022, objection commendation decider"],
    );
}

#[test]
fn a_publicity_that_nobody_can_object_to() {
    let text = seeded("demo_site", "in = [\"public\"]", "in = [\"checked\"]");
    finds(
        &text,
        &["PUBLICITY_WITHOUT_OBJECTION: demo_site 2022, states public publicity"],
    );
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

#[test]
fn an_objection_without_a_separate_decider() {
    let nobody = seeded("commendation", "\ndecider = [", "\n# decider = [");
    finds(
        &nobody,
        &["OBJECTION_WITHOUT_DECIDER: commendation 2022, objection commendation decider"],
    );
    let anybody = seeded("commendation", "apart = [\"nominate\"]\nanswer", "answer");
    finds(
        &anybody,
        &["OBJECTION_WITHOUT_DECIDER: commendation 2022, objection commendation apart"],
    );
}
