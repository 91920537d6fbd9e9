//! Dated records of set-up and guarantees: what each says, and what it must satisfy to be taken over.

use std::collections::BTreeMap;

use chrono::Datelike;
use kernel::{Day, Domain, Fen, day::add_months};
use serde::{Deserialize, Serialize};

use super::{
    branch::Span,
    guarantee::{has_many_holders, slot_kinds},
};
use crate::error::OrganizationError;

/// Months of the longest term: five years in villages and communities.
const LONGEST_TERM: i32 = 60;
/// Months of the longest extension of a term.
const LONGEST_EXTENSION: i32 = 12;

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// A host unit (S-101).
    Unit {
        /// Its name.
        name: String,
        /// Unified social credit code; empty when none (N-07: a failing check digit is no reason to refuse).
        credit_code: String,
        /// Carrier class.
        carrier: String,
        /// First day on which it is covered.
        from: Day,
        /// Last day.
        until: Option<Day>,
        /// Day of its deregistration.
        deregistered_on: Option<Day>,
    },
    /// A term.
    Term {
        /// First day.
        from: Day,
        /// Last day by the norm.
        until: Day,
        /// Last day of an approved extension.
        extended_until: Option<Day>,
        /// Whether a committee was elected.
        committee: bool,
        /// Id of the election; empty when none is on record.
        #[serde(default)]
        election: String,
        /// Reference of the approval of the extension; empty without one.
        #[serde(default)]
        approval: String,
    },
    /// The superior requires an instructor (S-104).
    InstructorRequirement {
        /// First day.
        from: Day,
        /// Last day.
        until: Option<Day>,
        /// Reference of the decision.
        reference: String,
    },
    /// An approved exemption from a set-up rule (S-105, S-106).
    SetupExemption {
        /// The norm of the rule.
        rule: String,
        /// First day.
        from: Day,
        /// Last day.
        until: Day,
        /// Reference of the approval.
        approval: String,
        /// Why.
        reason: String,
    },
    /// A site (S-404).
    Site {
        /// Its name.
        name: String,
        /// Words of the code table.
        functions: Vec<String>,
        /// First day.
        from: Day,
        /// Last day.
        until: Option<Day>,
        /// Reference of a sharing agreement.
        shared_under: String,
    },
    /// A fund line's standard of a year (S-402).
    FundLine {
        /// The line.
        line: String,
        /// The year.
        year: i32,
        /// The standard.
        standard: Fen,
    },
    /// A movement of a fund line.
    FundMovement {
        /// The line.
        line: String,
        /// The day.
        on: Day,
        /// Allotted above zero, spent below.
        amount: Fen,
        /// What for.
        purpose: String,
        /// Voucher.
        voucher: String,
    },
    /// A governance slot (S-108, S-109).
    Slot {
        /// Kind of slot.
        slot: String,
        /// The body that holds it.
        body: String,
        /// The head, a person.
        head: Option<String>,
        /// First day.
        from: Day,
        /// Last day.
        until: Option<Day>,
        /// Why the body is not yet formed; empty otherwise.
        not_formed_reason: String,
    },
}

