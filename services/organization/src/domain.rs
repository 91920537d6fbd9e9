//! The rule index of organization.
//!
//! - [`tree`]: what may be imported where; a parent's existence covers its children's (S-101 to S-107).
//! - [`administrators`]: security and audit administration are two persons (N-20).
//! - [`grant`]: a role that is given to somebody who has it or had it (N-20).
//! - [`change`]: where an organization may be moved, and what a consent rests upon (S-102, X15).
//! - [`branch`]: what the rules look at: a branch with its posts, terms, units and guarantees.
//! - [`office`]: which posts a branch must fill, and how long a secretary's has been vacant.
//! - [`term`]: terms, extensions, and how long an election is overdue.
//! - [`guarantee`]: sites, funds and governance slots (S-108, S-109, S-402, S-404).
//! - [`record`]: dated records of set-up and guarantees (S-101, S-402, S-404).
//! - [`setup`]: the set-up rules of a branch in their versions, with exemptions (R-101 to, S-106).
//! - [`screening`]: which rules fire for a branch, and why (S-105 to S-107).
//! - [`indicator`]: the counts that organization answers for (S-302).

pub mod administrators;
pub mod branch;
pub mod change;
pub mod grant;
pub mod guarantee;
pub mod indicator;
pub mod office;
pub mod record;
pub mod screening;
pub mod setup;
pub mod term;
pub mod tree;
