//! The stage of the worked cases: names become ids, TOML values become facts and evidence.

use std::{cell::RefCell, collections::BTreeMap};

use kernel::{
    OrganizationKind, Role,
    id::{OrganizationId, PersonId},
};
use toml::Value as Written;
use uuid::Uuid;

use super::walk::{File, Happening, Numbers};
use crate::{
    definition::{
        Definitions, days,
        schema::Step,
        tables::{EvidenceKind, FactKind},
    },
    engine::{Actor, Facts, Tree, Value, Vote, tree::Node},
};

/// What a document contains that nobody has changed.
const FIRST_CONTENT: &str = "v1";

/// The path of a name that leads nowhere, and what is wrong with it.
pub(super) type Nowhere = ([String; 2], String);

pub(super) struct Stage<'a> {
    pub(super) definitions: &'a Definitions,
    pub(super) tree: Tree,
    actors: BTreeMap<&'a str, Actor>,
    votes: &'a BTreeMap<String, Numbers>,
    organizations: BTreeMap<&'a str, OrganizationId>,
    persons: RefCell<BTreeMap<String, PersonId>>,
}

impl<'a> Stage<'a> {
    /// Sets the stage; a name that leads nowhere is told with its path.
    pub(super) fn of(definitions: &'a Definitions, file: &'a File) -> Result<Self, Nowhere> {
        let organizations: BTreeMap<&str, OrganizationId> = (1_u128..)
            .zip(&file.org)
            .map(|(n, one)| (one.id.as_str(), OrganizationId(Uuid::from_u128(n))))
            .collect();
        let mut nodes = Vec::new();
        for (index, one) in file.org.iter().enumerate() {
            let at = |what| (["org".to_owned(), index.to_string()], what);
            let parent = one
                .parent
                .as_deref()
                .map(|up| organizations.get(up).copied().ok_or(up))
                .transpose();
            let parent = parent.map_err(|up| at(format!("组织 {} 的上级 {up} 不在 org 之中", one.id)))?;
            let kind =
                kind(&one.kind).ok_or_else(|| at(format!("组织 {} 的类型 {} 不认识", one.id, one.kind)))?;
            nodes.push((
                organizations[one.id.as_str()],
                Node {
                    parent,
                    kind,
                    level: one.level,
                },
            ));
        }
        let mut stage = Self {
            definitions,
            tree: nodes.into_iter().collect(),
            actors: BTreeMap::new(),
            votes: &file.default.vote,
            organizations,
            persons: RefCell::default(),
        };
        for (index, one) in file.actor.iter().enumerate() {
            let mut holds = Vec::new();
            for text in &one.holds {
                let held = text
                    .split_once('@')
                    .and_then(|(role, at)| Some((Role::from_code(role)?, stage.organization(at)?)));
                holds.push(held.ok_or_else(|| {
                    let what = format!("人员 {} 的 {text} 应写作 职责@组织，两者都须存在", one.id);
                    (["actor".to_owned(), index.to_string()], what)
                })?);
            }
            let name = one.person.as_ref().unwrap_or(&one.id);
            let person = (!one.system).then(|| stage.person(name));
            stage.actors.insert(
                &one.id,
                Actor {
                    person,
                    holds,
                    system: one.system,
                    at: None,
                },
            );
        }
        Ok(stage)
    }

    pub(super) fn organization(&self, name: &str) -> Option<OrganizationId> {
        self.organizations.get(name).copied()
    }

    pub(super) fn actor(&self, name: &str) -> Option<Actor> {
        self.actors.get(name).cloned()
    }

    /// Persons need no list: whoever is named is one.
    pub(super) fn person(&self, name: &str) -> PersonId {
        let mut persons = self.persons.borrow_mut();
        let next = PersonId(Uuid::from_u128(
            u128::try_from(persons.len())
                .unwrap_or(u128::MAX)
                .saturating_add(1),
        ));
        *persons.entry(name.to_owned()).or_insert(next)
    }

