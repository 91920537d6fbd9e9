//! What member keeps of organization's feed beside the scope: who holds which post, for the hours that officers owe.

use async_trait::async_trait;
use kernel::{Fault, RpcError};
use prost::Message;
use proto::{
    feed::v1::Event,
    organization::v1::{Office, Post as WirePost},
};
use storage::{Tx, consumer::Projection};

use crate::{
    domain::training::Holding,
    store::posts::{self, Post},
};

/// Posts through time.
pub struct Posts;

#[async_trait]
impl Projection for Posts {
    fn kinds(&self) -> &'static [&'static str] {
        &["organization.post"]
    }

    async fn apply(&self, tx: &Tx, events: &[&Event]) -> Result<(), RpcError> {
        let mut held = Vec::with_capacity(events.len());
        for event in events {
            let unreadable = || Fault::new(format!("post at position {} cannot be read", event.position));
            if event.deleted {
                posts::save(tx, held.drain(..)).await?;
                posts::forget(tx, event.id.parse().map_err(|_| unreadable())?).await?;
            } else {
                held.push(read(event).ok_or_else(unreadable)?);
            }
        }
        posts::save(tx, held).await
    }
}

fn read(event: &Event) -> Option<Post> {
    let said = WirePost::decode(event.body.as_slice()).ok()?;
    let until = if said.until.is_empty() {
        None
    } else {
        Some(said.until.parse().ok()?)
    };
    let secretary = said.office == Office::Secretary as i32;
    Some(Post {
        id: said.id.parse().ok()?,
        organization: said.organization_id.parse().ok()?,
        person: said.person_id.parse().ok()?,
        office: said.office,
        holding: Holding {
            secretary,
            from: said.from.parse().ok()?,
            until,
        },
        version: event.version,
    })
}
