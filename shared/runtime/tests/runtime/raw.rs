//! An HTTP/2 client that keeps to no rule: it writes frames and reads what comes.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;

pub(crate) struct Raw(TcpStream);

/// One frame as it came: kind, stream, payload.
pub(crate) type Frame = (u8, u32, Vec<u8>);

impl Raw {
    pub(crate) async fn connect(to: SocketAddr) -> Self {
        Self(TcpStream::connect(to).await.expect("connected"))
    }

    /// Connected, preface and empty settings said.
    pub(crate) async fn open(to: SocketAddr) -> Self {
        let mut raw = Self::connect(to).await;
        raw.say(PREFACE).await;
        raw.frame(SETTINGS, 0, 0, &[]).await;
        raw
    }

    /// Writes; the other side may have closed already.
    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    pub(crate) async fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let size = u32::try_from(payload.len()).expect("small").to_be_bytes();
        let mut bytes = vec![size[1], size[2], size[3], kind, flags];
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        self.say(&bytes).await;
    }

    /// A POST without an end: method, scheme, path and authority from the static table.
    pub(crate) async fn request(&mut self, stream: u32) {
        self.frame(HEADERS, 0x4, stream, &[0x83, 0x86, 0x84, 0x01, 0x01, b'x'])
            .await;
    }

    /// The next frame; `None` when the other side has closed.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        Some((
            head[3],
            u32::from_be_bytes([head[5], head[6], head[7], head[8]]),
            payload,
        ))
    }

    /// Everything until the other side closes.
    pub(crate) async fn rest(&mut self) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some(frame) = self.next().await {
            frames.push(frame);
        }
        frames
    }
}
