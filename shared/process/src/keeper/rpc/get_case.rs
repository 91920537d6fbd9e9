//! One case with its history.

use access::Authorized;
use kernel::RpcError;
use proto::process::v1 as wire;

use crate::keeper::{Keeper, convert};

/// The case, its entries from the first, and the hash of each content that it holds.
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::GetCaseRequest>,
) -> Result<wire::GetCaseResponse, RpcError> {
    let id = super::case_id(&request.case_id)?;
    let (_, kept) = keeper.reached(request, id).await?;
    Ok(wire::GetCaseResponse {
        case: Some(convert::case(keeper.definitions, &kept)),
        entries: convert::entries(keeper.definitions, &kept),
        contents: convert::contents(keeper.definitions, &kept),
    })
}
