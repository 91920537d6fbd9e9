//! Other records: resolutions, tasks, goals and tickets; counts of reviews; training sessions.

use std::collections::HashMap;

use kernel::{
    Day, Fault, RpcError,
    id::{OrganizationId, RecordId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, Iterable, QueryFilter, QueryOrder,
    sea_query::{Alias, Expr, ExprTrait, OnConflict},
};
use storage::{Reading, Tx, fault, within};
use uuid::Uuid;

use super::{
    BATCH, all_written, contacts, count,
    entities::{contact_point, dated, outage, review, training},
    lines, listed, outages, small,
};
use crate::domain::record::{Dated, Due, Kind, Record, Review, Training};

/// A record as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Opaque.
    pub id: RecordId,
    /// The branch.
    pub branch: OrganizationId,
    /// What it says.
    pub record: Record,
    /// Rises with each change.
    pub version: u64,
}

/// Records by id; unknown ones are left out. Not limited to ranges: an import compares before it decides.
pub async fn by_ids(tx: &Tx, ids: &[RecordId]) -> Result<HashMap<RecordId, Kept>, RpcError> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(BATCH) {
        let those = || some.iter().map(|id| Uuid::from(*id));
        let rows = dated::Entity::find()
            .filter(dated::Column::Id.is_in(those()))
            .all(tx.db());
        for row in rows.await.map_err(fault)? {
            found.insert(row.id.into(), of_dated(row)?);
        }
        let rows = review::Entity::find()
            .filter(review::Column::Id.is_in(those()))
            .all(tx.db());
        found.extend(
            rows.await
                .map_err(fault)?
                .into_iter()
                .map(|row| (row.id.into(), of_review(row))),
        );
        let rows = training::Entity::find()
            .filter(training::Column::Id.is_in(those()))
            .all(tx.db());
        found.extend(
            rows.await
                .map_err(fault)?
                .into_iter()
                .map(|row| (row.id.into(), of_training(row))),
        );
        let rows = contact_point::Entity::find()
            .filter(contact_point::Column::Id.is_in(those()))
            .all(tx.db());
        found.extend(rows.await.map_err(fault)?.into_iter().map(|row| {
            let record = Record::ContactPoint(contacts::contact(&row));
            (row.id.into(), kept(row.id, row.branch_id, row.version, record))
        }));
        let rows = outage::Entity::find()
            .filter(outage::Column::Id.is_in(those()))
            .all(tx.db());
        found.extend(rows.await.map_err(fault)?.into_iter().map(|row| {
            let (id, branch, version) = (row.id, row.branch_id, row.version);
            let record = Record::Outage(outages::outage(row));
            (id.into(), kept(id, branch, version, record))
        }));
    }
    Ok(found)
}

macro_rules! upsert {
    ($tx:ident, $table:ident, $rows:expr) => {{
        let rows: Vec<$table::ActiveModel> = $rows;
        let kept = |column: &$table::Column| matches!(column, $table::Column::Id | $table::Column::BranchId);
        let anew = OnConflict::column($table::Column::Id)
            .update_columns($table::Column::iter().filter(|column| !kept(column)))
            .action_and_where(
                Expr::col(($table::Entity, $table::Column::Version))
                    .lt(Expr::col((Alias::new("excluded"), $table::Column::Version))),
            )
            .to_owned();
        for some in rows.chunks(BATCH) {
            let insert = $table::Entity::insert_many(some.to_vec()).on_conflict(anew.clone());
            all_written(
                insert.exec_without_returning($tx.db()).await.map_err(fault)?,
                some.len(),
            )?;
        }
    }};
}

/// Adds records, or says anew what an import said before. Refuses with `CONCURRENT_CHANGE` when somebody changed one
/// of them meanwhile.
pub async fn save(tx: &Tx, all: &[Kept]) -> Result<(), RpcError> {
    upsert!(tx, dated, all.iter().filter_map(dated_row).collect());
    upsert!(tx, review, all.iter().filter_map(review_row).collect());
    upsert!(tx, training, all.iter().filter_map(training_row).collect());
    upsert!(tx, contact_point, all.iter().filter_map(contact_row).collect());
    upsert!(tx, outage, all.iter().filter_map(outage_row).collect());
    Ok(())
}

