//! What resource counts for a branch and a period (`zhibu.indicator.v1`).

use std::{collections::HashMap, sync::Arc};

use access::Node;
use kernel::{
    RpcError,
    day::{add_days, start_of},
    id::{BookingId, OrganizationId},
    indicator::{Count, Indicator, NOT_KEPT_YET, Span},
};
use runtime::desk::indicator::Counter;
use storage::Read;

use crate::{app::App, domain::span, store::bookings};

/// The indicator that is kept: for each branch the confirmed bookings with a start in the period that were
/// neither kept nor cancelled (S-210). What can still be kept is not missed.
const MISSED: &str = "resource.booking.missed";

/// Counts the indicators of resource.
#[derive(Clone)]
pub struct Indicators(pub App);

impl Counter for Indicators {
    fn keeps(&self, indicator: &str) -> bool {
        indicator == MISSED
    }

    async fn count(
        &self,
        read: &Read,
        nodes: &[Arc<Node>],
        indicators: &[&'static Indicator],
        span: Span,
    ) -> Result<Vec<Vec<Count>>, RpcError> {
        let branches: Vec<OrganizationId> = nodes.iter().map(|node| node.id).collect();
        let (first, last) = (span.period.first(), span.period.last());
        let starting = span::Span {
            start: start_of(first),
            end: start_of(add_days(last, 1)),
        };
        let now = self.0.clock.now();
        let missed = bookings::missed(read, &branches, starting, now).await?;
        let missed = counts(&branches, missed);
        let row = |missed: Count| indicators.iter().map(|line| counted(line, &missed)).collect();
        Ok(missed.into_iter().map(row).collect())
    }
}

fn counted(line: &Indicator, missed: &Count) -> Count {
    if line.id == MISSED {
        missed.clone()
    } else {
        Count::none(NOT_KEPT_YET)
    }
}

fn counts(branches: &[OrganizationId], found: Vec<(OrganizationId, BookingId)>) -> Vec<Count> {
    let mut of: HashMap<OrganizationId, Vec<String>> = HashMap::new();
    for (branch, booking) in found {
        of.entry(branch).or_default().push(booking.to_string());
    }
    let count = |branch: &OrganizationId| {
        let evidence = of.remove(branch).unwrap_or_default();
        Count::number(i64::try_from(evidence.len()).unwrap_or(i64::MAX), evidence)
    };
    branches.iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_that_missed_nothing_counts_zero_and_the_others_name_their_bookings() {
        let (good, bad) = (OrganizationId::new(), OrganizationId::new());
        let missed = [BookingId::new(), BookingId::new()];
        let counts = counts(&[good, bad], missed.iter().map(|id| (bad, *id)).collect());
        assert_eq!(counts[0], Count::number(0, vec![]));
        assert_eq!(
            counts[1],
            Count::number(2, missed.iter().map(ToString::to_string).collect())
        );
    }
}
