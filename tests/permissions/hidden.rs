//! What is hidden answers like what does not exist, to the byte: for every method that names anything, each id in its
//! request is exchanged for one of another county and for one that is nobody's, and both get the same answer (X10). The
//! requests are in `questions.json`; what begins with `@` there is the id of that name in the caller's own county.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU32, Ordering},
};

use kernel::Role;
use prost_reflect::{Kind, MessageDescriptor};
use regex::{Captures, Regex};
use serde_json::{Value, json};
use testkit::database::Database;
use tests::rights::{Scope, rules};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{
    suite::{Person, fresh, method},
    world::{Ids, World, identity_number, text},
};

const QUESTIONS: &str = include_str!("questions.json");
/// The next number of a person whom nobody knows.
static NOBODY: AtomicU32 = AtomicU32::new(500);

/// What tells a stranger's from nobody's on purpose: the method, the place in its request, and why.
const TOLD: [(&str, &str, &str); 9] = [
    (
        "ImportMembers",
        "/rows/0/identityNumber",
        "one person has one primary branch in the whole suite: an import must not make a second record of him",
    ),
    ("ImportOrganizations", "/rows/0/externalId/value", ONE_RECORD),
    ("ImportPosts", "/rows/0/externalId/value", ONE_RECORD),
    ("ImportGuarantees", "/rows/0/externalId/value", ONE_RECORD),
    ("ImportMembers", "/rows/0/externalId/value", ONE_RECORD),
    ("ImportMeetings", "/rows/0/externalId/value", ONE_RECORD),
    ("ImportRecords", "/rows/0/externalId/value", ONE_RECORD),
    ("ImportFindings", "/rows/0/externalId/value", ONE_RECORD),
    ("ImportResources", "/rows/0/externalId/value", ONE_RECORD),
];
const ONE_RECORD: &str = "an id of another system is one id in the whole suite (N-09): an import must not make a second \
    record of it, nor move one; that it is taken is told, never whose it is";

/// Where the caller's own answers like nobody's: it is not looked up here, or there is nothing to show yet.
const UNSEEN: [(&str, &str, &str); 16] = [
    ("ImportPosts", "/rows/0/personId", "persons are member's"),
    (
        "ImportGuarantees",
        "/rows/0/slot/headPersonId",
        "persons are member's",
    ),
    (
        "ImportRecords",
        "/rows/0/contactPoint/personId",
        "persons are member's",
    ),
    (
        "ImportDevelopmentSteps",
        "/rows/0/caseId",
        "the cases of development are another system's",
    ),
    ("ImportFindings", "/rows/0/closedBy", "persons are member's"),
    ("ImportFindings", "/rows/0/confirmedBy", "persons are member's"),
    ("ImportResources", "/rows/0/siteId", "sites are organization's"),
    ("EnterReviewMarks", "/rows/0/meetingId", "meetings are activity's"),
    ("GetCertificate", "/branchId", "nothing is named yet"),
    ("GetCertificate", "/cycleId", "nothing is named yet"),
    (
        "TakeStep",
        "/asOrganizationId",
        "the step is not legal yet, whoever takes it",
    ),
    (
        "TakeStep",
        "/vote/candidates/0/personId",
        "the step has no ballot",
    ),
    (
        "RecordMeeting",
        "/content/lecturerIds/0",
        "a lecturer may come from anywhere",
    ),
    (
        "ImportMeetings",
        "/rows/0/content/lecturerIds/0",
        "a lecturer may come from anywhere",
    ),
    (
        "RecordMeeting",
        "/content/leaveIds/0",
        "who asked for leave was not there",
    ),
    (
        "ImportMeetings",
        "/rows/0/content/leaveIds/0",
        "who asked for leave was not there",
    ),
];

/// Names that clients give to their own requests and records; nothing is looked up by them.
const CLIENTS: [&str; 7] = [
    "request_id",
    "import_id",
    "subject",
    "assessment_id",
    "study_item_ids",
    "election_id",
    "resolution_id",
];

/// One request, and who answers it.
struct Question {
    service: String,
    path: String,
    asks: Value,
}

fn questions() -> Vec<Question> {
    let all: Vec<Value> = serde_json::from_str(QUESTIONS).expect("questions.json");
    let question = |one: Value| Question {
        service: text(&one["at"]).to_owned(),
        path: format!("/{}", text(&one["method"])),
        asks: one["asks"].clone(),
    };
    all.into_iter().map(question).collect()
}

