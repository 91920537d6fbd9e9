//! What meetings decide and what is asked of a branch: reviews, resolutions, tasks, goals, tickets, findings.

use std::collections::BTreeMap;

use kernel::{Day, Domain, Role, day::add_days};

use super::{
    County, PersonIx, day,
    dice::{Dice, Stage},
    meetings::Duty,
    people::Membership,
    plan::{Fault, Plan},
    roles::Grant,
};

/// The counts of one democratic review: only full members are graded, and no person's grade is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The meeting.
    pub meeting: usize,
    /// The branch.
    pub branch: usize,
    /// Full members on the day, those left out by a dated decision (long illness) not counted.
    pub eligible: u32,
    /// 优秀, 合格, 基本合格, 不合格; the first at most a third of the members.
    pub grades: [u32; 4],
    /// Full members who were left out, each by a decision.
    pub left_out: u32,
}

/// A resolution of an assembly that has to be carried out by a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The assembly.
    pub meeting: usize,
    /// The branch.
    pub branch: usize,
    /// What was resolved.
    pub title: &'static str,
    /// To be carried out by.
    pub due: Day,
    /// Carried out on, with the record that shows it.
    pub done_on: Option<Day>,
}

/// A task of a superior's programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// For which branch.
    pub branch: usize,
    /// Of which programme.
    pub programme: &'static str,
    /// Addressed to the branch on.
    pub raised_on: Day,
    /// Due on.
    pub due: Day,
    /// Completed on, with the record that shows it.
    pub done_on: Option<Day>,
}

/// A goal of the confirmed yearly plan; a branch without any has no confirmed plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Whose.
    pub branch: usize,
    /// What.
    pub title: &'static str,
    /// The day on which the superior confirmed the plan.
    pub confirmed_on: Day,
    /// To be reached by.
    pub due: Day,
    /// Reached on, as confirmed by the superior.
    pub reached_on: Option<Day>,
}

/// A problem ticket; its contents are never kept here (N-25).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Assigned to.
    pub branch: usize,
    /// Raised on.
    pub raised_on: Day,
    /// To be closed by.
    pub due: Day,
    /// Closed on.
    pub closed_on: Option<Day>,
    /// Whether whoever raised it, or the superior, confirmed the closing.
    pub confirmed: bool,
}

/// A finding on a branch, of an inspection or an audit (S-121).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// On which branch.
    pub branch: usize,
    /// What was found.
    pub title: &'static str,
    /// Opened on.
    pub opened_on: Day,
    /// To be closed by.
    pub due: Day,
    /// When it was closed with evidence, by whom, and who confirmed it: another person.
    pub closed: Option<Closing>,
}

/// How a finding was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// The day.
    pub on: Day,
    /// A holder of a post in the branch.
    pub by: PersonIx,
    /// A clerk of the superior committee.
    pub confirmed_by: PersonIx,
}

/// A rectification case that was opened for a criterion of R-504 and is open at the year's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rectification {
    /// Of which branch.
    pub branch: usize,
    /// A code of the criteria list of the procedure.
    pub criterion: &'static str,
    /// Nominated and listed on.
    pub listed_on: Day,
}

const FINDINGS: [&str; 5] = [
    "巡察：组织生活记录不规范",
    "巡察：党员教育管理台账缺项",
    "审计：经费使用手续不全",
    "巡察：问题整改清单未销号",
    "审计：党费上缴不及时",
];
const RESOLUTIONS: [&str; 6] = [
    "制定年度党建工作计划",
    "党员活动室改造",
    "为民办实事清单",
    "党费使用安排",
    "志愿服务队组建",
    "困难党员帮扶安排",
];
const PROGRAMMES: [&str; 6] = [
    "党支部标准化规范化提升行动",
    "基层治理年",
    "乡村振兴示范行动",
    "优化营商环境突破年",
    "文明创建攻坚行动",
    "安全生产专项整治",
];
const GOALS: [&str; 6] = [
    "完成年度核心业务指标",
    "群众满意度提升",
    "重点项目按期投用",
    "服务对象办件提速",
    "绿色低碳改造",
    "人才培养计划",
];

