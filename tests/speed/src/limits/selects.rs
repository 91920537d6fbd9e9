//! Calls answered from Postgres: the statements, every column of every row decoded, and an answer as long as ours.

use std::{collections::HashMap, hint::black_box, str::FromStr, sync::Arc};

use bytes::Bytes;
use prost::Message;
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, PgPool, Row, TypeInfo,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
};
use tonic::Status;
use uuid::Uuid;

use crate::{
    plan::{Plan, Read, Statement, Value},
    raw::{Answer, Answering},
};

/// As many connections as a service of ours has.
const POOL: u32 = 8;

/// A request whose first field is an id.
#[derive(Clone, PartialEq, Message)]
struct First {
    #[prost(string, tag = "1")]
    id: String,
}

/// A request whose second field is an id.
#[derive(Clone, PartialEq, Message)]
struct Second {
    #[prost(string, tag = "2")]
    id: String,
}

/// The database, and what is read of it.
pub struct Selects {
    pool: PgPool,
    reads: HashMap<String, Arc<Read>>,
    answers: HashMap<String, Bytes>,
}

impl Selects {
    /// On a database.
    pub fn new(url: &str, plan: Plan) -> Result<Self, sqlx::Error> {
        let options = PgConnectOptions::from_str(url)?.disable_statement_logging();
        let answer = |read: &Read| Bytes::from(vec![b'x'; read.answer]);
        Ok(Self {
            pool: PgPoolOptions::new()
                .max_connections(POOL)
                .test_before_acquire(false)
                .connect_lazy_with(options),
            answers: plan
                .reads
                .iter()
                .map(|(path, read)| (path.clone(), answer(read)))
                .collect(),
            reads: plan
                .reads
                .into_iter()
                .map(|(path, read)| (path, Arc::new(read)))
                .collect(),
        })
    }
}

impl Answer for Selects {
    fn answer(&self, path: &str, message: Bytes) -> Answering {
        let found = self.reads.get(path).cloned().zip(self.answers.get(path).cloned());
        let pool = self.pool.clone();
        Box::pin(async move {
            let (read, answer) = found.ok_or_else(|| Status::unimplemented("no such read"))?;
            let id = match read.field {
                1 => First::decode(message).map(|message| message.id),
                _ => Second::decode(message).map(|message| message.id),
            };
            let id = id.map_err(|_| Status::invalid_argument("no message"))?;
            let id: Uuid = id.parse().map_err(|_| Status::invalid_argument("no id"))?;
            for statement in &read.statements {
                let rows = rows(&pool, statement, id).await;
                let rows = rows.map_err(|error| Status::internal(error.to_string()))?;
                for row in &rows {
                    decoded(row).map_err(|error| Status::internal(error.to_string()))?;
                }
            }
            Ok(answer)
        })
    }
}

async fn rows(pool: &PgPool, statement: &Statement, id: Uuid) -> Result<Vec<PgRow>, sqlx::Error> {
    let mut query = sqlx::query(AssertSqlSafe(statement.sql.clone())).bind(id);
    for value in &statement.values {
        query = match value {
            Value::Day(day) => query.bind(*day),
            Value::Number(number) => query.bind(*number),
            Value::Bytes(bytes) => query.bind(bytes.clone()),
            Value::Id(id) => query.bind(*id),
        };
    }
    query.fetch_all(pool).await
}

/// Every column as what it is.
fn decoded(row: &PgRow) -> Result<(), sqlx::Error> {
    for (at, column) in row.columns().iter().enumerate() {
        match column.type_info().name() {
            "UUID" => drop(black_box(row.try_get::<Option<Uuid>, _>(at)?)),
            "INT4" => drop(black_box(row.try_get::<Option<i32>, _>(at)?)),
            "INT8" => drop(black_box(row.try_get::<Option<i64>, _>(at)?)),
            "BOOL" => drop(black_box(row.try_get::<Option<bool>, _>(at)?)),
            "DATE" => drop(black_box(row.try_get::<Option<chrono::NaiveDate>, _>(at)?)),
            "TIMESTAMPTZ" => drop(black_box(
                row.try_get::<Option<chrono::DateTime<chrono::Utc>>, _>(at)?,
            )),
            "BYTEA" => drop(black_box(row.try_get::<Option<Vec<u8>>, _>(at)?)),
            _ => drop(black_box(row.try_get::<Option<String>, _>(at)?)),
        }
    }
    Ok(())
}
