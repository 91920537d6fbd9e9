//! A county with two towns and a branch in each, whose resources are admitted by procedure.

use std::sync::Arc;

use kernel::{OrganizationKind, Role, day::start_of, id::OrganizationId};
use process::keeper::{Keeper, migration, rpc::Procedures};
use proto::process::v1::{
    AnswerObjectionRequest, Case, EditEvidenceRequest, EditEvidenceResponse, Evidence, GetCaseRequest,
    GetCaseResponse, ListWorkRequest, ObjectRequest, OpenCaseRequest, TakeStepRequest, Work,
    process_service_server::ProcessService,
};
use sea_orm::{ConnectionTrait, Statement};
use storage::Reading;
use testkit::{
    database::Database,
    stage::{Person, Stage, day, new_id, node},
};
use tonic::Status;

use crate::owner::Library;

/// A service that keeps procedures, on a private database.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) served: Procedures,
    pub(crate) owner: Arc<Library>,
    pub(crate) county: OrganizationId,
    pub(crate) town: OrganizationId,
    pub(crate) branch: OrganizationId,
    pub(crate) other_town: OrganizationId,
    pub(crate) other_branch: OrganizationId,
    /// Keeps the town's library.
    pub(crate) keeper: Person,
    /// Keeps the county's library.
    pub(crate) reviewer: Person,
    /// The county's organization department.
    pub(crate) org_dept: Person,
    /// Clerk of a branch of the town.
    pub(crate) clerk: Person,
    /// Clerk of a branch in another town.
    pub(crate) outsider: Person,
}

impl World {
    pub(crate) async fn open(database: &Database) -> Self {
        let stage = Stage::open(database, "resource", migration::all).await;
        let [county, town, branch, other_town, other_branch] = std::array::from_fn(|_| OrganizationId::new());
        stage
            .learn([
                node(&[county], OrganizationKind::LocalCommittee),
                node(&[county, town], OrganizationKind::Committee),
                node(&[county, town, branch], OrganizationKind::Branch),
                node(&[county, other_town], OrganizationKind::Committee),
                node(&[county, other_town, other_branch], OrganizationKind::Branch),
            ])
            .await;
        let owner = Arc::new(Library::default());
        Self {
            served: served(&stage, owner.clone()),
            stage,
            owner,
            county,
            town,
            branch,
            other_town,
            other_branch,
            keeper: Person::with(&[(Role::Library, town)]),
            reviewer: Person::with(&[(Role::Library, county)]),
            org_dept: Person::with(&[(Role::OrgDept, county)]),
            clerk: Person::with(&[(Role::Clerk, branch)]),
            outsider: Person::with(&[(Role::Clerk, other_branch)]),
        }
    }

    /// The business clock goes on to eight in the morning of a day.
    pub(crate) fn turn_to(&self, on: &str) {
        let driven = self
            .stage
            .clock
            .advance(start_of(day(on)) + chrono::Duration::hours(8));
        assert!(driven.is_ok(), "the clock only goes forward: {on}");
    }

    /// A trainer is a case with publicity, a material one without.
    pub(crate) fn opening(&self, variant: &str, subject: &str) -> OpenCaseRequest {
        let more = match variant {
            "trainer" => Evidence {
                item: "trainer_group".into(),
                value: "expert".into(),
            },
            _ => evidence("rights_statement"),
        };
        OpenCaseRequest {
            procedure: "resource_admission".into(),
            variant: variant.into(),
            step: "submit".into(),
            subject_id: subject.into(),
            organization_id: self.town.to_string(),
            evidence: vec![evidence("resource_card"), more],
            request_id: new_id(),
            ..Default::default()
        }
    }

    /// A case that the town's library opened.
    pub(crate) async fn submitted(&self, variant: &str) -> Case {
        let request = self.keeper.asks(self.opening(variant, &new_id()));
        let opened = self.served.open_case(request).await.expect("opened");
        opened.into_inner().case.expect("a case")
    }

    /// A trainer under publicity, and the day is still the first.
    pub(crate) async fn public(&self) -> Case {
        let case = self.submitted("trainer").await;
        let case = self.take(&self.reviewer, &case, "review", "quality_review").await;
        let case = self.take(&self.reviewer, &case, "trial", "trial_record").await;
        self.take(&self.reviewer, &case, "publish", "publicity_notice")
            .await
    }

    /// Takes a step that wants one document.
    pub(crate) async fn take(&self, who: &Person, case: &Case, step: &str, item: &str) -> Case {
        let taken = self.attempt(who, taking(case, step, &[item])).await;
        taken.unwrap_or_else(|status| unreachable!("{step}: {}", testkit::stage::reason(&status)))
    }

    pub(crate) async fn attempt(&self, who: &Person, step: TakeStepRequest) -> Result<Case, Status> {
        let answer = self.served.take_step(who.asks(step)).await?;
        Ok(answer.into_inner().case.expect("a case"))
    }

    /// A merger of the two branches, in the town's branch.
    pub(crate) fn merge(&self) -> OpenCaseRequest {
        let sides = [("side1", self.branch), ("side2", self.other_branch)];
        OpenCaseRequest {
            procedure: "org_change".into(),
            variant: "merge".into(),
            step: "draft".into(),
            subject_id: self.branch.to_string(),
            organization_id: self.branch.to_string(),
            anchors: sides.map(|(key, id)| (key.to_owned(), id.to_string())).into(),
            evidence: ["org_diff", "change_reason", "merge_plan"].map(evidence).to_vec(),
            request_id: new_id(),
            ..Default::default()
        }
    }

