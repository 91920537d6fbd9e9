//! A demo that goes on serving: its page, what is done over its door, its clock.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use testkit::stage::new_id;

use crate::{
    county::{ANY_PORT, PROGRAM, finished, free_port, played, serving},
    numbers, swept_in,
};

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

#[test]
fn an_objection_that_is_not_upheld_holds_nothing_any_more_and_stays_answered() {
    let (folder, before) = finished();
    let demo = Serving::start(folder.path(), &[]);
    let (_, clerk, asked) = demo.example();
    let clerk = &clerk.to_owned();
    let process = |rpc: &str| format!("zhibu.process.v1.ProcessService/{rpc}");
    let of = json!({"organizationId": asked["organizationId"], "procedure": "star_rating", "state": "county_public"});
    let objected = demo.ask(clerk, &process("ListCases"), &of)["cases"][0].clone();
    let named =
        json!({"organizationId": asked["organizationId"], "procedure": "star_rating", "state": "named"});
    let named = demo.ask(clerk, &process("ListCases"), &named)["cases"].clone();
    let head = named.as_array().expect("cases").iter().find_map(|case| {
        let history = demo.ask(clerk, &process("GetCase"), &json!({"caseId": case["id"]}));
        let mut entries = history["entries"].as_array().expect("entries").iter();
        let naming = entries.find(|entry| entry["what"] == "name_five")?;
        naming["personId"].as_str().map(str::to_owned)
    });
    let head = head.expect("whoever named");
    let answer = json!({
        "caseId": objected["id"], "revision": objected["revision"], "objection": "county", "upheld": false,
        "answer": "经核实，所反映的情况不属实", "requestId": new_id(),
    });
    demo.ask(&token(folder.path(), &head), &process("AnswerObjection"), &answer);
    demo.stop();
    let after = played(folder.path(), ANY_PORT, &[]);
    assert_eq!((&before["blocked"], &after["blocked"]), (&json!(1), &json!(0)));
    assert_eq!(numbers(&after), numbers(&before));
    let again = Serving::start(folder.path(), &[]);
    let case = again.ask(clerk, &process("GetCase"), &json!({"caseId": objected["id"]}));
    assert_eq!(case["case"]["state"], "county_public", "where it was");
    again.stop();
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
