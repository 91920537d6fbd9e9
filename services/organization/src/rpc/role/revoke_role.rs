//! Ends a role assignment.

use std::collections::BTreeSet;

use access::Authorized;
use kernel::{Refusal, RpcError, day::add_days, id::GrantId};
use proto::organization::v1::{RevokeRoleRequest, RevokeRoleResponse};
use wire::Fields;

use crate::{
    app::App,
    events,
    store::{epochs, roles},
};

/// The role held yesterday for the last time; who stands on it is refused within seconds everywhere.
pub async fn run(app: App, request: Authorized<RevokeRoleRequest>) -> Result<RevokeRoleResponse, RpcError> {
    let mut fields = Fields::new();
    let id: Option<GrantId> = fields.parse("grant_id", &request.grant_id);
    let id = fields.build(id)?;
    let last = add_days(app.clock.today(), -1);

    let tx = app.store.begin(&request).await?;
    let there = roles::get(&tx, id).await?.ok_or_else(Refusal::not_found)?;
    epochs::hold(&tx, &BTreeSet::from([there.subject])).await?;
    let there = roles::get(&tx, id).await?.ok_or_else(Refusal::not_found)?;
    let last = there.until.map_or(last, |until| until.min(last));
    if there.until == Some(last) {
        tx.unchanged();
    } else {
        roles::end(&tx, id, Some(last)).await?;
        events::caller(&tx, there.subject, there.organization).await?;
    }
    tx.concerns(there.organization, id.into());
    tx.commit(RevokeRoleResponse {
        until: last.to_string(),
    })
    .await
}
