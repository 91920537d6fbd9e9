//! A service that owns nothing but what every service has: two counties, people who call, and a count that a test can
//! foretell.

use std::{net::SocketAddr, sync::Arc};

use access::{Authorized, Node};
use kernel::{
    OrganizationKind, Refusal, Role, RpcError,
    id::{OrganizationId, RecordId},
    indicator::{Count, Indicator, Span},
};
use proto::{
    clock::v1::{PositionsResponse, clock_service_client::ClockServiceClient},
    organization::v1::{AssignRolesRequest, AssignRolesResponse, RoleAssignment},
};
use runtime::{
    Host, Link, Mesh, Service, Settings,
    desk::{
        audit::Audit,
        feed::Feed,
        indicator::{Counter, Indicators},
    },
    run::Running,
    service::Positions,
    start_local,
};
use testkit::{
    database::Database,
    stage::{Person, Stage, new_id, node},
};
use tonic::Status;

/// The one indicator that is kept.
pub(crate) const KEPT: &str = "member.count.full";
/// What the feed tells.
pub(crate) const KIND: &str = "member.note";

/// The service.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) audit: Audit,
    pub(crate) feed: Feed,
    pub(crate) indicators: Indicators<Branches>,
    pub(crate) city: OrganizationId,
    pub(crate) county: OrganizationId,
    pub(crate) branch: OrganizationId,
    pub(crate) other_county: OrganizationId,
    pub(crate) other_branch: OrganizationId,
}

impl World {
    pub(crate) async fn open(database: &Database) -> Self {
        let stage = Stage::open(database, "member", Vec::new).await;
        let [city, county, branch, other_county, other_branch] =
            std::array::from_fn(|_| OrganizationId::new());
        stage
            .learn([
                node(&[city], OrganizationKind::LocalCommittee),
                node(&[city, county], OrganizationKind::LocalCommittee),
                node(&[city, county, branch], OrganizationKind::Branch),
                node(&[city, other_county], OrganizationKind::LocalCommittee),
                node(&[city, other_county, other_branch], OrganizationKind::Branch),
            ])
            .await;
        let (desk, store) = (stage.desk.clone(), stage.store.clone());
        Self {
            audit: Audit {
                desk: desk.clone(),
                store: store.clone(),
                pages: stage.pages.clone(),
            },
            feed: Feed::new(desk.clone(), store.clone(), Default::default()),
            indicators: Indicators {
                desk,
                store,
                counter: Branches,
            },
            stage,
            city,
            county,
            branch,
            other_county,
            other_branch,
        }
    }

    /// An auditor.
    pub(crate) fn auditor(&self, at: OrganizationId) -> Person {
        Person::with(&[(Role::Auditor, at)])
    }

    /// Writes a record of an organization, as a use case does: the event, the audit entry and the answer. With a
    /// reason it is refused instead.
    pub(crate) async fn write(
        &self,
        organization: OrganizationId,
        record: RecordId,
        version: u64,
        refused: Option<&'static str>,
    ) -> Result<(), Status> {
        let assignment = RoleAssignment {
            subject: new_id(),
            role: "clerk".into(),
            organization_id: organization.to_string(),
            from: "2025-01-01".into(),
            ..Default::default()
        };
        let body = AssignRolesRequest {
            organization_id: organization.to_string(),
            request_id: new_id(),
            assignments: vec![assignment],
        };
        let store = self.stage.store.clone();
        let writer = Person::with(&[(Role::Security, organization)]);
        let use_case = move |request: Authorized<AssignRolesRequest>| async move {
            let tx = store.begin(&request).await?;
            if let Some(reason) = refused {
                let refusal = Refusal::new(kernel::Kind::Precondition, reason, "不予办理。");
                return Err(RpcError::from(refusal));
            }
            tx.event(
                KIND,
                record.into(),
                organization,
                version,
                &request.body().clone(),
            );
            tx.concerns(organization, record.into());
            tx.commit(AssignRolesResponse::default()).await
        };
        self.stage.desk.serve(writer.asks(body), use_case).await?;
        Ok(())
    }

    /// What was written takes its place in the feed and in the chain.
    pub(crate) async fn sequenced(&self) -> u64 {
        storage::feed::advance(&self.stage.store)
            .await
            .expect("sequenced")
    }
}

/// Counts branches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Branches;

impl Counter for Branches {
    fn keeps(&self, indicator: &str) -> bool {
        indicator == KEPT
    }

    async fn count(
        &self,
        _: &storage::Read,
        branches: &[Arc<Node>],
        indicators: &[&'static Indicator],
        _: Span,
    ) -> Result<Vec<Vec<Count>>, RpcError> {
        let one = |line: &&Indicator| match self.keeps(&line.id) {
            true => Count::number(7, vec![]),
            false => Count::none(kernel::indicator::NOT_KEPT_YET),
        };
        Ok(branches
            .iter()
            .map(|_| indicators.iter().map(one).collect())
            .collect())
    }
}

/// Two services on a driven clock, of which one has read less of the other than there is.
pub(crate) struct Driven {
    pub(crate) host: Host,
    admin: SocketAddr,
    _running: Running,
    _folder: tempfile::TempDir,
}

/// How far a service is: its head, and how far it has read the others.
fn far(head: u64, cursors: [(&'static str, u64); 2]) -> Positions {
    Arc::new(move || {
        let answer = PositionsResponse {
            head,
            pending: 1,
            cursors: cursors.map(|(name, at)| (name.to_owned(), at)).into(),
            due: 3,
        };
        Box::pin(async move { Ok(answer) })
    })
}

impl Driven {
    pub(crate) async fn open() -> Self {
        const ANY_PORT: &str = "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n";
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data").display().to_string();
        let environment = [
            ("ZHIBU_SHARED__DATA", data.as_str()),
            ("ZHIBU_SHARED__DURABILITY", "test"),
            ("ZHIBU_SHARED__CLOCK", "driven"),
            ("ZHIBU_SHARED__CLOCK_START", "2025-01-01T00:00:00Z"),
        ];
        let environment = environment.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let services = [("exchange", ANY_PORT), ("console", ANY_PORT)];
        let settings = Settings::load(None, &services, environment).expect("settings");
        let host = Host::open("test", &settings, &[]).await.expect("a host");
        let own = |name| settings.service(name).expect("settings").clone();
        let one = Service::new("exchange").positions(far(10, [("exchange", 10), ("member", 5)]));
        let other = Service::new("console").positions(far(7, [("exchange", 8), ("member", 6)]));
        let services = vec![(one, own("exchange")), (other, own("console"))];
        let running = start_local(&host, services, &Mesh::new(["exchange", "console"]))
            .await
            .expect("up");
        Self {
            host,
            admin: running.admin,
            _running: running,
            _folder: folder,
        }
    }

    /// The clock, for a caller who signs with a service's name; for nobody without one.
    pub(crate) fn clock(&self, name: Option<&str>) -> ClockServiceClient<Link> {
        let uri = format!("http://{}", self.admin).parse().expect("an address");
        let issuer = name.map(|name| self.host.issuer(name));
        ClockServiceClient::new(Link::remote("admin", vec![uri], issuer))
    }
}
