//! Everything that a subject may act as today.

use access::Authorized;
use kernel::RpcError;
use proto::organization::v1::{Grant, ResolveCallerRequest, ResolveCallerResponse};
use uuid::Uuid;
use wire::Fields;

use crate::{
    app::App,
    store::{epochs, roles},
};

/// The roles that hold today, and the epoch that they belong to.
pub async fn run(
    app: App,
    request: Authorized<ResolveCallerRequest>,
) -> Result<ResolveCallerResponse, RpcError> {
    let mut fields = Fields::new();
    let subject: Option<Uuid> = fields.parse("subject", &request.subject);
    let subject = fields.build(subject)?;

    // One moment for both: an epoch read after the roles could belong to newer ones.
    let read = app.store.snapshot(&request).await?;
    let epoch = epochs::get(&read, subject).await?;
    let held = roles::held(&read, &[subject], app.clock.today()).await?;

    let grants = held.into_iter().map(|one| Grant {
        role: one.role.code().to_owned(),
        organization_id: one.organization.to_string(),
        until: one.until.map(|day| day.to_string()).unwrap_or_default(),
    });
    Ok(ResolveCallerResponse {
        grants: grants.collect(),
        epoch,
    })
}
