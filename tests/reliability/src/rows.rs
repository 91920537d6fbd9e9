//! The rows, in the order of the scorecard.

pub mod cancels;
pub mod feed;
pub mod floods;
pub mod kills;
pub mod matrix;
pub mod restarts;

use crate::row::Row;

/// All rows.
pub static ALL: [Row; 8] = [
    kills::ROW,
    cancels::ROW,
    feed::ROW,
    matrix::ROW,
    floods::RAPID_RESETS,
    floods::SERVER_RESETS,
    floods::STREAM_HOARD,
    restarts::ROW,
];
