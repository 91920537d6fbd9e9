//! The fault runs (goals.md part 2, reliability.md part 4): real processes of the suite, killed, cancelled, flooded and
//! restarted, and counted afterwards. `tests/faults` starts it.

pub mod bookings;
pub mod county;
pub mod dice;
pub mod frames;
pub mod history;
pub mod lab;
pub mod people;
pub mod postgres;
pub mod process;
pub mod raw;
pub mod row;
pub mod rows;
pub mod suite;

use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use kernel::planted::Bug;

use crate::{
    lab::{Lab, Size, Trouble},
    postgres::{Postgres, Server},
    row::{Outcome, Row, Verdict},
};

/// A row that has not ended by then never will.
const LONGEST: Duration = Duration::from_secs(300);

/// Attacks real processes of the suite and counts what must not be.
#[derive(Debug, Parser)]
struct Arguments {
    /// The same in small.
    #[arg(long)]
    quick: bool,
    /// One JSON array of objects instead of the table.
    #[arg(long)]
    json: bool,
    /// The program as it is.
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// The program with the feature `planted`.
    #[arg(long, value_name = "FILE")]
    planted: PathBuf,
    /// A folder for everything that is written.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    server: Server,
    /// Only these rows.
    #[arg(value_name = "ROW")]
    only: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("faults: {trouble}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<bool, Trouble> {
    let wanted = wanted(&arguments.only)?;
    fs::create_dir_all(&arguments.folder)?;
    let lab = Lab {
        postgres: Postgres::start(arguments.server).await?,
        program: arguments.program,
        planted: arguments.planted,
        folder: arguments.folder,
    };
    let size = if arguments.quick { Size::Quick } else { Size::Full };
    let mut verdicts = Vec::new();
    for row in wanted {
        let verdict = judge(&lab, row, size).await.unwrap_or_else(|trouble| {
            eprintln!("    void: {trouble}");
            Verdict::void(row, size)
        });
        verdicts.push(verdict);
    }
    lab.postgres.stop().await;
    let text = if arguments.json {
        serde_json::to_string_pretty(&verdicts).unwrap_or_default() + "\n"
    } else {
        table(&verdicts)
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(verdicts.iter().all(|verdict| verdict.holds))
}

fn wanted(only: &[String]) -> Result<Vec<&'static Row>, Trouble> {
    let known = |id: &String| rows::ALL.iter().any(|row| row.id == id);
    if let Some(unknown) = only.iter().find(|id| !known(id)) {
        let all: Vec<&str> = rows::ALL.iter().map(|row| row.id).collect();
        return Err(Trouble(format!("no row {unknown}; there are {}", all.join(", "))));
    }
    let all = rows::ALL.iter();
    Ok(all
        .filter(|row| only.is_empty() || only.iter().any(|id| id == row.id))
        .collect())
}

/// Runs a row against the program as it is, then against each bug that it must find.
async fn judge(lab: &Lab, row: &'static Row, size: Size) -> Result<Verdict, Trouble> {
    eprintln!("{}  {}", row.id, row.what);
    let least = size.of(row.least.0, row.least.1);
    let clean = once(lab, row, size, None).await?;
    let mut found = true;
    for (bug, kind) in row.teeth {
        // A bug is planted to be found: the small size must do.
        let outcome = once(lab, row, Size::Quick, Some(*bug)).await?;
        found &= outcome.bad.of(kind) > 0;
    }
    let bad = clean.bad.total();
    Ok(Verdict {
        id: row.id,
        what: row.what,
        tried: clean.tried,
        least,
        bad,
        planted_found: found,
        holds: clean.tried >= least && bad == 0 && found,
    })
}

async fn once(lab: &Lab, row: &Row, size: Size, bug: Option<Bug>) -> Result<Outcome, Trouble> {
    let since = Instant::now();
    let name = bug.map_or("as it is", Bug::name);
    let outcome = tokio::time::timeout(LONGEST, (row.run)(lab, size, bug))
        .await
        .map_err(|_| Trouble(format!("{} does not end", row.id)))?
        .map_err(|trouble| Trouble(format!("{} ({name}): {trouble}", row.id)))?;
    eprintln!(
        "    {name}: {} tried, {} bad, {} s{}",
        outcome.tried,
        outcome.bad.total(),
        since.elapsed().as_secs(),
        outcome.bad
    );
    Ok(outcome)
}

fn table(verdicts: &[Verdict]) -> String {
    let mut text = format!(
        "{:<4} {:>8} {:>8} {:>6}  {:<7} {:<5}  what must not be\n",
        "row", "tried", "least", "bad", "planted", "holds"
    );
    for one in verdicts {
        let word = |yes| if yes { "yes" } else { "NO" };
        text += &format!(
            "{:<4} {:>8} {:>8} {:>6}  {:<7} {:<5}  {}\n",
            one.id,
            one.tried,
            one.least,
            one.bad,
            if one.planted_found { "found" } else { "MISSED" },
            word(one.holds),
            one.what
        );
    }
    text
}
