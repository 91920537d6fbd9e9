use kernel::{id::PersonId, indicator::Catalogue};

use super::*;
use crate::domain::{leader::Standing, meeting::Existence, owed::Strength, record::Dated};

fn day(text: &str) -> Day {
    text.parse().expect("day")
}

fn span() -> Span {
    Span {
        period: Period::year(2025).expect("year"),
        freeze_day: day("2026-01-15"),
    }
}

fn facts(founded: &str) -> Facts {
    Facts {
        branch: Branch {
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
        },
        domain: Some(Domain::School),
        leaders: Vec::new(),
        attendance: HashMap::new(),
        elsewhere: Vec::new(),
        outages: Vec::new(),
        due: Vec::new(),
        reviews: Vec::new(),
    }
}

fn session(held_on: &str, for_year: i32, duties: &[Duty]) -> Session {
    Session {
        id: MeetingId::new(),
        held_on: day(held_on),
        for_year,
        group: None,
        quorate: duties.iter().copied().collect(),
        completed_on: Some(day(held_on)),
        study_items: Vec::new(),
        assessment: String::new(),
    }
}

fn evidence(id: &str, facts: &Facts) -> Vec<String> {
    match count(id, facts, span()) {
        Count::Applies { evidence, .. } => evidence,
        Count::NotApplicable { reason } => panic!("{reason}"),
    }
}

fn share(id: &str, facts: &Facts) -> Result<(i64, i64), &'static str> {
    share_of(span(), id, facts)
}

fn share_of(span: Span, id: &str, facts: &Facts) -> Result<(i64, i64), &'static str> {
    match count(id, facts, span) {
        Count::Applies {
            numerator,
            denominator,
            ..
        } => Ok((numerator, denominator)),
        Count::NotApplicable { reason } => Err(reason),
    }
}

#[test]
fn seventeen_of_the_catalogue_are_kept_and_the_others_say_that_they_are_not() {
    let facts = facts("2020-01-01");
    assert_eq!(KEPT.len(), 17);
    for line in Catalogue::shipped().of_owner("activity") {
        let kept = KEPT.contains(&line.id.as_str());
        assert_eq!(share(&line.id, &facts) != Err(NOT_KEPT_YET), kept, "{}", line.id);
    }
    assert!(KEPT.iter().all(|id| Catalogue::shipped().get(id).is_some()));
}

#[test]
fn an_old_branch_that_did_nothing_owes_everything_that_is_always_owed() {
    let facts = facts("2020-01-01");
    for (id, owed) in [
        ("activity.study.held", Ok((0, 12))),
        ("activity.assembly.held", Ok((0, 4))),
        ("activity.committee.held", Err("NO_COMMITTEE_OWED")),
        ("activity.group.held", Err("NO_PARTY_GROUP")),
        ("activity.lecture.held", Ok((0, 4))),
        ("activity.theme.held", Ok((0, 12))),
        ("activity.life.held", Ok((0, 1))),
        ("activity.debrief.held", Ok((0, 2))),
        ("activity.review.graded", Ok((0, 5))),
        ("activity.leader.attendance", Err("NO_ATTENDANCE_DUE")),
        ("activity.leader.lecture", Err("NO_LEADER_FOR_SIX_MONTHS")),
        ("activity.record.timely", Err("NO_MEETING_HELD")),
        ("activity.resolution.done", Err("NO_RESOLUTION_DUE")),
        ("activity.task.done", Err("NO_TASK_DUE")),
        ("activity.goal.reached", Ok((0, 1))),
        ("activity.ticket.closed", Err("NO_TICKET_DUE")),
        ("activity.quarters.silent", Ok((4, 1))),
    ] {
        assert_eq!(share(id, &facts), owed, "{id}");
    }
}

