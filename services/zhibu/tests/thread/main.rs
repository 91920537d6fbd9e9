//! One thread through everything: an organization is imported and read through the gateway, with its policy, its audit
//! entry, its event, its trace and the replay of the same request; in one process and as processes, on SQLite and on
//! Postgres.

mod dialects;
mod suite;

use std::collections::{BTreeMap, BTreeSet};

use kernel::id::PersonId;
use prost::Message;
use proto::{
    audit::v1::{ListEntriesRequest, VerifyChainRequest, audit_service_client::AuditServiceClient},
    feed::v1::{Event, WatchRequest, feed_service_client::FeedServiceClient},
    organization::v1::{AssignRolesRequest, GetOrganizationRequest, Organization, RoleAssignment},
};
use runtime::{Server, server::Limits};
use testkit::{
    collector::{Collector, Told},
    database::Database,
    stage::{new_id, reason},
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request};

use crate::suite::Suite;

const TOWN: &str = "组织town";
const IMPORT: &str = "zhibu.organization.v1.OrganizationService/ImportOrganizations";

/// A request for a contract that every service serves, meant for organization.
fn of_organization<M>(mut request: Request<M>) -> Request<M> {
    let name = organization::NAME.parse().expect("a header");
    request.metadata_mut().insert("zhibu-service", name);
    request
}

/// Follows organization's feed from its beginning until it has been caught up with.
async fn events(suite: &Suite) -> Vec<Event> {
    let mut feed = FeedServiceClient::new(suite.organization.clone());
    let watched = feed.watch(WatchRequest::default()).await.expect("a stream");
    let mut watched = watched.into_inner();
    let mut events: Vec<Event> = Vec::new();
    loop {
        let message = watched.message().await.expect("a message").expect("it goes on");
        if message.events.is_empty() {
            return events;
        }
        events.extend(message.events);
    }
}

fn of_town(events: &[Event]) -> Vec<&Event> {
    let named = |event: &&Event| {
        event.kind == "organization.organization"
            && Organization::decode(event.body.as_slice()).is_ok_and(|organization| organization.name == TOWN)
    };
    events.iter().filter(named).collect()
}

async fn auditor(suite: &Suite) -> PersonId {
    let auditor = PersonId::new();
    let assignment = RoleAssignment {
        subject: auditor.to_string(),
        role: "auditor".into(),
        organization_id: suite.root.to_string(),
        from: "2025-01-01".into(),
        ..Default::default()
    };
    let asked = AssignRolesRequest {
        organization_id: suite.root.to_string(),
        request_id: new_id(),
        assignments: vec![assignment],
    };
    let assigned = suite
        .grpc()
        .assign_roles(suite.asks_as(suite.security, asked))
        .await;
    assigned.expect("an auditor");
    auditor
}