/// Makes all records of the year.
pub(super) fn keep(county: &mut County, plans: &[Plan], seed: u64) {
    let mut clerk = Clerk {
        year: county.year,
        dice: Dice::new(seed, Stage::Records),
    };
    let keep: BTreeMap<usize, u32> = plans.iter().map(|plan| (plan.branch, plan.keep)).collect();
    for at in 0..county.meetings.len() {
        let keep = keep.get(&county.meetings[at].branch).copied().unwrap_or(1000);
        clerk.of_meeting(county, at, keep);
    }
    for plan in plans {
        let founded = county.organizations[plan.branch].founded;
        clerk.tasks(county, plan, founded);
        clerk.goals(county, plan, founded);
        clerk.tickets(county, plan, founded);
        clerk.findings(county, plan, founded);
    }
    clerk.rectifications(county, plans);
}

struct Clerk {
    year: i32,
    dice: Dice,
}

impl Clerk {
    fn of_meeting(&mut self, county: &mut County, at: usize, keep: u32) {
        let meeting = &county.meetings[at];
        if meeting.duties.contains(&Duty::Review) {
            let review = self.review(county, at, keep);
            county.reviews.push(review);
        }
        let meeting = &county.meetings[at];
        if meeting.counts && meeting.duties.contains(&Duty::Assembly) && self.dice.chance(750) {
            let due = add_days(meeting.held_on, self.dice.between(30, 75));
            let resolution = Resolution {
                meeting: at,
                branch: meeting.branch,
                title: self.dice.pick(&RESOLUTIONS),
                due,
                done_on: self.done(due, keep),
            };
            county.resolutions.push(resolution);
        }
    }

    fn review(&mut self, county: &County, at: usize, keep: u32) -> Review {
        let meeting = &county.meetings[at];
        let on = meeting.held_on;
        let members = county.members(meeting.branch);
        let most = u32::try_from(members.iter().filter(|m| m.belongs(on)).count() / 3).unwrap_or(0);
        let mut review = Review {
            meeting: at,
            branch: meeting.branch,
            eligible: 0,
            grades: [0; 4],
            left_out: 0,
        };
        let ill = |m: &Membership| m.exempt.is_some_and(|exempt| exempt.illness && exempt.from <= on);
        let left_out = members.iter().filter(|m| m.is_full(on) && ill(m)).count();
        review.left_out = u32::try_from(left_out).unwrap_or(0);
        for _ in members.iter().filter(|m| m.is_full(on) && !ill(m)) {
            review.eligible += 1;
            if self.dice.chance(1000 - (1000 - keep) / 3) {
                let grade = match self.dice.below(1000) {
                    0..300 if review.grades[0] < most => 0,
                    0..975 => 1,
                    975..997 => 2,
                    _ => 3,
                };
                review.grades[grade] += 1;
            }
        }
        review
    }

    /// Done in time, late, or not at all. What falls due early in the next year is still open.
    fn done(&mut self, due: Day, keep: u32) -> Option<Day> {
        let day = if self.dice.chance(keep) {
            add_days(due, -self.dice.between(0, 20))
        } else if self.dice.chance(500) {
            add_days(due, self.dice.between(3, 60))
        } else {
            return None;
        };
        (day <= self.last()).then_some(day)
    }

    fn last(&self) -> Day {
        day(self.year, 12, 31)
    }

    fn tasks(&mut self, county: &mut County, plan: &Plan, founded: Day) {
        for nth in 0..self.dice.between(4, 9) {
            let month = u32::try_from(nth + 3).unwrap_or(12).min(12);
            let due = day(self.year, month, 25);
            let done_on = self.done(due, plan.keep);
            let programme = self.dice.pick(&PROGRAMMES);
            let raised_on = add_days(due, -60);
            if founded < raised_on {
                county.tasks.push(Task {
                    branch: plan.branch,
                    programme,
                    raised_on,
                    due,
                    done_on,
                });
            }
        }
    }

