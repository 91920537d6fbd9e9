//! Meetings, one by one and in pages.

use std::collections::HashMap;

use kernel::{
    Day, Period, RpcError,
    id::{MeetingId, OrganizationId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, Iterable, QueryFilter,
    sea_query::{Alias, Expr, ExprTrait, OnConflict},
};
use storage::{Reading, Tx, fault, page, within};
use uuid::Uuid;

use super::{
    BATCH, all_written, attendance, count,
    entities::{
        attendance as present,
        meeting::{self, Column},
    },
    lines, listed, small,
};
use crate::domain::{
    duty::{Duties, Duty},
    leader::Attendance,
    meeting::{Content, Meeting},
    roll::Turnout,
};

/// A meeting with its attendance, inside the caller's ranges.
pub async fn get(read: &impl Reading, id: MeetingId) -> Result<Option<Meeting>, RpcError> {
    let found = meeting::Entity::find_by_id(Uuid::from(id))
        .filter(within(Column::BranchId, read.ranges()))
        .find_also_related(present::Entity)
        .one(read.db())
        .await
        .map_err(fault)?;
    found.map(|(row, packed)| whole(row, packed)).transpose()
}

/// Meetings with their attendance by id; unknown ones are left out. Not limited to ranges: an import compares
/// before it decides.
pub async fn by_ids(tx: &Tx, ids: &[MeetingId]) -> Result<HashMap<MeetingId, Meeting>, RpcError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(BATCH) {
        let rows = meeting::Entity::find()
            .filter(Column::Id.is_in(some.iter().map(|id| Uuid::from(*id))))
            .find_also_related(present::Entity)
            .all(tx.db())
            .await
            .map_err(fault)?;
        for (row, packed) in rows {
            let meeting = whole(row, packed)?;
            found.insert(meeting.id, meeting);
        }
    }
    Ok(found)
}

/// A page of meetings of the caller's ranges in a period, newest first, attendance left out.
pub async fn newest(
    read: &impl Reading,
    period: Period,
    duty: Option<Duty>,
    before: Option<(Day, Uuid)>,
    size: u64,
) -> Result<page::Page<Meeting>, RpcError> {
    let mut select = meeting::Entity::find()
        .filter(within(Column::BranchId, read.ranges()))
        .filter(Column::HeldOn.between(period.first(), period.last()));
    if let Some(duty) = duty {
        let bit = i32::from(Duties::default().and(duty).bits());
        select = select.filter(Expr::col(Column::Duties).bit_and(bit).ne(0));
    }
    let found = page::newest(read, select, (Column::HeldOn, Column::Id), before, size).await?;
    let rows = found
        .rows
        .into_iter()
        .map(|row| bare(row, Attendance::default()))
        .collect();
    Ok(page::Page {
        rows,
        more: found.more,
    })
}

/// Adds meetings with their attendance.
pub async fn insert(tx: &Tx, all: &[Meeting]) -> Result<(), RpcError> {
    for some in all.chunks(BATCH) {
        let rows = meeting::Entity::insert_many(some.iter().map(row));
        rows.exec_without_returning(tx.db()).await.map_err(fault)?;
        let lists = present::Entity::insert_many(some.iter().map(packed));
        lists.exec_without_returning(tx.db()).await.map_err(fault)?;
    }
    Ok(())
}

