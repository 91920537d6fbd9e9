//! What the services of one process stand on: settings, keys, clock, telemetry, the data folder, and the end.

use std::sync::Arc;

use access::{Issuer, Verifier};
use kernel::Clock;
use seal::Keyring;
use tokio_util::sync::CancellationToken;

use crate::{
    error::StartError,
    folder::Folder,
    link::Links,
    settings::{ServiceSettings, Settings, Shared},
    telemetry::Telemetry,
    wakeups::Wakeups,
};

/// The process.
pub struct Host {
    /// The table `[shared]`.
    pub shared: Arc<Shared>,
    /// The business clock.
    pub clock: Clock,
    /// The keys.
    pub keys: Arc<Keyring>,
    /// Verifies caller contexts.
    pub verifier: Verifier,
    /// Wake-ups in this process and between processes.
    pub wakeups: Wakeups,
    /// Cancelled when the process is to end.
    pub stop: CancellationToken,
    telemetry: Telemetry,
    folder: Option<Folder>,
}

/// What a service is made of: everything of the process that it may touch.
#[derive(Clone)]
pub struct Parts {
    /// The service's settings; its own keys by [`ServiceSettings::own`].
    pub settings: ServiceSettings,
    /// The table `[shared]`.
    pub shared: Arc<Shared>,
    /// The business clock.
    pub clock: Clock,
    /// The keys.
    pub keys: Arc<Keyring>,
    /// Signs in the service's own name.
    pub issuer: Issuer,
    /// Verifies caller contexts.
    pub verifier: Verifier,
    /// The other services.
    pub links: Links,
    /// Wake-ups.
    pub wakeups: Wakeups,
    /// Cancelled when the process is to end.
    pub stop: CancellationToken,
}

impl Host {
    /// Opens the process for these services, under a name for telemetry: takes the data folder where something
    /// lies in it, makes the keys at the first start where they are its own, reaches Redis where it is set.
    /// Must be called inside tokio.
    pub async fn open(
        name: &'static str,
        settings: &Settings,
        services: &[&str],
    ) -> Result<Self, StartError> {
        let shared = settings.shared.clone();
        let telemetry = Telemetry::start(name, &shared)?;
        let embedded = |name| settings.service(name).is_some_and(ServiceSettings::is_embedded);
        let needs_folder = shared.own_keys || services.iter().any(|name| embedded(name));
        let mut folder = needs_folder.then(|| Folder::take(&shared.data)).transpose()?;
        if let Some(folder) = folder.as_mut().filter(|_| shared.own_keys) {
            folder.make_keys()?;
        }
        let keys = Arc::new(Keyring::load(&shared.keys)?);
        let wakeups = match &shared.redis {
            None => Wakeups::local(),
            Some(url) => Wakeups::connect(url).await?,
        };
        Ok(Self {
            clock: shared.business_clock(),
            verifier: Verifier::new(keys.clone()),
            stop: CancellationToken::new(),
            shared,
            keys,
            wakeups,
            telemetry,
            folder,
        })
    }

    /// What a service is made of, with links over the network as set.
    #[must_use]
    pub fn parts(&self, settings: &ServiceSettings) -> Parts {
        let issuer = self.issuer(&settings.name);
        let links = Links::remote(&settings.peers, &issuer);
        self.parts_with(settings, links)
    }

    /// What a service is made of, with these links.
    #[must_use]
    pub fn parts_with(&self, settings: &ServiceSettings, links: Links) -> Parts {
        Parts {
            settings: settings.clone(),
            shared: self.shared.clone(),
            clock: self.clock.clone(),
            keys: self.keys.clone(),
            issuer: self.issuer(&settings.name),
            verifier: self.verifier.clone(),
            links,
            wakeups: self.wakeups.clone(),
            stop: self.stop.clone(),
        }
    }

    /// Signs in the name of a service.
    #[must_use]
    pub fn issuer(&self, name: &str) -> Issuer {
        Issuer::new(name, self.keys.clone())
    }

    /// The start is done: the data folder stays, whatever becomes of the process.
    pub fn started(&self) {
        if let Some(folder) = &self.folder {
            folder.keep();
        }
    }

    /// Delivers the last telemetry and gives the folder back.
    pub async fn close(self) {
        self.telemetry.stop().await;
    }
}
