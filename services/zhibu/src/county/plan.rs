//! What each branch is meant to be like before its facts are made: how reliable, how large, and which
//! defects are put into it.

use std::collections::BTreeMap;

use kernel::{Domain, organization::OrganizationKind};

use super::{
    County,
    defects::{Defect, DefectKind},
    dice::{Dice, Stage},
};

/// The intention for one branch that has members.
#[derive(Debug)]
pub(super) struct Plan {
    /// Its place among the organizations.
    pub(super) branch: usize,
    pub(super) domain: Domain,
    /// How many of 1 000 duties it keeps.
    pub(super) keep: u32,
    /// Full members at the year's end, those who turned full in the year included.
    pub(super) full: usize,
    /// How many of them turned full in the year.
    pub(super) turning: usize,
    /// Admitted in the year, still probationary at its end.
    pub(super) admitted: usize,
    /// What is wrong with it on purpose.
    pub(super) faults: Vec<Fault>,
}

/// One cause put into a branch. Each implies at least one kind of defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    FewMembers,
    /// No secretary for so many months and some days more.
    NoSecretary(i32),
    /// Two quarters without organizational life.
    Silent,
    UnitGone,
    Oversized,
    NoCommittee,
    /// So many months since the term ended; true: an approved extension ended then.
    Overdue(i32, bool),
    /// Some month without theme day, or some quarter without assembly.
    Missed,
}

impl Fault {
    fn implies(self) -> &'static [DefectKind] {
        use DefectKind as Kind;
        match self {
            Self::FewMembers => &[Kind::HollowMembers],
            Self::NoSecretary(months) if months >= 6 => &[Kind::HollowSecretary, Kind::SecretaryVacant],
            Self::NoSecretary(_) => &[Kind::SecretaryVacant],
            Self::Silent => &[Kind::HollowSilent, Kind::MeetingsMissed],
            Self::UnitGone => &[Kind::HollowUnit],
            Self::Oversized => &[Kind::Oversized],
            Self::NoCommittee => &[Kind::CommitteeMissing],
            Self::Overdue(..) => &[Kind::ElectionOverdue],
            Self::Missed => &[Kind::MeetingsMissed],
        }
    }
}

impl Plan {
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    pub(super) fn overdue(&self) -> Option<(i32, bool)> {
        self.faults.iter().find_map(|fault| match fault {
            Fault::Overdue(months, extended) => Some((*months, *extended)),
            _ => None,
        })
    }

    /// Months for which the post of secretary has been empty.
    pub(super) fn vacant(&self) -> Option<i32> {
        self.faults.iter().find_map(|fault| match fault {
            Fault::NoSecretary(months) => Some(*months),
            _ => None,
        })
    }

    /// How many of 1 000 duties it leaves undone.
    pub(super) fn fail(&self) -> u32 {
        1000 - self.keep
    }
}

