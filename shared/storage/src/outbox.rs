//! The last writes of a unit of work: its events, its audit entries and its answer. On Postgres they wait in
//! the outbox for the sequencer; SQLite's one writer puts them where they belong.

use kernel::{Instant, id::OrganizationId};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Value};
use uuid::Uuid;

use crate::{
    audit::{chain::Chain, entry::Entry, head},
    keys::Claim,
    row::{signed, sql, tuples},
};

/// The kind under which an audit entry waits in the outbox. No event has it: theirs have a dot.
pub(crate) const AUDIT: &str = "audit";
/// Rows in one statement: 7 variables each and 4 of the answer stay under what both databases take.
const BATCH: usize = 4000;
const COLUMNS: usize = 7;

/// One event of a unit of work.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) kind: &'static str,
    pub(crate) record: Uuid,
    pub(crate) organization: OrganizationId,
    pub(crate) version: u64,
    pub(crate) deleted: bool,
    pub(crate) body: Vec<u8>,
}

/// What a unit of work leaves behind beside its rows.
pub(crate) struct Traces<'a> {
    pub(crate) changes: Vec<Change>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) answer: Option<(&'a Claim, Vec<u8>)>,
    pub(crate) at: Instant,
}

impl Traces<'_> {
    /// Writes them in the transaction of `db`.
    pub(crate) async fn write(self, db: &impl ConnectionTrait, chain: &Chain) -> Result<(), DbErr> {
        match db.get_database_backend() {
            DbBackend::Postgres => self.queue(db).await,
            _ => self.place(db, chain).await,
        }
    }

    /// One statement: the answer and the rows together.
    async fn queue(self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let at = self.at;
        let mut rows: Vec<[Value; COLUMNS]> = self.changes.into_iter().map(|one| one.row(at)).collect();
        rows.extend(self.entries.into_iter().map(|one| waiting(one, at)));
        let mut answer = self.answer.map(|(claim, answer)| claim.store(answer));
        let mut batches = rows.chunks(BATCH).peekable();
        if batches.peek().is_none()
            && let Some((text, values)) = answer.take()
        {
            db.execute_raw(sql(db, text, values)).await?;
        }
        for some in batches {
            let (before, mut values) = match answer.take() {
                Some((text, values)) => (format!("WITH answered AS ({text}) "), values),
                None => (String::new(), Vec::new()),
            };
            let text = format!(
                "{before}INSERT INTO outbox (kind, record_id, organization_id, version, deleted, body, recorded_at) VALUES {}",
                tuples(values.len() + 1, some.len(), COLUMNS)
            );
            values.extend(some.iter().flatten().cloned());
            db.execute_raw(sql(db, text, values)).await?;
        }
        Ok(())
    }

    async fn place(self, db: &impl ConnectionTrait, chain: &Chain) -> Result<(), DbErr> {
        let at = self.at;
        if !self.entries.is_empty() {
            let end = head::end(db, chain).await?;
            head::append(db, chain, end, self.entries).await?;
        }
        let changes: Vec<[Value; COLUMNS]> = self.changes.into_iter().map(|one| one.row(at)).collect();
        for some in changes.chunks(BATCH) {
            let text = format!(
                "INSERT INTO feed (kind, record_id, organization_id, version, deleted, body, recorded_at) VALUES {}",
                tuples(1, some.len(), COLUMNS)
            );
            db.execute_raw(sql(db, text, some.iter().flatten().cloned()))
                .await?;
        }
        if let Some((claim, answer)) = self.answer {
            let (text, values) = claim.store(answer);
            db.execute_raw(sql(db, text, values)).await?;
        }
        Ok(())
    }
}

impl Change {
    fn row(self, at: Instant) -> [Value; COLUMNS] {
        [
            self.kind.into(),
            Some(self.record).into(),
            Some(Uuid::from(self.organization)).into(),
            signed(self.version).into(),
            self.deleted.into(),
            self.body.into(),
            at.into(),
        ]
    }
}

fn waiting(entry: Entry, at: Instant) -> [Value; COLUMNS] {
    let none: Option<Uuid> = None;
    [
        AUDIT.into(),
        none.into(),
        none.into(),
        0i64.into(),
        false.into(),
        prost::Message::encode_to_vec(&entry).into(),
        at.into(),
    ]
}
