//! The counts that organization answers for.

use std::sync::Arc;

use access::Node;
use kernel::{
    OrganizationKind, RpcError,
    indicator::{Count, Indicator, Span},
};
use runtime::desk::indicator::Counter;

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
        nodes: &[Arc<Node>],
        indicators: &[&'static Indicator],
        span: Span,
    ) -> Result<Vec<Vec<Count>>, RpcError> {
        let branches = load(&self.0, nodes).await?;
        let row = |branch: &Branch| {
            indicators
                .iter()
                .map(|line| indicator::count(&line.id, branch, span))
                .collect()
        };
        Ok(branches.iter().map(row).collect())
    }
}

/// The branches given with their party groups, as the rules see them, in the order given.
pub async fn load(app: &App, nodes: &[Arc<Node>]) -> Result<Vec<Branch>, RpcError> {
    let groups = nodes.iter().flat_map(|node| app.scopes.subtree(node.id));
    let groups = groups.filter(|node| node.kind == OrganizationKind::PartyGroup);
    let everyone: Vec<Arc<Node>> = nodes.iter().cloned().chain(groups).collect();
    branches::load(&app.store.own(), &everyone).await
}
