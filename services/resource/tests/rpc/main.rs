//! The promises of resource's RPCs, each on SQLite and on Postgres.

mod stage;

mod cancel_booking;
mod concurrency;
mod confirm_booking;
mod get_availability;
mod get_booking;
mod get_resource;
mod hold_booking;
mod import_resources;
mod indicators;
mod join_waitlist;
mod keep_booking;
mod leave_feedback;
mod list_bookings;
mod model;
mod search_resources;
mod timers;
