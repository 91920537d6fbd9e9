//! The county on which the rows act: a town, a branch, people with roles, materials that may be booked. All of it
//! goes in through the public RPCs.

use std::time::Duration;

use kernel::{
    Day, Role,
    clock::system_now,
    day::day_of,
    id::{OrganizationId, PersonId},
};
use proto::{
    kernel::v1::ExternalId,
    organization::v1::{
        AssignRolesRequest, FoundRootRequest, ImportOrganizationsRequest, Level, OrganizationKind,
        OrganizationRow, ResolveExternalIdsRequest, RoleAssignment,
        organization_service_client::OrganizationServiceClient as Organizations,
    },
    process::v1::{
        Evidence, OpenCaseRequest, TakeStepRequest, process_service_client::ProcessServiceClient as Process,
    },
    resource::v1::{
        ImportResourcesRequest, ResourceKind, ResourceRow,
        resource_service_client::ResourceServiceClient as Library,
    },
};
use runtime::Link;
use tokio::time::{Instant, sleep};
use tonic::{Code, Response, Status};
use tonic_types::StatusExt;

use crate::{lab::Trouble, people::Person, suite::Suite};

/// What has just been told may take a moment to be known everywhere.
const KNOWN_WITHIN: Duration = Duration::from_secs(15);
/// Where external ids come from.
pub const SYSTEM: &str = "faults";
/// Copies of each material.
const COPIES: u32 = 9;

/// The county.
pub struct County {
    /// The county committee.
    pub root: OrganizationId,
    /// A town committee below it.
    pub town: OrganizationId,
    /// A branch of the town.
    pub branch: OrganizationId,
    /// Clerk of the branch.
    pub clerk: Person,
    /// Keeper of the town's library.
    pub keeper: Person,
    /// The organization department of the county.
    pub org_dept: Person,
    /// Auditor of the county.
    pub auditor: Person,
    /// Security administrator of the county.
    pub security: Person,
    /// Materials of the town, in so many copies, admitted.
    pub materials: Vec<String>,
    /// The gateway.
    pub door: Link,
}

/// An organization to be made.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The number of the one above it.
    pub above: usize,
    /// Its kind.
    pub kind: OrganizationKind,
    /// What it is called elsewhere.
    pub key: &'static str,
    /// Its last day; empty while it exists.
    pub dissolved_on: &'static str,
}

impl Place {
    /// One that exists.
    #[must_use]
    pub const fn new(above: usize, kind: OrganizationKind, key: &'static str) -> Self {
        Self {
            above,
            kind,
            key,
            dissolved_on: "",
        }
    }
}

/// An id of the run.
#[must_use]
pub fn external(value: impl Into<String>) -> ExternalId {
    ExternalId {
        system: SYSTEM.into(),
        value: value.into(),
    }
}

/// A new id for a request.
#[must_use]
pub fn new_id() -> String {
    PersonId::new().to_string()
}

fn today() -> Day {
    day_of(system_now())
}

impl County {
    /// Founds it, with so many materials; needs organization and the gateway, and resource where there are any.
    ///
    /// # Errors
    /// When the suite refuses.
    pub async fn found(suite: &Suite, materials: u32) -> Result<Self, Trouble> {
        let person = |id| Person::new(id, &suite.tokens);
        let [security, org_dept, clerk, keeper, reviewer, auditor] =
            [(); 6].map(|()| person(PersonId::new()));
        let (security, org_dept, reviewer) = (security?, org_dept?, reviewer?);
        let founding = FoundRootRequest {
            name: "演示县委".into(),
            level: Level::County.into(),
            founded_on: "2000-01-01".into(),
            external_id: Some(external("root")),
            security_subject: security.id.to_string(),
            org_dept_subject: org_dept.id.to_string(),
        };
        let founded = Organizations::new(suite.link("organization", Some("zhibu")))
            .found_root(founding)
            .await
            .map_err(|status| refused("founding the root", &status))?;
        let root = founded.into_inner().organization.unwrap_or_default();
        let root: OrganizationId = read(&root.id)?;
        let mut county = Self {
            root,
            town: root,
            branch: root,
            clerk: clerk?,
            keeper: keeper?,
            org_dept,
            auditor: auditor?,
            security,
            materials: Vec::new(),
            door: suite.link(gateway::NAME, None),
        };
        county.organizations().await?;
        county.roles(&reviewer).await?;
        if materials > 0 {
            county.materials = county.propose(materials).await?;
            for material in &county.materials {
                county.admit(material, &reviewer).await?;
            }
        }
        Ok(county)
    }

