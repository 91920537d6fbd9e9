//! The three dialects at the door: how a request is read and how its answer is written.

use axum::body::Body;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use kernel::{Kind, Refusal};
use tonic::{Code, Status};

use super::{Visit, guarded};
use crate::{
    connect::{self, Codec, Dialect},
    frame::{self, Messages},
};

/// How the caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// gRPC over HTTP/2.
    Grpc,
    /// gRPC-Web: trailers in the body; `text` when it is base64.
    Web { text: bool },
    /// Connect: JSON or protobuf.
    Connect(Dialect),
    /// Connect's GET, for methods without side effects.
    Get(Codec),
    /// Nothing that we know.
    Unknown,
}

/// The dialect of a request, by its method and content type.
pub(super) fn of(method: &Method, content_type: &str, query: Option<&str>) -> Speech {
    if *method == Method::GET {
        return match query.and_then(|q| parameter(q, "encoding")).as_deref() {
            Some("json") => Speech::Get(Codec::Json),
            Some("proto") => Speech::Get(Codec::Proto),
            _ => Speech::Unknown,
        };
    }
    if *method != Method::POST {
        return Speech::Unknown;
    }
    match content_type.split([';', '+']).next().unwrap_or_default().trim() {
        "application/grpc-web-text" => Speech::Web { text: true },
        "application/grpc-web" => Speech::Web { text: false },
        "application/grpc" => Speech::Grpc,
        _ => Dialect::of(content_type).map_or(Speech::Unknown, Speech::Connect),
    }
}

/// An answer of a service, as it came.
pub(super) type Answer = Response<tonic::body::Body>;

