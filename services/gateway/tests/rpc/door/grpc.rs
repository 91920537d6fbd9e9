use access::{Scope, Table};
use gateway::frame::frame;
use prost::Message;
use proto::organization::v1::{
    GetOrganizationRequest, ImportOrganizationsRequest,
    organization_service_client::OrganizationServiceClient,
};
use testkit::stage::reason;
use tonic::Code;

use super::{READ, WRITE};
use crate::world::{Person, World, is_chinese};

fn question(world: &World) -> GetOrganizationRequest {
    GetOrganizationRequest {
        organization_id: world.branch.to_string(),
        ..Default::default()
    }
}

/// One raw gRPC call of a person.
async fn raw(world: &World, who: &Person, path: &str, more: &[(&str, &str)], body: Vec<u8>) -> tonic::Status {
    let bearer = who.bearer();
    let mut headers = vec![
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("authorization", &bearer),
    ];
    headers.extend(more);
    world.http2(path, &headers, body).await.grpc()
}

#[tokio::test]
async fn a_read_and_a_write_reach_their_service_and_the_answer_comes_back() {
    let world = World::start().await;
    let clerk = world.clerk();
    let mut client = OrganizationServiceClient::new(world.channel().await);
    let answer = client
        .get_organization(clerk.asks(question(&world)))
        .await
        .expect("answered");
    assert_eq!(
        answer.into_inner().organization.map(|one| one.id),
        Some(world.branch.to_string())
    );
    client
        .import_organizations(clerk.asks(ImportOrganizationsRequest::default()))
        .await
        .expect("written");
    assert_eq!(world.services.asked(WRITE).len(), 1);
}

#[tokio::test]
async fn a_refusal_of_a_service_comes_back_as_it_was_said() {
    let world = World::start().await;
    let unknown = GetOrganizationRequest {
        organization_id: kernel::id::OrganizationId::new().to_string(),
        ..Default::default()
    };
    let mut client = OrganizationServiceClient::new(world.channel().await);
    let refused = client
        .get_organization(world.clerk().asks(unknown))
        .await
        .expect_err("refused");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::NotFound, "NOT_FOUND")
    );
    assert!(is_chinese(refused.message()));
}

