//! Who may, who approves what he supplied, who decides.

use super::{finds, mistakes, seeded};
use crate::definition::SHIPPED;

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
fn a_supplier_who_approves_by_another_role_that_he_holds() {
    for (procedure, step, apart) in [
        ("org_change", "consent_from", "[\"draft\"]"),
        ("org_change", "consent_to", "[\"draft\", \"consent_from\"]"),
        ("org_change", "consent_side", "[\"draft\"]"),
        ("large_dues", "forward", "[\"collect\"]"),
        (
            "member_stop",
            "approve_restore",
            "[\"ask_restore\", \"agree_restore\"]",
        ),
        (
            "member_removal",
            "pre_review",
            "[\"raise\", \"verify\", \"talk\"]",
        ),
        ("star_downgrade", "decide_county", "[\"propose\", \"state_case\"]"),
        ("demo_site", "accept_check", "[\"apply\"]"),
        ("demo_site", "list", "[\"apply\", \"accept_check\"]"),
        ("demo_site", "restore", "[\"apply\"]"),
        ("rectification", "approve_plan", "[\"plan\"]"),
        ("rectification", "accept", "[\"ask_acceptance\", \"plan\"]"),
        ("commendation", "commend", "[\"nominate\", \"opinion\"]"),
        (
            "matter_admission",
            "approve",
            "[\"submit\", \"resubmit\", \"hear\"]",
        ),
        ("sensitive_export", "approve", "[\"request\"]"),
        ("sensitive_export", "approve_second", "[\"request\", \"pass_up\"]"),
    ] {
        let line = format!("apart = {apart}\n");
        let (before, rest) = SHIPPED
            .split_once(&format!("[[procedure]]\nid = \"{procedure}\""))
            .expect("a procedure");
        let at = rest.find(&format!("[procedure.step.{step}]\n")).expect("a step");
        let (head, own) = rest.split_at(at);
        let end = own.find("\n\n").expect("its end");
        assert!(own[..end].contains(&line), "{procedure} {step}");
        let text = format!(
            "{before}[[procedure]]\nid = \"{procedure}\"{head}{}",
            own.replacen(&line, "", 1)
        );
        let told = format!("step {step} apart");
        let found = mistakes(&text);
        assert!(!found.is_empty(), "{procedure} {step}");
        for mistake in found {
            assert!(
                mistake.starts_with("SUPPLIER_APPROVES") && mistake.ends_with(&told),
                "{mistake}"
            );
        }
    }
    let five = seeded("star_rating", "apart = [\"resolve\", \"redecide\", ", "apart = [");
    finds(
        &five,
        &["warning RECORDER_APPROVES: star_rating 2022, step name_five apart"; 2],
    );
}

#[test]
fn who_recorded_the_vote_and_approves_in_the_same_office() {
    let same = seeded(
        "star_rating",
        "apart = [\"submit\", \"resolve\", \"redecide\"]\ndue",
        "apart = [\"submit\"]\ndue",
    );
    finds(
        &same,
        &["SUPPLIER_APPROVES: star_rating 2022, step decide apart"; 3],
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
fn a_right_that_nobody_holds_and_a_place_that_is_none() {
    for wrong in [
        "clerk@self",
        "clerk@engine",
        "clerk@public",
        "clerk@common",
        "person@own",
        "system@own",
    ] {
        let who = format!("who = [\"clerk@superior\", \"{wrong}\"]");
        let found = mistakes(&seeded("large_dues", "who = [\"clerk@superior\"]", &who));
        assert!(
            found.contains(&"NOBODY_MAY: large_dues 2008, step collect who".to_owned()),
            "{wrong}: {found:?}"
        );
    }
    let either = "who = [\"org_dept@province\", \"clerk@superior\"]";
    let nobody = seeded("large_dues", either, "who = []");
    finds(&nobody, &["NOBODY_MAY: large_dues 2008, step receipt who"]);
    for nowhere in ["self", "any", "public", "engine", "common"] {
        let told = seeded(
            "large_dues",
            "escalate = \"city\"",
            &format!("escalate = \"{nowhere}\""),
        );
        finds(&told, &["NOBODY_MAY: large_dues 2008, step forward due"]);
    }
    let audience = seeded("commendation", "audience = \"county\"", "audience = \"engine\"");
    finds(
        &audience,
        &["NOBODY_MAY: commendation 2022, states public publicity"],
    );
}

#[test]
fn a_step_that_everybody_takes_or_the_person_concerned_decides() {
    let anyone = seeded(
        "large_dues",
        "who = [\"org_dept@province\", \"clerk@superior\"]",
        "who = [\"anyone@public\"]",
    );
    finds(&anyone, &["ANYBODY_MAY: large_dues 2008, step receipt who"]);
    let himself = seeded(
        "transfer",
        "who = [\"clerk@superior\"]\nevidence = [\"letter\"]",
        "who = [\"clerk@superior\", \"person@self\"]\nevidence = [\"letter\"]",
    );
    finds(&himself, &["ANYBODY_MAY: transfer 2019, step send who"]);
    let answers = seeded(
        "commendation",
        "decider = [\"inspector@county\"",
        "decider = [\"anyone@public\"",
    );
    finds(
        &answers,
        &["ANYBODY_MAY: commendation 2022, objection commendation decider"],
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

#[test]
fn a_vote_that_covers_nothing_and_an_approval_that_nobody_voted_on() {
    let bound = "binds = [\"self_assessment\", \"review_score\", \"score_explanation\", \"proposed_star\"]\n";
    let found = mistakes(&seeded("star_rating", bound, ""));
    assert!(
        found.contains(&"VOTE_BINDS_NOTHING: star_rating 2022, step resolve binds".to_owned()),
        "{found:?}"
    );
    let consent = "vote = { rule = \"county_committee\", to = { fail = \"returned\" } }\n";
    finds(
        &seeded("star_rating", consent, ""),
        &["APPROVED_WITHOUT_VOTE: star_rating 2022, step consent vote"],
    );
}

#[test]
fn who_is_kept_from_himself_told_of_himself_or_answers_himself() {
    let apart = "apart = [\"submit\", \"debrief\"]";
    let itself = seeded(
        "star_rating",
        apart,
        "apart = [\"submit\", \"debrief\", \"resolve\"]",
    );
    finds(
        &itself,
        &["APART_FROM_ITSELF: star_rating 2022, step resolve apart"],
    );
    let late = "finding = \"SELF_ASSESSMENT_LATE\", escalate = ";
    let told = seeded(
        "star_rating",
        &format!("{late}\"superior\""),
        &format!("{late}\"own\""),
    );
    finds(&told, &["ESCALATED_TO_ITSELF: star_rating 2022, step submit due"]);
    let answers = seeded(
        "star_rating",
        "decider = [\"clerk@superior\"",
        "decider = [\"secretary@own\"",
    );
    finds(
        &answers,
        &["OBJECTOR_DECIDES: star_rating 2022, objection local decider"],
    );
    let nobody = seeded("star_rating", "who = [\"clerk@own\"]", "who = [\"person@self\"]");
    finds(&nobody, &["NOBODY_MAY: star_rating 2022, step dispute_item who"]);
}
