//! What the contract declares is what is served: a method that nobody serves or that serves without a policy does not
//! get as far as a caller. That the contract itself does not build without a policy is in `proto/tests/policy.rs`, that a
//! service which differs from the table does not start in `shared/runtime/tests/runtime/process.rs`, that no use case and
//! no query is without a decision in `shared/access` and `shared/storage` beside the types.

use std::collections::BTreeSet;

use access::{Table, context::HEADER};
use testkit::database::Database;
use tonic::{Code, Request};

use crate::suite::{OWNERS, Suite, call_at, methods, path, reason, servers};

/// At the admin port alone.
const CLOCK: &str = "zhibu.clock.v1.ClockService";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_serves_its_part_of_the_contract_and_nothing_else_is_reached() {
    let suite = Suite::start(&Database::sqlite()).await;
    let offered: BTreeSet<&str> = suite
        .registered
        .iter()
        .flat_map(|(_, names)| names)
        .copied()
        .collect();
    let methods = methods();
    let parents: Vec<_> = methods.iter().map(|method| method.parent_service()).collect();
    let declared: BTreeSet<&str> = parents
        .iter()
        .map(|service| service.full_name())
        .filter(|name| *name != CLOCK)
        .collect();
    assert_eq!(offered, declared);
    for (service, names) in &suite.registered {
        assert_eq!(
            Table::of_suite().uncovered(&proto::DESCRIPTORS, names),
            [""; 0],
            "{service}"
        );
    }
    // Whoever it is: an administrator of everything is told the same.
    let all: Vec<_> = kernel::Role::ALL
        .iter()
        .map(|role| (*role, kernel::id::OrganizationId::new()))
        .collect();
    let who = suite.person(&all);
    for service in OWNERS.into_iter().chain([gateway::NAME]) {
        let foreign = methods
            .iter()
            .map(path)
            .filter(|path| !servers(path).contains(&service));
        let unknown = [
            "/zhibu.member.v1.MemberService/DropEverything",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "/grpc.health.v1.Health/Check",
            "/",
        ];
        for path in foreign.chain(unknown.map(str::to_owned)) {
            let mut request = Request::new(Vec::new());
            request.metadata_mut().insert(HEADER, who.context());
            let answer = call_at(suite.link(service), &path, request).await;
            let refused = answer.expect_err(&path);
            assert_eq!(
                refused.code(),
                Code::Unimplemented,
                "{path} at {service}: {}",
                reason(&refused)
            );
        }
    }
}
