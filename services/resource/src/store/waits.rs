//! Who waits for what is taken, in order of coming.

use kernel::{
    Instant, RpcError,
    clock::system_now,
    id::{BookingId, OrganizationId, RecordId, ResourceId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict, SelectStatement},
};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::{
    columns::{amount, place},
    entities::{
        wait::{ActiveModel, Column, Entity},
        wait_line,
    },
};
use crate::domain::span::{Line, Span, resources};

/// A place in line.
#[derive(Debug, Clone)]
pub struct Wait {
    /// Names it; earlier places have smaller ids.
    pub id: RecordId,
    /// Who waits.
    pub organization: OrganizationId,
    /// What it is for.
    pub purpose: String,
    /// What for; all lines together.
    pub lines: Vec<Line>,
}

/// Adds a place, awake: what was given back while it was being added is looked at once more. `false` when the
/// organization waits for the same already.
pub async fn insert(tx: &Tx, wait: &Wait, digest: String) -> Result<bool, RpcError> {
    let starts_at = wait
        .lines
        .iter()
        .map(|line| line.span.start)
        .min()
        .unwrap_or_default();
    let row = ActiveModel {
        id: Set(wait.id.into()),
        organization_id: Set(wait.organization.into()),
        purpose: Set(wait.purpose.clone()),
        starts_at: Set(starts_at),
        digest: Set(digest),
        open: Set(true),
        awake: Set(true),
        booking_id: Set(None),
        recorded_at: Set(system_now()),
    };
    let once = OnConflict::new().do_nothing().to_owned();
    let added = Entity::insert(row)
        .on_conflict(once)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    if added == 0 {
        return Ok(false);
    }
    let rows = wait
        .lines
        .iter()
        .enumerate()
        .map(|(at, line)| wait_line::ActiveModel {
            wait_id: Set(wait.id.into()),
            line_no: Set(place(at)),
            resource_id: Set(line.resource.into()),
            starts_at: Set(line.span.start),
            ends_at: Set(line.span.end),
            quantity: Set(i64::from(line.quantity)),
        });
    wait_line::Entity::insert_many(rows)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(true)
}

/// How many wait in front of a place for something that it waits for too.
pub async fn in_front(tx: &Tx, wait: &Wait) -> Result<u64, RpcError> {
    Entity::find()
        .filter(Expr::col((Entity, Column::Open)))
        .filter(Column::Id.lt(Uuid::from(wait.id)))
        .filter(Column::Id.in_subquery(wanting(&resources(&wait.lines))))
        .count(tx.db())
        .await
        .map_err(fault)
}

/// Something was given back: who waits for it is looked at again.
pub async fn wake(tx: &Tx, given_back: &[ResourceId], now: Instant) -> Result<(), RpcError> {
    Entity::update_many()
        .col_expr(Column::Awake, Expr::value(true))
        .filter(Expr::col((Entity, Column::Open)))
        .filter(Column::StartsAt.gt(now))
        .filter(Column::Id.in_subquery(wanting(given_back)))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

/// The places to be looked at, in order of coming.
pub async fn awake(
    read: &impl Reading,
    after: Option<RecordId>,
    limit: u64,
) -> Result<Vec<RecordId>, RpcError> {
    let mut query = Entity::find().select_only().column(Column::Id).filter(is_awake());
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(Uuid::from(after)));
    }
    let ids: Vec<Uuid> = query
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(read.db())
        .await
        .map_err(fault)?;
    Ok(ids.into_iter().map(RecordId).collect())
}

/// How many those are.
pub async fn count_awake(read: &impl Reading) -> Result<u64, RpcError> {
    Entity::find()
        .filter(is_awake())
        .count(read.db())
        .await
        .map_err(fault)
}

/// Takes a place up to look at it; `None` when somebody else did. What is given back from now on wakes it anew.
pub async fn take_up(tx: &Tx, id: RecordId) -> Result<Option<Wait>, RpcError> {
    let taken = Entity::update_many()
        .col_expr(Column::Awake, Expr::value(false))
        .filter(Column::Id.eq(Uuid::from(id)))
        .filter(is_awake())
        .exec(tx.db())
        .await
        .map_err(fault)?;
    if taken.rows_affected == 0 {
        return Ok(None);
    }
    let found = Entity::find_by_id(Uuid::from(id))
        .find_with_related(wait_line::Entity)
        .order_by_asc(wait_line::Column::LineNo)
        .all(tx.db())
        .await
        .map_err(fault)?;
    Ok(found.into_iter().next().map(|(row, lines)| Wait {
        id,
        organization: row.organization_id.into(),
        purpose: row.purpose,
        lines: lines.iter().map(line).collect(),
    }))
}

/// Nobody waits there any more: a hold was offered, or it is too late.
pub async fn close(tx: &Tx, id: RecordId, offered: Option<BookingId>) -> Result<(), RpcError> {
    Entity::update_many()
        .col_expr(Column::Open, Expr::value(false))
        .col_expr(Column::BookingId, Expr::value(offered.map(Uuid::from)))
        .filter(Column::Id.eq(Uuid::from(id)))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

fn wanting(some: &[ResourceId]) -> SelectStatement {
    wait_line::Entity::find()
        .select_only()
        .column(wait_line::Column::WaitId)
        .filter(wait_line::Column::ResourceId.is_in(some.iter().map(|id| Uuid::from(*id))))
        .into_query()
}

fn is_awake() -> Condition {
    Condition::all().add(Expr::col((Entity, Column::Awake)))
}

fn line(row: &wait_line::Model) -> Line {
    Line {
        resource: row.resource_id.into(),
        span: Span {
            start: row.starts_at,
            end: row.ends_at,
        },
        quantity: amount(row.quantity),
    }
}
