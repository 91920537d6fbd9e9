//! Dues by month, training hours, and the steps of developing members.

use chrono::Datelike;
use kernel::{
    Day, Domain, Fen,
    day::{add_days, add_months, month_end},
};

use super::{
    County, PersonIx, day,
    dice::{Dice, Stage},
    people::{Crowd, DuesBase, Membership},
    plan::Plan,
    posts::PostKind,
};

/// The dues of one branch for one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuesSheet {
    /// Whose.
    pub branch: usize,
    /// 1 to 12.
    pub month: u32,
    /// Whether the branch agreed to quarterly payment.
    pub quarterly: bool,
    /// One for each member who owes.
    pub rows: Vec<DuesRow>,
}

/// One member's dues of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuesRow {
    /// Who.
    pub person: PersonIx,
    /// What is due by R-301…R-303.
    pub due: Fen,
    /// What was paid, in full or nothing.
    pub paid: Fen,
    /// When.
    pub paid_on: Option<Day>,
    /// Under an approved exemption: not owed.
    pub relieved: bool,
}

/// What is due a month: the rate of the tier on the whole base, half up to the fen (R-301…R-303).
#[must_use]
pub fn monthly_dues(base: DuesBase) -> Fen {
    let (base, per_mille) = match base {
        DuesBase::Farmer(fixed) => return fixed,
        DuesBase::Pension(base) => (base.0, if base.0 <= 500_000 { 5 } else { 10 }),
        DuesBase::Wage(base) => {
            let rate = match base.0 {
                ..=300_000 => 5,
                300_001..=500_000 => 10,
                500_001..=1_000_000 => 15,
                _ => 20,
            };
            (base.0, rate)
        }
    };
    Fen((base * per_mille + 500) / 1000)
}

/// Who holds a training session and what it counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainingKind {
    /// 支部集中学习
    Branch,
    /// 县级集中轮训
    Central,
    /// 新任书记培训, central too
    NewSecretaries,
}

/// A training session with its hours and those who took part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainingSession {
    /// The branch, or the county committee.
    pub organization: usize,
    /// What it is.
    pub kind: TrainingKind,
    /// Its name.
    pub title: &'static str,
    /// The last day.
    pub held_on: Day,
    /// Quarter class hours for whoever took part.
    pub quarter_hours: u16,
    /// Who took part.
    pub attendees: Vec<PersonIx>,
}

/// Steps that a branch owes under the 2014 rules, in force in 2025.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// Talk with an applicant within a month.
    Talk,
    /// Half-yearly review of an activist.
    Review,
    /// Discussion of the transfer to full member.
    TransferDiscussion,
}

impl StepKind {
    /// The step of the procedure `development`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Review => "review_activist",
            Self::TransferDiscussion => "assembly_full",
        }
    }

    /// Months from the event to the last day in time.
    fn months(self) -> i32 {
        match self {
            Self::Talk | Self::TransferDiscussion => 1,
            Self::Review => 6,
        }
    }
}

/// One owed step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DevelopmentStep {
    /// Which.
    pub kind: StepKind,
    /// The day of the event from which the deadline counts.
    pub since: Day,
    /// To be done by.
    pub due: Day,
    /// Done on.
    pub done_on: Option<Day>,
}

/// One person's way into the Party, as far as the branch owes steps in the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DevelopmentCase {
    /// Stable for the same file and seed.
    pub external_id: String,
    /// Which branch.
    pub branch: usize,
    /// Who: a member of the branch, or a person who is none yet.
    pub person: PersonIx,
    /// Day of the written application.
    pub applied_on: Day,
    /// The steps owed in the year.
    pub steps: Vec<DevelopmentStep>,
}

/// Reckons dues, training and development for every planned branch.
pub(super) fn reckon(county: &mut County, plans: &[Plan], seed: u64) {
    let mut ledger = Ledger {
        year: county.year,
        dice: Dice::new(seed, Stage::Hours),
    };
    for plan in plans {
        ledger.dues(county, plan);
        ledger.branch_training(county, plan);
    }
    for at in 0..county.organizations.len() {
        if county.organizations[at].county == Some(at) {
            ledger.county_training(county, plans, at);
        }
    }
    county
        .training_sessions
        .sort_by_key(|session| (session.held_on, session.organization));
    let mut crowd = Crowd::new(county, seed.rotate_left(29));
    for plan in plans {
        ledger.members_development(county, plan);
        ledger.applicants(county, plan, &mut crowd);
    }
}

