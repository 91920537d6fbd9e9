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

/// The largest message that is taken from a service.
const LARGEST: usize = 4 * 1024 * 1024;

/// The refusal of what is compressed: `COMPRESSION_NOT_SPOKEN`.
#[must_use]
pub fn compressed() -> Refusal {
    let zh = "不支持压缩的内容，请去掉压缩后重发。";
    Refusal::new(Kind::Unimplemented, "COMPRESSION_NOT_SPOKEN", zh)
}

/// The one message in a unary body.
/// Refuses with `FRAME_INVALID` what is not exactly one message, with `COMPRESSION_NOT_SPOKEN` one that is compressed.
pub fn unframe(mut body: Bytes) -> Result<Bytes, Refusal> {
    let invalid = || Refusal::new(Kind::Invalid, "FRAME_INVALID", "请求内容不是一条完整的消息。");
    if body.len() < HEAD {
        return Err(invalid());
    }
    match body.get_u8() {
        0 => {}
        1 => return Err(compressed()),
        _ => return Err(invalid()),
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
    /// Refuses with `ANSWER_TOO_LARGE` one that will be too large to be kept until it is whole, and as
    /// [`unframe`] one that is compressed.
    pub fn next_whole(&mut self) -> Result<Option<Bytes>, Refusal> {
        let Some(&[flag, a, b, c, d]) = self.kept.first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if flag != 0 {
            return Err(compressed());
        }
        if length > LARGEST {
            let zh = "回应的内容过大，请缩小范围。";
            return Err(Refusal::new(Kind::Exhausted, "ANSWER_TOO_LARGE", zh));
        }
        if self.kept.len() < HEAD + length {
            return Ok(None);
        }
        self.kept.advance(HEAD);
        Ok(Some(self.kept.split_to(length).freeze()))
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
        let zipped = unframe(Bytes::from_static(b"\x01\0\0\0\0")).expect_err("refused");
        assert_eq!(zipped.reason, "COMPRESSION_NOT_SPOKEN");
        for broken in [&b""[..], b"\x02\0\0\0\0", b"\0\0\0\0\x05abc", b"\0\0\0\0\x01abc"] {
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
            while let Some(message) = messages.next_whole().expect("small") {
                found.push(message);
            }
        }
        assert_eq!(found, [&b"one"[..], b"", b"three"]);
    }

    #[test]
    fn a_message_that_will_be_too_large_is_not_waited_for() {
        let mut messages = Messages::default();
        messages.push(&[0, 0xff, 0xff, 0xff, 0xff, 1]);
        assert_eq!(
            messages.next_whole().expect_err("refused").reason,
            "ANSWER_TOO_LARGE"
        );
    }
}
