//! A procedure as data (process.md part 1): states, steps, clocks, votes, objections.

use std::collections::BTreeMap;

use kernel::Day;
use serde::{Deserialize, Serialize};

mod clock;
mod objection;

pub use clock::{Due, Late, Wait};
pub use objection::{AnswerClock, Effect, Objection, Until};

use super::words::{Goal, Number, Position, Right, Source};

/// One version of one procedure, whole: what a base held is filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Procedure {
    /// Id, such as `star_rating`; shared by its versions.
    pub id: String,
    /// Version, such as `2022`; never changed once published.
    pub version: String,
    /// Chinese name.
    pub name_zh: String,
    /// First day in force.
    pub effective_from: Day,
    /// First day no longer in force.
    pub effective_to: Option<Day>,
    /// The version whose differences this one was written as.
    pub base: Option<String>,
    /// Old state → new state, where one was renamed.
    pub map: BTreeMap<String, String>,
    /// Norms whose text a person must still check.
    pub to_confirm: Vec<String>,
    /// What a case is about: `organization`, `person`, `finding`, `resource`, `matter`, `export`.
    pub subject: String,
    /// The service that keeps its cases.
    pub owner: String,
    /// Further named organizations: `target`, `side`.
    pub anchors: Vec<String>,
    /// Kinds of the same procedure with their Chinese names; empty when there is one kind only.
    pub variants: BTreeMap<String, String>,
    /// Group in which a subject may have one open case.
    pub exclusive: Option<String>,
    /// Norms of every step that names none.
    pub norms: Vec<String>,
    /// States in the order of the file.
    pub states: Vec<State>,
    /// Steps in the order of the file.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
    /// Objections in the order of the file.
    #[serde(rename = "objection")]
    pub objections: Vec<Objection>,
}

impl Procedure {
    /// The state with this id.
    #[must_use]
    pub fn state(&self, id: &str) -> Option<&State> {
        self.states.iter().find(|state| state.id == id)
    }

    /// The step with this id, whatever its variants.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The steps that exist in the variant.
    pub fn steps_of<'a>(&'a self, variant: Option<&'a str>) -> impl Iterator<Item = &'a Step> {
        self.steps.iter().filter(move |step| step.exists_in(variant))
    }

    /// The step with this id, when it exists in the variant.
    #[must_use]
    pub fn step_of(&self, variant: Option<&str>, id: &str) -> Option<&Step> {
        self.step(id).filter(|step| step.exists_in(variant))
    }

    /// The objection with this id.
    #[must_use]
    pub fn objection(&self, id: &str) -> Option<&Objection> {
        self.objections.iter().find(|objection| objection.id == id)
    }

    /// Every variant, or the one nameless kind.
    #[must_use]
    pub fn kinds(&self) -> Vec<Option<&str>> {
        if self.variants.is_empty() {
            return vec![None];
        }
        self.variants.keys().map(|id| Some(id.as_str())).collect()
    }

    /// Whether the version is in force on the day.
    #[must_use]
    pub fn in_force(&self, day: Day) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|to| day < to)
    }

    /// The name of one of its versions, as mistakes and charts print it.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.id, self.version)
    }
}

/// A state of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Id.
    #[serde(skip_deserializing)]
    pub id: String,
    /// Chinese name.
    pub name_zh: String,
    /// Closed, for good or not.
    pub end: Option<End>,
    /// 中止: clocks stand still.
    #[serde(default)]
    pub stopped: bool,
    /// 拟…: entered by a clock, left by a person.
    #[serde(default)]
    pub proposed: bool,
    /// 公示.
    pub publicity: Option<Publicity>,
    /// Why nobody is timed here.
    pub open_ended: Option<String>,
    /// Column of the chart.
    pub stage: Option<u32>,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It reached what it was opened for.
    Done,
    /// It did not.
    Failed,
}

/// A publicity window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publicity {
    /// How long.
    pub n: Number,
    /// In what.
    pub unit: Unit,
    /// Whether the first day counts: 0 or 1.
    pub start_counted: Option<Number>,
    /// Before whom.
    pub audience: Position,
    /// What the page shows; only of `[public]` (N-26).
    pub fields: Vec<String>,
}

/// Unit of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Working days of the official calendar.
    WorkingDays,
    /// Days.
    Days,
    /// Months, clamped.
    Months,
    /// Years, clamped.
    Years,
}

