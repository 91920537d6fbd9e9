//! One `zhibu serve` of a suite: started, killed, asked to end, started again at the same port.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};
use tonic::transport::Endpoint;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::lab::Trouble;

const STARTS_WITHIN: Duration = Duration::from_secs(30);
/// The drain time of the suite and something more.
const ENDS_WITHIN: Duration = Duration::from_secs(35);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How a process is started.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program.
    pub program: PathBuf,
    /// The service that it is.
    pub service: &'static str,
    /// Where it answers.
    pub listen: SocketAddr,
    /// Where its admin port is.
    pub admin: SocketAddr,
    /// What it is told.
    pub environment: Vec<(String, String)>,
    /// Where it writes what it says.
    pub log: PathBuf,
}

/// A process.
pub struct Process {
    /// How it is started.
    pub plan: Plan,
    child: Option<Child>,
}

impl Process {
    /// Starts it; it may not answer yet.
    ///
    /// # Errors
    /// When the system does not start it.
    pub fn start(plan: Plan) -> Result<Self, Trouble> {
        let mut process = Self { plan, child: None };
        process.again()?;
        Ok(process)
    }

    /// Starts it again, at the same port.
    ///
    /// # Errors
    /// When the system does not start it.
    pub fn again(&mut self) -> Result<(), Trouble> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(&self.plan.log)?;
        let child = Command::new(&self.plan.program)
            .args(["serve", self.plan.service, "--with-parent"])
            .arg(std::process::id().to_string())
            .envs(self.plan.environment.iter().map(|(key, value)| (key, value)))
            .current_dir(self.plan.log.parent().unwrap_or(Path::new("/")))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        self.child = Some(child);
        Ok(())
    }

    /// Waits until it says that it is ready.
    ///
    /// # Errors
    /// When it ends or does not become ready.
    pub async fn ready(&mut self) -> Result<(), Trouble> {
        let until = Instant::now() + STARTS_WITHIN;
        let uri = format!("http://{}", self.plan.admin);
        let endpoint = Endpoint::from_shared(uri).map_err(|error| Trouble(error.to_string()))?;
        while !serves(&endpoint).await {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                return Err(self.failed(&format!("ended: {status}")));
            }
            if Instant::now() > until {
                return Err(self.failed("does not become ready"));
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn failed(&self, how: &str) -> Trouble {
        let said = fs::read_to_string(&self.plan.log).unwrap_or_default();
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Trouble(format!(
            "zhibu serve {} {how}\n{}",
            self.plan.service,
            last.join("\n")
        ))
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> Option<i32> {
        self.child.as_ref()?.id().and_then(|id| i32::try_from(id).ok())
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// Ends it at once, with `kill -9`.
    pub async fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        if let Some(mut child) = self.child.take() {
            let _ = child.wait().await;
        }
    }

    /// Asks it to end and waits; says how it ended, or nothing when it did not in time and was killed.
    pub async fn end(&mut self) -> Option<std::process::ExitStatus> {
        self.signal(Signal::SIGTERM);
        let mut child = self.child.take()?;
        match timeout(ENDS_WITHIN, child.wait()).await {
            Ok(status) => status.ok(),
            Err(_) => {
                let _ = child.kill().await;
                None
            }
        }
    }

    /// Kibibytes of memory that it has now.
    #[must_use]
    pub fn memory_kib(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse().ok()
    }
}

async fn serves(endpoint: &Endpoint) -> bool {
    let Ok(channel) = endpoint.connect().await else {
        return false;
    };
    let asked = HealthCheckRequest {
        service: runtime::admin::READY.to_owned(),
    };
    let answer = HealthClient::new(channel).check(asked).await;
    answer.is_ok_and(|answer| answer.get_ref().status() == ServingStatus::Serving)
}
