//! Who may call what: the contract against the file that people read, every cell against a second, tiny model
//! (`tests/rights.rs`), and what no caller may learn of what lies outside his part of the tree (X10).
//!
//! - [`golden`]: the policies are those of `tests/rights.csv`, line by line.
//! - [`gates`]: what is declared is what is served, and nothing else is reached.
//! - [`decision`]: the decision alone, over generated trees and callers.
//! - [`matrix`]: every method asked of the services by everybody.
//! - [`lists`]: a list shows what reading one by one gives.
//! - [`hidden`]: what is hidden answers like what does not exist.
//! - [`answers`]: what rating asks of the others before a step, answered by themselves.
//! - [`suite`], [`world`], [`filling`]: all services in this process; two counties that have the same in them.

#[path = "permissions/answers.rs"]
mod answers;
#[path = "permissions/decision.rs"]
mod decision;
#[path = "permissions/filling.rs"]
mod filling;
#[path = "permissions/gates.rs"]
mod gates;
#[path = "permissions/golden.rs"]
mod golden;
#[path = "permissions/hidden.rs"]
mod hidden;
#[path = "permissions/lists.rs"]
mod lists;
#[path = "permissions/matrix.rs"]
mod matrix;
#[path = "permissions/suite.rs"]
mod suite;
#[path = "permissions/world.rs"]
mod world;
