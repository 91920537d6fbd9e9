//! The benchmarks (goals.md part 1): each figure of the suite beside its bare limit, in the same run, in alternating
//! rounds. `tests/bench` starts it.

#![expect(
    clippy::disallowed_methods,
    reason = "a bare limit is a server without our wire: it makes its own statuses"
)]

pub mod bare;
pub mod county;
pub mod figure;
pub mod lab;
pub mod limits;
pub mod people;
pub mod process;
pub mod raw;
pub mod reader;
pub mod rounds;
pub mod rows;
pub mod statements;
pub mod suite;

use std::{fs, io::Write, path::PathBuf, process::ExitCode};

use clap::Parser;

use crate::{
    county::County,
    figure::Figure,
    lab::{Lab, Size, Trouble},
    reader::Reader,
    suite::{Form, Suite},
};

/// Every row, in the order of the goals.
const ROWS: [&str; 7] = ["P1", "P2", "P3a", "P3b", "P5", "P7", "P12"];

/// Measures the suite beside bare programs.
#[derive(Debug, Parser)]
struct Arguments {
    /// Less of everything, for a look.
    #[arg(long)]
    quick: bool,
    /// One JSON array of objects instead of the table.
    #[arg(long)]
    json: bool,
    /// The suite's program.
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// The program of the limits.
    #[arg(long, value_name = "FILE")]
    bare: PathBuf,
    /// A folder for everything that is written.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// A database of a server where others may be made.
    #[arg(long, value_name = "URL")]
    postgres: String,
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
            eprintln!("bench: {trouble}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<bool, Trouble> {
    if let Some(unknown) = arguments.only.iter().find(|id| !ROWS.contains(&id.as_str())) {
        return Err(Trouble(format!(
            "no row {unknown}; there are {}",
            ROWS.join(", ")
        )));
    }
    let wanted = |id: &str| arguments.only.is_empty() || arguments.only.iter().any(|one| one == id);
    fs::create_dir_all(&arguments.folder)?;
    let lab = Lab {
        program: arguments.program.clone(),
        bare: arguments.bare.clone(),
        folder: arguments.folder.clone(),
        postgres: arguments.postgres.clone(),
        size: if arguments.quick { Size::Quick } else { Size::Full },
    };
    let figures = measure(&lab, wanted).await?;
    let text = if arguments.json {
        serde_json::to_string_pretty(&figures).unwrap_or_default() + "\n"
    } else {
        figure::table(&figures)
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(figures.iter().all(|figure| figure.holds))
}

/// The rows that are wanted.
async fn measure(lab: &Lab, wanted: impl Fn(&str) -> bool) -> Result<Vec<Figure>, Trouble> {
    let mut figures = Vec::new();
    if wanted("P7") {
        eprintln!("P7");
        figures.extend(rows::scoring::run(lab)?);
    }
    if ROWS.iter().all(|id| *id == "P7" || !wanted(id)) {
        return Ok(figures);
    }
    let url = lab.database("county").await?;
    let county = County::play(lab, "on-postgres", Some(url)).await?;
    let reader = Reader::of(&county).await?;
    if wanted("P1") {
        eprintln!("P1");
        figures.extend(rows::pass::run(lab, &county, &reader).await?);
    }
    if wanted("P2") || wanted("P3a") {
        let suite = Suite::start(lab, &county, &Form::default()).await?;
        if wanted("P2") {
            eprintln!("P2");
            figures.extend(rows::reads::run(lab, &reader, &suite).await?);
        }
        if wanted("P3a") {
            eprintln!("P3a");
            figures.extend(rows::profile::as_processes(lab, &reader, &suite).await?);
        }
        suite.stop().await;
    }
    if wanted("P3b") {
        eprintln!("P3b");
        figures.extend(rows::profile::in_one(lab, &county, &reader).await?);
    }
    // After the profiles: its holds lapse one by one in whatever runs on this database.
    if wanted("P5") {
        eprintln!("P5");
        let suite = Suite::start(lab, &county, &Form::default()).await?;
        figures.extend(rows::bookings::run(lab, &reader, &suite).await?);
        suite.stop().await;
    }
    if wanted("P12") {
        eprintln!("P12");
        let in_files = County::play(lab, "in-files", None).await?;
        figures.extend(rows::start::run(lab, &county, &in_files).await?);
    }
    figures.sort_by_key(|figure| ROWS.iter().position(|id| *id == figure.id));
    Ok(figures)
}