/// Every place of a text, as a JSON pointer, with the text.
fn places(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((at.to_owned(), text.clone())),
        Value::Array(all) => all
            .iter()
            .enumerate()
            .for_each(|(k, one)| places(one, &format!("{at}/{k}"), found)),
        Value::Object(all) => all
            .iter()
            .for_each(|(key, one)| places(one, &format!("{at}/{key}"), found)),
        _ => {}
    }
}

impl Question {
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    fn title(&self) -> String {
        format!("{} at {}", self.name(), self.service)
    }

    /// The places that name something, with the name.
    fn named(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        places(&self.asks, "", &mut found);
        let named = found
            .into_iter()
            .filter_map(|(at, text)| Some((at, text.strip_prefix('@')?.to_owned())));
        named.filter(|(_, name)| name != "new").collect()
    }

    /// The request with the ids of a county, and another one at one place.
    fn with(&self, ids: &Ids, place: &str, other: &str) -> Value {
        let mut body = self.asks.clone();
        let mut found = Vec::new();
        places(&self.asks, "", &mut found);
        for (at, text) in found {
            let Some(name) = text.strip_prefix('@') else {
                continue;
            };
            let id = match name {
                "new" => fresh(),
                _ if at == place => other.to_owned(),
                name => own(ids, "a", name),
            };
            *body.pointer_mut(&at).expect("a place") = json!(id);
        }
        body
    }

    fn is_in(&self, all: &[(&str, &str, &str)], place: &str) -> bool {
        all.iter()
            .any(|(name, at, _)| *name == self.name() && *at == place)
    }
}

/// The id of a name in a county; a key in another system carries the county's name.
fn own(ids: &Ids, county: &str, name: &str) -> String {
    match name.strip_prefix("key-") {
        Some(key) => format!("{county}-{key}"),
        None => ids
            .get(name)
            .unwrap_or_else(|| panic!("there is no {name}"))
            .clone(),
    }
}

/// Nobody's, another one each time.
fn nobodys(name: &str) -> String {
    match name {
        "identity" => identity_number(NOBODY.fetch_add(1, Ordering::Relaxed)),
        name if name.starts_with("key-") => "c-nowhere".into(),
        _ => fresh(),
    }
}

/// An answer with everything in it but the id that was asked about, ids that were made for it, the id of the call, and
/// the moment of composing.
fn seen(world: &World, answer: Result<Value, Status>, id: &str) -> String {
    let all = match answer {
        Ok(mut value) => {
            ["asOf", "etag"].iter().for_each(|key| forget(&mut value, key));
            format!("{value}")
        }
        Err(status) => {
            assert_ne!(status.code(), Code::Internal, "{status:?}");
            let mut metadata = status.metadata().clone().into_headers();
            for own in ["x-request-id", "date"] {
                metadata.remove(own);
            }
            format!(
                "{:?} {:?} {} {metadata:?}",
                status.code(),
                status.message(),
                details(&status)
            )
        }
    };
    let known: BTreeSet<&String> = world.a.values().chain(world.b.values()).collect();
    let made = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").expect("a pattern");
    let all = all.replace(id, "<id>");
    let all = made.replace_all(&all, |found: &Captures<'_>| match &found[0] {
        id if known.contains(&id.to_owned()) => id.to_owned(),
        _ => "<new>".to_owned(),
    });
    all.into_owned()
}

/// The details of a refusal, and how long they are: what is told beside the reason comes in any order.
fn details(status: &Status) -> String {
    let details = status.get_error_details();
    let told = details.error_info().map(|info| info.metadata.clone());
    let told: BTreeMap<String, String> = told.into_iter().flatten().collect();
    let reason = details
        .error_info()
        .map(|info| (info.reason.clone(), info.domain.clone()));
    let (fields, said) = (details.bad_request(), details.localized_message());
    let rest = (
        details.retry_info(),
        details.precondition_failure(),
        details.resource_info(),
    );
    format!(
        "{reason:?} {told:?} {fields:?} {said:?} {rest:?} {}",
        status.details().len()
    )
}

