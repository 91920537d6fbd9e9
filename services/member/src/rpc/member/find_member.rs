//! The member with an identity number.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::member::v1::{FindMemberRequest, FindMemberResponse};

use crate::{app::App, convert::members, store::persons};

/// Looks by blind index; the search is recorded with its purpose and whom it found. One that finds nobody is on record as
/// a refusal.
pub async fn run(app: App, request: Authorized<FindMemberRequest>) -> Result<FindMemberResponse, RpcError> {
    let today = app.clock.today();
    let index = members::sought(&request.identity_number, &app.index, today)?;

    let tx = app.store.begin(&request).await?;
    let seen = persons::find(&tx, &index, today)
        .await?
        .ok_or_else(Refusal::not_found)?;
    let member = members::shown(&seen, today, &app.keys)?;

    tx.concerns(seen.stay.branch_id.into(), seen.person.id);
    tx.commit(FindMemberResponse { member: Some(member) }).await
}
