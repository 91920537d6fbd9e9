//! What rating asks of the others before a step, answered by the services themselves: a step is refused for what they
//! say, and taken once what they say has changed. Nothing of it lies in rating.

use kernel::Role;
use serde_json::{Value, json};
use testkit::database::Database;

use crate::{
    suite::{Person, TODAY, fresh, reason},
    world::{World, identity_number, text},
};

const PROCESS: &str = "/zhibu.process.v1.ProcessService";
const RATING: &str = "/zhibu.rating.v1.RatingService";
const ACTIVITY: &str = "/zhibu.activity.v1.ActivityService";

/// The case as it stands, which a step names by its revision.
async fn case(world: &World, who: &Person, id: &str) -> Value {
    let path = format!("{PROCESS}/GetCase");
    let answer = world
        .suite
        .done(who, "rating", &path, json!({ "caseId": id }))
        .await;
    answer["case"].clone()
}

/// Takes a step of a case of rating; the state that it leads to, or the reason of the refusal.
async fn step(world: &World, who: &Person, id: &str, step: &str, given: &[(&str, &str)]) -> String {
    let evidence: Vec<Value> = given
        .iter()
        .map(|(item, value)| json!({ "item": item, "value": value }))
        .collect();
    let body = json!({
        "caseId": id, "revision": case(world, who, id).await["revision"], "step": step, "evidence": evidence,
        "requestId": fresh(),
    });
    let path = format!("{PROCESS}/TakeStep");
    match world.suite.tell(who, "rating", &path, body).await {
        Ok(answer) => text(&answer["case"]["state"]).to_owned(),
        Err(status) => reason(&status),
    }
}

/// The committee hears the secretary of a branch after the freeze; the id of the meeting.
async fn debriefed(world: &World, who: &Person, place: &str, speaker: &str) -> String {
    let content = json!({
        "duties": ["DUTY_DEBRIEF_SUPERIOR"], "heldOn": "2026-01-20", "topic": "述职评议", "forYear": 2025,
        "presentIds": [world.a[speaker]], "completedOn": TODAY, "assessed": true, "assessmentId": "评议1",
    });
    let body = json!({ "branchId": world.a[place], "content": content, "requestId": fresh() });
    let path = format!("{ACTIVITY}/RecordMeeting");
    let answer = world.suite.done(who, "activity", &path, body).await;
    world.suite.settle().await;
    text(&answer["meeting"]["id"]).to_owned()
}

/// Marks of the debrief review, the best there are.
async fn marked(world: &World, who: &Person, place: &str, meeting: &str) {
    let row = json!({
        "line": 1, "branchId": world.a[place], "superiorMarks": [100, 100, 100, 100, 100],
        "superiorReasons": ["组织健全", "队伍过硬", "活动正常", "制度落实", "保障到位"],
        "resolutionId": "纪要1", "good": 10, "meetingId": meeting,
    });
    let body = json!({ "organizationId": world.a["town"], "cycleId": world.a["cycle"], "rows": [row] });
    let path = format!("{RATING}/EnterReviewMarks");
    world.suite.done(who, "rating", &path, body).await;
}

/// Records, as the county takes them over into the service that keeps them.
async fn import(world: &World, service: &str, method: &str, records: Vec<Value>) -> Value {
    let rows: Vec<Value> = (1u32..)
        .zip(records)
        .map(|(line, mut row)| {
            row["line"] = json!(line);
            row
        })
        .collect();
    let org_dept = world.at(&world.a, &[(Role::OrgDept, "county")]);
    let body = json!({ "organizationId": world.a["county"], "importId": fresh(), "rows": rows });
    let path = format!("/zhibu.{service}.v1.{method}");
    let answer = world.suite.done(&org_dept, service, &path, body).await;
    world.suite.settle().await;
    answer
}

/// A record of the branch y, which its service knows under a name of that kind.
fn of_y(world: &World, named: &str, mut record: Value) -> Value {
    record["externalId"] = json!({ "system": "test", "value": fresh() });
    record[named] = json!(world.a["y"]);
    record
}

