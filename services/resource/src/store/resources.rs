//! Offerings of the four libraries.

use std::collections::{BTreeSet, HashMap};

use kernel::{
    Fault, RpcError,
    clock::system_now,
    id::{OrganizationId, ResourceId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait as _, LockType, OnConflict},
};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::{
    columns::{amount, loaded, stored, word},
    entities::resource::{ActiveModel, Column, Entity, Model},
    tokens,
};
use crate::domain::offering::{Card, Kind, Offering, Standing};

/// An id in another system: system and value (N-09).
pub type Key = (String, String);

/// One offering, whoever owns it: the service area decides, not the caller's part of the tree.
pub async fn get(read: &impl Reading, id: ResourceId) -> Result<Option<Offering>, RpcError> {
    let found = Entity::find_by_id(Uuid::from(id))
        .one(read.db())
        .await
        .map_err(fault)?;
    found.map(offering).transpose()
}

/// Some offerings; unknown ones are left out.
pub async fn of(read: &impl Reading, ids: &[ResourceId]) -> Result<HashMap<ResourceId, Offering>, RpcError> {
    let rows = Entity::find()
        .filter(named(ids))
        .all(read.db())
        .await
        .map_err(fault)?;
    by_id(rows)
}

/// The same, and they stay in their libraries until the unit of work ends: whoever takes one out waits.
pub async fn kept(tx: &Tx, ids: &[ResourceId]) -> Result<HashMap<ResourceId, Offering>, RpcError> {
    locked(tx, ids, LockType::KeyShare).await
}

/// The same, and nobody else sums them up or changes them until the unit of work ends: what their seats and copies
/// add up to stays true.
pub async fn lock(tx: &Tx, ids: &[ResourceId]) -> Result<HashMap<ResourceId, Offering>, RpcError> {
    locked(tx, ids, LockType::NoKeyUpdate).await
}

/// One of them, and nobody else books it until the unit of work ends.
pub async fn alone(tx: &Tx, id: ResourceId) -> Result<Option<Offering>, RpcError> {
    Ok(locked(tx, &[id], LockType::Update).await?.remove(&id))
}

/// In order of id, so that two never wait for each other crosswise.
async fn locked(
    tx: &Tx,
    ids: &[ResourceId],
    how: LockType,
) -> Result<HashMap<ResourceId, Offering>, RpcError> {
    let rows = Entity::find()
        .filter(named(ids))
        .order_by_asc(Column::Id)
        .lock(how)
        .all(tx.db())
        .await
        .map_err(fault)?;
    by_id(rows)
}

/// What is looked for in the libraries.
#[derive(Debug, Default)]
pub struct Search {
    /// The organizations whose offerings serve the one that asks.
    pub owners: Vec<OrganizationId>,
    /// Only this library.
    pub kind: Option<Kind>,
    /// All of these tokens.
    pub tokens: BTreeSet<String>,
    /// Behind this one.
    pub after: Option<ResourceId>,
    /// At most so many.
    pub limit: u64,
}

/// Admitted offerings in order of id.
pub async fn search(read: &impl Reading, search: &Search) -> Result<Vec<Offering>, RpcError> {
    let owners = search.owners.iter().map(|id| Uuid::from(*id));
    let mut query = Entity::find()
        .filter(Column::OwnerId.is_in(owners))
        .filter(Column::Standing.eq(Standing::Admitted.code()));
    if let Some(kind) = search.kind {
        query = query.filter(Column::Kind.eq(kind.code()));
    }
    if !search.tokens.is_empty() {
        query = query.filter(Column::Id.in_subquery(tokens::having_all(&search.tokens)));
    }
    if let Some(after) = search.after {
        query = query.filter(Column::Id.gt(Uuid::from(after)));
    }
    let rows = query
        .order_by_asc(Column::Id)
        .limit(search.limit)
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter().map(offering).collect()
}

