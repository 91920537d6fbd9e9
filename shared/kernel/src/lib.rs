//! The suite's plain words: typed ids, days and periods, the working-day calendar, money and points,
//! the clock, roles and relations, refusals. No I/O, no async, nothing of tonic or SQL.

pub mod calendar;
pub mod clock;
pub mod day;
pub mod domain;
pub mod id;
pub mod indicator;
pub mod norm;
pub mod number;
pub mod organization;
pub mod planted;
pub mod refusal;
pub mod role;

pub use calendar::{Calendar, Dated};
pub use clock::Clock;
pub use day::{Day, Instant, Period};
pub use domain::Domain;
pub use number::{BasisPoints, Fen, Milli};
pub use organization::{Level, OrganizationKind};
pub use refusal::{Fault, FieldError, Kind, Refusal, RpcError};
pub use role::{Relation, Role, Who};