    async fn organizations(&mut self) -> Result<(), Trouble> {
        let below = [
            Place::new(0, OrganizationKind::Committee, "town"),
            Place::new(1, OrganizationKind::Branch, "branch"),
        ];
        let ids = self.grow(&below).await?;
        self.town = ids[0];
        self.branch = ids[1];
        Ok(())
    }

    /// Makes organizations below the county; says their ids in the same order. Each names the one above it by its
    /// number, with the county as 0 and the first of these as 1.
    ///
    /// # Errors
    /// When the suite refuses.
    pub async fn grow(&self, places: &[Place]) -> Result<Vec<OrganizationId>, Trouble> {
        let above = |at: usize| match at {
            0 => "root",
            _ => places[at - 1].key,
        };
        let row = |(line, place): (u32, &Place)| OrganizationRow {
            line,
            external_id: Some(external(place.key)),
            parent: Some(external(above(place.above))),
            name: "演示组织".into(),
            kind: place.kind.into(),
            domain: match place.kind {
                OrganizationKind::Branch => proto::kernel::v1::Domain::Rural.into(),
                _ => 0,
            },
            founded_on: "2005-01-01".into(),
            dissolved_on: place.dissolved_on.into(),
            ..OrganizationRow::default()
        };
        let import = ImportOrganizationsRequest {
            organization_id: self.root.to_string(),
            import_id: new_id(),
            rows: (1..).zip(places).map(row).collect(),
            ..ImportOrganizationsRequest::default()
        };
        let organizations = Organizations::new(self.door.clone());
        let result = told("importing organizations", async || {
            let request = self.org_dept.asks(import.clone());
            organizations.clone().import_organizations(request).await
        })
        .await?;
        let errors = result.result.unwrap_or_default().errors;
        if !errors.is_empty() {
            return Err(Trouble(format!("importing organizations: {errors:?}")));
        }
        self.ids(places).await
    }

