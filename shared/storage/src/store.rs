//! The database of one service. Everything that a use case reads or writes begins here, with the decision that
//! lets it.

use std::{fmt, sync::Arc, time::Instant as Moment};

use access::{Authorized, Caller, Policy, Range, Ranges, Scopes};
use kernel::{Fault, Kind, Refusal, RpcError, id::OrganizationId, planted::Bug};
use prost::Message;
use sea_orm::{
    AccessMode, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigrationTrait;
use seal::Keyring;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    audit::{chain::Chain, head},
    connection::{Connection, Read},
    consumer::cursor::{self, Cursors},
    fault::fault,
    feed::wake::Wake,
    keys::{self, Claim},
    marks, pool, schema, scope,
    settings::{Durability, Settings, StartError},
    tx::{Author, Tx},
};

/// The database of one service. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) service: &'static str,
    pub(crate) db: DatabaseConnection,
    pub(crate) scopes: Scopes,
    pub(crate) chain: Chain,
    pub(crate) wake: Wake,
    /// How far each feed had been applied when `scopes` was loaded.
    pub(crate) opened_at: Cursors,
    /// SQLite has one writer at a time: in our own order, since its own waiting is unfair and slow.
    turns: Option<Arc<Semaphore>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.inner.service)
    }
}

impl Store {
    /// Opens the database of a service: checks that it is durable, has exactly the schema of this program (`own` are
    /// the service's migrations) and was kept with these keys, and loads the organizations into `scopes`.
    pub async fn open(
        settings: &Settings,
        service: &'static str,
        own: Vec<Box<dyn MigrationTrait>>,
        keys: Arc<Keyring>,
        scopes: Scopes,
    ) -> Result<Self, StartError> {
        let db = pool::connect(settings, service).await?;
        let opened = Self::on(db.clone(), settings.durability, service, own, keys, scopes).await;
        if opened.is_err() {
            // A database that is refused is left as it was, without a log beside it.
            let _ = db.close().await;
        }
        opened
    }

    async fn on(
        db: DatabaseConnection,
        durability: Durability,
        service: &'static str,
        own: Vec<Box<dyn MigrationTrait>>,
        keys: Arc<Keyring>,
        scopes: Scopes,
    ) -> Result<Self, StartError> {
        if durability == Durability::Required {
            pool::check_durable(&db, service).await?;
        }
        schema::check(&db, service, own).await?;
        let failed = |source| StartError::Database { service, source };
        marks::check_keys(&db, service, &keys).await?;
        let audit = keys
            .audit()
            .map_err(|source| StartError::Key { service, source })?;
        let chain = Chain::new(service, audit);
        let of_keys = marks::of_keys(&keys);
        let first = [vec![head::first(&chain)], of_keys.clone()].concat();
        marks::begin(&db, first).await.map_err(failed)?;
        marks::note(&db, of_keys).await.map_err(failed)?;
        // Another replica may have come with another key at the same moment.
        marks::check_keys(&db, service, &keys).await?;
        // Before the organizations: what comes in between is then taken twice, not missed.
        let opened_at = cursor::all(&db).await.map_err(failed)?;
        let known = scope::load(&db, &scopes).await.map_err(failed)?;
        tracing::info!(service, organizations = known, "store opened");
        let sqlite = db.get_database_backend() == DbBackend::Sqlite;
        let inner = Inner {
            service,
            chain,
            wake: Wake::default(),
            scopes,
            opened_at,
            turns: sqlite.then(|| Arc::new(Semaphore::new(1))),
            db,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The service whose database it is.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.inner.service
    }

    /// The organizations in memory.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.inner.scopes
    }

    /// Whether the organizations known here are those of a position of organization's feed, or later. When they are, the
    /// ones in memory are those of the database, whichever replica followed the feed.
    pub async fn tree_has(&self, position: u64) -> Result<bool, RpcError> {
        let followed = cursor::all(&self.inner.db).await.map_err(fault)?;
        if followed.get("organization").copied().unwrap_or(0) < position {
            return Ok(false);
        }
        scope::load(&self.inner.db, &self.inner.scopes)
            .await
            .map_err(fault)?;
        Ok(true)
    }

    /// Closes all connections; what is under way ends first.
    pub async fn close(&self) -> Result<(), RpcError> {
        self.inner.db.close_by_ref().await.map_err(fault)
    }

    /// The answer that was given under the request's key; `None` when it has no key or was not answered.
    /// Refuses with `KEY_REUSED` or `CHUNK_REUSED` when the key came with another body.
    pub async fn replay<T, A: Message + Default>(
        &self,
        request: &Authorized<T>,
    ) -> Result<Option<A>, RpcError> {
        let Some(claim) = Claim::of(request) else {
            return Ok(None);
        };
        let answer = claim.find(&self.inner.db).await?;
        answer.map(|answer| keys::decode(&answer)).transpose()
    }

