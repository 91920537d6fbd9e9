//! Persons and the spans of their primary branch. A person is read through his stay: the branch of a stay on the
//! date decides who may see him, and on any date it is one select.

use std::collections::HashMap;

use kernel::{
    Day, Fault, RpcError,
    clock::system_now,
    id::{PersonId, RecordId},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use storage::{Reading, Tx, broken, fault, within};
use uuid::Uuid;

use super::entities::{external_id, person, stay};
use crate::{
    domain::{
        membership::{Dates, Stay},
        person::{Key, Particulars, Placed},
    },
    error::MemberError,
};

/// Rows in one statement: 19 bind variables a row stay under what both databases take.
const BATCH: usize = 500;

/// A person as he is seen on a date.
pub struct Seen {
    /// The row.
    pub person: person::Model,
    /// The stay that the date lies in.
    pub stay: stay::Model,
    /// His ids in other systems.
    pub external_ids: Vec<Key>,
}

/// A person with all his stays, in the order of their first days, before a change.
pub struct Kept {
    /// The row.
    pub person: person::Model,
    /// All stays.
    pub stays: Vec<Placed>,
    /// His ids in other systems.
    pub external_ids: Vec<Key>,
}

/// A person to write, with his sealed fields.
pub struct Written<'a> {
    /// Who.
    pub id: PersonId,
    /// The version that he has now.
    pub version: u64,
    /// What is recorded of him.
    pub particulars: &'a Particulars,
    /// Identity number, sealed.
    pub identity_sealed: Vec<u8>,
    /// Its blind index.
    pub index: [u8; 32],
    /// Phone, sealed.
    pub phone_sealed: Option<Vec<u8>>,
}

/// The member on a date, inside the caller's ranges.
pub async fn get(read: &impl Reading, id: PersonId, on: Day) -> Result<Option<Seen>, RpcError> {
    seen(read, stay::Column::PersonId.eq(Uuid::from(id)), on).await
}

/// The member with this identity number on a date, inside the caller's ranges.
pub async fn find(read: &impl Reading, index: &[u8; 32], on: Day) -> Result<Option<Seen>, RpcError> {
    seen(read, person::Column::IdentityIndex.eq(index.to_vec()), on).await
}

async fn seen(
    read: &impl Reading,
    who: sea_orm::sea_query::SimpleExpr,
    on: Day,
) -> Result<Option<Seen>, RpcError> {
    let rows = stay::Entity::find()
        .find_also_related(person::Entity)
        .find_also_related(external_id::Entity)
        .filter(who)
        .filter(seen_by(read, on))
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut external_ids = Vec::new();
    let mut found = None;
    for (stay, person, elsewhere) in rows {
        external_ids.extend(elsewhere.map(|row| (row.system, row.value)));
        found = Some((stay, person.ok_or_else(orphan)?));
    }
    Ok(found.map(|(stay, person)| Seen {
        person,
        stay,
        external_ids,
    }))
}