    async fn ids(&self, places: &[Place]) -> Result<Vec<OrganizationId>, Trouble> {
        let wanted = ResolveExternalIdsRequest {
            external_ids: places.iter().map(|place| external(place.key)).collect(),
        };
        let until = Instant::now() + KNOWN_WITHIN;
        loop {
            let request = self.org_dept.asks(wanted.clone());
            let answer = Organizations::new(self.door.clone())
                .resolve_external_ids(request)
                .await;
            let found = answer
                .map_err(|status| refused("resolving ids", &status))?
                .into_inner()
                .resolved;
            if found.len() == places.len() {
                return found.iter().map(|one| read(&one.organization_id)).collect();
            }
            // Another replica may not know the root yet.
            if Instant::now() > until {
                return Err(Trouble("the organizations are not there".into()));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn roles(&self, reviewer: &Person) -> Result<(), Trouble> {
        let role = |who: &Person, role: Role, at: OrganizationId| RoleAssignment {
            subject: who.id.to_string(),
            role: role.code().to_owned(),
            organization_id: at.to_string(),
            from: "2005-01-01".into(),
            until: String::new(),
        };
        let request = AssignRolesRequest {
            organization_id: self.root.to_string(),
            request_id: new_id(),
            assignments: vec![
                role(&self.clerk, Role::Clerk, self.branch),
                role(&self.keeper, Role::Library, self.town),
                role(reviewer, Role::Library, self.root),
                role(&self.auditor, Role::Auditor, self.root),
            ],
        };
        told("giving roles", async || {
            let request = self.security.asks(request.clone());
            Organizations::new(self.door.clone()).assign_roles(request).await
        })
        .await
        .map(drop)
    }

    async fn propose(&self, count: u32) -> Result<Vec<String>, Trouble> {
        let row = |line| ResourceRow {
            line,
            external_id: Some(external(format!("material-{line}"))),
            kind: ResourceKind::Material.into(),
            title: format!("学习资料{line}"),
            owner_id: self.town.to_string(),
            capacity: COPIES,
            site_id: String::new(),
            subjects: vec!["党务实操".into()],
        };
        let import = ImportResourcesRequest {
            organization_id: self.town.to_string(),
            import_id: new_id(),
            rows: (1..=count).map(row).collect(),
            ..ImportResourcesRequest::default()
        };
        let answer = told("importing materials", async || {
            let request = self.keeper.asks(import.clone());
            Library::new(self.door.clone()).import_resources(request).await
        })
        .await?;
        let errors = answer.result.unwrap_or_default().errors;
        if !errors.is_empty() {
            return Err(Trouble(format!("importing materials: {errors:?}")));
        }
        Ok(answer.resources.into_iter().map(|one| one.resource_id).collect())
    }

    /// Takes a material through its admission (S-209).
    async fn admit(&self, material: &str, reviewer: &Person) -> Result<(), Trouble> {
        let on = today().to_string();
        let opening = OpenCaseRequest {
            procedure: "resource_admission".into(),
            variant: "material".into(),
            subject_id: material.to_owned(),
            organization_id: self.town.to_string(),
            step: "submit".into(),
            evidence: vec![
                evidence("resource_card", "资源卡片"),
                evidence("rights_statement", "由县委组织部编印，可内部使用"),
            ],
            on: on.clone(),
            request_id: new_id(),
            ..OpenCaseRequest::default()
        };
        let process = Process::new(self.door.clone());
        let opened = told("opening an admission", async || {
            let request = self.keeper.asks_of("resource", opening.clone());
            process.clone().open_case(request).await
        })
        .await?;
        let mut case = opened.case.unwrap_or_default();
        for (step, who, item) in [
            ("review", reviewer, "quality_review"),
            ("admit", &self.org_dept, "admission_batch"),
        ] {
            let taking = TakeStepRequest {
                case_id: case.id.clone(),
                revision: case.revision,
                step: step.into(),
                evidence: vec![evidence(item, "审核通过，第1批")],
                on: on.clone(),
                request_id: new_id(),
                ..TakeStepRequest::default()
            };
            let taken = told(step, async || {
                let request = who.asks_of("resource", taking.clone());
                process.clone().take_step(request).await
            })
            .await?;
            case = taken.case.unwrap_or_default();
        }
        Ok(())
    }
}

fn evidence(item: &str, value: &str) -> Evidence {
    Evidence {
        item: item.into(),
        value: value.into(),
    }
}

fn read(id: &str) -> Result<OrganizationId, Trouble> {
    id.parse().map_err(|_| Trouble(format!("no id: {id:?}")))
}

/// Asks until what was told before is known.
async fn told<A>(
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<Response<A>, Status>,
) -> Result<A, Trouble> {
    let until = Instant::now() + KNOWN_WITHIN;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) if Instant::now() < until && not_yet(&status) => {
                sleep(Duration::from_millis(50)).await;
            }
            Err(status) => return Err(refused(what, &status)),
        }
    }
}

fn not_yet(status: &Status) -> bool {
    matches!(
        status.code(),
        // Aborted: with a bug planted, an answer may come before what it says (`early_answer`).
        Code::Unavailable | Code::NotFound | Code::PermissionDenied | Code::Unauthenticated | Code::Aborted
    )
}

fn refused(what: &str, status: &Status) -> Trouble {
    Trouble(format!("{what}: {}", reason(status)))
}

/// Code and reason of a refusal.
#[must_use]
pub fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    match details.error_info() {
        Some(info) => format!("{:?} {}", status.code(), info.reason),
        None => format!("{:?} {}", status.code(), status.message()),
    }
}
