//! A Postgres of our own, as durable as in production, that can be killed and comes back. It is our direct child:
//! another's zombie would keep its process id, and with it the data folder.

use std::{
    fs,
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
    sync::Mutex,
    time::{Instant, sleep},
};

use crate::lab::{Trouble, free_address};

const STARTS_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How the server is started.
#[derive(Debug, Clone, clap::Args)]
pub struct Server {
    /// Folder of Postgres' programs.
    #[arg(long, value_name = "DIR")]
    postgres: PathBuf,
    /// Its data folder, made by initdb with the superuser `postgres`.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Who runs it, where we are root.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Whose group.
    #[arg(long, value_name = "NAME", requires = "user")]
    group: Option<String>,
}

/// The server.
pub struct Postgres {
    server: Server,
    port: u16,
    running: Mutex<Option<Child>>,
}

impl Postgres {
    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(server: Server) -> Result<Self, Trouble> {
        let postgres = Self {
            server,
            port: free_address()?.port(),
            running: Mutex::default(),
        };
        postgres.restart().await?;
        Ok(postgres)
    }

    /// The URL of one of its databases.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Starts it again after a kill, and waits until it answers.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&self) -> Result<(), Trouble> {
        let log = fs::File::options().create(true).append(true).open(self.log())?;
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=KILL");
        if let Some(user) = &self.server.user {
            let group = self.server.group.as_ref().unwrap_or(user);
            command
                .arg(format!("--reuid={user}"))
                .arg(format!("--regid={group}"))
                .arg("--clear-groups");
        }
        command
            .arg(self.server.postgres.join("postgres"))
            .arg("-D")
            .arg(&self.server.data)
            .arg("-p")
            .arg(self.port.to_string());
        let settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=300",
            "shared_buffers=128MB",
            "max_wal_size=2GB",
            "jit=off",
            // After a kill: one sync of the disk instead of one of each file.
            "recovery_init_sync_method=syncfs",
            "log_line_prefix=%d ",
        ];
        for setting in settings {
            command.arg("-c").arg(setting);
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        *self.running.lock().await = Some(child);
        let until = Instant::now() + STARTS_WITHIN;
        while self.rows("postgres", "SELECT 1").await.is_err() {
            if Instant::now() > until {
                return Err(Trouble(format!(
                    "Postgres does not start: {}",
                    self.log().display()
                )));
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.server.data.with_extension("log")
    }

    /// Ends it as a power cut would, all its processes at once, and waits until they are gone.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn kill(&self) -> Result<(), Trouble> {
        let mut running = self.running.lock().await;
        let mut child = running
            .take()
            .ok_or_else(|| Trouble("Postgres does not run".into()))?;
        let first = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .unwrap_or_default();
        let mut all = vec![first];
        all.extend(children(first));
        for pid in &all {
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        child.wait().await?;
        while all
            .iter()
            .any(|pid| Path::new(&format!("/proc/{pid}/stat")).exists())
        {
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Makes an empty database and gives its URL.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create(&self, database: &str) -> Result<String, Trouble> {
        self.rows(
            "postgres",
            &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
        )
        .await?;
        self.rows("postgres", &format!("CREATE DATABASE {database}"))
            .await?;
        Ok(self.url(database))
    }

    /// What a statement gives, asked past the suite.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn rows(&self, database: &str, sql: &str) -> Result<Vec<Vec<String>>, Trouble> {
        let output = Command::new(self.server.postgres.join("psql"))
            .args([
                "-X",
                "-A",
                "-t",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-F",
                "\t",
                "-c",
                sql,
            ])
            .arg(self.url(database))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            return Err(Trouble(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text
            .lines()
            .map(|line| line.split('\t').map(str::to_owned).collect())
            .collect())
    }

    /// The one number that a statement gives.
    ///
    /// # Errors
    /// When the server does not answer or gives something else.
    pub async fn number(&self, database: &str, sql: &str) -> Result<u64, Trouble> {
        let rows = self.rows(database, sql).await?;
        let cell = rows.first().and_then(|row| row.first());
        cell.and_then(|text| text.parse().ok())
            .ok_or_else(|| Trouble(format!("no number: {sql}")))
    }

    /// How often the server has logged a text about one of its databases.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn logged(&self, database: &str, text: &str) -> Result<u64, Trouble> {
        let log = fs::read(self.log())?;
        let log = String::from_utf8_lossy(&log);
        let ours = log
            .lines()
            .filter(|line| line.split(' ').next() == Some(database));
        Ok(ours.filter(|line| line.contains(text)).count() as u64)
    }

    /// Ends it.
    pub async fn stop(self) {
        let _ = self.kill().await;
    }
}

/// The processes that a process has started.
fn children(pid: i32) -> Vec<i32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect()
}
