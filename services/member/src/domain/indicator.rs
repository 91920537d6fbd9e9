//! The counts that member answers for, exactly as the catalogue defines them: facts of one branch in, one count out.
//! No person leaves the service, only numbers (S-321, X13).

use std::collections::{BTreeMap, HashMap};

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
    training::{Holding, Session, officer_met, reached},
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
#[derive(Debug, Clone, Copy)]
pub struct Sheet {
    /// Its id.
    pub id: RecordId,
    /// First day of the month.
    pub month: Day,
    /// Members who owe.
    pub owed: i64,
    /// Those of them who paid in full and in time.
    pub in_time: i64,
}

/// What is known of a branch.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Its kind.
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
    Count::number(number(full), vec![format!("count@{last}")])
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
    let evidence = due
        .iter()
        .map(|(id, step)| format!("{id} {}@{}", step.step, step.rule_version));
    Count::of(number(done), number(due.len()), "NO_STEP_DUE", evidence.collect())
}

/// Member-months of the sheets; a full month without a sheet was owed by everybody who was there on its last day, and
/// nobody's payment is known.
fn dues(facts: &Facts, period: Period) -> Count {
    if facts.temporary() {
        return Count::none("TEMPORARY_BRANCH");
    }
    let mut missing = 0;
    for month in period.full_months() {
        if !facts.sheets.iter().any(|sheet| sheet.month == month.first()) {
            missing += number(facts.on(month.last()).count());
        }
    }
    let within = |sheet: &&Sheet| month_end(sheet.month) >= period.first() && sheet.month <= period.last();
    let sheets: Vec<&Sheet> = facts.sheets.iter().filter(within).collect();
    let owed: i64 = sheets.iter().map(|sheet| sheet.owed).sum();
    let paid = sheets.iter().map(|sheet| sheet.in_time).sum();
    Count::of(
        paid,
        owed + missing,
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
    let (mut met, mut evidence) = (0, Vec::new());
    for (person, posts) in &facts.holdings {
        let holdings: Vec<Holding> = posts.iter().map(|(_, holding)| *holding).collect();
        let theirs = sessions.get(person).map_or(&[][..], Vec::as_slice);
        if let Some(trained) = officer_met(&holdings, theirs, year, last) {
            met += i64::from(trained);
            evidence.extend(posts.last().map(|(post, _)| post.to_string()));
        }
    }
    let due = number(evidence.len());
    Count::of(met, due, "NO_TRAINING_DUE", evidence)
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
mod tests {
    use kernel::id::OrganizationId;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn span() -> Span {
        Span {
            period: Period::year(2025).expect("year"),
            freeze_day: day("2026-01-15"),
        }
    }

    fn member(joined: &str, full: Option<&str>, missing: Vec<Kept>) -> Member {
        let stay = Stay {
            branch: OrganizationId::new(),
            from: day(joined),
            until: None,
        };
        let dates = Dates {
            joined_on: day(joined),
            full_on: full.map(day),
            exempt_from: None,
            exempt_until: None,
            cadre_from: None,
            cadre_until: None,
        };
        Member {
            person: PersonId::new(),
            stay,
            dates,
            missing,
        }
    }

    fn facts(members: Vec<Member>) -> Facts {
        Facts {
            kind: OrganizationKind::Branch,
            founded_on: day("2000-01-01"),
            dissolved_on: None,
            members,
            steps: Vec::new(),
            sheets: Vec::new(),
            holdings: BTreeMap::new(),
        }
    }

    fn told(id: &str, facts: &Facts, sessions: &Sessions) -> Option<(i64, i64)> {
        match count(id, facts, sessions, span()) {
            Count::Applies {
                numerator,
                denominator,
                ..
            } => Some((numerator, denominator)),
            Count::NotApplicable { .. } => None,
        }
    }

    #[test]
    fn full_members_are_counted_on_the_last_day_that_the_branch_existed() {
        let mut facts = facts(vec![
            member("2020-01-01", Some("2021-01-01"), vec![]),
            member("2024-07-01", Some("2025-07-01"), vec![]),
            member("2025-03-01", None, vec![]),
        ]);
        assert_eq!(told("member.count.full", &facts, &Sessions::new()), Some((2, 1)));
        facts.dissolved_on = Some(day("2025-06-30"));
        assert_eq!(told("member.count.full", &facts, &Sessions::new()), Some((1, 1)));
        facts.dissolved_on = Some(day("2024-12-31"));
        assert_eq!(told("member.count.full", &facts, &Sessions::new()), None);
    }

    #[test]
    fn a_month_without_a_sheet_was_owed_by_all_r_305() {
        let mut facts = facts(vec![
            member("2020-01-01", None, vec![]),
            member("2025-03-15", None, vec![]),
        ]);
        let month = |m: u32| Day::from_ymd_opt(2025, m, 1).expect("day");
        facts.sheets = (1..=11)
            .map(|m| Sheet {
                id: RecordId::new(),
                month: month(m),
                owed: 1,
                in_time: 1,
            })
            .collect();
        assert_eq!(told("member.dues.paid", &facts, &Sessions::new()), Some((11, 13)));
        facts.kind = OrganizationKind::TemporaryBranch;
        assert_eq!(told("member.dues.paid", &facts, &Sessions::new()), None, "R-108");
    }

    #[test]
    fn who_joined_in_the_year_or_is_exempt_owes_no_hours_r_201_r_213() {
        let (old, new) = (
            member("2020-01-01", None, vec![]),
            member("2025-01-02", None, vec![]),
        );
        let mut exempt = member("2020-01-01", None, vec![]);
        exempt.dates.exempt_from = Some(day("2025-12-31"));
        let session = Session {
            on: day("2025-05-01"),
            quarter_hours: 128,
            central: false,
        };
        let sessions = Sessions::from([(old.person, vec![session])]);
        let none = facts(vec![new.clone(), exempt.clone()]);
        assert_eq!(told("member.training.reached", &none, &sessions), None);
        let some = facts(vec![old, new, exempt, member("2025-01-01", None, vec![])]);
        assert_eq!(told("member.training.reached", &some, &sessions), Some((1, 2)));
    }

    #[test]
    fn a_step_counts_in_the_year_of_its_deadline() {
        let mut facts = facts(vec![]);
        let step = |due: &str, done: Option<&str>| {
            let step = Step {
                branch: OrganizationId::new(),
                step: "talk".into(),
                rule_version: "2014".into(),
                due_on: day(due),
                done_on: done.map(day),
            };
            (RecordId::new(), step)
        };
        assert_eq!(
            told("member.development.steps", &facts, &Sessions::new()),
            None,
            "not applicable is not zero"
        );
        facts.steps = vec![
            step("2025-06-30", Some("2025-06-30")),
            step("2025-06-30", Some("2025-07-01")),
            step("2024-12-31", None),
        ];
        assert_eq!(
            told("member.development.steps", &facts, &Sessions::new()),
            Some((1, 2))
        );
    }

    #[test]
    fn incomplete_records_are_counted_by_field_and_not_by_person_r_214() {
        let facts = facts(vec![
            member("2020-01-01", None, vec![Kept::Phone, Kept::Education]),
            member("2020-01-01", None, vec![Kept::Phone]),
            member("2020-01-01", None, vec![]),
        ]);
        let Count::Applies {
            numerator,
            denominator,
            evidence,
        } = count("member.record.complete", &facts, &Sessions::new(), span())
        else {
            panic!("applies")
        };
        assert_eq!((numerator, denominator), (1, 3));
        assert_eq!(evidence, ["phone=2", "education=1"]);
    }

    #[test]
    fn officers_with_a_requirement_are_the_denominator_r_202() {
        let (trained, not, new) = (PersonId::new(), PersonId::new(), PersonId::new());
        let holding = |from: &str| {
            vec![(
                PostId::new(),
                Holding {
                    secretary: false,
                    from: day(from),
                    until: None,
                },
            )]
        };
        let mut facts = facts(vec![]);
        facts.holdings = BTreeMap::from([
            (trained, holding("2020-01-01")),
            (not, holding("2020-01-01")),
            (new, holding("2025-02-01")),
        ]);
        let session = Session {
            on: day("2025-05-01"),
            quarter_hours: 224,
            central: true,
        };
        let sessions = Sessions::from([(trained, vec![session]), (new, vec![session])]);
        assert_eq!(told("member.officer.trained", &facts, &sessions), Some((1, 2)));
    }

    #[test]
    fn what_is_not_kept_says_so() {
        let count = count(
            "member.points.confirmed",
            &facts(vec![]),
            &Sessions::new(),
            span(),
        );
        assert_eq!(count, Count::none(NOT_KEPT_YET));
        let catalogue = kernel::indicator::Catalogue::shipped();
        assert!(
            KEPT.iter()
                .all(|id| catalogue.get(id).is_some_and(|line| line.owner == "member"))
        );
    }

    #[test]
    fn sheets_are_looked_at_from_the_month_in_which_the_period_begins() {
        let period = Period::new(day("2025-05-20"), day("2025-12-31")).expect("period");
        assert_eq!(months(period), (day("2025-05-01"), day("2025-12-31")));
    }
}
