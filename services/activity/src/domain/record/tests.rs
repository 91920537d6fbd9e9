use super::*;

fn day(text: &str) -> Day {
    text.parse().expect("day")
}

const LIVED: fn() -> Existence = || Existence {
    from: day("2020-01-01"),
    until: None,
};
const MEMBERS: Members = Members {
    full: 12,
    probationary: 3,
};

fn judged(record: Record) -> Result<(), ActivityError> {
    may_stand(&record, LIVED(), MEMBERS, day("2026-01-20"))
}

fn review(eligible: u32, grades: [u32; 4]) -> Record {
    Record::Review(Review {
        held_on: day("2026-01-08"),
        for_year: 2025,
        eligible,
        grades,
        left_out: Vec::new(),
    })
}

fn dated_of(kind: Kind, raised: &str, due: &str, done: Option<&str>) -> Dated {
    Dated {
        kind,
        title: "任务".into(),
        raised_on: day(raised),
        due_on: day(due),
        done_on: done.map(day),
        confirmed: true,
        evidence: "e1".into(),
        programme: "p1".into(),
        admission: String::new(),
        plan_hash: String::new(),
        plan_confirmed_on: None,
    }
}

#[test]
fn only_full_members_are_graded_and_at_most_a_third_excellent() {
    assert_eq!(
        judged(review(12, [5, 7, 0, 0])),
        Ok(()),
        "a third of 15 members (R-117)"
    );
    assert_eq!(
        judged(review(12, [6, 6, 0, 0])),
        Err(ActivityError::ExcellentOverThird)
    );
    assert_eq!(
        judged(review(11, [5, 7, 0, 0])),
        Err(ActivityError::GradedOverMembers)
    );
    assert_eq!(
        judged(review(13, [0, 13, 0, 0])),
        Err(ActivityError::GradedOverMembers),
        "3 are probationary"
    );
    let late = Review {
        held_on: day("2026-01-08"),
        for_year: 2024,
        eligible: 1,
        grades: [0, 1, 0, 0],
        left_out: Vec::new(),
    };
    assert_eq!(judged(Record::Review(late)), Err(ActivityError::YearNotOfMeeting));
}

#[test]
fn dates_of_a_record_follow_one_another() {
    let dated = |raised: &str, due: &str, done: Option<&str>| {
        judged(Record::Dated(dated_of(Kind::Task, raised, due, done)))
    };
    assert_eq!(dated("2025-03-01", "2025-04-01", None), Ok(()));
    assert_eq!(
        dated("2025-03-01", "2025-02-01", None),
        Err(ActivityError::DueBeforeRaised)
    );
    assert_eq!(
        dated("2025-03-01", "2025-04-01", Some("2025-02-28")),
        Err(ActivityError::DoneBeforeRaised)
    );
    assert_eq!(
        dated("2025-03-01", "2025-04-01", Some("2026-01-21")),
        Err(ActivityError::DoneInFuture)
    );
    assert_eq!(
        dated("2019-03-01", "2025-04-01", None),
        Err(ActivityError::DayOutsideExistence)
    );
    assert_eq!(dated("2026-01-20", "2026-04-01", None), Ok(()));
    assert_eq!(
        dated("2026-01-21", "2026-04-01", None),
        Err(ActivityError::RaisedInFuture)
    );
}

#[test]
fn an_outage_lies_in_the_days_of_the_branch() {
    let outage = |from: &str, until: &str| {
        judged(Record::Outage(Outage {
            from: day(from),
            until: day(until),
            reason: "机房检修".into(),
        }))
    };
    assert_eq!(outage("2025-05-01", "2026-01-20"), Ok(()));
    assert_eq!(
        outage("2025-05-01", "2026-01-21"),
        Err(ActivityError::HeldInFuture)
    );
    assert_eq!(
        outage("1900-01-01", "2026-01-20"),
        Err(ActivityError::DayOutsideExistence)
    );
}

#[test]
fn who_is_left_out_of_the_grading_was_left_out_by_a_decision() {
    assert_eq!(
        judged(review(11, [3, 8, 0, 0])),
        Err(ActivityError::LeftOutWithoutDecision),
        "R-117: one of 12 is missing"
    );
    let Record::Review(ill) = review(11, [3, 8, 0, 0]) else {
        panic!("a review")
    };
    let decided = Review {
        left_out: vec!["d1".into()],
        ..ill
    };
    assert_eq!(judged(Record::Review(decided)), Ok(()));
}