/// What the branch y lacked in the last twelve months: members, meetings, a goal, a term, a site; all of it is kept by
/// other services than rating.
async fn mend(world: &World) {
    let joined = json!({
        "name": "示例党员", "sex": 9, "ethnicGroup": "01", "education": "20", "standing": "STANDING_FULL",
        "joinedOn": "2010-07-01", "fullOn": "2011-07-01", "branchSince": "2012-01-01",
    });
    let joined = [201, 202].map(|number| {
        let mut row = of_y(world, "branchId", joined.clone());
        row["identityNumber"] = json!(identity_number(number));
        row
    });
    let answer = import(world, "member", "MemberService/ImportMembers", joined.to_vec()).await;
    let new = answer["persons"].as_array().expect("persons").iter();
    let new = new.map(|one| text(&one["personId"]).to_owned());
    let all: Vec<String> = [world.a["person2"].clone()].into_iter().chain(new).collect();
    let hours = all.iter().map(|person| {
        json!({ "personId": person, "session": "年度培训", "on": "2025-06-01", "quarterHours": 200, "central": true })
    });
    import(
        world,
        "member",
        "MemberService/ImportTrainingHours",
        hours.collect(),
    )
    .await;
    let months = (2..=12).map(|month| format!("2025-{month:02}-20"));
    let meetings = months.chain(["2026-01-20".to_owned()]).map(|day| {
        let mut duties = vec!["DUTY_STUDY", "DUTY_THEME", "DUTY_ASSEMBLY", "DUTY_LECTURE"];
        if day.starts_with("2026-01") {
            duties.extend(["DUTY_LIFE", "DUTY_DEBRIEF_ASSEMBLY"]);
        }
        let content = json!({
            "duties": duties, "heldOn": day, "completedOn": day, "topic": "学习讨论", "presentIds": all,
        });
        of_y(world, "branchId", json!({ "content": content }))
    });
    import(
        world,
        "activity",
        "ActivityService/ImportMeetings",
        meetings.collect(),
    )
    .await;
    let goal = json!({ "goal": {
        "title": "集体经济增收", "raisedOn": "2025-03-01", "dueOn": "2025-12-01", "doneOn": "2025-11-20",
        "confirmed": true, "planHash": "sm3:0000", "planConfirmedOn": "2025-03-10",
    } });
    let goals = vec![of_y(world, "branchId", goal)];
    import(world, "activity", "ActivityService/ImportRecords", goals).await;
    let site = json!({ "site": {
        "name": "党群服务中心", "functions": ["convenience", "livelihood_security", "farm_economy"], "from": "2020-01-01",
    } });
    let term = json!({ "term": { "from": "2023-01-01", "until": "2027-12-31", "electionId": "选举1" } });
    let records = [site, term].map(|one| of_y(world, "organizationId", one));
    import(
        world,
        "organization",
        "OrganizationService/ImportGuarantees",
        records.to_vec(),
    )
    .await;
}

testkit::on_both! {
    async fn a_debrief_that_activity_learns_of_after_the_freeze_lets_the_committee_close_it_r125(database: Database) {
        let world = World::open(&database).await;
        let (rated, clerk) = (world.a["rated"].clone(), world.at(&world.a, &[(Role::Clerk, "town")]));
        let secretary = world.at(&world.a, &[(Role::Secretary, "x")]);
        let claim = [("self_assessment", "sm3:0000"), ("claimed_star", "3")];
        assert_eq!(step(&world, &secretary, &rated, "submit", &claim).await, "submitted");
        let minutes = [("debrief_minutes", "sm3:0000"), ("review_score", "100000")];
        let close = || step(&world, &clerk, &rated, "debrief", &minutes);
        assert_eq!(close().await, "DEBRIEF_NOT_HELD", "no committee has heard the secretary");

        debriefed(&world, &clerk, "x", "person0").await;
        assert_eq!(close().await, "debriefed");
    }

    async fn acceptance_is_asked_for_once_the_mended_year_counts_at_its_owners_s315(database: Database) {
        let world = World::open(&database).await;
        let id = world.a["rectification"].clone();
        let [first, second] = [(); 2].map(|()| world.at(&world.a, &[(Role::OrgDept, "county")]));
        let clerk = world.at(&world.a, &[(Role::Clerk, "town")]);
        let four = [(); 4].map(|()| fresh()).join(",");
        for (who, taken, given, state) in [
            (&first, "list", vec![("listing_decision", "sm3:0000")], "listed"),
            (&clerk, "plan", vec![("rect_plan", "sm3:0000"), ("four_supports", &four)], "planned"),
            (&second, "approve_plan", vec![("plan_reply", "sm3:0000")], "working"),
        ] {
            assert_eq!(step(&world, who, &id, taken, &given).await, state);
        }
        let meeting = debriefed(&world, &clerk, "y", "person2").await;
        marked(&world, &clerk, "y", &meeting).await;
        let ask = || step(&world, &clerk, &id, "ask_acceptance", &[("acceptance_file", "sm3:0000")]);
        assert_eq!(ask().await, "LIVE_STAR_TOO_LOW");

        mend(&world).await;
        assert_eq!(ask().await, "acceptance");
    }
}
