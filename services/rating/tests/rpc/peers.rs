//! The other services, faked through their generated traits.

#![expect(
    clippy::disallowed_methods,
    reason = "a peer that is faked answers as the test says"
)]

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use access::Scopes;
use futures::{Stream, stream};
use kernel::{id::OrganizationId, indicator::Catalogue};
use proto::{
    indicator::v1::{
        Batch, BranchCounts, CollectRequest, CollectResponse, Count, ListIndicatorsRequest,
        ListIndicatorsResponse, Source,
        collect_response::Part,
        indicator_service_server::{IndicatorService, IndicatorServiceServer},
    },
    organization::v1::{
        self as v1, Firing, ScreenRequest, ScreenResponse,
        organization_service_server::{OrganizationService, OrganizationServiceServer},
    },
};
use rating::{
    domain::{indicator::Counts, template::FrozenTemplate},
    peers::{counting::Counting, organization::Organization},
};
use runtime::link::Link;
use tonic::{Request, Response, Status, service::Routes};

type Answers<A> = std::pin::Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

type Told = HashMap<(OrganizationId, String), (i64, i64)>;

/// What the fakes answer, changed by tests.
#[derive(Clone, Default)]
pub(crate) struct Peers {
    /// Counts that are not what a good branch has: `(branch, indicator)` → numerator and denominator; a denominator of
    /// 0 does not apply.
    pub(crate) counts: Arc<Mutex<Told>>,
    /// What screening finds.
    pub(crate) firings: Arc<Mutex<Vec<(OrganizationId, &'static str)>>>,
    /// Branches that screening looks at.
    pub(crate) screened: Arc<Mutex<Vec<OrganizationId>>>,
    /// How far organization's feed is.
    pub(crate) head: Arc<AtomicU64>,
    /// Whether nobody answers.
    pub(crate) away: Arc<AtomicBool>,
    /// The tree of today: who does not stand below the organization that is asked about is left out.
    pub(crate) scopes: Scopes,
    /// What was asked last about branches.
    pub(crate) asked: Arc<Mutex<Option<CollectRequest>>>,
}

impl Peers {
    pub(crate) fn count(&self, branch: OrganizationId, indicator: &str, numerator: i64, denominator: i64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.insert((branch, indicator.to_owned()), (numerator, denominator));
    }

    pub(crate) fn organization(&self) -> Organization {
        let fake = || Fake {
            peers: self.clone(),
            owner: "organization",
        };
        let routes = Routes::new(OrganizationServiceServer::new(fake()))
            .add_service(IndicatorServiceServer::new(fake()));
        Organization(Link::to_routes("organization", routes))
    }

    pub(crate) fn counting(&self) -> Arc<[Counting]> {
        let one = |owner: &'static str| {
            let routes = Routes::new(IndicatorServiceServer::new(Fake {
                peers: self.clone(),
                owner,
            }));
            Counting {
                service: owner,
                link: Link::to_routes(owner, routes),
            }
        };
        Arc::new(["activity", "member", "organization", "resource"].map(one))
    }
}

struct Fake {
    peers: Peers,
    owner: &'static str,
}

impl Fake {
    fn answers(&self) -> Result<(), Status> {
        match self.peers.away.load(Ordering::SeqCst) {
            true => Err(Status::unavailable("away")),
            false => Ok(()),
        }
    }

    /// A good branch did all that it owed, and nothing that costs points.
    fn count(&self, branch: OrganizationId, indicator: &str) -> Count {
        let told = self
            .peers
            .counts
            .lock()
            .expect("counts")
            .get(&(branch, indicator.to_owned()))
            .copied();
        let counts = FrozenTemplate::root()
            .indicator(indicator)
            .expect("an indicator")
            .counts;
        let (numerator, denominator) = told.unwrap_or(match (indicator, counts) {
            ("member.count.full" | "member.development.pool", _) => (20, 1),
            (_, Counts::Share) => (4, 4),
            (_, Counts::Flag | Counts::Amount) => (1, 1),
            (_, Counts::Count) => (0, 1),
        });
        Count {
            indicator: indicator.to_owned(),
            numerator,
            denominator,
            applicable: denominator > 0,
            reason: if denominator > 0 {
                String::new()
            } else {
                "NOTHING_OWED".into()
            },
            evidence: match (indicator, numerator) {
                ("activity.debrief.held", 1..) => vec![format!("{branch} assessed")],
                _ => vec![],
            },
        }
    }
}

