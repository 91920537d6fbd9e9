//! A procedure's definition.

use access::Authorized;
use kernel::RpcError;
use proto::process::v1 as wire;

use crate::keeper::{Keeper, not_kept};

/// One version, as canonical JSON with its hash.
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::GetProcedureRequest>,
) -> Result<wire::GetProcedureResponse, RpcError> {
    let definitions = keeper.definitions;
    let found = keeper.version(&request.procedure, &request.version);
    let procedure = found.ok_or_else(|| not_kept(&request.procedure))?;
    Ok(wire::GetProcedureResponse {
        procedure: procedure.id.clone(),
        version: procedure.version.clone(),
        name_zh: procedure.name_zh.clone(),
        definition_json: definitions.canonical(procedure),
        hash: definitions.hash(procedure),
    })
}
