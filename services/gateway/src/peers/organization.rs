//! What the gateway asks organization for itself: whom a caller may act as, and the feed of the tree.

use kernel::RpcError;
use proto::{
    feed::v1::feed_service_client::FeedServiceClient,
    organization::v1::{
        ResolveCallerRequest, ResolveCallerResponse, organization_service_client::OrganizationServiceClient,
    },
};
use runtime::link::Link;

/// The roles that a person holds, and since which change.
pub async fn resolve_caller(link: Link, subject: &str) -> Result<ResolveCallerResponse, RpcError> {
    let request = ResolveCallerRequest {
        subject: subject.to_owned(),
    };
    let answer = OrganizationServiceClient::new(link).resolve_caller(request).await;
    Ok(answer.map_err(|status| wire::refusal_of(&status))?.into_inner())
}

/// Organization's feed.
#[must_use]
pub fn feed(link: Link) -> FeedServiceClient<Link> {
    FeedServiceClient::new(link)
}
