//! `zhibu procedures check`: lints procedure definitions and plays worked cases against them, without any service.

use std::{
    fmt, fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use kernel::Calendar;
use process::check;

/// What is done with procedures.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// 检查规程定义并演算例案，逐条指出错误和不符之处；标“注意”的是多半另有本意、由发布的人定夺之处，不算失败
    Check(CheckArgs),
}

/// Which definitions, and which worked cases.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// 规程定义（TOML）；不写时用自带的
    #[arg(long, value_name = "FILE")]
    definitions: Option<PathBuf>,
    /// 例案（TOML）；不写时用自带的
    #[arg(long, value_name = "FILE")]
    walks: Option<PathBuf>,
}

/// Succeeds only where everything can be read, there is no error and nothing differs; warnings are told.
#[must_use]
pub fn run(action: &Action) -> ExitCode {
    let Action::Check(args) = action;
    let read = |file: &Option<PathBuf>| match file {
        None => Ok(None),
        Some(file) => {
            let unread = |error| {
                format!(
                    "{} 读不出（{error}）。须为 UTF-8 编码的 TOML 文件。",
                    file.display()
                )
            };
            fs::read_to_string(file).map(Some).map_err(unread)
        }
    };
    let (definitions, walks) = match (read(&args.definitions), read(&args.walks)) {
        (Ok(definitions), Ok(walks)) => (definitions, walks),
        (definitions, walks) => {
            for unread in [definitions.err(), walks.err()].into_iter().flatten() {
                say(&mut io::stderr(), &format!("zhibu: {unread}"));
            }
            return ExitCode::FAILURE;
        }
    };
    let report = check::run(definitions.as_deref(), walks.as_deref(), Calendar::official());
    if !say(&mut io::stdout(), &report) {
        return ExitCode::FAILURE;
    }
    if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Whether it was written; whoever closed the pipe has seen enough.
fn say(out: &mut impl Write, what: &impl fmt::Display) -> bool {
    match writeln!(out, "{what}") {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::BrokenPipe,
    }
}
