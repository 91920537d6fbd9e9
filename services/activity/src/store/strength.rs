//! Members of branches by day, as member's feed told it.

use std::collections::HashMap;

use kernel::{RpcError, id::OrganizationId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use storage::{Reading, fault};
use uuid::Uuid;

use super::{
    count,
    entities::strength::{Column, Entity},
};
use crate::domain::owed::Strength;

/// The strength of some branches through time, oldest first.
pub async fn of_branches(
    read: &impl Reading,
    branches: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Vec<Strength>>, RpcError> {
    let rows = Entity::find()
        .filter(Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .order_by_asc(Column::BranchId)
        .order_by_asc(Column::ValidFrom)
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut found: HashMap<OrganizationId, Vec<Strength>> = HashMap::with_capacity(branches.len());
    for row in rows {
        let strength = Strength {
            from: row.valid_from,
            full: count(row.full_members),
        };
        found.entry(row.branch_id.into()).or_default().push(strength);
    }
    Ok(found)
}
