//! Cases as they are kept, on both databases: one winner among two deciders, replay, one open case, history that
//! only grows, and nothing for whoever may not see it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use kernel::{
    OrganizationKind, Role, RpcError,
    id::{CaseId, OrganizationId},
};
use process::{
    engine::{Case, Entry, Facts, Value},
    keeper::{Keeper, Owner, Question, migration, rpc::Procedures},
};
use proto::process::v1::{
    Case as WireCase, Evidence, GetCaseRequest, ListCasesRequest, OpenCaseRequest, TakeStepRequest,
    process_service_server::ProcessService,
};
use sea_orm_migration::MigrationTrait;
use storage::Tx;
use testkit::{
    database::Database,
    stage::{Person, Stage, new_id, node, reason},
};

/// An owner of resource admission whose facts all hold, and who remembers the effects.
#[derive(Default)]
struct Library(Mutex<Vec<String>>);

#[async_trait]
impl Owner for Library {
    fn procedures(&self) -> &'static [&'static str] {
        &["resource_admission"]
    }

    async fn facts(&self, question: &Question<'_>) -> Result<Facts, RpcError> {
        Ok(Facts(
            question
                .facts
                .iter()
                .map(|fact| ((*fact).to_owned(), Value::Flag(true)))
                .collect(),
        ))
    }

    async fn on_entry(&self, _tx: &Tx, _id: CaseId, _case: &Case, entry: &Entry) -> Result<(), RpcError> {
        if let Some(step) = entry.done() {
            self.0.lock().expect("effects").push(step.to_owned());
        }
        Ok(())
    }
}

fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    migration::all()
}

struct World {
    served: Procedures,
    owner: Arc<Library>,
    county: OrganizationId,
    town: OrganizationId,
    keeper: Person,
    reviewer: Person,
}

impl World {
    async fn open(database: &Database) -> Self {
        let stage = Stage::open(database, "resource", migrations).await;
        let (county, town) = (OrganizationId::new(), OrganizationId::new());
        stage
            .learn([
                node(&[county], OrganizationKind::LocalCommittee),
                node(&[county, town], OrganizationKind::Committee),
            ])
            .await;
        let owner = Arc::new(Library::default());
        let keeper = Keeper::new(stage.store.clone(), stage.clock.clone(), owner.clone());
        Self {
            served: Procedures {
                desk: stage.desk.clone(),
                keeper,
                pages: stage.pages.clone(),
            },
            owner,
            county,
            town,
            keeper: Person::with(&[(Role::Library, town)]),
            reviewer: Person::with(&[(Role::Library, county)]),
        }
    }

    fn opening(&self, subject: &str) -> OpenCaseRequest {
        OpenCaseRequest {
            procedure: "resource_admission".into(),
            variant: "material".into(),
            step: "submit".into(),
            subject_id: subject.into(),
            organization_id: self.town.to_string(),
            evidence: vec![evidence("resource_card"), evidence("rights_statement")],
            request_id: new_id(),
            ..Default::default()
        }
    }

    async fn submitted(&self) -> WireCase {
        let request = self.keeper.asks(self.opening(&new_id()));
        self.served
            .open_case(request)
            .await
            .expect("opened")
            .into_inner()
            .case
            .expect("a case")
    }
}

fn evidence(item: &str) -> Evidence {
    Evidence {
        item: item.into(),
        value: "sm3:0000".into(),
    }
}

fn review(case: &WireCase) -> TakeStepRequest {
    TakeStepRequest {
        case_id: case.id.clone(),
        revision: case.revision,
        step: "review".into(),
        evidence: vec![evidence("quality_review")],
        request_id: new_id(),
        ..Default::default()
    }
}

testkit::on_both! {
    async fn of_two_deciders_on_one_revision_exactly_one_lands(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted().await;
        let calls = (0..8).map(|_| world.served.take_step(world.reviewer.asks(review(&case))));
        let answers = futures::future::join_all(calls).await;
        let landed = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(landed, 1);
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(reason(refused), "CASE_CHANGED");
        }
        assert_eq!(*world.owner.0.lock().expect("effects"), ["submit", "review"], "the effect happened once");
    }

    async fn a_step_sent_again_gets_the_same_answer(database: Database) {
        let world = World::open(&database).await;
        let step = review(&world.submitted().await);
        let first = world.served.take_step(world.reviewer.asks(step.clone())).await.expect("taken").into_inner();
        let again = world.served.take_step(world.reviewer.asks(step)).await.expect("answered").into_inner();
        assert_eq!(first, again);
        assert_eq!(first.case.map(|case| case.state), Some("reviewed".to_owned()));
    }

    async fn a_subject_has_one_open_case_however_many_open_it_at_once(database: Database) {
        let world = World::open(&database).await;
        let subject = new_id();
        let calls = (0..6).map(|_| world.served.open_case(world.keeper.asks(world.opening(&subject))));
        let answers = futures::future::join_all(calls).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert_eq!(reason(refused), "ONE_OPEN_CASE");
        }
    }

    async fn who_may_not_is_refused_by_the_procedure_and_who_may_not_see_finds_nothing(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted().await;
        let own = world.served.take_step(world.keeper.asks(review(&case))).await.expect_err("its own library");
        assert_eq!(reason(&own), "ORG_NOT_ENTITLED");
        let stranger = Person::with(&[(Role::Library, OrganizationId::new())]);
        let hidden = world.served.take_step(stranger.asks(review(&case))).await.expect_err("hidden");
        let absent = review(&WireCase { id: new_id(), ..case });
        let absent = world.served.take_step(stranger.asks(absent)).await.expect_err("absent");
        assert_eq!((hidden.code(), hidden.message()), (absent.code(), absent.message()));
        assert_eq!(reason(&hidden), "NOT_FOUND");
    }

    async fn the_history_is_chained_and_lists_are_limited_to_the_subtree(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted().await;
        world.served.take_step(world.reviewer.asks(review(&case))).await.expect("taken");
        let asked = GetCaseRequest { case_id: case.id.clone() };
        let whole = world.served.get_case(world.reviewer.asks(asked)).await.expect("a case").into_inner();
        let steps: Vec<_> = whole.entries.iter().map(|entry| entry.what.as_str()).collect();
        assert_eq!(steps, ["submit", "review"]);
        assert!(whole.entries.iter().all(|entry| entry.hash.len() == 64 && !entry.what_zh.is_empty()));
        let list = |top: OrganizationId| ListCasesRequest { organization_id: top.to_string(), ..Default::default() };
        let listed = world.served.list_cases(world.reviewer.asks(list(world.county))).await.expect("a list");
        assert_eq!(listed.into_inner().cases.len(), 1);
        let up = world.served.list_cases(world.keeper.asks(list(world.county))).await.expect_err("above his own");
        assert_eq!(reason(&up), "NOT_FOUND");
    }

    async fn evidence_of_the_wrong_type_or_unknown_is_named(database: Database) {
        let world = World::open(&database).await;
        let mut wrong = world.opening(&new_id());
        wrong.evidence.push(evidence("no_such_evidence"));
        let refused = world.served.open_case(world.keeper.asks(wrong)).await.expect_err("unknown evidence");
        assert_eq!(reason(&refused), "FIELDS_INVALID");
        let mut less = world.opening(&new_id());
        less.evidence.clear();
        let refused = world.served.open_case(world.keeper.asks(less)).await.expect_err("missing evidence");
        assert_eq!(reason(&refused), "EVIDENCE_MISSING");
    }
}
