//! What offerings are found by: the same rows and the same question on both databases.

use std::collections::BTreeSet;

use kernel::{RpcError, id::ResourceId};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{ExprTrait, SelectStatement},
};
use storage::{Tx, fault};
use uuid::Uuid;

use super::{
    columns::stored,
    entities::token::{ActiveModel, Column, Entity},
};

/// Rows in one statement: two variables each stay under what both databases take.
const BATCH: usize = 10_000;

/// The offerings that have all of the tokens.
pub(super) fn having_all(wanted: &BTreeSet<String>) -> SelectStatement {
    Entity::find()
        .select_only()
        .column(Column::ResourceId)
        .filter(Column::Token.is_in(wanted.iter().map(String::as_str)))
        .group_by(Column::ResourceId)
        .having(Column::Token.count().eq(stored(wanted.len() as u64)))
        .into_query()
}

/// Replaces the tokens of some offerings.
pub async fn replace(
    tx: &Tx,
    all: &[(ResourceId, BTreeSet<String>)],
    changed: &[ResourceId],
) -> Result<(), RpcError> {
    if !changed.is_empty() {
        let ids = changed.iter().map(|id| Uuid::from(*id));
        Entity::delete_many()
            .filter(Column::ResourceId.is_in(ids))
            .exec(tx.db())
            .await
            .map_err(fault)?;
    }
    let rows: Vec<ActiveModel> = all
        .iter()
        .flat_map(|(id, tokens)| {
            tokens.iter().map(|token| ActiveModel {
                token: Set(token.clone()),
                resource_id: Set((*id).into()),
            })
        })
        .collect();
    for some in rows.chunks(BATCH) {
        Entity::insert_many(some.to_vec())
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}
