//! The counts that organization answers for.

use std::sync::Arc;

use access::Node;
use kernel::{
    RpcError,
    indicator::{Count, Indicator, Span},
};
use runtime::desk::indicator::Counter;
use storage::Read;

use crate::{
    app::App,
    domain::{branch::Branch, indicator},
    store::branches,
};

/// Counts the indicators of organization.
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
        let branches = branches::load(read, nodes, span.period.last()).await?;
        let row = |branch: &Branch| {
            indicators
                .iter()
                .map(|line| indicator::count(&line.id, branch, span))
                .collect()
        };
        Ok(branches.iter().map(row).collect())
    }
}
