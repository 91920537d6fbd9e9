//! Two counties with branches, people who call, and synthetic members.

use kernel::{OrganizationKind, Role, id::OrganizationId};
use member::{app::App, rpc::Rpc};
use proto::{
    kernel::v1::{ExternalId, ImportResult},
    member::v1::{
        GetMemberRequest, ImportMembersRequest, ImportMembersResponse, Member, MemberRow, Standing,
        member_service_server::MemberService,
    },
};
use testkit::{
    database::Database,
    stage::{Person, Stage, new_id, node},
};
use tonic::Status;

/// Where the tests take place.
pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) rpc: Rpc,
    pub(crate) root: OrganizationId,
    pub(crate) county: OrganizationId,
    pub(crate) home: OrganizationId,
    pub(crate) next: OrganizationId,
    pub(crate) temporary: OrganizationId,
    pub(crate) far_county: OrganizationId,
    pub(crate) far: OrganizationId,
    /// Clerk of the county's organization department.
    pub(crate) department: Person,
    /// The same of the other county.
    pub(crate) far_department: Person,
    /// Clerk of the branch `home`.
    pub(crate) clerk: Person,
    /// Clerk of the branch `next`.
    pub(crate) neighbour: Person,
}

/// The organizations of a scene, so that two replicas can share them.
pub(crate) type Ids = [OrganizationId; 7];

impl Scene {
    pub(crate) async fn open(database: &Database) -> Self {
        let stage = Stage::open(database, member::NAME, member::migrations).await;
        Self::on(stage, std::array::from_fn(|_| OrganizationId::new())).await
    }

    /// One more replica of the service on the same database.
    pub(crate) async fn replica(&self, database: &Database) -> Self {
        let stage = Stage::replica(database, member::NAME, member::migrations).await;
        Self::on(
            stage,
            [
                self.root,
                self.county,
                self.home,
                self.next,
                self.temporary,
                self.far_county,
                self.far,
            ],
        )
        .await
    }

    async fn on(stage: Stage, ids: Ids) -> Self {
        let [root, county, home, next, temporary, far_county, far] = ids;
        stage
            .learn([
                node(&[root], OrganizationKind::LocalCommittee),
                node(&[root, county], OrganizationKind::LocalCommittee),
                node(&[root, county, home], OrganizationKind::Branch),
                node(&[root, county, next], OrganizationKind::Branch),
                node(&[root, county, temporary], OrganizationKind::TemporaryBranch),
                node(&[root, far_county], OrganizationKind::LocalCommittee),
                node(&[root, far_county, far], OrganizationKind::Branch),
            ])
            .await;
        let app = App {
            store: stage.store.clone(),
            clock: stage.clock.clone(),
            pages: stage.pages.clone(),
            scopes: stage.scopes().clone(),
            keys: stage.keys.clone(),
            organizations: None,
        };
        Self {
            rpc: Rpc {
                desk: stage.desk.clone(),
                app,
            },
            department: Person::with(&[(Role::OrgDept, county)]),
            far_department: Person::with(&[(Role::OrgDept, far_county)]),
            clerk: Person::with(&[(Role::Clerk, home)]),
            neighbour: Person::with(&[(Role::Clerk, next)]),
            stage,
            root,
            county,
            home,
            next,
            temporary,
            far_county,
            far,
        }
    }

    /// Moves the business clock forward.
    pub(crate) fn advance(&self, to: &str) {
        let day = to.parse().expect("day");
        self.stage
            .clock
            .advance(kernel::day::start_of(day))
            .expect("forward");
    }

    pub(crate) fn import(&self, rows: Vec<MemberRow>) -> ImportMembersRequest {
        ImportMembersRequest {
            organization_id: self.county.to_string(),
            import_id: new_id(),
            chunk: 0,
            rows,
            dry_run: false,
        }
    }

    pub(crate) async fn imports(&self, rows: Vec<MemberRow>) -> ImportMembersResponse {
        let request = self.department.asks(self.import(rows));
        self.rpc
            .import_members(request)
            .await
            .expect("imported")
            .into_inner()
    }

    /// Imports rows that are all new and gives the ids of the persons.
    pub(crate) async fn settle(&self, rows: Vec<MemberRow>) -> Vec<String> {
        let many = rows.len();
        let done = self.imports(rows).await;
        assert_eq!(done.persons.len(), many, "{:?}", done.result);
        done.persons.into_iter().map(|person| person.person_id).collect()
    }

    pub(crate) async fn get(&self, caller: &Person, id: &str, as_of: &str) -> Result<Member, Status> {
        let request = GetMemberRequest {
            person_id: id.into(),
            as_of: as_of.into(),
            read_mask: None,
        };
        let answer = self.rpc.get_member(caller.asks(request)).await?;
        Ok(answer.into_inner().member.expect("a member"))
    }
}

/// The synthetic member number `n`: full since 2011, in the branch since 2012.
pub(crate) fn row(n: u32, branch: OrganizationId) -> MemberRow {
    MemberRow {
        line: n,
        external_id: Some(ExternalId {
            system: "test".into(),
            value: format!("p{n}"),
        }),
        name: format!("样例{n}"),
        identity_number: identity_number(n),
        phone: format!("160{n:08}"),
        sex: if n % 2 == 1 { 1 } else { 2 },
        ethnic_group: "01".into(),
        education: "20".into(),
        standing: Standing::Full.into(),
        joined_on: "2010-07-01".into(),
        full_on: "2011-07-01".into(),
        branch_id: branch.to_string(),
        branch_since: "2012-01-01".into(),
        occupation: "教师".into(),
        ..MemberRow::default()
    }
}

/// A check-digit-valid number of an area that does not exist.
pub(crate) fn identity_number(n: u32) -> String {
    let digits = format!("619900198{}0101{:03}", n / 1000 % 10, n % 1000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{digits}{}", char::from(b"10X98765432"[sum as usize % 11]))
}

/// The errors of an import as line, field and reason.
pub(crate) fn errors(result: &Option<ImportResult>) -> Vec<(u32, String, String)> {
    let errors = result.iter().flat_map(|result| &result.errors);
    errors
        .map(|error| (error.line, error.field.clone(), error.reason.clone()))
        .collect()
}

/// Created, updated, unchanged.
pub(crate) fn counts(result: &Option<ImportResult>) -> (u32, u32, u32) {
    result.as_ref().map_or((0, 0, 0), |result| {
        (result.created, result.updated, result.unchanged)
    })
}
