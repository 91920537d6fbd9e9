//! Everything that a use case may touch.

use std::{sync::Arc, time::Duration};

use access::{Scopes, range};
use kernel::{Clock, Instant, Refusal, RpcError, id::OrganizationId};
use runtime::settings::Keys;
use storage::Store;
use wire::Pages;

/// The parts of the service. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The business clock: it judges every hold.
    pub clock: Clock,
    /// Page tokens.
    pub pages: Pages,
    /// The tree in memory.
    pub scopes: Scopes,
    /// The service's own settings.
    pub settings: Arc<Settings>,
}

/// Settings of resource alone; their defaults stand in `settings.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long a hold lasts, in minutes of the business clock; 1 to 1440.
    pub hold_minutes: i64,
    /// How often the timers look for what is over; 0.1 to 60 s.
    pub timer_pause: Duration,
}

impl Settings {
    /// Reads them, noting what is out of range.
    pub fn read(keys: &mut Keys) -> Self {
        Self {
            hold_minutes: keys.integer("hold_minutes", 1..=1440),
            timer_pause: keys.millis("timer_ms", 100..=60_000),
        }
    }
}

impl App {
    /// The organizations from the root to one, itself last: those whose offerings serve it.
    pub fn lineage(&self, organization: OrganizationId) -> Result<Vec<OrganizationId>, RpcError> {
        let path = self.scopes.path(organization).ok_or_else(Refusal::not_found)?;
        Ok(range::ids(&path).collect())
    }

    /// When a hold made at a moment expires.
    #[must_use]
    pub fn expiry(&self, now: Instant) -> Instant {
        now + chrono::Duration::minutes(self.settings.hold_minutes)
    }
}
