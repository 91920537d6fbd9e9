//! The training ledger.

use std::collections::{BTreeSet, HashMap};

use kernel::{
    Period, RpcError,
    clock::system_now,
    id::{OrganizationId, PersonId, RecordId},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use storage::{Reading, Tx, fault, within};
use uuid::Uuid;

use super::{
    entities::{post, stay, training_entry},
    persons::outrun,
};
use crate::domain::{membership::Stay, training::Session};

const BATCH: usize = 500;

/// An entry to write.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id.
    pub id: RecordId,
    /// Whose hours.
    pub person: PersonId,
    /// Names the session.
    pub name: String,
    /// The session.
    pub session: Session,
}

/// The stays, inside the caller's ranges, of these persons; who has none there is absent.
pub async fn stays(
    read: &impl Reading,
    persons: &BTreeSet<PersonId>,
) -> Result<HashMap<PersonId, Vec<Stay>>, RpcError> {
    let rows = stay::Entity::find()
        .filter(stay::Column::PersonId.is_in(persons.iter().map(|id| Uuid::from(*id))))
        .filter(within(stay::Column::BranchId, read.ranges()))
        .order_by_asc(stay::Column::FromOn)
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut found: HashMap<PersonId, Vec<Stay>> = HashMap::new();
    for row in rows {
        found
            .entry(row.person_id.into())
            .or_default()
            .push(super::persons::span(&row));
    }
    Ok(found)
}

/// What the ledger has of these persons and sessions.
pub async fn known(
    tx: &Tx,
    persons: &BTreeSet<PersonId>,
    names: &BTreeSet<String>,
) -> Result<HashMap<(PersonId, String), Session>, RpcError> {
    let rows = training_entry::Entity::find()
        .filter(training_entry::Column::PersonId.is_in(persons.iter().map(|id| Uuid::from(*id))))
        .filter(training_entry::Column::Session.is_in(names))
        .all(tx.db())
        .await
        .map_err(fault)?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.person_id.into(), row.session.clone()), session(&row)))
        .collect())
}

fn session(row: &training_entry::Model) -> Session {
    Session {
        on: row.held_on,
        quarter_hours: row.quarter_hours.unsigned_abs(),
        central: row.central,
    }
}

/// Adds entries, in the order of their unique index.
pub async fn insert(tx: &Tx, all: &mut [Entry]) -> Result<(), RpcError> {
    all.sort_by(|a, b| (a.person, &a.name).cmp(&(b.person, &b.name)));
    for some in all.chunks(BATCH) {
        let rows = some.iter().map(|entry| training_entry::ActiveModel {
            id: Set(entry.id.into()),
            person_id: Set(entry.person.into()),
            session: Set(entry.name.clone()),
            held_on: Set(entry.session.on),
            quarter_hours: Set(i32::try_from(entry.session.quarter_hours).unwrap_or(i32::MAX)),
            central: Set(entry.session.central),
            recorded_at: Set(system_now()),
        });
        training_entry::Entity::insert_many(rows)
            .exec_without_returning(tx.db())
            .await
            .map_err(outrun)?;
    }
    Ok(())
}

/// The sessions in a period of everybody who ever belonged to these branches or held a post in them; at most 500
/// branches.
pub async fn of_branches(
    read: &impl Reading,
    branches: &[OrganizationId],
    period: Period,
) -> Result<HashMap<PersonId, Vec<Session>>, RpcError> {
    let ids = || branches.iter().map(|id| Uuid::from(*id));
    let members = stay::Entity::find()
        .select_only()
        .column(stay::Column::PersonId)
        .filter(stay::Column::BranchId.is_in(ids()))
        .into_query();
    let officers = post::Entity::find()
        .select_only()
        .column(post::Column::PersonId)
        .filter(post::Column::OrganizationId.is_in(ids()))
        .into_query();
    let who = Condition::any()
        .add(training_entry::Column::PersonId.in_subquery(members))
        .add(training_entry::Column::PersonId.in_subquery(officers));
    let rows = training_entry::Entity::find()
        .filter(training_entry::Column::HeldOn.between(period.first(), period.last()))
        .filter(who)
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut found: HashMap<PersonId, Vec<Session>> = HashMap::new();
    for row in rows {
        found.entry(row.person_id.into()).or_default().push(session(&row));
    }
    Ok(found)
}
