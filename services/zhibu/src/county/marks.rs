//! What the superior committee says of a branch at the debrief review: marks under the five basics, each with
//! its reason, and the ballots of the committee's members (S-306, S-111).

use super::{
    County, day,
    dice::{Dice, Stage},
    plan::Plan,
};

/// The five headings, in order: 基本组织, 基本队伍, 基本制度, 基本活动, 基本保障 (codes of the axis `five`).
pub const HEADINGS: [&str; 5] = ["organization", "people", "system", "activity", "support"];

/// One branch's review by its superior committee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// Which branch.
    pub branch: usize,
    /// The committee that reviews it.
    pub committee: usize,
    /// A mark from 0 to 100 under each of [`HEADINGS`], with its reason.
    pub superior: [(u8, &'static str); 5],
    /// Valid ballots of the committee's members: good, fairly good, fair, poor.
    pub ballots: [u16; 4],
}

/// Gives every branch that is rated its review: those with one full quarter in the year.
pub(super) fn give(county: &mut County, plans: &[Plan], seed: u64) {
    let mut dice = Dice::new(seed, Stage::Marks);
    let latest = day(county.year, 10, 1);
    for plan in plans {
        let rated = county.organizations[plan.branch].founded <= latest;
        let superior = county.superior(plan.branch);
        if let (true, Some(committee)) = (rated, superior) {
            let marks = one(&mut dice, plan, committee);
            county.marks.push(marks);
        }
    }
}

fn one(dice: &mut Dice, plan: &Plan, committee: usize) -> Marks {
    let level = i64::from(plan.keep / 10) - 4 * i64::try_from(plan.faults.len()).unwrap_or(0);
    let mut superior = [(0, ""); 5];
    for mark in &mut superior {
        let points = (level - dice.between(0, 7)).clamp(30, 100);
        *mark = (u8::try_from(points).unwrap_or(60), reason(points));
    }
    let mut ballots = [0; 4];
    for _ in 0..dice.between(7, 11) {
        let seen = level + dice.between(-8, 6);
        let grade = match seen {
            91.. => 0,
            80..91 => 1,
            62..80 => 2,
            _ => 3,
        };
        ballots[grade] += 1;
    }
    Marks {
        branch: plan.branch,
        committee,
        superior,
        ballots,
    }
}

fn reason(points: i64) -> &'static str {
    match points {
        90.. => "制度落实到位，台账与事实一致",
        80..90 => "总体规范，个别环节需加强",
        70..80 => "基本达标，落实不够均衡",
        _ => "存在明显短板，须限期整改",
    }
}
