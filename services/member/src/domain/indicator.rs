//! The counts that member answers for, exactly as the catalogue defines them: facts of one branch in, one count out.
//! No person leaves the service, only numbers (S-321, X13).

use std::collections::{BTreeMap, HashMap, HashSet};

use kernel::{
    Day, OrganizationKind, Period,
    day::{add_months, month_end},
    id::{PersonId, PostId, RecordId},
    indicator::{Count, NOT_KEPT_YET, Span},
};

use super::{
    codes::Kept,
    development::Step,
    membership::{Dates, Standing, Stay},
    training::{Holding, Session, officer, reached},
};

/// The indicators that are kept.
pub const KEPT: [&str; 6] = [
    "member.count.full",
    "member.development.steps",
    "member.dues.paid",
    "member.training.reached",
    "member.officer.trained",
    "member.record.complete",
];

/// A member of the branch in the period.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// In the branch.
    pub stay: Stay,
    /// The days that decide what he is.
    pub dates: Dates,
    /// Fields of his record that lack a valid value.
    pub missing: Vec<Kept>,
}

/// A dues sheet in sums.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Its id.
    pub id: RecordId,
    /// First day of the month.
    pub month: Day,
    /// Members who owe.
    pub owed: i64,
    /// Those of them who paid in full and in time.
    pub in_time: i64,
    /// Everybody who has a line on it.
    pub lines: HashSet<PersonId>,
}

/// What is known of a branch.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Its kind on the last day of the period.
    pub kind: OrganizationKind,
    /// First day of its existence.
    pub founded_on: Day,
    /// Last day of its existence.
    pub dissolved_on: Option<Day>,
    /// Its members of the period.
    pub members: Vec<Member>,
    /// Steps of development that fall due in the period.
    pub steps: Vec<(RecordId, Step)>,
    /// Dues sheets of the period.
    pub sheets: Vec<Sheet>,
    /// Holdings of the posts of secretary and committee members.
    pub holdings: BTreeMap<PersonId, Vec<(PostId, Holding)>>,
    /// The feed position that all of it includes.
    pub position: u64,
}

/// The sessions of the period of everybody.
pub type Sessions = HashMap<PersonId, Vec<Session>>;

/// One count of one branch.
#[must_use]
pub fn count(id: &str, facts: &Facts, sessions: &Sessions, span: Span) -> Count {
    if !KEPT.contains(&id) {
        return Count::none(NOT_KEPT_YET);
    }
    let Some(period) = span.period.clip(facts.founded_on, facts.dissolved_on) else {
        return Count::none("NOT_IN_PERIOD");
    };
    match id {
        "member.count.full" => full(facts, period),
        "member.development.steps" => steps(facts, period),
        "member.dues.paid" => dues(facts, period),
        "member.training.reached" => training(facts, sessions, span.period, period.last()),
        "member.officer.trained" => officers(facts, sessions, span.period, period.last()),
        _ => records(facts, period.last()),
    }
}

impl Facts {
    fn on(&self, day: Day) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.stay.covers(day))
    }

    fn temporary(&self) -> bool {
        self.kind == OrganizationKind::TemporaryBranch
    }
}

fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn full(facts: &Facts, period: Period) -> Count {
    let last = period.last();
    let full = facts
        .on(last)
        .filter(|member| member.dates.standing(last) == Standing::Full)
        .count();
    let cursor = format!("member@{}", facts.position);
    Count::number(number(full), vec![format!("full={full}@{last}"), cursor])
}

fn steps(facts: &Facts, period: Period) -> Count {
    if facts.temporary() {
        return Count::none("TEMPORARY_BRANCH");
    }
    let due: Vec<_> = facts
        .steps
        .iter()
        .filter(|(_, step)| period.contains(step.due_on))
        .collect();
    let done = due.iter().filter(|(_, step)| step.in_time()).count();
    let evidence = due.iter().map(|(id, step)| {
        let case = if step.case.is_empty() {
            id.to_string()
        } else {
            step.case.clone()
        };
        format!("{case} {}@{}", step.step, step.rule_version)
    });
    Count::of(number(done), number(due.len()), "NO_STEP_DUE", evidence.collect())
}

