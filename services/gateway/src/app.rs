//! Everything that the gateway may touch: no business rule, no database of its own.

use kernel::Clock;
use runtime::link::Links;

use crate::{callers::Callers, limits::Limits, parts::Kept, tree::Tree};

/// The parts of the gateway. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The services, for calls in the name of callers.
    pub links: Links,
    /// Who calls.
    pub callers: Callers,
    /// How often.
    pub limits: Limits,
    /// The organizations in memory.
    pub tree: Tree,
    /// The business clock.
    pub clock: Clock,
    /// Parts of compositions from before, for when their owner does not answer.
    pub kept: Kept,
}