/// Records of some branches whose last day in time lies between two days.
pub async fn due(
    read: &impl Reading,
    branches: &[OrganizationId],
    (first, last): (Day, Day),
) -> Result<HashMap<OrganizationId, Vec<Due>>, RpcError> {
    let rows = dated::Entity::find()
        .filter(dated::Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(within(dated::Column::BranchId, read.ranges()))
        .filter(dated::Column::DueOn.between(first, last))
        .order_by_asc(dated::Column::BranchId)
        .order_by_asc(dated::Column::DueOn)
        .order_by_asc(dated::Column::Id)
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut found: HashMap<OrganizationId, Vec<Due>> = HashMap::with_capacity(branches.len());
    for row in rows {
        let (id, branch) = (row.id.into(), row.branch_id.into());
        let due = Due {
            id,
            dated: dated_of(row)?,
        };
        found.entry(branch).or_default().push(due);
    }
    Ok(found)
}

/// Reviews of some branches for a year, the latest last.
pub async fn reviews(
    read: &impl Reading,
    branches: &[OrganizationId],
    year: i32,
) -> Result<HashMap<OrganizationId, Vec<(RecordId, Review)>>, RpcError> {
    let rows = review::Entity::find()
        .filter(review::Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(within(review::Column::BranchId, read.ranges()))
        .filter(review::Column::ForYear.eq(year))
        .order_by_asc(review::Column::HeldOn)
        .order_by_asc(review::Column::Id)
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut found: HashMap<OrganizationId, Vec<(RecordId, Review)>> = HashMap::new();
    for row in rows {
        found
            .entry(row.branch_id.into())
            .or_default()
            .push((row.id.into(), review_of(&row)));
    }
    Ok(found)
}

fn kind(word: &str) -> Result<Kind, RpcError> {
    Kind::from_code(word).ok_or_else(|| Fault::new("an unknown kind in dated.kind").into())
}

fn kept(id: Uuid, branch: Uuid, version: i64, record: Record) -> Kept {
    Kept {
        id: id.into(),
        branch: branch.into(),
        record,
        version: version.unsigned_abs(),
    }
}

fn dated_of(row: dated::Model) -> Result<Dated, RpcError> {
    Ok(Dated {
        kind: kind(&row.kind)?,
        title: row.title,
        raised_on: row.raised_on,
        due_on: row.due_on,
        done_on: row.done_on,
        confirmed: row.confirmed,
        evidence: row.evidence,
        programme: row.programme,
        admission: row.admission,
        plan_hash: row.plan_hash,
        plan_confirmed_on: row.plan_confirmed_on,
    })
}

fn of_dated(row: dated::Model) -> Result<Kept, RpcError> {
    let (id, branch, version) = (row.id, row.branch_id, row.version);
    Ok(kept(id, branch, version, Record::Dated(dated_of(row)?)))
}

fn review_of(row: &review::Model) -> Review {
    Review {
        held_on: row.held_on,
        for_year: row.for_year,
        eligible: count(row.eligible),
        grades: [row.excellent, row.good, row.fair, row.poor].map(count),
        left_out: listed(&row.left_out),
    }
}

fn of_review(row: review::Model) -> Kept {
    kept(
        row.id,
        row.branch_id,
        row.version,
        Record::Review(review_of(&row)),
    )
}

fn of_training(row: training::Model) -> Kept {
    let record = Record::Training(Training {
        title: row.title,
        on: row.held_on,
        quarter_hours: count(row.quarter_hours),
        format: row.format,
    });
    kept(row.id, row.branch_id, row.version, record)
}

fn version(one: &Kept) -> i64 {
    i64::try_from(one.version).unwrap_or(i64::MAX)
}

fn dated_row(one: &Kept) -> Option<dated::ActiveModel> {
    let Record::Dated(dated) = &one.record else {
        return None;
    };
    Some(dated::ActiveModel {
        id: Set(one.id.into()),
        branch_id: Set(one.branch.into()),
        kind: Set(dated.kind.code().to_owned()),
        title: Set(dated.title.clone()),
        raised_on: Set(dated.raised_on),
        due_on: Set(dated.due_on),
        done_on: Set(dated.done_on),
        confirmed: Set(dated.confirmed),
        evidence: Set(dated.evidence.clone()),
        programme: Set(dated.programme.clone()),
        admission: Set(dated.admission.clone()),
        plan_hash: Set(dated.plan_hash.clone()),
        plan_confirmed_on: Set(dated.plan_confirmed_on),
        version: Set(version(one)),
        recorded_at: Set(kernel::clock::system_now()),
    })
}

fn review_row(one: &Kept) -> Option<review::ActiveModel> {
    let Record::Review(review) = &one.record else {
        return None;
    };
    let [excellent, good, fair, poor] = review.grades.map(small);
    Some(review::ActiveModel {
        id: Set(one.id.into()),
        branch_id: Set(one.branch.into()),
        held_on: Set(review.held_on),
        for_year: Set(review.for_year),
        eligible: Set(small(review.eligible)),
        excellent: Set(excellent),
        good: Set(good),
        fair: Set(fair),
        poor: Set(poor),
        left_out: Set(lines(&review.left_out)),
        version: Set(version(one)),
        recorded_at: Set(kernel::clock::system_now()),
    })
}

fn training_row(one: &Kept) -> Option<training::ActiveModel> {
    let Record::Training(training) = &one.record else {
        return None;
    };
    Some(training::ActiveModel {
        id: Set(one.id.into()),
        branch_id: Set(one.branch.into()),
        title: Set(training.title.clone()),
        held_on: Set(training.on),
        quarter_hours: Set(small(training.quarter_hours)),
        format: Set(training.format.clone()),
        version: Set(version(one)),
        recorded_at: Set(kernel::clock::system_now()),
    })
}

fn contact_row(one: &Kept) -> Option<contact_point::ActiveModel> {
    let Record::ContactPoint(contact) = &one.record else {
        return None;
    };
    Some(contact_point::ActiveModel {
        id: Set(one.id.into()),
        branch_id: Set(one.branch.into()),
        person_id: Set(contact.person.into()),
        valid_from: Set(contact.days.from),
        valid_until: Set(contact.days.until),
        version: Set(version(one)),
        recorded_at: Set(kernel::clock::system_now()),
    })
}

fn outage_row(one: &Kept) -> Option<outage::ActiveModel> {
    let Record::Outage(outage) = &one.record else {
        return None;
    };
    Some(outage::ActiveModel {
        id: Set(one.id.into()),
        branch_id: Set(one.branch.into()),
        from_on: Set(outage.from),
        until_on: Set(outage.until),
        reason: Set(outage.reason.clone()),
        version: Set(version(one)),
        recorded_at: Set(kernel::clock::system_now()),
    })
}