/// Members of the caller's ranges on a date, by person, behind `after`.
pub async fn list(
    read: &impl Reading,
    on: Day,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Seen>, RpcError> {
    let behind = after.map_or_else(Condition::all, |id| {
        Condition::all().add(stay::Column::PersonId.gt(id))
    });
    let rows = stay::Entity::find()
        .filter(seen_by(read, on))
        .filter(behind)
        .order_by_asc(stay::Column::PersonId)
        .find_also_related(person::Entity)
        .limit(limit)
        .all(read.db())
        .await
        .map_err(fault)?;
    let ids: Vec<Uuid> = rows.iter().map(|(stay, _)| stay.person_id).collect();
    let mut elsewhere = external_ids(read, &ids).await?;
    rows.into_iter()
        .map(|(stay, person)| {
            let external_ids = elsewhere.remove(&stay.person_id).unwrap_or_default();
            Ok(Seen {
                person: person.ok_or_else(orphan)?,
                stay,
                external_ids,
            })
        })
        .collect()
}

/// The stays of a date that lie inside the caller's ranges: whoever keeps the branch today sees who was in it then.
fn seen_by(read: &impl Reading, on: Day) -> Condition {
    on_day(on).add(within(stay::Column::BranchId, read.ranges()))
}

/// The stays of a date.
pub(super) fn on_day(on: Day) -> Condition {
    Condition::all()
        .add(stay::Column::FromOn.lte(on))
        .add(stay::Column::UntilOn.is_null().or(stay::Column::UntilOn.gte(on)))
}

fn orphan() -> RpcError {
    Fault::new("a stay without its person").into()
}

/// The persons known by one of these ids or identity numbers, wherever they are: an import compares before it
/// decides.
pub async fn known(tx: &Tx, keys: &[Key], indexes: &[[u8; 32]]) -> Result<Vec<Kept>, RpcError> {
    let mut by_system: HashMap<&str, Vec<&str>> = HashMap::new();
    for (system, value) in keys {
        by_system.entry(system).or_default().push(value);
    }
    let mut who =
        Condition::any().add(person::Column::IdentityIndex.is_in(indexes.iter().map(|one| one.to_vec())));
    for (system, values) in by_system {
        let named = sea_orm::sea_query::Query::select()
            .column(external_id::Column::PersonId)
            .from(external_id::Entity)
            .cond_where(external_id::Column::System.eq(system))
            .and_where(external_id::Column::Value.is_in(values))
            .to_owned();
        who = who.add(person::Column::Id.in_subquery(named));
    }
    kept(tx, who).await
}

/// One person with all his stays, wherever they are.
pub async fn whole(tx: &Tx, id: PersonId) -> Result<Option<Kept>, RpcError> {
    let who = Condition::all().add(person::Column::Id.eq(Uuid::from(id)));
    Ok(kept(tx, who).await?.pop())
}

async fn kept(tx: &Tx, who: Condition) -> Result<Vec<Kept>, RpcError> {
    let persons = person::Entity::find()
        .filter(who)
        .all(tx.db())
        .await
        .map_err(fault)?;
    let ids: Vec<Uuid> = persons.iter().map(|person| person.id).collect();
    let mut stays: HashMap<Uuid, Vec<Placed>> = HashMap::new();
    if !ids.is_empty() {
        let rows = stay::Entity::find()
            .filter(stay::Column::PersonId.is_in(ids.iter().copied()))
            .order_by_asc(stay::Column::FromOn)
            .all(tx.db())
            .await
            .map_err(fault)?;
        for row in rows {
            stays.entry(row.person_id).or_default().push(Placed {
                id: RecordId(row.id),
                stay: span(&row),
            });
        }
    }
    let mut elsewhere = external_ids(tx, &ids).await?;
    let whole = |person: person::Model| Kept {
        stays: stays.remove(&person.id).unwrap_or_default(),
        external_ids: elsewhere.remove(&person.id).unwrap_or_default(),
        person,
    };
    Ok(persons.into_iter().map(whole).collect())
}

async fn external_ids(read: &impl Reading, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Key>>, RpcError> {
    let mut found: HashMap<Uuid, Vec<Key>> = HashMap::new();
    for some in ids.chunks(BATCH) {
        let rows = external_id::Entity::find()
            .filter(external_id::Column::PersonId.is_in(some.iter().copied()))
            .all(read.db())
            .await
            .map_err(fault)?;
        for row in rows {
            found
                .entry(row.person_id)
                .or_default()
                .push((row.system, row.value));
        }
    }
    Ok(found)
}

/// Adds persons with their ids in other systems. Refuses with `OUTRUN` when another import made one of them in the
/// meantime: the unit of work is to be begun again.
pub async fn insert(tx: &Tx, all: &[(Written<'_>, &[Key])]) -> Result<(), RpcError> {
    // In the order of the unique index, so that two imports of the same persons wait for each other in one order.
    let mut sorted: Vec<&(Written<'_>, &[Key])> = all.iter().collect();
    sorted.sort_by_key(|(person, _)| person.index);
    for some in sorted.chunks(BATCH) {
        let rows = some.iter().map(|(person, _)| row(person));
        let outcome = person::Entity::insert_many(rows)
            .exec_without_returning(tx.db())
            .await;
        outcome.map_err(outrun)?;
    }
    let mut named: Vec<_> = all
        .iter()
        .flat_map(|(person, keys)| keys.iter().map(|key| (key, Uuid::from(person.id))))
        .collect();
    named.sort_unstable();
    for some in named.chunks(BATCH) {
        let rows = some.iter().map(|((system, value), id)| external_id::ActiveModel {
            system: Set(system.clone()),
            value: Set(value.clone()),
            person_id: Set(*id),
        });
        external_id::Entity::insert_many(rows)
            .exec_without_returning(tx.db())
            .await
            .map_err(outrun)?;
    }
    Ok(())
}

/// Corrects persons in place.
pub async fn update(tx: &Tx, all: &[Written<'_>]) -> Result<(), RpcError> {
    use person::Column as C;
    for some in all.chunks(BATCH) {
        let replace = OnConflict::column(C::Id)
            .update_columns([
                C::Name,
                C::IdentitySealed,
                C::IdentityIndex,
                C::PhoneSealed,
                C::Sex,
                C::EthnicGroup,
            ])
            .update_columns([
                C::Education,
                C::Occupation,
                C::BornOn,
                C::JoinedOn,
                C::FullOn,
                C::Mobile,
            ])
            .update_columns([
                C::ExemptFrom,
                C::ExemptUntil,
                C::CadreFrom,
                C::CadreUntil,
                C::Version,
                C::RecordedAt,
            ])
            .to_owned();
        let insert = person::Entity::insert_many(some.iter().map(row)).on_conflict(replace);
        insert.exec_without_returning(tx.db()).await.map_err(outrun)?;
    }
    Ok(())
}

/// Writes stays: those that end before those that begin, so that no two are open on the way.
pub async fn place(tx: &Tx, all: &[(PersonId, Placed)]) -> Result<(), RpcError> {
    let mut sorted: Vec<&(PersonId, Placed)> = all.iter().collect();
    sorted.sort_by_key(|(person, placed)| (*person, placed.stay.from));
    for some in sorted.chunks(BATCH) {
        let rows = some.iter().map(|(person, placed)| stay::ActiveModel {
            id: Set(placed.id.into()),
            person_id: Set((*person).into()),
            branch_id: Set(placed.stay.branch.into()),
            from_on: Set(placed.stay.from),
            until_on: Set(placed.stay.until),
            recorded_at: Set(system_now()),
        });
        let ends = OnConflict::column(stay::Column::Id)
            .update_columns([stay::Column::UntilOn, stay::Column::RecordedAt])
            .to_owned();
        let insert = stay::Entity::insert_many(rows).on_conflict(ends);
        insert.exec_without_returning(tx.db()).await.map_err(outrun)?;
    }
    Ok(())
}

/// A unique constraint that breaks although we looked: somebody else was quicker.
pub(super) fn outrun(error: sea_orm::DbErr) -> RpcError {
    match broken(&error) {
        Some((code, _)) if matches!(code.as_str(), "23505" | "2067" | "1555") => MemberError::Outrun.into(),
        _ => fault(error),
    }
}

fn row(person: &Written<'_>) -> person::ActiveModel {
    let (is, dates) = (person.particulars, &person.particulars.dates);
    person::ActiveModel {
        id: Set(person.id.into()),
        name: Set(is.name.clone()),
        identity_sealed: Set(person.identity_sealed.clone()),
        identity_index: Set(person.index.to_vec()),
        phone_sealed: Set(person.phone_sealed.clone()),
        sex: Set(is.sex),
        ethnic_group: Set(is.ethnic_group.clone()),
        education: Set(is.education.clone()),
        occupation: Set(is.occupation.clone()),
        born_on: Set(is.born_on),
        joined_on: Set(dates.joined_on),
        full_on: Set(dates.full_on),
        exempt_from: Set(dates.exempt_from),
        exempt_until: Set(dates.exempt_until),
        cadre_from: Set(dates.cadre_from),
        cadre_until: Set(dates.cadre_until),
        mobile: Set(is.mobile),
        version: Set(i64::try_from(person.version).unwrap_or(i64::MAX)),
        recorded_at: Set(system_now()),
    }
}

/// The stay of a row.
#[must_use]
pub fn span(row: &stay::Model) -> Stay {
    Stay {
        branch: row.branch_id.into(),
        from: row.from_on,
        until: row.until_on,
    }
}

impl person::Model {
    /// The days that decide what he is.
    #[must_use]
    pub fn dates(&self) -> Dates {
        Dates {
            joined_on: self.joined_on,
            full_on: self.full_on,
            exempt_from: self.exempt_from,
            exempt_until: self.exempt_until,
            cadre_from: self.cadre_from,
            cadre_until: self.cadre_until,
        }
    }

    /// What is recorded of him beside his sealed fields.
    #[must_use]
    pub fn particulars(&self) -> Particulars {
        Particulars {
            name: self.name.clone(),
            sex: self.sex,
            ethnic_group: self.ethnic_group.clone(),
            education: self.education.clone(),
            occupation: self.occupation.clone(),
            born_on: self.born_on,
            dates: self.dates(),
            mobile: self.mobile,
        }
    }
}
