//! The year of a small county, as people start it: with the built program, in one process and in many, on SQLite and
//! on Postgres, whole and cut off by kills. Every form shows the same numbers.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    database::{Database, outside, redis},
    stage::new_id,
};

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

/// A folder with the county file and the whole year in it, and what was printed at its end. It is played once and copied
/// for each test.
fn finished() -> (TempDir, Value) {
    static PLAYED: LazyLock<PathBuf> = LazyLock::new(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("finished");
        let _ = fs::remove_dir_all(&place);
        copied(small_county().path(), &place);
        let document = played(&place, ANY_PORT, &[]);
        fs::write(place.join("document.json"), document.to_string()).expect("written");
        place
    });
    let folder = tempfile::tempdir().expect("a folder");
    copied(&PLAYED, folder.path());
    let document = fs::read(folder.path().join("document.json")).expect("the document");
    (folder, serde_json::from_slice(&document).expect("json"))
}

/// A folder with its permissions: keys are refused where others may read them.
fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let (from, to) = entry
            .map(|one| (one.path(), to.join(one.file_name())))
            .expect("read");
        match from.is_dir() {
            true => copied(&from, &to),
            false => fs::copy(&from, &to).map(|_| ()).expect("copied"),
        }
    }
    let permissions = fs::metadata(from).expect("there").permissions();
    fs::set_permissions(to, permissions).expect("set");
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

/// A demo that serves, killed when it is dropped.
struct Serving {
    child: Child,
    page: String,
}

impl Serving {
    /// Starts it and reads its page.
    fn start(folder: &Path, more: &[&str]) -> Self {
        let mut child = serving(folder, &free_port(), more)
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
        Self { child, page }
    }

    /// What the page says to try: the URL, the header with the token, and the question.
    fn example(&self) -> (&str, &str, Value) {
        let line = self.page.lines().find(|line| line.starts_with("curl "));
        let line = line.unwrap_or_else(|| panic!("nothing to try:\n{}", self.page));
        let mut quoted = line.split('\'').skip(3).step_by(2);
        let (token, body) = (quoted.next().expect("a token"), quoted.next().expect("a body"));
        let url = line.split(' ').nth(2).expect("a URL");
        let body = serde_json::from_str(body).expect("json");
        (url.trim_start_matches("http://"), token, body)
    }

    /// Asks what the page says to ask: the county's page.
    fn county_page(&self) -> Value {
        let (url, token, body) = self.example();
        let (_, path) = url.split_once('/').expect("a path");
        self.ask(token, path, &body)
    }

