use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use gateway::frame::{Messages, frame};
use http::Method;
use prost::Message;
use proto::organization::v1::{GetOrganizationRequest, GetOrganizationResponse};

use super::READ;
use crate::world::{Answer, Person, World};

const BINARY: &str = "application/grpc-web+proto";
const TEXT: &str = "application/grpc-web-text";

fn question(world: &World) -> Bytes {
    let asked = GetOrganizationRequest {
        organization_id: world.branch.to_string(),
        ..Default::default()
    };
    frame(&asked.encode_to_vec())
}

async fn call(world: &World, who: Option<&Person>, kind: &str, body: impl Into<Bytes>) -> Answer {
    let bearer = who.map(Person::bearer);
    let mut headers = vec![("content-type", kind)];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    world.http(Method::POST, READ, &headers, body).await
}

/// The bytes behind an answer: in text each piece is base64 of its own, with its padding.
fn bytes(answer: &Answer) -> Vec<u8> {
    if !answer.header("content-type").starts_with(TEXT) {
        return answer.body.to_vec();
    }
    let text = std::str::from_utf8(&answer.body).expect("a text");
    let pieces = text
        .as_bytes()
        .chunks(4)
        .map(|four| STANDARD.decode(four).expect("base64"));
    pieces.flatten().collect()
}

/// The messages, and the lines of the trailers at the end.
fn read(answer: &Answer) -> (Vec<Bytes>, String) {
    let bytes = bytes(answer);
    let mut messages = Vec::new();
    let mut at = bytes.as_slice();
    while at.first() == Some(&0) {
        let mut one = Messages::default();
        one.push(at);
        let message = one.next_whole().expect("small").expect("whole");
        at = &at[5 + message.len()..];
        messages.push(message);
    }
    assert_eq!(at.first(), Some(&128), "trailers at the end: {at:?}");
    let length = u32::from_be_bytes(at[1..5].try_into().expect("four")) as usize;
    assert_eq!(at.len(), 5 + length, "nothing after them");
    (messages, String::from_utf8_lossy(&at[5..]).into_owned())
}

#[tokio::test]
async fn a_message_goes_out_and_comes_back_in_binary_and_in_text_with_trailers_in_the_body() {
    let world = World::start().await;
    let clerk = world.clerk();
    let text = STANDARD.encode(question(&world));
    for (kind, body) in [
        (BINARY, question(&world)),
        ("application/grpc-web", question(&world)),
        (TEXT, text.into()),
    ] {
        let answer = call(&world, Some(&clerk), kind, body).await;
        assert_eq!(answer.status, 200);
        let (messages, trailers) = read(&answer);
        assert_eq!(messages.len(), 1, "{kind}");
        let message = GetOrganizationResponse::decode(messages[0].clone()).expect("a message");
        assert_eq!(
            message.organization.map(|one| one.id),
            Some(world.branch.to_string())
        );
        assert!(trailers.contains("grpc-status:0\r\n"), "{trailers}");
    }
}

#[tokio::test]
async fn a_refusal_stands_in_the_trailers_in_the_body() {
    let world = World::start().await;
    let clerk = world.clerk();
    let absent = GetOrganizationRequest {
        organization_id: kernel::id::OrganizationId::new().to_string(),
        ..Default::default()
    };
    let absent = frame(&absent.encode_to_vec());
    let cases: [(Option<&Person>, &str, Bytes, &str); 6] = [
        (Some(&clerk), BINARY, absent.clone(), "5"),
        (Some(&clerk), TEXT, STANDARD.encode(&absent).into(), "5"),
        (None, BINARY, absent.clone(), "16"),
        (Some(&clerk), BINARY, Bytes::from_static(b"\0\0\0\0\x05abc"), "3"),
        (Some(&clerk), TEXT, Bytes::from_static(b"%%%"), "3"),
        (Some(&clerk), TEXT, absent, "3"),
    ];
    for (who, kind, body, code) in cases {
        let answer = call(&world, who, kind, body.clone()).await;
        assert_eq!(answer.status, 200, "{kind} {body:?}");
        let (messages, trailers) = read(&answer);
        assert!(messages.is_empty());
        assert!(
            trailers.contains(&format!("grpc-status:{code}\r\n")),
            "{kind} {body:?}: {trailers}"
        );
        assert!(trailers.contains("grpc-status-details-bin:"), "{trailers}");
    }
}

#[tokio::test]
async fn a_message_that_fits_in_binary_fits_in_text() {
    let world = World::start().await;
    let clerk = world.clerk();
    // What is not known is passed over by the service; only the size matters.
    let large = frame(&[&[0x7a, 0x80, 0x80, 0x10][..], &vec![b'x'; 256 * 1024]].concat()[..256 * 1024]);
    let text = STANDARD.encode(&large);
    for (kind, body) in [(BINARY, large), (TEXT, text.into())] {
        call(&world, Some(&clerk), kind, body).await;
    }
    assert_eq!(world.services.asked(READ).len(), 2, "both went through");
}