#[tokio::test]
async fn what_is_not_in_the_contract_does_not_exist() {
    let world = World::start().await;
    let clerk = world.clerk();
    for path in [
        "/",
        "/none",
        "/zhibu.none.v1.NoService/No",
        "/zhibu.organization.v1.OrganizationService/No",
        "/zhibu.organization.v1.OrganizationService/GetOrganization/",
        "/zhibu.organization.v1.OrganizationService/getorganization",
        "//zhibu.organization.v1.OrganizationService/GetOrganization",
        "/grpc.health.v1.Health/Check",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/grpc.channelz.v1.Channelz/GetServers",
    ] {
        let refused = raw(&world, &clerk, path, &[], frame(b"").to_vec()).await;
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::Unimplemented, "METHOD_UNKNOWN"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_services_ask_each_other_does_not_exist_here() {
    let world = World::start().await;
    let clerk = world.clerk();
    let inside = Table::of_suite()
        .iter()
        .filter(|policy| matches!(policy.scope, Scope::System(_)));
    let paths: Vec<_> = inside.map(|policy| policy.path.as_str()).collect();
    assert!(paths.len() > 8, "{paths:?}");
    for path in paths {
        for service in ["", "organization", "gateway"] {
            let refused = raw(
                &world,
                &clerk,
                path,
                &[("zhibu-service", service)],
                frame(b"").to_vec(),
            )
            .await;
            assert_eq!(reason(&refused), "METHOD_UNKNOWN", "{path}");
        }
        let json = world.json(Some(&clerk), path, "{}").await;
        assert_eq!(json.json()["code"], "unimplemented", "{path}");
    }
    let own = world
        .services
        .asked("ResolveCaller")
        .into_iter()
        .chain(world.services.asked("Watch"));
    let callers = own.filter_map(|asked| asked.caller.map(|caller| caller.subject));
    assert!(
        callers.into_iter().all(|subject| subject == "gateway"),
        "nobody else got through"
    );
}

#[tokio::test]
async fn every_public_rpc_of_the_contract_is_reached_without_code_of_its_own() {
    let world = World::with(&[("ZHIBU_GATEWAY__RATE__CALLER", "100000")]).await;
    let clerk = world.clerk();
    let outside = Table::of_suite().iter().filter(|policy| {
        !matches!(policy.scope, Scope::System(_)) && !policy.path.starts_with("/zhibu.gateway.")
    });
    let paths: Vec<_> = outside.map(|policy| policy.path.as_str()).collect();
    assert!(paths.len() > 60, "{}", paths.len());
    for path in paths {
        raw(
            &world,
            &clerk,
            path,
            &[("zhibu-service", "rating")],
            frame(b"").to_vec(),
        )
        .await;
        let asked = world.services.asked(path);
        assert_eq!(asked.len(), 1, "{path}");
        let package = path
            .trim_start_matches("/zhibu.")
            .split('.')
            .next()
            .expect("a package");
        let owner = if ["process", "audit"].contains(&package) {
            "rating"
        } else {
            package
        };
        assert_eq!(asked[0].service, owner, "{path}");
        assert_eq!(
            asked[0].caller.as_ref().map(|caller| &caller.subject),
            Some(&clerk.id),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_contract_of_every_service_needs_the_service_named() {
    let world = World::start().await;
    let clerk = world.clerk();
    for (service, expected) in [
        ("", "SERVICE_NOT_NAMED"),
        ("gateway", "SERVICE_NOT_NAMED"),
        ("organization\u{9}", "SERVICE_NOT_NAMED"),
        ("Rating", "SERVICE_NOT_NAMED"),
        ("resource", ""),
    ] {
        let headers = [("zhibu-service", service)];
        let answer = raw(&world, &clerk, super::PUBLIC, &headers, frame(b"").to_vec()).await;
        assert_eq!(reason(&answer), expected, "{service:?}");
    }
}

#[tokio::test]
async fn what_is_not_one_whole_message_is_refused_before_any_service_sees_it() {
    let world = World::start().await;
    let clerk = world.clerk();
    let one = frame(&question(&world).encode_to_vec()).to_vec();
    let zipped = [&[1][..], &one[1..]].concat();
    for (body, expected) in [
        (Vec::new(), "FRAME_INVALID"),
        (b"\0\0\0".to_vec(), "FRAME_INVALID"),
        (one[..one.len() - 1].to_vec(), "FRAME_INVALID"),
        ([one.clone(), one.clone()].concat(), "FRAME_INVALID"),
        ([&[7][..], &one[1..]].concat(), "FRAME_INVALID"),
        (b"\0\xff\xff\xff\xff".to_vec(), "FRAME_INVALID"),
        (zipped, "COMPRESSION_NOT_SPOKEN"),
    ] {
        let refused = raw(&world, &clerk, READ, &[], body.clone()).await;
        assert_eq!(reason(&refused), expected, "{body:?}");
    }
    assert!(world.services.asked(READ).is_empty());
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let world = World::start().await;
    let refused = raw(
        &world,
        &world.clerk(),
        READ,
        &[],
        frame(&vec![0; 300 * 1024]).to_vec(),
    )
    .await;
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::ResourceExhausted, "BODY_TOO_LARGE")
    );
    assert!(world.services.asked(READ).is_empty());
}

#[tokio::test]
async fn a_codec_that_is_not_protobuf_and_a_transport_without_trailers_are_refused() {
    let world = World::start().await;
    let bearer = world.clerk().bearer();
    let body = frame(&question(&world).encode_to_vec());
    for kind in [
        "application/grpc+json",
        "application/grpc-web+json",
        "application/grpcx",
        "application/grpc-webx",
    ] {
        let answer = world
            .http2(
                READ,
                &[("content-type", kind), ("authorization", &bearer)],
                body.clone(),
            )
            .await;
        assert_eq!(answer.status, 415, "{kind}");
    }
    let headers = [("content-type", "application/grpc"), ("authorization", &bearer)];
    let old = world.http(http::Method::POST, READ, &headers, body).await;
    assert_eq!(old.status, 505);
    assert!(world.services.asked(READ).is_empty());
}

#[tokio::test]
async fn a_content_type_may_be_written_in_any_case_and_with_parameters() {
    let world = World::start().await;
    let bearer = world.clerk().bearer();
    let body = frame(&question(&world).encode_to_vec());
    for kind in [
        "application/grpc",
        "application/grpc+proto",
        "Application/gRPC",
        "application/grpc; x=y",
    ] {
        let answer = world
            .http2(
                READ,
                &[("content-type", kind), ("authorization", &bearer)],
                body.clone(),
            )
            .await;
        assert_eq!(answer.grpc().code(), Code::Ok, "{kind}");
    }
}
