//! Naming batches and certificates: rows are only ever added.

use kernel::{
    Day, RpcError,
    clock::system_now,
    id::{CycleId, OrganizationId, RecordId},
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use storage::{Reading, Tx, fault, within};
use uuid::Uuid;

use super::entities::{certificate, naming_batch};

/// Rows in one statement: 5 variables each stay under what both databases take.
const BATCH: usize = 500;

/// A signed batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBatch {
    /// Opaque.
    pub id: RecordId,
    /// Who names.
    pub organization: OrganizationId,
    /// The cycle.
    pub cycle: CycleId,
    /// From 1 in the cycle.
    pub number: u32,
    /// The day of signing.
    pub signed_on: Day,
    /// Canonical text.
    pub text: String,
    /// Its signature.
    pub signature: Vec<u8>,
    /// Public key to verify it with, PEM.
    pub public_key: String,
}

/// A signed certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCertificate {
    /// The branch.
    pub branch: OrganizationId,
    /// The batch.
    pub batch: RecordId,
    /// The star.
    pub star: u8,
    /// Canonical text.
    pub text: String,
    /// Its signature.
    pub signature: Vec<u8>,
}

/// Number and text of the last batch of a cycle.
pub async fn last(tx: &Tx, cycle: CycleId) -> Result<Option<(u32, String)>, RpcError> {
    let found = naming_batch::Entity::find()
        .filter(naming_batch::Column::CycleId.eq(Uuid::from(cycle)))
        .order_by_desc(naming_batch::Column::Number)
        .one(tx.db())
        .await
        .map_err(fault)?;
    Ok(found.map(|row| (row.number.unsigned_abs(), row.body)))
}

/// The certificate of a branch of the caller's ranges in a batch.
pub async fn certificate(
    read: &impl Reading,
    batch: RecordId,
    branch: OrganizationId,
) -> Result<Option<SignedCertificate>, RpcError> {
    let found = certificate::Entity::find_by_id((Uuid::from(batch), Uuid::from(branch)))
        .filter(within(certificate::Column::BranchId, read.ranges()))
        .one(read.db())
        .await
        .map_err(fault)?;
    Ok(found.map(read_certificate))
}

/// The public key that verifies a batch and its certificates; `None` for one that was signed before keys were kept.
pub async fn public_key(read: &impl Reading, batch: RecordId) -> Result<Option<String>, RpcError> {
    let found = naming_batch::Entity::find_by_id(Uuid::from(batch))
        .one(read.db())
        .await
        .map_err(fault)?;
    Ok(found.map(|row| row.public_key).filter(|key| !key.is_empty()))
}

/// Adds a batch with its certificates.
pub async fn insert(
    tx: &Tx,
    batch: &SignedBatch,
    certificates: &[SignedCertificate],
) -> Result<(), RpcError> {
    let row = naming_batch::ActiveModel {
        id: Set(batch.id.into()),
        organization_id: Set(batch.organization.into()),
        cycle_id: Set(batch.cycle.into()),
        number: Set(i32::try_from(batch.number).unwrap_or(i32::MAX)),
        signed_on: Set(batch.signed_on),
        body: Set(batch.text.clone()),
        signature: Set(batch.signature.clone()),
        public_key: Set(batch.public_key.clone()),
        recorded_at: Set(system_now()),
    };
    naming_batch::Entity::insert(row)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    for some in certificates.chunks(BATCH) {
        let rows = some.iter().map(|one| certificate::ActiveModel {
            branch_id: Set(one.branch.into()),
            batch_id: Set(one.batch.into()),
            star: Set(one.star.into()),
            body: Set(one.text.clone()),
            signature: Set(one.signature.clone()),
        });
        certificate::Entity::insert_many(rows)
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

fn read_certificate(row: certificate::Model) -> SignedCertificate {
    SignedCertificate {
        branch: row.branch_id.into(),
        batch: row.batch_id.into(),
        star: u8::try_from(row.star).unwrap_or(0),
        text: row.body,
        signature: row.signature,
    }
}
