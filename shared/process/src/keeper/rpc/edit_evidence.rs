//! Changes a document of a case.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::process::v1 as wire;

use crate::{
    engine::Act,
    keeper::{Done, Keeper, acting::Deed, convert},
};

/// By whoever may supply it; approvals that bind it are void (X11).
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::EditEvidenceRequest>,
) -> Result<wire::EditEvidenceResponse, RpcError> {
    let on = super::optional_day(&request.on)?;
    let id = super::case_id(&request.case_id)?;
    let (request, kept) = keeper.reached(request, id).await?;
    let given: Vec<wire::Evidence> = request.evidence.iter().cloned().collect();
    let edited = convert::evidence(keeper.definitions, &given)?.into_iter().next();
    let (item, value) =
        edited.ok_or_else(|| Refusal::field("evidence", "REQUIRED", "请填写要修改的材料。"))?;
    let deed = Deed {
        on,
        seen: super::seen(request.revision)?,
        ..Deed::of(Act::Edit { item, value })
    };
    let definitions = keeper.definitions;
    let answer = |done: &Done| wire::EditEvidenceResponse {
        case: Some(convert::case(definitions, &done.kept)),
        voided: done.voided.clone(),
    };
    keeper.act(&request, kept, deed, answer).await
}
