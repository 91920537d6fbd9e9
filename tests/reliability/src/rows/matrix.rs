//! A1: every method of the contract, asked by everybody: each role, held everywhere around the organization that is
//! asked about, over and not yet begun; strangers, wrong credentials, services; at the gateway's door and at the ports
//! of the services. What each is told is what the second reading of the rights says (`tests/rights.rs`).

mod askers;
mod cell;

use std::sync::Arc;

use ::tests::rights::{Door, Rule, Scope, Tree, judge, rules};
use gateway::tokens::BuiltIn;
use kernel::{id::OrganizationId, planted::Bug};
use prost_reflect::MethodDescriptor;
use proto::organization::v1::OrganizationKind;
use seal::Keyring;
use tokio::task::JoinSet;
use tonic::metadata::MetadataValue;

use self::{
    askers::{Asker, contexts, people, unbelieved},
    cell::{Cell, ask_all},
};
use crate::{
    county::{County, Place},
    lab::{Lab, Size, Trouble},
    raw::wrong_but,
    row::{Bad, Outcome, Row, Run},
    suite::{Replicas, Suite},
};

/// The row.
pub const ROW: Row = Row {
    id: "A1",
    what: "wrong answers of method × role × relation × credential, at the gateway and at the ports of the services",
    least: (25_000, 25_000),
    teeth: &[(Bug::OpenCell, WRONG)],
    run: |lab, size, bug| -> Run<'_> { Box::pin(run(lab, size, bug)) },
};

const WRONG: &str = "wrong cells";
const ALL: [Replicas; 6] = [
    ("organization", 1),
    ("member", 1),
    ("activity", 1),
    ("rating", 1),
    ("resource", 1),
    ("gateway", 1),
];
/// Calls at the same time, each with a connection of its own.
const TOGETHER: usize = 12;
/// What stands below the county, number 0, all of it under one name: a town, its general branch, a branch, a group
/// of that, a sibling of the branch, another town, its branch, a branch that was dissolved.
const PLACES: [Place; 8] = [
    Place::new(0, OrganizationKind::Committee, "a1-town"),
    Place::new(1, OrganizationKind::GeneralBranch, "a1-general"),
    Place::new(2, OrganizationKind::Branch, "a1-branch"),
    Place::new(3, OrganizationKind::PartyGroup, "a1-group"),
    Place::new(2, OrganizationKind::Branch, "a1-sibling"),
    Place::new(0, OrganizationKind::Committee, "a1-other-town"),
    Place::new(6, OrganizationKind::Branch, "a1-cousin"),
    Place {
        dissolved_on: "2020-12-31",
        ..Place::new(1, OrganizationKind::Branch, "a1-dissolved")
    },
];
const BRANCH: usize = 3;
const DISSOLVED: usize = 8;

async fn run(lab: &Lab, _: Size, bug: Option<Bug>) -> Result<Outcome, Trouble> {
    let suite = Suite::start(lab, "a1", &ALL, bug).await?;
    let county = County::found(&suite, 0).await?;
    let world = World::make(lab, &suite, &county).await?;
    let mut cells = world.at_the_gateway(&suite);
    cells.extend(world.at_the_ports(&suite)?);
    let tried = cells.len() as u64;
    let mut shares: Vec<Vec<Cell>> = (0..TOGETHER).map(|_| Vec::new()).collect();
    for (at, cell) in cells.into_iter().enumerate() {
        shares[at % TOGETHER].push(cell);
    }
    let mut asking = JoinSet::new();
    for share in shares {
        asking.spawn(ask_all(share));
    }
    let mut bad = Bad::default();
    while let Some(found) = asking.join_next().await {
        bad.take(found.map_err(|error| Trouble(error.to_string()))?);
    }
    suite.stop().await;
    Ok(Outcome { tried, bad })
}

/// What is asked about, and by whom.
struct World {
    ids: Vec<OrganizationId>,
    tree: Tree,
    people: Vec<Asker>,
    /// Credentials that are wrong, and none at all.
    others: Vec<Asker>,
    foreign: Arc<Keyring>,
}

impl World {
    async fn make(lab: &Lab, suite: &Suite, county: &County) -> Result<Self, Trouble> {
        let mut ids = vec![county.root];
        ids.extend(county.grow(&PLACES).await?);
        let above = PLACES.iter().map(|place| Some(place.above));
        let tree = Tree([None].into_iter().chain(above).collect());
        let folder = lab.folder.join(format!("{}-foreign", suite.database));
        Keyring::create(&folder).map_err(|error| Trouble(error.to_string()))?;
        let foreign = Keyring::load(&folder).map_err(|error| Trouble(error.to_string()))?;
        let stranger = BuiltIn::open(&folder).map_err(|error| Trouble(error.to_string()))?;
        Ok(Self {
            people: people(suite, county, &ids).await?,
            others: unbelieved(suite, &stranger)?,
            foreign: Arc::new(foreign),
            tree,
            ids,
        })
    }

    fn id(&self, asked: Option<usize>) -> String {
        asked.map_or_else(
            || OrganizationId::new().to_string(),
            |at| self.ids[at].to_string(),
        )
    }

