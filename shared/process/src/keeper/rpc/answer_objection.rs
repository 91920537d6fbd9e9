//! Answers an objection.

use access::Authorized;
use kernel::RpcError;
use proto::process::v1 as wire;

use crate::{
    engine::Act,
    keeper::{Done, Keeper, acting::Deed, convert},
};

/// The earliest open one of its kind, by whoever decides and has not raised it.
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::AnswerObjectionRequest>,
) -> Result<wire::AnswerObjectionResponse, RpcError> {
    let on = super::optional_day(&request.on)?;
    let id = super::case_id(&request.case_id)?;
    let (request, kept) = keeper.reached(request, id).await?;
    let act = Act::Answer {
        objection: Some(request.objection.clone()),
        upheld: request.upheld,
        answer: request.answer.clone(),
    };
    let deed = Deed {
        on,
        seen: super::seen(request.revision)?,
        ..Deed::of(act)
    };
    let definitions = keeper.definitions;
    let answer = |done: &Done| wire::AnswerObjectionResponse {
        case: Some(convert::case(definitions, &done.kept)),
    };
    keeper.act(&request, kept, deed, answer).await
}
