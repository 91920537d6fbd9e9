//! Organizations that change: two towns, and the people who take a move through its procedure.

use kernel::{Role, id::OrganizationId};
use proto::{
    organization::v1::{
        GetOrganizationRequest, Organization, OrganizationKind,
        organization_service_server::OrganizationService,
    },
    process::v1::{
        Case, EditEvidenceRequest, Evidence, OpenCaseRequest, TakeStepRequest, Vote,
        process_service_server::ProcessService,
    },
};
use testkit::{
    database::Database,
    stage::{Person, new_id},
};
use tonic::{Response, Status};

use crate::world::{World, row};

/// Today on the stage, and the day before.
pub(crate) const TODAY: &str = "2025-06-01";
pub(crate) const YESTERDAY: &str = "2025-05-31";

/// A county with two towns: `town` with the branches `b1` and `b2`, below `b1` the party group `g1`; `town2` with the
/// branch `b3`.
pub(crate) struct County {
    pub(crate) world: World,
    pub(crate) town: OrganizationId,
    pub(crate) town2: OrganizationId,
    pub(crate) b1: OrganizationId,
    pub(crate) g1: OrganizationId,
    /// Proposes and submits, for the town.
    pub(crate) clerk: Person,
    /// Approves, for the county.
    pub(crate) approver: Person,
    /// Files, for the county: a branch's superior's superior.
    pub(crate) org_dept: Person,
}

impl County {
    pub(crate) async fn open(database: &Database) -> Self {
        let world = World::with_branches(database).await;
        world
            .add(vec![
                row(1, "town2", "root", OrganizationKind::Committee),
                row(2, "g1", "b1", OrganizationKind::PartyGroup),
                row(3, "b3", "town2", OrganizationKind::Branch),
            ])
            .await;
        let town = world.id("town").await;
        Self {
            town2: world.id("town2").await,
            b1: world.id("b1").await,
            g1: world.id("g1").await,
            clerk: Person::with(&[(Role::Clerk, town)]),
            approver: Person::with(&[(Role::Clerk, world.root)]),
            org_dept: world.org_dept.clone(),
            town,
            world,
        }
    }

    /// Whoever speaks for an organization in the consents.
    pub(crate) fn secretary(&self, at: OrganizationId) -> Person {
        Person::with(&[(Role::Secretary, at)])
    }

    pub(crate) fn opening(&self, moved: OrganizationId, target: OrganizationId) -> OpenCaseRequest {
        OpenCaseRequest {
            procedure: "org_change".into(),
            variant: "move".into(),
            step: "draft".into(),
            subject_id: moved.to_string(),
            organization_id: moved.to_string(),
            anchors: [("target".to_owned(), target.to_string())].into(),
            evidence: documents(&["org_diff", "change_reason", "access_delta"]),
            request_id: new_id(),
            ..Default::default()
        }
    }

    /// Proposes a move in the name of the organization's superior.
    pub(crate) async fn draft(
        &self,
        by: &Person,
        moved: OrganizationId,
        target: OrganizationId,
    ) -> Result<Case, Status> {
        let request = self.opening(moved, target);
        let answer = self.world.procedures.open_case(by.asks(request)).await;
        Ok(answer?.into_inner().case.expect("a case"))
    }

    pub(crate) async fn take(
        &self,
        by: &Person,
        case: &Case,
        step: &str,
        given: &[&str],
    ) -> Result<Case, Status> {
        self.attempt(by, taking(case, step, documents(given))).await
    }

    pub(crate) async fn attempt(&self, by: &Person, request: TakeStepRequest) -> Result<Case, Status> {
        let answer = self.world.procedures.take_step(by.asks(request)).await;
        answer
            .map(Response::into_inner)
            .map(|answer| answer.case.expect("a case"))
    }

    pub(crate) async fn edit(
        &self,
        by: &Person,
        case: &Case,
        item: &str,
        value: &str,
    ) -> Result<Case, Status> {
        let request = EditEvidenceRequest {
            case_id: case.id.clone(),
            revision: case.revision,
            evidence: Some(document(item, value)),
            request_id: new_id(),
            ..Default::default()
        };
        let answer = self.world.procedures.edit_evidence(by.asks(request)).await;
        answer
            .map(Response::into_inner)
            .map(|answer| answer.case.expect("a case"))
    }

