//! The ids that were given to external ids.

use access::Authorized;
use kernel::RpcError;
use proto::organization::v1::{ResolveExternalIdsRequest, ResolveExternalIdsResponse, ResolvedId};

use crate::{app::App, store::external_ids};

/// Answers in the order asked; what is unknown, or outside the caller's ranges, is left out.
pub async fn run(
    app: App,
    request: Authorized<ResolveExternalIdsRequest>,
) -> Result<ResolveExternalIdsResponse, RpcError> {
    let keys: Vec<_> = request
        .external_ids
        .iter()
        .map(|id| (id.system.clone(), id.value.clone()))
        .collect();

    let read = app.store.read(&request).await?;
    let known = external_ids::resolve(&read, &keys).await?;

    let visible = |key| {
        let id = *known.get(key)?;
        app.scopes
            .path(id)
            .is_some_and(|path| request.ranges().contains(&path))
            .then_some(id)
    };
    let resolved = request.external_ids.iter().zip(&keys).filter_map(|(asked, key)| {
        Some(ResolvedId {
            external_id: Some(asked.clone()),
            organization_id: visible(key)?.to_string(),
        })
    });
    Ok(ResolveExternalIdsResponse {
        resolved: resolved.collect(),
    })
}
