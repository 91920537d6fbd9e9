//! The rule index of activity.
//!
//! - [`duty`]: the duties that a session may fulfil, each named by the organizer (domain.md trap 5).
//! - [`norm`]: how often each duty is owed, by whom and with what quorum, in versions.
//! - [`roll`]: who should attend, and the quorums over it.
//! - [`meeting`]: when a meeting may be recorded, and which of its duties count.
//! - [`owed`]: what a branch owes in a period and has held: not applicable is not zero (trap 4, R-118 left out).
//! - [`leader`]: leading cadres in the life of their own branch (S-322).
//! - [`record`]: reviews, resolutions, tasks, goals and tickets: dates that can be, what fell due and is shown to be done;
//!   contact points of leaders, outages of the platform (R-117, S-214, S-322, S-408).
//! - [`indicator`]: the seventeen indicators that are kept, as the catalogue words them (S-302).
//! - [`timely`]: records complete within ten working days, outages left out (S-323).

pub mod duty;
pub mod indicator;
pub mod leader;
pub mod meeting;
pub mod norm;
pub mod owed;
pub mod record;
pub mod roll;
pub mod timely;