fn forget(value: &mut Value, key: &str) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| forget(one, key)),
        Value::Object(all) => {
            all.remove(key);
            all.values_mut().for_each(|one| forget(one, key));
        }
        _ => {}
    }
}

/// Somebody who may do in a county whatever may be done there.
fn everything(world: &World) -> Person {
    let roles: Vec<(Role, &str)> = Role::ALL
        .iter()
        .flat_map(|role| [(*role, "county"), (*role, "town"), (*role, "x")])
        .collect();
    world.at(&world.a, &roles)
}

testkit::on_both! {
    async fn what_is_anothers_answers_like_what_does_not_exist(database: Database) {
        let world = World::open(&database).await;
        let who = everything(&world);
        let ask = async |question: &Question, place: &str, id: &str| {
            let body = question.with(&world.a, place, id);
            seen(&world, world.suite.tell(&who, &question.service, &question.path, body).await, id)
        };
        let (mut leaks, mut told, mut answers) = (Vec::new(), BTreeSet::new(), Vec::new());
        for question in questions() {
            for (place, name) in question.named() {
                // Once before: where an id is not looked up, what is done the first time is not done again.
                ask(&question, &place, &nobodys(&name)).await;
                let hidden = ask(&question, &place, &own(&world.b, "b", &name)).await;
                let absent = ask(&question, &place, &nobodys(&name)).await;
                if hidden != absent && question.is_in(&TOLD, &place) {
                    told.insert((question.name().to_owned(), place.clone()));
                } else if hidden != absent {
                    leaks.push(format!("{}, {place}:\n  hidden {hidden}\n  absent {absent}", question.title()));
                }
                answers.push((place, name, absent));
            }
        }
        assert!(leaks.is_empty(), "{} of {} tell what is hidden:\n{}", leaks.len(), answers.len(), leaks.join("\n"));
        assert_eq!(told.len(), TOLD.len(), "of what is told on purpose only {told:?} is told");
        assert!(answers.len() > 100, "{}", answers.len());
        // Last, since these change what they are about.
        let (mut blind, mut answers) = (Vec::new(), answers.into_iter());
        for question in questions() {
            for (place, name, absent) in answers.by_ref().take(question.named().len()) {
                let mine = ask(&question, &place, &own(&world.a, "a", &name)).await;
                if mine == absent && !question.is_in(&UNSEEN, &place) {
                    blind.push(format!("{}, {place}: {mine}", question.title()));
                }
            }
        }
        assert!(blind.is_empty(), "these prove nothing, the caller's own answers so too:\n{}", blind.join("\n"));
    }
}

/// The names of all fields that hold the id of something, in the words of JSON.
fn ids(message: &MessageDescriptor, found: &mut BTreeSet<String>) {
    for field in message.fields() {
        match field.kind() {
            Kind::Message(inner) if !field.is_map() && field.name() != "external_id" => ids(&inner, found),
            Kind::String => {
                let name = field.name();
                let id = ["_id", "_ids", "_by", "identity_number"]
                    .iter()
                    .any(|end| name.ends_with(end));
                if id && !CLIENTS.contains(&name) {
                    found.insert(field.json_name().to_owned());
                }
            }
            _ => {}
        }
    }
}

#[test]
fn every_id_of_every_request_is_asked_about() {
    let asked: BTreeSet<(String, String)> = questions()
        .iter()
        .flat_map(|question| {
            let named = question.named().into_iter();
            let field = |place: &str| {
                place
                    .split('/')
                    .rfind(|part| part.parse::<usize>().is_err())
                    .unwrap_or_default()
                    .to_owned()
            };
            named
                .map(move |(place, _)| (question.path.clone(), field(&place)))
                .collect::<Vec<_>>()
        })
        .collect();
    let mut missing = Vec::new();
    for rule in rules() {
        if matches!(rule.scope, Scope::System(_)) {
            continue;
        }
        let mut fields = BTreeSet::new();
        ids(&method(&rule.method).input(), &mut fields);
        let lacking = fields
            .into_iter()
            .filter(|field| !asked.contains(&(rule.method.clone(), field.clone())));
        missing.extend(lacking.map(|field| format!("{} {field}", rule.method)));
    }
    assert!(
        missing.is_empty(),
        "add requests with these ids, as @names, to tests/permissions/questions.json:\n{}",
        missing.join("\n")
    );
}
