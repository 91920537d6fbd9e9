//! The services that a row attacks: real processes, each at a port of its own, on a database of their own.

use std::{collections::BTreeMap, fs, net::SocketAddr, path::PathBuf, sync::Arc};

use access::Issuer;
use gateway::tokens::BuiltIn;
use kernel::planted::Bug;
use runtime::Link;
use seal::Keyring;
use tokio::process::Command;

use crate::{
    lab::{Lab, Trouble, free_address},
    process::{Plan, Process},
};

/// A service, and in how many processes it runs.
pub type Replicas = (&'static str, usize);

/// The running services.
pub struct Suite {
    /// The processes, in the order in which they were asked for.
    pub processes: Vec<Process>,
    /// The name of their database.
    pub database: String,
    /// The keys of the suite: the run may speak for any service.
    pub keys: Arc<Keyring>,
    /// Where they lie.
    pub keys_folder: PathBuf,
    /// Makes tokens for people.
    pub tokens: BuiltIn,
}

impl Suite {
    /// Makes keys, database and schemas, starts the services and waits until all are ready.
    ///
    /// # Errors
    /// When anything of that fails.
    pub async fn start(
        lab: &Lab,
        name: &str,
        services: &[Replicas],
        bug: Option<Bug>,
    ) -> Result<Self, Trouble> {
        let database = match bug {
            None => name.to_owned(),
            Some(bug) => format!("{name}_{}", bug.name()),
        };
        let url = lab.postgres.create(&database).await?;
        let folder = lab.folder.join(&database);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let program = lab.program(bug);
        let data = folder.display().to_string();
        run(Command::new(program).args(["keys", "--data", &data])).await?;
        let keys = Keyring::load(&folder.join("keys")).map_err(|error| Trouble(error.to_string()))?;
        let tokens = BuiltIn::open(&folder.join("keys")).map_err(|error| Trouble(error.to_string()))?;

        let addresses = addresses(services)?;
        let environment = environment(&folder, &url, &addresses, bug);
        for (service, _) in services.iter().filter(|(service, _)| *service != gateway::NAME) {
            let told = environment.iter().map(|(key, value)| (key, value));
            run(Command::new(program).args(["migrate", service]).envs(told)).await?;
        }
        let mut suite = Self {
            processes: Vec::new(),
            database,
            keys: Arc::new(keys),
            keys_folder: folder.join("keys"),
            tokens,
        };
        for (service, number, listen) in each(&addresses) {
            let mut own = environment.clone();
            let admin = free_address()?;
            own.push((setting(service, "LISTEN"), listen.to_string()));
            own.push((setting(service, "ADMIN_LISTEN"), admin.to_string()));
            let place = folder.join(format!("{service}-{number}"));
            own.push(("ZHIBU_SHARED__DATA".into(), place.display().to_string()));
            let plan = Plan {
                program: program.clone(),
                service,
                listen,
                admin,
                environment: own,
                log: folder.join(format!("{service}-{number}.log")),
            };
            suite.processes.push(Process::start(plan)?);
        }
        for process in &mut suite.processes {
            process.ready().await?;
        }
        Ok(suite)
    }

    /// Where the replicas of a service answer.
    #[must_use]
    pub fn uris(&self, service: &str) -> Vec<http::Uri> {
        let mine = self.processes.iter().filter(|one| one.plan.service == service);
        mine.filter_map(|one| format!("http://{}", one.plan.listen).parse().ok())
            .collect()
    }

    /// The first process of a service.
    ///
    /// # Errors
    /// When it has none.
    pub fn one(&mut self, service: &str) -> Result<&mut Process, Trouble> {
        let found = self.processes.iter_mut().find(|one| one.plan.service == service);
        found.ok_or_else(|| Trouble(format!("no process of {service}")))
    }

    /// A link to a service, in the name of another or of nobody; must be made inside tokio.
    #[must_use]
    pub fn link(&self, service: &str, from: Option<&str>) -> Link {
        let issuer = from.map(|name| Issuer::new(name, self.keys.clone()));
        Link::remote(service, self.uris(service), issuer)
    }

    /// Ends all processes at once.
    pub async fn stop(mut self) {
        for process in &mut self.processes {
            process.kill().await;
        }
    }
}

fn addresses(services: &[Replicas]) -> Result<Vec<(&'static str, Vec<SocketAddr>)>, Trouble> {
    let all = services.iter().map(|(service, replicas)| {
        let own: Result<Vec<_>, _> = (0..*replicas).map(|_| free_address()).collect();
        Ok((*service, own?))
    });
    all.collect()
}

fn each<'a>(
    addresses: &'a [(&'static str, Vec<SocketAddr>)],
) -> impl Iterator<Item = (&'static str, usize, SocketAddr)> + 'a {
    addresses.iter().flat_map(|(service, own)| {
        own.iter()
            .enumerate()
            .map(|(number, address)| (*service, number, *address))
    })
}

/// What every process is told.
fn environment(
    folder: &std::path::Path,
    url: &str,
    addresses: &[(&'static str, Vec<SocketAddr>)],
    bug: Option<Bug>,
) -> Vec<(String, String)> {
    let keys: PathBuf = folder.join("keys");
    let mut all = vec![
        ("ZHIBU_SHARED__KEYS".to_owned(), keys.display().to_string()),
        ("ZHIBU_SHARED__LOG__LEVEL".to_owned(), "warn".to_owned()),
        ("ZHIBU_GATEWAY__RATE__CALLER".to_owned(), "100000".to_owned()),
        ("ZHIBU_GATEWAY__RATE__STRANGER".to_owned(), "100000".to_owned()),
    ];
    all.extend(bug.map(|bug| ("ZHIBU_PLANTED".to_owned(), bug.name().to_owned())));
    let known: BTreeMap<&str, String> = addresses
        .iter()
        .map(|(service, own)| {
            let uris: Vec<String> = own.iter().map(|address| format!("http://{address}")).collect();
            (*service, uris.join(","))
        })
        .collect();
    for (service, _) in addresses {
        if *service != gateway::NAME {
            all.push((setting(service, "DATABASE__URL"), url.to_owned()));
        }
        for peer in ["organization", "member", "activity", "rating", "resource"] {
            let key = setting(service, &format!("PEERS__{}", peer.to_uppercase()));
            all.push((key, known.get(peer).cloned().unwrap_or_default()));
        }
    }
    all
}

/// The variable of a service's setting.
fn setting(service: &str, key: &str) -> String {
    format!("ZHIBU_{}__{key}", service.to_uppercase())
}

async fn run(command: &mut Command) -> Result<(), Trouble> {
    let output = command.output().await?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Trouble(format!("{:?}: {said}", command.as_std())))
}
