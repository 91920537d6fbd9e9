//! A year of organizational life, and what is done for it early in the next year.

use std::collections::BTreeMap;

use kernel::Day;

use super::{
    County, PersonIx, day,
    dice::{Dice, Stage},
    plan::Plan,
    posts::PostKind,
};

mod round;

/// Duties that a meeting fulfils; one session may fulfil several (trap 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Duty {
    /// 党员大会
    Assembly,
    /// 支委会
    Committee,
    /// 党小组会
    Group,
    /// 党课
    Lecture,
    /// 主题党日
    Theme,
    /// 组织生活会
    Life,
    /// 民主评议党员
    Review,
    /// 书记向党员大会述职，带测评
    Debrief,
}

/// One meeting of a branch or of one of its groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Whose.
    pub branch: usize,
    /// The party group, for a meeting with the duty [`Duty::Group`].
    pub group: Option<usize>,
    /// The day.
    pub held_on: Day,
    /// The year for which it counts.
    pub counts_for: i32,
    /// What it fulfils, named by the organizer, without repetition.
    pub duties: Vec<Duty>,
    /// Whether an agenda item of theory study was on it.
    pub study: bool,
    /// 应到: members of the circle (branch, committee, group) on the day who are not exempt.
    pub expected: u16,
    /// Who came, exempt members who came all the same included.
    pub present: Vec<PersonIx>,
    /// Who was excused, of those expected.
    pub on_leave: Vec<PersonIx>,
    /// Who gave the lecture, where it was a member.
    pub lecturer: Option<PersonIx>,
    /// False where too few came on purpose: none of its duties counts.
    pub counts: bool,
    /// The day on which its record was complete, never after the freeze and, for a meeting of the year, never
    /// after its last day.
    pub recorded_on: Day,
}

/// The branches that one superior committee hears on a day, with an assessment: every rated one,
/// since none can be reviewed without it (S-309).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuperiorDebrief {
    /// The committee.
    pub committee: usize,
    /// The day.
    pub held_on: Day,
    /// Each branch with its secretary, or with a member who speaks while there is none.
    pub debriefed: Vec<(usize, PersonIx)>,
}

/// Holds all meetings.
pub(super) fn hold(county: &mut County, plans: &[Plan], seed: u64) {
    let mut chronicle = Chronicle {
        county,
        dice: Dice::new(seed, Stage::Meetings),
        year: county.year,
        meetings: Vec::new(),
    };
    for plan in plans {
        round::Branch::new(&mut chronicle, plan).hold();
    }
    let debriefs = chronicle.superior_debriefs(plans);
    let mut meetings = chronicle.meetings;
    meetings.sort_by_key(|meeting| (meeting.held_on, meeting.branch, meeting.group));
    county.meetings = meetings;
    county.superior_debriefs = debriefs;
}

struct Chronicle<'a> {
    county: &'a County,
    dice: Dice,
    year: i32,
    meetings: Vec<Meeting>,
}

impl Chronicle<'_> {
    fn secretary(&self, branch: usize, on: Day) -> Option<PersonIx> {
        let posts = self.county.posts_of(branch);
        posts
            .iter()
            .find(|post| post.kind == PostKind::Secretary && post.held(on))
            .map(|post| post.person)
    }

    fn superior_debriefs(&self, plans: &[Plan]) -> Vec<SuperiorDebrief> {
        let mut by_committee: BTreeMap<usize, Vec<(usize, PersonIx)>> = BTreeMap::new();
        let held_on = day(self.year + 1, 1, 12);
        let rated = |plan: &&Plan| self.county.organizations[plan.branch].founded <= day(self.year, 10, 1);
        for plan in plans.iter().filter(rated) {
            let members = self
                .county
                .members(plan.branch)
                .iter()
                .map(|member| member.person);
            let speaker = self
                .secretary(plan.branch, held_on)
                .into_iter()
                .chain(members)
                .next();
            if let (Some(committee), Some(speaker)) = (self.county.superior(plan.branch), speaker) {
                by_committee
                    .entry(committee)
                    .or_default()
                    .push((plan.branch, speaker));
            }
        }
        let debrief = |(committee, debriefed)| SuperiorDebrief {
            committee,
            held_on,
            debriefed,
        };
        by_committee.into_iter().map(debrief).collect()
    }
}
