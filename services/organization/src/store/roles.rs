//! Role assignments.

use std::collections::BTreeSet;

use kernel::{
    Day, Role, RpcError,
    id::{GrantId, OrganizationId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait},
};
use storage::{Reading, Tx, fault, within};
use uuid::Uuid;

use super::{
    entities::role,
    organizations::{code, word},
};
use crate::domain::branch::Span;

/// A role held by a person at an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Names it.
    pub id: GrantId,
    /// The person.
    pub subject: Uuid,
    /// The role.
    pub role: Role,
    /// Where.
    pub organization: OrganizationId,
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Option<Day>,
}

impl Assignment {
    /// When it holds.
    #[must_use]
    pub fn span(&self) -> Span {
        Span {
            from: self.from,
            until: self.until,
        }
    }
}

/// The roles that some persons hold on a day, wherever they are.
pub async fn held(read: &impl Reading, subjects: &[Uuid], on: Day) -> Result<Vec<Assignment>, RpcError> {
    let rows = role::Entity::find()
        .filter(role::Column::Subject.is_in(subjects.iter().copied()))
        .filter(role::Column::ValidFrom.lte(on))
        .filter(
            role::Column::ValidUntil
                .is_null()
                .or(role::Column::ValidUntil.gte(on)),
        )
        .order_by_asc(role::Column::Id)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(assignment).collect()
}

/// All roles that some persons hold, have held or will hold, wherever they are.
pub async fn of(read: &impl Reading, subjects: &BTreeSet<Uuid>) -> Result<Vec<Assignment>, RpcError> {
    let rows = role::Entity::find()
        .filter(role::Column::Subject.is_in(subjects.iter().copied()))
        .order_by_asc(role::Column::Id)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(assignment).collect()
}

/// One assignment inside the caller's ranges.
pub async fn get(read: &impl Reading, id: GrantId) -> Result<Option<Assignment>, RpcError> {
    let found = role::Entity::find_by_id(Uuid::from(id))
        .filter(within(role::Column::OrganizationId, read.ranges()))
        .one(read.db())
        .await
        .map_err(fault)?;
    found.map(assignment).transpose()
}

/// Adds assignments.
pub async fn insert(tx: &Tx, all: &[Assignment], given_by: &str) -> Result<(), RpcError> {
    if all.is_empty() {
        return Ok(());
    }
    let recorded_at = kernel::clock::system_now();
    let rows = all.iter().map(|one| role::ActiveModel {
        id: Set(one.id.into()),
        subject: Set(one.subject),
        role: Set(code(&one.role)),
        organization_id: Set(one.organization.into()),
        valid_from: Set(one.from),
        valid_until: Set(one.until),
        given_by: Set(given_by.to_owned()),
        recorded_at: Set(recorded_at),
    });
    role::Entity::insert_many(rows)
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

/// Sets the last day of an assignment; `None` for no end.
pub async fn end(tx: &Tx, id: GrantId, last: Option<Day>) -> Result<(), RpcError> {
    role::Entity::update_many()
        .col_expr(role::Column::ValidUntil, Expr::value(last))
        .filter(role::Column::Id.eq(Uuid::from(id)))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

fn assignment(row: role::Model) -> Result<Assignment, RpcError> {
    Ok(Assignment {
        id: row.id.into(),
        subject: row.subject,
        role: word(&row.role)?,
        organization: row.organization_id.into(),
        from: row.valid_from,
        until: row.valid_until,
    })
}
