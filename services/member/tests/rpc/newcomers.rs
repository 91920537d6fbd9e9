//! A branch that was made a moment ago: member asks organization's feed once before it says that it is unknown.

use std::pin::Pin;

use futures::{Stream, StreamExt, stream};
use kernel::id::OrganizationId;
use prost::Message;
use proto::{
    feed::v1::{
        Event, SnapshotRequest, SnapshotResponse, WatchRequest, WatchResponse,
        feed_service_client::FeedServiceClient,
        feed_service_server::{FeedService, FeedServiceServer},
    },
    kernel::v1::Domain,
    organization::v1::{Organization, OrganizationKind},
};
use storage::consumer::{Consumer, Organizations};
use testkit::{database::Database, stage::new_id};
use tonic::{Request, Response, Status};

use crate::scene::{Scene, counts, errors, row};

/// Organization's feed, with one branch in it.
struct Feed(Organization);

type Answers<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

#[tonic::async_trait]
impl FeedService for Feed {
    type WatchStream = Answers<WatchResponse>;
    type SnapshotStream = Answers<SnapshotResponse>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let caught_up = WatchResponse {
            events: Vec::new(),
            head: request.into_inner().after,
        };
        Ok(Response::new(Box::pin(
            stream::iter([Ok(caught_up)]).chain(stream::pending()),
        )))
    }

    async fn snapshot(&self, _: Request<SnapshotRequest>) -> Result<Response<Self::SnapshotStream>, Status> {
        let event = Event {
            kind: "organization.organization".into(),
            id: self.0.id.clone(),
            organization_id: self.0.id.clone(),
            version: 1,
            body: self.0.encode_to_vec(),
            ..Event::default()
        };
        let reaches = SnapshotResponse {
            events: Vec::new(),
            position: 7,
        };
        let all = SnapshotResponse {
            events: vec![event],
            position: 0,
        };
        Ok(Response::new(Box::pin(stream::iter([Ok(reaches), Ok(all)]))))
    }
}

fn branch(scene: &Scene, id: OrganizationId) -> Organization {
    Organization {
        id: id.to_string(),
        name: "新支部".into(),
        kind: OrganizationKind::Branch.into(),
        domain: Domain::Rural.into(),
        parent_id: scene.county.to_string(),
        path: [scene.root, scene.county, id].map(|id| id.to_string()).into(),
        founded_on: "2010-01-01".into(),
        version: 1,
        ..Organization::default()
    }
}

testkit::on_both! {
    async fn a_branch_that_was_made_a_moment_ago_is_met_and_no_other(database: Database) {
        let mut scene = Scene::open(&database).await;
        let new = OrganizationId::new();
        let client = FeedServiceClient::new(FeedServiceServer::new(Feed(branch(&scene, new))));
        let store = &scene.stage.store;
        let organizations = Consumer::new(store.clone(), "organization", client, vec![Box::new(Organizations::new(store))]);
        scene.rpc.app.organizations = Some(organizations);
        let mut nowhere = row(2, scene.home);
        nowhere.branch_id = new_id();
        let done = scene.imports(vec![row(1, new), nowhere]).await;
        assert_eq!(counts(&done.result), (1, 0, 0), "{:?}", done.result);
        assert_eq!(errors(&done.result), [(2, String::new(), "BRANCH_UNKNOWN".to_owned())]);
    }
}
