//! What activity keeps of others' records, from their feeds: posts, the strength of branches, leading cadres.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{Day, Fault, RpcError};
use prost::Message;
use proto::{
    feed::v1::Event,
    member::v1::{Cadre, Strength},
    organization::v1::Post,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, Iterable, QueryFilter,
    sea_query::{Alias, Expr, ExprTrait, OnConflict},
};
use storage::{Tx, consumer::Projection, fault};
use uuid::Uuid;

use super::{
    BATCH,
    entities::{cadre, post, strength},
    small,
};

/// Holdings of posts (任职).
pub struct Posts;
/// Members of branches by day (党员数).
pub struct Strengths;
/// Leading cadres in their own branches (S-322).
pub struct Cadres;

/// The last of each record in some events: its row, or none where it is gone.
fn latest<A>(
    events: &[&Event],
    row: impl Fn(Uuid, i64, &[u8]) -> Option<A>,
) -> Result<(Vec<A>, Vec<Uuid>), RpcError> {
    let mut last: BTreeMap<Uuid, Option<A>> = BTreeMap::new();
    for event in events {
        let unreadable = || {
            Fault::new(format!(
                "{} at position {} cannot be read",
                event.kind, event.position
            ))
        };
        let id = event.id.parse().map_err(|_| unreadable())?;
        let version = i64::try_from(event.version).unwrap_or(i64::MAX);
        let read = || row(id, version, &event.body).ok_or_else(unreadable);
        last.insert(id, (!event.deleted).then(read).transpose()?);
    }
    let gone = last
        .iter()
        .filter(|(_, row)| row.is_none())
        .map(|(id, _)| *id)
        .collect();
    Ok((last.into_values().flatten().collect(), gone))
}

fn until(text: &str) -> Option<Option<Day>> {
    if text.is_empty() {
        Some(None)
    } else {
        text.parse().ok().map(Some)
    }
}

macro_rules! kept {
    ($projection:ident, $table:ident, $kind:literal, $row:ident) => {
        #[async_trait]
        impl Projection for $projection {
            fn kinds(&self) -> &'static [&'static str] {
                &[$kind]
            }

            async fn apply(&self, tx: &Tx, events: &[&Event]) -> Result<(), RpcError> {
                use $table::{Column, Entity};
                let (rows, gone) = latest(events, $row)?;
                let newer = Expr::col((Entity, Column::Version))
                    .lt(Expr::col((Alias::new("excluded"), Column::Version)));
                let anew = OnConflict::column(Column::Id)
                    .update_columns(Column::iter().filter(|column| !matches!(column, Column::Id)))
                    .action_and_where(newer)
                    .to_owned();
                for some in rows.chunks(BATCH) {
                    Entity::insert_many(some.to_vec())
                        .on_conflict(anew.clone())
                        .exec_without_returning(tx.db())
                        .await
                        .map_err(fault)?;
                }
                for some in gone.chunks(BATCH) {
                    let those = Column::Id.is_in(some.iter().copied());
                    Entity::delete_many()
                        .filter(those)
                        .exec(tx.db())
                        .await
                        .map_err(fault)?;
                }
                Ok(())
            }
        }
    };
}

kept!(Posts, post, "organization.post", post_row);
kept!(Strengths, strength, "member.strength", strength_row);
kept!(Cadres, cadre, "member.cadre", cadre_row);

fn post_row(id: Uuid, version: i64, body: &[u8]) -> Option<post::ActiveModel> {
    let told = Post::decode(body).ok()?;
    Some(post::ActiveModel {
        id: Set(id),
        organization_id: Set(told.organization_id.parse().ok()?),
        office: Set(told.office),
        person_id: Set(told.person_id.parse().ok()?),
        valid_from: Set(told.from.parse().ok()?),
        valid_until: Set(until(&told.until)?),
        version: Set(version),
    })
}

fn strength_row(id: Uuid, version: i64, body: &[u8]) -> Option<strength::ActiveModel> {
    let told = Strength::decode(body).ok()?;
    Some(strength::ActiveModel {
        id: Set(id),
        branch_id: Set(told.branch_id.parse().ok()?),
        valid_from: Set(told.from.parse().ok()?),
        full_members: Set(small(told.full)),
        probationary: Set(small(told.probationary)),
        exempt: Set(small(told.exempt)),
        version: Set(version),
    })
}

fn cadre_row(id: Uuid, version: i64, body: &[u8]) -> Option<cadre::ActiveModel> {
    let told = Cadre::decode(body).ok()?;
    Some(cadre::ActiveModel {
        id: Set(id),
        person_id: Set(told.person_id.parse().ok()?),
        branch_id: Set(told.branch_id.parse().ok()?),
        valid_from: Set(told.from.parse().ok()?),
        valid_until: Set(until(&told.until)?),
        version: Set(version),
    })
}