fn year() -> Period {
    Period::year(2025).expect("year")
}

/// Done and owed.
fn counted(records: &[Dated], kind: Kind, domain: Domain) -> (usize, usize) {
    let records: Vec<Due> = records
        .iter()
        .map(|dated| Due {
            id: RecordId::new(),
            dated: dated.clone(),
        })
        .collect();
    let due = due(&records, kind, Some(domain), year());
    (due.iter().filter(|one| one.in_time()).count(), due.len())
}

#[test]
fn only_what_fell_due_is_owed_and_only_what_is_shown_to_be_done_by_then_counts() {
    let of = |kind, due, done| dated_of(kind, "2025-03-01", due, done);
    let unshown = Dated {
        evidence: String::new(),
        ..of(Kind::Task, "2025-04-01", Some("2025-04-01"))
    };
    let records = [
        of(Kind::Task, "2025-04-01", Some("2025-04-01")),
        of(Kind::Task, "2025-04-01", Some("2025-04-02")),
        of(Kind::Task, "2026-04-01", Some("2025-04-02")),
        unshown,
        of(Kind::Ticket, "2025-04-01", None),
    ];
    let count = |kind| counted(&records, kind, Domain::Organ);
    assert_eq!(
        (count(Kind::Task), count(Kind::Ticket), count(Kind::Goal)),
        ((1, 3), (0, 1), (0, 0))
    );
}

#[test]
fn a_task_that_bypassed_admission_or_stands_on_no_programme_is_not_counted_s_408() {
    let plain = dated_of(Kind::Task, "2025-03-01", "2025-04-01", Some("2025-04-01"));
    let admitted = Dated {
        admission: "a1".into(),
        ..plain.clone()
    };
    let own = Dated {
        programme: String::new(),
        ..admitted.clone()
    };
    let records = [plain, admitted, own];
    assert_eq!(counted(&records, Kind::Task, Domain::Rural), (1, 1));
    assert_eq!(counted(&records, Kind::Task, Domain::Community), (1, 1));
    assert_eq!(counted(&records, Kind::Task, Domain::School), (2, 2));
}

#[test]
fn a_goal_counts_in_the_plan_that_was_confirmed_at_its_start() {
    let goal = |confirmed: Option<&str>| Dated {
        plan_hash: confirmed.map(|_| "h".to_owned()).unwrap_or_default(),
        plan_confirmed_on: confirmed.map(day),
        ..dated_of(Kind::Goal, "2025-01-20", "2025-12-15", Some("2025-12-01"))
    };
    let records = [goal(Some("2025-03-31")), goal(Some("2025-04-01")), goal(None)];
    assert_eq!(counted(&records, Kind::Goal, Domain::School), (1, 1));
}

#[test]
fn a_plan_has_a_hash_and_a_day_and_a_confirmed_goal_is_not_lowered() {
    let goal = Dated {
        plan_hash: "h1".into(),
        plan_confirmed_on: Some(day("2025-01-20")),
        ..dated_of(Kind::Goal, "2025-01-20", "2025-12-15", None)
    };
    let replaced = |now: Dated| may_replace(&Record::Dated(goal.clone()), &Record::Dated(now));
    let reached = Dated {
        done_on: Some(day("2025-12-01")),
        ..goal.clone()
    };
    assert_eq!(replaced(reached), Ok(()));
    for lowered in [
        Dated {
            due_on: day("2026-03-31"),
            ..goal.clone()
        },
        Dated {
            title: "较低的目标".into(),
            ..goal.clone()
        },
        Dated {
            plan_hash: "h2".into(),
            ..goal.clone()
        },
    ] {
        assert_eq!(replaced(lowered), Err(ActivityError::PlanConfirmed));
    }
    for broken in [
        Dated {
            plan_hash: String::new(),
            ..goal.clone()
        },
        Dated {
            plan_confirmed_on: None,
            ..goal.clone()
        },
        Dated {
            plan_confirmed_on: Some(day("2026-01-21")),
            ..goal.clone()
        },
    ] {
        assert_eq!(judged(Record::Dated(broken)), Err(ActivityError::PlanIncomplete));
    }
}
