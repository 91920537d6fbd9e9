//! Posts of branches, projected from organization's feed.

use std::collections::BTreeMap;

use kernel::{
    RpcError,
    id::{OrganizationId, PersonId, PostId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    sea_query::{Alias, Expr, OnConflict},
};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::entities::post;
use crate::domain::training::Holding;

const BATCH: usize = 500;

/// A post as organization tells it.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    /// Organization's id of it.
    pub id: PostId,
    /// Where.
    pub organization: OrganizationId,
    /// Who.
    pub person: PersonId,
    /// The contract's number of the office.
    pub office: i32,
    /// From when until when, and whether it is the secretary's.
    pub holding: Holding,
    /// Version of the event.
    pub version: u64,
}

/// Takes posts over; an older version never replaces a newer one.
pub async fn save(tx: &Tx, posts: impl IntoIterator<Item = Post>) -> Result<(), RpcError> {
    use post::Column as C;
    // One statement writes a row once.
    let latest: BTreeMap<PostId, Post> = posts.into_iter().map(|post| (post.id, post)).collect();
    let all: Vec<Post> = latest.into_values().collect();
    for some in all.chunks(BATCH) {
        let newer = Expr::col((post::Entity, C::Version)).lt(Expr::col((Alias::new("excluded"), C::Version)));
        let replace = OnConflict::column(C::Id)
            .update_columns([
                C::OrganizationId,
                C::PersonId,
                C::Office,
                C::FromOn,
                C::UntilOn,
                C::Version,
            ])
            .action_and_where(newer)
            .to_owned();
        let insert = post::Entity::insert_many(some.iter().map(row)).on_conflict(replace);
        insert.exec_without_returning(tx.db()).await.map_err(fault)?;
    }
    Ok(())
}

fn row(one: &Post) -> post::ActiveModel {
    post::ActiveModel {
        id: Set(one.id.into()),
        organization_id: Set(one.organization.into()),
        person_id: Set(one.person.into()),
        office: Set(one.office),
        from_on: Set(one.holding.from),
        until_on: Set(one.holding.until),
        version: Set(i64::try_from(one.version).unwrap_or(i64::MAX)),
    }
}

/// Forgets a post.
pub async fn forget(tx: &Tx, id: PostId) -> Result<(), RpcError> {
    post::Entity::delete_by_id(Uuid::from(id))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

/// The holdings of these offices in some branches; at most 500 branches.
pub async fn holdings(
    read: &impl Reading,
    branches: &[OrganizationId],
    offices: &[i32],
    secretary: i32,
) -> Result<Vec<(OrganizationId, PersonId, PostId, Holding)>, RpcError> {
    let rows = post::Entity::find()
        .filter(post::Column::OrganizationId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(post::Column::Office.is_in(offices.iter().copied()))
        .order_by_asc(post::Column::Id)
        .all(read.db())
        .await
        .map_err(fault)?;
    let held = |row: post::Model| {
        let holding = Holding {
            secretary: row.office == secretary,
            from: row.from_on,
            until: row.until_on,
        };
        (
            row.organization_id.into(),
            row.person_id.into(),
            row.id.into(),
            holding,
        )
    };
    Ok(rows.into_iter().map(held).collect())
}
