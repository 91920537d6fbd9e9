//! Calls of any method with a message made from its descriptor: what the matrix asks needs no type.

use bytes::{Buf, BufMut};
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, MethodDescriptor, Value};
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Channel,
};

/// Longer than any text may be, and in no form that a rule asks for.
const WRONG: usize = 5_000;

/// A request of a method in which everything is wrong but the field given and the purpose: who is let in is told so,
/// and nothing happens.
#[must_use]
pub fn wrong_but(method: &MethodDescriptor, field: Option<(&str, String)>) -> Vec<u8> {
    let mut message = DynamicMessage::new(method.input());
    for one in method.input().fields() {
        if one.is_list() || one.is_map() {
            continue;
        }
        let value = match one.kind() {
            _ if field.as_ref().is_some_and(|(name, _)| *name == one.name()) => continue,
            Kind::String if one.name() == "purpose" => Value::String("核对身份".into()),
            Kind::String => Value::String("x".repeat(WRONG)),
            Kind::Int32 => Value::I32(i32::MIN),
            Kind::Int64 => Value::I64(i64::MIN),
            Kind::Uint32 => Value::U32(u32::MAX),
            Kind::Enum(_) => Value::EnumNumber(i32::MAX),
            _ => continue,
        };
        message.set_field(&one, value);
    }
    if let Some((name, value)) = field {
        message.set_field_by_name(name, Value::String(value));
    }
    message.encode_to_vec()
}

/// Calls a method at a path; says whether it was answered, not with what.
///
/// # Errors
/// What the caller is told instead.
pub async fn call(channel: &Channel, path: &str, request: Request<Vec<u8>>) -> Result<(), Status> {
    let mut client = Grpc::new(channel.clone());
    client
        .ready()
        .await
        .map_err(|error| Status::from_error(Box::new(error)))?;
    let path = path
        .parse()
        .map_err(|error| Status::from_error(Box::<http::uri::InvalidUri>::new(error)))?;
    // Refusals stand in the head of an answer, whether or not a stream follows it.
    client.server_streaming(request, path, Bytes).await.map(drop)
}

/// Messages as they are.
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        buffer.advance(buffer.remaining());
        Ok(Some(()))
    }
}
