//! What the work list promises beside agreeing with the engine (see `check::play`).

use std::collections::BTreeMap;

use kernel::{
    Calendar, Day, Level, OrganizationKind, Role,
    id::{OrganizationId, PersonId},
};
use uuid::Uuid;

use super::{Work, of};
use crate::{
    Definitions,
    engine::{
        Act, Actor, Answer, Case, Circumstances, Event, Facts, Opening, Parameters, Saw, Tree, Value, judge,
        tree::Node,
    },
};

const COUNTY: u128 = 1;
const TOWN: u128 = 2;
const SIDES: [u128; 2] = [3, 4];

fn organization(n: u128) -> OrganizationId {
    OrganizationId(Uuid::from_u128(n))
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

/// Another person for each role and place.
fn holder(role: Role, at: u128) -> Actor {
    Actor {
        person: Some(PersonId(Uuid::from_u128(1000 * at + role as u128))),
        holds: vec![(role, organization(at))],
        ..Actor::default()
    }
}

/// A case among a county, a town and two branches.
struct Stage {
    tree: Tree,
    calendar: Calendar,
    parameters: Parameters,
    facts: Facts,
    case: Case,
}

impl Stage {
    fn new(procedure: &str, variant: &str) -> Self {
        let node = |parent: Option<u128>, kind, level| Node {
            parent: parent.map(organization),
            kind,
            level,
        };
        let tree = [
            (
                COUNTY,
                node(None, OrganizationKind::LocalCommittee, Some(Level::County)),
            ),
            (TOWN, node(Some(COUNTY), OrganizationKind::Committee, None)),
            (SIDES[0], node(Some(TOWN), OrganizationKind::Branch, None)),
            (SIDES[1], node(Some(TOWN), OrganizationKind::Branch, None)),
        ];
        let flags = ["base_version_current", "preview_unchanged", "content_cleared"];
        let mut facts: BTreeMap<String, Value> = flags
            .iter()
            .map(|name| ((*name).to_owned(), Value::Flag(true)))
            .collect();
        facts.insert("open_cases".to_owned(), Value::Codes(Vec::new()));
        facts.insert("members".to_owned(), Value::Int(20));
        Self {
            tree: tree
                .into_iter()
                .map(|(id, node)| (organization(id), node))
                .collect(),
            calendar: Calendar::official().clone(),
            parameters: Parameters::default(),
            facts: Facts(facts),
            case: Case::new(Opening {
                procedure: procedure.to_owned(),
                variant: Some(variant.to_owned()),
                subject: Uuid::from_u128(77),
                organization: organization(SIDES[0]),
                person: None,
                target: None,
                sides: SIDES.map(organization).to_vec(),
            }),
        }
    }

    fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            definitions: Definitions::shipped(),
            calendar: &self.calendar,
            tree: &self.tree,
            parameters: &self.parameters,
            facts: &self.facts,
        }
    }

    fn take(&mut self, step: &str, by: &Actor, on: &str, evidence: &[&str]) {
        let given = evidence.iter().map(|item| {
            let value = if *item == "trainer_group" { "expert" } else { "v1" };
            ((*item).to_owned(), Value::Text(value.to_owned()))
        });
        let event = Event {
            on: day(on),
            by: by.clone(),
            seen: None,
            key: None,
            act: Act::Step {
                step: step.to_owned(),
                evidence: given.collect(),
                vote: None,
                saw: Saw::Nothing,
            },
        };
        let judgement = judge(&self.circumstances(), &self.case, &event);
        let Answer::Accepted(entries) = judgement.answer else {
            unreachable!("{step}: {:?}", judgement.answer);
        };
        self.case.append(judgement.late.into_iter().chain(entries));
    }

    fn object(&mut self, on: &str) {
        let event = Event {
            on: day(on),
            by: Actor {
                person: Some(PersonId(Uuid::from_u128(5))),
                ..Actor::default()
            },
            seen: None,
            key: None,
            act: Act::Object {
                objection: None,
                grounds: "不实".to_owned(),
            },
        };
        let Answer::Accepted(entries) = judge(&self.circumstances(), &self.case, &event).answer else {
            unreachable!("an objection is taken");
        };
        self.case.append(entries);
    }

    fn answer(&mut self, on: &str) {
        let event = Event {
            on: day(on),
            by: holder(Role::OrgDept, COUNTY),
            seen: None,
            key: None,
            act: Act::Answer {
                objection: None,
                upheld: false,
                answer: "查无此事".to_owned(),
            },
        };
        let Answer::Accepted(entries) = judge(&self.circumstances(), &self.case, &event).answer else {
            unreachable!("an answer is taken");
        };
        self.case.append(entries);
    }

    fn work(&self, on: &str, actor: Option<&Actor>) -> Vec<Work> {
        of(&self.circumstances(), &self.case, day(on), actor).expect("work")
    }

    fn steps(&self, on: &str, actor: Option<&Actor>) -> Vec<String> {
        self.work(on, actor).into_iter().map(|work| work.step).collect()
    }
}

