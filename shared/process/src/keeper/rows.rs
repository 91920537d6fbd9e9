//! The rows of cases: entries are only ever appended; the case's own row is what lists and locks read.

use std::collections::HashMap;

use access::Ranges;
use kernel::{Fault, Instant, Kind, Refusal, RpcError, clock::system_now, id::CaseId};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use storage::{Reading, Tx, broken, fault, within};
use uuid::Uuid;

use crate::engine::{Case, Entry, Opening};

mod case;
mod entry;

/// A case as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Names it.
    pub id: CaseId,
    /// The fold of its entries.
    pub case: Case,
    /// Hash of each entry, over the one before.
    pub hashes: Vec<String>,
    /// When each entry was recorded.
    pub recorded: Vec<Instant>,
}

impl Kept {
    /// A case that no step has opened yet.
    #[must_use]
    pub fn new(id: CaseId, opening: Opening) -> Self {
        Self {
            id,
            case: Case::new(opening),
            hashes: Vec::new(),
            recorded: Vec::new(),
        }
    }
}

/// The kind of a service's case events.
pub(super) fn event_kind(service: &str) -> &'static str {
    match service {
        "organization" => "organization.case",
        "member" => "member.case",
        "activity" => "activity.case",
        "resource" => "resource.case",
        _ => "rating.case",
    }
}

/// One case in the reader's ranges.
pub(super) async fn get(read: &impl Reading, id: CaseId) -> Result<Option<Kept>, RpcError> {
    let row = case::Entity::find_by_id(Uuid::from(id))
        .filter(within(case::Column::OrganizationId, read.ranges()))
        .one(read.db())
        .await
        .map_err(fault)?;
    Ok(whole(read, row.into_iter().collect()).await?.pop())
}

/// The open case of a subject in a procedure.
pub(super) async fn open_of(
    read: &impl Reading,
    procedure: &str,
    subject: Uuid,
) -> Result<Option<Kept>, RpcError> {
    let rows = case::Entity::find()
        .filter(case::Column::SubjectId.eq(subject))
        .filter(case::Column::Procedure.eq(procedure))
        .filter(case::Column::Ended.is_null())
        .all(read.db())
        .await
        .map_err(fault)?;
    Ok(whole(read, rows).await?.pop())
}

/// The procedures of the subject's other open cases.
pub(super) async fn open_procedures(
    read: &impl Reading,
    subject: Uuid,
    but: CaseId,
) -> Result<Vec<String>, RpcError> {
    let rows = case::Entity::find()
        .filter(case::Column::SubjectId.eq(subject))
        .filter(case::Column::Ended.is_null())
        .filter(case::Column::Id.ne(Uuid::from(but)))
        .all(read.db())
        .await
        .map_err(fault)?;
    Ok(rows.into_iter().map(|row| row.procedure).collect())
}

/// What a list is limited to.
#[derive(Debug, Clone)]
pub(super) struct Limits<'a> {
    /// The part of the tree.
    pub(super) within: &'a Ranges,
    /// A person whose own cases count too, and those that go to an organization in the part.
    pub(super) concerned: Option<Uuid>,
    pub(super) procedure: &'a str,
    pub(super) state: &'a str,
    pub(super) open_only: bool,
    pub(super) after: Option<Uuid>,
    pub(super) size: u64,
}

/// Cases by id.
pub(super) async fn list(read: &impl Reading, limits: Limits<'_>) -> Result<Vec<Kept>, RpcError> {
    let mut whose = Condition::any().add(within(case::Column::OrganizationId, limits.within));
    if let Some(person) = limits.concerned {
        whose = whose
            .add(case::Column::SubjectId.eq(person))
            .add(within(case::Column::TargetId, limits.within));
    }
    let mut query = case::Entity::find().filter(whose);
    if !limits.procedure.is_empty() {
        query = query.filter(case::Column::Procedure.eq(limits.procedure));
    }
    if !limits.state.is_empty() {
        query = query.filter(case::Column::State.eq(limits.state));
    }
    if limits.open_only {
        query = query.filter(case::Column::Ended.is_null());
    }
    if let Some(after) = limits.after {
        query = query.filter(case::Column::Id.gt(after));
    }
    let rows = query
        .order_by_asc(case::Column::Id)
        .limit(limits.size)
        .all(read.db())
        .await
        .map_err(fault)?;
    whole(read, rows).await
}

