//! The services under the demo: all in this process, or each in a process of its own. The driver sees no
//! difference.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use kernel::Instant;
use runtime::{Host, Link, Mesh, Settings, StartError, run::Running, settings::sqlite_file, start_local};
use tokio::signal::unix::{SignalKind, signal};

use super::{Args, clock::Driver, error::DemoError};
use crate::services;

mod processes;

use processes::Processes;

/// The name in which the driver calls.
pub const DRIVER: &str = "zhibu";

/// The running services.
pub struct Suite {
    organization: Link,
    api: String,
    admins: Vec<(String, SocketAddr)>,
    keys: PathBuf,
    form: Form,
}

enum Form {
    Here(Box<(Host, Running)>),
    There(Processes),
}

impl Suite {
    /// Starts all services; the business clock stands at `now`.
    pub async fn start(args: &Args, now: Instant) -> Result<(Self, Driver), DemoError> {
        match args.processes {
            true => Self::there(args, now).await,
            false => Ok(Self::here(args, now).await?),
        }
    }

    async fn here(args: &Args, now: Instant) -> Result<(Self, Driver), StartError> {
        let settings = settings(args, now, Vec::new())?;
        let names: Vec<&str> = services::ALL.iter().map(|entry| entry.name).collect();
        runtime::server::is_free(args.listen)?;
        let host = Host::open("zhibu", &settings, &names).await?;
        let mesh = Mesh::new(names);
        let (mut running, mut positions) = (Vec::new(), Vec::new());
        for entry in &services::ALL {
            let own = settings.service(entry.name).cloned();
            let own = own.ok_or_else(|| StartError::Other(format!("没有 {} 的设置", entry.name)))?;
            let parts = host.parts_with(&own, mesh.links(&host.issuer(entry.name)));
            let service = (entry.start)(parts).await?;
            // From here on something may be sealed with its keys.
            host.started();
            positions.extend(
                service
                    .feed_positions()
                    .map(|positions| (entry.name.to_owned(), positions)),
            );
            running.push((service, own));
        }
        let running = start_local(&host, running, &mesh).await?;
        let admins = vec![(DRIVER.to_owned(), running.admin)];
        let admin = super::clock::admin(running.admin, host.issuer(DRIVER));
        let suite = Self {
            organization: mesh.links(&host.issuer(DRIVER)).link("organization"),
            api: running
                .addresses
                .first()
                .map(|address| format!("http://{address}"))
                .unwrap_or_default(),
            admins,
            keys: host.shared.keys.clone(),
            form: Form::Here(Box::new((host, running))),
        };
        Ok((suite, Driver::here(admin, positions, now)))
    }

    async fn there(args: &Args, now: Instant) -> Result<(Self, Driver), DemoError> {
        let (processes, settings) = Processes::start(args, now).await?;
        let driver = Driver::there(processes.admins(), now);
        let suite = Self {
            organization: processes.organization(),
            api: format!("http://{}", processes.door()),
            admins: processes.addresses(),
            keys: settings.shared.keys.clone(),
            form: Form::There(processes),
        };
        Ok((suite, driver))
    }

    /// Organization, in the name of the driver.
    #[must_use]
    pub fn organization(&self) -> Link {
        self.organization.clone()
    }

    /// Where the API answers.
    #[must_use]
    pub fn api(&self) -> String {
        self.api.clone()
    }

    /// Where health and reflection are, by service; one place where all services are one process.
    #[must_use]
    pub fn admin_addresses(&self) -> Vec<(String, SocketAddr)> {
        self.admins.clone()
    }

    /// The key folder.
    #[must_use]
    pub fn keys(&self) -> &Path {
        &self.keys
    }

    /// Waits for Ctrl-C or SIGTERM.
    pub async fn asked_to_stop(&self) {
        let (Ok(mut terminate), Ok(mut interrupt)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }

    /// Waits until a process of a service ends by itself: never where all services are this process.
    pub async fn lost(&self) -> String {
        match &self.form {
            Form::Here(_) => std::future::pending().await,
            Form::There(processes) => processes.one_ended().await,
        }
    }

    /// Ends all services in order.
    pub async fn stop(self) {
        match self.form {
            Form::Here(here) => {
                let (host, running) = *here;
                host.stop.cancel();
                running.until_stopped().await;
                host.close().await;
            }
            Form::There(processes) => processes.stop().await,
        }
    }
}

/// Settings of the demo: defaults, then `zhibu.toml`, the environment, and over them what the demo needs.
fn settings(args: &Args, now: Instant, more: Vec<(String, String)>) -> Result<Settings, StartError> {
    // What stops the demo it says itself.
    let quiet = [("ZHIBU_SHARED__LOG__LEVEL".to_owned(), "error".to_owned())];
    let all = quiet
        .into_iter()
        .chain(runtime::settings::environment())
        .chain(needed(args, now))
        .chain(more);
    Ok(Settings::load(None, &services::tables(), all)?)
}

/// What the demo needs: its folder, its clock, its door, no limit on how often the one clerk of a county calls.
fn needed(args: &Args, now: Instant) -> Vec<(String, String)> {
    let mut needed = vec![
        ("ZHIBU_SHARED__DATA", args.data.display().to_string()),
        ("ZHIBU_SHARED__CLOCK", "driven".to_owned()),
        ("ZHIBU_SHARED__CLOCK_START", now.to_rfc3339()),
        ("ZHIBU_GATEWAY__LISTEN", args.listen.to_string()),
        ("ZHIBU_GATEWAY__ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
        ("ZHIBU_GATEWAY__RATE__CALLER", "100000".to_owned()),
    ];
    needed.extend(args.redis.clone().map(|url| ("ZHIBU_SHARED__REDIS", url)));
    let mut needed: Vec<(String, String)> = needed
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    if let Some(url) = &args.postgres {
        needed.extend(keeping().map(|entry| (setting(entry.name, "DATABASE__URL"), url.clone())));
    }
    needed
}

/// The services that keep something.
fn keeping() -> impl Iterator<Item = &'static services::Entry> {
    services::ALL.iter().filter(|entry| entry.migrate.is_some())
}

/// Where the services would keep their data: `sqlite` or `postgres`, and which files of the data folder.
pub fn stores(args: &Args, now: Instant) -> Result<(&'static str, Vec<PathBuf>), StartError> {
    let settings = settings(args, now, Vec::new())?;
    let (mut store, mut files) = ("sqlite", Vec::new());
    for name in keeping().map(|entry| entry.name) {
        let url = settings.service(name).map(|own| own.database.url.as_str());
        if url.is_some_and(|url| url.starts_with("postgres")) {
            store = "postgres";
        }
        if url == Some(&sqlite_file(&args.data, name)) {
            files.push(args.data.join(format!("{name}.sqlite")));
        }
    }
    Ok((store, files))
}

/// The variable of a service's setting.
fn setting(service: &str, key: &str) -> String {
    format!("ZHIBU_{}__{key}", service.to_uppercase())
}
