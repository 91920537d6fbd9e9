//! A small county to ask questions about.

#![expect(
    clippy::disallowed_methods,
    reason = "a peer that is faked answers as the test says"
)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use kernel::{Period, Role, id::OrganizationId};
use organization::{app::App, migrations, peers::activity::Activity, procedures::Changes, rpc::Rpc};
use process::keeper::{Keeper, rpc::Procedures};
use proto::{
    activity::v1::{
        self as v1, BranchOwed, CollectOwedRequest, CollectOwedResponse,
        activity_service_server::ActivityServiceServer,
    },
    kernel::v1::ExternalId,
    organization::v1::{
        FoundRootRequest, ImportOrganizationsRequest, ImportOrganizationsResponse, Level,
        ListOrganizationsRequest, Organization, OrganizationKind, OrganizationRow, ResolveExternalIdsRequest,
        organization_service_server::OrganizationService,
    },
};
use runtime::link::Link;
use testkit::{
    database::Database,
    stage::{Person, Stage, new_id},
};
use tonic::{Request, Response, Status};

/// Organization on a private database, with a root and two administrators.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) rpc: Rpc,
    pub(crate) procedures: Procedures,
    pub(crate) root: OrganizationId,
    pub(crate) security: Person,
    pub(crate) org_dept: Person,
    pub(crate) lives: Lives,
}

/// What the faked activity answers of a period.
pub(crate) type Lives = Arc<Mutex<Vec<Box<dyn Fn(Period) -> BranchOwed + Send>>>>;

pub(crate) fn external(value: &str) -> ExternalId {
    ExternalId {
        system: "test".into(),
        value: value.into(),
    }
}

pub(crate) fn row(line: u32, id: &str, parent: &str, kind: OrganizationKind) -> OrganizationRow {
    let branch = matches!(kind, OrganizationKind::Branch | OrganizationKind::JointBranch);
    OrganizationRow {
        line,
        external_id: Some(external(id)),
        parent: Some(external(parent)),
        name: format!("组织{id}"),
        kind: kind.into(),
        domain: i32::from(branch),
        founded_on: "2005-01-01".into(),
        ..Default::default()
    }
}

/// The RPCs on a stage, with a faked activity.
pub(crate) fn rpc(stage: &Stage, lives: &Lives) -> Rpc {
    let routes = tonic::service::Routes::new(ActivityServiceServer::new(FakeActivity(lives.clone())));
    let app = App {
        store: stage.store.clone(),
        clock: stage.clock.clone(),
        pages: stage.pages.clone(),
        scopes: stage.scopes().clone(),
        activity: Activity(Link::to_routes("activity", routes)),
    };
    Rpc {
        desk: stage.desk.clone(),
        app,
    }
}

impl World {
    pub(crate) async fn open(database: &Database) -> Self {
        let stage = Stage::open(database, "organization", migrations).await;
        let lives = Lives::default();
        let rpc = rpc(&stage, &lives);
        let changes = Arc::new(Changes(rpc.app.clone()));
        let procedures = Procedures {
            desk: stage.desk.clone(),
            keeper: Keeper::new(stage.store.clone(), stage.clock.clone(), changes),
            pages: stage.pages.clone(),
        };
        let (security, org_dept) = (kernel::id::PersonId::new(), kernel::id::PersonId::new());
        let request = FoundRootRequest {
            name: "演示县委".into(),
            level: Level::County.into(),
            founded_on: "2000-01-01".into(),
            external_id: Some(external("root")),
            security_subject: security.to_string(),
            org_dept_subject: org_dept.to_string(),
        };
        let answer = rpc
            .found_root(Person::service("zhibu").asks(request))
            .await
            .expect("a root")
            .into_inner();
        let root: OrganizationId = answer.organization.expect("a root").id.parse().expect("an id");
        Self {
            security: Person::known(security, &[(Role::Security, root)]),
            org_dept: Person::known(org_dept, &[(Role::OrgDept, root)]),
            stage,
            rpc,
            procedures,
            root,
            lives,
        }
    }

    /// Moves the business clock forward.
    pub(crate) fn advance(&self, to: &str) {
        let to = kernel::day::start_of(testkit::stage::day(to));
        self.stage.clock.advance(to).expect("forward");
    }

    /// The same with a town and two branches: `town`, `b1`, `b2`.
    pub(crate) async fn with_branches(database: &Database) -> Self {
        let world = Self::open(database).await;
        let rows = vec![
            row(1, "town", "root", OrganizationKind::Committee),
            row(2, "b1", "town", OrganizationKind::Branch),
            row(3, "b2", "town", OrganizationKind::Branch),
        ];
        let answer = world.import(rows).await.expect("an import");
        assert_eq!(answer.result.map(|r| (r.created, r.errors.len())), Some((3, 0)));
        world
    }

    pub(crate) async fn import(
        &self,
        rows: Vec<OrganizationRow>,
    ) -> Result<ImportOrganizationsResponse, Status> {
        let request = self.import_request(rows);
        self.rpc
            .import_organizations(self.org_dept.asks(request))
            .await
            .map(Response::into_inner)
    }