/// The whole thread.
async fn thread(suite: &Suite) {
    let mut grpc = suite.grpc();
    let before = events(suite).await;
    let import = suite.import(&[("town", "root"), ("lost", "nowhere")]);

    // Policy: somebody without a role changes nothing and does not learn what there is, and nobody is not let in.
    let stranger = grpc
        .import_organizations(suite.asks_as(PersonId::new(), import.clone()))
        .await;
    assert_eq!(reason(&stranger.expect_err("refused")), "ROLE_MISSING");
    let nobody = grpc.import_organizations(Request::new(import.clone())).await;
    assert_eq!(nobody.expect_err("refused").code(), Code::Unauthenticated);
    assert_eq!(events(suite).await, before, "nothing came of it");

    let answer = grpc
        .import_organizations(suite.asks(import.clone()))
        .await
        .expect("imported");
    let first = answer.into_inner();
    assert_eq!(
        first
            .result
            .as_ref()
            .map(|result| (result.created, result.errors.len())),
        Some((1, 1))
    );

    let moved = events(suite).await;
    let [event] = of_town(&moved)[..] else {
        panic!("one event of it: {moved:?}")
    };
    let positions: Vec<u64> = moved.iter().map(|event| event.position).collect();
    assert_eq!(
        positions,
        (1..=positions.len() as u64).collect::<Vec<_>>(),
        "dense"
    );

    let asked = GetOrganizationRequest {
        organization_id: event.id.clone(),
        ..Default::default()
    };
    let read = grpc
        .get_organization(suite.asks(asked))
        .await
        .expect("read")
        .into_inner();
    let read = read.organization.expect("the town");
    assert_eq!((read.name.as_str(), read.path.len()), (TOWN, 2));

    // Replay: the same answer and nothing twice; another body under the same names is refused.
    let again = grpc
        .import_organizations(suite.asks(import.clone()))
        .await
        .expect("again")
        .into_inner();
    assert_eq!(again, first);
    let mut other = import;
    other.rows.truncate(1);
    let other = grpc
        .import_organizations(suite.asks(other))
        .await
        .expect_err("refused");
    assert_eq!(reason(&other), "CHUNK_REUSED");

    assert_eq!(events(suite).await, moved, "nothing came of it");

    let auditor = auditor(suite).await;
    let mut audit = AuditServiceClient::new(suite.channel());
    let listed = audit
        .list_entries(of_organization(
            suite.asks_as(auditor, ListEntriesRequest::default()),
        ))
        .await;
    let entries = listed.expect("entries").into_inner().entries;
    let imports: Vec<_> = entries
        .iter()
        .filter(|entry| entry.method.trim_start_matches('/') == IMPORT)
        .collect();
    let [entry, stranger, ..] = imports[..] else {
        panic!("an entry of it and one of the stranger: {entries:?}")
    };
    assert_eq!(stranger.result, "ROLE_MISSING");
    assert_eq!(
        (entry.subject.clone(), entry.result.as_str()),
        (suite.org_dept.to_string(), "done")
    );
    let chain = audit
        .verify_chain(of_organization(suite.asks_as(auditor, VerifyChainRequest {})))
        .await;
    let chain = chain.expect("verified").into_inner();
    assert!(chain.intact && chain.entries >= 3, "{chain:?}");
}

/// Names of processes and kinds of spans on the way from the first span of a trace to each of its ends.
fn traces(spans: &[Told]) -> BTreeMap<Vec<u8>, BTreeSet<String>> {
    let mut traces: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for told in spans {
        traces
            .entry(told.span.trace_id.clone())
            .or_default()
            .insert(told.process.clone());
    }
    traces
}

testkit::on_both! {
    async fn in_one_process(database: Database) {
        let suite = Suite::here(&database).await;
        thread(&suite).await;
        suite.stop().await;
    }

    async fn as_processes_and_each_request_is_one_trace_through_both(database: Database) {
        let collector = Collector::default();
        let server = Server::bind(([127, 0, 0, 1], 0).into(), Limits::inside()).await.expect("a port");
        let address = format!("http://{}", server.address());
        let stop = CancellationToken::new();
        let receiver = tokio::spawn(server.run(collector.routes().prepare(), stop.clone()));

        let suite = Suite::processes(&database, &address).await;
        thread(&suite).await;
        suite.stop().await;

        let spans = collector.spans();
        let of_import = spans.iter().filter(|told| told.span.name.ends_with(IMPORT) && told.process == "organization");
        let calls: Vec<_> = of_import.collect();
        assert_eq!(calls.len(), 4, "refused, imported, sent again, sent with another body; nobody's is refused at the gateway");
        let traces = traces(&spans);
        let both = BTreeSet::from(["gateway".to_owned(), "organization".to_owned()]);
        for call in calls {
            assert_eq!(traces[&call.span.trace_id], both, "one trace through both");
            let parent = spans.iter().find(|told| told.span.span_id == call.span.parent_span_id);
            assert_eq!(parent.map(|told| told.process.as_str()), Some("gateway"), "called from there");
        }
        stop.cancel();
        receiver.await.expect("it ended");
    }
}
