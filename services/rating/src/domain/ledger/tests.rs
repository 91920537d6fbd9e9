use super::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn firing(branch: OrganizationId, rule: &str) -> Firing {
    let text = |text: &str| text.to_owned();
    Firing {
        branch,
        rule: rule.into(),
        norm: text("R-101@2018"),
        why: text("不足三人"),
        evidence: text("{}"),
    }
}

fn screen(branch: OrganizationId, fires: bool, known: &[Finding], on: &str) -> Changes {
    let firings = if fires {
        vec![firing(branch, "hollow.members")]
    } else {
        vec![]
    };
    let due = day("2026-12-31");
    screened(&HashSet::from([branch]), firings, known.to_vec(), day(on), due)
}

#[test]
fn a_finding_opens_closes_and_reopens_with_its_rule() {
    let branch = OrganizationId::new();
    let first = screen(branch, true, &[], "2025-06-30").opened.remove(0);
    assert_eq!(
        (first.opened_on, first.closed_on, first.version),
        (day("2025-06-30"), None, 1)
    );

    let again = screen(branch, true, std::slice::from_ref(&first), "2025-07-01");
    assert!(again.opened.is_empty() && again.closed.is_empty() && again.reopened.is_empty());

    let closed = screen(branch, false, &[first], "2025-09-30").closed.remove(0);
    assert_eq!(closed.closed_on, Some(day("2025-09-30")), "S-105");

    let back = screen(branch, true, std::slice::from_ref(&closed), "2025-12-31")
        .reopened
        .remove(0);
    assert_eq!(
        (back.id, back.closed_on, back.reopened, back.version),
        (closed.id, None, 1, 3)
    );
}

#[test]
fn who_was_not_screened_is_left_alone() {
    let branch = OrganizationId::new();
    let known = screen(branch, true, &[], "2025-06-30").opened;
    let elsewhere = HashSet::from([OrganizationId::new()]);
    let changes = screened(&elsewhere, vec![], known, day("2025-07-01"), day("2025-10-01"));
    assert!(changes.closed.is_empty());
}

#[test]
fn a_screening_of_an_earlier_day_closes_nothing_that_was_opened_later() {
    let branch = OrganizationId::new();
    let known = screen(branch, true, &[], "2025-06-30").opened;
    assert!(screen(branch, false, &known, "2025-06-29").closed.is_empty());
}

fn inspection(closed: Option<&str>, by: &str, confirmed: &str) -> Finding {
    let mut finding = screen(OrganizationId::new(), true, &[], "2025-03-01")
        .opened
        .remove(0);
    finding.origin = Origin::Inspection;
    finding.due_on = day("2025-06-01");
    finding.closed_on = closed.map(day);
    (finding.closed_by, finding.confirmed_by) = (by.into(), confirmed.into());
    finding.closing_evidence = closed.map(|_| "整改报告".into()).unwrap_or_default();
    finding
}

#[test]
fn closing_an_inspection_finding_needs_a_second_person() {
    assert_eq!(stands(&inspection(None, "", "")), Ok(()));
    assert_eq!(stands(&inspection(Some("2025-05-01"), "a", "b")), Ok(()));
    assert_eq!(
        stands(&inspection(Some("2025-05-01"), "a", "a")),
        Err(RatingError::ConfirmedBySamePerson)
    );
    assert_eq!(
        stands(&inspection(Some("2025-05-01"), "a", "")),
        Err(RatingError::SecondPersonMissing)
    );
    assert_eq!(
        stands(&inspection(None, "a", "b")),
        Err(RatingError::SecondPersonMissing)
    );
    assert_eq!(
        stands(&inspection(Some("2025-02-01"), "a", "b")),
        Err(RatingError::ClosedBeforeFound)
    );
    let unproved = Finding {
        closing_evidence: String::new(),
        ..inspection(Some("2025-05-01"), "a", "b")
    };
    assert_eq!(stands(&unproved), Err(RatingError::ClosingEvidenceMissing));
    let late = Finding {
        due_on: day("2025-02-28"),
        ..inspection(None, "", "")
    };
    assert_eq!(stands(&late), Err(RatingError::DueBeforeFound));
}

