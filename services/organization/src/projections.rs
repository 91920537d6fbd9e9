//! What organization keeps of other services' feeds.

use async_trait::async_trait;
use kernel::{Fault, RpcError};
use prost::Message;
use proto::{feed::v1::Event, member::v1::Strength as WireStrength};
use storage::{Tx, consumer::Projection};

use crate::{domain::branch::Strength, store::strengths};

/// Members of branches through time, for set-up rules and posts.
pub struct Strengths;

#[async_trait]
impl Projection for Strengths {
    fn kinds(&self) -> &'static [&'static str] {
        &["member.strength"]
    }

    async fn apply(&self, tx: &Tx, events: &[&Event]) -> Result<(), RpcError> {
        for event in events {
            let said = WireStrength::decode(event.body.as_slice());
            let said = said.map_err(|e| Fault::from("a strength in member's feed", e))?;
            let unreadable = || Fault::new(format!("strength at position {} cannot be read", event.position));
            let branch = said.branch_id.parse().map_err(|_| unreadable())?;
            let from = said.from.parse().map_err(|_| unreadable())?;
            let one = Strength {
                from,
                full: said.full,
                probationary: said.probationary,
            };
            strengths::save(tx, branch, one).await?;
        }
        Ok(())
    }
}
