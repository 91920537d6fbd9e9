//! Each class of mistake, seeded into the shipped file and found by its code and place; the shipped file has none.

use super::{Mistake, lint};
use crate::definition::{Definitions, SHIPPED};

/// The shipped file with edits, each the first one after its anchor.
fn seeded(edits: &[(&str, &str, &str)]) -> String {
    let mut text = SHIPPED.to_owned();
    for (anchor, from, to) in edits {
        let start = text
            .find(anchor)
            .unwrap_or_else(|| panic!("the shipped file has no {anchor:?}"));
        let at = text[start..]
            .find(from)
            .unwrap_or_else(|| panic!("no {from:?} after {anchor:?}"));
        text.replace_range(start + at..start + at + from.len(), to);
    }
    text
}

fn mistakes(text: &str) -> Vec<Mistake> {
    lint(&Definitions::read(text).unwrap_or_else(|broken| panic!("{broken}")))
}

fn found(code: &str, edits: &[(&str, &str, &str)]) {
    let text = seeded(edits);
    let all = mistakes(&text);
    let one = all.iter().find(|mistake| mistake.code == code);
    let one = one.unwrap_or_else(|| panic!("{code} is not among {all:#?}"));
    assert!(
        one.place.line.is_some() && one.to_string().ends_with(&format!("({code})")),
        "{one}"
    );
}

const RATING: &str = "id = \"star_rating\"";

