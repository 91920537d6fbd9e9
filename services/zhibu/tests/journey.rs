//! The year of a small county, as people start it: with the built program, in one process and in many, on SQLite and
//! on Postgres, whole and cut off by kills. Every form shows the same numbers.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::database::{Database, outside, redis};

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
    let mut command = serving(folder, listen, more);
    command.args(["--exit", "--json"]);
    command
}

/// The same, which goes on serving behind its page.
fn serving(folder: &Path, listen: &str, more: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["demo", "--listen", listen, "--data"])
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

/// Asks what the page of a demo says to ask, and gives the answer: the county's page.
fn county_page(page: &str) -> Value {
    let line = page.lines().find(|line| line.starts_with("curl "));
    let line = line.unwrap_or_else(|| panic!("nothing to try:\n{page}"));
    let mut quoted = line.split('\'').skip(1).step_by(2);
    let (json, token, body) = (quoted.next(), quoted.next(), quoted.next().expect("a body"));
    let url = line
        .split(' ')
        .nth(2)
        .expect("a URL")
        .trim_start_matches("http://");
    let (host, path) = url.split_once('/').expect("a path");
    let (json, token) = (json.expect("a type"), token.expect("a token"));
    let request = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\n{json}\r\n{token}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(host).expect("it serves");
    stream.write_all(request.as_bytes()).expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let found = answer.find('{').zip(answer.rfind('}'));
    let (from, to) = found.unwrap_or_else(|| panic!("{answer}"));
    serde_json::from_str(&answer[from..=to]).unwrap_or_else(|error| panic!("{error}: {answer}"))
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
/// how much each service has told the others.
async fn swept(at: impl Fn(&str) -> (String, String)) -> BTreeMap<&'static str, i64> {
    let mut heads = BTreeMap::new();
    for service in KEEPING {
        let (url, schema) = at(service);
        for table in ["answer", "refused"] {
            outside(&url, &format!("DELETE FROM {schema}{table}")).await;
        }
        let head = format!("SELECT max(position) FROM {schema}feed");
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
    let folder = small_county();
    let first = played(folder.path(), ANY_PORT, &[]);
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
    agrees_with_the_county_page(folder.path(), &third);
}

/// The page of a demo that was played counts as the county's page does, and offers nothing that an objection holds.
#[track_caller]
fn agrees_with_the_county_page(folder: &Path, document: &Value) {
    let mut child = serving(folder, ANY_PORT, &[])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut said = BufReader::new(child.stdout.take().expect("its page")).lines();
    let mut page = String::new();
    while !page.contains("curl ") {
        let line = said.next().expect("the page is whole").expect("read");
        page += &format!("{line}\n");
    }
    let county = county_page(&page);
    child.kill().expect("killed");
    child.wait().expect("gone");
    for name in ["organizations", "branches", "members"] {
        assert!(document[name].as_u64().is_some_and(|many| many > 0), "{name}");
        assert_eq!(county[name], document[name], "{name}: {county}");
    }
    assert!(page.contains("本次从 "), "it was taken up again: {page}");
    let waiting = county["waiting"].as_array().expect("what waits");
    let public = waiting.iter().filter(|one| one["stateZh"] == "县级公示中");
    let steps: Vec<&str> = public.filter_map(|one| one["stepZh"].as_str()).collect();
    assert!(steps.iter().any(|step| step.starts_with("答复")), "{steps:?}");
    assert!(steps.iter().all(|step| step.starts_with("答复")), "{steps:?}");
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

/// How many lines a run says before its summary.
fn lines(folder: &Path) -> usize {
    let output = demo(folder, ANY_PORT, &[]).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let summary = told.lines().position(|line| line.starts_with('═'));
    summary.expect("a summary")
}

#[tokio::test]
async fn killed_at_any_moment_it_takes_up_where_it_stopped_also_when_its_keys_are_forgotten() {
    let calm = small_county();
    let expected = numbers(&played(calm.path(), ANY_PORT, &[]));
    // A run with nothing left to do says least.
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

fn free_port() -> String {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("a free port").to_string()
}

#[tokio::test]
async fn as_processes_on_postgres_the_year_has_the_same_numbers_and_is_loaded_once() {
    let folder = small_county();
    let expected = numbers(&played(small_county().path(), ANY_PORT, &[]));
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
    let expected = numbers(&played(small_county().path(), ANY_PORT, &[]));
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
