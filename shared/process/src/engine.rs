//! The engine: `judge(circumstances, case, event) → new entries | refusal`, pure (process.md part 5). A case
//! is the fold of its entries; nothing here reads a clock, a database or a network.

mod advance;
pub mod case;
pub mod circumstances;
pub mod clock;
mod content;
pub mod entry;
pub mod event;
mod judge;
mod objection;
pub mod predicate;
mod right;
mod step;
pub mod tree;
pub mod value;
pub mod vote;

pub use advance::{advance, next_fall};
pub use case::{Case, Opening};
pub use circumstances::{Circumstances, Facts, Parameters};
pub use content::bound;
pub use entry::{Entry, Held, Outcome, What};
pub(crate) use event::REFUSALS;
pub use event::{Act, Actor, Answer, Event, Judgement, Refused, Saw};
pub(crate) use judge::as_of;
pub use judge::judge;
pub(crate) use objection::{is_separate, is_told, open_to_all, raised_as};
pub use right::holders;
pub(crate) use right::{Standing, standing};
pub(crate) use step::{Obstacle, obstacles, right_person};
pub use tree::Tree;
pub use value::Value;
pub use vote::Vote;