    /// Everybody asks for every method.
    fn at_the_gateway(&self, suite: &Suite) -> Vec<Cell> {
        let at = suite.uris(gateway::NAME).first().cloned().unwrap_or_default();
        let mut cells = Vec::new();
        for (rule, method) in methods() {
            for asked in asked_about(&rule) {
                let body = Arc::new(self.body(&rule, &method, asked));
                for service in named(&rule.method) {
                    for one in self.people.iter().chain(&self.others) {
                        let mut headers: Vec<_> = one.header.clone().into_iter().collect();
                        headers
                            .extend(service.map(|name| ("zhibu-service", MetadataValue::from_static(name))));
                        cells.push(Cell {
                            at: at.clone(),
                            method: rule.method.clone(),
                            body: body.clone(),
                            headers,
                            must: judge(&rule, &one.caller, Door::Gateway, &self.tree, asked),
                            said: format!("{} of {asked:?} by {}", rule.method, one.name),
                        });
                    }
                }
            }
        }
        cells
    }

    /// Services, and persons whose context is wrong, ask at the ports of the services.
    fn at_the_ports(&self, suite: &Suite) -> Result<Vec<Cell>, Trouble> {
        let askers = contexts(suite, &self.foreign, self.ids[BRANCH])?;
        let mut cells = Vec::new();
        for (rule, method) in methods() {
            let Some(at) = owner(&rule.method).and_then(|name| suite.uris(name).first().cloned()) else {
                continue;
            };
            let body = Arc::new(self.body(&rule, &method, Some(BRANCH)));
            for one in &askers {
                cells.push(Cell {
                    at: at.clone(),
                    method: rule.method.clone(),
                    body: body.clone(),
                    headers: one.header.clone().into_iter().collect(),
                    must: judge(&rule, &one.caller, Door::Own, &self.tree, Some(BRANCH)),
                    said: format!("{} at the port by {}", rule.method, one.name),
                });
            }
        }
        Ok(cells)
    }

    fn body(&self, rule: &Rule, method: &MethodDescriptor, asked: Option<usize>) -> Vec<u8> {
        match &rule.scope {
            Scope::Organization(field) => wrong_but(method, Some((field, self.id(asked)))),
            _ => wrong_but(method, None),
        }
    }
}

fn methods() -> impl Iterator<Item = (Rule, MethodDescriptor)> {
    let all: Vec<MethodDescriptor> = proto::DESCRIPTORS
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect();
    rules().into_iter().filter_map(move |rule| {
        let path = |method: &&MethodDescriptor| {
            rule.method == format!("/{}/{}", method.parent_service().full_name(), method.name())
        };
        let method = all.iter().find(path)?.clone();
        Some((rule, method))
    })
}

/// A branch, one that was dissolved, and one that does not exist; once where no organization is asked about.
fn asked_about(rule: &Rule) -> Vec<Option<usize>> {
    match rule.scope {
        Scope::Organization(_) => vec![Some(BRANCH), Some(DISSOLVED), None],
        _ => vec![None],
    }
}

/// The services to name where several serve the contract.
fn named(method: &str) -> &'static [Option<&'static str>] {
    match method.split('.').nth(1) {
        Some("process") => &[Some("resource"), Some("rating")],
        Some("audit") => &[
            Some("organization"),
            Some("member"),
            Some("activity"),
            Some("rating"),
            Some("resource"),
        ],
        _ => &[None],
    }
}

/// The service at whose port a method is asked for; none for what has no public port of its own.
fn owner(method: &str) -> Option<&'static str> {
    match method.split('.').nth(1)? {
        "organization" | "feed" | "audit" => Some("organization"),
        "member" | "indicator" => Some("member"),
        "activity" => Some("activity"),
        "rating" => Some("rating"),
        "resource" | "process" => Some("resource"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use access::Table;

    use super::*;

    /// The file is written by hand: whoever changes a right in the contract says it there too, or this fails.
    #[test]
    fn the_second_reading_of_the_rights_is_about_the_same_contract() {
        let rules: BTreeMap<String, Rule> = rules()
            .into_iter()
            .map(|rule| (rule.method.clone(), rule))
            .collect();
        let table: BTreeMap<_, _> = Table::of_suite()
            .iter()
            .map(|policy| (policy.path.clone(), policy))
            .collect();
        assert_eq!(rules.keys().collect::<Vec<_>>(), table.keys().collect::<Vec<_>>());
        for (path, rule) in &rules {
            let policy = table[path];
            let who: Vec<String> = policy.who.iter().map(ToString::to_string).collect();
            let same: Vec<String> = rule
                .who
                .iter()
                .map(|(role, relation)| format!("{role}@{relation}"))
                .collect();
            assert_eq!(same, who, "{path}");
            let scope = match &policy.scope {
                access::Scope::Organization(field) => Scope::Organization(field.clone()),
                access::Scope::Rows => Scope::Rows,
                access::Scope::Case => Scope::Case,
                access::Scope::Own => Scope::Own,
                access::Scope::Public => Scope::Public,
                access::Scope::System(from) => Scope::System(from.clone()),
            };
            assert_eq!(rule.scope, scope, "{path}");
            assert_eq!(
                (rule.purpose, rule.second_factor),
                (policy.purpose, policy.step_up),
                "{path}"
            );
        }
    }

    #[test]
    fn every_method_has_its_descriptor() {
        assert_eq!(methods().count(), rules().len());
    }
}