/// The offerings with these other ids, locked: an import compares before it decides.
pub async fn known(tx: &Tx, keys: &[Key]) -> Result<HashMap<Key, Offering>, RpcError> {
    let mut by_system: HashMap<&str, Vec<&str>> = HashMap::new();
    for (system, value) in keys {
        by_system.entry(system).or_default().push(value);
    }
    let mut found = HashMap::with_capacity(keys.len());
    for (system, values) in by_system {
        let rows = Entity::find()
            .filter(Column::ExternalSystem.eq(system))
            .filter(Column::ExternalValue.is_in(values))
            .order_by_asc(Column::Id)
            .lock(LockType::NoKeyUpdate)
            .all(tx.db())
            .await
            .map_err(fault)?;
        for row in rows {
            let key = (row.external_system.clone(), row.external_value.clone());
            found.insert(key, offering(row)?);
        }
    }
    Ok(found)
}

/// Adds offerings, or says anew what those with the same ids are.
pub async fn put(tx: &Tx, all: &[(Offering, Key)]) -> Result<(), RpcError> {
    if all.is_empty() {
        return Ok(());
    }
    let replace = OnConflict::column(Column::Id)
        .update_columns([
            Column::Title,
            Column::OwnerId,
            Column::Capacity,
            Column::SiteId,
            Column::Subjects,
        ])
        .update_columns([Column::Version, Column::RecordedAt])
        .to_owned();
    let rows = all
        .iter()
        .map(|(offering, key)| row(offering, key))
        .collect::<Result<Vec<_>, _>>()?;
    Entity::insert_many(rows)
        .on_conflict(replace)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

/// Writes the standing of an offering that was read in this unit of work. `false` when somebody was quicker.
pub async fn stand(tx: &Tx, offering: &Offering) -> Result<bool, RpcError> {
    let done = Entity::update_many()
        .col_expr(Column::Standing, Expr::value(offering.standing.code()))
        .col_expr(Column::Version, Expr::value(stored(offering.version)))
        .col_expr(Column::RecordedAt, Expr::value(system_now()))
        .filter(Column::Id.eq(Uuid::from(offering.id)))
        .filter(Column::Version.eq(stored(offering.version - 1)))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(done.rows_affected == 1)
}

/// Adds a grade to each of some offerings.
pub async fn grade(tx: &Tx, ids: &[ResourceId], grade: u32) -> Result<(), RpcError> {
    Entity::update_many()
        .col_expr(Column::Grades, Expr::col(Column::Grades).add(i64::from(grade)))
        .col_expr(Column::Graded, Expr::col(Column::Graded).add(1))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::RecordedAt, Expr::value(system_now()))
        .filter(named(ids))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

fn named(ids: &[ResourceId]) -> Expr {
    Column::Id.is_in(ids.iter().map(|id| Uuid::from(*id)))
}

fn by_id(rows: Vec<Model>) -> Result<HashMap<ResourceId, Offering>, RpcError> {
    rows.into_iter()
        .map(|row| offering(row).map(|one| (one.id, one)))
        .collect()
}

fn offering(row: Model) -> Result<Offering, RpcError> {
    let subjects =
        serde_json::from_str(&row.subjects).map_err(|e| Fault::from("subjects of a resource", e))?;
    Ok(Offering {
        id: row.id.into(),
        card: Card {
            kind: word(&Kind::ALL, Kind::code, &row.kind)?,
            title: row.title,
            owner: row.owner_id.into(),
            capacity: amount(row.capacity),
            site: row.site_id,
            subjects,
        },
        standing: word(&Standing::ALL, Standing::code, &row.standing)?,
        grades: loaded(row.grades),
        graded: loaded(row.graded),
        version: loaded(row.version),
    })
}

fn row(offering: &Offering, (system, value): &Key) -> Result<ActiveModel, RpcError> {
    let card = &offering.card;
    let subjects =
        serde_json::to_string(&card.subjects).map_err(|e| Fault::from("subjects of a resource", e))?;
    Ok(ActiveModel {
        id: Set(offering.id.into()),
        kind: Set(card.kind.code().to_owned()),
        title: Set(card.title.clone()),
        owner_id: Set(card.owner.into()),
        capacity: Set(i64::from(card.capacity)),
        standing: Set(offering.standing.code().to_owned()),
        site_id: Set(card.site),
        subjects: Set(subjects),
        grades: Set(stored(offering.grades)),
        graded: Set(stored(offering.graded)),
        external_system: Set(system.clone()),
        external_value: Set(value.clone()),
        version: Set(stored(offering.version)),
        recorded_at: Set(system_now()),
    })
}
