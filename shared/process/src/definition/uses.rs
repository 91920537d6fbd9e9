//! What a procedure uses of the shared tables: for its hash, and to find what nobody uses.

use std::collections::BTreeSet;

use super::{
    Definitions,
    schema::{Condition, Late, Procedure, Step},
    tables::{ArgumentKind, Compare},
    words::{Number, Position, Right, Start},
};
use crate::engine::predicate;

/// Names used of each table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    /// Parameters.
    pub param: BTreeSet<String>,
    /// Roles.
    pub role: BTreeSet<String>,
    /// Relations.
    pub relation: BTreeSet<String>,
    /// Code lists.
    pub list: BTreeSet<String>,
    /// Fields of publicity pages.
    pub public: BTreeSet<String>,
    /// Vote rules.
    pub vote: BTreeSet<String>,
    /// Predicates.
    pub predicate: BTreeSet<String>,
    /// Facts.
    pub fact: BTreeSet<String>,
    /// Evidence.
    pub evidence: BTreeSet<String>,
    /// Codes.
    pub code: BTreeSet<String>,
}

/// What the version uses, directly and through the tables.
#[must_use]
pub fn of(definitions: &Definitions, procedure: &Procedure) -> Uses {
    let mut uses = Collector {
        definitions,
        uses: Uses::default(),
    };
    for state in &procedure.states {
        if let Some(publicity) = &state.publicity {
            uses.number(&publicity.n);
            publicity.start_counted.iter().for_each(|n| uses.number(n));
            uses.position(publicity.audience);
            uses.uses.public.extend(publicity.fields.iter().cloned());
        }
    }
    procedure.steps.iter().for_each(|step| uses.step(step));
    for objection in &procedure.objections {
        objection
            .who
            .iter()
            .chain(&objection.decider)
            .for_each(|right| uses.right(*right));
        if let Some(answer) = &objection.answer {
            uses.number(&answer.n);
            uses.late(answer.late.as_ref());
        }
    }
    uses.uses
}

/// The fact that the keeper of the cases owns itself: the procedures of the subject's open cases.
pub(crate) const OPEN_CASES: &str = "open_cases";

/// The facts that a step reads in a variant, without the one that the keeper itself owns: conditions, what their
/// predicates read unasked, dates that its clocks start from, and what decides its vote's rule.
#[must_use]
pub(crate) fn facts_of(definitions: &Definitions, step: &Step, variant: Option<&str>) -> BTreeSet<String> {
    let mut uses = Collector {
        definitions,
        uses: Uses::default(),
    };
    step.conditions_of(variant)
        .for_each(|condition| uses.condition(condition));
    let waits = step.waits_of(variant).flat_map(|wait| &wait.from);
    let dues = step.due.iter().flat_map(|due| &due.from);
    waits.chain(dues).for_each(|start| uses.start(start));
    step.vote.iter().for_each(|ballot| uses.vote(&ballot.rule));
    let mut facts = uses.uses.fact;
    facts.retain(|fact| fact != OPEN_CASES && definitions.tables.fact.contains_key(fact));
    facts
}

struct Collector<'a> {
    definitions: &'a Definitions,
    uses: Uses,
}

impl Collector<'_> {
    fn step(&mut self, step: &Step) {
        step.who.iter().for_each(|right| self.right(*right));
        let more = || step.more.values();
        for item in step
            .evidence
            .iter()
            .chain(more().flat_map(|m| &m.evidence))
            .chain(&step.binds)
        {
            self.item(item);
        }
        step.when
            .iter()
            .chain(more().flat_map(|m| &m.when))
            .for_each(|condition| self.condition(condition));
        for (_, n) in step
            .after
            .iter()
            .chain(&step.ever)
            .chain(more().flat_map(|m| m.after.iter().chain(&m.ever)))
        {
            self.number(n);
        }
        for wait in step.wait.iter().chain(more().flat_map(|m| &m.wait)) {
            self.number(&wait.n);
            wait.start_counted.iter().for_each(|n| self.number(n));
            wait.from.iter().for_each(|start| self.start(start));
        }
        for due in &step.due {
            self.number(&due.n);
            due.start_counted.iter().for_each(|n| self.number(n));
            due.from.iter().for_each(|start| self.start(start));
            self.late(due.late.as_ref());
        }
        if let Some(vote) = &step.vote {
            self.vote(&vote.rule);
        }
    }

    fn condition(&mut self, condition: &Condition) {
        self.uses.predicate.insert(condition.p.clone());
        self.uses.code.extend(condition.reason.clone());
        for item in predicate::facts_of(&condition.p) {
            self.item(item);
        }
        let Some(entry) = self.definitions.tables.predicate.get(&condition.p) else {
            return;
        };
        self.uses.code.insert(entry.reason.clone());
        for (name, kind) in &entry.params {
            let Some(argument) = condition.arguments.get(name) else {
                continue;
            };
            let super::schema::Argument::Text(text) = argument else {
                continue;
            };
            match kind {
                ArgumentKind::Int => text.parse().iter().for_each(|n| self.number(n)),
                ArgumentKind::List => {
                    self.uses.list.insert(text.clone());
                }
                ArgumentKind::Item if !text.starts_with('@') => self.item(text),
                ArgumentKind::Value => text
                    .strip_prefix('@')
                    .into_iter()
                    .for_each(|item| self.item(item)),
                ArgumentKind::Item | ArgumentKind::Step | ArgumentKind::Procedure => {}
            }
        }
    }

    fn vote(&mut self, id: &str) {
        if !self.uses.vote.insert(id.to_owned()) {
            return;
        }
        let Some(rule) = self.definitions.tables.vote.get(id) else {
            return;
        };
        for share in rule.quorum.iter().chain(&rule.pass) {
            if let Compare::Flag(number) = &share.2 {
                self.number(number);
            }
        }
        rule.of
            .iter()
            .filter_map(|of| of.parse().ok())
            .for_each(|n: Number| self.number(&n));
        if rule.with_committee.is_some() {
            self.item("has_committee");
        }
        rule.with_committee
            .iter()
            .chain(&rule.without_committee)
            .for_each(|rule| self.vote(rule));
    }

    fn item(&mut self, name: &str) {
        if self.definitions.tables.evidence.contains_key(name) {
            self.uses.evidence.insert(name.to_owned());
        } else {
            self.uses.fact.insert(name.to_owned());
            self.uses.code.extend(
                self.definitions
                    .tables
                    .fact
                    .get(name)
                    .map(|fact| fact.reason.clone()),
            );
        }
    }

    fn start(&mut self, start: &Start) {
        if let Start::Fact(item) = start {
            self.item(item);
        }
    }

    fn late(&mut self, late: Option<&Late>) {
        let Some(late) = late else { return };
        self.uses.code.extend(late.finding.clone());
        late.escalate.iter().for_each(|position| self.position(*position));
    }

    fn number(&mut self, number: &Number) {
        if let Number::Parameter { name, .. } = number {
            self.uses.param.insert(name.clone());
        }
    }

    fn right(&mut self, right: Right) {
        self.uses.role.insert(right.0.role.code().to_owned());
        self.uses.relation.insert(right.0.relation.code().to_owned());
    }

    fn position(&mut self, position: Position) {
        self.uses.relation.insert(position.relation.code().to_owned());
    }
}