    /// Both sides are asked for their consent to it.
    pub(crate) async fn merging(&self) -> Case {
        let opened = self
            .served
            .open_case(self.clerk.asks(self.merge()))
            .await
            .expect("opened");
        let case = opened.into_inner().case.expect("a case");
        self.take(&self.clerk, &case, "ask_consent", "consent_request")
            .await
    }

    pub(crate) async fn object(&self, who: &Person, request: ObjectRequest) -> Result<Case, Status> {
        let answer = self.served.object(who.asks(request)).await?;
        Ok(answer.into_inner().case.expect("a case"))
    }

    pub(crate) async fn answer(&self, who: &Person, request: AnswerObjectionRequest) -> Result<Case, Status> {
        let answer = self.served.answer_objection(who.asks(request)).await?;
        Ok(answer.into_inner().case.expect("a case"))
    }

    /// Answers that the earliest open objection is not right.
    pub(crate) async fn rejected(&self, who: &Person, case: &Case) -> Case {
        let now = self.seen(who, case).await.expect("a case").case.expect("a case");
        self.answer(who, answering(&now, false)).await.expect("answered")
    }

    /// Changes a document on the revision of the case.
    pub(crate) async fn edit(
        &self,
        who: &Person,
        case: &Case,
        item: &str,
        value: &str,
    ) -> Result<EditEvidenceResponse, Status> {
        let request = EditEvidenceRequest {
            case_id: case.id.clone(),
            revision: case.revision,
            evidence: Some(Evidence {
                item: item.into(),
                value: value.into(),
            }),
            request_id: new_id(),
            ..Default::default()
        };
        Ok(self.served.edit_evidence(who.asks(request)).await?.into_inner())
    }

    /// What waits for somebody, all of it.
    pub(crate) async fn work(&self, who: &Person) -> Vec<Work> {
        let asked = ListWorkRequest::default();
        let answer = self.served.list_work(who.asks(asked)).await.expect("a list");
        answer.into_inner().work
    }

    /// The steps among it.
    pub(crate) async fn waiting(&self, who: &Person) -> Vec<String> {
        self.work(who).await.into_iter().map(|work| work.step).collect()
    }

    /// What a step that waits for anybody binds, as one hash.
    pub(crate) async fn bound(&self, who: &Person, step: &str) -> String {
        let asked = ListWorkRequest {
            organization_id: self.town.to_string(),
            ..Default::default()
        };
        let answer = self.served.list_work(who.asks(asked)).await.expect("a list");
        let mut work = answer.into_inner().work.into_iter();
        work.find(|work| work.step == step).expect("it waits").bound
    }

    /// How the audit trail says that the calls of a method came out, in their order.
    pub(crate) async fn audited(&self, method: &str) -> Vec<String> {
        storage::feed::advance(&self.stage.store)
            .await
            .expect("sequenced");
        let read = self.stage.store.own();
        let sql = format!("SELECT result FROM audit WHERE method LIKE '%/{method}' ORDER BY number");
        let select = Statement::from_string(read.db().get_database_backend(), sql);
        let rows = read.db().query_all_raw(select).await.expect("rows");
        rows.iter()
            .map(|row| row.try_get_by_index(0).expect("a text"))
            .collect()
    }

    pub(crate) async fn seen(&self, who: &Person, case: &Case) -> Result<GetCaseResponse, Status> {
        let asked = GetCaseRequest {
            case_id: case.id.clone(),
        };
        Ok(self.served.get_case(who.asks(asked)).await?.into_inner())
    }
}

/// The RPCs on a stage.
pub(crate) fn served(stage: &Stage, owner: Arc<Library>) -> Procedures {
    Procedures {
        desk: stage.desk.clone(),
        keeper: Keeper::new(stage.store.clone(), stage.clock.clone(), owner),
        pages: stage.pages.clone(),
    }
}

/// An objection to a resource under publicity.
pub(crate) fn objecting(case: &Case) -> ObjectRequest {
    ObjectRequest {
        case_id: case.id.clone(),
        objection: "resource".into(),
        grounds: "所列业绩与实际不符".into(),
        request_id: new_id(),
        ..Default::default()
    }
}

/// The answer to it.
pub(crate) fn answering(case: &Case, upheld: bool) -> AnswerObjectionRequest {
    AnswerObjectionRequest {
        case_id: case.id.clone(),
        revision: case.revision,
        objection: "resource".into(),
        upheld,
        answer: "经核实".into(),
        request_id: new_id(),
        ..Default::default()
    }
}

/// SM3 in hex.
pub(crate) fn sm3(text: &str) -> String {
    seal::sm3(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A document, by its hash.
pub(crate) fn evidence(item: &str) -> Evidence {
    Evidence {
        item: item.into(),
        value: "sm3:0000".into(),
    }
}

/// A step on the revision of the case, with documents.
pub(crate) fn taking(case: &Case, step: &str, items: &[&str]) -> TakeStepRequest {
    TakeStepRequest {
        case_id: case.id.clone(),
        revision: case.revision,
        step: step.into(),
        evidence: items.iter().map(|item| evidence(item)).collect(),
        request_id: new_id(),
        ..Default::default()
    }
}
