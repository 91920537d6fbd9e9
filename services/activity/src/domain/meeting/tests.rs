use super::{super::roll::OnRoll, *};

fn day(text: &str) -> Day {
    text.parse().expect("day")
}

fn people(count: usize) -> Vec<PersonId> {
    (0..count).map(|_| PersonId::new()).collect()
}

/// A roll on which the first are exempt and the last are probationary.
fn roll(persons: &[PersonId], exempt: usize, probationary: usize) -> Roll {
    let full = persons.len() - probationary;
    let on_roll = |(k, person): (usize, &PersonId)| {
        (
            *person,
            OnRoll {
                full: k < full,
                exempt: k < exempt,
            },
        )
    };
    let count = |n: usize| u32::try_from(n).expect("small");
    Roll {
        full: count(full),
        probationary: count(probationary),
        exempt: count(exempt),
        members: persons.iter().enumerate().map(on_roll).collect(),
    }
}

fn content(duties: &[Duty], present: &[PersonId]) -> Content {
    Content {
        duties: duties.iter().copied().collect(),
        held_on: day("2025-03-14"),
        topic: "学习".into(),
        group: None,
        present: present.to_vec(),
        leave: Vec::new(),
        lecturers: Vec::new(),
        observers: 0,
        completed_on: Some(day("2025-03-17")),
        for_year: 2025,
        committee: (0, 0),
        assessed: false,
        assessment: String::new(),
        study_items: Vec::new(),
    }
}

const PLACE: fn() -> Place = || Place {
    branch: Existence {
        from: day("2020-01-01"),
        until: None,
    },
    group: None,
};

fn held(content: &Content, place: &Place, roll: &Roll) -> Result<Vec<Duty>, ActivityError> {
    hold(content, place, roll, Norms::shipped(), day("2025-04-01")).map(|held| held.quorate.iter().collect())
}

#[test]
fn each_duty_of_a_session_is_judged_by_its_own_quorum() {
    let persons = people(10);
    let roll = roll(&persons, 4, 0);
    // Three of ten full members: half of the six who are not exempt, but no quorum of an assembly.
    let present = &persons[4..7];
    let session = content(&[Duty::Assembly, Duty::Theme, Duty::Study], present);
    assert_eq!(
        held(&session, &PLACE(), &roll),
        Ok(vec![Duty::Theme, Duty::Study]),
        "R-110, R-115, R-213"
    );
    let assembly = content(&[Duty::Assembly, Duty::Study], present);
    assert_eq!(
        held(&assembly, &PLACE(), &roll),
        Ok(vec![]),
        "study on the agenda of a meeting that was none"
    );
    assert_eq!(
        held(&content(&[Duty::Study], present), &PLACE(), &roll),
        Ok(vec![Duty::Study])
    );
}

#[test]
fn probationary_members_make_no_quorum_of_an_assembly() {
    let persons = people(10);
    let roll = roll(&persons, 0, 6);
    let present: Vec<_> = persons[3..].to_vec();
    assert_eq!(
        held(&content(&[Duty::Assembly], &present), &PLACE(), &roll),
        Ok(vec![]),
        "1 of 4 (trap 1)"
    );
    assert_eq!(
        held(&content(&[Duty::Theme], &present), &PLACE(), &roll),
        Ok(vec![Duty::Theme])
    );
}

#[test]
fn a_debrief_counts_only_with_its_assessment() {
    let persons = people(4);
    let roll = roll(&persons, 0, 0);
    let mut debrief = content(&[Duty::DebriefAssembly], &persons);
    assert_eq!(held(&debrief, &PLACE(), &roll), Ok(vec![]), "R-125");
    debrief.assessed = true;
    assert_eq!(held(&debrief, &PLACE(), &roll), Ok(vec![Duty::DebriefAssembly]));
}

#[test]
fn dates_that_cannot_be_are_refused() {
    let persons = people(3);
    let roll = roll(&persons, 0, 0);
    let of = |change: fn(&mut Content)| {
        let mut changed = content(&[Duty::Theme], &persons);
        change(&mut changed);
        held(&changed, &PLACE(), &roll)
    };
    assert_eq!(
        of(|c| c.held_on = day("2025-04-02")),
        Err(ActivityError::HeldInFuture)
    );
    assert_eq!(
        of(|c| c.held_on = day("2019-12-31")),
        Err(ActivityError::DayOutsideExistence)
    );
    assert_eq!(
        of(|c| c.completed_on = Some(day("2025-04-02"))),
        Err(ActivityError::CompletedInFuture)
    );
    assert_eq!(
        of(|c| c.completed_on = Some(day("2025-03-13"))),
        Err(ActivityError::CompletedBeforeHeld)
    );
    assert_eq!(of(|c| c.for_year = 2023), Err(ActivityError::YearNotOfMeeting));
    assert_eq!(
        of(|c| c.for_year = 2024),
        Ok(vec![Duty::Theme]),
        "early in the next year, for the last one"
    );
}

