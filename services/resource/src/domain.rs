//! The rules of the four libraries (四库) and their bookings, each a pure function.
//!
//! - [`offering`]: what may stand in a library, what may be booked of it and by whom (S-209, S-210, R-215).
//! - [`span`]: the spans of time that may be booked, and which lines may stand in one bundle (S-210).
//! - [`occupation`]: how much of an offering is taken when, what is free, and from when on (S-210, X4).
//! - [`booking`]: the states of a booking, and what the clock does to it (S-210, X4).
//! - [`words`]: how an offering is found by words (S-209).
//! - [`feedback`]: the mean of the grades (S-210).

pub mod booking;
pub mod feedback;
pub mod occupation;
pub mod offering;
pub mod span;
pub mod words;