/// Every kind that the faults of the plans imply, in the order of branches and kinds.
pub(super) fn implied(plans: &[Plan]) -> Vec<Defect> {
    let of = |plan: &Plan| -> Vec<Defect> {
        let kinds = plan.faults.iter().flat_map(|fault| fault.implies());
        kinds
            .map(|kind| Defect {
                branch: plan.branch,
                kind: *kind,
            })
            .collect()
    };
    let mut all: Vec<Defect> = plans.iter().flat_map(of).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Plans every branch that has members, and chooses where the defects go. Units that lose their registration
/// are marked here.
pub(super) fn draw(county: &mut County, seed: u64) -> Vec<Plan> {
    let mut dice = Dice::new(seed, Stage::Plan);
    let mut plans = Vec::new();
    for (branch, organization) in county.organizations.iter().enumerate() {
        if let Some(domain) = organization.domain.filter(|_| organization.kind.is_rated()) {
            let keep = standing(&mut dice);
            plans.push(Plan {
                branch,
                domain,
                keep,
                full: 0,
                turning: 0,
                admitted: 0,
                faults: Vec::new(),
            });
        }
    }
    inject(county, &mut plans, &mut dice);
    for plan in &mut plans {
        let town = county.organizations[plan.branch].division_code.len() == 9;
        size(plan, town, &mut dice);
    }
    plans
}

/// Strong, good, fair, weak and poor branches.
fn standing(dice: &mut Dice) -> u32 {
    const RANGES: [(i64, i64); 5] = [(970, 1000), (925, 970), (862, 925), (720, 850), (430, 680)];
    let (low, high) = RANGES[dice.weighted(&[270, 330, 240, 105, 55])];
    u32::try_from(dice.between(low, high)).unwrap_or(1000)
}

/// Puts each cause into a few branches that have nothing else wrong, and missed meetings into every weak one.
fn inject(county: &mut County, plans: &mut [Plan], dice: &mut Dice) {
    let old = super::day(county.year - 8, 1, 1);
    let ordinary = |plan: &Plan| {
        let branch = &county.organizations[plan.branch];
        branch.founded < old && branch.kind == OrganizationKind::Branch
    };
    let mut free: Vec<usize> = (0..plans.len()).filter(|at| ordinary(&plans[*at])).collect();
    dice.shuffle(&mut free);
    let hosted = hosted(county);
    for (fault, more) in causes((plans.len() / 120).max(1)) {
        let fits = |plan: &Plan| match fault {
            Fault::UnitGone => stands_alone(county, plan, &hosted),
            Fault::Oversized | Fault::NoCommittee => !matches!(plan.domain, Domain::Private | Domain::Social),
            _ => true,
        };
        if let Some(at) = free.iter().position(|at| fits(&plans[*at])) {
            let faults = &mut plans[free.remove(at)].faults;
            faults.push(fault);
            faults.extend(more);
        }
    }
    for plan in plans
        .iter_mut()
        .filter(|plan| plan.keep < 860 && !plan.has(Fault::Silent))
    {
        if county.organizations[plan.branch].founded >= old {
            plan.keep = 900;
        } else if !plan.has(Fault::Missed) {
            plan.faults.push(Fault::Missed);
        }
    }
    let closed = super::day(county.year, 9, 30);
    for plan in plans.iter().filter(|plan| plan.has(Fault::UnitGone)) {
        if let Some(unit) = county.organizations[plan.branch].units.first() {
            county.units[*unit].deregistered_on = Some(closed);
        }
    }
}

/// Each cause as often as there are rounds, the rarest choice of branch first, and one branch with two.
fn causes(rounds: usize) -> Vec<(Fault, Option<Fault>)> {
    let round = |nth: usize| {
        [
            Fault::UnitGone,
            Fault::FewMembers,
            Fault::Oversized,
            Fault::NoCommittee,
            Fault::NoSecretary([7, 9, 12][nth % 3]),
            Fault::NoSecretary([4, 5][nth % 2]),
            Fault::Silent,
            Fault::Overdue([2, 5, 14][nth % 3], nth % 4 == 1),
            Fault::Missed,
        ]
    };
    let single = (0..rounds).flat_map(round).map(|fault| (fault, None));
    single
        .chain([(Fault::Silent, Some(Fault::NoSecretary(8)))])
        .collect()
}

/// How many branches each unit hosts as their main one.
fn hosted(county: &County) -> BTreeMap<usize, usize> {
    let mut hosted = BTreeMap::new();
    for unit in county.branches().filter_map(|(_, branch)| branch.units.first()) {
        *hosted.entry(*unit).or_default() += 1;
    }
    hosted
}

/// Whether the branch's unit can lose its registration without touching another branch.
fn stands_alone(county: &County, plan: &Plan, hosted: &BTreeMap<usize, usize>) -> bool {
    use Domain::{Institution, Private, School, Social, Soe};
    let units = &county.organizations[plan.branch].units;
    matches!(plan.domain, Institution | Private | School | Social | Soe)
        && units.first().is_some_and(|unit| hosted.get(unit) == Some(&1))
}

fn size(plan: &mut Plan, town: bool, dice: &mut Dice) {
    let (low, high) = match plan.domain {
        Domain::Rural => (14, 46),
        Domain::Community => (18, 48),
        Domain::Organ if town => (18, 30),
        Domain::Organ => (7, 28),
        Domain::Institution => (4, 28),
        Domain::School => (6, 32),
        Domain::Soe => (4, 34),
        Domain::Private => (3, 14),
        Domain::Social => (3, 11),
        Domain::Retired => (10, 44),
    };
    let drawn = (dice.between(low, high) + dice.between(low, high)) / 2;
    let full = if plan.has(Fault::FewMembers) {
        dice.between(1, 2)
    } else if plan.has(Fault::Oversized) {
        dice.between(51, 58)
    } else if plan.has(Fault::NoCommittee) {
        drawn.max(9)
    } else {
        drawn
    };
    plan.full = usize::try_from(full).unwrap_or(3);
    if (10..=46).contains(&plan.full) && plan.domain != Domain::Retired && dice.chance(plan.keep / 3) {
        plan.turning = dice.below(3);
        plan.admitted = dice.below(3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(branch: usize, faults: Vec<Fault>) -> Plan {
        Plan {
            branch,
            domain: Domain::Rural,
            keep: 900,
            full: 9,
            turning: 0,
            admitted: 0,
            faults,
        }
    }

    #[test]
    fn a_fault_lists_every_kind_that_it_implies_once() {
        use DefectKind as Kind;
        let plans = [
            plan(4, vec![Fault::NoSecretary(8), Fault::Silent, Fault::Missed]),
            plan(2, vec![Fault::NoSecretary(4)]),
        ];
        let found: Vec<_> = implied(&plans)
            .into_iter()
            .map(|defect| (defect.branch, defect.kind))
            .collect();
        let wanted = [
            (2, Kind::SecretaryVacant),
            (4, Kind::HollowSecretary),
            (4, Kind::HollowSilent),
            (4, Kind::SecretaryVacant),
            (4, Kind::MeetingsMissed),
        ];
        assert_eq!(found, wanted);
    }
}
