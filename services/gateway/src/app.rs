//! Everything that the gateway may touch: no business rule, no database of its own.

use access::Scopes;
use kernel::Clock;
use runtime::link::Links;

use crate::{callers::Callers, limits::Limits, parts::Kept};

/// The parts of the gateway. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The services.
    pub links: Links,
    /// Who calls.
    pub callers: Callers,
    /// How often.
    pub limits: Limits,
    /// The tree in memory.
    pub scopes: Scopes,
    /// The business clock.
    pub clock: Clock,
    /// Parts of compositions from before, for when their owner does not answer.
    pub kept: Kept,
}
