//! Every name leads somewhere: states, steps, variants, anchors, evidence, parameters, vote rules.

use kernel::role::Anchor;

use super::{Found, Here};
use crate::definition::{
    schema::{Late, More, Objection, Step},
    tables::{EvidenceKind, FactKind},
    uses,
    words::{Goal, Number, Position, Right, Source, Start},
};

/// Who keeps cases, facts and evidence.
const SERVICES: [&str; 5] = ["organization", "member", "activity", "rating", "resource"];
/// Who else answers: the engine's own predicates, the keeper of the cases, and the gateway that counts requests.
const OTHERS: [&str; 3] = ["kernel", "process", "gateway"];

/// Owners of the shared tables, and the words for roles and relations that rights use.
pub(super) fn tables(found: &mut Found<'_>) {
    let definitions = found.definitions;
    let tables = &definitions.tables;
    let facts = tables
        .fact
        .iter()
        .map(|(key, one)| ("fact", key, one.owner.as_str()));
    let predicates = tables.predicate.iter();
    let predicates = predicates.map(|(key, one)| ("predicate", key, one.owner.as_str()));
    let evidence = tables.evidence.iter();
    let evidence = evidence.filter_map(|(key, one)| Some(("evidence", key, one.owner.as_deref()?)));
    for (table, key, owner) in facts.chain(predicates).chain(evidence) {
        if !SERVICES.contains(&owner) && !OTHERS.contains(&owner) {
            found.in_table("UNKNOWN_NAME", (table, key), format!("没有服务 {owner}"));
        }
    }
    for procedure in definitions.procedures() {
        let uses = uses::of(definitions, procedure);
        for role in uses.role.iter().filter(|role| !tables.role.contains_key(*role)) {
            found.in_table(
                "NAME_MISSING",
                ("role", role),
                format!("职责 {role} 没有中文名称"),
            );
        }
        let unnamed = |relation: &&String| !tables.relation.contains_key(*relation);
        for relation in uses.relation.iter().filter(unnamed) {
            found.in_table(
                "NAME_MISSING",
                ("relation", relation),
                format!("关系 {relation} 没有中文名称"),
            );
        }
    }
}

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let owner = &here.procedure.owner;
    here.known(&["owner"], "服务", owner, |_, id| SERVICES.contains(&id));
    for state in &here.procedure.states {
        let path = ["states", &state.id, "publicity"];
        if let Some(publicity) = &state.publicity {
            here.number(&path, &publicity.n);
            publicity.start_counted.iter().for_each(|n| here.number(&path, n));
            here.anchor(&path, publicity.audience.anchor);
        }
    }
    for step in &here.procedure.steps {
        places(here, step);
        needs(here, step);
        clocks(here, step);
    }
    for objection in &here.procedure.objections {
        self::objection(here, objection);
    }
}

fn places(here: &mut Here<'_, '_>, step: &Step) {
    for from in &step.from {
        if let Source::State(state) = from {
            here.state(&["step", &step.id, "from"], state);
        }
    }
    here.goal(&["step", &step.id, "to"], &step.to);
    if let Some(ballot) = &step.vote {
        let path = ["step", &step.id, "vote"];
        here.known(&path, "表决规则", &ballot.rule, |here, id| {
            here.definitions().tables.vote.contains_key(id)
        });
        let otherwise = [&ballot.to.fail, &ballot.to.tie];
        otherwise
            .into_iter()
            .flatten()
            .for_each(|goal| here.goal(&path, goal));
    }
    for variant in step.variants.iter() {
        here.variant(&["step", &step.id, "for"], variant);
    }
    for variant in step.more.keys() {
        here.variant(&["step", &step.id, "more", variant], variant);
    }
    if let Some(anchor) = &step.rebase {
        here.known(&["step", &step.id, "rebase"], "相关方", anchor, |here, id| {
            here.procedure.anchors.iter().any(|own| own == id)
        });
    }
    here.rights(&["step", &step.id, "who"], &step.who);
}

fn needs(here: &mut Here<'_, '_>, step: &Step) {
    let added = || step.more.iter();
    here.evidence(&["step", &step.id, "evidence"], &step.evidence);
    here.evidence(&["step", &step.id, "binds"], &step.binds);
    for (variant, more) in added() {
        here.evidence(&["step", &step.id, "more", variant, "evidence"], &more.evidence);
    }
    for (key, steps) in [("apart", &step.apart), ("same", &step.same)] {
        here.steps(&["step", &step.id, key], steps);
    }
    let more = |take: fn(&More) -> Vec<(&String, &Number)>| added().flat_map(move |(_, more)| take(more));
    let after = step.after.iter().chain(more(|more| more.after.iter().collect()));
    let ever = step.ever.iter().chain(more(|more| more.ever.iter().collect()));
    for (key, counted) in [("after", after.collect::<Vec<_>>()), ("ever", ever.collect())] {
        for (name, n) in counted {
            here.steps(&["step", &step.id, key], std::slice::from_ref(name));
            here.number(&["step", &step.id, key], n);
        }
    }
}