    /// A case to which both sides have consented, and which is submitted.
    pub(crate) async fn submitted(&self, by: &Person, moved: OrganizationId, target: OrganizationId) -> Case {
        let case = self.draft(by, moved, target).await.expect("drafted");
        let case = self
            .take(by, &case, "ask_consent", &["consent_request"])
            .await
            .expect("asked");
        self.consented(by, &case, moved, target).await
    }

    /// The same from where both sides are asked.
    pub(crate) async fn consented(
        &self,
        by: &Person,
        case: &Case,
        moved: OrganizationId,
        target: OrganizationId,
    ) -> Case {
        let parent = self.read(moved, "").await.expect("read").parent_id;
        let (old, new) = (
            self.secretary(parent.parse().expect("a parent")),
            self.secretary(target),
        );
        let case = self
            .take(&old, case, "consent_from", &["consent_from"])
            .await
            .expect("old side");
        let case = self
            .take(&new, &case, "consent_to", &["consent_to"])
            .await
            .expect("new side");
        self.take(by, &case, "submit_move", &["request_letter"])
            .await
            .expect("submitted")
    }

    pub(crate) async fn approve(&self, case: &Case) -> Result<Case, Status> {
        let mut request = taking(case, "approve_move", documents(&["reply_letter"]));
        request.vote = Some(Vote {
            entitled: 9,
            present: 9,
            approve: 9,
            ..Default::default()
        });
        self.attempt(&self.approver, request).await
    }

    pub(crate) async fn approved(&self, moved: OrganizationId, target: OrganizationId) -> Case {
        let case = self.submitted(&self.clerk, moved, target).await;
        self.approve(&case).await.expect("approved")
    }

    pub(crate) async fn take_effect(&self, case: &Case) -> Result<Case, Status> {
        self.attempt(&self.approver, effective(case, TODAY)).await
    }

    /// A move through the whole procedure.
    pub(crate) async fn moved(&self, moved: OrganizationId, target: OrganizationId) -> Case {
        let case = self.approved(moved, target).await;
        let case = self.take_effect(&case).await.expect("in effect");
        self.take(&self.org_dept, &case, "file", &["filing_record"])
            .await
            .expect("filed")
    }

    pub(crate) async fn read(&self, id: OrganizationId, as_of: &str) -> Result<Organization, Status> {
        self.read_by(&self.org_dept, id, as_of).await
    }

    pub(crate) async fn read_by(
        &self,
        who: &Person,
        id: OrganizationId,
        as_of: &str,
    ) -> Result<Organization, Status> {
        let request = GetOrganizationRequest {
            organization_id: id.to_string(),
            as_of: as_of.into(),
        };
        let answer = self.world.rpc.get_organization(who.asks(request)).await;
        answer
            .map(Response::into_inner)
            .map(|answer| answer.organization.expect("an organization"))
    }
}

pub(crate) fn document(item: &str, value: &str) -> Evidence {
    Evidence {
        item: item.into(),
        value: value.into(),
    }
}

fn documents(items: &[&str]) -> Vec<Evidence> {
    items.iter().map(|item| document(item, "sm3:0000")).collect()
}

/// A step on the revision of the case.
pub(crate) fn taking(case: &Case, step: &str, evidence: Vec<Evidence>) -> TakeStepRequest {
    TakeStepRequest {
        case_id: case.id.clone(),
        revision: case.revision,
        step: step.into(),
        evidence,
        request_id: new_id(),
        ..Default::default()
    }
}

/// The step with which the move takes effect.
pub(crate) fn effective(case: &Case, on: &str) -> TakeStepRequest {
    taking(case, "take_effect", vec![document("effective_on", on)])
}

/// The names of what is listed, without the word in front of each.
pub(crate) fn names(all: &[Organization]) -> Vec<&str> {
    all.iter()
        .map(|one| one.name.trim_start_matches("组织"))
        .collect()
}