    /// A written value as what the item is; a list that no table explains is one of codes.
    pub(super) fn value(&self, item: &str, written: &Written) -> Value {
        let tables = &self.definitions.tables;
        let people = tables
            .evidence
            .get(item)
            .is_some_and(|e| e.kind == EvidenceKind::People)
            || tables.fact.get(item).is_some_and(|f| f.kind == FactKind::People);
        match written {
            Written::Boolean(flag) => Value::Flag(*flag),
            Written::Integer(n) => Value::Int(*n),
            Written::Datetime(day) => days::of(*day).map_or(Value::Nothing, Value::Date),
            Written::String(text) => Value::Text(text.clone()),
            Written::Array(all) => {
                let texts = all
                    .iter()
                    .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
                if people {
                    Value::People(texts.map(|name| self.person(&name)).collect())
                } else {
                    Value::Codes(texts.collect())
                }
            }
            Written::Float(_) | Written::Table(_) => Value::Text(written.to_string()),
        }
    }

    /// The facts as the owners would supply them: a date that nobody mentions is known not to be.
    pub(super) fn facts(&self, written: &BTreeMap<String, Written>, open_cases: &[String]) -> Facts {
        let mut facts: BTreeMap<String, Value> = BTreeMap::new();
        for (name, fact) in &self.definitions.tables.fact {
            if fact.kind == FactKind::Date {
                facts.insert(name.clone(), Value::Nothing);
            }
        }
        facts.extend(
            written
                .iter()
                .map(|(name, value)| (name.clone(), self.value(name, value))),
        );
        if let Some(Value::Codes(open)) = facts.get_mut("open_cases") {
            open.extend(open_cases.iter().cloned());
        }
        Facts(facts)
    }

    /// The evidence that a step is given: what the event says, the typed value of the stage, a document.
    pub(super) fn evidence(
        &self,
        step: &Step,
        variant: Option<&str>,
        event: &Happening,
        stage: &BTreeMap<String, Written>,
    ) -> BTreeMap<String, Value> {
        let mut given = BTreeMap::new();
        for item in step
            .evidence_of(variant)
            .filter(|item| !event.omit.iter().any(|own| own == item))
        {
            let kind = self
                .definitions
                .tables
                .evidence
                .get(item)
                .map(|evidence| evidence.kind);
            let document = matches!(
                kind,
                None | Some(EvidenceKind::Doc | EvidenceKind::Minutes | EvidenceKind::Ref)
            );
            let value = match stage.get(item) {
                _ if document => Some(Value::Text(FIRST_CONTENT.to_owned())),
                written => written.map(|written| self.value(item, written)),
            };
            given.extend(value.map(|value| (item.to_owned(), value)));
        }
        given.extend(
            event
                .give
                .iter()
                .map(|(item, value)| (item.clone(), self.value(item, value))),
        );
        given
    }

    /// The numbers of the vote: the event's, else the stage's for this sort of vote.
    pub(super) fn vote(&self, step: &Step, event: &Happening) -> Option<Vote> {
        let ballot = step.vote.as_ref()?;
        let election = self
            .definitions
            .tables
            .vote
            .get(&ballot.rule)
            .is_some_and(|rule| rule.election);
        let numbers = event
            .vote
            .as_ref()
            .or_else(|| self.votes.get(if election { "elect" } else { "plain" }))?;
        Some(Vote {
            entitled: numbers.should,
            present: numbers.present,
            yes: numbers.yes,
            against: numbers.against,
            abstain: numbers.abstain,
            written: numbers.written,
            issued: numbers.issued,
            returned: numbers.returned,
            seats: numbers.seats,
            votes: numbers.votes.clone(),
        })
    }
}

fn kind(name: &str) -> Option<OrganizationKind> {
    Some(match name {
        "local" => OrganizationKind::LocalCommittee,
        "general" => OrganizationKind::GeneralBranch,
        "group" => OrganizationKind::PartyGroup,
        "leading" => OrganizationKind::LeadingGroup,
        "work" => OrganizationKind::WorkCommittee,
        "temporary" => OrganizationKind::TemporaryBranch,
        other => serde_json::from_value(serde_json::Value::String(other.to_owned())).ok()?,
    })
}
