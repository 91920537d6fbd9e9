//! Organizations: what they were and are. One row of `standing` a span of days, so that any date reads with one
//! select.

use std::collections::{BTreeSet, HashMap};

use access::Range;
use kernel::{
    Day, Domain, Fault, Instant, Level, OrganizationKind, RpcError,
    day::add_days,
    id::{OrganizationId, RecordId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LockType, OnConflict},
};
use serde::{Serialize, de::DeserializeOwned};
use storage::{Reading, Tx, fault, within};
use uuid::Uuid;

use super::{
    entities::{organization, standing},
    subtrees,
};
use crate::{convert::Standing, domain::tree::Candidate};

/// Rows in one statement: 13 bind variables a row stay under what both databases take.
pub(super) const BATCH: usize = 500;

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

/// Where an organization stands today and where it stood on the day that is asked for.
#[derive(Debug, Clone)]
pub struct Top {
    /// Its path today.
    pub now: Vec<u8>,
    /// Its path then.
    pub then: Vec<u8>,
}

/// What stood at and below an organization on a day, in order of path, behind `after`. Whoever may see the whole
/// subtree today sees it as it was; whoever may see a part of it sees what is in that part today.
pub async fn list(
    read: &impl Reading,
    top: &Top,
    on: Day,
    kinds: &[OrganizationKind],
    after: Option<Vec<u8>>,
    limit: u64,
) -> Result<Vec<Standing>, RpcError> {
    let mut query = standing::Entity::find()
        .filter(on_day(on))
        .filter(subtrees::below(&top.then));
    if !read.ranges().covers(&Range::subtree(&top.now)) {
        query = query.filter(within(standing::Column::OrganizationId, read.ranges()));
    }
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

/// A span in which an organization stood below a parent.
#[derive(Debug, Clone)]
pub struct Below {
    /// The parent.
    pub parent: OrganizationId,
    /// The organization.
    pub id: OrganizationId,
    /// First day of the span.
    pub from: Day,
    /// What it was there, and how long: the span as an existence of its own.
    pub who: Candidate,
}

/// Everything that ever stood directly below some organizations.
pub async fn below(read: &impl Reading, parents: &[OrganizationId]) -> Result<Vec<Below>, RpcError> {
    let mut found = Vec::new();
    for some in parents.chunks(BATCH) {
        let rows = standing::Entity::find()
            .filter(standing::Column::ParentId.is_in(some.iter().map(|id| Uuid::from(*id))))
            .all(read.db())
            .await
            .map_err(fault)?;
        for row in rows {
            let Some(parent) = row.parent_id else { continue };
            found.push(Below {
                parent: parent.into(),
                id: row.organization_id.into(),
                from: row.valid_from,
                who: Candidate {
                    kind: word(&row.kind)?,
                    level: row.level.as_deref().map(word).transpose()?,
                    domain: row.domain.as_deref().map(word).transpose()?,
                    founded_on: row.valid_from,
                    dissolved_on: row.valid_until.map(|end| add_days(end, -1)),
                },
            });
        }
    }
    Ok(found)
}

/// What kind each of some organizations was, and of which domain, on a day: as it stood last until then, or first after.
pub async fn kinds(
    read: &impl Reading,
    ids: &[OrganizationId],
    on: Day,
) -> Result<Vec<(OrganizationId, OrganizationKind, Option<Domain>)>, RpcError> {
    let mut found = HashMap::with_capacity(ids.len());
    for row in spans(read, ids).await? {
        let kind: OrganizationKind = word(&row.kind)?;
        let domain = row.domain.as_deref().map(word).transpose()?;
        let id = OrganizationId(row.organization_id);
        if row.valid_from <= on || !found.contains_key(&id) {
            found.insert(id, (kind, domain));
        }
    }
    Ok(found
        .into_iter()
        .map(|(id, (kind, domain))| (id, kind, domain))
        .collect())
}

/// Every span of some organizations; those of one stand oldest first.
pub(super) async fn spans(
    read: &impl Reading,
    ids: &[OrganizationId],
) -> Result<Vec<standing::Model>, RpcError> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(BATCH) {
        let rows = standing::Entity::find()
            .filter(standing::Column::OrganizationId.is_in(some.iter().map(|id| Uuid::from(*id))))
            .order_by_asc(standing::Column::ValidFrom)
            .all(read.db());
        found.append(&mut rows.await.map_err(fault)?);
    }
    Ok(found)
}

