//! What comes before what: starts of clocks, steps that are wanted, persons who are kept out.

use super::{finds, mistakes, seeded};

#[test]
fn a_clock_that_nothing_starts_before_its_state() {
    let own = seeded(
        "demo_site",
        "unit = \"working_days\", from = \"apply\"",
        "unit = \"working_days\", from = \"accept_check\"",
    );
    finds(
        &own,
        &[
            "UNTIMED_STATE: demo_site 2022, states applied",
            "CLOCK_NEVER_STARTS: demo_site 2022, step accept_check due",
        ],
    );
    let beside = seeded(
        "large_dues",
        "from = \"collect\", late",
        "from = [\"collect\", \"receipt\"], late",
    );
    finds(
        &beside,
        &["CLOCK_NEVER_STARTS: large_dues 2008, step forward due"],
    );
    let unwaited = seeded(
        "dues_relief",
        "from = \"decide\", late",
        "from = \"@earliest\", late",
    );
    finds(
        &unwaited,
        &[
            "UNTIMED_STATE: dues_relief 2008, states agreed",
            "CLOCK_NEVER_STARTS: dues_relief 2008, step approve due",
        ],
    );
    let wait = seeded(
        "rectification",
        "from = \"accept\" }]",
        "from = \"follow_well\" }]",
    );
    let found = mistakes(&wait);
    assert!(
        found.contains(&"CLOCK_NEVER_STARTS: rectification 2022, step follow_well wait".to_owned()),
        "{found:?}"
    );
}

#[test]
fn a_clock_of_a_step_that_stays_starts_with_the_step_itself() {
    let from = "from = [\"approve_plan\", \"check\"], late";
    finds(
        &seeded(
            "rectification",
            from,
            "from = [\"check\", \"approve_plan\"], late",
        ),
        &[],
    );
}

#[test]
fn a_step_that_wants_what_cannot_have_been() {
    let ever = seeded("development", "train = 1 }", "train = 1, archive = 1 }");
    finds(
        &ever,
        &[
            "NEVER_BEFORE: development 2014, step branch_review ever",
            "NEVER_BEFORE: development 2026.05, step branch_review ever",
        ],
    );
    let left = seeded(
        "commendation",
        "after = { opinion = 1 }",
        "after = { nominate = 1 }",
    );
    finds(&left, &["NEVER_BEFORE: commendation 2022, step publish after"]);
    let variant = seeded(
        "org_change",
        "for = [\"found\", \"merge\", \"split\", \"make_permanent\"]",
        "for = [\"merge\", \"split\", \"make_permanent\"]",
    );
    finds(&variant, &["NEVER_BEFORE: org_change 2018, step file ever"]);
    let heard = seeded(
        "star_downgrade",
        "step = \"state_case\", since = \"notify\"",
        "step = \"state_case\", since = \"appeal\"",
    );
    finds(
        &heard,
        &["NEVER_BEFORE: star_downgrade 2022, step decide_local when"],
    );
}

#[test]
fn persons_of_steps_that_cannot_have_been() {
    let apart = seeded(
        "demo_site",
        "apart = [\"accept_check\"]",
        "apart = [\"confirm_exit\"]",
    );
    finds(
        &apart,
        &[
            "NEVER_BEFORE: demo_site 2022, objection listing apart",
            "OBJECTION_WITHOUT_DECIDER: demo_site 2022, objection listing apart",
        ],
    );
    let same = seeded("sensitive_export", "same = [\"request\"]", "same = [\"expire\"]");
    finds(&same, &["NEVER_BEFORE: sensitive_export 2022, step fetch same"]);
    let both = seeded(
        "sensitive_export",
        "same = [\"request\"]",
        "same = [\"request\"]\napart = [\"request\"]",
    );
    finds(&both, &["NEVER_BEFORE: sensitive_export 2022, step fetch same"]);
}
