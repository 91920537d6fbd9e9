//! What is told of an organization beside its own row: its ids elsewhere and how many units it covers.

use std::collections::HashMap;

use kernel::{Day, RpcError, id::OrganizationId};
use storage::Reading;

use super::{external_ids, records};
use crate::{
    convert::Beside,
    domain::{branch::Span, record::Body},
};

/// What is told of these organizations on a day.
pub async fn of(
    read: &impl Reading,
    ids: &[OrganizationId],
    on: Day,
) -> Result<HashMap<OrganizationId, Beside>, RpcError> {
    let mut found: HashMap<OrganizationId, Beside> = HashMap::new();
    for (id, external_ids) in external_ids::of(read, ids).await? {
        found.entry(id).or_default().external_ids = external_ids;
    }
    for unit in records::of_kind(read, ids, "unit").await? {
        let covered = match unit.body {
            Body::Unit { from, until, .. } => Span { from, until }.holds(on),
            _ => false,
        };
        found.entry(unit.organization).or_default().covered_units += i32::from(covered);
    }
    Ok(found)
}
