use super::*;

fn day(text: &str) -> Day {
    text.parse().expect("day")
}

fn today() -> Day {
    day("2025-06-01")
}

fn movement(on: &str, amount: i64) -> Body {
    let (line, purpose, voucher) = ("activity".to_owned(), String::new(), String::new());
    Body::FundMovement {
        line,
        on: day(on),
        amount: Fen(amount),
        purpose,
        voucher,
    }
}

#[test]
fn a_balance_never_falls_below_zero_at_the_end_of_a_day() {
    assert!(
        solvent(&[movement("2025-01-02", -10), movement("2025-01-02", 10)]),
        "S-402"
    );
    assert!(!solvent(&[
        movement("2025-01-02", 10),
        movement("2025-01-01", -10)
    ]));
    assert!(!solvent(&[
        movement("2025-01-02", 10),
        movement("2025-01-03", -11)
    ]));
}

#[test]
fn a_village_has_no_owners_committee() {
    let slot = |slot: &str| Body::Slot {
        slot: slot.into(),
        body: "b".into(),
        head: None,
        from: day("2020-01-01"),
        until: None,
        not_formed_reason: String::new(),
    };
    assert_eq!(
        slot("owners").check(Some(Domain::Rural), today()),
        Err(OrganizationError::SlotNotOfDomain)
    );
    assert_eq!(slot("owners").check(Some(Domain::Community), today()), Ok(()));
    assert_eq!(
        slot("owners").check(Some(Domain::School), today()),
        Err(OrganizationError::SlotNotOfDomain)
    );
}

#[test]
fn a_slot_has_one_holder_at_a_time_and_doors_have_many() {
    let slot = |slot: &str, from: &str, until: Option<&str>, reason: &str| Body::Slot {
        slot: slot.into(),
        body: "b".into(),
        head: None,
        from: day(from),
        until: until.map(day),
        not_formed_reason: reason.into(),
    };
    let first = slot("committee", "2020-01-01", Some("2024-12-31"), "");
    let join = |new: &Body| may_join(new, [&first].into_iter());
    assert_eq!(
        join(&slot("committee", "2024-12-31", None, "")),
        Err(OrganizationError::SlotHeldTwice),
        "S-108"
    );
    assert_eq!(join(&slot("committee", "2025-01-01", None, "")), Ok(()));
    assert_eq!(join(&slot("party", "2020-01-01", None, "")), Ok(()));
    let doors = slot("doors", "2020-01-01", None, "");
    assert_eq!(may_join(&doors, [&doors.clone()].into_iter()), Ok(()), "S-109");
    let (unformed, formed) = (
        slot("owners", "2020-01-01", None, "户数不足"),
        slot("owners", "2024-01-01", None, ""),
    );
    assert_eq!(may_join(&formed, [&unformed].into_iter()), Ok(()));
}

#[test]
fn a_line_has_one_standard_a_year() {
    let standard = |line: &str, year| Body::FundLine {
        line: line.into(),
        year,
        standard: Fen(1),
    };
    let there = standard("activity", 2025);
    let join = |new: &Body| may_join(new, [&there].into_iter());
    assert_eq!(
        join(&standard("activity", 2025)),
        Err(OrganizationError::StandardSetTwice)
    );
    assert_eq!(join(&standard("activity", 2026)), Ok(()));
    assert_eq!(join(&standard("service", 2025)), Ok(()));
}

#[test]
fn a_term_is_five_years_at_most() {
    let term = |until: &str| Body::Term {
        from: day("2021-03-01"),
        until: day(until),
        extended_until: None,
        committee: true,
        election: String::new(),
        approval: String::new(),
    };
    assert_eq!(term("2026-02-28").check(None, today()), Ok(()));
    assert_eq!(
        term("2026-03-01").check(None, today()),
        Ok(()),
        "counted to the same day"
    );
    assert_eq!(
        term("2026-03-02").check(None, today()),
        Err(OrganizationError::TermTooLong),
        "R-121"
    );
}

#[test]
fn an_extension_is_a_year_at_most_r_122() {
    let extended = |until: &str| {
        let term = Body::Term {
            from: day("2020-06-01"),
            until: day("2025-05-31"),
            extended_until: Some(day(until)),
            committee: true,
            election: String::new(),
            approval: "批复1号".into(),
        };
        term.check(None, today())
    };
    assert_eq!(extended("2026-05-31"), Ok(()));
    assert_eq!(extended("2026-06-01"), Err(OrganizationError::ExtensionTooLong));
}

#[test]
fn what_is_told_has_come_and_what_is_decided_may_begin_later() {
    let unit = |from: &str, gone: &str| Body::Unit {
        name: "甲村".into(),
        credit_code: String::new(),
        carrier: "village".into(),
        from: day(from),
        until: None,
        deregistered_on: Some(day(gone)),
    };
    let site = |from: &str| Body::Site {
        name: "甲村活动室".into(),
        functions: Vec::new(),
        from: day(from),
        until: Some(day("2030-01-01")),
        shared_under: String::new(),
    };
    let ahead = Err(OrganizationError::DayInFuture);
    assert_eq!(unit("2025-06-01", "2025-06-01").check(None, today()), Ok(()));
    assert_eq!(unit("2025-06-02", "2025-06-02").check(None, today()), ahead);
    assert_eq!(unit("2020-01-01", "2025-06-02").check(None, today()), ahead);
    assert_eq!(site("2025-06-01").check(None, today()), Ok(()));
    assert_eq!(site("2025-06-02").check(None, today()), ahead);
    assert_eq!(movement("2025-06-02", 1).check(None, today()), ahead);
    let exemption = Body::SetupExemption {
        rule: "R-102".into(),
        from: day("2025-07-01"),
        until: day("2026-06-30"),
        approval: "批复2号".into(),
        reason: "在建".into(),
    };
    assert_eq!(exemption.check(None, today()), Ok(()));
}

#[test]
fn a_movement_moves_something_and_a_standard_is_of_a_year_in_reach() {
    assert_eq!(
        movement("2025-06-01", 0).check(None, today()),
        Err(OrganizationError::AmountZero)
    );
    let standard = |year| {
        let line = Body::FundLine {
            line: "activity".into(),
            year,
            standard: Fen(1),
        };
        line.check(None, today())
    };
    assert_eq!(standard(2026), Ok(()));
    assert_eq!(standard(2027), Err(OrganizationError::YearOutOfReach));
}

#[test]
fn a_body_reads_back_as_it_was_written() {
    let body = movement("2025-01-02", -10);
    let text = serde_json::to_string(&body).expect("text");
    assert_eq!(serde_json::from_str::<Body>(&text).expect("body"), body);
}
