//! A cycle and how far it is.

use access::Authorized;
use kernel::{Refusal, RpcError, id::CycleId};
use proto::rating::v1::{GetCycleRequest, GetCycleResponse};
use wire::Fields;

use crate::{
    app::App,
    convert,
    store::{cycles, outcomes},
};

/// Reads the cycle with its branches counted.
pub async fn run(app: App, request: Authorized<GetCycleRequest>) -> Result<GetCycleResponse, RpcError> {
    let mut fields = Fields::new();
    let id: Option<CycleId> = fields.parse("cycle_id", &request.cycle_id);
    let id = fields.build(id)?;

    let read = app.store.snapshot(&request).await?;
    let cycle = cycles::get(&read, id).await?.ok_or_else(Refusal::not_found)?;
    let progress = outcomes::progress(&read, id).await?;
    Ok(GetCycleResponse {
        cycle: Some(convert::cycle(&cycle, &progress)),
    })
}
