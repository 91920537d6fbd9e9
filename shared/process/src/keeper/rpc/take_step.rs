//! Takes one step.

use access::Authorized;
use kernel::RpcError;
use proto::process::v1 as wire;

use crate::{
    engine::{Act, Saw},
    keeper::{Done, Keeper, acting::Deed, convert},
};

/// Judged by the version in force on its day; of two on one revision one lands.
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::TakeStepRequest>,
) -> Result<wire::TakeStepResponse, RpcError> {
    let mut fields = ::wire::Fields::new();
    let at = fields.optional("as_organization_id", &request.as_organization_id);
    let on = fields.optional_day("on", &request.on);
    fields.done()?;
    let id = super::case_id(&request.case_id)?;
    let (request, kept) = keeper.reached(request, id).await?;
    let act = Act::Step {
        step: request.step.clone(),
        evidence: convert::evidence(keeper.definitions, &request.evidence)?,
        vote: request.vote.as_ref().map(convert::vote),
        saw: match request.saw.as_str() {
            "" => Saw::Nothing,
            hash => Saw::Bound(hash.to_lowercase()),
        },
    };
    let deed = Deed {
        on,
        seen: super::seen(request.revision)?,
        at,
        ..Deed::of(act)
    };
    let definitions = keeper.definitions;
    let answer = |done: &Done| wire::TakeStepResponse {
        case: Some(convert::case(definitions, &done.kept)),
        findings: done.findings.clone(),
    };
    keeper.act(&request, kept, deed, answer).await
}