#[test]
fn nobody_is_counted_twice_and_nobody_from_elsewhere() {
    let persons = people(3);
    let roll = roll(&persons, 0, 0);
    let mut session = content(&[Duty::Theme], &persons);
    session.leave = vec![persons[1]];
    assert_eq!(
        held(&session, &PLACE(), &roll),
        Err(ActivityError::AttendanceOverRoll)
    );
    session.leave = people(1);
    assert_eq!(
        held(&session, &PLACE(), &roll),
        Err(ActivityError::PersonNotOnRoll { index: 3 })
    );
}

#[test]
fn a_group_meets_only_for_its_own_duties_and_while_it_exists() {
    let persons = people(3);
    let roll = roll(&persons, 0, 0);
    let mut session = content(&[Duty::Group], &persons);
    assert_eq!(
        held(&session, &PLACE(), &roll),
        Err(ActivityError::GroupNotOfBranch),
        "R-113"
    );
    session.group = Some(OrganizationId::new());
    assert_eq!(
        held(&session, &PLACE(), &roll),
        Err(ActivityError::GroupNotOfBranch),
        "of another branch"
    );
    let group = |from| Place {
        group: Some(Existence {
            from: day(from),
            until: None,
        }),
        ..PLACE()
    };
    assert_eq!(
        held(&session, &group("2025-03-15"), &roll),
        Err(ActivityError::GroupNotOfBranch)
    );
    assert_eq!(held(&session, &group("2025-03-01"), &roll), Ok(vec![Duty::Group]));
    session.duties = session.duties.and(Duty::Assembly);
    assert_eq!(
        held(&session, &group("2025-03-01"), &roll),
        Err(ActivityError::DutyNotOfGroup)
    );
}

#[test]
fn committee_numbers_must_add_up() {
    let persons = people(5);
    let roll = roll(&persons, 0, 0);
    for (duties, committee) in [
        (Duty::Committee, (0, 0)),
        (Duty::Committee, (3, 4)),
        (Duty::Theme, (3, 3)),
    ] {
        let session = Content {
            committee,
            ..content(&[duties], &persons)
        };
        assert_eq!(
            held(&session, &PLACE(), &roll),
            Err(ActivityError::VoteImpossible),
            "{committee:?}"
        );
    }
}

#[test]
fn what_is_annulled_or_without_a_complete_record_counts_no_more() {
    let persons = people(3);
    let content = content(&[Duty::Theme], &persons);
    let Holding {
        turnout,
        quorate,
        absent,
    } = hold(
        &content,
        &PLACE(),
        &roll(&persons, 0, 0),
        Norms::shipped(),
        day("2025-04-01"),
    )
    .expect("held");
    let branch = OrganizationId::new();
    let meeting = Meeting {
        id: MeetingId::new(),
        branch,
        content,
        turnout,
        quorate,
        absent,
        annulled: false,
        version: 1,
    };
    assert_eq!((meeting.counts(), meeting.shortfall()), (quorate, None));
    let mut incomplete = meeting.clone();
    incomplete.content.completed_on = None;
    assert_eq!(
        (incomplete.counts(), incomplete.shortfall()),
        (Duties::default(), Some("RECORD_INCOMPLETE"))
    );
    let annulled = Meeting {
        annulled: true,
        ..meeting
    };
    assert_eq!(
        (annulled.counts(), annulled.shortfall()),
        (Duties::default(), Some("ANNULLED"))
    );
}

#[test]
fn who_neither_came_nor_was_excused_is_kept_where_leaders_are_asked() {
    let persons = people(4);
    let held = |duties: &[Duty]| {
        let mut content = content(duties, &persons[..2]);
        content.leave = vec![persons[2]];
        if duties == [Duty::Committee] {
            content.committee = (3, 2);
        }
        let roll = roll(&persons, 0, 0);
        hold(&content, &PLACE(), &roll, Norms::shipped(), day("2025-04-01"))
            .expect("held")
            .absent
    };
    assert_eq!(held(&[Duty::Theme]), Some(vec![persons[3]]), "S-322");
    assert_eq!(held(&[Duty::Committee]), None);
}

#[test]
fn the_day_of_completion_is_nobodys_to_choose_r_214() {
    let on = |day: Option<Day>| Content {
        completed_on: day,
        ..content(&[Duty::Theme], &[])
    };
    let today = day("2025-04-01");
    assert_eq!(complete_today(&on(None), today), Ok(()));
    assert_eq!(complete_today(&on(Some(today)), today), Ok(()));
    for other in ["2025-03-14", "2025-03-31", "2025-04-02"] {
        let said = complete_today(&on(Some(day(other))), today);
        assert_eq!(said, Err(ActivityError::CompletedNotToday), "{other}");
    }
}