impl Speech {
    /// Whether this method can be spoken to so.
    pub(super) fn accept(self, visit: &Visit) -> Result<Self, Box<Response<Body>>> {
        let streams = visit.method.is_server_streaming();
        let fits = match self {
            Self::Unknown => false,
            Self::Connect(dialect) => dialect.streaming == streams,
            Self::Get(_) => !visit.policy.writes && !streams,
            Self::Grpc | Self::Web { .. } => true,
        };
        if fits {
            return Ok(self);
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let accepts = if streams {
            "application/connect+json, application/connect+proto, application/grpc, application/grpc-web"
        } else {
            "application/json, application/proto, application/grpc, application/grpc-web"
        };
        response
            .headers_mut()
            .insert("accept-post", HeaderValue::from_static(accepts));
        Err(Box::new(guarded(response)))
    }

    /// The request's message as protobuf.
    pub(super) fn message(self, visit: &Visit, body: Bytes, query: Option<&str>) -> Result<Bytes, Refusal> {
        let input = visit.method.input();
        match self {
            Self::Grpc | Self::Web { text: false } => frame::unframe(body),
            Self::Web { text: true } => {
                frame::unframe(STANDARD.decode(&body).map_err(|_| not_base64())?.into())
            }
            Self::Connect(Dialect {
                codec,
                streaming: false,
            }) => Ok(connect::request(&input, codec, &body)?.into()),
            Self::Connect(Dialect {
                codec,
                streaming: true,
            }) => Ok(connect::request(&input, codec, &frame::unframe(body)?)?.into()),
            Self::Get(codec) => {
                let query = query.unwrap_or_default();
                let message = parameter(query, "message").unwrap_or_default();
                let bytes = if parameter(query, "base64").as_deref() == Some("1") {
                    let padded = message.trim_end_matches('=');
                    URL_SAFE_NO_PAD.decode(padded).map_err(|_| not_base64())?
                } else {
                    message.into_bytes()
                };
                Ok(connect::request(&input, codec, &bytes)?.into())
            }
            Self::Unknown => Err(Refusal::new(
                Kind::Invalid,
                "DIALECT_UNKNOWN",
                "不支持这种内容类型。",
            )),
        }
    }

    /// A refusal in the caller's dialect.
    pub(super) fn refuse(self, status: &Status) -> Response<Body> {
        guarded(match self {
            Self::Grpc => status.clone().into_http::<Body>(),
            Self::Web { text } => web(text, Bytes::new(), &trailers(status)),
            Self::Connect(dialect) if dialect.streaming => written(
                StatusCode::OK,
                dialect.content_type(),
                connect::end(status).into(),
            ),
            _ => {
                let json = connect::error(status).to_string();
                written(
                    connect::http_status(status.code()),
                    "application/json",
                    json.into(),
                )
            }
        })
    }

    /// A service's answer in the caller's dialect.
    pub(super) async fn answer(self, visit: &Visit, answer: Answer) -> Response<Body> {
        match self {
            Self::Grpc => guarded(answer.map(Body::new)),
            Self::Web { text } => web_answer(text, answer).await,
            Self::Connect(dialect) if dialect.streaming => stream_answer(dialect, visit, answer),
            Self::Connect(dialect) => self.unary(dialect.codec, visit, answer).await,
            Self::Get(codec) => self.unary(codec, visit, answer).await,
            Self::Unknown => self.refuse(&Status::unimplemented("")),
        }
    }

    async fn unary(self, codec: Codec, visit: &Visit, answer: Answer) -> Response<Body> {
        let (message, status) = collect(answer).await;
        let output = visit.method.output();
        match (status.code(), message) {
            (Code::Ok, Some(message)) => match connect::response(&output, codec, message) {
                Ok(body) => {
                    let kind = Dialect {
                        codec,
                        streaming: false,
                    }
                    .content_type();
                    guarded(written(StatusCode::OK, kind, body.into()))
                }
                Err(status) => self.refuse(&status),
            },
            (Code::Ok, None) => self.refuse(&wire::status(
                kernel::Fault::new("an answer without a message").into(),
            )),
            _ => self.refuse(&status),
        }
    }
}

/// The one message and the status of a unary answer.
async fn collect(answer: Answer) -> (Option<Bytes>, Status) {
    if let Some(status) = Status::from_header_map(answer.headers()).filter(|s| s.code() != Code::Ok) {
        return (None, status);
    }
    match answer.into_body().collect().await {
        Err(error) => (None, lost(&error)),
        Ok(body) => {
            let status = body
                .trailers()
                .and_then(Status::from_header_map)
                .unwrap_or_else(|| Status::unknown(""));
            (frame::unframe(body.to_bytes()).ok(), status)
        }
    }
}

async fn web_answer(text: bool, answer: Answer) -> Response<Body> {
    if let Some(status) = Status::from_header_map(answer.headers()).filter(|s| s.code() != Code::Ok) {
        return guarded(web(text, Bytes::new(), &trailers(&status)));
    }
    let body = answer.into_body();
    let chunks = frames(body).map(move |piece| {
        let bytes = match piece {
            Ok(frame) => match frame.into_data() {
                Ok(data) => data,
                Err(frame) => trailer_frame(frame.trailers_ref().unwrap_or(&HeaderMap::new())),
            },
            Err(status) => trailer_frame(&trailers(&status)),
        };
        let bytes = if text {
            STANDARD.encode(&bytes).into()
        } else {
            bytes
        };
        Ok::<_, std::convert::Infallible>(Frame::data(bytes))
    });
    guarded(written(
        StatusCode::OK,
        web_type(text),
        Body::new(StreamBody::new(chunks)),
    ))
}

fn stream_answer(dialect: Dialect, visit: &Visit, answer: Answer) -> Response<Body> {
    if let Some(status) = Status::from_header_map(answer.headers()).filter(|s| s.code() != Code::Ok) {
        return guarded(written(
            StatusCode::OK,
            dialect.content_type(),
            connect::end(&status).into(),
        ));
    }
    let output = visit.method.output();
    let mut messages = Messages::default();
    let mut over = false;
    let chunks = frames(answer.into_body()).flat_map(move |piece| {
        let mut out = Vec::new();
        match piece {
            Err(status) => out.push(connect::end(&status)),
            Ok(frame) => match frame.into_data() {
                Ok(data) => {
                    messages.push(&data);
                    while let Some(message) = messages.next_whole() {
                        match connect::response(&output, dialect.codec, message) {
                            Ok(body) => out.push(connect::envelope(0, &body)),
                            Err(status) => out.push(connect::end(&status)),
                        }
                    }
                }
                Err(frame) => {
                    let status = frame.trailers_ref().and_then(Status::from_header_map);
                    out.push(connect::end(&status.unwrap_or_else(|| Status::unknown(""))));
                }
            },
        }
        // The end is said once, whatever comes after it.
        out.retain(|bytes| {
            let after = over;
            over |= bytes.first() == Some(&2);
            !after
        });
        stream::iter(
            out.into_iter()
                .map(|bytes| Ok::<_, std::convert::Infallible>(Frame::data(bytes))),
        )
    });
    guarded(written(
        StatusCode::OK,
        dialect.content_type(),
        Body::new(StreamBody::new(chunks)),
    ))
}

fn frames(body: tonic::body::Body) -> impl futures::Stream<Item = Result<Frame<Bytes>, Status>> {
    stream::unfold(Some(body), |body| async move {
        let mut body = body?;
        match body.frame().await? {
            Ok(frame) => Some((Ok(frame), Some(body))),
            Err(error) => Some((Err(lost(&error)), None)),
        }
    })
}

fn lost(error: &Status) -> Status {
    tracing::info!(code = ?error.code(), "an answer was cut");
    let zh = "服务的回应中断，请稍后重试。";
    wire::status(Refusal::new(Kind::Unavailable, "ANSWER_CUT", zh).into())
}

fn trailers(status: &Status) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if status.add_header(&mut headers).is_err() {
        headers.insert("grpc-status", HeaderValue::from_static("13"));
    }
    headers
}

/// gRPC-Web's last frame: flag 128, the trailers as lines.
fn trailer_frame(trailers: &HeaderMap) -> Bytes {
    let mut lines = Vec::new();
    for (name, value) in trailers {
        lines.extend_from_slice(name.as_str().as_bytes());
        lines.push(b':');
        lines.extend_from_slice(value.as_bytes());
        lines.extend_from_slice(b"\r\n");
    }
    connect::envelope(128, &lines)
}

fn web(text: bool, data: Bytes, trailers: &HeaderMap) -> Response<Body> {
    let bytes = [data, trailer_frame(trailers)].concat();
    let body = if text {
        STANDARD.encode(&bytes).into_bytes()
    } else {
        bytes
    };
    written(StatusCode::OK, web_type(text), body.into())
}

fn web_type(text: bool) -> &'static str {
    if text {
        "application/grpc-web-text+proto"
    } else {
        "application/grpc-web+proto"
    }
}

fn written(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn not_base64() -> Refusal {
    Refusal::new(Kind::Invalid, "BASE64_INVALID", "内容不是有效的 base64。")
}
