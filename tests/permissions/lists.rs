//! What a list shows is what reading one by one gives: for every list, callers with different parts of the tree, and
//! every organization that they may ask about. Every open system of this field leaked here: the list was filtered, the
//! single read was not, or the other way round (principle 3).

use std::collections::BTreeSet;

use kernel::Role;
use serde_json::{Map, Value, json};
use testkit::database::Database;
use tonic::{Code, Status};

use crate::{
    suite::{Person, methods, path, reason, servers},
    world::{Ids, World, text},
};

/// A list, and how each of its rows is read alone.
struct List {
    /// Who serves it, its service and its method.
    at: (&'static str, &'static str, &'static str),
    /// What it asks for beside the organization.
    asks: fn(&World) -> Value,
    /// Where its rows are.
    rows: &'static str,
    /// Where a row has the id by which it is read, and the organization to which it belongs.
    id: &'static str,
    whose: &'static str,
    /// The method that reads one, and its field for the id.
    read: (&'static str, &'static str, &'static str),
}

fn nothing(_: &World) -> Value {
    json!({})
}

fn year(_: &World) -> Value {
    json!({ "firstDay": "2025-01-01", "lastDay": "2025-12-31" })
}

fn cycle_of_a(world: &World) -> Value {
    json!({ "cycleId": world.a["cycle"] })
}

fn cycle_of_b(world: &World) -> Value {
    json!({ "cycleId": world.b["cycle"] })
}

const ORGANIZATION: &str = "zhibu.organization.v1.OrganizationService";
const PROCESS: &str = "zhibu.process.v1.ProcessService";
const RATING: &str = "zhibu.rating.v1.RatingService";
const ACTIVITY: &str = "zhibu.activity.v1.ActivityService";

const fn list(
    at: (&'static str, &'static str, &'static str),
    asks: fn(&World) -> Value,
    (rows, id, whose): (&'static str, &'static str, &'static str),
    read: (&'static str, &'static str, &'static str),
) -> List {
    List {
        at,
        asks,
        rows,
        id,
        whose,
        read,
    }
}

const ONE: (&str, &str, &str) = (ORGANIZATION, "GetOrganization", "organizationId");
const CASE: (&str, &str, &str) = (PROCESS, "GetCase", "caseId");

const LISTS: [List; 12] = [
    list(
        ("organization", ORGANIZATION, "ListOrganizations"),
        nothing,
        ("organizations", "id", "id"),
        ONE,
    ),
    list(
        ("member", "zhibu.member.v1.MemberService", "ListMembers"),
        nothing,
        ("members", "personId", "branchId"),
        ("zhibu.member.v1.MemberService", "GetMember", "personId"),
    ),
    list(
        ("activity", ACTIVITY, "ListMeetings"),
        year,
        ("meetings", "id", "branchId"),
        (ACTIVITY, "GetMeeting", "meetingId"),
    ),
    list(
        ("activity", ACTIVITY, "ListOwed"),
        year,
        ("branches", "branchId", "branchId"),
        ONE,
    ),
    list(
        ("rating", RATING, "ListResults"),
        cycle_of_a,
        ("results", "branchId", "branchId"),
        (RATING, "GetResult", "branchId"),
    ),
    list(
        ("rating", RATING, "ListResults"),
        cycle_of_b,
        ("results", "branchId", "branchId"),
        (RATING, "GetResult", "branchId"),
    ),
    list(
        ("rating", RATING, "ListFindings"),
        nothing,
        ("findings", "branchId", "branchId"),
        ONE,
    ),
    list(
        ("rating", RATING, "ListRectifications"),
        nothing,
        ("cases", "caseId", "branchId"),
        CASE,
    ),
    list(
        ("resource", "zhibu.resource.v1.ResourceService", "ListBookings"),
        nothing,
        ("bookings", "id", "organizationId"),
        ("zhibu.resource.v1.ResourceService", "GetBooking", "bookingId"),
    ),
    list(
        ("organization", PROCESS, "ListCases"),
        nothing,
        ("cases", "id", "organizationId"),
        CASE,
    ),
    list(
        ("rating", PROCESS, "ListCases"),
        nothing,
        ("cases", "id", "organizationId"),
        CASE,
    ),
    list(
        ("resource", PROCESS, "ListCases"),
        nothing,
        ("cases", "id", "organizationId"),
        CASE,
    ),
];

/// Lists that are judged by a test of their own below, or have nothing to hide.
const APART: [(&str, &str); 8] = [
    ("ListWork", "what waits for somebody is his alone"),
    (
        "ListPosts",
        "the posts of the one organization that is asked about",
    ),
    ("ListEntries", "an entry cannot be read alone"),
    ("SearchResources", "an offering is read for an organization"),
    ("ListIndicators", "what a service counts is no record of anybody"),
    (
        "ListDesk",
        "composed from ListWork, each part in the caller's own name",
    ),
    ("ListCases", "three services serve it, each has its line above"),
    ("ListOrganizations", "has its line above"),
];

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    id: String,
    whose: String,
}

impl List {
    fn path(&self) -> String {
        format!("/{}/{}", self.at.1, self.at.2)
    }

    /// All pages below an organization, few rows each where the list has pages.
    async fn all(&self, world: &World, who: &Person, top: &str) -> Result<Vec<Row>, Status> {
        let (mut rows, mut token) = (Vec::new(), String::new());
        loop {
            let mut body = (self.asks)(world);
            body["organizationId"] = json!(top);
            body["pageSize"] = json!(3);
            body["pageToken"] = json!(token);
            let answer = world.suite.tell(who, self.at.0, &self.path(), body).await?;
            let found = answer[self.rows].as_array().into_iter().flatten();
            rows.extend(found.map(|row| Row {
                id: text(&row[self.id]).to_owned(),
                whose: text(&row[self.whose]).to_owned(),
            }));
            token = text(&answer["nextPageToken"]).to_owned();
            if token.is_empty() {
                return Ok(rows);
            }
        }
    }

    /// Whether he is given it when he reads it alone.
    async fn reads(&self, world: &World, who: &Person, id: &str) -> bool {
        let (service, method, field) = self.read;
        let at = if service == PROCESS {
            self.at.0
        } else {
            servers(&format!("/{service}/{method}"))[0]
        };
        let mut body = Map::new();
        body.insert(field.to_owned(), json!(id));
        match world
            .suite
            .tell(who, at, &format!("/{service}/{method}"), body.into())
            .await
        {
            Ok(_) => true,
            Err(status) if matches!(reason(&status).as_str(), "NOT_FOUND" | "ROLE_MISSING") => false,
            Err(status) => panic!("{method} of {id}: {status:?}"),
        }
    }
}

/// Callers with different parts of the tree; none of them holds a role that reads one by one and does not list.
fn callers(world: &World) -> Vec<(&'static str, Person)> {
    let of = |county: &Ids, roles: &[(Role, &str)]| world.at(county, roles);
    let mut both = of(&world.a, &[(Role::Clerk, "x")]);
    both.caller
        .grants
        .extend(of(&world.b, &[(Role::OrgDept, "town")]).caller.grants);
    vec![
        ("the city", world.city_org_dept.clone()),
        ("county a", of(&world.a, &[(Role::OrgDept, "county")])),
        ("county b", of(&world.b, &[(Role::Clerk, "county")])),
        ("the clerk of a town", of(&world.a, &[(Role::Clerk, "town")])),
        (
            "the secretary of a branch",
            of(&world.a, &[(Role::Secretary, "x")]),
        ),
        ("clerk here, department there", both),
        ("an inspector", of(&world.b, &[(Role::Inspector, "other-town")])),
        ("a library", of(&world.a, &[(Role::Library, "town")])),
        ("a group's clerk", of(&world.a, &[(Role::Clerk, "group")])),
        ("nobody in particular", of(&world.a, &[])),
    ]
}

/// Every organization, and whether one stands below another.
struct Places {
    ids: Vec<String>,
    below: BTreeSet<(String, String)>,
}

impl Places {
    async fn of(world: &World) -> Self {
        let rows = LISTS[0]
            .all(world, &world.city_org_dept, &world.city.to_string())
            .await
            .expect("a list");
        let mut below = BTreeSet::new();
        let ids: Vec<String> = rows
            .into_iter()
            .map(|row| row.id)
            .chain([world.a["gone"].clone()])
            .collect();
        for id in &ids {
            let rows = LISTS[0]
                .all(world, &world.city_org_dept, id)
                .await
                .expect("a list");
            below.extend(rows.into_iter().map(|row| (id.clone(), row.id)));
        }
        Self { ids, below }
    }

    fn holds(&self, top: &str, whose: &str) -> bool {
        top == whose || self.below.contains(&(top.to_owned(), whose.to_owned()))
    }
}

testkit::on_both! {
    async fn a_list_shows_what_reading_one_by_one_gives_and_nothing_else(database: Database) {
        let world = World::open(&database).await;
        let places = Places::of(&world).await;
        let (mut shown, mut counties) = (0, BTreeSet::new());
        for list in &LISTS {
            let everything = list.all(&world, &world.city_org_dept, &world.city.to_string()).await.expect("a list");
            for (name, county) in [("a", &world.a), ("b", &world.b)] {
                if everything.iter().any(|row| county.values().any(|id| *id == row.whose)) {
                    counties.insert((list.at, name));
                }
            }
            for (name, who) in callers(&world) {
                let mut given = Vec::new();
                for row in &everything {
                    if list.reads(&world, &who, &row.id).await {
                        given.push(row.clone());
                    }
                }
                given.sort();
                for top in &places.ids {
                    let mut listed = match list.all(&world, &who, top).await {
                        Ok(rows) => rows,
                        Err(status) => {
                            assert!(matches!(status.code(), Code::NotFound | Code::PermissionDenied), "{status:?}");
                            continue;
                        }
                    };
                    listed.sort();
                    shown += listed.len();
                    let below = given.iter().filter(|row| places.holds(top, &row.whose));
                    assert_eq!(listed, below.cloned().collect::<Vec<_>>(), "{} below {top} by {name}", list.path());
                }
            }
        }
        let all: BTreeSet<_> = LISTS.iter().flat_map(|list| ["a", "b"].map(|name| (list.at, name))).collect();
        assert_eq!(counties, all, "rows in both counties, or nothing is proved");
        assert!(shown > 500, "{shown} rows were shown");
    }

    async fn an_offering_is_found_by_whom_it_serves_and_what_is_not_admitted_by_nobody(database: Database) {
        let world = World::open(&database).await;
        let service = "/zhibu.resource.v1.ResourceService";
        let offerings = [&world.a, &world.b].map(|county| ["material", "book", "proposed"].map(|name| county[name].clone()));
        let admitted = [&world.a["material"], &world.b["material"]];
        let places = Places::of(&world).await;
        for (name, who) in callers(&world) {
            for top in &places.ids {
                let asked = json!({ "organizationId": top });
                let found = match world.suite.tell(&who, "resource", &format!("{service}/SearchResources"), asked).await {
                    Ok(answer) => answer["resources"].as_array().into_iter().flatten().map(|one| text(&one["id"]).to_owned()).collect(),
                    Err(_) => BTreeSet::new(),
                };
                for id in offerings.iter().flatten() {
                    let asked = json!({ "organizationId": top, "resourceId": id });
                    let read = world.suite.tell(&who, "resource", &format!("{service}/GetResource"), asked).await;
                    let expected = read.is_ok() && admitted.contains(&id);
                    assert_eq!(found.contains(id), expected, "{id} for {top} by {name}");
                }
            }
        }
    }

    async fn what_waits_for_somebody_is_a_case_that_he_may_read(database: Database) {
        let world = World::open(&database).await;
        let mut waiting = 0;
        for service in ["organization", "rating", "resource"] {
            for (name, who) in callers(&world) {
                let work = world.suite.done(&who, service, &format!("/{PROCESS}/ListWork"), json!({})).await;
                for one in work["work"].as_array().into_iter().flatten() {
                    waiting += 1;
                    let asked = json!({ "caseId": one["case"]["id"] });
                    let read = world.suite.tell(&who, service, &format!("/{PROCESS}/GetCase"), asked).await;
                    assert!(read.is_ok(), "{name} is told of {} and may not read it", one["case"]["id"]);
                }
            }
        }
        assert!(waiting > 3, "{waiting} things wait");
    }

    async fn the_trail_and_the_posts_are_those_of_the_caller_s_part_of_the_tree(database: Database) {
        let world = World::open(&database).await;
        let auditor = world.at(&world.a, &[(Role::Auditor, "county")]);
        let (mut own, others): (BTreeSet<&String>, BTreeSet<&String>) = (world.a.values().collect(), world.b.values().collect());
        own.retain(|id| !others.contains(id));
        for service in crate::suite::OWNERS {
            let asked = json!({ "pageSize": 500 });
            let trail = world.suite.done(&auditor, service, "/zhibu.audit.v1.AuditService/ListEntries", asked).await;
            let entries = trail["entries"].as_array().cloned().unwrap_or_default();
            assert!(!entries.is_empty(), "{service} has a trail of county a");
            for entry in entries {
                let organization = text(&entry["organizationId"]).to_owned();
                assert!(own.contains(&organization), "{service}: {entry}");
            }
        }
        let clerk = world.at(&world.a, &[(Role::Clerk, "county")]);
        for (county, place, count) in [(&world.a, "x", 1), (&world.a, "z", 0)] {
            let asked = json!({ "organizationId": county[place] });
            let posts = world.suite.done(&clerk, "organization", &format!("/{ORGANIZATION}/ListPosts"), asked).await;
            let posts = posts["posts"].as_array().cloned().unwrap_or_default();
            assert_eq!(posts.len(), count);
            assert!(posts.iter().all(|post| post["organizationId"] == json!(county[place])));
        }
    }
}

#[test]
fn every_list_of_the_contract_is_compared() {
    let here: BTreeSet<String> = LISTS.iter().map(List::path).collect();
    let lists = methods().into_iter().filter(|method| {
        ["List", "Search"]
            .iter()
            .any(|word| method.name().starts_with(word))
    });
    let missing: Vec<String> = lists
        .filter(|method| APART.iter().all(|(name, _)| *name != method.name()))
        .map(|method| path(&method))
        .filter(|path| !here.contains(path))
        .collect();
    assert!(
        missing.is_empty(),
        "say in LISTS how a row of these is read alone: {missing:?}"
    );
}
