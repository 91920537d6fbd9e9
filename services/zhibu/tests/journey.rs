//! The year of a small county, as people start it: with the built program, in one process and in many, on SQLite and
//! on Postgres, whole and cut off by kills. Every form shows the same numbers.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::database::Database;

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhibu");
const SHIPPED: &str = include_str!("../data/county.csv");
/// One town of the shipped county, with its five villages.
const TOWN: &str = "610323111";
const ANY_PORT: &str = "127.0.0.1:0";

/// A folder with the county file in it.
fn small_county() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let above = ["code", "61", "6103", "610323", TOWN];
    let rows = SHIPPED.lines().filter(|row| {
        let mut cells = row.split(',');
        let (code, parent) = (cells.next().unwrap_or_default(), cells.nth(1).unwrap_or_default());
        above.contains(&code) || parent == TOWN
    });
    let rows: Vec<&str> = rows.collect();
    assert!(rows.len() > 8, "{rows:?}");
    fs::write(folder.path().join("county.csv"), rows.join("\n")).expect("written");
    folder
}

fn demo(folder: &Path, listen: &str, more: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["demo", "--exit", "--json", "--listen", listen, "--data"])
        .arg(folder.join("data"))
        .arg("--county")
        .arg(folder.join("county.csv"))
        .args(more)
        // The server of the tests is not durable, which a demo refuses otherwise.
        .env("ZHIBU_SHARED__DURABILITY", "test")
        .stdin(Stdio::null());
    command
}

/// The document on stdout; everything else went to stderr.
fn played(folder: &Path, listen: &str, more: &[&str]) -> Value {
    let output = demo(folder, listen, more).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{told}"))
}

/// What does not depend on ids and on the clock on the wall.
fn numbers(document: &Value) -> Value {
    let keep = [
        "county",
        "organizations",
        "branches",
        "members",
        "meetings",
        "stars",
        "five_star_named",
        "rectification_cases",
        "bookings",
    ];
    let kept = keep.map(|key| (key.to_owned(), document[key].clone()));
    assert!(
        kept.iter()
            .all(|(key, value)| !value.is_null() || panic!("no {key}"))
    );
    let totals = document["explanations"].as_array().expect("explanations").iter();
    let totals = totals.map(|one| (one["domain"].to_string(), one["total_exact"].clone()));
    kept.into_iter()
        .chain(totals)
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn whole(document: &Value) {
    let defects = &document["defects"];
    assert_eq!(
        defects["injected"], defects["found"],
        "screening finds what was put in"
    );
    assert!(defects["injected"].as_array().is_some_and(|all| !all.is_empty()));
    assert_eq!(document["bookings"]["refused"], 1);
    assert!(
        document["five_star_named"]
            .as_u64()
            .is_some_and(|named| named > 0)
    );
    for one in document["explanations"].as_array().expect("explanations") {
        let earned = one["items"].as_array().expect("items").iter();
        let offered: i64 = earned.map(|item| item["offered"].as_i64().unwrap_or(0)).sum();
        assert!(offered >= 100_000, "{}: {offered}", one["name"]);
        for fact in one["facts"].as_array().expect("facts") {
            let (n, d) = (fact["numerator"].as_i64(), fact["denominator"].as_i64());
            assert!(
                n.is_some() && d.is_some() && fact["applicable"].is_boolean(),
                "{fact}"
            );
        }
    }
}

#[test]
fn in_one_process_a_second_start_shows_the_same_and_loads_nothing_twice() {
    let folder = small_county();
    let first = played(folder.path(), ANY_PORT, &[]);
    whole(&first);
    let second = played(folder.path(), ANY_PORT, &[]);
    assert_eq!(numbers(&first), numbers(&second));
    assert_eq!(first["defects"], second["defects"]);
    assert_eq!(first["explanations"], second["explanations"]);
}

/// Kills the whole process as soon as the news say that so many stages are over.
fn killed_after(folder: &Path, stages: usize) {
    let mut child = demo(folder, ANY_PORT, &[])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let news = BufReader::new(child.stderr.take().expect("its news"));
    let over = news
        .lines()
        .map_while(Result::ok)
        .filter(|line| line.ends_with('秒'));
    assert_eq!(
        over.take(stages).count(),
        stages,
        "it went on until it was killed"
    );
    child.kill().expect("killed");
    child.wait().expect("gone");
}

#[test]
fn killed_again_and_again_it_takes_up_where_it_stopped() {
    let calm = small_county();
    let expected = numbers(&played(calm.path(), ANY_PORT, &[]));
    let folder = small_county();
    for stages in [2, 3, 5, 9, 14, 16, 17] {
        killed_after(folder.path(), stages);
    }
    let finished = played(folder.path(), ANY_PORT, &[]);
    whole(&finished);
    assert_eq!(numbers(&finished), expected);
}

#[tokio::test]
async fn as_processes_on_postgres_the_year_has_the_same_numbers() {
    let folder = small_county();
    let expected = numbers(&played(small_county().path(), ANY_PORT, &[]));
    let url = Database::postgres().url().await;
    let door = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let door = door.expect("a free port").to_string();
    let document = played(folder.path(), &door, &["--processes", "--postgres", &url]);
    whole(&document);
    assert_eq!(numbers(&document), expected);
}
