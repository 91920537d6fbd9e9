//! One case with its history.

use access::Authorized;
use kernel::RpcError;
use proto::process::v1 as wire;

use crate::{
    engine::{Entry, Facts, Parameters, is_told},
    keeper::{Keeper, acting::actor, convert},
};

/// The case, its entries from the first, and the hash of each content that it holds. What is said in an objection stays
/// between who raised it and who may answer it.
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::GetCaseRequest>,
) -> Result<wire::GetCaseResponse, RpcError> {
    let id = super::case_id(&request.case_id)?;
    let (request, kept) = keeper.reached(request, id).await?;
    let today = keeper.clock.today();
    let by = actor(request.caller(), None, today);
    let (tree, parameters, facts) = (keeper.tree(&kept.case), Parameters::default(), Facts::default());
    let circumstances = keeper.circumstances(&tree, &parameters, &facts);
    let told = |raised: &Entry| is_told(&circumstances, &kept.case, raised, (today, &by));
    Ok(wire::GetCaseResponse {
        case: Some(convert::case(keeper.definitions, &kept)),
        entries: convert::entries(keeper.definitions, &kept, told),
        contents: convert::contents(keeper.definitions, &kept),
    })
}
