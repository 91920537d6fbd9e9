//! One worker at a time among replicas, for work that spans several transactions. Time only says when somebody
//! else may try; what keeps a paused worker from writing late is the token, checked in the transaction that
//! writes (reliability.md D10).

use std::{pin::pin, time::Duration};

use kernel::{Kind, Refusal, RpcError, clock::system_now, id::RecordId};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::{
    fault::fault,
    row::{cell, sql},
    store::Store,
    tx::Tx,
};

/// Reason of the refusal when somebody else has it.
const LOST: &str = "LEASE_LOST";

/// The right to do one kind of work for some time.
#[derive(Debug, Clone)]
pub struct Lease {
    store: Store,
    name: &'static str,
    holder: Uuid,
    token: i64,
    length: chrono::Duration,
}

impl Store {
    /// Takes the lease on a kind of work; `None` while somebody else holds it. It ends `length` after it was
    /// taken or last renewed.
    pub async fn lease(&self, name: &'static str, length: Duration) -> Result<Option<Lease>, RpcError> {
        let holder = RecordId::new().0;
        let length = chrono::Duration::from_std(length).unwrap_or(chrono::Duration::MAX);
        let text = "INSERT INTO lease (name, holder, token, until) VALUES ($1, $2, 1, $3) \
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = lease.token + 1, until = excluded.until \
            WHERE lease.until < $4 RETURNING token";
        let now = system_now();
        let values = [name.into(), holder.into(), (now + length).into(), now.into()];
        let row = self
            .own_db()
            .query_one_raw(sql(self.own_db(), text, values))
            .await
            .map_err(fault)?;
        let token = row.map(|row| cell(&row, 0)).transpose().map_err(fault)?;
        Ok(token.map(|token| Lease {
            store: self.clone(),
            name,
            holder,
            token,
            length,
        }))
    }
}

impl Lease {
    /// Lets a unit of work write only while the lease is still ours, until it ends; refuses with `LEASE_LOST`.
    /// Renews the lease.
    pub async fn fence(&self, tx: &Tx) -> Result<(), RpcError> {
        self.until(tx.db(), system_now() + self.length).await
    }

    /// Does work that may take longer than the lease: renews it three times in its length until the work is done.
    /// Refuses with `LEASE_LOST` as soon as somebody else has it; the work then stops where it waits.
    pub async fn during<T>(&self, work: impl Future<Output = Result<T, RpcError>>) -> Result<T, RpcError> {
        let pause = self.length.to_std().unwrap_or_default() / 3;
        let mut work = pin!(work);
        loop {
            match tokio::time::timeout(pause, &mut work).await {
                Ok(done) => return done,
                Err(_) => self.renew().await?,
            }
        }
    }

    /// A database that does not take it now is asked again; what is written late is kept out by the fence.
    async fn renew(&self) -> Result<(), RpcError> {
        match self.until(self.store.own_db(), system_now() + self.length).await {
            Err(error) if error.refusal().is_none_or(|one| one.reason != LOST) => {
                tracing::warn!(%error, lease = self.name, "not renewed, once more later");
                Ok(())
            }
            renewed => renewed,
        }
    }

    /// Gives the lease back.
    pub async fn release(self) -> Result<(), RpcError> {
        self.until(
            self.store.own_db(),
            system_now() - chrono::Duration::microseconds(1),
        )
        .await
    }

    async fn until(&self, db: &impl ConnectionTrait, until: kernel::Instant) -> Result<(), RpcError> {
        let text = "UPDATE lease SET until = $1 WHERE name = $2 AND holder = $3 AND token = $4";
        let values = [
            until.into(),
            self.name.into(),
            self.holder.into(),
            self.token.into(),
        ];
        match db
            .execute_raw(sql(db, text, values))
            .await
            .map_err(fault)?
            .rows_affected()
        {
            1 => Ok(()),
            _ => Err(Refusal::new(Kind::Conflict, LOST, "这项工作已由另一个实例接手。").into()),
        }
    }
}
