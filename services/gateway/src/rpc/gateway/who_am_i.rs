//! Who the caller is and what he may act as.

use access::{Authorized, Level};
use kernel::{Day, RpcError};
use proto::{
    gateway::v1::{WhoAmIRequest, WhoAmIResponse},
    organization::v1::Grant,
};

/// Answers from the caller's own context.
pub async fn run(today: Day, request: Authorized<WhoAmIRequest>) -> Result<WhoAmIResponse, RpcError> {
    let caller = request.caller();
    let grants = caller.grants_on(today).map(|grant| Grant {
        role: grant.role.code().to_owned(),
        organization_id: grant.organization.to_string(),
        until: grant.until.map(|day| day.to_string()).unwrap_or_default(),
    });
    Ok(WhoAmIResponse {
        subject: caller.subject.clone(),
        session: caller.session.clone(),
        level: if caller.level == Level::Two { 2 } else { 1 },
        grants: grants.collect(),
    })
}
