//! The counts that activity answers for.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use access::Node;
use chrono::Datelike;
use kernel::{
    RpcError,
    id::{MeetingId, OrganizationId, PersonId},
    indicator::{Count, Indicator, Span},
};
use runtime::desk::indicator::Counter;
use storage::Read;

use crate::{
    app::App,
    branches,
    domain::{
        indicator::{self, Facts},
        leader::{Attendance, Leader},
        owed::Session,
    },
    store::{contacts, leaders, outages, records, sessions},
};

/// Counts the indicators of activity.
#[derive(Clone)]
pub struct Indicators(pub App);

impl Counter for Indicators {
    fn keeps(&self, indicator: &str) -> bool {
        indicator::KEPT.contains(&indicator)
    }

    async fn count(
        &self,
        read: &Read,
        nodes: &[Arc<Node>],
        indicators: &[&'static Indicator],
        span: Span,
    ) -> Result<Vec<Vec<Count>>, RpcError> {
        let by_person = indicators
            .iter()
            .any(|line| indicator::BY_PERSON.contains(&line.id.as_str()));
        let facts = load(&self.0, read, nodes, span, by_person).await?;
        let row = |facts: &Facts| {
            indicators
                .iter()
                .map(|line| indicator::count(&line.id, facts, span))
                .collect()
        };
        Ok(facts.iter().map(row).collect())
    }
}

/// The facts of a batch of branches, in the order given; who was at meetings only where somebody asks.
async fn load(
    app: &App,
    read: &Read,
    nodes: &[Arc<Node>],
    span: Span,
    by_person: bool,
) -> Result<Vec<Facts>, RpcError> {
    let ids: Vec<OrganizationId> = nodes.iter().map(|node| node.id).collect();
    let branches = branches::load(read, &app.scopes, nodes, span.period, span.freeze_day).await?;
    let days = branches::days(span.period, span.freeze_day);
    let mut due = records::due(read, &ids, (days.0, span.period.last())).await?;
    let mut reviews = match span.closing_year() {
        Some(year) => records::reviews(read, &ids, year.first().year()).await?,
        None => HashMap::new(),
    };
    let mut outages = outages::of_branches(read, &ids).await?;
    let (mut posts, mut cadres, mut attendance, mut lectures) = Default::default();
    if by_person {
        posts = leaders::posts(read, &ids).await?;
        cadres = leaders::cadres(read, &ids).await?;
        attendance = sessions::attendance(read, &ids, days).await?;
        lectures = contacts::lectures(read, &persons(&posts, &cadres), days).await?;
    }
    let facts = branches.into_iter().zip(nodes).map(|(branch, node)| {
        let leaders = led(&mut posts, &mut cadres, node.id);
        Facts {
            domain: node.on(span.period.last()).domain,
            elsewhere: given(&leaders, &lectures),
            leaders,
            attendance: taken(&mut attendance, branch.sessions.iter().map(|session| session.id)),
            outages: outages.remove(&node.id).unwrap_or_default(),
            due: due.remove(&node.id).unwrap_or_default(),
            reviews: reviews.remove(&node.id).unwrap_or_default(),
            branch,
        }
    });
    Ok(facts.collect())
}

fn persons(
    posts: &HashMap<OrganizationId, leaders::Posts>,
    cadres: &HashMap<OrganizationId, Vec<Leader>>,
) -> BTreeSet<PersonId> {
    let posts = posts.values().flat_map(|posts| &posts.leaders);
    let all = posts.chain(cadres.values().flatten());
    all.map(|leader| leader.person).collect()
}

fn led(
    posts: &mut HashMap<OrganizationId, leaders::Posts>,
    cadres: &mut HashMap<OrganizationId, Vec<Leader>>,
    branch: OrganizationId,
) -> Vec<Leader> {
    let mut leaders = posts.remove(&branch).unwrap_or_default().leaders;
    leaders.extend(cadres.remove(&branch).unwrap_or_default());
    leaders
}

/// The lectures that these leaders gave at their contact points.
fn given(leaders: &[Leader], lectures: &HashMap<PersonId, Vec<Session>>) -> Vec<(PersonId, Session)> {
    let persons: BTreeSet<PersonId> = leaders.iter().map(|leader| leader.person).collect();
    let of = |person: PersonId| {
        let theirs = lectures.get(&person).into_iter().flatten();
        theirs.map(move |session| (person, session.clone()))
    };
    persons.into_iter().flat_map(of).collect()
}

fn taken(
    attendance: &mut HashMap<MeetingId, Attendance>,
    meetings: impl Iterator<Item = MeetingId>,
) -> HashMap<MeetingId, Attendance> {
    meetings
        .filter_map(|id| Some((id, attendance.remove(&id)?)))
        .collect()
}
