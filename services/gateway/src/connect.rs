//! JSON by the Connect protocol, for every unary and server-streaming RPC, transcoded from the descriptors with
//! the canonical proto JSON mapping. No RPC has code of its own here.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, StatusCode};
use kernel::{Kind, Refusal};
use prost::Message;
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::{Value, json};
use tonic::{Code, Status};
use tonic_types::pb::{BadRequest, ErrorInfo, RetryInfo};

mod once;

/// How the bytes of messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Canonical proto JSON.
    Json,
    /// Protobuf.
    Proto,
}

/// What a Connect request is, by its content type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// How messages are written.
    pub codec: Codec,
    /// Whether messages come in envelopes.
    pub streaming: bool,
}

impl Dialect {
    /// The dialect of a content type; `None` for what is not Connect's.
    #[must_use]
    pub fn of(content_type: &str) -> Option<Self> {
        let bare = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let (codec, streaming) = match bare.as_str() {
            "application/json" => (Codec::Json, false),
            "application/proto" => (Codec::Proto, false),
            "application/connect+json" => (Codec::Json, true),
            "application/connect+proto" => (Codec::Proto, true),
            _ => return None,
        };
        Some(Self { codec, streaming })
    }

    /// The content type of the answer.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match (self.codec, self.streaming) {
            (Codec::Json, false) => "application/json",
            (Codec::Proto, false) => "application/proto",
            (Codec::Json, true) => "application/connect+json",
            (Codec::Proto, true) => "application/connect+proto",
        }
    }
}

/// A message in the caller's codec as protobuf.
/// Refuses with `MESSAGE_INVALID` what is not such a message: unknown or repeated fields, wrong types, too deep.
pub fn request(message: &MessageDescriptor, codec: Codec, body: &[u8]) -> Result<Vec<u8>, Refusal> {
    let invalid = |why: String| {
        let zh = format!("请求内容不符合接口定义{}，请核对字段名和类型。", place(&why));
        Refusal::new(Kind::Invalid, "MESSAGE_INVALID", zh)
            .with("why", why.chars().take(200).collect::<String>())
    };
    match codec {
        Codec::Proto => {
            let read = DynamicMessage::decode(message.clone(), body).map_err(|e| invalid(e.to_string()))?;
            Ok(read.encode_to_vec())
        }
        Codec::Json => {
            let body = if body.is_empty() { b"{}" } else { body };
            once::check(message, body).map_err(|e| invalid(e.to_string()))?;
            let mut json = serde_json::Deserializer::from_slice(body);
            let options = DeserializeOptions::new().deny_unknown_fields(true);
            let read = DynamicMessage::deserialize_with_options(message.clone(), &mut json, &options)
                .map_err(|e| invalid(e.to_string()))?;
            json.end().map_err(|e| invalid(e.to_string()))?;
            Ok(read.encode_to_vec())
        }
    }
}

/// Where a reader stopped, in Chinese: the name that it puts in quotes, and line and column.
fn place(why: &str) -> String {
    let name = why.split(['\'', '`']).nth(1).filter(|name| name.len() <= 64);
    let name = name.map_or_else(String::new, |name| format!("，问题在 {name}"));
    let number = |after: &str| -> Option<u32> {
        let rest = why.split(after).nth(1)?;
        rest.split(' ').next()?.parse().ok()
    };
    match (number(" line "), number(" column ")) {
        (Some(line), Some(column)) => format!("{name}（第 {line} 行第 {column} 列）"),
        _ => name,
    }
}

/// A protobuf message in the caller's codec.
pub fn response(message: &MessageDescriptor, codec: Codec, body: Bytes) -> Result<Bytes, Status> {
    if codec == Codec::Proto {
        return Ok(body);
    }
    let nonsense =
        |_| wire::status(kernel::Fault::new("a service answered with what is no message of its own").into());
    let read = DynamicMessage::decode(message.clone(), body).map_err(nonsense)?;
    let mut json = serde_json::Serializer::new(Vec::new());
    let options = SerializeOptions::new().skip_default_fields(true);
    read.serialize_with_options(&mut json, &options)
        .map_err(|e| wire::status(kernel::Fault::from("a message that has no JSON", e).into()))?;
    Ok(json.into_inner().into())
}

/// One envelope of a stream.
#[must_use]
pub fn envelope(flag: u8, message: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(5 + message.len());
    bytes.put_u8(flag);
    bytes.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    bytes.put_slice(message);
    bytes.freeze()
}

/// The last envelope of a stream: flag 2, with the error when there is one.
#[must_use]
pub fn end(status: &Status) -> Bytes {
    let body = if status.code() == Code::Ok {
        json!({})
    } else {
        json!({ "error": error(status) })
    };
    envelope(2, body.to_string().as_bytes())
}

/// An error as Connect writes it.
#[must_use]
pub fn error(status: &Status) -> Value {
    let mut details = Vec::new();
    if let Ok(rich) = tonic_types::pb::Status::decode(status.details()) {
        for any in rich.details {
            let kind = any.type_url.rsplit('/').next().unwrap_or_default().to_owned();
            let mut detail = json!({ "type": kind, "value": STANDARD_NO_PAD.encode(&any.value) });
            if let Some(debug) = readable(&kind, &any.value) {
                detail["debug"] = debug;
            }
            details.push(detail);
        }
    }
    json!({ "code": code(status.code()), "message": status.message(), "details": details })
}

