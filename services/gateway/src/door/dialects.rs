//! The three dialects at the door: how a request is recognized and read, and how a refusal is written.

use access::Policy;
use axum::body::Body;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use kernel::{Kind, Refusal};
use prost_reflect::{MessageDescriptor, MethodDescriptor};
use tonic::Status;

use super::{answers, is_compressed};
use crate::{
    connect::{self, Codec, Dialect},
    frame,
};

/// Room for the frame around a message.
const FRAME: usize = 1024;

/// How the caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// gRPC over HTTP/2.
    Grpc,
    /// gRPC-Web: trailers in the body; `text` when it is base64.
    Web { text: bool },
    /// Connect: JSON or protobuf.
    Connect(Dialect),
    /// Connect's GET, for methods without side effects that need no purpose; `None` when it does not say how its
    /// message is written.
    Get(Option<Codec>),
    /// A content type that we do not know.
    Unknown,
    /// An HTTP method that no dialect has.
    NoMethod,
}

/// The dialect of a request, by its method and content type.
pub(super) fn of(request: &Request<Body>) -> Speech {
    if *request.method() == Method::GET {
        let encoding = request.uri().query().and_then(|q| parameter(q, "encoding"));
        return Speech::Get(match encoding.as_deref() {
            Some("json") => Some(Codec::Json),
            Some("proto") => Some(Codec::Proto),
            _ => None,
        });
    }
    if *request.method() != Method::POST {
        return Speech::NoMethod;
    }
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let bare = kind.split(';').next().unwrap_or_default().trim();
    match bare.to_ascii_lowercase().as_str() {
        "application/grpc-web-text" | "application/grpc-web-text+proto" => Speech::Web { text: true },
        "application/grpc-web" | "application/grpc-web+proto" => Speech::Web { text: false },
        "application/grpc" | "application/grpc+proto" => Speech::Grpc,
        bare => Dialect::of(bare).map_or(Speech::Unknown, Speech::Connect),
    }
}

impl Speech {
    /// Whether this method can be spoken to so.
    pub(super) fn fits(
        self,
        request: &Request<Body>,
        method: &MethodDescriptor,
        policy: &Policy,
    ) -> Result<(), Box<Response<Body>>> {
        let streams = method.is_server_streaming();
        // A URL stands in the logs of every proxy: what needs a purpose is never asked for in one (N-24).
        let gets = !policy.writes && !policy.purpose && !streams;
        let no = |status, name: &'static str, value: &'static str| {
            let body = connect::error(&wire::status(unfit(status).into())).to_string();
            let mut response = answers::written(status, "application/json", body.into());
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
            Err(Box::new(response))
        };
        match self {
            Self::NoMethod | Self::Get(_) if !gets => no(StatusCode::METHOD_NOT_ALLOWED, "allow", "POST"),
            Self::NoMethod => no(StatusCode::METHOD_NOT_ALLOWED, "allow", "GET, POST"),
            // Its status stands in trailers, which HTTP/1.1 may lose.
            Self::Grpc if request.version() < Version::HTTP_2 => {
                no(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "upgrade", "h2c")
            }
            Self::Get(None) => {
                let mut response = self.refuse(&wire::status(encoding_missing().into()));
                *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                Err(Box::new(response))
            }
            Self::Get(Some(_)) | Self::Grpc | Self::Web { .. } => Ok(()),
            Self::Connect(dialect) if dialect.streaming == streams => Ok(()),
            _ if streams => no(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "accept-post",
                "application/connect+json, application/connect+proto, application/grpc, application/grpc-web",
            ),
            _ => no(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "accept-post",
                "application/json, application/proto, application/grpc, application/grpc-web",
            ),
        }?;
        self.speaks_ours(request.headers(), request.uri().query())
            .map_err(|refusal| Box::new(self.refuse(&wire::status(refusal.into()))))
    }

