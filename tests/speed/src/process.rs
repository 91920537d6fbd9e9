//! A program under load: started, waited for, weighed, ended with us.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};
use tonic::transport::Endpoint;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::lab::Trouble;

const STARTS_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// How a program is started.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What it is told.
    pub environment: Vec<(String, String)>,
    /// Where it writes what it says.
    pub log: PathBuf,
}

/// A running program; killed when dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; it may not answer yet.
    ///
    /// # Errors
    /// When the system does not start it.
    pub fn start(plan: &Plan) -> Result<Self, Trouble> {
        let log = fs::File::options().create(true).append(true).open(&plan.log)?;
        let child = Command::new(&plan.program)
            .args(&plan.arguments)
            .envs(plan.environment.iter().map(|(key, value)| (key, value)))
            .current_dir(plan.log.parent().unwrap_or(Path::new("/")))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Trouble(format!("{}: {error}", plan.program.display())))?;
        Ok(Self {
            child,
            log: plan.log.clone(),
        })
    }

    /// Waits until a look at it succeeds.
    ///
    /// # Errors
    /// When it ends, or takes too long.
    pub async fn until(&mut self, mut look: impl AsyncFnMut() -> bool) -> Result<(), Trouble> {
        let until = Instant::now() + STARTS_WITHIN;
        while !look().await {
            if let Some(status) = self.child.try_wait()? {
                return Err(self.failed(&format!("ended: {status}")));
            }
            if Instant::now() > until {
                return Err(self.failed("does not become ready"));
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Waits until a service of the suite says at its admin port that it is ready.
    ///
    /// # Errors
    /// When it ends, or takes too long.
    pub async fn ready(&mut self, admin: SocketAddr) -> Result<(), Trouble> {
        let endpoint = Endpoint::from_shared(format!("http://{admin}"));
        let endpoint = endpoint.map_err(|error| Trouble(error.to_string()))?;
        self.until(async || serves(&endpoint).await).await
    }

    /// Waits until somebody listens at an address.
    ///
    /// # Errors
    /// When it ends, or takes too long.
    pub async fn listens(&mut self, address: SocketAddr) -> Result<(), Trouble> {
        self.until(async || tokio::net::TcpStream::connect(address).await.is_ok())
            .await
    }

    /// Waits until it ends by itself, well.
    ///
    /// # Errors
    /// When it ends otherwise.
    pub async fn done(mut self) -> Result<(), Trouble> {
        drop(self.child.stdout.take());
        let status = self.child.wait().await?;
        if status.success() {
            return Ok(());
        }
        Err(self.failed(&format!("ended: {status}")))
    }

    /// What it writes on standard output.
    pub fn output(&mut self) -> Option<tokio::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Bytes of memory that are resident now.
    #[must_use]
    pub fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes * 1024)
    }

    /// Ends it at once.
    pub async fn kill(&mut self) {
        let _ = self.child.kill().await;
    }

    fn failed(&self, how: &str) -> Trouble {
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Trouble(format!("{}: {how}\n{}", self.log.display(), last.join("\n")))
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