    /// Begins a unit of work and claims the request's key. Refuses with [`ANSWERED`](crate::ANSWERED) when a
    /// twin was quicker (see [`replay`](Self::replay)), with `DEADLINE_EXCEEDED` when nobody waits any more.
    pub async fn begin<T>(&self, request: &Authorized<T>) -> Result<Tx, RpcError> {
        if request.deadline() <= Moment::now() {
            return Err(Refusal::new(
                Kind::Late,
                "DEADLINE_EXCEEDED",
                "处理超时。请用同一请求编号重试。",
            )
            .into());
        }
        let claim = Claim::of(request);
        let tx = self
            .unit(Author::of(request), request.ranges().clone(), claim.clone())
            .await?;
        if let Some(claim) = claim {
            claim.take(tx.db()).await?;
        }
        Ok(tx)
    }

    /// Reads, each statement for itself.
    pub async fn read<T>(&self, request: &Authorized<T>) -> Result<Read, RpcError> {
        Ok(Read {
            db: Connection::Pool(self.inner.db.clone()),
            ranges: request.ranges().clone(),
        })
    }

    /// Reads that see one moment, however many selects they are. Give it back within seconds.
    pub async fn snapshot<T>(&self, request: &Authorized<T>) -> Result<Read, RpcError> {
        let options = TransactionOptions {
            isolation_level: self.postgres().then_some(IsolationLevel::RepeatableRead),
            access_mode: self.postgres().then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        let tx = self.shielded(options).await?;
        Ok(Read {
            db: Connection::Open(tx),
            ranges: request.ranges().clone(),
        })
    }

    /// Begins a unit of the system's own work: a timer, a job. It sees the whole tree, and what it changes is
    /// audited under the subject `system` and this name.
    pub async fn work(&self, name: &'static str) -> Result<Tx, RpcError> {
        self.unit(Author::system(name), everything(), None).await
    }

    /// Begins a unit of work that only copies what was audited where it happened.
    pub(crate) async fn copy(&self) -> Result<Tx, RpcError> {
        self.unit(Author::copy(), everything(), None).await
    }

    /// What the system's own work reads.
    #[must_use]
    pub fn own(&self) -> Read {
        Read {
            db: Connection::Pool(self.inner.db.clone()),
            ranges: everything(),
        }
    }

    /// The pool, for what this crate reads on its own account.
    pub(crate) fn own_db(&self) -> &DatabaseConnection {
        &self.inner.db
    }

    /// Records that a write was refused: in a unit of work of its own, once for each key.
    pub async fn refused<T>(&self, request: &Authorized<T>, refusal: &Refusal) -> Result<(), RpcError> {
        let author = Author::of(request).with(&refusal.reason);
        let tx = self.unit(author, request.ranges().clone(), None).await?;
        if let Some(claim) = Claim::of(request)
            && !claim.refuse(tx.db()).await.map_err(fault)?
        {
            return Ok(());
        }
        tx.commit(()).await
    }

    /// Records that somebody was not let in, and where that is filed: who, what, why, and nothing of what he sent.
    pub async fn denied(
        &self,
        caller: &Caller,
        policy: &'static Policy,
        place: Option<OrganizationId>,
        refusal: &Refusal,
    ) -> Result<(), RpcError> {
        let author = Author::denied(caller, policy, place, &refusal.reason);
        self.unit(author, Ranges::none(), None).await?.commit(()).await
    }

    async fn unit(&self, author: Author, ranges: Ranges, claim: Option<Claim>) -> Result<Tx, RpcError> {
        let turn = self.turn().await?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let db = self.shielded(options).await?;
        Ok(Tx::new(
            self.clone(),
            Connection::Open(db),
            ranges,
            author,
            claim,
            turn,
        ))
    }

    async fn turn(&self) -> Result<Option<OwnedSemaphorePermit>, RpcError> {
        match &self.inner.turns {
            None => Ok(None),
            Some(turns) => {
                let turn = turns.clone().acquire_owned().await;
                turn.map(Some)
                    .map_err(|e| Fault::from("the writers' queue", e).into())
            }
        }
    }

    /// BEGIN in a task of its own: one that is cancelled midway would leave a pooled connection inside a
    /// transaction that nobody owns, and the next borrower's writes would be lost (reliability.md finding 1).
    pub(crate) async fn shielded(
        &self,
        options: TransactionOptions,
    ) -> Result<DatabaseTransaction, RpcError> {
        let db = self.inner.db.clone();
        if Bug::Unshielded.planted() {
            return db.begin_with_options(options).await.map_err(fault);
        }
        let begun: Result<DatabaseTransaction, DbErr> =
            tokio::spawn(async move { db.begin_with_options(options).await })
                .await
                .map_err(|e| Fault::from("begin", e))?;
        begun.map_err(fault)
    }

    pub(crate) fn postgres(&self) -> bool {
        self.inner.db.get_database_backend() == DbBackend::Postgres
    }
}

fn everything() -> Ranges {
    Ranges::of([Range {
        start: Vec::new(),
        end: None,
    }])
}
