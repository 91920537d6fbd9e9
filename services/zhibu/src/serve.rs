//! `zhibu serve SERVICE` and `zhibu migrate SERVICE`: one service, the form that runs in a cluster.

use std::{io::Write, path::PathBuf, process::ExitCode};

use runtime::{Host, Settings, StartError, folder::Folder, settings::ServiceSettings};

use crate::services::{self, Entry};

/// What a command line that is not understood ends with.
const USAGE: u8 = 2;

/// Which service, and its settings.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// organization、member、activity、rating、resource 或 gateway
    service: String,
    /// 设置文件；不写时用当前目录的 zhibu.toml（没有就不用）
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// 这个父进程结束时随之结束
    #[arg(long, value_name = "PID", hide = true)]
    with_parent: Option<u32>,
}

/// Serves until SIGTERM or Ctrl-C.
#[must_use]
pub fn serve(args: &Args) -> ExitCode {
    if let Some(Err(error)) = args.with_parent.map(runtime::folder::die_with_parent) {
        return failed(&StartError::Other(error.to_string()));
    }
    in_tokio(args, |entry, settings| async move {
        let own = settings
            .service(entry.name)
            .ok_or_else(|| StartError::Other(format!("没有 {} 的设置", entry.name)))?
            .clone();
        for address in [own.listen, own.admin_listen] {
            runtime::server::is_free(address)?;
        }
        let host = Host::open(entry.name, &settings, &[entry.name]).await?;
        let service = (entry.start)(host.parts(&own)).await?;
        // From here on something may be sealed with its keys.
        host.started();
        runtime::run_one(host, service, &own).await
    })
}

/// Brings the database to the schema of this program.
#[must_use]
pub fn migrate(args: &Args) -> ExitCode {
    in_tokio(args, |entry, settings| async move {
        let own = settings.service(entry.name).filter(|_| entry.migrate.is_some());
        let embedded = own.is_some_and(ServiceSettings::is_embedded);
        // A file of the folder is no business of anybody else meanwhile.
        let folder = embedded
            .then(|| Folder::take(&settings.shared.data))
            .transpose()?;
        services::migrate(entry, &settings).await?;
        if let Some(folder) = &folder {
            folder.keep();
        }
        let done = match entry.migrate {
            Some(_) => "的数据库现为本程序的结构。",
            None => "没有数据库，无须升级。",
        };
        let _ = writeln!(std::io::stderr(), "{} {done}", entry.name);
        Ok(())
    })
}

fn in_tokio<F, W>(args: &Args, work: F) -> ExitCode
where
    F: FnOnce(&'static Entry, Settings) -> W,
    W: Future<Output = Result<(), StartError>>,
{
    let Some(entry) = services::named(&args.service) else {
        let names: Vec<&str> = services::ALL.iter().map(|entry| entry.name).collect();
        let what = format!(
            "没有名为 {:?} 的服务，可以是 {}。",
            args.service,
            names.join("、")
        );
        let _ = failed(&StartError::Other(what));
        return ExitCode::from(USAGE);
    };
    let settings = match Settings::of_process(args.settings.as_deref(), &services::tables()) {
        Ok(settings) => settings,
        Err(problems) => return failed(&problems.into()),
    };
    let runtime = match tokio_with(settings.shared.workers) {
        Ok(runtime) => runtime,
        Err(error) => return failed(&StartError::Other(error.to_string())),
    };
    match runtime.block_on(work(entry, settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// A runtime with so many workers; one a core for 0.
pub fn tokio_with(workers: usize) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if workers > 0 {
        builder.worker_threads(workers);
    }
    builder.enable_all().build()
}

/// Says why the process does not start, and with which code it ends.
pub fn failed(error: &StartError) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "zhibu: {error}");
    ExitCode::from(error.exit_code())
}
