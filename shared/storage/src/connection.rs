//! What a query runs on: the pool or an open transaction, and the caller's part of the tree with it.

use access::Ranges;
use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    Statement,
};

/// The pool, or an open transaction; entities and statements take it as it is.
#[derive(Debug)]
pub enum Connection {
    /// Each statement on whatever connection is free.
    Pool(DatabaseConnection),
    /// All statements in one transaction.
    Open(DatabaseTransaction),
}

macro_rules! either {
    ($self:ident, $one:ident => $call:expr) => {
        match $self {
            Connection::Pool($one) => $call,
            Connection::Open($one) => $call,
        }
    };
}

#[async_trait]
impl ConnectionTrait for Connection {
    fn get_database_backend(&self) -> DbBackend {
        either!(self, one => one.get_database_backend())
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        either!(self, one => one.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        either!(self, one => one.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        either!(self, one => one.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        either!(self, one => one.query_all_raw(statement).await)
    }
}

/// What a query takes: it comes from an [`access::Authorized`] request, or from the system's own work.
pub trait Reading: Sync {
    /// What statements run on.
    fn db(&self) -> &Connection;
    /// The part of the tree that may be seen: for [`within`](crate::within).
    fn ranges(&self) -> &Ranges;
}

/// Reads without changing anything: each statement for itself, or all of one moment.
#[derive(Debug)]
pub struct Read {
    pub(crate) db: Connection,
    pub(crate) ranges: Ranges,
}

impl Reading for Read {
    fn db(&self) -> &Connection {
        &self.db
    }

    fn ranges(&self) -> &Ranges {
        &self.ranges
    }
}
