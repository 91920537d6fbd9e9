use super::*;

fn day(text: &str) -> Day {
    text.parse().expect("day")
}

fn year() -> Period {
    Period::year(2025).expect("year")
}

const FREEZE: fn() -> Day = || day("2026-01-15");

fn branch(founded: &str) -> Branch {
    Branch {
        existence: Existence {
            from: day(founded),
            until: None,
        },
        groups: Vec::new(),
        committee: Vec::new(),
        strength: vec![Strength {
            from: day("2020-01-01"),
            full: 5,
        }],
        sessions: Vec::new(),
    }
}

fn session(held_on: &str, duties: &[Duty]) -> Session {
    let held_on = day(held_on);
    Session {
        id: MeetingId::new(),
        held_on,
        for_year: held_on.year(),
        group: None,
        quorate: duties.iter().copied().collect(),
        completed_on: Some(held_on),
        study_items: Vec::new(),
        assessment: String::new(),
    }
}

/// (expected, held) of a duty in 2025.
fn count(branch: &Branch, duty: Duty) -> (usize, usize) {
    let owed = owed(Norms::shipped(), duty, branch, year(), FREEZE());
    (owed.slots.len(), owed.held().count())
}

#[test]
fn four_assemblies_in_december_do_not_make_a_year() {
    let mut branch = branch("2020-01-01");
    branch.sessions = ["2025-12-01", "2025-12-08", "2025-12-15", "2025-12-22"]
        .map(|day| session(day, &[Duty::Assembly]))
        .to_vec();
    assert_eq!(count(&branch, Duty::Assembly), (4, 1), "R-109");
}

#[test]
fn a_branch_founded_on_20_may_owes_seven_months_and_two_quarters() {
    let branch = branch("2025-05-20");
    assert_eq!(count(&branch, Duty::Theme), (7, 0), "trap 6");
    assert_eq!(count(&branch, Duty::Lecture), (2, 0));
    assert_eq!(count(&branch, Duty::Life), (1, 0));
    let mut merged = branch;
    merged.existence = Existence {
        from: day("2020-01-01"),
        until: Some(day("2025-05-20")),
    };
    assert_eq!(
        (count(&merged, Duty::Theme).0, count(&merged, Duty::Assembly).0),
        (4, 1)
    );
}

#[test]
fn a_branch_founded_after_september_owes_nothing_yearly() {
    assert_eq!(count(&branch("2025-09-30"), Duty::Review), (1, 0));
    assert_eq!(count(&branch("2025-10-01"), Duty::Review), (0, 0));
    assert_eq!(count(&branch("2026-02-01"), Duty::Theme), (0, 0));
}

#[test]
fn a_small_branch_without_a_committee_is_not_asked_for_committee_meetings() {
    assert_eq!(
        count(&branch("2020-01-01"), Duty::Committee),
        (0, 0),
        "trap 4: not applicable, not 0 of 12"
    );
}

#[test]
fn a_committee_is_owed_with_seven_full_members_whether_there_is_one_or_not() {
    let mut branch = branch("2020-01-01");
    branch.strength = vec![Strength {
        from: day("2020-01-01"),
        full: 7,
    }];
    assert_eq!(count(&branch, Duty::Committee), (12, 0), "R-119");
    branch.strength.push(Strength {
        from: day("2025-07-15"),
        full: 6,
    });
    assert_eq!(
        count(&branch, Duty::Committee),
        (6, 0),
        "July is no month of a committee throughout"
    );
    branch.committee = vec![Existence {
        from: day("2024-01-01"),
        until: Some(day("2025-08-31")),
    }];
    branch.sessions = vec![
        session("2025-08-03", &[Duty::Committee]),
        session("2025-09-03", &[Duty::Committee]),
    ];
    assert_eq!(
        count(&branch, Duty::Committee),
        (8, 1),
        "who has one is asked, while he has one"
    );
}

#[test]
fn a_seventh_member_asks_from_the_next_full_month_on() {
    let mut branch = branch("2020-01-01");
    branch.strength.push(Strength {
        from: day("2025-10-02"),
        full: 7,
    });
    assert_eq!(count(&branch, Duty::Committee), (2, 0));
}