/// Member-months of the sheets. Who was there on the last day of the month and has no line on its sheet owed it all the
/// same, and so did everybody in a full month without a sheet: nobody's payment is known.
fn dues(facts: &Facts, period: Period) -> Count {
    if facts.temporary() {
        return Count::none("TEMPORARY_BRANCH");
    }
    let within = |sheet: &&Sheet| month_end(sheet.month) >= period.first() && sheet.month <= period.last();
    let sheets: Vec<&Sheet> = facts.sheets.iter().filter(within).collect();
    let unlined = |sheet: &Sheet| {
        let last = month_end(sheet.month).min(period.last());
        facts
            .on(last)
            .filter(|member| !sheet.lines.contains(&member.person))
            .count()
    };
    let without = period
        .full_months()
        .filter(|month| sheets.iter().all(|sheet| sheet.month != month.first()));
    let unsheeted: usize = without.map(|month| facts.on(month.last()).count()).sum();
    let missing = unsheeted + sheets.iter().map(|sheet| unlined(sheet)).sum::<usize>();
    let owed: i64 = sheets.iter().map(|sheet| sheet.owed).sum();
    let paid = sheets.iter().map(|sheet| sheet.in_time).sum();
    Count::of(
        paid,
        owed + number(missing),
        "NOTHING_OWED",
        sheets.iter().map(|sheet| sheet.id.to_string()).collect(),
    )
}

fn training(facts: &Facts, sessions: &Sessions, year: Period, last: Day) -> Count {
    let owing = facts
        .on(last)
        .filter(|member| member.dates.joined_on <= year.first() && !member.dates.exempt(last));
    let owing: Vec<&Member> = owing.collect();
    let had = |member: &&&Member| reached(sessions.get(&member.person).map_or(&[], Vec::as_slice), year);
    let enough = owing.iter().filter(had).count();
    let evidence = vec![format!("reached={enough}"), format!("members={}", owing.len())];
    Count::of(number(enough), number(owing.len()), "NOBODY_OWES_HOURS", evidence)
}

fn officers(facts: &Facts, sessions: &Sessions, year: Period, last: Day) -> Count {
    let (mut met, mut posts) = (0, Vec::new());
    for (person, held) in &facts.holdings {
        let holdings: Vec<Holding> = held.iter().map(|(_, holding)| *holding).collect();
        let theirs = sessions.get(person).map_or(&[][..], Vec::as_slice);
        if let Some(requirement) = officer(&holdings, theirs, year, last) {
            met += i64::from(requirement.met);
            posts.extend(held.get(requirement.holding).map(|(post, _)| post.to_string()));
        }
    }
    let due = number(posts.len());
    let totals = [format!("trained={met}"), format!("officers={due}")];
    Count::of(
        met,
        due,
        "NO_TRAINING_DUE",
        totals.into_iter().chain(posts).collect(),
    )
}

fn records(facts: &Facts, last: Day) -> Count {
    let members: Vec<&Member> = facts.on(last).collect();
    let mut lacking: BTreeMap<Kept, usize> = BTreeMap::new();
    for field in members.iter().flat_map(|member| &member.missing) {
        *lacking.entry(*field).or_default() += 1;
    }
    let complete = members.iter().filter(|member| member.missing.is_empty()).count();
    let evidence = lacking
        .into_iter()
        .map(|(field, n)| format!("{}={n}", field.code()))
        .collect();
    Count::of(number(complete), number(members.len()), "NO_MEMBER", evidence)
}

/// The months for which sheets are looked at.
#[must_use]
pub fn months(period: Period) -> (Day, Day) {
    let first = month_end(add_months(period.first(), -1))
        .succ_opt()
        .unwrap_or(period.first());
    (first, period.last())
}

#[cfg(test)]
mod tests;
