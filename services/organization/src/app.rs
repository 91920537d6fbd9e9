//! Everything that a use case may touch.

use access::Scopes;
use kernel::Clock;
use storage::Store;
use wire::Pages;

use crate::peers::activity::Activity;

/// The parts of the service. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The business clock.
    pub clock: Clock,
    /// Page tokens.
    pub pages: Pages,
    /// The tree in memory.
    pub scopes: Scopes,
    /// Organizational life, for screening.
    pub activity: Activity,
}
