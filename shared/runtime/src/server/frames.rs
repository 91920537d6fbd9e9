//! Counts the control frames of an HTTP/2 connection as they arrive: nothing below us does, and each of them is
//! answered (reliability.md part 1.4, H7).

use std::time::Duration;

use tokio::time::Instant;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEAD: usize = 9;
const WINDOW: Duration = Duration::from_secs(10);
const PRIORITY: u8 = 2;
const SETTINGS: u8 = 4;
const PING: u8 = 6;

/// More control frames than the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many control frames")]
pub(super) struct Flood;

#[derive(Debug)]
enum State {
    /// So many bytes of the preface have come.
    Opening(usize),
    Head([u8; HEAD], usize),
    Payload(usize),
    /// HTTP/1.1.
    Other,
}

/// Follows the bytes of one connection.
#[derive(Debug)]
pub(super) struct Frames {
    state: State,
    budget: u32,
    count: u32,
    since: Option<Instant>,
}

impl Frames {
    pub(super) fn new(budget: u32) -> Self {
        Self {
            state: State::Opening(0),
            budget,
            count: 0,
            since: None,
        }
    }

    /// Whether it is known what the connection speaks.
    pub(super) fn opened(&self) -> bool {
        !matches!(self.state, State::Opening(_))
    }

    /// Follows what has arrived.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) -> Result<(), Flood> {
        while !bytes.is_empty() {
            match &mut self.state {
                State::Other => return Ok(()),
                State::Opening(seen) => {
                    let wanted = &PREFACE[*seen..];
                    let length = wanted.len().min(bytes.len());
                    if wanted[..length] != bytes[..length] {
                        self.state = State::Other;
                        return Ok(());
                    }
                    *seen += length;
                    bytes = &bytes[length..];
                    if *seen == PREFACE.len() {
                        self.state = State::Head([0; HEAD], 0);
                    }
                }
                State::Head(head, have) => {
                    let length = (HEAD - *have).min(bytes.len());
                    head[*have..*have + length].copy_from_slice(&bytes[..length]);
                    *have += length;
                    bytes = &bytes[length..];
                    if *have == HEAD {
                        let (kind, size) = (head[3], u32::from_be_bytes([0, head[0], head[1], head[2]]));
                        self.state = State::Payload(size as usize);
                        self.frame(kind)?;
                    }
                }
                State::Payload(left) => {
                    let length = (*left).min(bytes.len());
                    *left -= length;
                    bytes = &bytes[length..];
                }
            }
            if matches!(self.state, State::Payload(0)) {
                self.state = State::Head([0; HEAD], 0);
            }
        }
        Ok(())
    }

    fn frame(&mut self, kind: u8) -> Result<(), Flood> {
        if !matches!(kind, PRIORITY | SETTINGS | PING) {
            return Ok(());
        }
        let now = Instant::now();
        if self.since.is_none_or(|since| now - since >= WINDOW) {
            (self.since, self.count) = (Some(now), 0);
        }
        self.count += 1;
        if self.count > self.budget {
            Err(Flood)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: usize) -> Vec<u8> {
        let size = u32::try_from(payload).expect("small").to_be_bytes();
        let mut bytes = vec![size[1], size[2], size[3], kind, 0, 0, 0, 0, 0];
        bytes.resize(HEAD + payload, 0xff);
        bytes
    }

    #[tokio::test(start_paused = true)]
    async fn control_frames_are_counted_however_the_bytes_are_cut() {
        let mut bytes = PREFACE.to_vec();
        for _ in 0..3 {
            bytes.extend(frame(PING, 8));
            bytes.extend(frame(0, 300));
        }
        for cut in [1, 2, 7, 9, 13, bytes.len()] {
            let mut frames = Frames::new(3);
            assert!(
                bytes.chunks(cut).all(|part| frames.follow(part).is_ok()),
                "three are within the budget"
            );
            assert_eq!(frames.follow(&frame(PING, 8)), Err(Flood), "cut {cut}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_budget_is_for_ten_seconds() {
        let mut frames = Frames::new(2);
        frames.follow(PREFACE).expect("preface");
        for _ in 0..50 {
            frames.follow(&frame(SETTINGS, 0)).expect("within");
            frames.follow(&frame(PING, 8)).expect("within");
            tokio::time::advance(WINDOW).await;
        }
    }

    #[test]
    fn what_is_not_the_preface_is_http_1_and_is_not_counted() {
        let mut frames = Frames::new(1);
        frames.follow(b"PO").expect("first bytes");
        assert!(frames.opened());
        frames.follow(&frame(PING, 8).repeat(9)).expect("not counted");
    }
}
