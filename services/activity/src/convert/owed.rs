//! What is owed.

use kernel::{Day, Period, id::OrganizationId};
use proto::activity::v1::{BranchOwed, DutyOwed};

use super::{count, duty_number};
use crate::domain::{
    norm::Norms,
    owed::{self, Branch, Owed},
};

/// What a branch owes in a period, as known on the freeze day.
#[must_use]
pub fn branch(id: OrganizationId, branch: &Branch, period: Period, freeze: Day) -> BranchOwed {
    let silence = owed::silence(branch, period, freeze);
    BranchOwed {
        branch_id: id.to_string(),
        duties: owed::all(Norms::shipped(), branch, period, freeze)
            .iter()
            .map(duty)
            .collect(),
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