/// A trainer whose admission was asked for on 3 March 2025.
fn submitted() -> Stage {
    let mut stage = Stage::new("resource_admission", "trainer");
    let clerk = holder(Role::Clerk, SIDES[0]);
    stage.take(
        "submit",
        &clerk,
        "2025-03-03",
        &["resource_card", "trainer_group"],
    );
    stage
}

/// The same under publicity since 10 March 2025.
fn public() -> Stage {
    let mut stage = submitted();
    let library = holder(Role::Library, COUNTY);
    stage.take("review", &library, "2025-03-04", &["quality_review"]);
    stage.take("trial", &library, "2025-03-05", &["trial_record"]);
    stage.take("publish", &library, "2025-03-10", &["publicity_notice"]);
    stage
}

#[test]
fn a_step_tells_who_what_until_when_and_why() {
    let work = submitted().work("2025-03-04", None);
    let review = work.iter().find(|work| work.step == "review").expect("a review");
    assert_eq!(review.name_zh, "内容与质量审核");
    let [town, county] = [TOWN, COUNTY].map(organization);
    let who = [
        format!("library@{town}"),
        format!("library@{county}"),
        format!("org_dept@{town}"),
        format!("org_dept@{county}"),
    ];
    assert_eq!(review.who, who);
    let missing: Vec<_> = review
        .missing
        .iter()
        .map(|one| (one.code.as_str(), one.zh.as_str()))
        .collect();
    assert_eq!(missing, [("EVIDENCE_MISSING", "缺少材料：审核意见")]);
    assert_eq!(
        (review.first_day, review.last_day),
        (None, Some(day("2025-03-31")))
    );
    assert_eq!(review.norms, ["S-209", "R-215"]);
    assert!(!review.overdue && !review.prompted && !review.provisional);
}

#[test]
fn it_is_prompted_for_seven_days_before_its_last_day_and_overdue_after_it() {
    let marks = |on: &str| {
        let work = submitted().work(on, None);
        let review = work.iter().find(|work| work.step == "review").expect("a review");
        (review.prompted, review.overdue)
    };
    assert_eq!(marks("2025-03-23"), (false, false));
    assert_eq!(marks("2025-03-24"), (true, false));
    assert_eq!(marks("2025-03-31"), (true, false));
    assert_eq!(marks("2025-04-01"), (true, true));
}

#[test]
fn what_is_reckoned_without_the_calendar_is_provisional_and_never_overdue() {
    let mut stage = submitted();
    stage.calendar = stage.calendar.without(&[2025]);
    let work = stage.work("2025-12-01", None);
    let review = work.iter().find(|work| work.step == "review").expect("a review");
    assert!(review.provisional && !review.overdue);
}

#[test]
fn what_the_suite_itself_knows_is_not_asked_and_what_it_says_is_told() {
    let mut stage = submitted();
    stage.facts.0.remove("content_cleared");
    let codes = |stage: &Stage| -> Vec<String> {
        let work = stage.work("2025-03-04", None);
        let review = work
            .into_iter()
            .find(|work| work.step == "review")
            .expect("a review");
        review.missing.into_iter().map(|one| one.code).collect()
    };
    assert_eq!(codes(&stage), ["EVIDENCE_MISSING"]);
    stage
        .facts
        .0
        .insert("content_cleared".to_owned(), Value::Flag(false));
    assert_eq!(codes(&stage), ["EVIDENCE_MISSING", "CONTENT_NOT_CLEARED"]);
}

