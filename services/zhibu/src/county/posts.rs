//! Terms, posts, party groups and those who do Party work.

use kernel::{
    Day, Domain,
    day::{add_days, add_months},
    organization::OrganizationKind,
};

use super::{
    County, PersonIx, day,
    dice::{Dice, Stage},
    names,
    plan::{Fault, Plan},
    tree::Organization,
};

/// A term of office (R-121: 5 years in villages and communities, 3 elsewhere).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Whose.
    pub organization: usize,
    /// What was elected.
    pub body: Body,
    /// First day.
    pub from: Day,
    /// Last day by its length.
    pub until: Day,
    /// Last day of an approved extension of at most one year.
    pub extended_until: Option<Day>,
}

impl Term {
    /// The last day, an approved extension included.
    #[must_use]
    pub fn last_day(&self) -> Day {
        self.extended_until.unwrap_or(self.until)
    }
}

/// What a term is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// 支部委员会 or a higher committee.
    Committee,
    /// 书记 of a branch without committee.
    Secretary,
}

/// Posts of a branch or committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PostKind {
    /// 书记
    Secretary,
    /// 副书记
    Deputy,
    /// 组织委员
    Organisation,
    /// 宣传委员
    Publicity,
    /// 纪检委员
    Discipline,
}

/// One holding of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Where.
    pub organization: usize,
    /// Which.
    pub kind: PostKind,
    /// Who.
    pub person: PersonIx,
    /// First day.
    pub from: Day,
    /// Last day; none while it is held.
    pub until: Option<Day>,
    /// Reference of the approval or filing; none where it was never filed.
    pub filing: Option<String>,
}

impl Post {
    /// Whether it is held on the day.
    #[must_use]
    pub fn held(&self, on: Day) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

/// A party group (党小组) of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Stable for the same file and seed.
    pub external_id: String,
    /// Its branch.
    pub branch: usize,
    /// Its name.
    pub name: String,
    /// First day.
    pub founded: Day,
    /// Its leader; none where the place is empty.
    pub leader: Option<PersonIx>,
}

/// A person other than the secretary who is assigned to a branch's Party work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// For which branch.
    pub branch: usize,
    /// Who, a full member of some branch (S-104).
    pub person: PersonIx,
    /// As what.
    pub kind: WorkerKind,
    /// First day.
    pub from: Day,
    /// Last day; none while it runs.
    pub until: Option<Day>,
}

/// Kinds of assignment to Party work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerKind {
    /// 组织员
    Organiser,
    /// 党建指导员
    Instructor,
    /// 党建联络员
    Liaison,
}

/// Fills the posts of every planned branch, divides it into groups and sends instructors.
pub(super) fn fill(county: &mut County, plans: &[Plan], seed: u64) {
    let mut hand = Hand {
        year: county.year,
        dice: Dice::new(seed, Stage::Posts),
        filings: 0,
    };
    for plan in plans {
        hand.branch(county, plan);
    }
    for plan in plans {
        hand.workers(county, plan);
    }
}

struct Hand {
    year: i32,
    dice: Dice,
    filings: usize,
}

impl Hand {
    fn branch(&mut self, county: &mut County, plan: &Plan) {
        let committee = plan.full >= 7 && !plan.has(Fault::NoCommittee);
        let terms = self.terms(county, plan, committee);
        let [.., running] = terms.as_slice() else { return };
        let (began, before) = (running.from, terms.len() > 1);
        let first = terms.first().map_or(began, |term| term.from);
        county.terms.extend(terms);
        let able = self.able(county, plan, first);
        self.secretary(county, plan, &able, first, before.then_some(began));
        if committee {
            self.committee(county, plan, &able, first, before.then_some(began));
        }
        self.groups(county, plan, &able);
    }

    /// Full members of long standing, those whom little keeps from a post on its first day first.
    fn able(&mut self, county: &County, plan: &Plan, first: Day) -> Vec<PersonIx> {
        let old = day(self.year, 1, 1);
        let mut members: Vec<_> = county
            .members(plan.branch)
            .iter()
            .filter(|m| m.full_on.is_some_and(|full| full < old))
            .collect();
        self.dice.shuffle(&mut members);
        let young = day(self.year - 62, 1, 1);
        members.sort_by_key(|m| {
            let aged = plan.domain != Domain::Retired && county.persons[m.person as usize].born < young;
            (
                m.exempt.is_some() || m.away_since.is_some(),
                !m.is_full(first),
                aged,
            )
        });
        members.into_iter().map(|m| m.person).collect()
    }