#[test]
fn group_months_are_summed_over_the_groups_that_existed() {
    let mut branch = branch("2020-01-01");
    assert_eq!(
        count(&branch, Duty::Group),
        (0, 0),
        "R-113: no group, not applicable"
    );
    let (old, young) = (OrganizationId::new(), OrganizationId::new());
    branch.groups = vec![
        (
            old,
            Existence {
                from: day("2024-01-01"),
                until: None,
            },
        ),
        (
            young,
            Existence {
                from: day("2025-06-15"),
                until: Some(day("2025-11-30")),
            },
        ),
    ];
    let of = |group| Session {
        group: Some(group),
        ..session("2025-08-05", &[Duty::Group])
    };
    branch.sessions = vec![of(old), of(old), of(OrganizationId::new())];
    assert_eq!(count(&branch, Duty::Group), (17, 1));
    branch.sessions.push(of(young));
    assert_eq!(count(&branch, Duty::Group), (17, 2));
}

#[test]
fn one_session_fulfils_every_duty_that_it_names_and_no_other() {
    let mut branch = branch("2020-01-01");
    branch.sessions = vec![session("2025-02-10", &[Duty::Theme, Duty::Lecture])];
    assert_eq!(count(&branch, Duty::Theme), (12, 1), "trap 5");
    assert_eq!(count(&branch, Duty::Lecture), (4, 1));
    assert_eq!(count(&branch, Duty::Assembly), (4, 0));
}

#[test]
fn a_life_meeting_of_january_counts_for_the_year_that_it_names_until_the_freeze() {
    let mut branch = branch("2020-01-01");
    let held = |on| Session {
        for_year: 2025,
        ..session(on, &[Duty::Life, Duty::Theme])
    };
    branch.sessions = vec![session("2025-01-10", &[Duty::Theme])];
    branch.sessions[0].quorate = branch.sessions[0].quorate.and(Duty::Life);
    branch.sessions[0].for_year = 2024;
    assert_eq!(
        count(&branch, Duty::Life),
        (1, 0),
        "the one of January 2025 was for 2024"
    );
    branch.sessions.push(held("2026-01-08"));
    assert_eq!(count(&branch, Duty::Life), (1, 1), "R-116");
    assert_eq!(
        count(&branch, Duty::Theme),
        (12, 1),
        "a theme day counts on its own day"
    );
    branch.sessions[1] = held("2026-01-16");
    assert_eq!(count(&branch, Duty::Life), (1, 0), "after the freeze");
}

#[test]
fn a_meeting_whose_record_was_complete_after_the_freeze_does_not_count() {
    let mut branch = branch("2020-01-01");
    branch.sessions = vec![Session {
        completed_on: Some(day("2026-01-16")),
        ..session("2025-12-30", &[Duty::Theme])
    }];
    assert_eq!(count(&branch, Duty::Theme).1, 0);
    branch.sessions[0].completed_on = Some(day("2026-01-15"));
    assert_eq!(count(&branch, Duty::Theme).1, 1);
    branch.sessions[0].completed_on = None;
    assert_eq!(count(&branch, Duty::Theme).1, 0);
}

#[test]
fn a_period_without_the_years_end_asks_for_nothing_yearly() {
    let quarter = Period::new(day("2025-04-01"), day("2025-06-30")).expect("quarter");
    let branch = branch("2020-01-01");
    let all = all(Norms::shipped(), &branch, quarter, day("2025-07-01"));
    let expected: Vec<_> = all
        .iter()
        .map(|owed| (owed.duty, owed.slots.len()))
        .filter(|(_, n)| *n > 0)
        .collect();
    assert_eq!(
        expected,
        [
            (Duty::Assembly, 1),
            (Duty::Lecture, 1),
            (Duty::Theme, 3),
            (Duty::Study, 3)
        ]
    );
}

#[test]
fn the_longest_run_of_silent_quarters_is_found_with_its_quarters() {
    let mut branch = branch("2025-02-01");
    assert_eq!(
        silence(&branch, year(), FREEZE()).quarters,
        3,
        "the first quarter is not full"
    );
    branch.existence.from = day("2020-01-01");
    branch.sessions = vec![
        session("2025-01-10", &[Duty::Committee]),
        session("2025-12-30", &[Duty::Lecture]),
    ];
    let found = silence(&branch, year(), FREEZE());
    assert_eq!(
        found.longest,
        [day("2025-01-01"), day("2025-04-01"), day("2025-07-01")],
        "S-107"
    );
    branch.sessions.push(session("2025-05-01", &[Duty::Theme]));
    assert_eq!(silence(&branch, year(), FREEZE()).longest, [day("2025-01-01")]);
}
