//! When branches could not use the platform.

use std::collections::HashMap;

use kernel::{RpcError, id::OrganizationId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use storage::{Reading, fault, within};
use uuid::Uuid;

use super::entities::outage::{Column, Entity, Model};
use crate::domain::record::Outage;

/// The outages of some branches, by day.
pub async fn of_branches(
    read: &impl Reading,
    branches: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Vec<Outage>>, RpcError> {
    let rows = Entity::find()
        .filter(Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(within(Column::BranchId, read.ranges()))
        .order_by_asc(Column::FromOn)
        .order_by_asc(Column::Id)
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut found: HashMap<OrganizationId, Vec<Outage>> = HashMap::new();
    for row in rows {
        found.entry(row.branch_id.into()).or_default().push(outage(row));
    }
    Ok(found)
}

pub(super) fn outage(row: Model) -> Outage {
    Outage {
        from: row.from_on,
        until: row.until_on,
        reason: row.reason,
    }
}