impl Body {
    /// The word under which it is kept.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unit { .. } => "unit",
            Self::Term { .. } => "term",
            Self::Site { .. } => "site",
            Self::FundLine { .. } => "fund_line",
            Self::FundMovement { .. } => "fund_movement",
            Self::Slot { .. } => "slot",
            Self::InstructorRequirement { .. } => "instructor_requirement",
            Self::SetupExemption { .. } => "setup_exemption",
        }
    }

    /// Whether what it may say depends on the other records of its organization.
    #[must_use]
    pub fn looks_at_others(&self) -> bool {
        matches!(
            self,
            Self::FundLine { .. } | Self::FundMovement { .. } | Self::Slot { .. }
        )
    }

    /// Whether it tells of a day after today as if it had come: what is decided ahead, a requirement or an exemption, may
    /// begin later, and every span may end later.
    fn is_ahead(&self, today: Day) -> bool {
        match self {
            Self::Unit {
                from,
                deregistered_on,
                ..
            } => *from > today || deregistered_on.is_some_and(|day| day > today),
            Self::Term { from, .. } | Self::Site { from, .. } | Self::Slot { from, .. } => *from > today,
            Self::FundMovement { on, .. } => *on > today,
            Self::FundLine { .. } | Self::InstructorRequirement { .. } | Self::SetupExemption { .. } => false,
        }
    }

    /// What must hold whatever else is known.
    pub fn check(&self, domain: Option<Domain>, today: Day) -> Result<(), OrganizationError> {
        let ordered = |from: &Day, until: &Option<Day>| until.is_none_or(|last| *from <= last);
        let sound = match self {
            Self::Unit { from, until, .. } | Self::Site { from, until, .. } => ordered(from, until),
            Self::Term {
                from,
                until,
                extended_until,
                ..
            } => from <= until && extended_until.is_none_or(|extended| *until <= extended),
            Self::Slot { from, until, .. } | Self::InstructorRequirement { from, until, .. } => {
                ordered(from, until)
            }
            Self::SetupExemption { from, until, .. } => from <= until,
            Self::FundLine { .. } | Self::FundMovement { .. } => true,
        };
        if !sound {
            return Err(OrganizationError::EndBeforeStart);
        }
        if matches!(self, Self::Term { from, until, .. } if *until > add_months(*from, LONGEST_TERM)) {
            return Err(OrganizationError::TermTooLong);
        }
        if let Self::Term {
            until,
            extended_until: Some(extended),
            approval,
            ..
        } = self
        {
            refuse(approval.is_empty(), OrganizationError::ExtensionNotApproved)?;
            let longest = add_months(*until, LONGEST_EXTENSION);
            refuse(*extended > longest, OrganizationError::ExtensionTooLong)?;
        }
        refuse(self.is_ahead(today), OrganizationError::DayInFuture)?;
        refuse(
            matches!(self, Self::FundLine { year, .. } if *year > today.year() + 1),
            OrganizationError::YearOutOfReach,
        )?;
        refuse(
            matches!(self, Self::FundMovement { amount, .. } if *amount == Fen(0)),
            OrganizationError::AmountZero,
        )?;
        match (self, domain) {
            // A general branch that leads an area has slots too and no domain of its own.
            (Self::Slot { slot, .. }, Some(domain)) if !slot_kinds(domain).contains(&slot.as_str()) => {
                Err(OrganizationError::SlotNotOfDomain)
            }
            _ => Ok(()),
        }
    }
}

/// Whether a record may stand beside the others of its organization: a line has one standard a year, a slot one holder
/// at a time where it is not of many, and no balance falls below zero.
pub fn may_join<'a>(
    new: &'a Body,
    others: impl Iterator<Item = &'a Body> + Clone,
) -> Result<(), OrganizationError> {
    match new {
        Body::FundLine { line, year, .. } => {
            let same = |other: &Body| matches!(other, Body::FundLine { line: l, year: y, .. } if l == line && y == year);
            refuse(others.clone().any(same), OrganizationError::StandardSetTwice)
        }
        Body::FundMovement { .. } => refuse(!solvent(others.chain([new])), OrganizationError::FundOverdrawn),
        Body::Slot { .. } => refuse(
            others.clone().any(|other| vie(new, other)),
            OrganizationError::SlotHeldTwice,
        ),
        _ => Ok(()),
    }
}

fn refuse(broken: bool, error: OrganizationError) -> Result<(), OrganizationError> {
    if broken { Err(error) } else { Ok(()) }
}

/// Whether two bodies would hold one slot on some day.
fn vie(one: &Body, other: &Body) -> bool {
    let holder = |body: &Body| match body {
        Body::Slot {
            slot,
            from,
            until,
            not_formed_reason,
            ..
        } if not_formed_reason.is_empty() && !has_many_holders(slot) => Some((
            slot.clone(),
            Span {
                from: *from,
                until: *until,
            },
        )),
        _ => None,
    };
    matches!((holder(one), holder(other)), (Some((a, on)), Some((b, then))) if a == b && on.meets(then))
}

/// Whether a line's balance never falls below zero: movements by day, what comes in before what goes out.
#[must_use]
pub fn solvent<'a>(bodies: impl IntoIterator<Item = &'a Body>) -> bool {
    let mut lines: BTreeMap<&str, Vec<(Day, i64)>> = BTreeMap::new();
    for body in bodies {
        if let Body::FundMovement { line, on, amount, .. } = body {
            lines.entry(line).or_default().push((*on, amount.0));
        }
    }
    lines.values_mut().all(|movements| {
        movements.sort_by_key(|(on, amount)| (*on, std::cmp::Reverse(*amount)));
        let mut balance = 0i64;
        movements.iter().all(|(_, amount)| {
            balance = balance.saturating_add(*amount);
            balance >= 0
        })
    })
}

#[cfg(test)]
mod tests {
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
}
