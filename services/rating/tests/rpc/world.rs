//! A small county whose branches are rated.

use std::sync::Arc;

use access::Node;
use kernel::{
    Level, OrganizationKind, Role,
    day::start_of,
    id::{OrganizationId, PersonId},
};
use process::keeper::rpc::Procedures;
use proto::{
    process::v1::{
        Case, Evidence, ListCasesRequest, TakeStepRequest, Vote, process_service_server::ProcessService,
    },
    rating::v1::{
        self as v1, Cycle, EnterReviewMarksRequest, EvaluateRequest, FreezeCycleRequest, GetCycleRequest,
        OpenCycleRequest, Result as Rated, ReviewMarksRow, rating_service_server::RatingService,
    },
};
use rating::{
    app::{App, Settings},
    domain::draw,
    freezing, migrations,
    rpc::Rpc,
    templates::Templates,
};
use seal::Keyring;
use testkit::{
    database::Database,
    stage::{Person, Stage, day, new_id, node},
};
use tonic::{Response, Status};

use crate::peers::Peers;

/// The seed of the draw, and the day on which facts are frozen.
pub(crate) const SEED: &str = "a seed that nobody knows before";
pub(crate) const FREEZE: &str = "2026-01-15";

/// Rating on a private database: a city with two counties; in one of them a town, rural branches and a temporary one.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) app: App,
    pub(crate) rpc: Rpc,
    pub(crate) procedures: Procedures,
    pub(crate) peers: Peers,
    pub(crate) city: OrganizationId,
    pub(crate) county: OrganizationId,
    pub(crate) elsewhere: OrganizationId,
    pub(crate) town: OrganizationId,
    pub(crate) branches: Vec<OrganizationId>,
    pub(crate) org_dept: Person,
    pub(crate) clerk: Person,
    pub(crate) head: Person,
    secretaries: Vec<Person>,
}

impl World {
    pub(crate) async fn open(database: &Database, branches: usize) -> Self {
        let stage = Stage::open(database, "rating", migrations).await;
        let [city, county, elsewhere, town] = std::array::from_fn(|_| OrganizationId::new());
        let branches: Vec<OrganizationId> = (0..branches).map(|_| OrganizationId::new()).collect();
        let temporary = OrganizationId::new();
        let mut nodes = vec![
            Node {
                level: Some(Level::City),
                ..node(&[city], OrganizationKind::LocalCommittee)
            },
            node(&[city, county], OrganizationKind::LocalCommittee),
            node(&[city, elsewhere], OrganizationKind::LocalCommittee),
            node(&[city, county, town], OrganizationKind::Committee),
            node(
                &[city, county, town, temporary],
                OrganizationKind::TemporaryBranch,
            ),
        ];
        nodes.extend(
            branches
                .iter()
                .map(|id| node(&[city, county, town, *id], OrganizationKind::Branch)),
        );
        stage.learn(nodes).await;
        let peers = Peers {
            scopes: stage.scopes().clone(),
            ..Peers::default()
        };
        let app = app(&stage, &peers);
        let keeper = app.put_together();
        Self {
            rpc: Rpc {
                desk: stage.desk.clone(),
                app: app.clone(),
            },
            procedures: Procedures {
                desk: stage.desk.clone(),
                keeper,
                pages: stage.pages.clone(),
            },
            org_dept: Person::with(&[(Role::OrgDept, county)]),
            clerk: Person::with(&[(Role::Clerk, town)]),
            head: Person::with(&[(Role::Secretary, town)]),
            secretaries: branches
                .iter()
                .map(|id| Person::with(&[(Role::Secretary, *id)]))
                .collect(),
            stage,
            app,
            peers,
            city,
            county,
            elsewhere,
            town,
            branches,
        }
    }

    /// The branch moves to the other county.
    pub(crate) async fn moved(&self, branch: OrganizationId) {
        self.stage.learn([self.there(branch)]).await;
    }

    /// A branch of the town.
    pub(crate) fn here(&self, branch: OrganizationId) -> Node {
        node(
            &[self.city, self.county, self.town, branch],
            OrganizationKind::Branch,
        )
    }

    /// A branch of the other county.
    pub(crate) fn there(&self, branch: OrganizationId) -> Node {
        node(&[self.city, self.elsewhere, branch], OrganizationKind::Branch)
    }

    pub(crate) fn until(&self, to: &str) {
        let noon = start_of(day(to)) + chrono::Duration::hours(12);
        self.stage.clock.advance(noon).expect("forward");
    }

    pub(crate) fn opening(&self) -> OpenCycleRequest {
        OpenCycleRequest {
            organization_id: self.county.to_string(),
            year: 2025,
            freeze_day: FREEZE.into(),
            draw_commitment: draw::commitment(SEED.as_bytes()),
            request_id: new_id(),
        }
    }

    pub(crate) async fn open_cycle(&self) -> Cycle {
        self.opened(self.opening()).await
    }

