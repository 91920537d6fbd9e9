//! Corrects a closed case.

use access::Authorized;
use kernel::RpcError;
use proto::process::v1 as wire;

use crate::{
    engine::Act,
    keeper::{Done, Keeper, acting::Deed, convert},
};

/// By an entry, of whoever may close it so.
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::AdjustCaseRequest>,
) -> Result<wire::AdjustCaseResponse, RpcError> {
    let on = super::optional_day(&request.on)?;
    let id = super::case_id(&request.case_id)?;
    let (request, kept) = keeper.reached(request, id).await?;
    let deed = Deed {
        on,
        ..Deed::of(Act::Adjust {
            note: request.note.clone(),
        })
    };
    let definitions = keeper.definitions;
    let answer = |done: &Done| wire::AdjustCaseResponse {
        case: Some(convert::case(definitions, &done.kept)),
    };
    keeper.act(&request, kept, deed, answer).await
}
