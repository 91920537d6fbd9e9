//! `zhibu keys` and `zhibu token`: the key folder and the built-in issuer, for trying it out.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use gateway::tokens::BuiltIn;
use seal::Keyring;

/// Where the keys lie.
#[derive(Debug, clap::Args)]
pub struct KeysArgs {
    /// The data folder; the keys go into `keys` in it.
    #[arg(long, value_name = "DIR", default_value = "./.zhibu")]
    data: PathBuf,
}

/// For whom, and how long.
#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    /// The person's id.
    #[arg(long, value_name = "ID")]
    subject: uuid::Uuid,
    /// The data folder with the keys.
    #[arg(long, value_name = "DIR", default_value = "./.zhibu")]
    data: PathBuf,
    /// Hours that it is good for.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=720))]
    hours: u64,
    /// Signed in with one factor only.
    #[arg(long)]
    one_factor: bool,
}

/// Makes the keys where there are none, and says which it is.
#[must_use]
pub fn keys(args: &KeysArgs) -> ExitCode {
    let folder = args.data.join("keys");
    let made = std::fs::create_dir_all(&args.data)
        .map_err(|error| error.to_string())
        .and_then(|()| {
            let made = Keyring::create(&folder).map_err(|error| error.to_string())?;
            BuiltIn::open(&folder).map_err(|error| error.to_string())?;
            Ok(made)
        });
    say(made.map(|made| {
        let what = if made {
            "new keys, for trying it out only"
        } else {
            "keys were there, nothing changed"
        };
        format!("{}: {what}", folder.display())
    }))
}

/// Prints a token of the built-in issuer.
#[must_use]
pub fn token(args: &TokenArgs) -> ExitCode {
    let folder = args.data.join("keys");
    if !folder.is_dir() {
        return say(Err(format!(
            "{}: no keys; `zhibu keys` makes them",
            folder.display()
        )));
    }
    let life = Duration::from_secs(args.hours * 3600);
    let token = BuiltIn::open(&folder)
        .and_then(|issuer| issuer.token(&args.subject.to_string(), life, !args.one_factor));
    say(token.map_err(|error| error.to_string()))
}

fn say(outcome: Result<String, String>) -> ExitCode {
    match outcome {
        Ok(text) if writeln!(io::stdout(), "{text}").is_ok() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(text) => {
            let _ = writeln!(io::stderr(), "zhibu: {text}");
            ExitCode::FAILURE
        }
    }
}
