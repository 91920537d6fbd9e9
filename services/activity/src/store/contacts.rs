//! Contact points of leading cadres, and the lectures that they gave there (S-322).

use std::collections::{BTreeSet, HashMap};

use kernel::{
    Day, RpcError,
    id::{OrganizationId, PersonId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use storage::{Reading, fault};
use uuid::Uuid;

use super::{
    BATCH,
    entities::contact_point::{Column, Entity, Model},
    sessions,
};
use crate::domain::{meeting::Existence, owed::Session, record::ContactPoint};

/// The lectures that these persons gave between two days at branches that were their contact points then.
pub async fn lectures(
    read: &impl Reading,
    persons: &BTreeSet<PersonId>,
    days: (Day, Day),
) -> Result<HashMap<PersonId, Vec<Session>>, RpcError> {
    let contacts = of_persons(read, persons).await?;
    let branches: BTreeSet<OrganizationId> = contacts.iter().map(|(branch, _)| *branch).collect();
    let branches: Vec<OrganizationId> = branches.into_iter().collect();
    let mut found: HashMap<PersonId, Vec<Session>> = HashMap::new();
    for some in branches.chunks(BATCH) {
        let held = sessions::of_branches(read, some, days).await?;
        let attendance = sessions::attendance(read, some, days).await?;
        for (branch, contact) in &contacts {
            let here = held.get(branch).into_iter().flatten();
            let given = here.filter(|session| {
                let lectured = attendance.get(&session.id);
                contact.days.on(session.held_on)
                    && lectured.is_some_and(|attendance| attendance.lecturers.contains(&contact.person))
            });
            found.entry(contact.person).or_default().extend(given.cloned());
        }
    }
    Ok(found)
}

async fn of_persons(
    read: &impl Reading,
    persons: &BTreeSet<PersonId>,
) -> Result<Vec<(OrganizationId, ContactPoint)>, RpcError> {
    let ids: Vec<Uuid> = persons.iter().map(|id| Uuid::from(*id)).collect();
    let mut found = Vec::new();
    for some in ids.chunks(BATCH) {
        let rows = Entity::find()
            .filter(Column::PersonId.is_in(some.iter().copied()))
            .all(read.db())
            .await
            .map_err(fault)?;
        found.extend(rows.into_iter().map(|row| (row.branch_id.into(), contact(&row))));
    }
    Ok(found)
}

pub(super) fn contact(row: &Model) -> ContactPoint {
    ContactPoint {
        person: row.person_id.into(),
        days: Existence {
            from: row.valid_from,
            until: row.valid_until,
        },
    }
}
