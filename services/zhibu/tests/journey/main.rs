//! The year of a small county, as people start it: with the built program, in one process and in many, on SQLite and
//! on Postgres, whole and cut off by kills. Every form shows the same numbers.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
};

use serde_json::Value;
use testkit::database::{Database, outside, redis};

use crate::county::{ANY_PORT, demo, finished, free_port, played, small_county};

mod county;
mod refused;
mod serving;

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

/// The services that keep something, and where: of a data folder, or of one database on Postgres.
const KEEPING: [&str; 5] = ["organization", "member", "activity", "rating", "resource"];

fn file(folder: &Path, service: &str) -> String {
    format!(
        "sqlite://{}",
        folder.join("data").join(format!("{service}.sqlite")).display()
    )
}

/// Forgets every key under which a request was answered or refused, as the services themselves do after two weeks; says
/// how much each service has told the others and done, by its feed and its audit trail.
async fn swept(at: impl Fn(&str) -> (String, String)) -> BTreeMap<&'static str, i64> {
    let mut heads = BTreeMap::new();
    for service in KEEPING {
        let (url, schema) = at(service);
        for table in ["answer", "refused"] {
            outside(&url, &format!("DELETE FROM {schema}{table}")).await;
        }
        let head = format!(
            "SELECT (SELECT max(position) FROM {schema}feed) \
             + (SELECT count(*) FROM {schema}audit WHERE result = 'done')"
        );
        heads.insert(service, outside(&url, &head).await);
    }
    heads
}

async fn swept_in(folder: &Path) -> BTreeMap<&'static str, i64> {
    swept(|service| (file(folder, service), String::new())).await
}

async fn swept_on(url: &str) -> BTreeMap<&'static str, i64> {
    swept(|service| (url.to_owned(), format!("{service}."))).await
}

#[tokio::test]
async fn in_one_process_a_second_start_shows_the_same_and_loads_nothing_twice() {
    let (folder, first) = finished();
    whole(&first);
    let second = played(folder.path(), ANY_PORT, &[]);
    assert_eq!(numbers(&first), numbers(&second));
    assert_eq!(first["defects"], second["defects"]);
    assert_eq!(first["explanations"], second["explanations"]);

    let told = swept_in(folder.path()).await;
    assert!(told.values().all(|head| *head > 0), "{told:?}");
    let third = played(folder.path(), ANY_PORT, &[]);
    assert_eq!(numbers(&first), numbers(&third), "two weeks later");
    assert_eq!(first["explanations"], third["explanations"]);
    assert_eq!(swept_in(folder.path()).await, told, "nothing was written");
}

/// Kills the whole process as soon as it has said so many lines; says whether it was still at it.
fn killed_at(folder: &Path, line: usize) -> bool {
    let mut child = demo(folder, ANY_PORT, &[])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let news = BufReader::new(child.stderr.take().expect("its news"));
    let said = news.lines().map_while(Result::ok).take(line).count();
    child.kill().expect("killed");
    child.wait().expect("gone");
    said == line
}

/// How many lines a run says before its summary when all is done and it does not know: none says less.
fn lines(folder: &Path) -> usize {
    let path = folder.join("data").join("demo.json");
    let mut state: Value = serde_json::from_slice(&fs::read(&path).expect("there")).expect("json");
    state["over"] = false.into();
    fs::write(&path, state.to_string()).expect("written");
    let output = demo(folder, ANY_PORT, &[]).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let summary = told.lines().position(|line| line.starts_with('═'));
    summary.expect("a summary")
}

#[tokio::test]
async fn killed_at_any_moment_it_takes_up_where_it_stopped_also_when_its_keys_are_forgotten() {
    let (calm, document) = finished();
    let expected = numbers(&document);
    let many = lines(calm.path());
    let folder = small_county();
    // Moments spread over the year, each somewhere else within its part of it.
    let (parts, mut cut) = (16, 0);
    for part in 0..parts {
        let within = (part * 7919 + 13) % (many / parts);
        if killed_at(folder.path(), 1 + part * many / parts + within) {
            cut += 1;
        }
        if part % 2 == 1 {
            swept_in(folder.path()).await;
        }
    }
    assert!(cut >= parts / 2, "only {cut} of {parts} were cut off");
    let finished = played(folder.path(), ANY_PORT, &[]);
    whole(&finished);
    assert_eq!(numbers(&finished), expected);
}

#[tokio::test]
async fn as_processes_on_postgres_the_year_has_the_same_numbers_and_is_loaded_once() {
    let folder = small_county();
    let expected = numbers(&finished().1);
    let url = Database::postgres().url().await;
    let form = ["--processes", "--postgres", &url];
    let document = played(folder.path(), &free_port(), &form);
    whole(&document);
    assert_eq!(numbers(&document), expected);

    let told = swept_on(&url).await;
    let again = played(folder.path(), &free_port(), &form);
    assert_eq!(numbers(&again), expected, "two weeks later");
    assert_eq!(swept_on(&url).await, told, "nothing was written");
}

#[test]
fn as_processes_woken_through_redis_the_year_has_the_same_numbers() {
    let folder = small_county();
    let expected = numbers(&finished().1);
    let document = played(folder.path(), &free_port(), &["--processes", "--redis", &redis()]);
    whole(&document);
    assert_eq!(numbers(&document), expected);
}

#[test]
fn a_county_file_that_cannot_be_played_is_one_clear_line() {
    let folder = small_county();
    fs::write(
        folder.path().join("county.csv"),
        "61,省,,province\n6101,市,61,town\n",
    )
    .expect("written");
    let output = demo(folder.path(), ANY_PORT, &[]).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(66), "{told}");
    assert!(told.contains("第 2 行") && !told.contains("panicked"), "{told}");
}