    /// Asks at the door, as whoever the header says; cases are rating's.
    fn ask(&self, token: &str, path: &str, body: &Value) -> Value {
        let (host, _) = self.example().0.split_once('/').expect("a path");
        let body = body.to_string();
        let request = format!(
            "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\nzhibu-service: rating\r\n\
             {token}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(host).expect("it serves");
        stream.write_all(request.as_bytes()).expect("asked");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        let found = answer.find('{').zip(answer.rfind('}'));
        let (from, to) = found.unwrap_or_else(|| panic!("{answer}"));
        serde_json::from_str(&answer[from..=to]).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    /// Ctrl-C.
    fn stop(mut self) {
        let pid = i32::try_from(self.child.id()).expect("a process");
        kill(Pid::from_raw(pid), Signal::SIGINT).expect("asked to stop");
        let ended = self.child.wait().expect("it ends");
        assert!(ended.success(), "{ended}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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

#[test]
fn the_page_counts_as_the_county_page_does_and_offers_nothing_that_an_objection_holds() {
    let (folder, document) = finished();
    let demo = Serving::start(folder.path(), &[]);
    let (county, page) = (demo.county_page(), demo.page.as_str());
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

/// Everybody's token is to be had with the keys of the folder.
fn token(folder: &Path, subject: &str) -> String {
    let mut command = Command::new(PROGRAM);
    command.args(["token", "--subject", subject, "--data"]);
    let output = command.arg(folder.join("data")).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let token = String::from_utf8(output.stdout).expect("text");
    format!("authorization: Bearer {}", token.trim())
}

/// The first security administrator, whose id is made of the demo's name as the ids of all requests are.
fn security() -> String {
    let hash = seal::sm3(b"zhibu demo/610323/1/person/security-of-the-root");
    let bytes = hash[..16].try_into().expect("enough bytes");
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

#[tokio::test]
async fn what_is_done_over_the_door_after_the_year_stands_and_later_starts_show_it_and_do_nothing_again() {
    let (folder, before) = finished();
    assert_eq!(before["blocked"], 1, "{before}");
    let demo = Serving::start(folder.path(), &[]);
    let (_, clerk, asked) = demo.example();
    let county = &asked["organizationId"];
    let process = |rpc: &str| format!("zhibu.process.v1.ProcessService/{rpc}");
    let standing = |state: &str| {
        let of = json!({"organizationId": county, "procedure": "star_rating", "state": state});
        let all = demo.ask(clerk, &process("ListCases"), &of);
        all["cases"].as_array().expect("cases").clone()
    };
    let history = |case: &Value| demo.ask(clerk, &process("GetCase"), &json!({"caseId": case["id"]}));

    // The open objection is upheld, by the head of the department.
    let named: Vec<Value> = standing("named").iter().map(history).collect();
    let entries = named
        .iter()
        .flat_map(|one| one["entries"].as_array().expect("entries"));
    let mut naming = entries.filter(|entry| entry["what"] == "name_five");
    let head = naming
        .find_map(|entry| entry["personId"].as_str())
        .expect("whoever named");
    let [objected] = &standing("county_public")[..] else {
        panic!("one is objected to")
    };
    let answer = json!({
        "caseId": objected["id"], "revision": objected["revision"], "objection": "county", "upheld": true,
        "answer": "经核实，记录与实际情况不符", "requestId": new_id(),
    });
    demo.ask(&token(folder.path(), head), &process("AnswerObjection"), &answer);

    // The first who waited gets the place, and its naming is proposed.
    let of = json!({"organizationId": county, "pageSize": 1000});
    let results = demo.ask(clerk, "zhibu.rating.v1.RatingService/ListResults", &of);
    let mut results = results["results"].as_array().expect("results").iter();
    let first = results
        .find(|one| one["waiting"] == 1)
        .expect("one waits for a place");
    let waiting = standing("waiting");
    let mut waiting = waiting.iter();
    let mut case = waiting
        .find(|one| one["subjectId"] == first["branchId"])
        .expect("its case")
        .clone();
    for (step, item) in [("call_up", "change_note"), ("propose_naming", "naming_proposal")] {
        let taken = json!({
            "caseId": case["id"], "revision": case["revision"], "step": step,
            "evidence": [{"item": item, "value": "退出一个名额，依次递补"}], "requestId": new_id(),
        });
        case = demo.ask(clerk, &process("TakeStep"), &taken)["case"].clone();
    }
    assert_eq!(case["state"], "naming_proposed");

    // The clerk whose token is printed leaves the department: what he holds already is told by giving it once more.
    let me = demo.ask(clerk, "zhibu.gateway.v1.GatewayService/WhoAmI", &json!({}));
    let security = token(folder.path(), &security());
    let given = json!({
        "organizationId": county, "requestId": new_id(),
        "assignments": [{
            "subject": me["subject"], "role": "org_dept", "organizationId": county, "from": "2026-01-01",
        }],
    });
    let organization = |rpc: &str| format!("zhibu.organization.v1.OrganizationService/{rpc}");
    let held = demo.ask(&security, &organization("AssignRoles"), &given);
    let revoked = json!({"grantId": held["grantIds"][0], "requestId": new_id()});
    demo.ask(&security, &organization("RevokeRole"), &revoked);
    demo.stop();

    let told = swept_in(folder.path()).await;
    let after = played(folder.path(), ANY_PORT, &[]);
    assert_eq!(numbers(&after), numbers(&before), "nothing is played again");
    assert_eq!(after["blocked"], 0, "the objection is answered");
    let again = Serving::start(folder.path(), &[]);
    let (_, other, _) = again.example();
    let another = again.ask(other, "zhibu.gateway.v1.GatewayService/WhoAmI", &json!({}));
    assert_ne!(another["subject"], me["subject"], "somebody who is still a clerk");
    let proposed = again.ask(other, &process("GetCase"), &json!({"caseId": case["id"]}));
    assert_eq!(proposed["case"]["state"], "naming_proposed", "where it was left");
    again.stop();
    assert_eq!(swept_in(folder.path()).await, told, "nothing was written");
}

/// The business time that the folder remembers.
fn remembered(folder: &Path) -> String {
    let state = fs::read(folder.join("data").join("demo.json")).expect("the driver's own file");
    let state: Value = serde_json::from_slice(&state).expect("json");
    state["now"].as_str().expect("a time").to_owned()
}

#[test]
fn while_it_serves_its_clock_goes_on_and_a_further_start_goes_on_from_there() {
    let (folder, _) = finished();
    let end = remembered(folder.path());
    for form in [&["--processes"][..], &[]] {
        let began = remembered(folder.path());
        let demo = Serving::start(folder.path(), form);
        assert!(demo.page.contains("\n业务时间 2026-"), "{}", demo.page);
        let until = Instant::now() + Duration::from_secs(60);
        while remembered(folder.path()) == began {
            assert!(Instant::now() < until, "the clock stands at {began}");
            std::thread::yield_now();
        }
        demo.stop();
        let stopped = remembered(folder.path());
        assert!(
            began < stopped && stopped[..16] == end[..16],
            "{began} {stopped}: only the seconds that it served"
        );
    }
    let exact = remembered(folder.path());
    played(folder.path(), ANY_PORT, &[]);
    assert_eq!(
        remembered(folder.path()),
        exact,
        "who only looks does not move it"
    );
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

fn free_port() -> String {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("a free port").to_string()
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
