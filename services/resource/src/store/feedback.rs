//! How it was, once a booking.

use kernel::{RpcError, clock::system_now, id::BookingId};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use storage::{Tx, fault};

use super::entities::feedback::{ActiveModel, Column, Entity};

/// Adds feedback; `false` when it was given already.
pub async fn insert(
    tx: &Tx,
    booking: BookingId,
    grade: u32,
    words: &str,
    given_by: &str,
) -> Result<bool, RpcError> {
    let row = ActiveModel {
        booking_id: Set(booking.into()),
        grade: Set(i32::try_from(grade).unwrap_or(i32::MAX)),
        words: Set(words.to_owned()),
        given_by: Set(given_by.to_owned()),
        recorded_at: Set(system_now()),
    };
    let once = OnConflict::column(Column::BookingId).do_nothing().to_owned();
    let added = Entity::insert(row)
        .on_conflict(once)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(added == 1)
}
