//! What organizations were before they became what they are: what the feed tells of the past.

use std::collections::HashMap;

use access::Stood;
use kernel::{Domain, Level, OrganizationKind, RpcError, id::OrganizationId};
use sea_orm::{
    EntityTrait, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use storage::{Reading, fault};
use uuid::Uuid;

use super::{
    entities::standing,
    organizations::{self, word},
};

/// What each of some organizations was before, oldest first; those that only bore other names are left out.
pub async fn of(
    read: &impl Reading,
    ids: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Vec<Stood>>, RpcError> {
    let mut spans: HashMap<OrganizationId, Vec<standing::Model>> = HashMap::new();
    for row in organizations::spans(read, ids).await? {
        spans.entry(row.organization_id.into()).or_default().push(row);
    }
    let mut found = HashMap::with_capacity(spans.len());
    for (id, rows) in spans {
        let earlier = earlier(&rows)?;
        if !earlier.is_empty() {
            found.insert(id, earlier);
        }
    }
    Ok(found)
}

/// The organizations that have more than one span.
pub async fn changed(read: &impl Reading) -> Result<Vec<OrganizationId>, RpcError> {
    let ids: Vec<Uuid> = standing::Entity::find()
        .select_only()
        .column(standing::Column::OrganizationId)
        .group_by(standing::Column::OrganizationId)
        .having(Expr::col(standing::Column::ValidFrom).count().gt(1))
        .order_by_asc(standing::Column::OrganizationId)
        .into_tuple()
        .all(read.db())
        .await
        .map_err(fault)?;
    Ok(ids.into_iter().map(OrganizationId).collect())
}

/// Spans that follow each other and differ in the name alone are one.
fn earlier(rows: &[standing::Model]) -> Result<Vec<Stood>, RpcError> {
    let mut earlier = Vec::new();
    for (before, after) in rows.iter().zip(rows.iter().skip(1)) {
        let same = (&before.path, &before.kind, &before.level, &before.domain)
            == (&after.path, &after.kind, &after.level, &after.domain);
        if !same {
            earlier.push(Stood {
                until: after.valid_from,
                path: before.path.as_slice().into(),
                kind: word::<OrganizationKind>(&before.kind)?,
                level: before.level.as_deref().map(word::<Level>).transpose()?,
                domain: before.domain.as_deref().map(word::<Domain>).transpose()?,
            });
        }
    }
    Ok(earlier)
}