    /// The running term, behind it the one before where an election was held in the year.
    fn terms(&mut self, county: &County, plan: &Plan, committee: bool) -> Vec<Term> {
        let founded = county.organizations[plan.branch].founded;
        let year = self.year;
        let long = matches!(plan.domain, Domain::Rural | Domain::Community);
        let months = if long { 60 } else { 36 };
        let body = if committee {
            Body::Committee
        } else {
            Body::Secretary
        };
        let term = |from: Day, until: Day, extended_until: Option<Day>| Term {
            organization: plan.branch,
            body,
            from: from.max(founded),
            until,
            extended_until,
        };
        let starting = |from: Day| term(from, add_days(add_months(from, months), -1), None);
        let ending = |until: Day, extended| term(add_days(add_months(until, -months), 1), until, extended);
        let quiet = plan.faults.is_empty();
        if let Some((overdue, extended)) = plan.overdue() {
            let ended = add_days(add_months(day(year, 12, 31), -overdue), 10);
            let until = if extended { add_months(ended, -8) } else { ended };
            vec![ending(until, extended.then_some(ended))]
        } else if founded >= day(year - 1, 1, 1) {
            vec![starting(founded)]
        } else if quiet && self.dice.chance(15) {
            vec![ending(day(year, 8, 31), Some(day(year + 1, 4, 30)))]
        } else if quiet && !long && self.dice.chance(90) {
            let from = self.dice.day(day(year, 3, 1), day(year, 11, 20));
            vec![starting(add_months(from, -months)), starting(from)]
        } else if long {
            vec![starting(self.dice.day(day(year - 4, 2, 3), day(year - 4, 4, 10)))]
        } else {
            vec![starting(
                self.dice.day(day(year - 2, 2, 3), day(year - 1, 12, 20)),
            )]
        }
    }

    fn filing(&mut self, plan: &Plan, county: &County) -> Option<String> {
        self.filings += 1;
        let place = county.name.chars().next().unwrap_or('县');
        (!self.dice.chance(plan.fail() / 4))
            .then(|| format!("{place}组备〔{}〕{}号", self.year - 1, self.filings))
    }

    fn post(
        &mut self,
        county: &mut County,
        plan: &Plan,
        kind: PostKind,
        person: PersonIx,
        held: (Day, Option<Day>),
    ) {
        let filing = self.filing(plan, county);
        let member = &county.memberships[person as usize];
        let ready = member.full_on.map_or(member.from, |full| full.max(member.from));
        let from = held.0.max(ready).min(held.1.unwrap_or(Day::MAX));
        county.posts.push(Post {
            organization: plan.branch,
            kind,
            person,
            from,
            until: held.1,
            filing,
        });
    }

    /// The secretary: one holder, a change in the year, a new one by election, or a vacancy.
    fn secretary(
        &mut self,
        county: &mut County,
        plan: &Plan,
        able: &[PersonIx],
        first: Day,
        elected: Option<Day>,
    ) {
        let kind = PostKind::Secretary;
        let Some(&holder) = able.first() else { return };
        let next = able.get(5).copied().or(able.get(1).copied()).unwrap_or(holder);
        let last = day(self.year, 12, 31);
        let quiet = plan.faults.is_empty() && first < day(self.year - 1, 7, 1);
        if let Some(months) = plan.vacant() {
            let until = add_days(add_months(last, -months), -self.dice.between(6, 14));
            self.post(county, plan, kind, holder, (first, Some(until)));
        } else if let Some(began) = elected {
            let after = if self.dice.chance(700) { holder } else { next };
            self.post(county, plan, kind, holder, (first, Some(add_days(began, -1))));
            self.post(county, plan, kind, after, (began, None));
        } else if quiet && self.dice.chance(12) {
            let until = self.dice.day(day(self.year, 10, 20), day(self.year, 11, 30));
            self.post(county, plan, kind, holder, (first, Some(until)));
        } else if quiet && self.dice.chance(60) {
            let until = self.dice.day(day(self.year, 1, 20), day(self.year, 8, 10));
            let gap = if plan.keep > 960 {
                self.dice.between(0, 12)
            } else {
                self.dice.between(10, 80)
            };
            self.post(county, plan, kind, holder, (first, Some(until)));
            self.post(county, plan, kind, next, (add_days(until, 1 + gap), None));
        } else {
            self.post(county, plan, kind, holder, (first, None));
        }
    }

