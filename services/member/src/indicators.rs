//! The counts that member answers for: the facts of a batch of branches by a handful of selects, the rest by rule.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use access::Node;
use kernel::{
    Day, Period, RpcError,
    id::{OrganizationId, PersonId, RecordId},
    indicator::{Count, Indicator, Span},
};
use proto::organization::v1::Office;
use runtime::desk::indicator::Counter;
use storage::Read;

use crate::{
    app::App,
    domain::{
        codes::{self, Kept},
        indicator::{self, Facts, Member, Sessions, Sheet},
    },
    store::{dues, posts, rolls, steps, training},
};

/// The posts of secretary and committee members.
const OFFICERS: [i32; 5] = [
    Office::Secretary as i32,
    Office::Deputy as i32,
    Office::Organisation as i32,
    Office::Publicity as i32,
    Office::Discipline as i32,
];

/// Counts the indicators of member.
#[derive(Clone)]
pub struct Indicators(pub App);

impl Counter for Indicators {
    fn keeps(&self, indicator: &str) -> bool {
        indicator::KEPT.contains(&indicator)
    }

    async fn count(
        &self,
        read: &Read,
        branches: &[Arc<Node>],
        indicators: &[&'static Indicator],
        span: Span,
    ) -> Result<Vec<Vec<Count>>, RpcError> {
        let ids: Vec<OrganizationId> = branches.iter().map(|node| node.id).collect();
        let facts = load(read, branches, &ids, span.period).await?;
        let sessions = training::of_branches(read, &ids, span.period).await?;
        let row = |facts: &Facts| counts(facts, &sessions, indicators, span);
        Ok(facts.iter().map(row).collect())
    }
}

fn counts(facts: &Facts, sessions: &Sessions, indicators: &[&'static Indicator], span: Span) -> Vec<Count> {
    indicators
        .iter()
        .map(|line| indicator::count(&line.id, facts, sessions, span))
        .collect()
}

/// The facts of the branches, in the order given.
async fn load(
    read: &Read,
    branches: &[Arc<Node>],
    ids: &[OrganizationId],
    period: Period,
) -> Result<Vec<Facts>, RpcError> {
    let position = storage::feed::position(read).await?;
    let mut facts: HashMap<OrganizationId, Facts> = branches
        .iter()
        .map(|node| (node.id, empty(node, period.last(), position)))
        .collect();
    members(read, ids, period, &mut facts).await?;
    for kept in steps::due(read, ids, period.first(), period.last()).await? {
        if let Some(facts) = facts.get_mut(&kept.step.branch) {
            facts.steps.push((kept.id, kept.step));
        }
    }
    let (first, last) = indicator::months(period);
    let mut lines = dues::lined(read, ids, first, last).await?;
    for row in dues::sums(read, ids, first, last).await? {
        if let Some(facts) = facts.get_mut(&OrganizationId(row.branch_id)) {
            let (owed, in_time) = (row.owed.into(), row.in_time.into());
            facts.sheets.push(Sheet {
                id: RecordId(row.id),
                month: row.month,
                owed,
                in_time,
                lines: lines.remove(&row.id).unwrap_or_default(),
            });
        }
    }
    for (branch, person, post, holding) in
        posts::holdings(read, ids, &OFFICERS, Office::Secretary as i32).await?
    {
        if let Some(facts) = facts.get_mut(&branch) {
            facts.holdings.entry(person).or_default().push((post, holding));
        }
    }
    Ok(ids.iter().filter_map(|id| facts.remove(id)).collect())
}

async fn members(
    read: &Read,
    ids: &[OrganizationId],
    period: Period,
    facts: &mut HashMap<OrganizationId, Facts>,
) -> Result<(), RpcError> {
    let lacking = |record: rolls::Record| {
        let missing = codes::missing(record.phone == 1, &record.education, &record.occupation);
        (record.person_id.into(), missing)
    };
    let missing: HashMap<PersonId, Vec<Kept>> = rolls::records(read, ids, period)
        .await?
        .into_iter()
        .map(lacking)
        .collect();
    for member in rolls::members(read, ids.iter().copied(), Some(period)).await? {
        let (person, stay) = (member.person(), member.stay());
        if let Some(facts) = facts.get_mut(&stay.branch) {
            let missing = missing.get(&person).cloned().unwrap_or_default();
            facts.members.push(Member {
                person,
                stay,
                dates: member.dates(),
                missing,
            });
        }
    }
    Ok(())
}

fn empty(node: &Arc<Node>, on: Day, position: u64) -> Facts {
    Facts {
        kind: node.on(on).kind,
        founded_on: node.founded_on,
        dissolved_on: node.dissolved_on,
        members: Vec::new(),
        steps: Vec::new(),
        sheets: Vec::new(),
        holdings: BTreeMap::new(),
        position,
    }
}
