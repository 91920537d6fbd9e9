//! What proposals to change an organization rest upon.

use kernel::{RpcError, id::CaseId};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::entities::proposal;

/// What a proposal rests upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// Version of the organization that the difference was drawn up from.
    pub version: u64,
    /// Hash of the part of the tree that the preview was drawn up from.
    pub outlook: String,
}

/// The basis of a case's proposal.
pub async fn get(read: &impl Reading, case: CaseId) -> Result<Option<Basis>, RpcError> {
    let found = proposal::Entity::find_by_id(Uuid::from(case))
        .one(read.db())
        .await
        .map_err(fault)?;
    Ok(found.map(|row| Basis {
        version: row.base_version.unsigned_abs(),
        outlook: row.outlook,
    }))
}

/// Sets the basis of a case's proposal.
pub async fn put(tx: &Tx, case: CaseId, basis: Basis) -> Result<(), RpcError> {
    use proposal::Column as C;
    let replace = OnConflict::column(C::CaseId)
        .update_columns([C::BaseVersion, C::Outlook])
        .to_owned();
    let row = proposal::ActiveModel {
        case_id: Set(case.into()),
        base_version: Set(i64::try_from(basis.version).unwrap_or(i64::MAX)),
        outlook: Set(basis.outlook),
    };
    proposal::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}
