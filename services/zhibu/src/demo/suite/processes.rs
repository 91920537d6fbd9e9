//! Each service as a process of its own, on free ports of this machine. They end with this process.

use std::{
    collections::BTreeMap,
    env,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use access::Issuer;
use kernel::Instant;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use proto::clock::v1::{PositionsRequest, clock_service_client::ClockServiceClient};
use runtime::{Link, Settings, StartError, folder::Folder, settings::sqlite_file};
use seal::Keyring;
use tokio::{
    process::{Child, Command},
    sync::Mutex,
};

use super::{Args, DRIVER, keeping, needed, setting, settings};
use crate::{demo::clock, services};

const LOOK_EVERY: Duration = Duration::from_millis(20);
const STARTS_WITHIN: Duration = Duration::from_secs(60);
const ENDS_WITHIN: Duration = Duration::from_secs(10);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Nobody but the driver calls them, and it has its answers.
const DRAIN_SECONDS: &str = "1";

/// Where a service answers.
#[derive(Debug, Clone, Copy)]
struct Ports {
    listen: SocketAddr,
    admin: SocketAddr,
}

/// The processes.
pub(super) struct Processes {
    children: Mutex<Vec<(&'static str, Child)>>,
    ports: BTreeMap<&'static str, Ports>,
    issuer: Issuer,
    _folder: Folder,
}

impl Processes {
    /// Takes the folder, makes keys and schemas, starts every service and waits until each answers.
    pub(super) async fn start(args: &Args, now: Instant) -> Result<(Self, Settings), StartError> {
        let of_parent = databases(args);
        let settings = settings(args, now, of_parent.clone())?;
        runtime::server::is_free(args.listen)?;
        // Said once here, not by every child.
        if let Some(url) = &settings.shared.redis {
            runtime::wakeups::answers(url).await?;
        }
        let mut folder = Folder::take(&settings.shared.data)?;
        if settings.shared.own_keys {
            folder.make_keys()?;
        }
        let keys = Arc::new(Keyring::load(&settings.shared.keys)?);
        for entry in &services::ALL {
            services::migrate(entry, &settings).await?;
            services::keys_fit(entry, &settings, &keys).await?;
        }
        // From here on something may be sealed with its keys.
        folder.keep();
        let ports = ports(args.listen)?;
        let mut processes = Self {
            children: Mutex::default(),
            issuer: Issuer::new(DRIVER, keys),
            ports,
            _folder: folder,
        };
        let shared = processes.environment(args, now, of_parent, &settings);
        for entry in &services::ALL {
            let child = processes.spawn(entry.name, args, &shared)?;
            processes.children.get_mut().push((entry.name, child));
        }
        processes.wait().await?;
        Ok((processes, settings))
    }

    /// What every child is told.
    fn environment(
        &self,
        args: &Args,
        now: Instant,
        databases: Vec<(String, String)>,
        settings: &Settings,
    ) -> Vec<(String, String)> {
        let mut all = vec![(
            "ZHIBU_SHARED__LOG__LEVEL".to_owned(),
            settings.shared.log.level.clone(),
        )];
        all.extend(needed(args, now));
        all.push(("ZHIBU_SHARED__DRAIN_SECONDS".into(), DRAIN_SECONDS.into()));
        all.extend(databases);
        all.push((
            "ZHIBU_SHARED__KEYS".into(),
            settings.shared.keys.display().to_string(),
        ));
        for (name, ports) in &self.ports {
            all.push((setting(name, "LISTEN"), ports.listen.to_string()));
            all.push((setting(name, "ADMIN_LISTEN"), ports.admin.to_string()));
            for (peer, ports) in self.ports.iter().filter(|(peer, _)| **peer != gateway::NAME) {
                let key = setting(name, &format!("PEERS__{}", peer.to_uppercase()));
                all.push((key, format!("http://{}", ports.listen)));
            }
        }
        all
    }

    fn spawn(&self, name: &str, args: &Args, shared: &[(String, String)]) -> Result<Child, StartError> {
        let told =
            |what: std::io::Error| StartError::Other(format!("服务 {name} 的进程不能启动（{what}）。"));
        // Each child holds a folder of its own; the data folder itself is this process's.
        let own = args.data.join("processes").join(name);
        let program = env::current_exe().map_err(told)?;
        let mut command = Command::new(program);
        command
            .arg("serve")
            .arg(name)
            .arg("--with-parent")
            .arg(std::process::id().to_string())
            .envs(shared.iter().map(|(key, value)| (key, value)))
            .env("ZHIBU_SHARED__DATA", own)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            // Ctrl-C goes to this process, which ends them in order.
            .process_group(0);
        command.spawn().map_err(told)
    }

    /// Waits until every service answers, or one has ended: it has said why.
    async fn wait(&mut self) -> Result<(), StartError> {
        let until = tokio::time::Instant::now() + STARTS_WITHIN;
        for (name, link) in self.admins() {
            while ClockServiceClient::new(link.clone())
                .positions(PositionsRequest {})
                .await
                .is_err()
            {
                for (name, child) in self.children.get_mut() {
                    if let Ok(Some(status)) = child.try_wait() {
                        return Err(StartError::Other(format!(
                            "服务 {name} 的进程没有启动成功（{status}），原因见它上面所说。"
                        )));
                    }
                }
                if tokio::time::Instant::now() > until {
                    return Err(StartError::Other(format!(
                        "服务 {name} 在 {} 秒内没有应答。请看它的日志，或用 ZHIBU_SHARED__LOG__LEVEL=info 再启动一次。",
                        STARTS_WITHIN.as_secs()
                    )));
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        Ok(())
    }

    /// Waits until one of them ends, which none is asked to, and says which and how.
    pub(super) async fn one_ended(&self) -> String {
        let mut children = self.children.lock().await;
        let waiting = children.iter_mut().map(|(name, child)| {
            Box::pin(async move {
                match child.wait().await {
                    Ok(status) => format!("{name}（{status}）"),
                    Err(error) => format!("{name}（{error}）"),
                }
            })
        });
        futures::future::select_all(waiting).await.0
    }

    /// The address of the door.
    pub(super) fn door(&self) -> SocketAddr {
        self.ports[gateway::NAME].listen
    }

    /// The admin port of each service.
    pub(super) fn admins(&self) -> Vec<(String, Link)> {
        let link = |ports: &Ports| clock::admin(ports.admin, self.issuer.clone());
        self.ports
            .iter()
            .map(|(name, ports)| ((*name).to_owned(), link(ports)))
            .collect()
    }

    /// The address of each admin port.
    pub(super) fn addresses(&self) -> Vec<(String, SocketAddr)> {
        let ports = self.ports.iter();
        ports
            .map(|(name, ports)| ((*name).to_owned(), ports.admin))
            .collect()
    }

    /// Organization, in the name of the driver.
    pub(super) fn organization(&self) -> Link {
        let address = self.ports.get(organization::NAME).map(|ports| ports.listen);
        let uri = address.and_then(|address| format!("http://{address}").parse().ok());
        Link::remote(
            organization::NAME,
            uri.into_iter().collect(),
            Some(self.issuer.clone()),
        )
    }

    /// Ends them one after the other, those who read others' feeds before those whose feeds are read.
    pub(super) async fn stop(mut self) {
        for (name, child) in self.children.get_mut().iter_mut().rev() {
            let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
            if let Some(pid) = pid {
                let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            }
            if tokio::time::timeout(ENDS_WITHIN, child.wait()).await.is_err() {
                tracing::warn!(service = name, "did not end when asked to");
            }
        }
    }
}

/// SQLite files stay where the one process has them, so that both forms play the same demo.
fn databases(args: &Args) -> Vec<(String, String)> {
    if args.postgres.is_some() {
        return Vec::new();
    }
    keeping()
        .map(|entry| {
            (
                setting(entry.name, "DATABASE__URL"),
                sqlite_file(&args.data, entry.name),
            )
        })
        .collect()
}

/// Free ports, all taken at the same time so that no two are the same. The door has the one that was asked for, if one
/// was.
fn ports(door: SocketAddr) -> Result<BTreeMap<&'static str, Ports>, StartError> {
    let told = |what: std::io::Error| StartError::Other(format!("本机没有空闲端口（{what}）。"));
    let mut held = Vec::new();
    let mut free = |on: IpAddr| -> Result<SocketAddr, StartError> {
        let listener = TcpListener::bind((on, 0)).map_err(told)?;
        let address = listener.local_addr().map_err(told)?;
        held.push(listener);
        Ok(address)
    };
    let mut ports = BTreeMap::new();
    for entry in &services::ALL {
        let admin = free(HERE)?;
        let listen = match (entry.name == gateway::NAME, door.port()) {
            (true, 0) => free(door.ip())?,
            (true, _) => door,
            (false, _) => free(HERE)?,
        };
        ports.insert(entry.name, Ports { listen, admin });
    }
    Ok(ports)
}
