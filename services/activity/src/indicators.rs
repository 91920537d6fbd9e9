//! The counts that activity answers for.

use std::{collections::HashMap, sync::Arc};

use access::Node;
use chrono::Datelike;
use kernel::{
    RpcError,
    id::{MeetingId, OrganizationId},
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
    },
    store::{leaders, records, sessions},
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
    let mut due = records::due(read, &ids, span.period).await?;
    let mut reviews = records::reviews(read, &ids, span.period.last().year()).await?;
    let (mut posts, mut cadres, mut attendance) = Default::default();
    if by_person {
        posts = leaders::posts(read, &ids).await?;
        cadres = leaders::cadres(read, &ids).await?;
        let days = (span.period.first(), span.period.last().max(span.freeze_day));
        attendance = sessions::attendance(read, &ids, days).await?;
    }
    let facts = branches.into_iter().zip(&ids).map(|(branch, id)| Facts {
        leaders: led(&mut posts, &mut cadres, *id),
        attendance: taken(&mut attendance, branch.sessions.iter().map(|session| session.id)),
        due: due.remove(id).unwrap_or_default(),
        reviews: reviews.remove(id).unwrap_or_default(),
        branch,
    });
    Ok(facts.collect())
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

fn taken(
    attendance: &mut HashMap<MeetingId, Attendance>,
    meetings: impl Iterator<Item = MeetingId>,
) -> HashMap<MeetingId, Attendance> {
    meetings
        .filter_map(|id| Some((id, attendance.remove(&id)?)))
        .collect()
}
