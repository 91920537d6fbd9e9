//! How a service's answer is written in the caller's dialect.

use std::convert::Infallible;

use axum::body::Body;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use kernel::{Kind, Refusal};
use prost_reflect::MessageDescriptor;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::dialects::Speech;
use crate::{
    connect::{self, Codec, Dialect},
    frame::{self, Messages},
};

/// An answer of a service, as it came.
pub(super) type Answer = Response<tonic::body::Body>;

type Piece = Result<Frame<Bytes>, Infallible>;

/// A service's answer, whose messages are `output`, in the caller's dialect.
pub(super) async fn write(speaks: Speech, output: &MessageDescriptor, answer: Answer) -> Response<Body> {
    if speaks != Speech::Grpc
        && let Some(status) = Status::from_header_map(answer.headers()).filter(|s| s.code() != Code::Ok)
    {
        return speaks.refuse(&status);
    }
    match speaks {
        Speech::Web { text } => web_stream(text, answer.into_body()),
        Speech::Connect(dialect) if dialect.streaming => {
            connect_stream(dialect, output.clone(), answer.into_body())
        }
        Speech::Connect(dialect) => unary(speaks, dialect.codec, output, answer).await,
        Speech::Get(codec) => unary(speaks, codec.unwrap_or(Codec::Json), output, answer).await,
        Speech::Grpc | Speech::Unknown | Speech::NoMethod => guarded(answer.map(Body::new)),
    }
}

async fn unary(speaks: Speech, codec: Codec, output: &MessageDescriptor, answer: Answer) -> Response<Body> {
    let body = match one_message(answer).await {
        Ok(message) => connect::response(output, codec, message),
        Err(status) => Err(status),
    };
    match body {
        Ok(body) => {
            let dialect = Dialect {
                codec,
                streaming: false,
            };
            written(StatusCode::OK, dialect.content_type(), body.into())
        }
        Err(status) => speaks.refuse(&status),
    }
}

/// The one message of a unary answer, or the status that it ends with.
async fn one_message(answer: Answer) -> Result<Bytes, Status> {
    let body = answer
        .into_body()
        .collect()
        .await
        .map_err(|error| cut(Some(&error)))?;
    let status = body.trailers().and_then(Status::from_header_map);
    match status {
        None => Err(cut(None)),
        Some(status) if status.code() != Code::Ok => Err(status),
        Some(_) => frame::unframe(body.to_bytes())
            .map_err(|_| wire::status(kernel::Fault::new("an answer that is not one message").into())),
    }
}

fn web_stream(text: bool, body: tonic::body::Body) -> Response<Body> {
    let chunks = pieces(body).map(move |piece| {
        let bytes = match piece {
            Ok(data) => data,
            Err(trailers) => trailer_frame(&trailers),
        };
        let bytes = match text {
            true => STANDARD.encode(&bytes).into(),
            false => bytes,
        };
        Piece::Ok(Frame::data(bytes))
    });
    written(StatusCode::OK, web_type(text), Body::new(StreamBody::new(chunks)))
}

fn connect_stream(dialect: Dialect, output: MessageDescriptor, body: tonic::body::Body) -> Response<Body> {
    let mut messages = Messages::default();
    let mut over = false;
    let chunks = pieces(body).flat_map(move |piece| {
        let mut out = Vec::new();
        match piece {
            Ok(data) => {
                messages.push(&data);
                let mut next = || messages.next_whole().transpose();
                while let Some(message) = next() {
                    let message = message.map_err(|refusal| wire::status(refusal.into()));
                    match message.and_then(|message| connect::response(&output, dialect.codec, message)) {
                        Ok(body) => out.push(connect::envelope(0, &body)),
                        Err(status) => {
                            out.push(connect::end(&status));
                            break;
                        }
                    }
                }
            }
            Err(trailers) => {
                let status = Status::from_header_map(&trailers).unwrap_or_else(|| cut(None));
                out.push(connect::end(&status));
            }
        }
        // The end is said once, whatever comes after it.
        out.retain(|bytes| {
            let after = over;
            over |= bytes.first() == Some(&2);
            !after
        });
        stream::iter(out.into_iter().map(|bytes| Piece::Ok(Frame::data(bytes))))
    });
    written(
        StatusCode::OK,
        dialect.content_type(),
        Body::new(StreamBody::new(chunks)),
    )
}

/// The data of a body as the reader takes it, and at the end always trailers: a body that was cut gets some that say
/// so.
fn pieces(body: tonic::body::Body) -> impl Stream<Item = Result<Bytes, HeaderMap>> {
    stream::unfold(Some(body), |body| async move {
        let mut body = body?;
        let frame = match body.frame().await {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Some((Err(trailers(&cut(Some(&error)))), None)),
            None => return Some((Err(trailers(&cut(None))), None)),
        };
        Some(match frame.into_data() {
            Ok(data) => (Ok(data), Some(body)),
            Err(frame) => (Err(frame.into_trailers().unwrap_or_default()), None),
        })
    })
}

fn cut(error: Option<&Status>) -> Status {
    tracing::info!(code = ?error.map(Status::code), "an answer was cut");
    // What the suite says itself is said on; what the transport says is ours.
    if let Some(own) = error.filter(|error| error.get_error_details().error_info().is_some()) {
        return own.clone();
    }
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

/// A gRPC-Web answer that is nothing but its status.
pub(super) fn web(text: bool, status: &Status) -> Response<Body> {
    let bytes = trailer_frame(&trailers(status));
    let body: Body = match text {
        true => STANDARD.encode(&bytes).into(),
        false => bytes.into(),
    };
    written(StatusCode::OK, web_type(text), body)
}

fn web_type(text: bool) -> &'static str {
    if text {
        "application/grpc-web-text+proto"
    } else {
        "application/grpc-web+proto"
    }
}

/// An error of a unary Connect call.
pub(super) fn error(status: &Status) -> Response<Body> {
    let mut response = written(
        connect::http_status(status.code()),
        "application/json",
        connect::error(status).to_string().into(),
    );
    let pause = status
        .get_error_details()
        .retry_info()
        .and_then(|info| info.retry_delay);
    if let Some(pause) = pause {
        // Whole seconds, and never too soon.
        let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

pub(super) fn written(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    guarded(response)
}

/// Security headers of every answer.
pub(super) fn guarded(mut response: Response<Body>) -> Response<Body> {
    let guards: [(HeaderName, &'static str); 2] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in guards {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests;