    pub(crate) async fn opened(&self, request: OpenCycleRequest) -> Cycle {
        let answer = self.rpc.open_cycle(self.org_dept.asks(request)).await;
        answer.expect("a cycle").into_inner().cycle.expect("a cycle")
    }

    /// A cycle whose facts are frozen, on the freeze day.
    pub(crate) async fn frozen(&self) -> Cycle {
        let cycle = self.open_cycle().await;
        self.frozen_on(cycle, FREEZE).await
    }

    pub(crate) async fn frozen_on(&self, cycle: Cycle, day: &str) -> Cycle {
        self.until(day);
        let request = FreezeCycleRequest {
            cycle_id: cycle.id.clone(),
        };
        self.rpc
            .freeze_cycle(self.org_dept.asks(request))
            .await
            .expect("freezing");
        freezing::pass(&self.app).await.expect("frozen");
        self.cycle(&cycle.id).await
    }

    pub(crate) async fn cycle(&self, id: &str) -> Cycle {
        let request = GetCycleRequest {
            cycle_id: id.to_owned(),
        };
        let answer = self.rpc.get_cycle(self.org_dept.asks(request)).await;
        answer.expect("a cycle").into_inner().cycle.expect("a cycle")
    }

    pub(crate) fn row(&self, line: u32, branch: OrganizationId, mark: u32) -> ReviewMarksRow {
        ReviewMarksRow {
            line,
            branch_id: branch.to_string(),
            superior_marks: vec![mark; 5],
            good: 5,
            fairly_good: 0,
            fair: 0,
            poor: 0,
            // As the faked activity answers: the branch's own id names its debrief.
            meeting_id: branch.to_string(),
            superior_reasons: vec!["总体规范".into(); 5],
            resolution_id: "党委〔2026〕3号".into(),
        }
    }

    pub(crate) async fn enter(
        &self,
        cycle: &Cycle,
        rows: Vec<ReviewMarksRow>,
    ) -> proto::kernel::v1::ImportResult {
        let request = EnterReviewMarksRequest {
            organization_id: self.town.to_string(),
            cycle_id: cycle.id.clone(),
            rows,
        };
        let answer = self
            .rpc
            .enter_review_marks(self.clerk.asks(request))
            .await
            .expect("an answer");
        answer.into_inner().result.expect("a result")
    }

    pub(crate) async fn evaluate(&self, cycle: &Cycle, branch: OrganizationId) -> Result<Rated, Status> {
        let request = EvaluateRequest {
            cycle_id: cycle.id.clone(),
            branch_id: branch.to_string(),
        };
        let answer = self.rpc.evaluate(self.clerk.asks(request)).await?;
        Ok(answer.into_inner().result.expect("a result"))
    }

    pub(crate) async fn case(&self, procedure: &str, branch: OrganizationId) -> Case {
        // From above both counties: a branch that moved is there too.
        let city = Person::with(&[(Role::OrgDept, self.city)]);
        let request = ListCasesRequest {
            organization_id: self.city.to_string(),
            procedure: procedure.into(),
            page_size: 1000,
            ..Default::default()
        };
        let answer = self
            .procedures
            .list_cases(city.asks(request))
            .await
            .expect("cases")
            .into_inner();
        let mut own = answer
            .cases
            .into_iter()
            .filter(|case| case.subject_id == branch.to_string());
        own.next().expect("a case of the branch")
    }

    pub(crate) async fn step(
        &self,
        who: &Person,
        branch: OrganizationId,
        step: &str,
        evidence: &[(&str, &str)],
    ) -> Result<Case, Status> {
        self.step_of("star_rating", who, branch, step, evidence).await
    }

    pub(crate) async fn step_of(
        &self,
        procedure: &str,
        who: &Person,
        branch: OrganizationId,
        step: &str,
        evidence: &[(&str, &str)],
    ) -> Result<Case, Status> {
        let case = self.case(procedure, branch).await;
        let request = TakeStepRequest {
            case_id: case.id,
            revision: case.revision,
            step: step.into(),
            evidence: evidence
                .iter()
                .map(|(item, value)| Evidence {
                    item: (*item).to_owned(),
                    value: (*value).to_owned(),
                })
                .collect(),
            vote: ["resolve", "redecide", "consent"].contains(&step).then(|| Vote {
                entitled: 9,
                present: 9,
                approve: 9,
                ..Default::default()
            }),
            request_id: new_id(),
            ..Default::default()
        };
        let answer = self.procedures.take_step(who.asks(request)).await;
        answer
            .map(Response::into_inner)
            .map(|answer| answer.case.expect("a case"))
    }

    pub(crate) fn secretary(&self, branch: OrganizationId) -> &Person {
        let at = self
            .branches
            .iter()
            .position(|id| *id == branch)
            .expect("a branch");
        &self.secretaries[at]
    }