/// Says anew what an import said before. An annulled meeting stays annulled. Refuses with `CONCURRENT_CHANGE` when
/// somebody changed one of them meanwhile.
pub async fn replace(tx: &Tx, all: &[Meeting]) -> Result<(), RpcError> {
    let kept = |column: &Column| {
        matches!(
            column,
            Column::Id | Column::BranchId | Column::Annulled | Column::Annulment
        )
    };
    for some in all.chunks(BATCH) {
        let changed = OnConflict::column(Column::Id)
            .update_columns(Column::iter().filter(|column| !kept(column)))
            .action_and_where(older())
            .to_owned();
        let insert = meeting::Entity::insert_many(some.iter().map(row)).on_conflict(changed);
        all_written(
            insert.exec_without_returning(tx.db()).await.map_err(fault)?,
            some.len(),
        )?;
        let anew = OnConflict::column(present::Column::MeetingId)
            .update_column(present::Column::Packed)
            .to_owned();
        let rows = some.iter().map(packed);
        present::Entity::insert_many(rows)
            .on_conflict(anew)
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

/// The row there has not got the new version yet.
fn older() -> Expr {
    Expr::col((meeting::Entity, Column::Version)).lt(Expr::col((Alias::new("excluded"), Column::Version)))
}

/// Annuls a meeting that still has the version seen; false when somebody was quicker.
pub async fn annul(tx: &Tx, meeting: &Meeting, reason: &str) -> Result<bool, RpcError> {
    let changes = [
        (Column::Annulled, Expr::value(true)),
        (Column::Annulment, Expr::value(reason)),
    ];
    change(tx, meeting, changes).await
}

/// Notes the day on which the record was complete; false when somebody was quicker.
pub async fn complete(tx: &Tx, meeting: &Meeting, on: Day) -> Result<bool, RpcError> {
    change(tx, meeting, [(Column::CompletedOn, Expr::value(Some(on)))]).await
}

async fn change(
    tx: &Tx,
    meeting: &Meeting,
    changes: impl IntoIterator<Item = (Column, Expr)>,
) -> Result<bool, RpcError> {
    let mut update = meeting::Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::RecordedAt, Expr::value(kernel::clock::system_now()));
    for (column, value) in changes {
        update = update.col_expr(column, value);
    }
    let done = update
        .filter(Column::Id.eq(Uuid::from(meeting.id)))
        .filter(Column::Version.eq(i64::try_from(meeting.version).unwrap_or(i64::MAX)))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(done.rows_affected == 1)
}

fn row(one: &Meeting) -> meeting::ActiveModel {
    let (content, turnout) = (&one.content, &one.turnout);
    meeting::ActiveModel {
        id: Set(one.id.into()),
        branch_id: Set(one.branch.into()),
        group_id: Set(content.group.map(Uuid::from)),
        held_on: Set(content.held_on),
        for_year: Set(content.for_year),
        duties: Set(content.duties.bits().into()),
        quorate: Set(one.quorate.bits().into()),
        topic: Set(content.topic.clone()),
        observers: Set(small(content.observers)),
        completed_on: Set(content.completed_on),
        committee_entitled: Set(small(turnout.committee_entitled)),
        committee_present: Set(small(turnout.committee_present)),
        assessed: Set(content.assessed),
        assessment_id: Set(content.assessment.clone()),
        study_items: Set(lines(&content.study_items)),
        full_entitled: Set(small(turnout.full_entitled)),
        probationary_entitled: Set(small(turnout.probationary_entitled)),
        exempt: Set(small(turnout.exempt)),
        present: Set(small(turnout.present)),
        full_present: Set(small(turnout.full_present)),
        present_not_exempt: Set(small(turnout.present_not_exempt)),
        annulled: Set(one.annulled),
        annulment: Set(String::new()),
        version: Set(i64::try_from(one.version).unwrap_or(i64::MAX)),
        recorded_at: Set(kernel::clock::system_now()),
    }
}

fn packed(one: &Meeting) -> present::ActiveModel {
    let content = &one.content;
    present::ActiveModel {
        meeting_id: Set(one.id.into()),
        packed: Set(attendance::pack(
            &content.present,
            &content.leave,
            &content.lecturers,
            one.absent.as_deref(),
        )),
    }
}

fn whole(row: meeting::Model, packed: Option<present::Model>) -> Result<Meeting, RpcError> {
    let attended = packed
        .map(|packed| attendance::unpack(&packed.packed))
        .transpose()?;
    Ok(bare(row, attended.unwrap_or_default()))
}

fn bare(row: meeting::Model, attended: Attendance) -> Meeting {
    let turnout = Turnout {
        full_entitled: count(row.full_entitled),
        probationary_entitled: count(row.probationary_entitled),
        exempt: count(row.exempt),
        present: count(row.present),
        full_present: count(row.full_present),
        present_not_exempt: count(row.present_not_exempt),
        committee_entitled: count(row.committee_entitled),
        committee_present: count(row.committee_present),
    };
    Meeting {
        id: row.id.into(),
        branch: row.branch_id.into(),
        quorate: duties(row.quorate),
        content: Content {
            duties: duties(row.duties),
            held_on: row.held_on,
            topic: row.topic,
            group: row.group_id.map(OrganizationId),
            present: attended.present,
            leave: attended.leave,
            lecturers: attended.lecturers,
            observers: count(row.observers),
            completed_on: row.completed_on,
            for_year: row.for_year,
            committee: (turnout.committee_entitled, turnout.committee_present),
            assessed: row.assessed,
            assessment: row.assessment_id,
            study_items: listed(&row.study_items),
        },
        turnout,
        absent: attended.absent,
        annulled: row.annulled,
        version: row.version.unsigned_abs(),
    }
}

pub(super) fn duties(bits: i32) -> Duties {
    Duties::from_bits(u16::try_from(bits).unwrap_or(0))
}
