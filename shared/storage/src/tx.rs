//! A unit of work: rows, events, audit entry and answer, or none of them.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use access::{Authorized, Caller, Node, Policy, Ranges};
use kernel::{RpcError, clock::system_now, id::OrganizationId, planted::Bug};
use prost::Message;
use proto::kernel::v1::ImportResult;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::{
    audit::entry::Entry,
    connection::{Connection, Reading},
    fault::fault,
    keys::Claim,
    outbox::{Change, Traces},
    scope::{self, Known},
    store::Store,
};

/// Who acts, and how the audit trail calls it.
pub(crate) struct Author {
    subject: String,
    session: String,
    method: Cow<'static, str>,
    organization: Option<OrganizationId>,
    /// Where an entry is filed that no organization and no record is known for.
    place: Option<OrganizationId>,
    purpose: String,
    result: String,
    audited: Audited,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Audited {
    /// Whatever it does.
    Always,
    /// When it changed something: a timer that found nothing to do leaves no trace.
    Changes,
    /// Where it happened, not where it is copied to.
    Elsewhere,
}

impl Author {
    pub(crate) fn of<T>(request: &Authorized<T>) -> Self {
        let caller = request.caller();
        Self {
            subject: caller.subject.clone(),
            session: caller.session.clone(),
            method: Cow::Borrowed(&request.policy().path),
            organization: request.organization(),
            place: request.place(),
            purpose: request.purpose().to_owned(),
            result: if request.policy().writes { "done" } else { "read" }.to_owned(),
            audited: Audited::Always,
        }
    }

    /// Somebody who was not let in.
    pub(crate) fn denied(
        caller: &Caller,
        policy: &'static Policy,
        place: Option<OrganizationId>,
        reason: &str,
    ) -> Self {
        Self {
            subject: caller.subject.clone(),
            session: caller.session.clone(),
            method: Cow::Borrowed(&policy.path),
            organization: place,
            place,
            purpose: String::new(),
            result: reason.to_owned(),
            audited: Audited::Always,
        }
    }

    pub(crate) fn system(name: &'static str) -> Self {
        Self {
            subject: "system".to_owned(),
            session: String::new(),
            method: Cow::Borrowed(name),
            organization: None,
            place: None,
            purpose: String::new(),
            result: "done".to_owned(),
            audited: Audited::Changes,
        }
    }

    pub(crate) fn copy() -> Self {
        Self {
            audited: Audited::Elsewhere,
            ..Self::system("feed")
        }
    }

    /// The same, with what came of it: a reason code, or `unchanged`.
    pub(crate) fn with(mut self, result: &str) -> Self {
        result.clone_into(&mut self.result);
        self
    }
}

#[derive(Default)]
struct Written {
    changes: Vec<Change>,
    concerns: Vec<(OrganizationId, Uuid)>,
    nodes: Vec<Node>,
    unchanged: bool,
}

/// A unit of work. Dropped without [`commit`](Self::commit), nothing of it stays.
pub struct Tx {
    store: Store,
    db: Connection,
    ranges: Ranges,
    author: Author,
    claim: Option<Claim>,
    written: Mutex<Written>,
    /// Given back after the connection: fields drop in order.
    _turn: Option<OwnedSemaphorePermit>,
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tx({} {})", self.store.service(), self.author.method)
    }
}

impl Reading for Tx {
    fn db(&self) -> &Connection {
        &self.db
    }

    fn ranges(&self) -> &Ranges {
        &self.ranges
    }
}