async fn whole(read: &impl Reading, rows: Vec<case::Model>) -> Result<Vec<Kept>, RpcError> {
    let mut entries: HashMap<Uuid, Vec<entry::Model>> = HashMap::new();
    for some in rows.chunks(500) {
        let found = entry::Entity::find()
            .filter(entry::Column::CaseId.is_in(some.iter().map(|row| row.id)))
            .order_by_asc(entry::Column::CaseId)
            .order_by_asc(entry::Column::Seq)
            .all(read.db())
            .await
            .map_err(fault)?;
        for row in found {
            entries.entry(row.case_id).or_default().push(row);
        }
    }
    rows.into_iter()
        .map(|row| kept(&row, entries.remove(&row.id).unwrap_or_default()))
        .collect()
}

fn kept(row: &case::Model, entries: Vec<entry::Model>) -> Result<Kept, RpcError> {
    let unreadable = |e| Fault::from("a case that cannot be read", e);
    let opening: Opening = serde_json::from_str(&row.opening).map_err(unreadable)?;
    let mut kept = Kept::new(row.id.into(), opening);
    for row in entries {
        let entry: Entry = serde_json::from_str(&row.body).map_err(unreadable)?;
        kept.case.append([entry]);
        kept.hashes.push(row.hash);
        kept.recorded.push(row.recorded_at);
    }
    Ok(kept)
}

/// Appends the entries of the case behind `seen`. Refuses with `CASE_CHANGED` when somebody else was quicker, with
/// `ONE_OPEN_CASE` when the subject has an open case of the group.
pub(super) async fn save(
    tx: &Tx,
    kept: &mut Kept,
    seen: usize,
    ended: Option<&str>,
    exclusive: Option<&str>,
) -> Result<(), RpcError> {
    let row = row(kept, ended, exclusive)?;
    if seen == 0 {
        case::Entity::insert(row)
            .exec_without_returning(tx.db())
            .await
            .map_err(taken)?;
    } else {
        let changed = case::Entity::update_many()
            .set(row)
            .filter(case::Column::Id.eq(Uuid::from(kept.id)))
            .filter(case::Column::Entries.eq(whole_number(seen)))
            .exec(tx.db())
            .await
            .map_err(taken)?;
        if changed.rows_affected == 0 {
            let zh = "此案刚被他人办理，请刷新后再办。";
            return Err(Refusal::new(Kind::Conflict, "CASE_CHANGED", zh).into());
        }
    }
    let recorded_at = system_now();
    let mut new = Vec::new();
    for (seq, entry) in kept.case.entries().iter().enumerate().skip(seen) {
        let hash = entry.hash(kept.hashes.last().map_or("", String::as_str));
        let body = serde_json::to_string(entry).map_err(|e| Fault::from("an entry that has no JSON", e))?;
        new.push(entry::ActiveModel {
            case_id: Set(kept.id.into()),
            seq: Set(whole_number(seq)),
            body: Set(body),
            hash: Set(hash.clone()),
            recorded_at: Set(recorded_at),
        });
        kept.hashes.push(hash);
        kept.recorded.push(recorded_at);
    }
    if !new.is_empty() {
        entry::Entity::insert_many(new)
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

fn row(kept: &Kept, ended: Option<&str>, exclusive: Option<&str>) -> Result<case::ActiveModel, RpcError> {
    let opening = kept.case.opening();
    Ok(case::ActiveModel {
        id: Set(kept.id.into()),
        procedure: Set(opening.procedure.clone()),
        subject_id: Set(opening.subject),
        organization_id: Set(kept.case.organization().into()),
        target_id: Set(opening.target.map(Uuid::from)),
        opening: Set(
            serde_json::to_string(opening).map_err(|e| Fault::from("an opening that has no JSON", e))?
        ),
        state: Set(kept.case.state().unwrap_or_default().to_owned()),
        ended: Set(ended.map(str::to_owned)),
        exclusive: Set(exclusive.map(str::to_owned)),
        entries: Set(whole_number(kept.case.entries().len())),
    })
}

fn taken(error: sea_orm::DbErr) -> RpcError {
    // SQLite names the column, Postgres the constraint.
    let held = broken(&error).is_some_and(|(_, what)| {
        what.contains("process_case_one_open") || what.contains("process_case.exclusive")
    });
    if held {
        let zh = "该对象已有同类案件正在办理，请先办结。";
        return Refusal::new(Kind::Precondition, "ONE_OPEN_CASE", zh).into();
    }
    fault(error)
}

fn whole_number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
