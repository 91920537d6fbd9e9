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
mod tests;
