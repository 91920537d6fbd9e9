//! Use cases of bookings.

pub mod cancel_booking;
pub mod confirm_booking;
pub mod get_booking;
pub mod hold_booking;
pub mod join_waitlist;
pub mod keep_booking;
pub mod leave_feedback;
pub mod list_bookings;

use kernel::{Kind, Refusal};

/// Refuses with `ETAG_MISMATCH` when somebody else wrote the booking between reading and writing it.
fn changed(written: bool) -> Result<(), Refusal> {
    if written {
        return Ok(());
    }
    Err(Refusal::new(
        Kind::Conflict,
        "ETAG_MISMATCH",
        "内容刚被他人修改，请刷新后再改。",
    ))
}
