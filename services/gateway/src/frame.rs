//! gRPC's framing: a flag, a length, a message. The gateway speaks it towards the services for callers who
//! speak another dialect, over whatever bytes the descriptors describe; no generated code is involved.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kernel::{Kind, Refusal};

const HEAD: usize = 5;

/// One message in its frame, not compressed.
#[must_use]
pub fn frame(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(HEAD + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

/// The one message in a unary body.
/// Refuses with `FRAME_INVALID` what is not exactly one uncompressed message.
pub fn unframe(mut body: Bytes) -> Result<Bytes, Refusal> {
    let invalid = || Refusal::new(Kind::Invalid, "FRAME_INVALID", "请求内容不是一条完整的消息。");
    if body.len() < HEAD || body.get_u8() != 0 {
        return Err(invalid());
    }
    let length = body.get_u32() as usize;
    if body.len() == length {
        Ok(body)
    } else {
        Err(invalid())
    }
}

/// Takes messages out of bytes as they arrive.
#[derive(Debug, Default)]
pub struct Messages {
    kept: BytesMut,
}

impl Messages {
    /// Adds what has arrived.
    pub fn push(&mut self, data: &[u8]) {
        self.kept.extend_from_slice(data);
    }

    /// The next whole message, when there is one.
    pub fn next_whole(&mut self) -> Option<Bytes> {
        let head: [u8; HEAD] = self.kept.get(..HEAD)?.try_into().ok()?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        if self.kept.len() < HEAD + length {
            return None;
        }
        self.kept.advance(HEAD);
        Some(self.kept.split_to(length).freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        assert_eq!(
            unframe(frame(b"abc")).expect("message"),
            Bytes::from_static(b"abc")
        );
        for broken in [&b""[..], b"\x01\0\0\0\0", b"\0\0\0\0\x05abc", b"\0\0\0\0\x01abc"] {
            assert_eq!(
                unframe(Bytes::from_static(broken)).expect_err("refused").reason,
                "FRAME_INVALID"
            );
        }
    }

    #[test]
    fn messages_are_found_across_the_borders_of_arrival() {
        let bytes = [frame(b"one"), frame(b""), frame(b"three")].concat();
        let mut messages = Messages::default();
        let mut found = Vec::new();
        for byte in bytes {
            messages.push(&[byte]);
            while let Some(message) = messages.next_whole() {
                found.push(message);
            }
        }
        assert_eq!(found, [&b"one"[..], b"", b"three"]);
    }
}
