//! Waits for what is taken.

use access::Authorized;
use kernel::{Refusal, RpcError, id::RecordId};
use proto::resource::v1::{JoinWaitlistRequest, JoinWaitlistResponse};

use crate::{
    app::App,
    convert,
    domain::span::{Line, in_order},
    error::ResourceError,
    holding,
    store::waits::{self, Wait},
};

/// A place in line, where at least one of the lines is taken now.
pub async fn run(
    app: App,
    request: Authorized<JoinWaitlistRequest>,
) -> Result<JoinWaitlistResponse, RpcError> {
    let organization = request.organization().ok_or_else(Refusal::not_found)?;
    let lineage = app.lineage(organization)?;
    let now = app.clock.now();
    let lines = in_order(convert::lines(&request.lines)?, now)?;

    let tx = app.store.begin(&request).await?;
    if holding::taken(&tx, &lineage, &lines, now).await?.is_none() {
        return Err(ResourceError::FreeNow.into());
    }
    let digest = digest(&lines);
    let wait = Wait {
        id: RecordId::new(),
        organization,
        purpose: request.purpose.clone(),
        lines,
    };
    if !waits::insert(&tx, &wait, digest).await? {
        return Err(ResourceError::AlreadyWaiting.into());
    }
    let place = waits::in_front(&tx, &wait).await? + 1;

    tx.concerns(organization, wait.id.into());
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    tx.commit(JoinWaitlistResponse {
        wait_id: wait.id.to_string(),
        place,
    })
    .await
}

/// The same for the same lines in whatever order.
fn digest(lines: &[Line]) -> String {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend(line.resource.bytes());
        bytes.extend(line.span.start.timestamp_micros().to_be_bytes());
        bytes.extend(line.span.end.timestamp_micros().to_be_bytes());
        bytes.extend(line.quantity.to_be_bytes());
    }
    seal::sm3(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
