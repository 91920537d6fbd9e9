//! Meetings of many branches, as far as duties ask for them: narrow rows, by the index of branch and day.

use std::collections::HashMap;

use kernel::{
    Day, RpcError,
    id::{MeetingId, OrganizationId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use storage::{Reading, fault, within};
use uuid::Uuid;

use super::{
    attendance,
    entities::{
        attendance as present,
        meeting::{Column, Entity},
    },
    listed,
    meetings::duties,
};
use crate::domain::{leader::Attendance, owed::Session};

type Row = (
    Uuid,
    Uuid,
    Day,
    i32,
    Option<Uuid>,
    i32,
    Option<Day>,
    String,
    String,
);

/// The day of the first meeting on record, whoever held it; annulled ones are left out.
pub async fn first_day(read: &impl Reading) -> Result<Option<Day>, RpcError> {
    Entity::find()
        .select_only()
        .column(Column::HeldOn)
        .filter(Column::Annulled.eq(false))
        .order_by_asc(Column::HeldOn)
        .into_tuple()
        .one(read.db())
        .await
        .map_err(fault)
}

/// The meetings of some branches that were not annulled, between two days, by day.
pub async fn of_branches(
    read: &impl Reading,
    branches: &[OrganizationId],
    (first, last): (Day, Day),
) -> Result<HashMap<OrganizationId, Vec<Session>>, RpcError> {
    let rows: Vec<Row> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::BranchId, Column::HeldOn, Column::ForYear])
        .columns([Column::GroupId, Column::Quorate, Column::CompletedOn])
        .columns([Column::StudyItems, Column::AssessmentId])
        .filter(Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(within(Column::BranchId, read.ranges()))
        .filter(Column::HeldOn.between(first, last))
        .filter(Column::Annulled.eq(false))
        .order_by_asc(Column::BranchId)
        .order_by_asc(Column::HeldOn)
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut found: HashMap<OrganizationId, Vec<Session>> = HashMap::with_capacity(branches.len());
    for (id, branch, held_on, for_year, group, quorate, completed_on, study_items, assessment) in rows {
        let session = Session {
            id: id.into(),
            held_on,
            for_year,
            group: group.map(OrganizationId),
            quorate: duties(quorate),
            completed_on,
            study_items: listed(&study_items),
            assessment,
        };
        found.entry(branch.into()).or_default().push(session);
    }
    Ok(found)
}

/// Who was at these meetings of some branches.
pub async fn attendance(
    read: &impl Reading,
    branches: &[OrganizationId],
    (first, last): (Day, Day),
) -> Result<HashMap<MeetingId, Attendance>, RpcError> {
    let rows: Vec<(Uuid, Vec<u8>)> = present::Entity::find()
        .select_only()
        .columns([present::Column::MeetingId, present::Column::Packed])
        .inner_join(Entity)
        .filter(Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(within(Column::BranchId, read.ranges()))
        .filter(Column::HeldOn.between(first, last))
        .filter(Column::Annulled.eq(false))
        .into_tuple()
        .all(read.db())
        .await
        .map_err(fault)?;
    rows.into_iter()
        .map(|(id, packed)| Ok((id.into(), attendance::unpack(&packed)?)))
        .collect()
}