    /// Organisation, publicity and discipline, in large branches a deputy more.
    fn committee(
        &mut self,
        county: &mut County,
        plan: &Plan,
        able: &[PersonIx],
        first: Day,
        elected: Option<Day>,
    ) {
        let mut kinds = vec![PostKind::Organisation, PostKind::Publicity, PostKind::Discipline];
        if self.dice.chance(plan.fail() / 2) {
            kinds.remove(1 + self.dice.below(2));
        }
        if plan.full >= 20 {
            kinds.push(PostKind::Deputy);
        }
        let people: Vec<PersonIx> = able
            .iter()
            .skip(1)
            .filter(|p| able.get(5) != Some(p))
            .copied()
            .collect();
        for (kind, person) in kinds.into_iter().zip(people) {
            if let Some(began) = elected {
                self.post(county, plan, kind, person, (first, Some(add_days(began, -1))));
                self.post(county, plan, kind, person, (began, None));
            } else {
                self.post(county, plan, kind, person, (first, None));
            }
        }
    }

    fn groups(&mut self, county: &mut County, plan: &Plan, able: &[PersonIx]) {
        let total = plan.full + plan.admitted;
        if total < 14 || !self.dice.chance(850) {
            return;
        }
        let many = (total / 10).clamp(2, 5);
        let first = county.groups.len();
        let founded = county.organizations[plan.branch]
            .founded
            .max(day(self.year - 3, 1, 1));
        for nth in 0..many {
            let empty = self.dice.chance(plan.fail() / 3);
            let leader = able
                .get(6 + nth)
                .or(able.get(1 + nth))
                .copied()
                .filter(|_| !empty);
            county.groups.push(Group {
                external_id: format!("{}-g{:05}", county.code, first + nth),
                branch: plan.branch,
                name: format!("第{}党小组", names::numeral(nth + 1)),
                founded,
                leader,
            });
        }
        let leaders: Vec<Option<PersonIx>> =
            county.groups[first..].iter().map(|group| group.leader).collect();
        for (nth, member) in county.members_mut(plan.branch).iter_mut().enumerate() {
            let led = leaders.iter().position(|leader| *leader == Some(member.person));
            member.group = Some(first + led.unwrap_or(nth % many));
        }
    }

    /// An instructor where the superior requires one (S-104), an organiser in some larger branches.
    fn workers(&mut self, county: &mut County, plan: &Plan) {
        let branch = &county.organizations[plan.branch];
        let (required, founded) = (branch.instructor_required, branch.founded);
        let wanted = required || (plan.full >= 25 && self.dice.chance(150));
        if !wanted || self.dice.chance(plan.fail()) {
            return;
        }
        let kind = if required {
            WorkerKind::Instructor
        } else {
            WorkerKind::Organiser
        };
        let late = self.dice.chance(plan.fail() * 2);
        let from = if late {
            day(self.year, 4, 15)
        } else {
            day(self.year - 1, 3, 1)
        };
        if let Some(person) = self.sent(county, branch.county) {
            let from = from.max(founded);
            county.workers.push(Worker {
                branch: plan.branch,
                person,
                kind,
                from,
                until: None,
            });
        }
    }

    /// A full member of one of the county's organs.
    fn sent(&mut self, county: &County, here: Option<usize>) -> Option<PersonIx> {
        let organ = |branch: &Organization| {
            branch.county == here
                && branch.domain == Some(Domain::Organ)
                && branch.kind == OrganizationKind::Branch
        };
        let organs = county.branches().filter(|(_, branch)| organ(branch));
        let organs: Vec<usize> = organs.map(|(at, _)| at).collect();
        let members = county.members(self.dice.pick(&organs)).iter();
        let full = members.filter(|member| member.is_full(day(self.year, 1, 1)));
        let full: Vec<PersonIx> = full.map(|member| member.person).collect();
        (!full.is_empty()).then(|| self.dice.pick(&full))
    }
}