    pub(crate) async fn submit(&self, branch: OrganizationId) {
        let given = [("self_assessment", "自评"), ("claimed_star", "4")];
        self.step(self.secretary(branch), branch, "submit", &given)
            .await
            .expect("submitted");
    }

    pub(crate) async fn debrief(&self, branch: OrganizationId) {
        let given = [("debrief_minutes", "m-1"), ("review_score", "90")];
        self.step(&self.clerk, branch, "debrief", &given)
            .await
            .expect("debriefed");
    }

    /// Submitted, marked, debriefed and evaluated.
    pub(crate) async fn evaluated(&self, cycle: &Cycle, branch: OrganizationId, mark: u32) -> Rated {
        self.submit(branch).await;
        let entered = self.enter(cycle, vec![self.row(1, branch, mark)]).await;
        assert_eq!((entered.created, entered.errors.len()), (1, 0), "{entered:?}");
        self.debrief(branch).await;
        self.evaluate(cycle, branch).await.expect("evaluated")
    }

    pub(crate) async fn resolve(
        &self,
        branch: OrganizationId,
        star: u32,
        hash: &str,
    ) -> Result<Case, Status> {
        let star = star.to_string();
        let given = [
            ("committee_resolution", "m-2"),
            ("proposed_star", &*star),
            ("score_explanation", hash),
        ];
        self.step(&self.head, branch, "resolve", &given).await
    }

    /// All the way to the committee's resolution on the star that the rules give.
    pub(crate) async fn resolved(&self, cycle: &Cycle, branch: OrganizationId, mark: u32) -> Rated {
        let rated = self.evaluated(cycle, branch, mark).await;
        self.resolve(branch, rated.star_vetoes, &rated.explanation_hash)
            .await
            .expect("resolved");
        rated
    }

    /// Published, and decided when the publicity is over.
    pub(crate) async fn decided(&self, branches: &[OrganizationId]) {
        for branch in branches {
            let given = [("publicity_notice", "公示")];
            self.step(&self.clerk, *branch, "publish_local", &given)
                .await
                .expect("published");
        }
        self.until("2026-03-20");
        for branch in branches {
            self.step(&self.clerk, *branch, "decide", &[("decision_record", "决定")])
                .await
                .expect("decided");
        }
    }

    pub(crate) async fn sign(
        &self,
        cycle: &Cycle,
        branches: &[OrganizationId],
    ) -> Result<v1::SignNamingBatchResponse, Status> {
        self.sign_as(&self.clerk, self.town, cycle, branches).await
    }

    pub(crate) async fn sign_as(
        &self,
        who: &Person,
        organization: OrganizationId,
        cycle: &Cycle,
        branches: &[OrganizationId],
    ) -> Result<v1::SignNamingBatchResponse, Status> {
        let request = v1::SignNamingBatchRequest {
            organization_id: organization.to_string(),
            cycle_id: cycle.id.clone(),
            branch_ids: branches.iter().map(ToString::to_string).collect(),
            request_id: new_id(),
        };
        self.rpc
            .sign_naming_batch(who.asks(request))
            .await
            .map(Response::into_inner)
    }

    /// A branch that did so little that its star is low.
    pub(crate) fn make_poor(&self, branch: OrganizationId) {
        for line in kernel::indicator::Catalogue::shipped()
            .iter()
            .filter(|line| !line.constant)
        {
            self.peers.count(branch, &line.id, 0, 4);
        }
        // The debrief itself was held, or its step could not be taken.
        self.peers.count(branch, "activity.debrief.held", 1, 2);
    }

    /// It does all that it owes from now on.
    pub(crate) fn make_good(&self, branch: OrganizationId) {
        let mut counts = self.peers.counts.lock().expect("counts");
        counts.retain(|(of, _), _| *of != branch);
    }
}

fn app(stage: &Stage, peers: &Peers) -> App {
    let folder = tempfile::tempdir().expect("a folder for keys");
    Keyring::create(folder.path()).expect("new keys");
    let public_key = std::fs::read_to_string(folder.path().join("verify-rating.pem")).expect("a public key");
    App {
        store: stage.store.clone(),
        clock: stage.clock.clone(),
        pages: stage.pages.clone(),
        scopes: stage.scopes().clone(),
        keys: Arc::new(Keyring::load(folder.path()).expect("keys")),
        public_key: public_key.into(),
        templates: Templates::default(),
        organization: peers.organization(),
        counting: peers.counting(),
        settings: Settings { finding_months: 3 },
        keeper: Arc::default(),
        freeze: Arc::default(),
    }
}

/// One more branch, which nobody knew before.
pub(crate) fn founded(world: &World, id: OrganizationId, on: &str) -> Node {
    Node {
        founded_on: day(on),
        ..world.here(id)
    }
}

/// Somebody who has nothing to do with the county.
pub(crate) fn stranger() -> Person {
    Person::known(PersonId::new(), &[(Role::OrgDept, OrganizationId::new())])
}
