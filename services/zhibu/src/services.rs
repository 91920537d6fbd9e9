//! The services that this program can be, one table.

use futures::future::BoxFuture;
use runtime::{Parts, Service, Settings, StartError};

/// One service: everything that is needed to run it.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Its settings with their defaults.
    pub settings: &'static str,
    /// Starts it.
    pub start: fn(Parts) -> BoxFuture<'static, Result<Service, StartError>>,
    /// Brings its database to its schema; nothing where it has no database.
    pub migrate: Option<Migrate>,
}

/// Brings a database to a service's schema.
pub type Migrate = fn(storage::Settings) -> BoxFuture<'static, Result<(), storage::StartError>>;

macro_rules! with_database {
    ($service:ident) => {
        Entry {
            name: $service::NAME,
            settings: $service::SETTINGS,
            start: |parts| Box::pin($service::start(parts)),
            migrate: Some(|settings| {
                Box::pin(
                    async move { storage::migrate(&settings, $service::NAME, $service::migrations()).await },
                )
            }),
        }
    };
}

/// All of them, the gateway last.
pub static ALL: [Entry; 6] = [
    with_database!(organization),
    with_database!(member),
    with_database!(activity),
    with_database!(rating),
    with_database!(resource),
    Entry {
        name: gateway::NAME,
        settings: gateway::SETTINGS,
        start: |parts| Box::pin(gateway::start(parts)),
        migrate: None,
    },
];

/// The service of a name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name)
}

/// Names and settings of all services, as the settings are read from.
#[must_use]
pub fn tables() -> Vec<(&'static str, &'static str)> {
    ALL.iter().map(|entry| (entry.name, entry.settings)).collect()
}

/// Brings the database of a service to its schema.
pub async fn migrate(entry: &'static Entry, settings: &Settings) -> Result<(), StartError> {
    let (Some(migrate), Some(own)) = (entry.migrate, settings.service(entry.name)) else {
        return Ok(());
    };
    let database = runtime::database::database(entry.name, &own.database);
    let url = database.url.clone();
    match migrate(database).await {
        Ok(()) => Ok(()),
        Err(error) => Err(runtime::database::refused(entry.name, &url, error).await),
    }
}

/// Refuses keys with which what lies in the database of a service is lost.
pub async fn keys_fit(
    entry: &'static Entry,
    settings: &Settings,
    keys: &seal::Keyring,
) -> Result<(), StartError> {
    let Some(own) = settings.service(entry.name).filter(|_| entry.migrate.is_some()) else {
        return Ok(());
    };
    let database = runtime::database::database(entry.name, &own.database);
    match storage::keys_fit(&database, entry.name, keys).await {
        Ok(()) => Ok(()),
        Err(error) => Err(runtime::database::refused(entry.name, &database.url, error).await),
    }
}