    fn goals(&mut self, county: &mut County, plan: &Plan, founded: Day) {
        let confirmed_on = day(self.year, 1, 20).max(add_days(founded, 14));
        let many = self.dice.between(2, 5);
        if founded > day(self.year, 6, 30) || self.dice.chance(plan.fail() / 4) {
            return;
        }
        for nth in 0..many {
            let due = day(self.year, if nth % 2 == 0 { 12 } else { 10 }, 15);
            let reached_on = self.done(due, plan.keep);
            let title = self.dice.pick(&GOALS);
            county.goals.push(Goal {
                branch: plan.branch,
                title,
                confirmed_on,
                due,
                reached_on,
            });
        }
    }

    fn tickets(&mut self, county: &mut County, plan: &Plan, founded: Day) {
        let (low, high) = match plan.domain {
            Domain::Rural => (3, 14),
            Domain::Community => (8, 24),
            Domain::Organ | Domain::Institution => (0, 8),
            Domain::School | Domain::Soe => (0, 4),
            Domain::Private | Domain::Social | Domain::Retired => (0, 2),
        };
        for _ in 0..self.dice.between(low, high) {
            let raised_on = self.dice.day(day(self.year, 1, 5), day(self.year, 12, 10));
            let due = add_days(raised_on, self.dice.pick(&[7, 15, 30]));
            let closed_on = self.done(due, plan.keep).map(|on| on.max(raised_on));
            let confirmed = closed_on.is_some() && !self.dice.chance(plan.fail() / 4);
            if founded < raised_on {
                county.tickets.push(Ticket {
                    branch: plan.branch,
                    raised_on,
                    due,
                    closed_on,
                    confirmed,
                });
            }
        }
    }

    fn findings(&mut self, county: &mut County, plan: &Plan, founded: Day) {
        let many = if self.dice.chance(150 + plan.fail()) {
            self.dice.between(1, 3)
        } else {
            0
        };
        let by = county.posts_of(plan.branch).first().map(|post| post.person);
        let confirmed_by = county
            .superior(plan.branch)
            .and_then(|above| clerk_at(county, above));
        let (Some(by), Some(confirmed_by)) = (by, confirmed_by) else {
            return;
        };
        for _ in 0..many {
            let opened_on = self.dice.day(day(self.year, 1, 10), day(self.year, 8, 30));
            let due = add_days(opened_on, self.dice.pick(&[30, 60, 90]));
            let title = self.dice.pick(&FINDINGS);
            let done = self.done(due, plan.keep).map(|on| on.max(opened_on));
            let closed = done.map(|on| Closing { on, by, confirmed_by });
            if founded < opened_on {
                county.findings.push(Finding {
                    branch: plan.branch,
                    title,
                    opened_on,
                    due,
                    closed,
                });
            }
        }
    }

    /// One in about 150 branches, all of them with missed or silent quarters.
    fn rectifications(&mut self, county: &mut County, plans: &[Plan]) {
        let mut weak: Vec<&Plan> = plans
            .iter()
            .filter(|plan| plan.keep < 860 && (plan.has(Fault::Missed) || plan.has(Fault::Silent)))
            .collect();
        self.dice.shuffle(&mut weak);
        let many = (plans.len() / 150).max(1);
        for plan in weak.into_iter().take(many) {
            let listed_on = day(
                self.year,
                9,
                u32::try_from(self.dice.between(8, 25)).unwrap_or(15),
            );
            county.rectifications.push(Rectification {
                branch: plan.branch,
                criterion: "life_missing",
                listed_on,
            });
        }
        county
            .rectifications
            .sort_by_key(|case| (case.listed_on, case.branch));
    }
}

fn clerk_at(county: &County, committee: usize) -> Option<PersonIx> {
    let clerk = |grant: &&Grant| grant.organization == committee && grant.role == Role::Clerk;
    county.grants.iter().find(clerk).map(|grant| grant.person)
}
