//! Calls to the services in the name of the caller; [`organization`] is also asked for the gateway itself.

pub mod organization;

use std::time::Instant;

use access::{Authorized, Caller, Level, context::HEADER};
use kernel::{Day, Fault, RpcError};
use proto::{
    activity::v1::activity_service_client::ActivityServiceClient,
    member::v1::member_service_client::MemberServiceClient,
    organization::v1::organization_service_client::OrganizationServiceClient,
    process::v1::process_service_client::ProcessServiceClient,
    rating::v1::rating_service_client::RatingServiceClient,
    resource::v1::resource_service_client::ResourceServiceClient,
};
use runtime::link::Link;
use tonic::{Request, Status, metadata::MetadataValue};

use crate::{app::App, callers::SignedIn};

/// The services that keep procedures.
pub const KEEPERS: [&str; 3] = ["organization", "rating", "resource"];

/// The caller's own request to a service: his context, and what is left of his time.
pub struct Asker {
    context: http::HeaderValue,
    deadline: Instant,
}

impl Asker {
    /// Asks in the name of the caller of a request.
    pub async fn of<T>(app: &App, request: &Authorized<T>) -> Result<Self, RpcError> {
        let context = app.callers.context(&signed_in(request.caller())).await?;
        Ok(Self {
            context,
            deadline: request.deadline(),
        })
    }

    /// A message to a service.
    pub fn ask<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        if let Ok(context) = MetadataValue::try_from(self.context.as_bytes()) {
            request.metadata_mut().insert(HEADER, context);
        }
        request.set_timeout(self.deadline.saturating_duration_since(Instant::now()));
        request
    }

    /// Who asks, as far as answers may be kept for him: other roles, or another level, are another asker.
    pub fn key<T>(request: &Authorized<T>, today: Day) -> String {
        let caller = request.caller();
        let grants = caller
            .grants_on(today)
            .map(|grant| format!("{}@{}", grant.role.code(), grant.organization));
        let mut grants: Vec<String> = grants.collect();
        grants.sort();
        let may = seal::sm3(grants.join(" ").as_bytes());
        format!("{} {:?} {}", caller.subject, caller.level, hex::encode(may))
    }
}

/// What the caller's token said.
pub fn signed_in(caller: &Caller) -> SignedIn {
    SignedIn {
        subject: caller.subject.clone(),
        session: caller.session.clone(),
        two_factors: caller.level == Level::Two,
    }
}

/// Clients of the services; a service that is not configured is one that does not answer.
impl App {
    /// Organizations.
    pub fn organization(&self) -> OrganizationServiceClient<Link> {
        OrganizationServiceClient::new(self.links.link("organization"))
    }

    /// Members.
    pub fn member(&self) -> MemberServiceClient<Link> {
        MemberServiceClient::new(self.links.link("member"))
    }

    /// Organizational life.
    pub fn activity(&self) -> ActivityServiceClient<Link> {
        ActivityServiceClient::new(self.links.link("activity"))
    }

    /// Stars and findings.
    pub fn rating(&self) -> RatingServiceClient<Link> {
        RatingServiceClient::new(self.links.link("rating"))
    }

    /// The four libraries.
    pub fn resource(&self) -> ResourceServiceClient<Link> {
        ResourceServiceClient::new(self.links.link("resource"))
    }

    /// The procedures that a service keeps.
    pub fn process(&self, keeper: &str) -> ProcessServiceClient<Link> {
        ProcessServiceClient::new(self.links.link(keeper))
    }
}

/// An answer that is none to what was asked: as good as no answer.
pub fn nonsense(service: &str) -> Status {
    wire::status(Fault::new(format!("{service} answers something else than was asked")).into())
}