struct Ledger {
    year: i32,
    dice: Dice,
}

impl Ledger {
    fn dues(&mut self, county: &mut County, plan: &Plan) {
        let quarterly = self.dice.chance(150);
        let relieved = county.members(plan.branch).len() / 30;
        for month in 1..=12 {
            let last = month_end(day(self.year, month, 1));
            let mut rows = Vec::with_capacity(county.members(plan.branch).len());
            for (nth, member) in county.members(plan.branch).iter().enumerate() {
                if member.belongs(last) {
                    rows.push(self.dues_row(member, plan, (month, quarterly), nth < relieved && month > 6));
                }
            }
            if !rows.is_empty() {
                county.dues_sheets.push(DuesSheet {
                    branch: plan.branch,
                    month,
                    quarterly,
                    rows,
                });
            }
        }
    }

    fn dues_row(&mut self, member: &Membership, plan: &Plan, sheet: (u32, bool), relieved: bool) -> DuesRow {
        let (month, quarterly) = sheet;
        let due = monthly_dues(member.dues);
        let person = member.person;
        if relieved {
            return DuesRow {
                person,
                due,
                paid: Fen(0),
                paid_on: None,
                relieved,
            };
        }
        let month = if quarterly { month.div_ceil(3) * 3 } else { month };
        let fixed_day = day(self.year, month, 20);
        let paid_on = if !self.dice.chance(plan.fail() / 2) {
            Some(fixed_day.max(member.from))
        } else if self.dice.chance(600) {
            Some(add_days(month_end(fixed_day), self.dice.between(2, 28)))
        } else {
            None
        };
        let paid = if paid_on.is_some() { due } else { Fen(0) };
        DuesRow {
            person,
            due,
            paid,
            paid_on,
            relieved,
        }
    }

    /// Four sessions of eleven class hours; three of them make 33 (R-201 asks 32).
    fn branch_training(&mut self, county: &mut County, plan: &Plan) {
        const TITLES: [&str; 4] = [
            "一季度集中学习",
            "二季度集中学习",
            "三季度集中学习",
            "四季度集中学习",
        ];
        let founded = county.organizations[plan.branch].founded;
        let comes = 700 + plan.keep * 28 / 100;
        for (nth, month) in [2, 5, 8, 11].into_iter().enumerate() {
            let held_on = day(self.year, month, 27);
            let members = county.members(plan.branch).iter();
            let attendees: Vec<PersonIx> = members
                .filter(|m| m.belongs(held_on) && !m.is_exempt(held_on) && self.dice.chance(comes))
                .map(|m| m.person)
                .collect();
            if founded < held_on && !attendees.is_empty() {
                county.training_sessions.push(TrainingSession {
                    organization: plan.branch,
                    kind: TrainingKind::Branch,
                    title: TITLES[nth],
                    held_on,
                    quarter_hours: 44,
                    attendees,
                });
            }
        }
    }

    /// Two rounds of 24 class hours for secretaries and committee members, one course for new secretaries.
    fn county_training(&mut self, county: &mut County, plans: &[Plan], at: usize) {
        let of_area = |plan: &&Plan| matches!(plan.domain, Domain::Rural | Domain::Community);
        let here: Vec<&Plan> = plans
            .iter()
            .filter(|p| county.organizations[p.branch].county == Some(at))
            .collect();
        let (areas, others): (Vec<&Plan>, Vec<&Plan>) = here.iter().copied().partition(of_area);
        let rounds = [
            (areas, day(self.year, 4, 18), "村（社区）党组织书记和委员集中轮训"),
            (
                others,
                day(self.year, 6, 20),
                "机关企事业单位党支部书记和委员集中轮训",
            ),
        ];
        for (plans, held_on, title) in rounds {
            let attendees = self.officers(county, &plans, held_on, |_, _| true);
            let kind = TrainingKind::Central;
            county.training_sessions.push(TrainingSession {
                organization: at,
                kind,
                title,
                held_on,
                quarter_hours: 96,
                attendees,
            });
        }
        let held_on = day(self.year, 9, 12);
        let new = add_months(held_on, -6);
        let attendees = self.officers(county, &here, held_on, |kind, from| {
            kind == PostKind::Secretary && from >= new
        });
        let (kind, title) = (TrainingKind::NewSecretaries, "新任党支部书记培训班");
        county.training_sessions.push(TrainingSession {
            organization: at,
            kind,
            title,
            held_on,
            quarter_hours: 96,
            attendees,
        });
    }

