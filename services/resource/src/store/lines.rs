//! Lines of bookings: who takes how much of what when.

use std::collections::{HashMap, HashSet};

use kernel::{
    Instant, RpcError,
    id::{BookingId, ResourceId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
    sea_query::{Expr, OnConflict},
};
use storage::{Reading, Tx, broken, fault};
use uuid::Uuid;

use super::{
    columns::{amount, place, word},
    entities::{
        booking,
        line::{ActiveModel, Column, Entity, Model, Relation},
    },
};
use crate::domain::{
    booking::{Booking, State},
    occupation::Taken,
    span::{Line, Span},
};

/// What keeps two bookings of one exclusive offering apart.
const EXCLUSIVE: &str = "booking_line_exclusive";

/// Somebody's hold on an offering.
#[derive(Debug, Clone, Copy)]
pub struct Occupant {
    /// Of which offering.
    pub resource: ResourceId,
    /// Whose.
    pub booking: BookingId,
    /// When and how much.
    pub taken: Taken,
    /// Whether it is a hold that ran out and was not written down so yet: it takes nothing away.
    pub lapsed: bool,
}

/// Takes the lines of a booking; says how many were taken. Where an exclusive offering has another line at that
/// time, the line is left out and the unit of work goes on: a twin in flight is waited for, never overtaken.
/// Lines of this booking that are there already are left as they are.
pub async fn take(tx: &Tx, booking: &Booking, exclusive: &HashSet<ResourceId>) -> Result<u64, RpcError> {
    let rows = booking.lines.iter().enumerate().map(|(at, line)| ActiveModel {
        booking_id: Set(booking.id.into()),
        line_no: Set(place(at)),
        resource_id: Set(line.resource.into()),
        starts_at: Set(line.span.start),
        ends_at: Set(line.span.end),
        quantity: Set(i64::from(line.quantity)),
        exclusive: Set(exclusive.contains(&line.resource)),
        taking: Set(true),
    });
    // Without a target, so that the exclusion constraint is an arbiter too: it then waits for twins in turn
    // instead of each waiting for the other until the deadlock detector comes.
    let apart = OnConflict::new().do_nothing().to_owned();
    match Entity::insert_many(rows)
        .on_conflict(apart)
        .exec_without_returning(tx.db())
        .await
    {
        Ok(taken) => Ok(taken),
        // SQLite's trigger undoes the statement, not the unit of work.
        Err(error) if broken(&error).is_some_and(|(_, name)| name.contains(EXCLUSIVE)) => Ok(0),
        Err(error) => Err(fault(error)),
    }
}

#[derive(FromQueryResult)]
struct Row {
    resource_id: Uuid,
    booking_id: Uuid,
    starts_at: Instant,
    ends_at: Instant,
    quantity: i64,
    state: String,
    due_at: Option<Instant>,
}

/// Who has some offerings in a span, or waits to be written down as lapsed. Past lines are in no index that
/// this looks at.
pub async fn occupants(
    read: &impl Reading,
    resources: &[ResourceId],
    within: Span,
    now: Instant,
) -> Result<Vec<Occupant>, RpcError> {
    let rows: Vec<Row> = Entity::find()
        .select_only()
        .columns([
            Column::ResourceId,
            Column::BookingId,
            Column::StartsAt,
            Column::EndsAt,
            Column::Quantity,
        ])
        .columns([booking::Column::State, booking::Column::DueAt])
        .join(JoinType::InnerJoin, Relation::Booking.def())
        .filter(taking())
        .filter(Column::ResourceId.is_in(resources.iter().map(|id| Uuid::from(*id))))
        .filter(Column::EndsAt.gt(within.start))
        .filter(Column::StartsAt.lt(within.end))
        .into_model()
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter()
        .map(|row| {
            let state = word(&State::ALL, State::code, &row.state)?;
            Ok(Occupant {
                resource: row.resource_id.into(),
                booking: row.booking_id.into(),
                taken: Taken {
                    span: Span {
                        start: row.starts_at,
                        end: row.ends_at,
                    },
                    quantity: amount(row.quantity),
                },
                lapsed: state == State::Held && row.due_at.is_some_and(|due| due <= now),
            })
        })
        .collect()
}

/// The offerings of which something is booked from now on.
pub async fn booked_ahead(
    tx: &Tx,
    resources: &[ResourceId],
    now: Instant,
) -> Result<HashSet<ResourceId>, RpcError> {
    let rows: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::ResourceId)
        .distinct()
        .filter(taking())
        .filter(Column::ResourceId.is_in(resources.iter().map(|id| Uuid::from(*id))))
        .filter(Column::EndsAt.gt(now))
        .into_tuple()
        .all(tx.db())
        .await
        .map_err(fault)?;
    Ok(rows.into_iter().map(ResourceId).collect())
}

/// The lines of some bookings.
pub async fn of(
    read: &impl Reading,
    bookings: &[BookingId],
) -> Result<HashMap<BookingId, Vec<Line>>, RpcError> {
    if bookings.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = Entity::find()
        .filter(Column::BookingId.is_in(bookings.iter().map(|id| Uuid::from(*id))))
        .order_by_asc(Column::BookingId)
        .order_by_asc(Column::LineNo)
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut found: HashMap<BookingId, Vec<Line>> = HashMap::with_capacity(bookings.len());
    for row in rows {
        found.entry(row.booking_id.into()).or_default().push(line(&row));
    }
    Ok(found)
}

/// Gives back what a booking takes.
pub async fn release(tx: &Tx, booking: BookingId) -> Result<(), RpcError> {
    Entity::update_many()
        .col_expr(Column::Taking, Expr::value(false))
        .filter(Column::BookingId.eq(Uuid::from(booking)))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

pub(super) fn line(row: &Model) -> Line {
    Line {
        resource: row.resource_id.into(),
        span: Span {
            start: row.starts_at,
            end: row.ends_at,
        },
        quantity: amount(row.quantity),
    }
}

/// As it stands in the indexes, not as a parameter: the planner must recognize it.
fn taking() -> Expr {
    Expr::col((Entity, Column::Taking))
}