/// Keeps others from writing about these organizations until the unit of work ends, always in the same order: what is
/// judged over several of their rows still holds when it is written.
pub async fn hold(tx: &Tx, ids: impl IntoIterator<Item = OrganizationId>) -> Result<(), RpcError> {
    let ids: BTreeSet<Uuid> = ids.into_iter().map(Uuid::from).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    for some in ids.chunks(BATCH) {
        organization::Entity::find()
            .select_only()
            .column(organization::Column::Id)
            .filter(organization::Column::Id.is_in(some.iter().copied()))
            .order_by_asc(organization::Column::Id)
            .lock(LockType::Update)
            .into_tuple::<Uuid>()
            .all(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

/// The present standing of many organizations; unknown ones are left out. Not limited to ranges: an import
/// compares before it decides.
pub async fn present(read: &impl Reading, ids: &[OrganizationId]) -> Result<Vec<Standing>, RpcError> {
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
            .all(read.db())
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
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
        standing::Entity::insert_many(some.iter().map(standing_row))
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

/// Says anew what an organization is.
#[derive(Debug, Clone)]
pub struct Correction {
    /// As it stood.
    pub before: Standing,
    /// As it stands.
    pub after: Standing,
    /// Whether it stands so from a day on, [`Standing::valid_from`] of `after`, and stood otherwise until then. It
    /// always stood so otherwise, or since it last changed.
    pub from_then_on: bool,
}

/// Corrects organizations, in the order of their ids: in place what an import says anew, by another span what holds
/// from a day on.
pub async fn correct(tx: &Tx, all: &[Correction]) -> Result<(), RpcError> {
    use organization::Column as O;
    let mut all: Vec<&Correction> = all.iter().collect();
    all.sort_by_key(|one| one.after.id);
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
        let rows = some.iter().map(|one| organization_row(&one.after));
        organization::Entity::insert_many(rows)
            .on_conflict(replace)
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
    }
    for one in all {
        use standing::Column as S;
        let Correction { before, after, .. } = one;
        if one.from_then_on {
            begin(tx, before, after).await?;
            continue;
        }
        let level = after.level.map(|level| code(&level));
        let domain = after.domain.map(|domain| code(&domain));
        standing::Entity::update_many()
            .col_expr(S::Name, Expr::value(after.name.clone()))
            .col_expr(S::Kind, Expr::value(code(&after.kind)))
            .col_expr(S::Level, Expr::value(level))
            .col_expr(S::Domain, Expr::value(domain))
            .col_expr(S::ValidFrom, Expr::value(after.valid_from))
            .col_expr(S::ValidUntil, Expr::value(end_of(after.dissolved_on)))
            .filter(S::OrganizationId.eq(Uuid::from(before.id)))
            .filter(S::ValidFrom.eq(before.valid_from))
            .exec(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

/// Ends the span that held and begins another one.
async fn begin(tx: &Tx, before: &Standing, after: &Standing) -> Result<(), RpcError> {
    use standing::Column as S;
    // Founded on another day than was known: what stood first stood since then.
    let since = if before.valid_from == before.founded_on {
        after.founded_on
    } else {
        before.valid_from
    };
    standing::Entity::update_many()
        .col_expr(S::ValidFrom, Expr::value(since))
        .col_expr(S::ValidUntil, Expr::value(Some(after.valid_from)))
        .filter(S::OrganizationId.eq(Uuid::from(before.id)))
        .filter(S::ValidFrom.eq(before.valid_from))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    standing::Entity::insert(standing_row(after))
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

/// Raises the versions of organizations whose record has changed.
pub async fn raise(tx: &Tx, ids: &[OrganizationId]) -> Result<(), RpcError> {
    use organization::Column as C;
    for some in ids.chunks(BATCH) {
        organization::Entity::update_many()
            .col_expr(C::Version, Expr::col(C::Version).add(1))
            .col_expr(C::RecordedAt, Expr::value(kernel::clock::system_now()))
            .filter(C::Id.is_in(some.iter().map(|id| Uuid::from(*id))))
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
