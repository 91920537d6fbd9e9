//! What each county is filled with: the same in both, record for record, through the public methods.

use kernel::Role;
use serde_json::{Value, json};

use crate::{
    suite::{Person, Suite, TODAY, fresh},
    world::{Ids, at, external, identity_number, text},
};

const ORGANIZATION: &str = "/zhibu.organization.v1.OrganizationService";
const MEMBER: &str = "/zhibu.member.v1.MemberService";
const ACTIVITY: &str = "/zhibu.activity.v1.ActivityService";
const RATING: &str = "/zhibu.rating.v1.RatingService";
const RESOURCE: &str = "/zhibu.resource.v1.ResourceService";
const PROCESS: &str = "/zhibu.process.v1.ProcessService";

/// Fills a county whose organizations are there; its ids, with those of what it was filled with.
pub(crate) async fn fill(suite: &Suite, name: &'static str, ids: Ids) -> Ids {
    let org_dept = suite.person(&[(Role::OrgDept, at(&ids, "county"))]);
    let mut filling = Filling {
        suite,
        name,
        ids,
        org_dept,
    };
    filling.organization().await;
    filling.members().await;
    filling.activity().await;
    filling.resources().await;
    filling.admissions().await;
    filling.rating().await;
    filling.ids
}

/// What a county is filled with, by whom.
struct Filling<'a> {
    suite: &'a Suite,
    /// `a` or `b`.
    name: &'static str,
    ids: Ids,
    org_dept: Person,
}