/// One transition by one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Id.
    #[serde(skip_deserializing)]
    pub id: String,
    /// Chinese name.
    pub name_zh: String,
    /// Official step number.
    pub no: Option<u32>,
    /// States in which it may be taken.
    pub from: Vec<Source>,
    /// Where it leads.
    pub to: Goal,
    /// Who may take it: any of these.
    pub who: Vec<Right>,
    /// Variants in which it exists; all when empty.
    #[serde(default, rename = "for")]
    pub variants: Vec<String>,
    /// Evidence that must be given.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// Conditions.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// Steps taken so often since the state was entered.
    #[serde(default)]
    pub after: BTreeMap<String, Number>,
    /// Steps taken so often since the case was opened.
    #[serde(default)]
    pub ever: BTreeMap<String, Number>,
    /// First day.
    #[serde(default)]
    pub wait: Vec<Wait>,
    /// Last day.
    #[serde(default)]
    pub due: Vec<Due>,
    /// The vote that it records.
    pub vote: Option<Ballot>,
    /// Evidence whose content the approval covers (X11).
    #[serde(default)]
    pub binds: Vec<String>,
    /// Not by a person who took one of these.
    #[serde(default)]
    pub apart: Vec<String>,
    /// Only by the person who took one of these.
    #[serde(default)]
    pub same: Vec<String>,
    /// Events for other services.
    #[serde(default)]
    pub emits: Vec<String>,
    /// The case goes on in this anchor's organization.
    pub rebase: Option<String>,
    /// Norms; the procedure's when empty.
    #[serde(default)]
    pub norms: Vec<String>,
    /// May leave a running publicity or an open objection.
    #[serde(default)]
    pub early: bool,
    /// May leave an end.
    #[serde(default)]
    pub reopen: bool,
    /// What a variant adds.
    #[serde(default)]
    pub more: BTreeMap<String, More>,
}

impl Step {
    /// Whether it exists in the variant.
    #[must_use]
    pub fn exists_in(&self, variant: Option<&str>) -> bool {
        self.variants.is_empty() || variant.is_some_and(|v| self.variants.iter().any(|own| own == v))
    }

    /// Whether it may be taken in the state.
    #[must_use]
    pub fn leaves(&self, state: &str) -> bool {
        self.from
            .iter()
            .any(|from| matches!(from, Source::State(own) if own == state))
    }

    /// The states in which it may be taken.
    pub fn states(&self) -> impl Iterator<Item = &str> {
        self.from.iter().filter_map(|from| match from {
            Source::State(state) => Some(state.as_str()),
            Source::New => None,
        })
    }

    /// Whether it opens a case.
    #[must_use]
    pub fn opens(&self) -> bool {
        self.from.contains(&Source::New)
    }

    /// Evidence wanted in the variant.
    pub fn evidence_of<'a>(&'a self, variant: Option<&'a str>) -> impl Iterator<Item = &'a str> {
        self.evidence
            .iter()
            .chain(self.added(variant).flat_map(|more| &more.evidence))
            .map(String::as_str)
    }

    /// Conditions in the variant.
    pub fn conditions_of<'a>(&'a self, variant: Option<&'a str>) -> impl Iterator<Item = &'a Condition> {
        self.when
            .iter()
            .chain(self.added(variant).flat_map(|more| &more.when))
    }

    /// Waits in the variant.
    pub fn waits_of<'a>(&'a self, variant: Option<&'a str>) -> impl Iterator<Item = &'a Wait> {
        self.wait
            .iter()
            .chain(self.added(variant).flat_map(|more| &more.wait))
    }

    /// Steps needed since the state was entered, in the variant.
    pub fn after_of<'a>(
        &'a self,
        variant: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a String, &'a Number)> {
        self.after
            .iter()
            .chain(self.added(variant).flat_map(|more| &more.after))
    }

    /// Steps needed since the case was opened, in the variant.
    pub fn ever_of<'a>(&'a self, variant: Option<&'a str>) -> impl Iterator<Item = (&'a String, &'a Number)> {
        self.ever
            .iter()
            .chain(self.added(variant).flat_map(|more| &more.ever))
    }

    fn added(&self, variant: Option<&str>) -> impl Iterator<Item = &More> {
        variant.and_then(|v| self.more.get(v)).into_iter()
    }
}

/// What a variant adds to a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct More {
    /// More evidence.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// More conditions.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// More waits.
    #[serde(default)]
    pub wait: Vec<Wait>,
    /// More steps since the state was entered.
    #[serde(default)]
    pub after: BTreeMap<String, Number>,
    /// More steps since the case was opened.
    #[serde(default)]
    pub ever: BTreeMap<String, Number>,
}

/// A condition: a predicate with typed arguments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The predicate.
    pub p: String,
    /// `warn` accepts and records a finding.
    pub sev: Option<Severity>,
    /// Overrides the code.
    pub reason: Option<String>,
    /// Arguments, checked against the predicate's own list.
    #[serde(flatten)]
    pub arguments: BTreeMap<String, Argument>,
}

/// What a broken condition does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// "一般" in the norm: accepted, with a finding.
    Warn,
}

/// An argument of a predicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
    /// A flag.
    Flag(bool),
    /// A whole number.
    Int(i64),
    /// A name, a literal, `$parameter` or `@item`.
    Text(String),
}

/// The vote of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ballot {
    /// The rule of `[vote]`.
    pub rule: String,
    /// Where the case goes when the vote does not carry.
    #[serde(default)]
    pub to: Otherwise,
}

/// Where a vote leads that does not carry.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Otherwise {
    /// Not passed, or not enough elected.
    pub fail: Option<Goal>,
    /// Equal votes for the last seat.
    pub tie: Option<Goal>,
}
