//! Keys of writes (AIP-155): the same key has the same effect and the same answer, whoever asks how often.

use access::Authorized;
use kernel::{Fault, Instant, Kind, Refusal, RpcError, clock::system_now};
use prost::Message;
use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::{
    fault::fault,
    row::{cell, sql},
};

/// Reason of the refusal that [`Store::begin`](crate::Store::begin) gives to a twin that came second: ask
/// [`Store::replay`](crate::Store::replay) again. It never reaches a caller.
pub const ANSWERED: &str = "KEY_ANSWERED";

/// What a key belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    subject: String,
    method: &'static str,
    key: String,
    fingerprint: [u8; 32],
}

impl Claim {
    /// The claim of a request; `None` when it has no key.
    pub(crate) fn of<T>(request: &Authorized<T>) -> Option<Self> {
        Some(Self {
            subject: request.caller().subject.clone(),
            method: &request.policy().path,
            key: request.key()?.to_owned(),
            fingerprint: *request.fingerprint(),
        })
    }

    fn names(&self) -> [Value; 3] {
        [
            self.subject.clone().into(),
            self.method.into(),
            self.key.clone().into(),
        ]
    }

    /// Claims the key for the transaction of `db`. A twin in flight is waited for; who comes second is refused
    /// with [`ANSWERED`], or with `KEY_REUSED` / `CHUNK_REUSED` when the body is another one.
    pub(crate) async fn take(&self, db: &impl ConnectionTrait) -> Result<(), RpcError> {
        let text = "INSERT INTO answer (subject, method, key, fingerprint, recorded_at) \
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (subject, method, key) DO NOTHING";
        let [subject, method, key] = self.names();
        let values = [
            subject,
            method,
            key,
            self.fingerprint.to_vec().into(),
            system_now().into(),
        ];
        let claimed = db
            .execute_raw(sql(db, text, values))
            .await
            .map_err(fault)?
            .rows_affected();
        if claimed == 1 {
            return Ok(());
        }
        match self.find(db).await? {
            Some(_) => Err(Refusal::new(
                Kind::Conflict,
                ANSWERED,
                "相同的请求刚刚处理完毕，请用同一编号重新获取结果。",
            )
            .into()),
            None => Err(Fault::new("a claimed key without its answer").into()),
        }
    }

    /// The stored answer, when the key was answered.
    pub(crate) async fn find(&self, db: &impl ConnectionTrait) -> Result<Option<Vec<u8>>, RpcError> {
        let text = "SELECT fingerprint, answer FROM answer WHERE subject = $1 AND method = $2 AND key = $3";
        let Some(row) = db
            .query_one_raw(sql(db, text, self.names()))
            .await
            .map_err(fault)?
        else {
            return Ok(None);
        };
        let fingerprint: Vec<u8> = cell(&row, 0).map_err(fault)?;
        if fingerprint != self.fingerprint {
            return Err(self.reused().into());
        }
        cell::<Option<Vec<u8>>>(&row, 1).map_err(fault)
    }

    fn reused(&self) -> Refusal {
        if let Some((_, chunk)) = self.key.split_once('/') {
            let zh = "这个分块已经用其他内容导入过。请换一个 import_id，或者重发原来的内容。";
            return Refusal::new(Kind::Invalid, "CHUNK_REUSED", zh).with("chunk", chunk);
        }
        let zh = "这个 request_id 已经用于其他内容。请换一个新的编号重新提交。";
        Refusal::new(Kind::Invalid, "KEY_REUSED", zh)
    }

    /// The statement that stores the answer, with its values; parameters 1 to 4.
    pub(crate) fn store(&self, answer: Vec<u8>) -> (&'static str, Vec<Value>) {
        let [subject, method, key] = self.names();
        let text = "UPDATE answer SET answer = $1 WHERE subject = $2 AND method = $3 AND key = $4";
        (text, vec![answer.into(), subject, method, key])
    }

    /// Marks the key as refused; says whether it was so for the first time.
    pub(crate) async fn refuse(&self, db: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let text = "INSERT INTO refused (subject, method, key, recorded_at) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (subject, method, key) DO NOTHING";
        let [subject, method, key] = self.names();
        let values = [subject, method, key, system_now().into()];
        Ok(db.execute_raw(sql(db, text, values)).await?.rows_affected() == 1)
    }
}

/// Decodes a stored answer.
pub(crate) fn decode<A: Message + Default>(answer: &[u8]) -> Result<A, RpcError> {
    A::decode(answer).map_err(|e| Fault::from("a stored answer", e).into())
}

/// Forgets keys recorded before `before`; says how many. Keep them for at least seven days: longer than any
/// caller retries.
pub(crate) async fn sweep(db: &impl ConnectionTrait, before: Instant) -> Result<u64, DbErr> {
    let answered = db
        .execute_raw(sql(
            db,
            "DELETE FROM answer WHERE recorded_at < $1",
            [before.into()],
        ))
        .await?;
    let refused = db
        .execute_raw(sql(
            db,
            "DELETE FROM refused WHERE recorded_at < $1",
            [before.into()],
        ))
        .await?;
    Ok(answered.rows_affected() + refused.rows_affected())
}