#[tonic::async_trait]
impl IndicatorService for Fake {
    type CollectStream = Answers<CollectResponse>;

    async fn list_indicators(
        &self,
        _request: Request<ListIndicatorsRequest>,
    ) -> Result<Response<ListIndicatorsResponse>, Status> {
        Err(Status::unimplemented("not asked by rating"))
    }

    async fn collect(
        &self,
        request: Request<CollectRequest>,
    ) -> Result<Response<Self::CollectStream>, Status> {
        self.answers()?;
        let asked = request.into_inner();
        assert!(asked.branch_ids.len() <= 500, "batches of 500 branches");
        let whole = Catalogue::shipped().of_owner(self.owner).count();
        assert!(asked.branch_ids.is_empty() || asked.indicators.len() == whole);
        let top = asked.organization_id.parse().expect("an id");
        let known = asked.branch_ids.iter().map(|id| (id, id.parse().expect("an id")));
        let below = known.filter(|(_, branch)| self.peers.scopes.covers(top, *branch));
        let branches = below.map(|(id, branch)| {
            let counts = asked
                .indicators
                .iter()
                .map(|indicator| self.count(branch, indicator))
                .collect();
            BranchCounts {
                branch_id: id.clone(),
                counts,
            }
        });
        let batch = Batch {
            branches: branches.collect(),
        };
        if !asked.branch_ids.is_empty() {
            self.peers.asked.lock().expect("asked").replace(asked);
        }
        let source = Source {
            service: self.owner.to_owned(),
            position: match self.owner {
                "organization" => self.peers.head.load(Ordering::SeqCst),
                _ => 7,
            },
        };
        let parts = [Part::Source(source), Part::Batch(batch)];
        let messages = parts.map(|part| Ok(CollectResponse { part: Some(part) }));
        Ok(Response::new(Box::pin(stream::iter(messages))))
    }
}

macro_rules! not_asked {
    ($($name:ident($request:ident) -> $answer:ident;)*) => {
        #[tonic::async_trait]
        impl OrganizationService for Fake {
            type ScreenStream = Answers<ScreenResponse>;

            async fn screen(&self, request: Request<ScreenRequest>) -> Result<Response<Self::ScreenStream>, Status> {
                self.answers()?;
                Ok(Response::new(self.screened(&request.into_inner())))
            }

            $(async fn $name(&self, _: Request<v1::$request>) -> Result<Response<v1::$answer>, Status> {
                Err(Status::unimplemented("not asked by rating"))
            })*
        }
    };
}

not_asked! {
    found_root(FoundRootRequest) -> FoundRootResponse;
    import_organizations(ImportOrganizationsRequest) -> ImportOrganizationsResponse;
    resolve_external_ids(ResolveExternalIdsRequest) -> ResolveExternalIdsResponse;
    get_organization(GetOrganizationRequest) -> GetOrganizationResponse;
    list_organizations(ListOrganizationsRequest) -> ListOrganizationsResponse;
    assign_roles(AssignRolesRequest) -> AssignRolesResponse;
    revoke_role(RevokeRoleRequest) -> RevokeRoleResponse;
    resolve_caller(ResolveCallerRequest) -> ResolveCallerResponse;
    import_units(ImportUnitsRequest) -> ImportUnitsResponse;
    import_posts(ImportPostsRequest) -> ImportPostsResponse;
    import_guarantees(ImportGuaranteesRequest) -> ImportGuaranteesResponse;
    list_posts(ListPostsRequest) -> ListPostsResponse;
}

impl Fake {
    fn screened(&self, asked: &ScreenRequest) -> Answers<ScreenResponse> {
        assert!(!asked.on.is_empty());
        let firings = self.peers.firings.lock().expect("firings").clone();
        let firings = firings.into_iter().map(|(branch, rule)| Firing {
            branch_id: branch.to_string(),
            rule: rule.to_owned(),
            norm: "R-503@2022".into(),
            why: "应予整改".into(),
            evidence_json: "{}".into(),
        });
        let branches = self.peers.screened.lock().expect("screened").clone();
        let batch = ScreenResponse {
            branch_ids: branches.iter().map(ToString::to_string).collect(),
            firings: firings.collect(),
            position: 7,
        };
        Box::pin(stream::iter([Ok(batch)]))
    }
}
