//! What is owed.

use kernel::{Day, Period, id::OrganizationId};
use proto::activity::v1::{BranchOwed, DutyOwed};

use super::{count, duty_number};
use crate::domain::{
    duty::Duty,
    norm::Norms,
    owed::{self, Branch, Owed, Silence},
};

/// What a branch owes in what of the period is over, if anything is: of a month, quarter or year that is still running
/// nothing is due yet.
#[must_use]
pub fn branch(id: OrganizationId, branch: &Branch, past: Option<Period>, today: Day) -> BranchOwed {
    let owed = past.map_or_else(
        || Duty::ALL.iter().copied().map(Owed::nothing).collect(),
        |past| owed::all(Norms::shipped(), branch, past, today),
    );
    let silence = past.map_or_else(Silence::default, |past| owed::silence(branch, past, today));
    BranchOwed {
        branch_id: id.to_string(),
        duties: owed.iter().map(duty).collect(),
        silent_quarters: count(silence.longest.len()),
        full_quarters: silence.quarters,
    }
}

fn duty(owed: &Owed<'_>) -> DutyOwed {
    let missed = owed.slots.iter().filter(|slot| slot.met.is_none());
    DutyOwed {
        duty: duty_number(owed.duty),
        expected: count(owed.slots.len()),
        held: count(owed.held().count()),
        applicable: !owed.slots.is_empty(),
        missed: missed.map(|slot| slot.first.to_string()).collect(),
        norm: owed.norm.map(|norm| norm.name.clone()).unwrap_or_default(),
    }
}