impl Filling<'_> {
    fn id(&self, name: &str) -> &str {
        &self.ids[name]
    }

    fn by(&self, role: Role, place: &str) -> Person {
        self.suite.person(&[(role, at(&self.ids, place))])
    }

    fn keep(&mut self, name: &str, id: &Value) {
        assert!(!text(id).is_empty(), "{name} has no id");
        self.ids.insert(name.to_owned(), text(id).to_owned());
    }

    fn key(&self, value: &str) -> Value {
        external(&format!("{}-{value}", self.name))
    }

    /// An import of rows in the name of the county.
    fn import(&self, rows: Value) -> Value {
        json!({ "organizationId": self.id("county"), "importId": fresh(), "rows": rows })
    }

    async fn organization(&mut self) {
        let security = self.by(Role::Security, "county");
        let assignment = json!({
            "subject": fresh(), "role": "clerk", "organizationId": self.id("x"), "from": "2025-01-01",
        });
        let body = json!({
            "organizationId": self.id("county"), "requestId": fresh(), "assignments": [assignment],
        });
        let path = format!("{ORGANIZATION}/AssignRoles");
        let answer = self.suite.done(&security, "organization", &path, body).await;
        self.keep("grant", &answer["grantIds"][0]);
        let post = |line: u32, place: &str| {
            json!({
                "line": line, "externalId": self.key(&format!("post-{place}")), "organizationId": self.id(place),
                "office": "OFFICE_SECRETARY", "personId": fresh(), "from": "2024-01-01",
            })
        };
        let import = self.import(json!([post(1, "x"), post(2, "y")]));
        let path = format!("{ORGANIZATION}/ImportPosts");
        self.suite
            .done(&self.org_dept, "organization", &path, import)
            .await;
        let slot = json!({
            "line": 1, "externalId": self.key("slot"), "organizationId": self.id("y"),
            "slot": { "kind": "supervision", "body": "村务监督委员会", "headPersonId": fresh(), "from": "2020-01-01" },
        });
        let import = self.import(json!([slot]));
        let path = format!("{ORGANIZATION}/ImportGuarantees");
        self.suite
            .done(&self.org_dept, "organization", &path, import)
            .await;
        let clerk = self.by(Role::Clerk, "town");
        let mut opening = self.opening("org_change", "move", "draft", "x", "x");
        opening["anchors"] = json!({ "target": self.id("other-town") });
        opening["evidence"] = evidence(&["org_diff", "change_reason", "access_delta"]);
        let case = self.open(&clerk, "organization", opening).await;
        self.keep("change", &case["id"]);
    }

    fn opening(
        &self,
        procedure: &str,
        variant: &str,
        step: &str,
        subject: &str,
        organization: &str,
    ) -> Value {
        json!({
            "procedure": procedure, "variant": variant, "step": step, "subjectId": self.id(subject),
            "organizationId": self.id(organization), "requestId": fresh(),
        })
    }

    async fn open(&self, who: &Person, service: &str, opening: Value) -> Value {
        let answer = self
            .suite
            .done(who, service, &format!("{PROCESS}/OpenCase"), opening)
            .await;
        answer["case"].clone()
    }

    async fn take(&self, who: &Person, service: &str, case: &Value, step: &str, item: &str) -> Value {
        let body = json!({
            "caseId": case["id"], "revision": case["revision"], "step": step, "evidence": evidence(&[item]),
            "requestId": fresh(),
        });
        let answer = self
            .suite
            .done(who, service, &format!("{PROCESS}/TakeStep"), body)
            .await;
        answer["case"].clone()
    }

    async fn members(&mut self) {
        let numbers = if self.name == "a" { 1.. } else { 101.. };
        let homes = ["x", "x", "y", "z"];
        let row = |(line, (number, home)): (usize, (u32, &str))| {
            json!({
                "line": line + 1, "externalId": self.key(&format!("member-{line}")), "name": "示例党员",
                "identityNumber": identity_number(number), "sex": 9, "ethnicGroup": "01", "education": "20",
                "standing": "STANDING_FULL", "joinedOn": "2010-07-01", "fullOn": "2011-07-01",
                "branchId": self.id(home), "branchSince": "2012-01-01",
            })
        };
        let rows: Vec<Value> = numbers.clone().zip(homes).enumerate().map(row).collect();
        let import = self.import(json!(rows));
        let path = format!("{MEMBER}/ImportMembers");
        let answer = self.suite.done(&self.org_dept, "member", &path, import).await;
        for (k, one) in answer["persons"].as_array().expect("persons").iter().enumerate() {
            self.keep(&format!("person{k}"), &one["personId"]);
        }
        let first = numbers.start;
        self.ids.insert("identity".into(), identity_number(first));
        let quote = json!({ "class": "DUES_CLASS_WAGE", "baseFen": 500_000, "on": "2025-06-01" });
        let quote = self
            .suite
            .done(&self.org_dept, "member", &format!("{MEMBER}/QuoteDues"), quote)
            .await;
        let line = json!({
            "personId": self.id("person0"), "class": "DUES_CLASS_WAGE", "baseFen": 500_000,
            "dueFen": quote["dueFen"], "paidFen": quote["dueFen"], "paidOn": "2025-06-10",
        });
        let sheet = json!({ "line": 1, "branchId": self.id("x"), "month": "2025-06-01", "lines": [line] });
        let import = self.import(json!([sheet]));
        self.suite
            .done(
                &self.org_dept,
                "member",
                &format!("{MEMBER}/ImportDuesSheets"),
                import,
            )
            .await;
    }

    async fn activity(&mut self) {
        let row = |(line, (home, day)): (usize, (&str, &str))| {
            json!({
                "line": line + 1, "externalId": self.key(&format!("meeting-{line}")), "branchId": self.id(home),
                "content": {
                    "duties": ["DUTY_THEME"], "heldOn": day, "topic": "学习讨论",
                    "presentIds": [self.id("person0"), self.id("person1")],
                },
            })
        };
        let all = [
            ("x", "2025-05-10"),
            ("x", "2025-06-10"),
            ("y", "2025-06-11"),
            ("z", "2025-06-12"),
        ];
        let rows: Vec<Value> = all.into_iter().enumerate().map(row).collect();
        let rows: Vec<Value> = rows
            .into_iter()
            .map(|mut row| {
                if row["branchId"] != json!(self.id("x")) {
                    row["content"]["presentIds"] = json!([]);
                }
                row
            })
            .collect();
        let import = self.import(json!(rows));
        self.suite
            .done(
                &self.org_dept,
                "activity",
                &format!("{ACTIVITY}/ImportMeetings"),
                import,
            )
            .await;
        let task = json!({
            "line": 1, "externalId": self.key("task"), "branchId": self.id("x"),
            "task": { "title": "任务", "raisedOn": "2025-03-01", "dueOn": "2025-04-01" },
        });
        let import = self.import(json!([task]));
        let path = format!("{ACTIVITY}/ImportRecords");
        self.suite.done(&self.org_dept, "activity", &path, import).await;
        let list = json!({
            "organizationId": self.id("county"), "firstDay": "2025-01-01", "lastDay": "2025-12-31",
        });
        let answer = self
            .suite
            .done(
                &self.org_dept,
                "activity",
                &format!("{ACTIVITY}/ListMeetings"),
                list,
            )
            .await;
        for (k, one) in answer["meetings"]
            .as_array()
            .expect("meetings")
            .iter()
            .enumerate()
        {
            self.keep(&format!("meeting{k}"), &one["id"]);
        }
        assert!(self.ids.contains_key("meeting3"), "{answer}");
    }

    async fn resources(&mut self) {
        let keeper = self.by(Role::Library, "county");
        let row = |(line, (name, owner)): (usize, (&str, &str))| {
            json!({
                "line": line + 1, "externalId": self.key(name), "kind": "RESOURCE_KIND_MATERIAL", "title": "学习资料",
                "ownerId": self.id(owner), "capacity": 9, "subjects": ["党务实操"],
            })
        };
        let all = [
            ("material", "town"),
            ("proposed", "town"),
            ("proposed-too", "town"),
            ("book", "county"),
        ];
        let rows: Vec<Value> = all.into_iter().enumerate().map(row).collect();
        let import = self.import(json!(rows));
        let path = format!("{RESOURCE}/ImportResources");
        let answer = self.suite.done(&keeper, "resource", &path, import).await;
        for (k, one) in answer["resources"]
            .as_array()
            .expect("resources")
            .iter()
            .enumerate()
        {
            self.keep(all[k].0, &one["resourceId"]);
        }
    }

    async fn admissions(&mut self) {
        let (keeper, reviewer) = (self.by(Role::Library, "town"), self.by(Role::Library, "county"));
        let mut opening = self.opening("resource_admission", "material", "submit", "material", "town");
        opening["evidence"] = evidence(&["resource_card", "rights_statement"]);
        let case = self.open(&keeper, "resource", opening).await;
        let case = self
            .take(&reviewer, "resource", &case, "review", "quality_review")
            .await;
        let case = self
            .take(&self.org_dept, "resource", &case, "admit", "admission_batch")
            .await;
        self.keep("admitted", &case["id"]);
        let mut opening = self.opening("resource_admission", "material", "submit", "proposed", "town");
        opening["evidence"] = evidence(&["resource_card", "rights_statement"]);
        let case = self.open(&keeper, "resource", opening).await;
        self.keep("admission", &case["id"]);
        for (name, place, hour) in [
            ("booking", "x", 1),
            ("booking-too", "x", 5),
            ("booking-y", "y", 9),
        ] {
            let clerk = self.by(Role::Clerk, place);
            let line = self.line("material", hour);
            let body = json!({
                "organizationId": self.id(place), "lines": [line], "purpose": "主题党日", "requestId": fresh(),
            });
            let path = format!("{RESOURCE}/HoldBooking");
            let answer = self.suite.done(&clerk, "resource", &path, body).await;
            self.keep(name, &answer["booking"]["id"]);
        }
    }

    fn line(&self, resource: &str, hour: u32) -> Value {
        json!({
            "resourceId": self.id(resource), "quantity": 1,
            "start": format!("2026-03-02T{hour:02}:00:00Z"), "end": format!("2026-03-02T{:02}:00:00Z", hour + 1),
        })
    }

    async fn rating(&mut self) {
        let commitment = format!("sm3:{}", "0".repeat(64));
        let body = json!({
            "organizationId": self.id("county"), "year": 2025, "freezeDay": TODAY,
            "drawCommitment": commitment, "requestId": fresh(),
        });
        let answer = self
            .suite
            .done(&self.org_dept, "rating", &format!("{RATING}/OpenCycle"), body)
            .await;
        self.keep("cycle", &answer["cycle"]["id"]);
        let freeze = json!({ "cycleId": self.id("cycle") });
        self.suite
            .done(
                &self.org_dept,
                "rating",
                &format!("{RATING}/FreezeCycle"),
                freeze.clone(),
            )
            .await;
        let frozen = async {
            loop {
                let path = format!("{RATING}/GetCycle");
                let answer = self
                    .suite
                    .done(&self.org_dept, "rating", &path, freeze.clone())
                    .await;
                if answer["cycle"]["state"] == "frozen" {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        let patience = std::time::Duration::from_secs(60);
        tokio::time::timeout(patience, frozen)
            .await
            .expect("the facts are frozen");
        let row = |line: u32, place: &str| {
            json!({
                "line": line, "externalId": self.key(&format!("finding-{place}")), "branchId": self.id(place),
                "title": "记录不全", "foundOn": "2025-11-01", "dueOn": "2026-03-01",
            })
        };
        let import = self.import(json!([row(1, "x"), row(2, "z")]));
        self.suite
            .done(
                &self.org_dept,
                "rating",
                &format!("{RATING}/ImportFindings"),
                import,
            )
            .await;
        let mut opening = self.opening("rectification", "criteria", "nominate_other", "y", "y");
        opening["evidence"] = json!([
            { "item": "trigger_event", "value": "sm3:0000" }, { "item": "criterion", "value": "petitions" },
        ]);
        let case = self.open(&self.org_dept, "rating", opening).await;
        self.keep("rectification", &case["id"]);
        let list = json!({ "organizationId": self.id("county"), "procedure": "star_rating" });
        let path = format!("{PROCESS}/ListCases");
        let cases = self.suite.done(&self.org_dept, "rating", &path, list).await;
        let mut of_x = cases["cases"].as_array().expect("cases").iter();
        let case = of_x
            .find(|case| case["organizationId"] == json!(self.id("x")))
            .expect("a case of x");
        self.keep("rated", &case["id"]);
    }
}

/// Documents by their hashes.
fn evidence(items: &[&str]) -> Value {
    items
        .iter()
        .map(|item| json!({ "item": item, "value": "sm3:0000" }))
        .collect()
}