#[test]
fn a_branch_founded_late_is_not_asked_for_what_is_yearly() {
    let mut late = facts("2025-10-02");
    late.due.clear();
    for id in [
        "activity.life.held",
        "activity.debrief.held",
        "activity.review.graded",
    ] {
        assert_eq!(share(id, &late), Err("FOUNDED_AFTER_SEPTEMBER"), "{id}");
    }
    assert_eq!(share("activity.goal.reached", &late), Err("FOUNDED_AFTER_JUNE"));
    assert_eq!(share("activity.assembly.held", &late), Err("NO_FULL_QUARTER"));
    assert_eq!(share("activity.quarters.silent", &late), Err("NO_FULL_QUARTER"));
    assert_eq!(share("activity.theme.held", &late), Ok((0, 2)));
    assert_eq!(
        share("activity.task.done", &facts("2026-03-01")),
        Err("NOT_IN_EXISTENCE")
    );
}

#[test]
fn debriefs_to_assembly_and_to_superior_are_two() {
    let mut facts = facts("2020-01-01");
    facts.branch.sessions = vec![session("2026-01-08", 2025, &[Duty::DebriefAssembly])];
    assert_eq!(share("activity.debrief.held", &facts), Ok((1, 2)), "R-125");
    facts
        .branch
        .sessions
        .push(session("2026-01-12", 2025, &[Duty::DebriefSuperior]));
    assert_eq!(share("activity.debrief.held", &facts), Ok((2, 2)));
}

#[test]
fn grades_are_of_the_latest_review_at_a_meeting_held_by_the_freeze() {
    let mut facts = facts("2020-01-01");
    let review = |held_on: &str, eligible, good| {
        let review = Review {
            held_on: day(held_on),
            for_year: 2025,
            eligible,
            grades: [1, good, 0, 0],
            left_out: vec!["d1".into()],
        };
        (RecordId::new(), review)
    };
    facts.reviews = vec![
        review("2026-01-06", 4, 2),
        review("2026-01-08", 4, 1),
        review("2026-01-09", 4, 3),
        review("2026-01-20", 4, 3),
    ];
    assert_eq!(
        share("activity.review.graded", &facts),
        Ok((0, 5)),
        "no meeting was held for them"
    );
    let unheld = Session {
        quorate: [].into_iter().collect(),
        ..session("2026-01-09", 2025, &[])
    };
    let other_year = session("2026-01-06", 2026, &[Duty::Review]);
    let held = session("2026-01-08", 2025, &[Duty::Review]);
    facts.branch.sessions = vec![
        other_year,
        held.clone(),
        unheld,
        session("2026-01-20", 2025, &[Duty::Review]),
    ];
    assert_eq!(share("activity.review.graded", &facts), Ok((2, 4)), "R-117");
    let found = evidence("activity.review.graded", &facts);
    let expected = [
        format!("{} {}", held.id, facts.reviews[1].0),
        "grades=2".into(),
        "left_out=d1".into(),
    ];
    assert_eq!(found, expected);
}

#[test]
fn study_and_debriefs_show_what_makes_them_count() {
    let mut facts = facts("2020-01-01");
    let study = Session {
        study_items: vec!["i1".into(), "i2".into()],
        ..session("2025-03-03", 2025, &[Duty::Theme, Duty::Study])
    };
    let debrief = Session {
        assessment: "t1".into(),
        ..session("2026-01-08", 2025, &[Duty::DebriefAssembly])
    };
    facts.branch.sessions = vec![study.clone(), debrief.clone()];
    assert_eq!(
        evidence("activity.study.held", &facts),
        [format!("{} i1+i2", study.id)]
    );
    assert_eq!(evidence("activity.theme.held", &facts), [study.id.to_string()]);
    assert_eq!(
        evidence("activity.debrief.held", &facts),
        [format!("{} t1", debrief.id)]
    );
}

#[test]
fn every_silent_quarter_is_shown_and_the_longest_run_is_counted() {
    let mut facts = facts("2020-01-01");
    facts.branch.sessions = vec![session("2025-05-03", 2025, &[Duty::Theme])];
    assert_eq!(share("activity.quarters.silent", &facts), Ok((2, 1)), "R-504");
    assert_eq!(
        evidence("activity.quarters.silent", &facts),
        ["2025-01-01", "2025-07-01", "2025-10-01"]
    );
}

