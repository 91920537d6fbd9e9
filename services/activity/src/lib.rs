//! Meetings, attendance, and what a branch owes and has held.
