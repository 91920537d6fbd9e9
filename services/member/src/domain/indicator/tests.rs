use kernel::id::OrganizationId;

use super::*;

fn day(text: &str) -> Day {
    text.parse().expect("day")
}

fn span() -> Span {
    Span {
        period: Period::year(2025).expect("year"),
        freeze_day: day("2026-01-15"),
    }
}

fn member(joined: &str, full: Option<&str>, missing: Vec<Kept>) -> Member {
    let stay = Stay {
        branch: OrganizationId::new(),
        from: day(joined),
        until: None,
    };
    let dates = Dates {
        joined_on: day(joined),
        full_on: full.map(day),
        exempt_from: None,
        exempt_until: None,
        cadre_from: None,
        cadre_until: None,
    };
    Member {
        person: PersonId::new(),
        stay,
        dates,
        missing,
    }
}

fn facts(members: Vec<Member>) -> Facts {
    Facts {
        kind: OrganizationKind::Branch,
        founded_on: day("2000-01-01"),
        dissolved_on: None,
        members,
        steps: Vec::new(),
        sheets: Vec::new(),
        holdings: BTreeMap::new(),
        position: 7,
    }
}

fn told(id: &str, facts: &Facts, sessions: &Sessions) -> Option<(i64, i64)> {
    match count(id, facts, sessions, span()) {
        Count::Applies {
            numerator,
            denominator,
            ..
        } => Some((numerator, denominator)),
        Count::NotApplicable { .. } => None,
    }
}

#[test]
fn full_members_are_counted_on_the_last_day_that_the_branch_existed() {
    let mut facts = facts(vec![
        member("2020-01-01", Some("2021-01-01"), vec![]),
        member("2024-07-01", Some("2025-07-01"), vec![]),
        member("2025-03-01", None, vec![]),
    ]);
    assert_eq!(told("member.count.full", &facts, &Sessions::new()), Some((2, 1)));
    facts.dissolved_on = Some(day("2025-06-30"));
    assert_eq!(told("member.count.full", &facts, &Sessions::new()), Some((1, 1)));
    facts.dissolved_on = Some(day("2024-12-31"));
    assert_eq!(told("member.count.full", &facts, &Sessions::new()), None);
}

#[test]
fn a_month_without_a_sheet_was_owed_by_all_r_305() {
    let mut facts = facts(vec![
        member("2020-01-01", None, vec![]),
        member("2025-03-15", None, vec![]),
    ]);
    let month = |m: u32| Day::from_ymd_opt(2025, m, 1).expect("day");
    let (first, second) = (facts.members[0].person, facts.members[1].person);
    facts.sheets = (1..=11)
        .map(|m| Sheet {
            id: RecordId::new(),
            month: month(m),
            owed: 1,
            in_time: 1,
            lines: HashSet::from([first, second]),
        })
        .collect();
    assert_eq!(told("member.dues.paid", &facts, &Sessions::new()), Some((11, 13)));
    // Without his line the second owed March to November all the same: nine months more.
    for sheet in &mut facts.sheets {
        sheet.lines.remove(&second);
    }
    assert_eq!(told("member.dues.paid", &facts, &Sessions::new()), Some((11, 22)));
    facts.kind = OrganizationKind::TemporaryBranch;
    assert_eq!(told("member.dues.paid", &facts, &Sessions::new()), None, "R-108");
}

#[test]
fn who_joined_in_the_year_or_is_exempt_owes_no_hours_r_201_r_213() {
    let (old, new) = (
        member("2020-01-01", None, vec![]),
        member("2025-01-02", None, vec![]),
    );
    let mut exempt = member("2020-01-01", None, vec![]);
    exempt.dates.exempt_from = Some(day("2025-12-31"));
    let session = Session {
        on: day("2025-05-01"),
        quarter_hours: 128,
        central: false,
    };
    let sessions = Sessions::from([(old.person, vec![session])]);
    let none = facts(vec![new.clone(), exempt.clone()]);
    assert_eq!(told("member.training.reached", &none, &sessions), None);
    let some = facts(vec![old, new, exempt, member("2025-01-01", None, vec![])]);
    assert_eq!(told("member.training.reached", &some, &sessions), Some((1, 2)));
}

#[test]
fn a_step_counts_in_the_year_of_its_deadline() {
    let mut facts = facts(vec![]);
    let step = |due: &str, done: Option<&str>| {
        let step = Step {
            branch: OrganizationId::new(),
            step: "talk".into(),
            rule_version: "2014".into(),
            case: "c1".into(),
            since_on: add_months(day(due), -1),
            due_on: day(due),
            done_on: done.map(day),
        };
        (RecordId::new(), step)
    };
    assert_eq!(
        told("member.development.steps", &facts, &Sessions::new()),
        None,
        "not applicable is not zero"
    );
    facts.steps = vec![
        step("2025-06-30", Some("2025-06-30")),
        step("2025-06-30", Some("2025-07-01")),
        step("2024-12-31", None),
    ];
    assert_eq!(
        told("member.development.steps", &facts, &Sessions::new()),
        Some((1, 2))
    );
}

#[test]
fn incomplete_records_are_counted_by_field_and_not_by_person_r_214() {
    let facts = facts(vec![
        member("2020-01-01", None, vec![Kept::Phone, Kept::Education]),
        member("2020-01-01", None, vec![Kept::Phone]),
        member("2020-01-01", None, vec![]),
    ]);
    let Count::Applies {
        numerator,
        denominator,
        evidence,
    } = count("member.record.complete", &facts, &Sessions::new(), span())
    else {
        panic!("applies")
    };
    assert_eq!((numerator, denominator), (1, 3));
    assert_eq!(evidence, ["phone=2", "education=1"]);
}

#[test]
fn officers_with_a_requirement_are_the_denominator_r_202() {
    let (trained, not, new) = (PersonId::new(), PersonId::new(), PersonId::new());
    let holding = |from: &str| {
        vec![(
            PostId::new(),
            Holding {
                secretary: false,
                from: day(from),
                until: None,
            },
        )]
    };
    let mut facts = facts(vec![]);
    facts.holdings = BTreeMap::from([
        (trained, holding("2020-01-01")),
        (not, holding("2020-01-01")),
        (new, holding("2025-02-01")),
    ]);
    let session = Session {
        on: day("2025-05-01"),
        quarter_hours: 224,
        central: true,
    };
    let sessions = Sessions::from([(trained, vec![session]), (new, vec![session])]);
    assert_eq!(told("member.officer.trained", &facts, &sessions), Some((1, 2)));
}

#[test]
fn what_is_not_kept_says_so() {
    let count = count(
        "member.points.confirmed",
        &facts(vec![]),
        &Sessions::new(),
        span(),
    );
    assert_eq!(count, Count::none(NOT_KEPT_YET));
    let catalogue = kernel::indicator::Catalogue::shipped();
    assert!(
        KEPT.iter()
            .all(|id| catalogue.get(id).is_some_and(|line| line.owner == "member"))
    );
}

#[test]
fn sheets_are_looked_at_from_the_month_in_which_the_period_begins() {
    let period = Period::new(day("2025-05-20"), day("2025-12-31")).expect("period");
    assert_eq!(months(period), (day("2025-05-01"), day("2025-12-31")));
}
