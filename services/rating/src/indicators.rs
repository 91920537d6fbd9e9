//! The counts that rating answers for.

use std::{collections::HashMap, sync::Arc};

use access::Node;
use chrono::Datelike;
use kernel::{
    RpcError,
    id::{CaseId, OrganizationId},
    indicator::{Catalogue, Count, Indicator, NOT_KEPT_YET, Span},
};
use runtime::desk::indicator::Counter;
use storage::{Read, Reading};

use crate::{
    app::App,
    domain::{
        explanation::Fact,
        ledger::{self, Finding},
        marks::{COMMITTEE, Marks, SUPERIOR},
    },
    store::{findings, marks, marks::Entered, rectifications},
};

const CLOSED: &str = "rating.finding.closed";
const OVERDUE: &str = "rating.finding.overdue";
const RECTIFICATION: &str = "rating.rectification.open";
/// The indicators that are kept.
pub const KEPT: [&str; 5] = [CLOSED, OVERDUE, RECTIFICATION, SUPERIOR, COMMITTEE];

/// Counts the indicators of rating.
#[derive(Clone)]
pub struct Indicators(pub App);

impl Counter for Indicators {
    fn keeps(&self, indicator: &str) -> bool {
        KEPT.contains(&indicator)
    }

    async fn count(
        &self,
        read: &Read,
        branches: &[Arc<Node>],
        indicators: &[&'static Indicator],
        span: Span,
    ) -> Result<Vec<Vec<Count>>, RpcError> {
        let ids: Vec<OrganizationId> = branches.iter().map(|node| node.id).collect();
        let known = Known::read(read, &ids, span).await?;
        let row = |id: &OrganizationId| {
            indicators
                .iter()
                .map(|line| known.count(&line.id, *id, span))
                .collect()
        };
        Ok(ids.iter().map(row).collect())
    }
}

/// What is known of some branches, three selects for all of them.
struct Known {
    due: HashMap<OrganizationId, Vec<Finding>>,
    open: HashMap<OrganizationId, Vec<CaseId>>,
    marks: HashMap<OrganizationId, Entered>,
}

impl Known {
    async fn read(read: &impl Reading, ids: &[OrganizationId], span: Span) -> Result<Self, RpcError> {
        Ok(Self {
            due: findings::due(read, ids, span.period).await?,
            open: rectifications::open_on(read, ids, span.period.last()).await?,
            marks: match span.closing_year() {
                Some(year) => marks::of_year(read, year.first().year(), ids).await?,
                None => HashMap::new(),
            },
        })
    }

    fn count(&self, indicator: &str, branch: OrganizationId, span: Span) -> Count {
        let due = || self.due.get(&branch).map(Vec::as_slice).unwrap_or_default();
        match indicator {
            CLOSED => ledger::closed_in_time(due()),
            OVERDUE => ledger::overdue(due(), span.freeze_day),
            RECTIFICATION => {
                let open = self.open.get(&branch).map(Vec::as_slice).unwrap_or_default();
                let evidence: Vec<String> = open.iter().map(ToString::to_string).collect();
                Count::number(i64::try_from(evidence.len()).unwrap_or(i64::MAX), evidence)
            }
            _ => reviewed(indicator, self.marks.get(&branch)),
        }
    }
}

fn reviewed(indicator: &str, entered: Option<&Entered>) -> Count {
    match (indicator, entered) {
        (SUPERIOR, Some(one)) => one.marks.superior(),
        (SUPERIOR, None) => Marks::none_yet(),
        (COMMITTEE, Some(one)) => one.marks.committee(&one.meeting.to_string()),
        (COMMITTEE, None) => Count::none("NO_VALID_BALLOT"),
        _ => Count::none(NOT_KEPT_YET),
    }
}

/// Whether an indicator comes with the debrief step, so that it is not frozen with the others.
#[must_use]
pub fn is_review(indicator: &str) -> bool {
    indicator.starts_with("rating.review.") || indicator.starts_with("rating.turnout.")
}

/// What rating itself freezes of some branches, in the order of the catalogue.
pub async fn frozen(
    read: &impl Reading,
    branches: &[OrganizationId],
    span: Span,
    cursor: &str,
) -> Result<HashMap<OrganizationId, Vec<Fact>>, RpcError> {
    let known = Known::read(read, branches, span).await?;
    let lines = || {
        Catalogue::shipped()
            .of_owner("rating")
            .filter(|line| !is_review(&line.id))
    };
    let facts = |branch: OrganizationId| {
        lines()
            .map(|line| fact(&line.id, known.count(&line.id, branch, span), cursor))
            .collect()
    };
    Ok(branches.iter().map(|branch| (*branch, facts(*branch))).collect())
}

/// The review facts that the debrief step brings.
#[must_use]
pub fn review(entered: &Entered) -> Vec<Fact> {
    let cursor = format!("rating@marks:{}", entered.version);
    let lines = Catalogue::shipped()
        .of_owner("rating")
        .filter(|line| is_review(&line.id));
    lines
        .map(|line| fact(&line.id, reviewed(&line.id, Some(entered)), &cursor))
        .collect()
}

fn fact(indicator: &str, count: Count, cursor: &str) -> Fact {
    let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
    let (numerator, denominator, applicable, reason, evidence) = match count {
        Count::Applies {
            numerator,
            denominator,
            evidence,
        } => (
            unsigned(numerator),
            unsigned(denominator),
            true,
            String::new(),
            evidence,
        ),
        Count::NotApplicable { reason } => (0, 0, false, reason.to_owned(), Vec::new()),
    };
    let (indicator, cursor) = (indicator.to_owned(), cursor.to_owned());
    Fact {
        indicator,
        numerator,
        denominator,
        applicable,
        reason,
        evidence,
        cursor,
    }
}