#[test]
fn a_deadline_lies_at_most_three_years_after_the_finding() {
    let due = |on: &str| Finding {
        due_on: day(on),
        ..inspection(None, "", "")
    };
    assert_eq!(stands(&due("2028-03-01")), Ok(()));
    assert_eq!(stands(&due("2028-03-02")), Err(RatingError::DueOutOfReach));
}

#[test]
fn a_finding_counts_as_closed_in_time_and_as_overdue_after_thirty_days() {
    let of = |closed| inspection(closed, "a", "b");
    let due = [
        of(Some("2025-06-01")),
        of(Some("2025-06-02")),
        of(Some("2025-07-02")),
        of(None),
    ];
    let Count::Applies {
        numerator,
        denominator,
        ..
    } = closed_in_time(&due)
    else {
        panic!("applies")
    };
    assert_eq!((numerator, denominator), (1, 4));
    let late = |as_of: &str| match overdue(&due, day(as_of)) {
        Count::Applies { numerator, .. } => numerator,
        Count::NotApplicable { .. } => panic!("always applies"),
    };
    assert_eq!(late("2025-07-01"), 0, "the thirtieth day is not over");
    assert_eq!(
        late("2025-07-02"),
        2,
        "closed on 2 July was open 30 days after 1 June"
    );
    assert_eq!(closed_in_time(&[]), Count::none("NO_FINDING_DUE"));
}

#[test]
fn closed_without_evidence_or_by_one_person_does_not_count_and_lateness_is_nobodys_finding() {
    let well = inspection(Some("2025-05-01"), "a", "b");
    let changed = |change: fn(&mut Finding)| {
        let mut one = well.clone();
        change(&mut one);
        one
    };
    let due = [
        well.clone(),
        changed(|one| one.closing_evidence.clear()),
        changed(|one| one.confirmed_by.clear()),
        changed(|one| one.confirmed_by.clone_from(&one.closed_by)),
        changed(|one| {
            one.origin = Origin::Screening;
            one.closed_by.clear();
            one.confirmed_by.clear();
        }),
        changed(|one| {
            one.origin = Origin::Procedure;
            one.closed_on = None;
        }),
    ];
    let Count::Applies {
        numerator,
        denominator,
        evidence,
    } = closed_in_time(&due)
    else {
        panic!("applies")
    };
    assert_eq!((numerator, denominator, evidence.len()), (2, 5, 5), "S-121");
    let late = overdue(&due, day("2026-01-15"));
    assert!(matches!(late, Count::Applies { numerator: 0, .. }), "{late:?}");
}

#[test]
fn lateness_is_found_and_closes_with_its_step() {
    let one = Lateness {
        branch: OrganizationId::new(),
        case: CaseId::new(),
        code: "DEBRIEF_LATE".into(),
        step: "debrief".into(),
        step_zh: "书记述职评议".into(),
        norm: "S-309".into(),
        due: day("2026-02-27"),
    };
    let open = late(&one, day("2026-02-28"), day("2026-05-28"));
    assert_eq!(
        (open.title.as_str(), open.rule.as_str()),
        ("书记述职评议逾期未办", "DEBRIEF_LATE")
    );
    assert!(is_about(&open, "debrief") && !is_about(&open, "resolve"));
    let closed = caught_up(open, day("2026-03-02"), 7);
    assert_eq!((closed.closed_on, closed.version), (Some(day("2026-03-02")), 2));
    assert_eq!(closed.closing_evidence, r#"{"entry":7}"#);
}

#[test]
fn every_origin_is_read_from_its_word() {
    for origin in [Origin::Screening, Origin::Inspection, Origin::Procedure] {
        assert_eq!(Origin::from_code(origin.code()), Some(origin));
    }
}
