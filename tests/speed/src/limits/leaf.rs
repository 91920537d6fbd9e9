//! A service that does nothing: every call has the same answer.

use bytes::Bytes;

use crate::raw::{Answer, Answering};

/// The answer.
#[derive(Debug, Clone)]
pub struct Leaf(Bytes);

impl Leaf {
    /// So many bytes.
    pub fn new(bytes: usize) -> Self {
        Self(vec![b'x'; bytes].into())
    }
}

impl Answer for Leaf {
    fn answer(&self, _: &str, _: Bytes) -> Answering {
        let answer = self.0.clone();
        Box::pin(async move { Ok(answer) })
    }
}
