//! Organizations: what they were and are. One row of `standing` a span of days, so that any date reads with one
//! select.

use kernel::{
    Day, Domain, Fault, Instant, Level, OrganizationKind, RpcError,
    day::add_days,
    id::{OrganizationId, RecordId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use serde::{Serialize, de::DeserializeOwned};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::entities::{organization, standing};
use crate::convert::Standing;

/// Rows in one statement: 13 bind variables a row stay under what both databases take.
const BATCH: usize = 500;

/// The organization on a day; `None` when it did not exist then.
pub async fn get(read: &impl Reading, id: OrganizationId, on: Day) -> Result<Option<Standing>, RpcError> {
    let found = standing::Entity::find()
        .filter(standing::Column::OrganizationId.eq(Uuid::from(id)))
        .filter(on_day(on))
        .find_also_related(organization::Entity)
        .one(read.db())
        .await
        .map_err(fault)?;
    found.map(joined).transpose()
}

/// Organizations of the caller's ranges on a day, in order of path, behind `after`.
pub async fn list(
    read: &impl Reading,
    on: Day,
    kinds: &[OrganizationKind],
    after: Option<Vec<u8>>,
    limit: u64,
) -> Result<Vec<Standing>, RpcError> {
    let mut query = standing::Entity::find()
        .filter(on_day(on))
        .filter(in_ranges(read));
    if !kinds.is_empty() {
        query = query.filter(standing::Column::Kind.is_in(kinds.iter().map(code)));
    }
    if let Some(after) = after {
        query = query.filter(standing::Column::Path.gt(after));
    }
    let rows = query
        .order_by_asc(standing::Column::Path)
        .find_also_related(organization::Entity)
        .limit(limit)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(joined).collect()
}

/// The present standing of many organizations; unknown ones are left out. Not limited to ranges: an import
/// compares before it decides.
pub async fn present(tx: &Tx, ids: &[OrganizationId]) -> Result<Vec<Standing>, RpcError> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(BATCH) {
        let rows = standing::Entity::find()
            .filter(standing::Column::OrganizationId.is_in(some.iter().map(|id| Uuid::from(*id))))
            .filter(
                standing::Column::ValidUntil
                    .is_null()
                    .or(Expr::col(organization::Column::DissolvedOn).is_not_null()),
            )
            .find_also_related(organization::Entity)
            .all(tx.db())
            .await
            .map_err(fault)?;
        for row in rows {
            found.push(joined(row)?);
        }
    }
    // A dissolved organization has closed spans only: its last one is what it was.
    found.sort_by_key(|one| (one.id, one.valid_from));
    found.dedup_by(|later, earlier| {
        let same = later.id == earlier.id;
        if same {
            std::mem::swap(later, earlier);
        }
        same
    });
    Ok(found)
}

/// Whether any organization exists.
pub async fn any(tx: &Tx) -> Result<bool, RpcError> {
    Ok(organization::Entity::find().count(tx.db()).await.map_err(fault)? > 0)
}

/// Adds organizations with their first standing.
pub async fn insert(tx: &Tx, all: &[Standing]) -> Result<(), RpcError> {
    for some in all.chunks(BATCH) {
        organization::Entity::insert_many(some.iter().map(organization_row))
            .exec(tx.db())
            .await
            .map_err(fault)?;
        standing::Entity::insert_many(some.iter().map(standing_row))
            .exec(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

/// Corrects organizations in place: an import says anew what was always so.
pub async fn correct(tx: &Tx, all: &[Standing]) -> Result<(), RpcError> {
    use organization::Column as O;
    for some in all.chunks(BATCH) {
        let replace = OnConflict::column(O::Id)
            .update_columns([
                O::FoundedOn,
                O::DissolvedOn,
                O::AdminCode,
                O::AdminEdition,
                O::LeadsArea,
            ])
            .update_columns([O::Version, O::RecordedAt])
            .to_owned();
        let rows = some.iter().map(organization_row);
        organization::Entity::insert_many(rows)
            .on_conflict(replace)
            .exec(tx.db())
            .await
            .map_err(fault)?;
    }
    for one in all {
        standing::Entity::update_many()
            .col_expr(standing::Column::Name, Expr::value(one.name.clone()))
            .col_expr(standing::Column::Kind, Expr::value(code(&one.kind)))
            .col_expr(
                standing::Column::Level,
                Expr::value(one.level.map(|level| code(&level))),
            )
            .col_expr(
                standing::Column::Domain,
                Expr::value(one.domain.map(|domain| code(&domain))),
            )
            .col_expr(
                standing::Column::ValidUntil,
                Expr::value(end_of(one.dissolved_on)),
            )
            .filter(standing::Column::OrganizationId.eq(Uuid::from(one.id)))
            .filter(standing::Column::ValidFrom.eq(one.valid_from))
            .exec(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

fn on_day(on: Day) -> Condition {
    Condition::all().add(standing::Column::ValidFrom.lte(on)).add(
        standing::Column::ValidUntil
            .is_null()
            .or(standing::Column::ValidUntil.gt(on)),
    )
}

/// The caller's ranges over the path as it was on the day that is asked for.
fn in_ranges(read: &impl Reading) -> Condition {
    let mut any = Condition::any();
    for range in read.ranges().iter() {
        let mut one = Condition::all().add(standing::Column::Path.gte(range.start.clone()));
        if let Some(end) = &range.end {
            one = one.add(standing::Column::Path.lt(end.clone()));
        }
        any = any.add(one);
    }
    if read.ranges().is_empty() {
        any.add(Expr::value(1).eq(0))
    } else {
        any
    }
}

fn joined(
    (standing, organization): (standing::Model, Option<organization::Model>),
) -> Result<Standing, RpcError> {
    let organization = organization.ok_or_else(|| Fault::new("a standing without its organization"))?;
    Ok(Standing {
        id: organization.id.into(),
        founded_on: organization.founded_on,
        dissolved_on: organization.dissolved_on,
        admin_code: organization.admin_code,
        admin_edition: organization.admin_edition,
        leads_area: organization.leads_area,
        version: organization.version.unsigned_abs(),
        valid_from: standing.valid_from,
        parent: standing.parent_id.map(OrganizationId),
        path: standing.path,
        name: standing.name,
        kind: word(&standing.kind)?,
        level: standing.level.as_deref().map(word::<Level>).transpose()?,
        domain: standing.domain.as_deref().map(word::<Domain>).transpose()?,
        recorded_at: organization.recorded_at,
    })
}

fn organization_row(one: &Standing) -> organization::ActiveModel {
    organization::ActiveModel {
        id: Set(one.id.into()),
        founded_on: Set(one.founded_on),
        dissolved_on: Set(one.dissolved_on),
        admin_code: Set(one.admin_code.clone()),
        admin_edition: Set(one.admin_edition),
        leads_area: Set(one.leads_area),
        version: Set(i64::try_from(one.version).unwrap_or(i64::MAX)),
        recorded_at: Set(one.recorded_at),
    }
}

fn standing_row(one: &Standing) -> standing::ActiveModel {
    standing::ActiveModel {
        id: Set(RecordId::new().into()),
        organization_id: Set(one.id.into()),
        valid_from: Set(one.valid_from),
        valid_until: Set(end_of(one.dissolved_on)),
        parent_id: Set(one.parent.map(Uuid::from)),
        path: Set(one.path.clone()),
        depth: Set(i32::try_from(one.path.len() / access::range::STEP).unwrap_or(i32::MAX)),
        name: Set(one.name.clone()),
        kind: Set(code(&one.kind)),
        level: Set(one.level.map(|level| code(&level))),
        domain: Set(one.domain.map(|domain| code(&domain))),
        recorded_at: Set(one.recorded_at),
    }
}

/// The first day on which an organization with this last day is no more.
fn end_of(dissolved_on: Option<Day>) -> Option<Day> {
    dissolved_on.map(|last| add_days(last, 1))
}

/// A word of the kernel as it stands in a column.
pub(super) fn code<T: Serialize>(word: &T) -> String {
    serde_json::to_value(word)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A word of the kernel out of a column.
pub(super) fn word<T: DeserializeOwned>(text: &str) -> Result<T, RpcError> {
    serde_json::from_value(text.into()).map_err(|e| Fault::from("an unknown word in a column", e).into())
}

/// The instant that a row is recorded with.
#[must_use]
pub fn recording() -> Instant {
    kernel::clock::system_now()
}
