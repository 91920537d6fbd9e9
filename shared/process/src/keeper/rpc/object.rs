//! Raises an objection.

use access::Authorized;
use kernel::RpcError;
use proto::process::v1 as wire;

use crate::{
    engine::Act,
    keeper::{Done, Keeper, acting::Deed, convert, reach::Reach},
};

/// Against a case under publicity, by whoever the procedure lets; who has nothing to do with the case sees no more of
/// it than the public fields (N-26), in the answer and in a refusal.
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::ObjectRequest>,
) -> Result<wire::ObjectResponse, RpcError> {
    let on = super::optional_day(&request.on)?;
    let id = super::case_id(&request.case_id)?;
    let objection = request.objection.clone();
    let day = keeper.day(on)?;
    let (request, kept, reach) = keeper.reached_to_object(request, id, (&objection, day)).await?;
    let act = Act::Object {
        objection: Some(objection),
        grounds: request.grounds.clone(),
    };
    let deed = Deed {
        on,
        seen: None,
        at: None,
        act,
    };
    let definitions = keeper.definitions;
    let case = match reach {
        Reach::Inside => convert::case,
        Reach::Outside => convert::public_case,
    };
    let answer = |done: &Done| wire::ObjectResponse {
        case: Some(case(definitions, &done.kept)),
    };
    let answer = keeper.act(&request, kept, deed, answer).await;
    answer.map_err(|error| match (error, reach) {
        (RpcError::Refused(mut refusal), Reach::Outside) => {
            refusal.metadata.retain(|(key, _)| *key != "revision");
            refusal.into()
        }
        (error, _) => error,
    })
}
