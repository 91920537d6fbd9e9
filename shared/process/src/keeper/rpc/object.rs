//! Raises an objection.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::process::v1 as wire;

use crate::{
    engine::Act,
    keeper::{Done, Keeper, acting::Deed, convert, reach::Reach},
};

/// How many objections of one person who has nothing to do with the case may wait for their answers: several grounds,
/// and no flood.
const OPEN_FROM_OUTSIDE: usize = 3;

/// Against a case under publicity, by whoever the procedure lets; who has nothing to do with the case objects today, and
/// sees no more of it than the public fields (N-26), in the answer and in a refusal.
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::ObjectRequest>,
) -> Result<wire::ObjectResponse, RpcError> {
    let on = super::optional_day(&request.on)?;
    let id = super::case_id(&request.case_id)?;
    let objection = request.objection.clone();
    let day = keeper.day(on)?;
    let (request, kept, reach) = keeper.reached_to_object(request, id, &objection).await?;
    if reach == Reach::Outside && day != keeper.clock.today() {
        return Err(Refusal::field(
            "on",
            "NOT_TODAY",
            "异议自提出当天算起，请填写今天的日期，或留空。",
        )
        .into());
    }
    let act = Act::Object {
        objection: Some(objection),
        grounds: request.grounds.clone(),
    };
    let deed = Deed {
        on,
        most_open: (reach == Reach::Outside).then_some(OPEN_FROM_OUTSIDE),
        ..Deed::of(act)
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
        (RpcError::Refused(refusal), Reach::Outside) => from_outside(refusal).into(),
        (error, _) => error,
    })
}

/// Where the case stands is nothing to him, nor is one that went on while he wrote.
fn from_outside(mut refusal: Refusal) -> Refusal {
    if matches!(refusal.reason.as_ref(), "OBJECTION_NOT_OPEN" | "CASE_CLOSED") {
        return Refusal::not_found();
    }
    refusal.metadata.clear();
    refusal
}
