//! Whose roles stand in while organization does not answer.

#![expect(
    clippy::disallowed_methods,
    reason = "a peer that is faked answers as the test says"
)]

use std::{
    convert::Infallible,
    sync::Mutex,
    task::{Context as Task, Poll},
};

use access::Verifier;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::Full;
use kernel::id::{OrganizationId, PersonId};
use prost::Message;
use proto::organization::v1::{Grant as Told, ResolveCallerResponse};
use seal::Keyring;
use tonic::{Status, body::Body, server::NamedService, service::Routes};

use super::*;
use crate::tokens::BuiltIn;

/// Organization: epochs and roles, or silence.
#[derive(Clone, Default)]
struct Organization(Arc<Mutex<Option<ResolveCallerResponse>>>);

impl Organization {
    fn says(&self, answer: Option<(&str, u64)>) {
        let answer = answer.map(|(role, epoch)| ResolveCallerResponse {
            grants: vec![Told {
                role: role.into(),
                organization_id: OrganizationId::new().to_string(),
                until: String::new(),
            }],
            epoch,
        });
        *self.0.lock().expect("the answer") = answer;
    }
}

impl NamedService for Organization {
    const NAME: &'static str = "zhibu.organization.v1.OrganizationService";
}

impl tower::Service<Request<Body>> for Organization {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        let answer = self.0.lock().expect("the answer").clone();
        Box::pin(async move {
            let Some(answer) = answer else {
                return Ok(Status::unavailable("away").into_http());
            };
            let body = crate::frame::frame(&answer.encode_to_vec());
            let mut response = Response::new(Body::new(Full::new(body)));
            let headers = response.headers_mut();
            headers.insert("content-type", HeaderValue::from_static("application/grpc"));
            headers.insert("grpc-status", HeaderValue::from_static("0"));
            Ok(response)
        })
    }
}

struct Scene {
    organization: Organization,
    callers: Callers,
    verifier: Verifier,
    who: SignedIn,
    _folder: tempfile::TempDir,
}

fn scene() -> Scene {
    let folder = tempfile::tempdir().expect("a folder");
    Keyring::create(folder.path()).expect("keys");
    let keys = Arc::new(Keyring::load(folder.path()).expect("the keys"));
    let organization = Organization::default();
    let tokens = BuiltIn::open(folder.path()).and_then(|issuer| issuer.tokens());
    let link = Link::to_routes("organization", Routes::new(organization.clone()));
    Scene {
        callers: Callers::new(
            tokens.expect("tokens"),
            Issuer::new("gateway", keys.clone()),
            link,
        ),
        verifier: Verifier::new(keys),
        organization,
        who: SignedIn {
            subject: PersonId::new().to_string(),
            session: "s".into(),
            two_factors: true,
        },
        _folder: folder,
    }
}

impl Scene {
    /// The caller's role and epoch, after what was resolved before has grown old.
    async fn later(&self) -> Result<(Role, u64), RpcError> {
        self.callers.contexts.invalidate_all();
        let context = self.callers.context(&self.who).await?;
        let caller = self
            .verifier
            .verify(context.to_str().expect("a text"))
            .expect("a context");
        Ok((caller.grants[0].role, caller.epoch))
    }
}

#[tokio::test]
async fn what_organization_said_before_stands_in_while_it_is_away_and_no_longer() {
    let scene = scene();
    scene.organization.says(Some(("clerk", 1)));
    assert_eq!(scene.later().await.expect("roles"), (Role::Clerk, 1));
    scene.organization.says(None);
    assert_eq!(scene.later().await.expect("stands in"), (Role::Clerk, 1));
    scene.organization.says(Some(("auditor", 2)));
    assert_eq!(scene.later().await.expect("the new ones"), (Role::Auditor, 2));
}

#[tokio::test]
async fn for_whom_organization_never_spoke_nothing_stands_in() {
    let scene = scene();
    let error = scene.later().await.expect_err("nothing is known");
    assert_eq!(
        error.refusal().map(|refusal| refusal.kind),
        Some(Kind::Unavailable)
    );
}

#[tokio::test]
async fn roles_that_are_known_to_have_changed_do_not_stand_in() {
    let scene = scene();
    scene.organization.says(Some(("clerk", 1)));
    let old = scene.callers.context(&scene.who).await.expect("roles");
    scene.organization.says(None);
    let error = scene
        .callers
        .renewed(&scene.who, &old)
        .await
        .expect_err("nothing stands in");
    assert_eq!(
        error.refusal().map(|refusal| refusal.kind),
        Some(Kind::Unavailable)
    );
}

#[tokio::test]
async fn a_context_that_somebody_else_has_renewed_is_not_renewed_again() {
    let scene = scene();
    scene.organization.says(Some(("clerk", 1)));
    let old = scene.callers.context(&scene.who).await.expect("roles");
    scene.organization.says(Some(("clerk", 2)));
    let new = scene.callers.renewed(&scene.who, &old).await.expect("renewed");
    scene.organization.says(Some(("clerk", 3)));
    let second = scene
        .callers
        .renewed(&scene.who, &old)
        .await
        .expect("renewed already");
    assert!(new == second && new != old);
}
