//! Indicators of activity, rating and resource.

use std::collections::BTreeSet;

use chrono::Datelike;
use kernel::{
    Calendar, Period,
    day::{add_days, add_months},
};

use super::{Case, Facts, count, share};
use crate::county::{
    PersonIx,
    library::Outcome,
    meetings::{Duty, Meeting},
    posts::PostKind,
};

impl Case<'_> {
    /// Whether enough of those who owe it came.
    fn held(&self, meeting: &Meeting, duty: Duty) -> bool {
        let on = meeting.held_on;
        let counts = |person: PersonIx| {
            let m = &self.county.memberships[person as usize];
            if duty == Duty::Assembly {
                m.is_full(on)
            } else {
                m.belongs(on) && !m.is_exempt(on)
            }
        };
        let due = self
            .county
            .members(self.branch)
            .iter()
            .filter(|m| counts(m.person))
            .count();
        meeting.present.iter().filter(|person| counts(**person)).count() * 2 >= due
    }

    fn in_span(&self, span: Period, wanted: impl Fn(&Meeting) -> bool) -> bool {
        self.meetings
            .iter()
            .any(|meeting| span.contains(meeting.held_on) && wanted(meeting))
    }

    pub(super) fn rhythm(&self, facts: &mut Facts) {
        let with = |duty: Duty| {
            move |span: Period| self.in_span(span, |m| m.duties.contains(&duty) && self.held(m, duty))
        };
        facts.insert(
            "activity.assembly.held",
            share(self.period.full_quarters().map(with(Duty::Assembly))),
        );
        facts.insert(
            "activity.lecture.held",
            share(self.period.full_quarters().map(with(Duty::Lecture))),
        );
        facts.insert(
            "activity.theme.held",
            share(self.period.full_months().map(with(Duty::Theme))),
        );
        let study = |span| self.in_span(span, |m| m.study && m.counts);
        facts.insert("activity.study.held", share(self.period.full_months().map(study)));
        let committee = |span| self.in_span(span, |m| m.duties.contains(&Duty::Committee));
        let owed = self.full >= 7;
        facts.insert(
            "activity.committee.held",
            share(self.period.full_months().filter(|_| owed).map(committee)),
        );
        let groups = (0..self.county.groups.len()).filter(|at| self.county.groups[*at].branch == self.branch);
        let group_months =
            groups.flat_map(|group| self.period.full_months().map(move |month| (group, month)));
        let met = |(group, month)| self.in_span(month, |m| m.group == Some(group));
        facts.insert("activity.group.held", share(group_months.map(met)));
        let any = |span| {
            self.in_span(span, |m| {
                [Duty::Assembly, Duty::Lecture, Duty::Theme]
                    .iter()
                    .any(|d| m.duties.contains(d) && self.held(m, *d))
            })
        };
        let (mut run, mut longest) = (0, 0);
        for quarter in self.period.full_quarters() {
            run = if any(quarter) { 0 } else { run + 1 };
            longest = longest.max(run);
        }
        facts.insert("activity.quarters.silent", count(longest));
    }

    pub(super) fn activity(&self, facts: &mut Facts) {
        let county = self.county;
        let early = self.before(9, 30);
        let has = |duty| self.meetings.iter().any(|m| m.duties.contains(&duty));
        facts.insert("activity.life.held", share([has(Duty::Life)]).filter(|_| early));
        let superior = county
            .superior_debriefs
            .iter()
            .flat_map(|d| &d.debriefed)
            .any(|(b, _)| *b == self.branch);
        facts.insert(
            "activity.debrief.held",
            share([has(Duty::Debrief), superior]).filter(|_| early),
        );
        let review = county.reviews.iter().find(|review| review.branch == self.branch);
        let full = i64::try_from(self.full).unwrap();
        let graded = review.map_or((0, full), |review| {
            (
                i64::from(review.grades.iter().sum::<u32>()),
                i64::from(review.eligible),
            )
        });
        facts.insert(
            "activity.review.graded",
            Some(graded).filter(|(_, d)| early && *d > 0),
        );
        self.leaders(facts);
        let timely = |m: &&Meeting| {
            let limit = Calendar::official().add_working_days(m.held_on, 10, false).day;
            m.recorded_on <= limit
        };
        let own = self.meetings.iter().filter(|m| m.held_on.year() == county.year);
        facts.insert("activity.record.timely", share(own.map(timely)));
        let resolutions = county
            .resolutions
            .iter()
            .filter(|r| r.branch == self.branch && self.due(r.due));
        facts.insert(
            "activity.resolution.done",
            share(resolutions.map(|r| r.done_on.is_some_and(|on| on <= r.due))),
        );
        let tasks = county
            .tasks
            .iter()
            .filter(|t| t.branch == self.branch && self.due(t.due));
        facts.insert(
            "activity.task.done",
            share(tasks.map(|t| t.done_on.is_some_and(|on| on <= t.due))),
        );
        let goals = county.goals.iter().filter(|goal| goal.branch == self.branch);
        let goals = share(goals.map(|g| g.reached_on.is_some_and(|on| on <= g.due))).or(Some((0, 1)));
        facts.insert("activity.goal.reached", goals.filter(|_| self.before(6, 30)));
        let tickets = county
            .tickets
            .iter()
            .filter(|t| t.branch == self.branch && self.due(t.due));
        let closed = tickets.map(|t| t.confirmed && t.closed_on.is_some_and(|on| on <= t.due));
        facts.insert("activity.ticket.closed", share(closed));
    }

    fn leaders(&self, facts: &mut Facts) {
        let county = self.county;
        let mut attendances = Vec::new();
        let owed = [Duty::Assembly, Duty::Theme, Duty::Lecture, Duty::Life];
        for meeting in self
            .meetings
            .iter()
            .filter(|m| m.counts && m.duties.iter().any(|d| owed.contains(d)))
        {
            let posts = county
                .posts_of(self.branch)
                .iter()
                .filter(|post| post.held(meeting.held_on));
            let cadres = self
                .members()
                .filter(|m| m.leading_cadre_since.is_some_and(|s| s <= meeting.held_on));
            let leaders: BTreeSet<PersonIx> = posts
                .map(|post| post.person)
                .chain(cadres.map(|m| m.person))
                .collect();
            let due = leaders
                .into_iter()
                .filter(|person| !meeting.on_leave.contains(person));
            attendances.extend(due.map(|person| meeting.present.contains(&person)));
        }
        facts.insert("activity.leader.attendance", share(attendances));
        let since = add_months(self.last, -6);
        let secretaries = county
            .posts_of(self.branch)
            .iter()
            .filter(|p| p.kind == PostKind::Secretary && p.held(self.last) && p.from <= since)
            .map(|p| p.person);
        let cadres = self
            .members()
            .filter(|m| m.leading_cadre_since.is_some_and(|s| s <= since))
            .map(|m| m.person);
        let leaders: BTreeSet<PersonIx> = secretaries.chain(cadres).collect();
        let gave = |person| self.meetings.iter().any(|m| m.lecturer == Some(person));
        facts.insert("activity.leader.lecture", share(leaders.into_iter().map(gave)));
    }

    pub(super) fn rating(&self, facts: &mut Facts) {
        let county = self.county;
        let findings = county
            .findings
            .iter()
            .filter(|f| f.branch == self.branch && self.due(f.due));
        let closed = findings
            .clone()
            .map(|f| f.closed.is_some_and(|closing| closing.on <= f.due));
        facts.insert("rating.finding.closed", share(closed));
        let overdue = findings.filter(|f| {
            let limit = add_days(f.due, 30);
            limit <= self.last && f.closed.is_none_or(|closing| closing.on > limit)
        });
        facts.insert("rating.finding.overdue", count(overdue.count()));
        let open = county
            .rectifications
            .iter()
            .filter(|case| case.branch == self.branch)
            .count();
        facts.insert("rating.rectification.open", count(open));
        let marks = county
            .marks
            .iter()
            .find(|marks| marks.branch == self.branch)
            .expect("rated");
        let superior: i64 = marks.superior.iter().map(|(mark, _)| i64::from(*mark)).sum();
        facts.insert("rating.review.superior", Some((superior, 500)));
        let worth = [100, 80, 60, 0];
        let sum = marks
            .ballots
            .iter()
            .zip(worth)
            .map(|(n, worth)| i64::from(*n) * worth)
            .sum();
        let ballots: i64 = marks.ballots.iter().map(|n| i64::from(*n)).sum();
        facts.insert(
            "rating.review.committee",
            (ballots > 0).then_some((sum, 100 * ballots)),
        );
        let missed = county
            .bookings
            .iter()
            .filter(|b| b.branch == self.branch && b.outcome == Outcome::Missed);
        facts.insert("resource.booking.missed", count(missed.count()));
    }
}
