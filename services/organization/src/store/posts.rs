//! Holdings of posts.

use std::collections::HashMap;

use kernel::{
    Day, Instant, RpcError,
    id::{OrganizationId, PersonId, PostId},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::OnConflict};
use storage::{Reading, Tx, broken, fault};
use uuid::Uuid;

use super::{
    entities::post,
    external_ids::Key,
    organizations::{code, word},
};
use crate::{
    domain::branch::{Office, Span},
    error::OrganizationError,
};

const BATCH: usize = 500;

/// A holding as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Names it.
    pub id: PostId,
    /// Where.
    pub organization: OrganizationId,
    /// Which post.
    pub office: Office,
    /// Who.
    pub person: PersonId,
    /// When.
    pub span: Span,
    /// Reference of the approval or filing.
    pub filing: String,
    /// Its id elsewhere.
    pub key: Key,
    /// Rises with each change.
    pub version: u64,
}

/// The holdings of some organizations.
pub async fn of(read: &impl Reading, organizations: &[OrganizationId]) -> Result<Vec<Kept>, RpcError> {
    let rows = post::Entity::find()
        .filter(post::Column::OrganizationId.is_in(organizations.iter().map(|id| Uuid::from(*id))))
        .order_by_asc(post::Column::ValidFrom)
        .order_by_asc(post::Column::Id)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(kept).collect()
}

/// The holdings of one organization on a day, in order of office.
pub async fn on(read: &impl Reading, organization: OrganizationId, day: Day) -> Result<Vec<Kept>, RpcError> {
    let mut held: Vec<Kept> = of(read, &[organization])
        .await?
        .into_iter()
        .filter(|one| one.span.holds(day))
        .collect();
    held.sort_by_key(|one| one.office);
    Ok(held)
}

/// The holdings with these ids elsewhere.
pub async fn known(tx: &Tx, keys: &[Key]) -> Result<HashMap<Key, Kept>, RpcError> {
    let mut found = HashMap::new();
    let mut by_system: HashMap<&str, Vec<&str>> = HashMap::new();
    for (system, value) in keys {
        by_system.entry(system).or_default().push(value);
    }
    for (system, values) in by_system {
        let rows = post::Entity::find()
            .filter(post::Column::ExternalSystem.eq(system))
            .filter(post::Column::ExternalValue.is_in(values))
            .all(tx.db())
            .await
            .map_err(fault)?;
        for row in rows {
            let kept = kept(row)?;
            found.insert(kept.key.clone(), kept);
        }
    }
    Ok(found)
}

/// Adds holdings, and replaces those that are known. The database refuses a second holder however it comes.
pub async fn save(tx: &Tx, all: &[Kept], recorded_at: Instant) -> Result<(), RpcError> {
    use post::Column as C;
    for some in all.chunks(BATCH) {
        let replace = OnConflict::column(C::Id)
            .update_columns([C::Office, C::PersonId, C::ValidFrom, C::ValidUntil, C::Filing])
            .update_columns([C::Version, C::RecordedAt])
            .to_owned();
        let rows = some.iter().map(|one| row(one, recorded_at));
        let saved = post::Entity::insert_many(rows)
            .on_conflict(replace)
            .exec_without_returning(tx.db())
            .await;
        if let Err(error) = saved {
            let held_twice =
                broken(&error).is_some_and(|(_, constraint)| constraint.contains("post_one_holder"));
            return Err(if held_twice {
                OrganizationError::PostHeldTwice.into()
            } else {
                fault(error)
            });
        }
    }
    Ok(())
}

fn row(one: &Kept, recorded_at: Instant) -> post::ActiveModel {
    post::ActiveModel {
        id: Set(one.id.into()),
        organization_id: Set(one.organization.into()),
        office: Set(code(&one.office)),
        person_id: Set(one.person.into()),
        valid_from: Set(one.span.from),
        valid_until: Set(one.span.until),
        filing: Set(one.filing.clone()),
        external_system: Set(one.key.0.clone()),
        external_value: Set(one.key.1.clone()),
        version: Set(i64::try_from(one.version).unwrap_or(i64::MAX)),
        recorded_at: Set(recorded_at),
    }
}

fn kept(row: post::Model) -> Result<Kept, RpcError> {
    Ok(Kept {
        id: row.id.into(),
        organization: row.organization_id.into(),
        office: word(&row.office)?,
        person: row.person_id.into(),
        span: Span {
            from: row.valid_from,
            until: row.valid_until,
        },
        filing: row.filing,
        key: (row.external_system, row.external_value),
        version: row.version.unsigned_abs(),
    })
}
