use access::Table;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use http::Method;
use prost::Message;
use proto::organization::v1::{GetOrganizationRequest, GetOrganizationResponse};
use serde_json::json;

use super::{READ, WRITE};
use crate::world::{Answer, World};

async fn get(world: &World, path: &str, query: &str) -> Answer {
    let bearer = world.clerk().bearer();
    world
        .http(
            Method::GET,
            &format!("{path}?{query}"),
            &[("authorization", &bearer)],
            "",
        )
        .await
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn a_read_may_be_got_in_json_and_in_protobuf_plain_and_in_base64() {
    let world = World::start().await;
    let asked = json!({ "organizationId": world.branch.to_string() }).to_string();
    for query in [
        format!("encoding=json&message={}", encoded(&asked)),
        format!(
            "connect=v1&encoding=json&base64=1&message={}",
            URL_SAFE_NO_PAD.encode(&asked)
        ),
        format!(
            "encoding=json&base64=1&message={}",
            encoded(&URL_SAFE.encode(&asked))
        ),
    ] {
        let answer = get(&world, READ, &query).await;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        assert_eq!(answer.json()["organization"]["id"], world.branch.to_string());
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let asked = GetOrganizationRequest {
        organization_id: world.branch.to_string(),
        ..Default::default()
    };
    let query = format!(
        "encoding=proto&base64=1&message={}",
        URL_SAFE_NO_PAD.encode(asked.encode_to_vec())
    );
    let answer = get(&world, READ, &query).await;
    let read = GetOrganizationResponse::decode(answer.body).expect("a message");
    assert_eq!(
        read.organization.map(|one| one.id),
        Some(world.branch.to_string())
    );
}

#[tokio::test]
async fn what_changes_anything_cannot_be_got() {
    let world = World::start().await;
    let answer = get(&world, WRITE, "encoding=json&message=%7B%7D").await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"));
    assert!(world.services.asked(WRITE).is_empty());
}

#[tokio::test]
async fn what_needs_a_purpose_cannot_be_got_since_a_url_stands_in_the_logs_of_proxies_n_24() {
    let world = World::start().await;
    let sensitive: Vec<&str> = Table::of_suite()
        .iter()
        .filter(|policy| policy.purpose)
        .map(|policy| policy.path.as_str())
        .collect();
    assert!(sensitive.iter().any(|path| path.ends_with("/FindMember")));
    let asked = json!({ "identityNumber": "110101199003078515", "purpose": "核对身份" }).to_string();
    for path in sensitive {
        let answer = get(
            &world,
            path,
            &format!("encoding=json&message={}", encoded(&asked)),
        )
        .await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (405, "POST"),
            "{path}"
        );
        assert!(world.services.asked(path).is_empty(), "{path}");
    }
}

#[tokio::test]
async fn what_does_not_say_how_it_is_written_is_not_read() {
    let world = World::start().await;
    for query in ["", "message=%7B%7D", "encoding=xml&message=%7B%7D"] {
        assert_eq!(get(&world, READ, query).await.status, 415, "{query}");
    }
}

#[tokio::test]
async fn wrong_base64_wrong_messages_and_wrong_versions_are_refused() {
    let world = World::start().await;
    let standard = encoded(&STANDARD.encode([0xfb, 0xff, 0xfe]));
    for (query, reason) in [
        (
            "encoding=json&base64=1&message=%25%25".to_owned(),
            "BASE64_INVALID",
        ),
        (
            format!("encoding=json&base64=1&message={standard}"),
            "BASE64_INVALID",
        ),
        ("encoding=json&message=%7B".to_owned(), "MESSAGE_INVALID"),
        ("encoding=json&base64=1&message=_w".to_owned(), "MESSAGE_INVALID"),
        ("encoding=proto&base64=1&message=_w".to_owned(), "MESSAGE_INVALID"),
        (
            "connect=v2&encoding=json&message=%7B%7D".to_owned(),
            "PROTOCOL_VERSION_UNKNOWN",
        ),
        (
            "encoding=json&compression=gzip&message=%7B%7D".to_owned(),
            "COMPRESSION_NOT_SPOKEN",
        ),
    ] {
        assert_eq!(get(&world, READ, &query).await.reason(), reason, "{query}");
    }
    assert!(world.services.asked(READ).is_empty());
}

#[tokio::test]
async fn a_get_that_does_not_say_how_its_message_is_written_is_told_how_and_the_address_itself_what_it_is() {
    let world = World::start().await;
    let kind = [("content-type", "application/json")];
    let answer = world.http(Method::GET, READ, &kind, "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.reason().as_str()),
        (415, "ENCODING_MISSING")
    );
    assert!(answer.json()["message"].to_string().contains("encoding=json"));
    let answer = world.http(Method::GET, "/", &[("accept", "text/html")], "").await;
    assert_eq!(answer.status, 200);
    assert!(
        String::from_utf8_lossy(&answer.body).contains("这里是支部的接口"),
        "{answer:?}"
    );
}
