//! The county on which the rows act: loaded by the demo, through the public RPCs.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use serde::Deserialize;

use crate::{
    lab::{Lab, Size, Trouble, free_address},
    process::{Plan, Process},
};

const SHIPPED: &str = include_str!("../../../services/zhibu/data/county.csv");
/// One town of it, with its villages.
const TOWN: &str = "610323111";

/// A county whose year was played.
#[derive(Debug, Clone)]
pub struct County {
    /// The data folder, with the keys in it.
    pub folder: PathBuf,
    /// Its database; SQLite files in the folder where there is none.
    pub postgres: Option<String>,
    /// The business time that was reached.
    pub now: String,
    file: PathBuf,
}

#[derive(Deserialize)]
struct Reached {
    now: String,
}

impl County {
    /// Plays the year of the shipped county, or of one town of it for a quick run.
    ///
    /// # Errors
    /// When the demo fails.
    pub async fn play(lab: &Lab, name: &str, postgres: Option<String>) -> Result<Self, Trouble> {
        let begun = Instant::now();
        let file = lab.folder.join("county.csv");
        fs::write(&file, rows(lab.size))?;
        let mut county = Self {
            folder: lab.folder.join(name),
            postgres,
            now: String::new(),
            file,
        };
        let mut plan = county.demo(lab)?;
        plan.arguments.push("--exit".into());
        Process::start(&plan)?.done().await?;
        let reached = fs::read(county.folder.join("demo.json"))?;
        let reached: Reached =
            serde_json::from_slice(&reached).map_err(|error| Trouble(error.to_string()))?;
        county.now = reached.now;
        eprintln!("    {name}: the year is played, {} s", begun.elapsed().as_secs());
        Ok(county)
    }

    /// The demo on it; its door is the last argument.
    ///
    /// # Errors
    /// When no port is free.
    pub fn demo(&self, lab: &Lab) -> Result<Plan, Trouble> {
        let text = |path: &Path| path.display().to_string();
        let mut arguments = ["demo", "--json", "--data", &text(&self.folder)]
            .map(str::to_owned)
            .to_vec();
        arguments.extend(["--county".to_owned(), text(&self.file)]);
        if let Some(url) = &self.postgres {
            arguments.extend(["--postgres".to_owned(), url.clone()]);
        }
        arguments.extend(["--listen".to_owned(), free_address()?.to_string()]);
        Ok(Plan {
            program: lab.program.clone(),
            arguments,
            environment: Vec::new(),
            log: self.folder.with_extension("log"),
        })
    }

    /// The key folder.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }
}

fn rows(size: Size) -> String {
    let above = ["code", "61", "6103", "610323", TOWN];
    let of_town = |row: &&str| {
        let mut cells = row.split(',');
        let (code, parent) = (cells.next().unwrap_or_default(), cells.nth(1).unwrap_or_default());
        above.contains(&code) || parent == TOWN
    };
    match size {
        Size::Full => SHIPPED.to_owned(),
        Size::Quick => SHIPPED.lines().filter(of_town).collect::<Vec<_>>().join("\n"),
    }
}