    fn officers(
        &mut self,
        county: &County,
        plans: &[&Plan],
        on: Day,
        wanted: impl Fn(PostKind, Day) -> bool,
    ) -> Vec<PersonIx> {
        let mut attendees = Vec::new();
        for plan in plans {
            for post in county.posts_of(plan.branch).iter().filter(|post| post.held(on)) {
                if wanted(post.kind, post.from) && self.dice.chance(plan.keep) {
                    attendees.push(post.person);
                }
            }
        }
        attendees.sort_unstable();
        attendees.dedup();
        attendees
    }

    fn step(&mut self, kind: StepKind, since: Day, plan: &Plan) -> DevelopmentStep {
        let due = add_months(since, kind.months());
        let done = match (self.dice.chance(plan.keep), self.dice.chance(500)) {
            (true, _) => Some(add_days(due, -self.dice.between(1, 12))),
            (false, true) => Some(add_days(due, self.dice.between(5, 40))),
            (false, false) => None,
        };
        let last = day(self.year, 12, 31);
        DevelopmentStep {
            kind,
            since,
            due,
            done_on: done.filter(|on| *on <= last),
        }
    }

    /// Those admitted in the year were reviewed as activists before; those who turned full were discussed.
    fn members_development(&mut self, county: &mut County, plan: &Plan) {
        let recent: Vec<Membership> = county
            .members(plan.branch)
            .iter()
            .filter(|m| m.joined.year() >= self.year - 1)
            .cloned()
            .collect();
        for member in recent {
            let mut steps = Vec::new();
            if let Some(full_on) = member.full_on {
                if add_months(full_on, 1).year() == self.year {
                    steps.push(self.step(StepKind::TransferDiscussion, full_on, plan));
                }
            } else if member.joined > day(self.year, 6, 30) {
                steps.push(self.step(StepKind::Review, day(self.year - 1, 12, 30), plan));
            }
            let applied_on = add_months(member.joined, -26);
            case(county, plan.branch, member.person, applied_on, steps);
        }
    }

    /// Applicants of the year and activists of earlier years.
    fn applicants(&mut self, county: &mut County, plan: &Plan, crowd: &mut Crowd) {
        if matches!(plan.domain, Domain::Retired)
            || county.organizations[plan.branch].founded.year() == self.year
        {
            return;
        }
        let many = if self.dice.chance(450) {
            self.dice.between(1, 3)
        } else {
            0
        };
        for _ in 0..many {
            let age = self.dice.between(20, 45);
            let person = crowd.outsider(county, plan.domain, age);
            if self.dice.chance(400) {
                let applied_on = self.dice.day(day(self.year, 1, 8), day(self.year, 11, 20));
                let talk = self.step(StepKind::Talk, applied_on, plan);
                let talk = DevelopmentStep {
                    done_on: talk.done_on.map(|on| on.max(applied_on)),
                    ..talk
                };
                case(county, plan.branch, person, applied_on, vec![talk]);
            } else {
                let applied_on = self.dice.day(day(self.year - 2, 1, 8), day(self.year - 1, 8, 30));
                let first = self.step(StepKind::Review, day(self.year - 1, 12, 30), plan);
                let second = self.step(StepKind::Review, first.done_on.unwrap_or(first.due), plan);
                let steps = [first, second]
                    .into_iter()
                    .filter(|step| step.due.year() == self.year);
                case(county, plan.branch, person, applied_on, steps.collect());
            }
        }
    }
}

fn case(county: &mut County, branch: usize, person: PersonIx, applied_on: Day, steps: Vec<DevelopmentStep>) {
    let external_id = format!("{}-d{:05}", county.code, county.development_cases.len());
    county.development_cases.push(DevelopmentCase {
        external_id,
        branch,
        person,
        applied_on,
        steps,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dues_are_a_cliff_on_the_whole_base_r_301_r_302() {
        let wage = |yuan_fen| monthly_dues(DuesBase::Wage(Fen(yuan_fen)));
        let pension = |yuan_fen| monthly_dues(DuesBase::Pension(Fen(yuan_fen)));
        assert_eq!(
            [wage(300_000), wage(300_001), wage(500_000), wage(500_001)].map(|fen| fen.0),
            [1500, 3000, 5000, 7500]
        );
        assert_eq!(
            [wage(1_000_000), wage(1_000_001)].map(|fen| fen.0),
            [15_000, 20_000]
        );
        assert_eq!(
            [pension(500_000), pension(500_001)].map(|fen| fen.0),
            [2500, 5000]
        );
    }
}
