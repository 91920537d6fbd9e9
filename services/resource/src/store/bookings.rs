//! Bookings.

use kernel::{
    Instant, RpcError,
    clock::system_now,
    id::{BookingId, OrganizationId},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use storage::{Reading, Tx, fault, within};
use uuid::Uuid;

use super::{
    columns::{loaded, stored, word},
    entities::{
        booking::{ActiveModel, Column, Entity, Model},
        line,
    },
    lines,
};
use crate::domain::{
    booking::{Booking, State},
    span::{Line, Span},
};

/// One booking made inside the caller's part of the tree, with its lines, in one select.
pub async fn get(read: &impl Reading, id: BookingId) -> Result<Option<Booking>, RpcError> {
    find(read, id, within(Column::OrganizationId, read.ranges())).await
}

/// One booking, whoever made it: for what the clock does.
pub async fn whoevers(tx: &Tx, id: BookingId) -> Result<Option<Booking>, RpcError> {
    find(tx, id, Condition::all()).await
}

async fn find(read: &impl Reading, id: BookingId, seen: Condition) -> Result<Option<Booking>, RpcError> {
    let found = Entity::find_by_id(Uuid::from(id))
        .filter(seen)
        .find_with_related(line::Entity)
        .order_by_asc(line::Column::LineNo)
        .all(read.db())
        .await
        .map_err(fault)?;
    let found = found.into_iter().next();
    found
        .map(|(row, rows)| booking(row, rows.iter().map(lines::line).collect()))
        .transpose()
}

/// Bookings made inside the caller's part of the tree, newest first, in a state as the clock has it now.
pub async fn list(
    read: &impl Reading,
    state: Option<State>,
    now: Instant,
    after: Option<BookingId>,
    limit: u64,
) -> Result<Vec<Booking>, RpcError> {
    let mut query = Entity::find().filter(within(Column::OrganizationId, read.ranges()));
    if let Some(state) = state {
        query = query.filter(standing(state, now));
    }
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(Uuid::from(after)));
    }
    let rows = query
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(read.db())
        .await
        .map_err(fault)?;
    let ids: Vec<BookingId> = rows.iter().map(|row| row.id.into()).collect();
    let mut lines = lines::of(read, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let own = lines.remove(&row.id.into()).unwrap_or_default();
            booking(row, own)
        })
        .collect()
}

/// In a state as the clock has it, also where nobody has written that down yet.
fn standing(state: State, now: Instant) -> Condition {
    let running = Condition::all().add(Column::State.eq(state.code()));
    if state.lapsed().is_some() {
        return running.add(Column::DueAt.gt(now));
    }
    let before = State::ALL
        .into_iter()
        .find(|before| before.lapsed() == Some(state));
    match before {
        None => running,
        Some(before) => Condition::any().add(running).add(
            Condition::all()
                .add(Column::State.eq(before.code()))
                .add(Column::DueAt.lte(now)),
        ),
    }
}

/// Adds a booking.
pub async fn insert(tx: &Tx, booking: &Booking, booked_by: &str) -> Result<(), RpcError> {
    let row = ActiveModel {
        id: Set(booking.id.into()),
        organization_id: Set(booking.organization.into()),
        state: Set(booking.state.code().to_owned()),
        purpose: Set(booking.purpose.clone()),
        starts_at: Set(booking.starts_at()),
        due_at: Set(booking.due_at),
        booked_by: Set(booked_by.to_owned()),
        version: Set(stored(booking.version)),
        recorded_at: Set(system_now()),
    };
    Entity::insert(row)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

/// Writes a booking that was read and moved in this unit of work. `false` when somebody was quicker.
pub async fn update(tx: &Tx, booking: &Booking) -> Result<bool, RpcError> {
    let done = Entity::update_many()
        .col_expr(Column::State, Expr::value(booking.state.code()))
        .col_expr(Column::DueAt, Expr::value(booking.due_at))
        .col_expr(Column::Version, Expr::value(stored(booking.version)))
        .col_expr(Column::RecordedAt, Expr::value(system_now()))
        .filter(Column::Id.eq(Uuid::from(booking.id)))
        .filter(Column::Version.eq(stored(booking.version - 1)))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(done.rows_affected == 1)
}

/// Bookings whose time is over and that nobody has written down so yet, the longest overdue first.
pub async fn overdue(read: &impl Reading, now: Instant, limit: u64) -> Result<Vec<BookingId>, RpcError> {
    let ids: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::DueAt.lte(now))
        .order_by_asc(Column::DueAt)
        .limit(limit)
        .into_tuple()
        .all(read.db())
        .await
        .map_err(fault)?;
    Ok(ids.into_iter().map(BookingId).collect())
}

/// How many those are.
pub async fn count_overdue(read: &impl Reading, now: Instant) -> Result<u64, RpcError> {
    Entity::find()
        .filter(Column::DueAt.lte(now))
        .count(read.db())
        .await
        .map_err(fault)
}

/// The missed bookings of some branches that start in a span, whoever has written that down or not: branch and
/// booking, in order.
pub async fn missed(
    read: &impl Reading,
    branches: &[OrganizationId],
    starting: Span,
    now: Instant,
) -> Result<Vec<(OrganizationId, BookingId)>, RpcError> {
    let rows: Vec<(Uuid, Uuid)> = Entity::find()
        .select_only()
        .columns([Column::OrganizationId, Column::Id])
        .filter(Column::OrganizationId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(Column::StartsAt.gte(starting.start))
        .filter(Column::StartsAt.lt(starting.end))
        .filter(standing(State::Missed, now))
        .order_by_asc(Column::OrganizationId)
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(read.db())
        .await
        .map_err(fault)?;
    Ok(rows
        .into_iter()
        .map(|(branch, id)| (branch.into(), id.into()))
        .collect())
}

fn booking(row: Model, lines: Vec<Line>) -> Result<Booking, RpcError> {
    Ok(Booking {
        id: row.id.into(),
        organization: row.organization_id.into(),
        state: word(&State::ALL, State::code, &row.state)?,
        lines,
        purpose: row.purpose,
        due_at: row.due_at,
        version: loaded(row.version),
    })
}
