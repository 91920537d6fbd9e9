//! Everything that a use case may touch.

use std::sync::{Arc, OnceLock};

use access::Scopes;
use kernel::{Clock, Fault};
use process::keeper::Keeper;
use runtime::settings::Keys;
use storage::Store;
use tokio::sync::Notify;
use wire::Pages;

use crate::{
    peers::{counting::Counting, organization::Organization},
    procedures::Rating,
    templates::Templates,
};

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
    /// The keys.
    pub keys: Arc<seal::Keyring>,
    /// The public key that certificates are verified with, PEM.
    pub public_key: Arc<str>,
    /// Frozen templates.
    pub templates: Templates,
    /// Screening rules.
    pub organization: Organization,
    /// Whoever counts beside rating itself.
    pub counting: Arc<[Counting]>,
    /// Its own settings.
    pub settings: Settings,
    /// The cases; set once the service is put together, since whoever keeps them asks rating for facts.
    pub keeper: Arc<OnceLock<Keeper>>,
    /// Rings when a cycle waits to be frozen.
    pub freeze: Arc<Notify>,
}

impl App {
    /// Makes the keeper of the cases, whose owner is this very service.
    #[must_use]
    pub fn put_together(&self) -> Keeper {
        let owner = Arc::new(Rating(self.clone()));
        self.keeper
            .get_or_init(|| Keeper::new(self.store.clone(), self.clock.clone(), owner))
            .clone()
    }

    /// The cases.
    pub fn cases(&self) -> Result<&Keeper, Fault> {
        self.keeper
            .get()
            .ok_or_else(|| Fault::new("rating was not put together"))
    }
}

/// The settings of rating alone.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Months that a finding of screening has until its deadline.
    pub finding_months: i32,
}

impl Settings {
    /// Reads them.
    pub fn read(keys: &mut Keys) -> Self {
        let months = keys.integer("finding_months", 1..=24);
        Self {
            finding_months: i32::try_from(months).unwrap_or(3),
        }
    }
}