    /// One version of Connect, and nothing compressed.
    fn speaks_ours(self, headers: &HeaderMap, query: Option<&str>) -> Result<(), Refusal> {
        let query = query.unwrap_or_default();
        let (version, compressed) = match self {
            Self::Connect(_) => (
                headers
                    .get("connect-protocol-version")
                    .is_none_or(|version| version == "1"),
                is_compressed(headers),
            ),
            Self::Get(_) => (
                parameter(query, "connect").is_none_or(|version| version == "v1"),
                parameter(query, "compression").is_some_and(|how| !how.is_empty() && how != "identity"),
            ),
            _ => (true, is_compressed(headers)),
        };
        if !version {
            let zh = "不支持这个 Connect 协议版本，应为 1。";
            return Err(Refusal::new(Kind::Invalid, "PROTOCOL_VERSION_UNKNOWN", zh));
        }
        if compressed {
            return Err(frame::compressed());
        }
        Ok(())
    }

    /// Bytes that the body may have: base64 is a third longer than what it carries.
    pub(super) fn body_limit(self, policy: &Policy) -> usize {
        let limit = policy.body_limit + FRAME;
        match self {
            Self::Web { text: true } => limit.div_ceil(3) * 4,
            _ => limit,
        }
    }

    /// The request's message as protobuf.
    pub(super) fn message(
        self,
        input: &MessageDescriptor,
        body: Bytes,
        query: Option<&str>,
    ) -> Result<Bytes, Refusal> {
        match self {
            Self::Grpc | Self::Web { text: false } => frame::unframe(body),
            Self::Web { text: true } => {
                frame::unframe(STANDARD.decode(&body).map_err(|_| not_base64())?.into())
            }
            Self::Connect(dialect) if dialect.streaming => {
                Ok(connect::request(input, dialect.codec, &frame::unframe(body)?)?.into())
            }
            Self::Connect(dialect) => Ok(connect::request(input, dialect.codec, &body)?.into()),
            Self::Get(codec) => {
                let query = query.unwrap_or_default();
                let message = parameter(query, "message").unwrap_or_default();
                let bytes = if parameter(query, "base64").as_deref() == Some("1") {
                    let padded = message.trim_end_matches('=');
                    URL_SAFE_NO_PAD.decode(padded).map_err(|_| not_base64())?
                } else {
                    message.into_bytes()
                };
                Ok(connect::request(input, codec.unwrap_or(Codec::Json), &bytes)?.into())
            }
            Self::Unknown | Self::NoMethod => Err(Refusal::new(
                Kind::Invalid,
                "DIALECT_UNKNOWN",
                "不支持这种内容类型。",
            )),
        }
    }

    /// A refusal in the caller's dialect.
    pub(super) fn refuse(self, status: &Status) -> Response<Body> {
        let mut response = match self {
            Self::Grpc => answers::guarded(status.clone().into_http::<Body>()),
            Self::Web { text } => answers::web(text, status),
            Self::Connect(dialect) if dialect.streaming => answers::written(
                StatusCode::OK,
                dialect.content_type(),
                connect::end(status).into(),
            ),
            _ => answers::error(status),
        };
        // For the metrics: only gRPC says it in the head.
        response.extensions_mut().insert(status.code());
        response
    }
}

/// Why a method is not spoken to so, for whoever reads the body and not the head.
fn unfit(status: StatusCode) -> Refusal {
    let (reason, zh) = match status {
        StatusCode::METHOD_NOT_ALLOWED => (
            "METHOD_NOT_ALLOWED",
            "这个接口不能用这种 HTTP 方法调用，请改用 POST。",
        ),
        StatusCode::HTTP_VERSION_NOT_SUPPORTED => {
            ("HTTP_2_ONLY", "gRPC 须经 HTTP/2 调用；HTTP/1.1 请用 JSON。")
        }
        _ => (
            "CONTENT_TYPE_UNKNOWN",
            "不支持这种内容类型，请看响应头 accept-post；JSON 请用 application/json。",
        ),
    };
    Refusal::new(Kind::Unimplemented, reason, zh)
}

fn encoding_missing() -> Refusal {
    let zh = "用 GET 调用时，请在网址的参数中写明 encoding=json 和 message=…，不看 content-type。";
    Refusal::new(Kind::Invalid, "ENCODING_MISSING", zh)
}

fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn not_base64() -> Refusal {
    Refusal::new(Kind::Invalid, "BASE64_INVALID", "内容不是有效的 base64。")
}