#[test]
fn who_must_stay_apart_is_not_asked() {
    let mut stage = Stage::new("resource_admission", "trainer");
    let both = Actor {
        holds: vec![
            (Role::Library, organization(SIDES[0])),
            (Role::Library, organization(COUNTY)),
        ],
        ..holder(Role::Library, COUNTY)
    };
    stage.take("submit", &both, "2025-03-03", &["resource_card", "trainer_group"]);
    assert!(
        !stage
            .steps("2025-03-04", Some(&both))
            .contains(&"review".to_owned())
    );
    let other = holder(Role::Library, TOWN);
    assert!(
        stage
            .steps("2025-03-04", Some(&other))
            .contains(&"review".to_owned())
    );
}

#[test]
fn a_publicity_gives_the_first_day_behind_its_window() {
    let work = public().work("2025-03-11", None);
    let admit = work.iter().find(|work| work.step == "admit_public");
    assert_eq!(admit.expect("the admission").first_day, Some(day("2025-03-18")));
}

#[test]
fn a_step_that_an_open_objection_holds_does_not_wait_until_it_is_answered() {
    let mut stage = public();
    stage.object("2025-03-12");
    assert_eq!(stage.steps("2025-03-20", None), ["resource"], "the answer alone");
    stage.answer("2025-03-20");
    assert_eq!(stage.steps("2025-03-20", None), ["admit_public"]);
}

#[test]
fn an_objection_waits_for_whoever_decides_and_not_for_who_took_what_it_is_about() {
    let mut stage = public();
    stage.object("2025-03-12");
    let decider = holder(Role::OrgDept, COUNTY);
    let work = stage.work("2025-03-13", Some(&decider));
    let answer = work
        .iter()
        .find(|work| work.step == "resource")
        .expect("the answer");
    assert_eq!(answer.name_zh, "答复对拟入库对象的异议");
    assert_eq!(answer.last_day, Some(day("2025-03-26")));
    let reviewer = Actor {
        holds: vec![(Role::OrgDept, organization(COUNTY))],
        ..holder(Role::Library, COUNTY)
    };
    assert!(
        !stage
            .steps("2025-03-13", Some(&reviewer))
            .contains(&"resource".to_owned())
    );
}

#[test]
fn a_side_that_has_agreed_is_not_asked_again_and_the_other_one_still_is_x15() {
    let mut stage = Stage::new("org_change", "merge");
    let clerk = holder(Role::Clerk, SIDES[0]);
    stage.take(
        "draft",
        &clerk,
        "2025-03-03",
        &["org_diff", "change_reason", "merge_plan"],
    );
    stage.take("ask_consent", &clerk, "2025-03-04", &["consent_request"]);
    let first = holder(Role::Secretary, SIDES[0]);
    let second = holder(Role::Secretary, SIDES[1]);
    stage.take("consent_side", &first, "2025-03-05", &["consent_side"]);
    let asked = |who: &Actor| {
        stage
            .steps("2025-03-06", Some(who))
            .contains(&"consent_side".to_owned())
    };
    assert!(!asked(&first) && asked(&second));
    let work = stage.work("2025-03-06", None);
    let consent = work
        .iter()
        .find(|work| work.step == "consent_side")
        .expect("a consent");
    assert_eq!(consent.who, [format!("secretary@{}", organization(SIDES[1]))]);
    assert!(consent.bound.is_some(), "it binds what was asked");
}

#[test]
fn nothing_waits_in_a_closed_case() {
    let mut stage = submitted();
    stage.take(
        "refuse",
        &holder(Role::OrgDept, COUNTY),
        "2025-03-04",
        &["return_reason"],
    );
    assert_eq!(stage.work("2025-03-05", None), []);
}

#[test]
fn what_fell_due_is_seen_before_anybody_writes_it_down() {
    let mut stage = public();
    let lead = holder(Role::OrgDept, COUNTY);
    stage.take("admit_public", &lead, "2025-03-20", &["admission_batch"]);
    assert!(
        !stage
            .steps("2028-03-20", None)
            .contains(&"confirm_retire".to_owned())
    );
    assert!(
        stage
            .steps("2028-03-21", None)
            .contains(&"confirm_retire".to_owned())
    );
}
