//! Indicators of organization and member.

use std::collections::BTreeMap;

use kernel::{
    Day, Domain,
    day::{add_days, add_months, month_end},
};

use super::{Case, Facts, count, share};
use crate::county::{
    PersonIx,
    people::Membership,
    posts::{Body, PostKind},
    support::SiteFunction,
};

impl Case<'_> {
    pub(super) fn organization(&self, facts: &mut Facts) {
        let county = self.county;
        let own = &county.organizations[self.branch];
        let gone = own
            .units
            .first()
            .is_some_and(|unit| county.units[*unit].deregistered_on.is_some());
        let term = county
            .terms
            .iter()
            .filter(|t| t.organization == self.branch)
            .max_by_key(|t| t.from);
        let term = term.expect("a term");
        let committee = term.body == Body::Committee;
        let mut rules = vec![
            self.full >= 3,
            self.members().count() <= 50,
            !gone,
            committee == (self.full >= 7),
        ];
        if own.units.len() > 1 {
            rules.push(own.units.len() <= 5);
        }
        facts.insert("organization.setup.rules", share(rules));
        facts.insert("organization.term.current", share([term.last_day() >= self.last]));
        let overdue = (0..)
            .take_while(|n| add_days(add_months(term.last_day(), *n), 1) <= self.last)
            .count();
        facts.insert("organization.term.overdue", count(overdue));
        let required: &[PostKind] = match self.full {
            7.. => &[
                PostKind::Secretary,
                PostKind::Organisation,
                PostKind::Publicity,
                PostKind::Discipline,
            ],
            _ => &[PostKind::Secretary],
        };
        let filled = |kind: &PostKind| {
            let posts = county.posts_of(self.branch).iter();
            posts
                .filter(|p| p.kind == *kind && p.held(self.last) && p.filing.is_some())
                .count()
                == 1
        };
        facts.insert("organization.post.filled", share(required.iter().map(filled)));
        let posts = county.posts_of(self.branch);
        facts.insert(
            "organization.secretary.days",
            self.days(|on| posts.iter().any(|p| p.kind == PostKind::Secretary && p.held(on))),
        );
        let vacancy = match self.holders(PostKind::Secretary, self.last) {
            0 => {
                let secretaries = posts.iter().filter(|p| p.kind == PostKind::Secretary);
                let until = secretaries.filter_map(|p| p.until).max().expect("there was one");
                (3..)
                    .take_while(|n| add_months(add_days(until, 1), *n) <= self.last)
                    .count()
            }
            _ => 0,
        };
        facts.insert("organization.secretary.vacancy", count(vacancy));
        let groups = county.groups.iter().filter(|group| group.branch == self.branch);
        facts.insert(
            "organization.group.leaders",
            share(groups.map(|group| group.leader.is_some())),
        );
        let workers = county
            .workers
            .iter()
            .filter(|worker| worker.branch == self.branch);
        let assigned = |on: Day| {
            let worker = workers
                .clone()
                .any(|w| w.from <= on && w.until.is_none_or(|until| on <= until));
            worker
                || posts
                    .iter()
                    .any(|p| p.kind == PostKind::Organisation && p.held(on))
        };
        let owed = self.full >= 7 || own.instructor_required;
        facts.insert("organization.worker.days", self.days(assigned).filter(|_| owed));
        let slots = county
            .governance_slots
            .iter()
            .filter(|slot| slot.organization == self.branch);
        let held = slots.clone().filter(|slot| slot.not_formed.is_none()).count();
        let kinds = if self.domain == Domain::Rural { 5 } else { 6 };
        let owed = kinds - (slots.count() - held);
        let slots = (i64::try_from(held).unwrap(), i64::try_from(owed).unwrap());
        facts.insert("organization.governance.slots", own.leads_area.then_some(slots));
    }

    pub(super) fn support(&self, facts: &mut Facts) {
        let county = self.county;
        let sites: Vec<_> = county
            .sites
            .iter()
            .filter(|site| site.branch == self.branch)
            .collect();
        facts.insert("organization.site.assigned", share([!sites.is_empty()]));
        let has = |function: SiteFunction| sites.iter().any(|site| site.functions.contains(&function));
        facts.insert(
            "organization.site.functions",
            share(SiteFunction::required(self.domain).map(has)),
        );
        let lines = county
            .fund_lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.branch == self.branch);
        let (mut allotted, mut standard, mut evidence) = (0, 0, Vec::new());
        for (at, line) in lines {
            let movements = county
                .fund_movements
                .iter()
                .filter(|movement| movement.line == at);
            evidence.extend(
                movements
                    .clone()
                    .map(|m| m.purpose.is_some() && m.voucher.is_some()),
            );
            let came: i64 = movements.map(|m| m.amount.0.max(0)).sum();
            allotted += came.min(line.standard.0);
            standard += line.standard.0;
        }
        facts.insert(
            "organization.fund.allotted",
            (standard > 0).then_some((allotted, standard)),
        );
        facts.insert("organization.fund.evidenced", share(evidence));
    }

    pub(super) fn member(&self, facts: &mut Facts) {
        let county = self.county;
        facts.insert("member.count.full", count(self.full));
        let cases = county
            .development_cases
            .iter()
            .filter(|case| case.branch == self.branch);
        let steps = cases
            .flat_map(|case| &case.steps)
            .filter(|step| self.due(step.due));
        facts.insert(
            "member.development.steps",
            share(steps.map(|step| step.done_on.is_some_and(|done| done <= step.due))),
        );
        let sheets = county
            .dues_sheets
            .iter()
            .filter(|sheet| sheet.branch == self.branch);
        let months = sheets.flat_map(|sheet| {
            let month = if sheet.quarterly {
                sheet.month.div_ceil(3) * 3
            } else {
                sheet.month
            };
            let end = month_end(crate::county::day(county.year, month, 1));
            let owed = sheet.rows.iter().filter(|row| !row.relieved);
            owed.map(move |row| row.paid == row.due && row.paid_on.is_some_and(|on| on <= end))
        });
        facts.insert("member.dues.paid", share(months));
        let all_year = crate::county::day(county.year, 1, 1);
        let trained = self
            .members()
            .filter(|m| m.joined <= all_year && !m.is_exempt(self.last));
        let hours = |person: PersonIx| self.hours.get(&person).copied().unwrap_or(0);
        facts.insert(
            "member.training.reached",
            share(trained.map(|m| hours(m.person) >= 128)),
        );
        let mut officers: BTreeMap<PersonIx, bool> = BTreeMap::new();
        let posts = county
            .posts_of(self.branch)
            .iter()
            .filter(|post| post.held(self.last));
        for post in posts {
            let whole = post.from <= all_year;
            let new = post.kind == PostKind::Secretary && self.due(add_months(post.from, 6));
            let central = self.central.contains(&post.person);
            if whole || new {
                officers.insert(post.person, central && (!whole || hours(post.person) >= 224));
            }
        }
        facts.insert("member.officer.trained", share(officers.into_values()));
        let complete = |m: &Membership| {
            let person = &county.persons[m.person as usize];
            person.phone.is_some() && person.education.is_some() && person.occupation.is_some()
        };
        facts.insert("member.record.complete", share(self.members().map(complete)));
    }
}
