use bytes::Bytes;
use http::Method;
use prost::Message;
use proto::{
    member::v1::CountMembersResponse,
    organization::v1::{GetOrganizationRequest, GetOrganizationResponse},
};
use serde_json::json;

use super::{COUNT, READ, WRITE};
use crate::world::{Answer, Person, World, is_chinese};

const PAGE: &str = "/zhibu.gateway.v1.GatewayService/GetCountyPage";
const IMPORT: &str = "/zhibu.organization.v1.OrganizationService/ImportOrganizations";

async fn post(world: &World, who: &Person, path: &str, kind: &str, body: impl Into<Bytes>) -> Answer {
    let bearer = who.bearer();
    world
        .http(
            Method::POST,
            path,
            &[("content-type", kind), ("authorization", &bearer)],
            body,
        )
        .await
}

#[tokio::test]
async fn a_message_goes_out_and_comes_back_in_json() {
    let world = World::start().await;
    let asked = json!({ "organizationId": world.branch.to_string() });
    let answer = world.json(Some(&world.clerk()), READ, asked).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/json")
    );
    let organization = &answer.json()["organization"];
    assert_eq!(organization["id"], world.branch.to_string());
    assert_eq!(
        organization["kind"], "ORGANIZATION_KIND_BRANCH",
        "enums by their names"
    );
    assert_eq!(organization["name"], "某某支部");
    assert!(!answer.headers.contains_key("grpc-status"));
}

#[tokio::test]
async fn names_of_fields_may_be_written_as_in_the_contract_and_an_empty_body_is_an_empty_message() {
    let world = World::start().await;
    let clerk = world.clerk();
    let answer = world
        .json(
            Some(&clerk),
            READ,
            json!({ "organization_id": world.branch.to_string() }),
        )
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        post(&world, &clerk, IMPORT, "application/json", "").await.status,
        200
    );
    assert_eq!(
        post(&world, &clerk, IMPORT, "application/json; charset=utf-8", "{}")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_message_goes_out_and_comes_back_in_protobuf() {
    let world = World::start().await;
    let asked = GetOrganizationRequest {
        organization_id: world.branch.to_string(),
        ..Default::default()
    };
    let answer = post(
        &world,
        &world.clerk(),
        READ,
        "application/proto",
        asked.encode_to_vec(),
    )
    .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/proto")
    );
    let read = GetOrganizationResponse::decode(answer.body).expect("a message");
    assert_eq!(
        read.organization.map(|one| one.id),
        Some(world.branch.to_string())
    );
}

#[tokio::test]
async fn what_is_known_to_be_zero_is_told_from_what_is_not_known() {
    let world = World::start().await;
    world.services.count_members(0);
    let clerk = world.clerk();
    let asked = json!({ "organizationId": world.county.to_string() });
    let page = world.json(Some(&clerk), PAGE, asked.clone()).await.json();
    assert_eq!(page["members"], 2);
    assert_eq!(page["findingsOpen"], 5);
    world.services.feel("rating", crate::services::Mood::Absent);
    let page = world.json(Some(&world.clerk()), PAGE, asked).await.json();
    assert!(page.get("findingsOpen").is_none(), "{page}");
}

#[tokio::test]
async fn an_error_has_its_code_a_chinese_sentence_and_its_details() {
    let world = World::start().await;
    let clerk = world.clerk();
    let absent = json!({ "organizationId": kernel::id::OrganizationId::new().to_string() });
    let answer = world.json(Some(&clerk), READ, absent).await;
    let error = answer.json();
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (404, "application/json")
    );
    assert_eq!(
        (error["code"].as_str(), answer.reason().as_str()),
        (Some("not_found"), "NOT_FOUND")
    );
    assert!(is_chinese(error["message"].as_str().expect("a message")));

    let wrong = json!({ "organizationId": world.county.to_string(), "cycleId": "x" });
    let answer = world.json(Some(&clerk), PAGE, wrong).await;
    let error = answer.json();
    assert_eq!(
        (answer.status.as_u16(), answer.reason().as_str()),
        (400, "FIELDS_INVALID")
    );
    let kinds: Vec<_> = error["details"]
        .as_array()
        .expect("details")
        .iter()
        .map(|one| one["type"].clone())
        .collect();
    for kind in [
        "google.rpc.ErrorInfo",
        "google.rpc.BadRequest",
        "google.rpc.LocalizedMessage",
    ] {
        assert!(kinds.contains(&json!(kind)), "{kind}: {kinds:?}");
    }
    let readable = |kind: &str| {
        let details = error["details"].as_array().expect("details").iter();
        details
            .filter(|one| one["type"] == kind)
            .map(|one| one["debug"].clone())
            .next()
    };
    let info = readable("google.rpc.ErrorInfo").expect("an ErrorInfo");
    assert_eq!(
        (&info["reason"], &info["domain"]),
        (&json!("FIELDS_INVALID"), &json!("zhibu"))
    );
    let bad = readable("google.rpc.BadRequest").expect("a BadRequest");
    let field = &bad["fieldViolations"][0];
    assert_eq!(field["field"], "cycle_id", "{bad}");
    let told = field["description"].as_str().expect("a sentence");
    assert!(told.starts_with("STRING_UUID: ") && is_chinese(told), "{bad}");
}