    pub(crate) fn import_request(&self, rows: Vec<OrganizationRow>) -> ImportOrganizationsRequest {
        ImportOrganizationsRequest {
            organization_id: self.root.to_string(),
            import_id: new_id(),
            chunk: 0,
            rows,
            dry_run: false,
        }
    }

    /// Imports rows that are all good.
    pub(crate) async fn add(&self, rows: Vec<OrganizationRow>) {
        let count = rows.len();
        for chunk in rows.chunks(500) {
            let answer = self.import(chunk.to_vec()).await.expect("an import");
            let result = answer.result.expect("a result");
            assert_eq!(result.errors, [], "of {count}");
        }
    }

    /// What stands below an organization on a day; today when it is empty. Parents before children.
    pub(crate) async fn listed(&self, who: &Person, top: OrganizationId, as_of: &str) -> Vec<Organization> {
        let (mut all, mut token) = (Vec::new(), String::new());
        loop {
            let asked = ListOrganizationsRequest {
                organization_id: top.to_string(),
                as_of: as_of.into(),
                page_size: 1000,
                page_token: token,
                ..Default::default()
            };
            let page = self
                .rpc
                .list_organizations(who.asks(asked))
                .await
                .expect("a page")
                .into_inner();
            all.extend(page.organizations);
            token = page.next_page_token;
            if token.is_empty() {
                return all;
            }
        }
    }

    /// Whether every organization stands where its parent does, and the tree has one root.
    pub(crate) async fn assert_whole(&self) {
        let all = self.listed(&self.org_dept, self.root, "").await;
        let paths: BTreeMap<&str, &[String]> = all
            .iter()
            .map(|one| (one.id.as_str(), one.path.as_slice()))
            .collect();
        for one in &all {
            let (own, above) = one.path.split_last().expect("a path");
            assert_eq!(*own, one.id);
            match paths.get(one.parent_id.as_str()) {
                Some(parent) => assert_eq!(above, *parent, "{}", one.name),
                None => assert_eq!(one.id, self.root.to_string(), "a second root"),
            }
        }
        assert_eq!(paths.len(), all.len(), "each stands in one place");
    }

    pub(crate) async fn id(&self, value: &str) -> OrganizationId {
        let request = ResolveExternalIdsRequest {
            external_ids: vec![external(value)],
        };
        let answer = self
            .rpc
            .resolve_external_ids(self.org_dept.asks(request))
            .await
            .expect("an answer");
        answer.into_inner().resolved[0]
            .organization_id
            .parse()
            .expect("an id")
    }
}

struct FakeActivity(Lives);

#[tonic::async_trait]
impl v1::activity_service_server::ActivityService for FakeActivity {
    async fn collect_owed(
        &self,
        request: Request<CollectOwedRequest>,
    ) -> Result<Response<CollectOwedResponse>, Status> {
        let asked = request.into_inner();
        let day = testkit::stage::day;
        let period = Period::new(day(&asked.first_day), day(&asked.last_day)).expect("a period");
        let lives = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let branches = lives.iter().map(|life| life(period)).collect();
        Ok(Response::new(CollectOwedResponse {
            branches,
            position: 1,
        }))
    }

    async fn record_meeting(
        &self,
        _request: Request<v1::RecordMeetingRequest>,
    ) -> Result<Response<v1::RecordMeetingResponse>, Status> {
        Err(Status::unimplemented("not asked by organization"))
    }

    async fn import_meetings(
        &self,
        _request: Request<v1::ImportMeetingsRequest>,
    ) -> Result<Response<v1::ImportMeetingsResponse>, Status> {
        Err(Status::unimplemented("not asked by organization"))
    }

    async fn annul_meeting(
        &self,
        _request: Request<v1::AnnulMeetingRequest>,
    ) -> Result<Response<v1::AnnulMeetingResponse>, Status> {
        Err(Status::unimplemented("not asked by organization"))
    }

    async fn get_meeting(
        &self,
        _request: Request<v1::GetMeetingRequest>,
    ) -> Result<Response<v1::GetMeetingResponse>, Status> {
        Err(Status::unimplemented("not asked by organization"))
    }

    async fn list_meetings(
        &self,
        _request: Request<v1::ListMeetingsRequest>,
    ) -> Result<Response<v1::ListMeetingsResponse>, Status> {
        Err(Status::unimplemented("not asked by organization"))
    }

    async fn list_owed(
        &self,
        _request: Request<v1::ListOwedRequest>,
    ) -> Result<Response<v1::ListOwedResponse>, Status> {
        Err(Status::unimplemented("not asked by organization"))
    }

    async fn import_records(
        &self,
        _request: Request<v1::ImportRecordsRequest>,
    ) -> Result<Response<v1::ImportRecordsResponse>, Status> {
        Err(Status::unimplemented("not asked by organization"))
    }

    async fn complete_meeting(
        &self,
        _request: Request<v1::CompleteMeetingRequest>,
    ) -> Result<Response<v1::CompleteMeetingResponse>, Status> {
        Err(Status::unimplemented("not asked by organization"))
    }
}
