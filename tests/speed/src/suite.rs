//! The services on a played county, each a process of its own.

use std::{collections::BTreeMap, fs, net::SocketAddr, time::Duration, time::Instant};

use crate::{
    county::County,
    lab::{Lab, Trouble, free_address},
    process::{Plan, Process},
    rows::bookings::CONNECTIONS,
};

/// All of them.
pub const SERVICES: [&str; 6] = [
    "organization",
    "member",
    "activity",
    "rating",
    "resource",
    "gateway",
];

/// A service that runs.
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// Where it answers.
    pub address: SocketAddr,
    admin: SocketAddr,
    plan: Plan,
    process: Process,
}

impl Service {
    /// Bytes of memory that are resident now.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.process.memory().unwrap_or_default()
    }

    /// Ends it and starts it again; says how long it took until it said that it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn again(&mut self) -> Result<Duration, Trouble> {
        self.process.kill().await;
        let begun = Instant::now();
        self.process = Process::start(&self.plan)?;
        self.process.ready(self.admin).await?;
        Ok(begun.elapsed())
    }
}

/// The running services.
pub struct Suite {
    services: Vec<Service>,
}

/// What a suite is made of beside the county.
#[derive(Debug, Default)]
pub struct Form {
    /// Services that somebody else answers for.
    pub instead: BTreeMap<&'static str, SocketAddr>,
    /// A collector of traces and metrics.
    pub collector: Option<SocketAddr>,
    /// Only these; all when there are none.
    pub only: Vec<&'static str>,
}

impl Suite {
    /// Starts the services and waits until all are ready.
    ///
    /// # Errors
    /// When one does not become ready.
    pub async fn start(lab: &Lab, county: &County, form: &Form) -> Result<Self, Trouble> {
        let mut addresses = BTreeMap::new();
        for name in SERVICES {
            let address = form.instead.get(name).copied();
            addresses.insert(name, address.map_or_else(free_address, Ok)?);
        }
        let mut services = Vec::new();
        let wanted = |name: &str| form.only.is_empty() || form.only.contains(&name);
        for name in SERVICES {
            if form.instead.contains_key(name) || !wanted(name) {
                continue;
            }
            let admin = free_address()?;
            let mut environment = environment(county, &addresses, form);
            environment.push((setting(name, "ADMIN_LISTEN"), admin.to_string()));
            let folder = lab.folder.join(name);
            fs::create_dir_all(&folder)?;
            environment.push(("ZHIBU_SHARED__DATA".into(), folder.display().to_string()));
            let plan = Plan {
                program: lab.program.clone(),
                arguments: vec!["serve".into(), name.into()],
                environment,
                log: folder.with_extension("log"),
            };
            services.push(Service {
                name,
                address: addresses[name],
                admin,
                process: Process::start(&plan)?,
                plan,
            });
        }
        // They read each other's feeds: ready together.
        for service in &mut services {
            service.process.ready(service.admin).await?;
        }
        Ok(Self { services })
    }

    /// Each of them.
    pub fn services(&mut self) -> &mut [Service] {
        &mut self.services
    }

    /// Where a service answers.
    ///
    /// # Errors
    /// When it does not run here.
    pub fn address(&self, name: &str) -> Result<SocketAddr, Trouble> {
        let found = self.services.iter().find(|service| service.name == name);
        found
            .map(|service| service.address)
            .ok_or_else(|| Trouble(format!("{name} does not run")))
    }

    /// Ends all of them at once.
    pub async fn stop(self) {
        for mut service in self.services {
            service.process.kill().await;
        }
    }
}

/// What every service is told.
fn environment(
    county: &County,
    addresses: &BTreeMap<&'static str, SocketAddr>,
    form: &Form,
) -> Vec<(String, String)> {
    let told = [
        ("ZHIBU_SHARED__KEYS", county.keys().display().to_string()),
        ("ZHIBU_SHARED__LOG__LEVEL", "warn".to_owned()),
        ("ZHIBU_SHARED__CLOCK", "driven".to_owned()),
        ("ZHIBU_SHARED__CLOCK_START", county.now.clone()),
        ("ZHIBU_GATEWAY__RATE__CALLER", "1000000".to_owned()),
        ("ZHIBU_RESOURCE__DATABASE__POOL", CONNECTIONS.to_string()),
    ];
    let mut all: Vec<(String, String)> = told.map(|(key, value)| (key.to_owned(), value)).to_vec();
    if let Some(collector) = form.collector {
        all.push((
            "ZHIBU_SHARED__OTLP__ENDPOINT".into(),
            format!("http://{collector}"),
        ));
    }
    for (name, address) in addresses {
        all.push((setting(name, "LISTEN"), address.to_string()));
        if let Some(url) = county.postgres.as_ref().filter(|_| *name != gateway::NAME) {
            all.push((setting(name, "DATABASE__URL"), url.clone()));
        }
        for (peer, address) in addresses.iter().filter(|(peer, _)| **peer != gateway::NAME) {
            let key = setting(name, &format!("PEERS__{}", peer.to_uppercase()));
            all.push((key, format!("http://{address}")));
        }
    }
    all
}

/// The variable of a service's setting.
fn setting(service: &str, key: &str) -> String {
    format!("ZHIBU_{}__{key}", service.to_uppercase())
}