#[test]
fn leaders_are_counted_at_the_meetings_that_have_an_attendance() {
    let mut facts = facts("2020-01-01");
    let person = PersonId::new();
    let days = Existence {
        from: day("2020-01-01"),
        until: None,
    };
    facts.leaders = vec![Leader {
        person,
        standing: Standing::Secretary,
        days,
    }];
    facts.branch.sessions = vec![
        session("2025-03-03", 2025, &[Duty::Theme, Duty::Lecture]),
        session("2025-04-03", 2025, &[Duty::Theme]),
    ];
    let present = Attendance {
        present: vec![person],
        lecturers: vec![person],
        ..Attendance::default()
    };
    facts.attendance.insert(facts.branch.sessions[0].id, present);
    facts
        .attendance
        .insert(facts.branch.sessions[1].id, Attendance::default());
    assert_eq!(share("activity.leader.attendance", &facts), Ok((1, 2)), "S-322");
    assert_eq!(share("activity.leader.lecture", &facts), Ok((1, 1)));
}

/// The twelve months until a day, as known on it.
fn until(first: &str, last: &str) -> Span {
    Span {
        period: Period::new(day(first), day(last)).expect("period"),
        freeze_day: day(last),
    }
}

fn goal(due_on: &str, done_on: Option<&str>) -> Due {
    let plan = if due_on.starts_with("2025") {
        "2025-01-20"
    } else {
        "2026-01-20"
    };
    Due {
        id: RecordId::new(),
        dated: Dated {
            kind: Kind::Goal,
            title: "目标".into(),
            raised_on: day(plan),
            due_on: day(due_on),
            done_on: done_on.map(day),
            confirmed: done_on.is_some(),
            evidence: String::new(),
            programme: String::new(),
            admission: String::new(),
            plan_hash: "h".into(),
            plan_confirmed_on: Some(day(plan)),
        },
    }
}

#[test]
fn twelve_months_ask_for_the_year_that_ended_in_them() {
    let september = until("2025-09-16", "2026-09-15");
    let mut facts = facts("2020-01-01");
    let person = PersonId::new();
    facts.leaders = vec![Leader {
        person,
        standing: Standing::Secretary,
        days: facts.branch.existence,
    }];
    facts.branch.sessions = vec![
        session("2025-06-10", 2025, &[Duty::Review]),
        session("2026-01-08", 2025, &[Duty::Life]),
        session("2026-06-08", 2026, &[Duty::Life]),
    ];
    for meeting in &facts.branch.sessions {
        let there = Attendance {
            present: vec![person],
            ..Attendance::default()
        };
        facts.attendance.insert(meeting.id, there);
    }
    let review = Review {
        held_on: day("2025-06-10"),
        for_year: 2025,
        eligible: 4,
        grades: [1, 2, 0, 0],
        left_out: Vec::new(),
    };
    facts.reviews = vec![(RecordId::new(), review)];
    facts.due = vec![goal("2025-06-30", Some("2025-06-20")), goal("2026-06-30", None)];
    for (id, counted) in [
        ("activity.life.held", (1, 1)),
        ("activity.review.graded", (3, 4)),
        ("activity.leader.attendance", (1, 1)),
        ("activity.goal.reached", (1, 1)),
    ] {
        assert_eq!(share_of(september, id, &facts), Ok(counted), "{id} (S-315)");
    }
}

#[test]
fn who_was_founded_late_in_the_year_that_ended_owes_nothing_of_it() {
    let september = until("2025-09-16", "2026-09-15");
    let of = |founded: &str, id: &str| share_of(september, id, &facts(founded));
    assert_eq!(
        of("2025-10-01", "activity.review.graded"),
        Err("FOUNDED_AFTER_SEPTEMBER")
    );
    assert_eq!(
        of("2025-07-01", "activity.goal.reached"),
        Err("FOUNDED_AFTER_JUNE")
    );
    assert_eq!(of("2025-07-01", "activity.review.graded"), Ok((0, 5)));
    let no_end = until("2026-01-01", "2026-09-15");
    for id in ["activity.review.graded", "activity.goal.reached"] {
        assert_eq!(
            share_of(no_end, id, &facts("2020-01-01")),
            Err("NO_YEAR_ENDS"),
            "{id}"
        );
    }
}
