//! What resource tells the others.

use kernel::Instant;
use storage::Tx;

use crate::{
    convert,
    domain::{booking::Booking, offering::Offering},
};

/// An offering is new or has changed.
pub fn resource(tx: &Tx, offering: &Offering) {
    let record = convert::resource(offering);
    tx.event(
        "resource.resource",
        offering.id.into(),
        offering.card.owner,
        offering.version,
        &record,
    );
}

/// A booking is new or has changed.
pub fn booking(tx: &Tx, booking: &Booking, now: Instant) {
    let record = convert::booking(booking, now);
    tx.event(
        "resource.booking",
        booking.id.into(),
        booking.organization,
        booking.version,
        &record,
    );
}