#[test]
fn the_shipped_definitions_have_no_mistake() {
    let all = mistakes(SHIPPED);
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn a_state_that_nobody_enters_and_one_that_nobody_leaves() {
    let limbo = "limbo = { name_zh = \"无出路\", open_ended = \"无人计时\" }\ndecided = {";
    found("UNREACHABLE_STATE", &[(RATING, "decided = {", limbo)]);
    let into_it = (
        "[procedure.step.county_return]",
        "to = \"returned\"",
        "to = \"limbo\"",
    );
    found("DEAD_END", &[(RATING, "decided = {", limbo), into_it]);
}

#[test]
fn an_end_that_goes_on() {
    let leaves = (
        "[procedure.step.county_return]",
        "\"to_name\"]",
        "\"to_name\", \"named\"]",
    );
    found("END_GOES_ON", &[leaves]);
}

#[test]
fn a_state_where_somebody_must_act_and_no_clock_runs() {
    let due = "due = [{ n = \"$committee_days\", unit = \"working_days\", from = \"@enter\", late = { finding = \"RESOLUTION_LATE\", escalate = \"county\" } }]\n";
    let untimed = ("[procedure.step.redecide]", due, "");
    found("UNTIMED_STATE", &[untimed]);
    let why = "有名额即恢复，本轮结束仍无名额的退回党委";
    found("OPEN_ENDED_WITHOUT_REASON", &[(RATING, why, "")]);
}

#[test]
fn a_clock_that_decides_and_a_proposed_state_without_a_choice() {
    found(
        "LATE_MOVE_DECIDES",
        &[(
            "[procedure.step.accept]",
            "move = \"letter_lapsed\"",
            "move = \"refused\"",
        )],
    );
    let one_way = (
        "[procedure.step.keep_admission]",
        "from = [\"admission_lapsed\"]",
        "from = [\"form_filled\"]",
    );
    found("PROPOSED_WITHOUT_CHOICE", &[one_way]);
}

#[test]
fn an_approval_by_whoever_supplied_what_it_binds() {
    let decide = "[procedure.step.decide]\nname_zh = \"确定四星及以下\"";
    let apart = "apart = [\"submit\", \"resolve\", \"redecide\"]";
    found("SUPPLIER_APPROVES", &[(decide, apart, "apart = [\"submit\"]")]);
    let who = (
        "[procedure.step.site_check]",
        "\"org_dept@county\", \"inspector@county\"",
        "\"org_dept@county\"",
    );
    found("ONE_POST", &[who]);
}

#[test]
fn bound_contents_replaced_past_the_approval_or_never_supplied() {
    let bound = (
        "[procedure.step.redecide]",
        ", \"proposed_star\"]\napart",
        "]\napart",
    );
    found("BOUND_REPLACED", &[bound]);
    found(
        "BOUND_NEVER_SUPPLIED",
        &[("[procedure.step.site_check]", "[\"site_check_record\"]", "[]")],
    );
}

#[test]
fn a_vote_that_cannot_fail_and_an_engine_that_decides() {
    let consent = "[procedure.step.consent]\nname_zh = \"县级党委同意\"";
    let vote = ", to = { fail = \"returned\" } }";
    found(
        "VOTE_CANNOT_FAIL",
        &[(consent, vote, ", to = { fail = \"consented\" } }")],
    );
    found(
        "SYSTEM_DECIDES",
        &[(consent, "\"clerk@county\"", "\"system@engine\"")],
    );
}

#[test]
fn a_publicity_without_objection_and_a_private_field_on_its_page() {
    let local = "name_zh = \"对党委公示结果的异议\"";
    found(
        "PUBLICITY_WITHOUT_OBJECTION",
        &[(local, "\"public_local\", ", "")],
    );
    found(
        "PRIVATE_FIELD",
        &[(RATING, "\"grade\", \"window\"", "\"review_score\", \"window\"")],
    );
}

#[test]
fn an_objection_without_a_deadline_or_a_separate_decider() {
    let local = "name_zh = \"对党委公示结果的异议\"";
    let answer = "answer = { n = \"$objection_answer_days\", unit = \"working_days\", late = { finding = \"OBJECTION_UNANSWERED\", escalate = \"county\" } }\n";
    found("OBJECTION_WITHOUT_DEADLINE", &[(local, answer, "")]);
    let decider = "decider = [\"clerk@superior\", \"secretary@superior\", \"org_dept@county\"]";
    found("OBJECTION_WITHOUT_DECIDER", &[(local, decider, "decider = []")]);
}

#[test]
fn names_predicates_and_arguments_that_do_not_exist() {
    let naming = "[procedure.step.propose_naming]\nname_zh = \"提出拟命名对象\"";
    found("UNKNOWN_NAME", &[(naming, "site_check = 1", "sight_check = 1")]);
    found(
        "UNKNOWN_PREDICATE",
        &[(
            naming,
            "p = \"holds\", item = \"within_quota\"",
            "p = \"is_so\", item = \"within_quota\"",
        )],
    );
    found(
        "WRONG_ARGUMENTS",
        &[(
            "[procedure.step.redecide]",
            "item = \"proposed_star\", n = 4",
            "item = \"proposed_star\", years = 4",
        )],
    );
    found(
        "PARAMETER_OUT_OF_BOUNDS",
        &[("publicity_days = {", "default = 5", "default = 3")],
    );
}

#[test]
fn versions_that_overlap_leave_a_gap_or_lose_a_state() {
    let from = |day: &'static str| ("version = \"2026.05\"", "effective_from = 2026-05-11", day);
    found("VERSIONS_OVERLAP", &[from("effective_from = 2026-05-10")]);
    found("VERSION_GAP", &[from("effective_from = 2026-05-12")]);

    let start = SHIPPED.find(RATING).expect("the procedure");
    let length = SHIPPED[start..].find("[[procedure]]").expect("the next one");
    let newer = SHIPPED[start..start + length]
        .replace("version = \"2022\"", "version = \"2027\"")
        .replace("effective_from = 2022-01-01", "effective_from = 2027-01-01")
        .replace("waiting", "queued");
    let older = seeded(&[(RATING, "subject =", "effective_to = 2027-01-01\nsubject =")]);
    let all = mistakes(&format!("{older}\n[[procedure]]\n{newer}"));
    assert!(
        all.iter().any(|mistake| mistake.code == "STATE_UNMAPPED"),
        "{all:#?}"
    );
}

#[test]
fn a_code_without_text_and_what_nobody_uses() {
    found(
        "CODE_WITHOUT_TEXT",
        &[("[code]", "COUNTY_CONSENT_LATE =", "COUNTY_CONSENT_OLD =")],
    );
    found(
        "UNUSED",
        &[(
            "[code]",
            "COUNTY_CONSENT_LATE =",
            "NOBODY_SAYS_SO = \"无人使用\"\nCOUNTY_CONSENT_LATE =",
        )],
    );
}
