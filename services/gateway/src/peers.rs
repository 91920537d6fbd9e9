//! Calls to the services in the name of the caller; [`organization`] is also asked for the gateway itself.

pub mod organization;

use std::time::Instant;

use access::{Authorized, Caller, Level, context::HEADER};
use kernel::RpcError;
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

/// The caller's own request to a service: his context, and what is left of his time.
pub struct Asker {
    context: http::HeaderValue,
    deadline: Instant,
}

impl Asker {
    /// Asks in the name of the caller of a request.
    pub async fn of<T>(app: &App, request: &Authorized<T>) -> Result<Self, RpcError> {
        let context = app.callers.context(app, &signed_in(request.caller())).await?;
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

    /// Who asks, as far as answers may be kept for him: new grants are a new asker.
    pub fn key<T>(request: &Authorized<T>) -> String {
        format!("{}/{}", request.caller().subject, request.caller().epoch)
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
    pub fn organization(&self) -> Result<OrganizationServiceClient<Link>, Status> {
        Ok(OrganizationServiceClient::new(self.link("organization")?))
    }

    /// Members.
    pub fn member(&self) -> Result<MemberServiceClient<Link>, Status> {
        Ok(MemberServiceClient::new(self.link("member")?))
    }

    /// Organizational life.
    pub fn activity(&self) -> Result<ActivityServiceClient<Link>, Status> {
        Ok(ActivityServiceClient::new(self.link("activity")?))
    }

    /// Stars and findings.
    pub fn rating(&self) -> Result<RatingServiceClient<Link>, Status> {
        Ok(RatingServiceClient::new(self.link("rating")?))
    }

    /// The four libraries.
    pub fn resource(&self) -> Result<ResourceServiceClient<Link>, Status> {
        Ok(ResourceServiceClient::new(self.link("resource")?))
    }

    /// The procedures that a service keeps.
    pub fn process(&self, keeper: &str) -> Result<ProcessServiceClient<Link>, Status> {
        Ok(ProcessServiceClient::new(self.link(keeper)?))
    }

    fn link(&self, service: &str) -> Result<Link, Status> {
        self.links.get(service).ok_or_else(|| {
            let zh = "这项服务没有配置，请联系管理员。";
            let refusal = kernel::Refusal::new(kernel::Kind::Unavailable, "SERVICE_NOT_CONFIGURED", zh);
            wire::status(refusal.with("service", service).into())
        })
    }
}