/// A detail as the protocol's `debug` shows it: for whoever reads JSON and has no protobuf at hand.
fn readable(kind: &str, value: &[u8]) -> Option<Value> {
    match kind {
        "google.rpc.ErrorInfo" => {
            let info = ErrorInfo::decode(value).ok()?;
            Some(json!({ "reason": info.reason, "domain": info.domain, "metadata": info.metadata }))
        }
        "google.rpc.BadRequest" => {
            let bad = BadRequest::decode(value).ok()?;
            let fields = bad.field_violations.into_iter();
            let fields: Vec<Value> = fields
                .map(|one| json!({ "field": one.field, "description": one.description }))
                .collect();
            Some(json!({ "fieldViolations": fields }))
        }
        "google.rpc.RetryInfo" => {
            let delay = RetryInfo::decode(value).ok()?.retry_delay?;
            let seconds = format!("{}.{:09}s", delay.seconds, delay.nanos);
            Some(json!({ "retryDelay": seconds }))
        }
        _ => None,
    }
}

/// The protocol's name of a code and the HTTP status that goes with it.
const CODES: [(Code, &str, u16); 16] = [
    (Code::Cancelled, "canceled", 499),
    (Code::Unknown, "unknown", 500),
    (Code::InvalidArgument, "invalid_argument", 400),
    (Code::DeadlineExceeded, "deadline_exceeded", 504),
    (Code::NotFound, "not_found", 404),
    (Code::AlreadyExists, "already_exists", 409),
    (Code::PermissionDenied, "permission_denied", 403),
    (Code::ResourceExhausted, "resource_exhausted", 429),
    (Code::FailedPrecondition, "failed_precondition", 400),
    (Code::Aborted, "aborted", 409),
    (Code::OutOfRange, "out_of_range", 400),
    (Code::Unimplemented, "unimplemented", 501),
    (Code::Internal, "internal", 500),
    (Code::Unavailable, "unavailable", 503),
    (Code::DataLoss, "data_loss", 500),
    (Code::Unauthenticated, "unauthenticated", 401),
];

fn code(code: Code) -> &'static str {
    CODES
        .iter()
        .find(|(c, ..)| *c == code)
        .map_or("unknown", |(_, name, _)| name)
}

/// The HTTP status of a code.
#[must_use]
pub fn http_status(code: Code) -> StatusCode {
    let number = CODES
        .iter()
        .find(|(c, ..)| *c == code)
        .map_or(500, |(.., number)| *number);
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The caller's deadline as gRPC writes it, when he gave one.
/// Refuses with `TIMEOUT_INVALID` what is not up to ten digits.
pub fn timeout(headers: &HeaderMap) -> Result<Option<HeaderValue>, Refusal> {
    let Some(given) = headers.get("connect-timeout-ms") else {
        return Ok(None);
    };
    let text = given.to_str().unwrap_or_default();
    let digits = (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !digits {
        return Err(Refusal::new(
            Kind::Invalid,
            "TIMEOUT_INVALID",
            "connect-timeout-ms 应为不超过十位的毫秒数。",
        ));
    }
    // gRPC takes eight digits: whole seconds are exact enough beyond that.
    let grpcs = if text.len() <= 8 {
        format!("{text}m")
    } else {
        format!("{}S", &text[..text.len() - 3])
    };
    Ok(HeaderValue::try_from(grpcs).ok())
}

#[cfg(test)]
mod tests {
    use prost_reflect::ReflectMessage;
    use proto::organization::v1::GetOrganizationRequest;

    use super::*;

    fn descriptor() -> MessageDescriptor {
        GetOrganizationRequest::default().descriptor()
    }

    #[test]
    fn json_is_read_by_its_canonical_names_and_written_back() {
        let bytes = request(
            &descriptor(),
            Codec::Json,
            br#"{"organizationId":"x","asOf":"2025-01-01"}"#,
        )
        .expect("read");
        let read = GetOrganizationRequest::decode(bytes.as_slice()).expect("message");
        assert_eq!(
            (read.organization_id.as_str(), read.as_of.as_str()),
            ("x", "2025-01-01")
        );
        let json = response(&descriptor(), Codec::Json, bytes.into()).expect("json");
        assert_eq!(json, r#"{"organizationId":"x","asOf":"2025-01-01"}"#);
    }

    #[test]
    fn what_is_not_the_message_is_refused() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for body in [
            r#"{"boss":1}"#,
            r#"{"organizationId":1}"#,
            r#"{"organizationId":"a","organizationId":"b"}"#,
            r#"{"organizationId":"a","organization_id":"b"}"#,
            "[]",
            "{",
            r#"{} {}"#,
            deep.as_str(),
        ] {
            let refusal = request(&descriptor(), Codec::Json, body.as_bytes())
                .expect_err(body.get(..20).unwrap_or(body));
            assert_eq!(refusal.reason, "MESSAGE_INVALID");
        }
    }

    #[test]
    fn an_error_carries_its_details_as_the_protocol_writes_them() {
        let status = wire::status(Refusal::not_found().into());
        let json = error(&status);
        assert_eq!(json["code"], "not_found");
        assert_eq!(json["details"][0]["type"], "google.rpc.ErrorInfo");
        assert_eq!(http_status(status.code()), StatusCode::NOT_FOUND);
    }

    #[test]
    fn a_timeout_becomes_grpcs_and_a_wrong_one_is_refused() {
        let with = |value: &str| {
            HeaderMap::from_iter([(
                http::HeaderName::from_static("connect-timeout-ms"),
                value.parse().expect("value"),
            )])
        };
        assert_eq!(
            timeout(&with("2500")).expect("timeout"),
            Some(HeaderValue::from_static("2500m"))
        );
        assert_eq!(
            timeout(&with("1234567890")).expect("timeout"),
            Some(HeaderValue::from_static("1234567S"))
        );
        assert_eq!(timeout(&HeaderMap::new()).expect("none"), None);
        for wrong in ["", "-1", "1e3", "12345678901"] {
            assert!(timeout(&with(wrong)).is_err(), "{wrong}");
        }
    }
}