impl Tx {
    pub(crate) fn new(
        store: Store,
        db: Connection,
        ranges: Ranges,
        author: Author,
        claim: Option<Claim>,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            store,
            db,
            ranges,
            author,
            claim,
            written: Mutex::default(),
            _turn: turn,
        }
    }

    /// What statements run on.
    #[must_use]
    pub fn db(&self) -> &Connection {
        &self.db
    }

    /// The part of the tree that the request may touch.
    #[must_use]
    pub fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A record is new or has changed: `body` is the whole record as the message that `kind`
    /// (`service.noun`) names, `version` rises with each change of it.
    pub fn event(
        &self,
        kind: &'static str,
        id: Uuid,
        organization: OrganizationId,
        version: u64,
        body: &impl Message,
    ) {
        let body = body.encode_to_vec();
        self.written().changes.push(Change {
            kind,
            record: id,
            organization,
            version,
            deleted: false,
            body,
        });
    }

    /// A record is gone.
    pub fn gone(&self, kind: &'static str, id: Uuid, organization: OrganizationId, version: u64) {
        let body = Vec::new();
        self.written().changes.push(Change {
            kind,
            record: id,
            organization,
            version,
            deleted: true,
            body,
        });
    }

    /// What the audit entry names: one entry for each pair given. Without any, the entry names the request's
    /// organization and the first record that had an event.
    pub fn concerns(&self, organization: OrganizationId, record: Uuid) {
        let mut written = self.written();
        if !written.concerns.contains(&(organization, record)) {
            written.concerns.push((organization, record));
        }
    }

    /// An organization is new or has changed: for the service that owns organizations. The scope in the
    /// database changes with the commit, the one in memory right after it.
    pub fn learn(&self, node: Node) {
        self.written().nodes.push(node);
    }

    /// What was asked for is so already, and all is left as it was: the audit entry says `unchanged`, not `done`.
    pub fn unchanged(&self) {
        self.written().unchanged = true;
    }

    /// What an import did: where no row was new or different, all is left as it was.
    pub fn imported(&self, result: &ImportResult) {
        if (result.created, result.updated) == (0, 0) {
            self.unchanged();
        }
    }

    /// Makes it all durable: the rows, their events, the audit entries and the answer under the request's key.
    /// After an error nothing of it stays, unless the connection broke during the commit itself: a retry under
    /// the same key finds out.
    pub async fn commit<A: Message>(self, answer: A) -> Result<A, RpcError> {
        let stored = self.claim.is_some().then(|| answer.encode_to_vec());
        if Bug::EarlyAnswer.planted() {
            tokio::spawn(self.keep(stored));
            return Ok(answer);
        }
        self.keep(stored).await?;
        Ok(answer)
    }

    async fn keep(self, answer: Option<Vec<u8>>) -> Result<(), RpcError> {
        let Self {
            store,
            db,
            author,
            claim,
            written,
            ..
        } = self;
        let written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
        let at = system_now();
        let known = known(written.nodes, &written.changes);
        scope::upsert(&db, &known).await.map_err(fault)?;
        let fed = !written.changes.is_empty();
        let author = match written.unchanged {
            true => author.with("unchanged"),
            false => author,
        };
        let entries = entries(author, &written.concerns, &written.changes, at);
        let traces = Traces {
            entries,
            changes: written.changes,
            answer: claim.as_ref().zip(answer),
            at,
        };
        let waiting = fed || !traces.entries.is_empty();
        traces.write(&db, &store.inner.chain).await.map_err(fault)?;
        if let Connection::Open(tx) = db {
            tx.commit().await.map_err(fault)?;
        }
        store
            .inner
            .scopes
            .apply(known.into_iter().map(|known| known.node));
        if waiting {
            store.inner.wake.committed();
        }
        Ok(())
    }
}

/// The organizations learnt, with the versions that their events carry.
fn known(nodes: Vec<Node>, changes: &[Change]) -> Vec<Known> {
    let versions: HashMap<Uuid, u64> = changes
        .iter()
        .map(|change| (change.record, change.version))
        .collect();
    let mut latest: BTreeMap<Uuid, Known> = BTreeMap::new();
    for node in nodes {
        let id = Uuid::from(node.id);
        let version = versions.get(&id).copied().unwrap_or(0);
        latest.insert(id, Known { node, version });
    }
    latest.into_values().collect()
}

/// The one character that Postgres takes in no text must not stop the chain behind the entry.
fn writable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn entries(
    author: Author,
    concerns: &[(OrganizationId, Uuid)],
    changes: &[Change],
    at: kernel::Instant,
) -> Vec<Entry> {
    let nothing = concerns.is_empty() && changes.is_empty();
    if author.audited == Audited::Elsewhere || author.audited == Audited::Changes && nothing {
        return Vec::new();
    }
    let entry = |organization: Option<OrganizationId>, record: Option<Uuid>| Entry {
        number: 0,
        subject: writable(&author.subject),
        session: writable(&author.session),
        method: author.method.clone().into_owned(),
        organization_id: organization.map(|id| id.bytes().to_vec()).unwrap_or_default(),
        record_id: record.map(|id| id.into_bytes().to_vec()).unwrap_or_default(),
        result: author.result.clone(),
        purpose: writable(&author.purpose),
        recorded_at: at.timestamp_micros(),
    };
    if concerns.is_empty() {
        let first = changes.first();
        let organization = author
            .organization
            .or_else(|| first.map(|change| change.organization))
            .or(author.place);
        return vec![entry(organization, first.map(|change| change.record))];
    }
    concerns
        .iter()
        .map(|(organization, record)| entry(Some(*organization), Some(*record)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_nothing_that_a_database_refuses() {
        let author = Author {
            subject: "s\0".into(),
            session: "\0".into(),
            purpose: "核\0对".into(),
            ..Author::system("test")
        };
        let change = [];
        let concerns = [(OrganizationId::new(), Uuid::nil())];
        let entries = entries(author, &concerns, &change, kernel::Instant::default());
        let texts = [&entries[0].subject, &entries[0].session, &entries[0].purpose];
        assert_eq!(texts, ["s\u{fffd}", "\u{fffd}", "核\u{fffd}对"]);
    }
}