fn clocks(here: &mut Here<'_, '_>, step: &Step) {
    let path = ["step", &step.id, "wait"];
    for wait in step
        .wait
        .iter()
        .chain(step.more.values().flat_map(|more| &more.wait))
    {
        here.number(&path, &wait.n);
        wait.start_counted.iter().for_each(|n| here.number(&path, n));
        here.starts(&path, &wait.from);
    }
    let path = ["step", &step.id, "due"];
    for due in &step.due {
        here.number(&path, &due.n);
        due.start_counted.iter().for_each(|n| here.number(&path, n));
        here.starts(&path, &due.from);
        due.states.iter().for_each(|state| here.state(&path, state));
        here.late(&path, due.late.as_ref());
    }
}

fn objection(here: &mut Here<'_, '_>, objection: &Objection) {
    let id = &objection.id;
    for state in &objection.states {
        here.state(&["objection", id, "in"], state);
    }
    here.state(&["objection", id, "upheld_to"], &objection.upheld_to);
    here.steps(&["objection", id, "apart"], &objection.apart);
    here.steps(
        &["objection", id, "blocks"],
        objection.blocks.as_deref().unwrap_or_default(),
    );
    here.rights(&["objection", id, "who"], &objection.who);
    here.rights(&["objection", id, "decider"], &objection.decider);
    if let Some(answer) = &objection.answer {
        here.number(&["objection", id, "answer"], &answer.n);
        here.late(&["objection", id, "answer"], answer.late.as_ref());
    }
}

impl Here<'_, '_> {
    fn known(&mut self, path: &[&str], kind: &str, name: &str, is: impl Fn(&Self, &str) -> bool) {
        if !is(self, name) {
            self.mistake("UNKNOWN_NAME", path, format!("没有{kind} {name}"));
        }
    }

    fn state(&mut self, path: &[&str], name: &str) {
        self.known(path, "状态", name, |here, id| {
            here.procedure.state(id).is_some()
        });
    }

    fn goal(&mut self, path: &[&str], goal: &Goal) {
        if let Goal::State(state) = goal {
            self.state(path, state);
        }
    }

    fn variant(&mut self, path: &[&str], name: &str) {
        self.known(path, "类别", name, |here, id| {
            here.procedure.variants.contains_key(id)
        });
    }

    fn steps(&mut self, path: &[&str], names: &[String]) {
        for name in names {
            self.known(path, "步骤", name, |here, id| here.procedure.step(id).is_some());
        }
    }

    fn evidence(&mut self, path: &[&str], names: &[String]) {
        for name in names {
            self.known(path, "材料", name, |here, id| {
                here.definitions().tables.evidence.contains_key(id)
            });
        }
    }

    fn starts(&mut self, path: &[&str], starts: &[Start]) {
        for start in starts {
            match start {
                Start::Step(step) => self.steps(path, std::slice::from_ref(step)),
                Start::Fact(item) => self.known(path, "日期", item, |here, id| here.is_date(id)),
                Start::Enter | Start::Earliest => {}
            }
        }
    }

    fn is_date(&self, item: &str) -> bool {
        let tables = &self.definitions().tables;
        let evidence = tables
            .evidence
            .get(item)
            .map(|one| one.kind == EvidenceKind::Date);
        let fact = || tables.fact.get(item).map(|one| one.kind == FactKind::Date);
        evidence.or_else(fact).unwrap_or(false)
    }

    fn number(&mut self, path: &[&str], number: &Number) {
        if let Number::Parameter { name, .. } = number {
            self.known(path, "参数", name, |here, id| {
                here.definitions().tables.param.contains_key(id)
            });
        }
    }

    fn late(&mut self, path: &[&str], late: Option<&Late>) {
        let Some(late) = late else { return };
        if let Some(to) = &late.moves_to {
            self.state(path, to);
        }
        if let Some(Position { anchor, .. }) = late.escalate {
            self.anchor(path, anchor);
        }
    }

    fn rights(&mut self, path: &[&str], rights: &[Right]) {
        for right in rights {
            self.anchor(path, right.0.anchor);
        }
    }

    fn anchor(&mut self, path: &[&str], anchor: Anchor) {
        let name = match anchor {
            Anchor::Subject => return,
            Anchor::Target => "target",
            Anchor::Side => "side",
        };
        self.known(path, "相关方", name, |here, id| {
            here.procedure.anchors.iter().any(|own| own == id)
        });
    }
}
