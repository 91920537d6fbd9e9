//! What goes wrong leads back, and nothing overtakes a publicity or an approval.

use super::{finds, mistakes, seeded};

#[track_caller]
fn among(text: &str, expected: &str) {
    let found = mistakes(text);
    assert!(found.contains(&expected.to_owned()), "{expected}: {found:?}");
}

#[test]
fn an_objection_that_is_upheld_and_goes_on() {
    for onward in ["named", "decided", "public_local", "county_review"] {
        let text = seeded(
            "star_rating",
            "upheld_to = \"debriefed\"",
            &format!("upheld_to = \"{onward}\""),
        );
        among(
            &text,
            "UPHELD_GOES_ON: star_rating 2022, objection local upheld_to",
        );
    }
    for onward in ["named", "to_name", "county_public"] {
        let text = seeded(
            "star_rating",
            "upheld_to = \"returned\"",
            &format!("upheld_to = \"{onward}\""),
        );
        among(
            &text,
            "UPHELD_GOES_ON: star_rating 2022, objection county upheld_to",
        );
    }
    let listed = seeded("demo_site", "upheld_to = \"refused\"", "upheld_to = \"listed\"");
    among(
        &listed,
        "UPHELD_GOES_ON: demo_site 2022, objection listing upheld_to",
    );
}

#[test]
fn a_vote_that_does_not_carry_and_goes_on() {
    let consent = |fail: &str| {
        let to = format!("rule = \"county_committee\", to = {{ fail = \"{fail}\" }}");
        let text = "rule = \"county_committee\", to = { fail = \"returned\" }";
        seeded("star_rating", text, &to)
    };
    for onward in ["named", "to_name", "county_public"] {
        among(
            &consent(onward),
            "FAIL_GOES_ON: star_rating 2022, step consent vote",
        );
    }
    finds(
        &consent("county_review"),
        &["warning UNTIMED_AGAIN: star_rating 2022, states county_review"],
    );
    let succeeds = seeded(
        "star_downgrade",
        "to = { fail = \"dismissed\" }",
        "to = { fail = \"downgraded\" }",
    );
    finds(
        &succeeds,
        &["FAIL_GOES_ON: star_downgrade 2022, step decide_local vote"],
    );
}

#[test]
fn a_step_that_goes_on_before_the_publicity_is_over() {
    for (step, evidence) in [
        ("propose_five", "five_star_file"),
        ("decide", "decision_record"),
        ("close_publicity", "publicity_result"),
    ] {
        let line = format!("evidence = [\"{evidence}\"]\n");
        let text = seeded("star_rating", &line, &format!("{line}early = true\n"));
        finds(
            &text,
            &[&*format!("EARLY_GOES_ON: star_rating 2022, step {step} early")],
        );
    }
    let objected = seeded(
        "star_rating",
        "binds = [\"proposed_star\"]",
        "binds = [\"proposed_star\"]\nearly = true",
    );
    finds(
        &objected,
        &["EARLY_GOES_ON: star_rating 2022, step name_local early"],
    );
}

#[test]
fn a_step_beside_a_publicity_that_lies_ahead() {
    let from = |procedure: &str, own: &str, to: &str, more: &str| {
        let old = format!("from = [\"{own}\"]\nto = \"{to}\"");
        let new = format!("from = [\"{more}\", \"{own}\"]\nto = \"{to}\"");
        seeded(procedure, &old, &new)
    };
    for more in ["consented", "naming_proposed", "county_review"] {
        finds(
            &from("star_rating", "to_name", "named", more),
            &["PUBLICITY_BYPASSED: star_rating 2022, step name_five from"],
        );
    }
    finds(
        &from("star_rating", "public_local", "county_review", "resolved"),
        &["PUBLICITY_BYPASSED: star_rating 2022, step propose_five from"],
    );
    for (procedure, own, to, more, step) in [
        ("star_rating", "decided", "named", "resolved", "name_local"),
        ("star_rating", "public_local", "decided", "resolved", "decide"),
        ("demo_site", "public", "listed", "checked", "list"),
        ("commendation", "public", "commended", "nominated", "commend"),
        (
            "resource_admission",
            "public",
            "admitted",
            "reviewed",
            "admit_public",
        ),
    ] {
        among(
            &from(procedure, own, to, more),
            &format!("PUBLICITY_BYPASSED: {procedure} 2022, step {step} from"),
        );
    }
    let instead = seeded(
        "star_rating",
        "from = [\"decided\"]\nto = \"named\"",
        "from = [\"resolved\"]\nto = \"named\"",
    );
    among(
        &instead,
        "warning PUBLICITY_LEFT_OUT: star_rating 2022, step name_local from",
    );
    among(&instead, "UNTIMED_STATE: star_rating 2022, states decided");
}

/// A province adds a shorter way, and a state for what is checked again.
#[test]
fn a_shorter_way_that_may_be_meant() {
    let step = "[procedure.step.name_at_once]\nname_zh = \"直接命名\"\nfrom = [\"resolved\"]\nto = \"named\"\n\
                who = [\"secretary@superior\"]\nevidence = [\"naming_batch\"]\nbinds = [\"proposed_star\"]\n\
                apart = [\"submit\", \"resolve\", \"redecide\"]\n\n[procedure.step.publish_local]";
    let shorter = seeded("star_rating", "[procedure.step.publish_local]", step);
    among(
        &shorter,
        "warning PUBLICITY_LEFT_OUT: star_rating 2022, step name_at_once from",
    );
    let step = "[procedure.step.check_again]\nname_zh = \"复查\"\nfrom = [\"rechecking\"]\nto = \"checked\"\n\
                who = [\"org_dept@ancestor\"]\nevidence = [\"acceptance_checklist\"]\n\n[procedure.step.publish]";
    let again = seeded("demo_site", "[procedure.step.publish]", step)
        .replacen("upheld_to = \"refused\"", "upheld_to = \"rechecking\"", 1)
        .replacen(
            "checked = { name_zh",
            "rechecking = { name_zh = \"复查中\", open_ended = \"限期由县里定\" }\nchecked = { name_zh",
            1,
        );
    let found = mistakes(&again);
    assert!(
        found.iter().all(|mistake| !mistake.contains("UPHELD_GOES_ON")),
        "{found:?}"
    );
}

#[test]
fn a_step_beside_an_approval() {
    let unconsented = seeded(
        "star_rating",
        "from = [\"consented\"]",
        "from = [\"naming_proposed\", \"consented\"]",
    );
    finds(
        &unconsented,
        &["APPROVAL_BYPASSED: star_rating 2022, step publish_county from"],
    );
    let unresolved = seeded(
        "star_rating",
        "from = [\"resolved\"]",
        "from = [\"debriefed\", \"resolved\"]",
    );
    finds(
        &unresolved,
        &["APPROVAL_BYPASSED: star_rating 2022, step publish_local from"],
    );
    let undecided = seeded(
        "star_downgrade",
        "from = [\"decided\"]\nto = \"downgraded\"",
        "from = [\"stating\", \"decided\"]\nto = \"downgraded\"",
    );
    finds(
        &undecided,
        &["APPROVAL_BYPASSED: star_downgrade 2022, step take_effect from"; 2],
    );
}