#[tokio::test]
async fn what_is_no_such_message_is_told_with_its_name_and_place() {
    let world = World::start().await;
    for (body, told) in [
        (r#"{"organisationId":"x"}"#, "问题在 organisationId（第 1 行第 "),
        (
            r#"{"organizationId":"x","organization_id":"x"}"#,
            "问题在 organization_id（第 1 行第 ",
        ),
        (r#"{"organizationId":"#, "（第 1 行第 "),
    ] {
        let answer = post(&world, &world.clerk(), READ, "application/json", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.reason().as_str()),
            (400, "MESSAGE_INVALID")
        );
        let message = answer.json()["message"].to_string();
        assert!(message.contains(told), "{message}");
    }
}

#[tokio::test]
async fn a_fault_of_a_service_is_told_without_its_text() {
    let world = World::start().await;
    let clerk = world.clerk();
    for mood in [
        crate::services::Mood::Failing,
        crate::services::Mood::Html,
        crate::services::Mood::Garbage,
    ] {
        world.services.feel("member", mood);
        let asked = json!({ "organizationId": world.branch.to_string() });
        let answer = world.json(Some(&clerk), COUNT, asked).await;
        assert!(answer.status.is_server_error(), "{mood:?}: {answer:?}");
        assert!(
            is_chinese(answer.json()["message"].as_str().expect("a message")),
            "{mood:?}: {answer:?}"
        );
        let told = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(
            !told.contains(crate::services::SECRET) && !told.contains("html"),
            "{mood:?}: {told}"
        );
    }
}

#[tokio::test]
async fn what_is_not_such_a_message_is_refused_before_any_service_sees_it() {
    let world = World::start().await;
    let clerk = world.clerk();
    let deep = |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
    let field = |text: &str| format!(r#"{{"organizationId":{text}}}"#);
    for body in [
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "1".to_owned(),
        r#""x""#.to_owned(),
        "{} {}".to_owned(),
        "\u{feff}{}".to_owned(),
        r#"{"boss":"x"}"#.to_owned(),
        r#"{"@type":"x"}"#.to_owned(),
        r#"{"organizationId":"a","organizationId":"b"}"#.to_owned(),
        r#"{"organizationId":"a","organization_id":"b"}"#.to_owned(),
        r#"{"organizationId":"a","organizationId":null}"#.to_owned(),
        field("1"),
        field("[]"),
        field("{}"),
        field("true"),
        field(r#""\ud800""#),
        deep("[", "]", 100_000),
        deep(r#"{"organizationId":"#, "}", 10_000),
        field(&deep("[", "]", 50_000)),
    ] {
        let answer = post(&world, &clerk, READ, "application/json", body.clone()).await;
        let shown = body.get(..60).unwrap_or(&body);
        assert_eq!(
            (answer.status.as_u16(), answer.reason().as_str()),
            (400, "MESSAGE_INVALID"),
            "{shown}"
        );
    }
    let not_utf8 = post(
        &world,
        &clerk,
        READ,
        "application/json",
        &b"{\"organizationId\":\"\xff\"}"[..],
    )
    .await;
    assert_eq!(not_utf8.reason(), "MESSAGE_INVALID");
    let not_proto = post(&world, &clerk, READ, "application/proto", &b"\xff\xff\xff"[..]).await;
    assert_eq!(not_proto.reason(), "MESSAGE_INVALID");
    let rows = r#"{"rows":[{"line":1,"line":2}]}"#;
    assert_eq!(
        post(&world, &clerk, IMPORT, "application/json", rows)
            .await
            .reason(),
        "MESSAGE_INVALID",
        "deeper too"
    );
    let kind = r#"{"rows":[{"kind":"NO_SUCH_KIND"}]}"#;
    assert_eq!(
        post(&world, &clerk, IMPORT, "application/json", kind)
            .await
            .reason(),
        "MESSAGE_INVALID"
    );
    assert!(world.services.asked(READ).is_empty() && world.services.asked(IMPORT).is_empty());
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let world = World::start().await;
    let clerk = world.clerk();
    let answer = post(&world, &clerk, READ, "application/json", " ".repeat(300 * 1024)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.reason().as_str()),
        (429, "BODY_TOO_LARGE")
    );
    let just = format!("{{}}{}", " ".repeat(200 * 1024));
    assert_eq!(
        post(&world, &clerk, IMPORT, "application/json", just)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_wrong_content_type_is_told_which_are_right() {
    let world = World::start().await;
    let clerk = world.clerk();
    for kind in [
        "text/plain",
        "",
        "application/xml",
        "application/jsonx",
        "application/connect+json",
        "multipart/form-data",
    ] {
        let answer = post(&world, &clerk, READ, kind, "{}").await;
        assert_eq!(answer.status, 415, "{kind:?}");
        assert!(
            answer.header("accept-post").contains("application/json"),
            "{answer:?}"
        );
        assert_eq!(answer.reason(), "CONTENT_TYPE_UNKNOWN", "also in the body");
    }
    assert!(world.services.asked(READ).is_empty());
}

#[tokio::test]
async fn a_wrong_http_method_is_told_which_are_right() {
    let world = World::start().await;
    let bearer = world.clerk().bearer();
    let headers = [("content-type", "application/json"), ("authorization", &bearer)];
    for method in [
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::TRACE,
    ] {
        let read = world.http(method.clone(), READ, &headers, "").await;
        assert_eq!(
            (read.status.as_u16(), read.header("allow")),
            (405, "GET, POST"),
            "{method}"
        );
        let write = world.http(method.clone(), WRITE, &headers, "").await;
        assert_eq!(
            (write.status.as_u16(), write.header("allow")),
            (405, "POST"),
            "{method}"
        );
    }
}

#[tokio::test]
async fn another_version_of_the_protocol_and_compressed_bodies_are_not_spoken() {
    let world = World::start().await;
    let bearer = world.clerk().bearer();
    for (name, value, status, reason) in [
        ("connect-protocol-version", "1", 404, "NOT_FOUND"),
        ("content-encoding", "identity", 404, "NOT_FOUND"),
        ("connect-protocol-version", "2", 400, "PROTOCOL_VERSION_UNKNOWN"),
        ("content-encoding", "gzip", 501, "COMPRESSION_NOT_SPOKEN"),
        ("content-encoding", "br", 501, "COMPRESSION_NOT_SPOKEN"),
    ] {
        let headers = [
            ("content-type", "application/json"),
            ("authorization", &bearer),
            (name, value),
        ];
        let answer = world.http(Method::POST, READ, &headers, "{}").await;
        assert_eq!(
            (answer.status.as_u16(), answer.reason().as_str()),
            (status, reason),
            "{name}: {value}"
        );
    }
}

#[tokio::test]
async fn large_numbers_are_texts_and_defaults_are_left_out() {
    let world = World::start().await;
    let asked = json!({ "branchId": world.branch.to_string() });
    let clerk = world.clerk();
    let answer = world
        .json(Some(&clerk), "/zhibu.rating.v1.RatingService/GetResult", asked)
        .await
        .json();
    assert_eq!(
        (&answer["result"]["total"], &answer["result"]["star"]),
        (&json!("91000"), &json!(4))
    );
    assert!(answer["result"].get("minus").is_none());
    let asked = json!({ "organizationId": world.branch.to_string() });
    let members = world.json(Some(&clerk), COUNT, asked).await.json();
    assert_eq!(members, json!({ "full": 21, "probationary": 2, "exempt": 1 }));
    assert_eq!(CountMembersResponse::default().full, 0);
}
