//! The process engine: a procedure is data, judged by one pure function, kept by a store that only appends.
//!
//! - [`definition`]: procedures as data, read, versioned and hashed; [`mod@lint`] finds what is wrong with them.
//! - [`engine`]: [`engine::judge`] and the [`Case`] that its entries make.
//! - [`work`]: what waits for whom (工作提示); [`chart`]: the flow chart (工作流程图).
//! - [`keeper`]: cases kept in a service: `zhibu.process.v1`, and deadlines that fall due though nobody acts.
//! - [`check`]: lints a file of definitions and plays worked cases against it.

pub mod chart;
pub mod check;
pub mod definition;
pub mod engine;
pub mod keeper;
pub mod lint;
pub mod work;

pub use definition::{Definitions, Procedure};
pub use engine::{Case, Circumstances, Entry, Event, Judgement, judge};
