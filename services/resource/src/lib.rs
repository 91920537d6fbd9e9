//! Four libraries and their bookings.
