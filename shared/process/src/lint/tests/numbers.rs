//! Lateness, numbers, units, names, norms and vote rules.

use super::{finds, in_tables, mistakes, seeded};

#[test]
fn lateness_that_changes_nothing() {
    let place = "LATE_WITHOUT_EFFECT: dues_relief 2008, step decide due";
    for late in [", late = { }", ""] {
        finds(
            &seeded(
                "dues_relief",
                ", late = { finding = \"DUES_DECISION_LATE\" }",
                late,
            ),
            &[place],
        );
    }
    let answer = seeded(
        "commendation",
        ", late = { finding = \"OBJECTION_UNANSWERED\", escalate = \"city\" }",
        "",
    );
    finds(
        &answer,
        &["LATE_WITHOUT_EFFECT: commendation 2022, objection commendation answer"],
    );
}

#[test]
fn a_number_that_nobody_means() {
    let due = "NUMBER_OUT_OF_BOUNDS: org_change 2018, step approve due";
    for n in ["999999999", "61", "-1"] {
        let text = seeded(
            "org_change",
            "n = 1, unit = \"months\"",
            &format!("n = {n}, unit = \"months\""),
        );
        finds(&text, &[due]);
    }
    for (unit, most) in [
        ("working_days", 250),
        ("days", 366),
        ("months", 60),
        ("years", 20),
    ] {
        let of = |n: i64| {
            seeded(
                "org_change",
                "n = 1, unit = \"months\"",
                &format!("n = {n}, unit = \"{unit}\""),
            )
        };
        finds(&of(most), &[]);
        finds(&of(most + 1), &[due]);
    }
    for n in ["0", "-5"] {
        let text = seeded("commendation", "n = \"$publicity_days\"", &format!("n = {n}"));
        finds(
            &text,
            &["NUMBER_OUT_OF_BOUNDS: commendation 2022, states public publicity"],
        );
    }
    let counted = seeded(
        "commendation",
        "after = { opinion = 1 }",
        "after = { opinion = 0 }",
    );
    finds(
        &counted,
        &["NUMBER_OUT_OF_BOUNDS: commendation 2022, step publish after"],
    );
    let backwards = seeded(
        "dues_relief",
        "n = \"$dues_decide_days\"",
        "n = \"-$dues_decide_days\"",
    );
    finds(
        &backwards,
        &["NUMBER_OUT_OF_BOUNDS: dues_relief 2008, step decide due"],
    );
    let months =
        seeded("demo_site", "\"$demo_star_min\"", "4").replacen("months = 12 }", "months = 1200 }", 1);
    assert!(
        mistakes(&months)
            .iter()
            .any(|one| one.starts_with("NUMBER_OUT_OF_BOUNDS")),
        "an argument that counts months"
    );
}

#[test]
fn a_parameter_of_another_unit() {
    let due = seeded("demo_site", "unit = \"years\"", "unit = \"months\"");
    finds(&due, &["UNIT_DIFFERS: demo_site 2022, step recheck_pass due"]);
    let condition = seeded("dues_relief", "\"$dues_relief_months\"", "\"$dues_decide_days\"");
    assert!(mistakes(&condition).contains(&"UNIT_DIFFERS: dues_relief 2008, step apply when".to_owned()));
}

#[test]
fn a_parameter_without_sense() {
    let shipped = "unit = \"working_days\", default = 5, min = 5, max = 15, set_by = \"county\"";
    for new in [
        "unit = \"working_days\", default = 5, min = 5, set_by = \"county\"",
        "unit = \"working_days\", default = 5, min = 5, max = 15, set_by = \"village\"",
    ] {
        finds(
            &in_tables(shipped, new),
            &["PARAMETER_OUT_OF_BOUNDS: param publicity_days"],
        );
    }
    let long = mistakes(&in_tables(
        shipped,
        &shipped.replace("max = 15", "max = 999999999"),
    ));
    assert!(
        long.contains(&"PARAMETER_OUT_OF_BOUNDS: param publicity_days".to_owned()),
        "{long:?}"
    );
    let empty = in_tables(shipped, &shipped.replace("min = 5", "min = 0"));
    let found = mistakes(&empty);
    assert!(
        found.contains(&"NUMBER_OUT_OF_BOUNDS: commendation 2022, states public publicity".to_owned()),
        "a region could set a publicity of no day: {found:?}"
    );
}

#[test]
fn a_thing_without_a_chinese_name() {
    for (procedure, old, new, place) in [
        (
            "dues_relief",
            "name_zh = \"少交或免交党费\"",
            "name_zh = \"\"",
            "name_zh",
        ),
        (
            "dues_relief",
            "name_zh = \"支部研究\"",
            "name_zh = \" \"",
            "step decide name_zh",
        ),
        (
            "dues_relief",
            "name_zh = \"已申请\"",
            "name_zh = \"\"",
            "states applied name_zh",
        ),
        (
            "commendation",
            "name_zh = \"对表彰对象的异议\"",
            "name_zh = \"?\"",
            "objection commendation name_zh",
        ),
        (
            "rectification",
            "veto = \"一票否决\"",
            "veto = \"\"",
            "variants veto",
        ),
    ] {
        let version = if procedure == "dues_relief" {
            "2008"
        } else {
            "2022"
        };
        let told = format!("NAME_MISSING: {procedure} {version}, {place}");
        finds(&seeded(procedure, old, new), &[told.as_str()]);
    }
    let fact = in_tables("name_zh = \"五星名额内\"", "name_zh = \"\"");
    finds(&fact, &["NAME_MISSING: fact within_quota"]);
    let role = in_tables("security = \"安全管理员\"\n", "");
    finds(&role, &["NAME_MISSING: role security"]);
    let relation = in_tables("upper = \"再上一级：superior 的 superior\"\n", "");
    assert!(mistakes(&relation).contains(&"NAME_MISSING: relation upper".to_owned()));
}

#[test]
fn a_norm_that_no_catalogue_has() {
    for norm in ["Z-999", "R-999", "R-0310", "N-1", ""] {
        let text = seeded("dues_relief", "\"R-310\"]", &format!("\"{norm}\"]"));
        finds(&text, &["NORM_UNKNOWN: dues_relief 2008, norms"]);
    }
    let step = seeded(
        "commendation",
        "norms = [\"S-316\", \"N-26\"]",
        "norms = [\"S-316\", \"N-28\"]",
    );
    finds(&step, &["NORM_UNKNOWN: commendation 2022, step publish norms"]);
    let param = in_tables("norms = [\"S-211\"]", "norms = [\"S-215\"]");
    finds(&param, &["NORM_UNKNOWN: param prompt_lead_days"]);
}

#[test]
fn a_vote_rule_that_cannot_be_counted() {
    for (old, new) in [
        ("quorum = [1, 2, \"ge\"]", "quorum = [2, 1, \"ge\"]"),
        ("quorum = [1, 2, \"ge\"]", "quorum = [0, 0, \"ge\"]"),
        ("pass = [1, 2, \"gt\"]\n", ""),
        ("of = \"entitled\"", "of = \"everybody\""),
        ("of = \"entitled\"", "of = \"$publicity_days\""),
    ] {
        let found = mistakes(&in_tables(old, new));
        assert!(
            found.contains(&"VOTE_RULE_WRONG: vote assembly_general".to_owned()),
            "{new}: {found:?}"
        );
    }
    let halved = in_tables("with_committee = \"branch_committee\"\n", "");
    assert!(mistakes(&halved).contains(&"VOTE_RULE_WRONG: vote branch_body".to_owned()));
}
