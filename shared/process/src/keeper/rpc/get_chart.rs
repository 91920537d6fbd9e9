//! The flow chart.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::process::v1 as wire;

use crate::{
    chart,
    keeper::{Keeper, not_kept},
};

/// Of a procedure to anybody; with a case marked in it to whoever sees the case, in the version and the variant of the
/// case where none are named.
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::GetChartRequest>,
) -> Result<wire::GetChartResponse, RpcError> {
    let wire::GetChartRequest {
        procedure,
        version,
        variant,
        case_id,
    } = request.body().clone();
    let kept = match case_id.as_str() {
        "" => None,
        id => Some(keeper.reached(request, super::case_id(id)?).await?.1),
    };
    let case = kept.as_ref().map(|kept| &kept.case);
    let of_case = case.and_then(|case| case.version()).unwrap_or_default();
    let version = if version.is_empty() { of_case } else { &version };
    let found = keeper.version(&procedure, version);
    let procedure = found.ok_or_else(|| not_kept(&procedure))?;
    let variant = Some(variant.as_str()).filter(|variant| !variant.is_empty());
    let variant = variant.or(case.and_then(|case| case.variant()));
    if !procedure.kinds().contains(&variant) {
        return Err(Refusal::field("variant", "NOT_LISTED", "这项规程没有此类型，请核对。").into());
    }
    let other = |case: &crate::Case| case.opening().procedure != procedure.id || case.variant() != variant;
    if case.is_some_and(other) {
        let zh = "此案办理的是另一项规程或类型，请核对。";
        return Err(Refusal::field("case_id", "OTHER_PROCEDURE", zh).into());
    }
    Ok(wire::GetChartResponse {
        svg: chart::draw(keeper.definitions, procedure, variant, case),
    })
}
