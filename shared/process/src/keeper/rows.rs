//! The rows of cases: entries are only ever appended; the case's own row is what lists and locks read.

use std::collections::{BTreeSet, HashMap};

use access::Ranges;
use kernel::{Day, Fault, Instant, Kind, Refusal, RpcError, clock::system_now, id::CaseId};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};
use storage::{Reading, Tx, broken, fault, within};
use uuid::Uuid;

use super::{
    convert,
    turns::{Seat, Turn},
};
use crate::engine::{Case, Entry, Opening};

mod case;
mod entry;
mod party;

/// What the row of a case says beside its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// How it ended: `done` or `failed`.
    pub(super) ended: Option<&'static str>,
    /// What no other open case has: its group and its subject.
    pub(super) exclusive: Option<String>,
    /// The day after which a clock has an effect though nobody acts.
    pub(super) next_due: Option<Day>,
}

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

/// One case in the reader's ranges. Its entries are asked for whether or not there is one: what is hidden from somebody
/// is refused no later than what is absent.
pub(super) async fn get(read: &impl Reading, id: CaseId) -> Result<Option<Kept>, RpcError> {
    let row = case::Entity::find_by_id(Uuid::from(id))
        .filter(within(case::Column::OrganizationId, read.ranges()))
        .one(read.db())
        .await
        .map_err(fault)?;
    let entries = entries(read, [Uuid::from(id)]).await?;
    row.map(|row| kept(&row, entries)).transpose()
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

/// The open case of a subject in any of some procedures, in the reader's ranges.
pub(super) async fn open_among(
    read: &impl Reading,
    procedures: &[&str],
    subject: Uuid,
) -> Result<Option<CaseId>, RpcError> {
    let row = case::Entity::find()
        .filter(case::Column::SubjectId.eq(subject))
        .filter(case::Column::Procedure.is_in(procedures.iter().copied()))
        .filter(case::Column::Ended.is_null())
        .filter(within(case::Column::OrganizationId, read.ranges()))
        .one(read.db())
        .await
        .map_err(fault)?;
    Ok(row.map(|row| row.id.into()))
}

/// The procedures of the open cases of some subjects, each with the case that it is.
pub(super) async fn open_by_subject(
    read: &impl Reading,
    subjects: &[Uuid],
) -> Result<HashMap<Uuid, Vec<(CaseId, String)>>, RpcError> {
    let mut open: HashMap<Uuid, Vec<(CaseId, String)>> = HashMap::new();
    for some in subjects.chunks(500) {
        let rows = case::Entity::find()
            .filter(case::Column::SubjectId.is_in(some.iter().copied()))
            .filter(case::Column::Ended.is_null())
            .all(read.db())
            .await
            .map_err(fault)?;
        for row in rows {
            let all = open.entry(row.subject_id).or_default();
            all.push((row.id.into(), row.procedure));
        }
    }
    Ok(open)
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

/// Cases in which a clock ran out before the day, the longest overdue first, behind the last of the page before.
pub(super) async fn overdue(
    read: &impl Reading,
    before: Day,
    after: Option<(Day, CaseId)>,
    size: u64,
) -> Result<Vec<(Day, CaseId)>, RpcError> {
    let mut query = case::Entity::find()
        .select_only()
        .columns([case::Column::NextDue, case::Column::Id])
        .filter(case::Column::NextDue.lt(before));
    if let Some((day, id)) = after {
        let same_day = case::Column::NextDue
            .eq(day)
            .and(case::Column::Id.gt(Uuid::from(id)));
        query = query.filter(case::Column::NextDue.gt(day).or(same_day));
    }
    let found: Vec<(Day, Uuid)> = query
        .order_by_asc(case::Column::NextDue)
        .order_by_asc(case::Column::Id)
        .limit(size)
        .into_tuple()
        .all(read.db())
        .await
        .map_err(fault)?;
    Ok(found.into_iter().map(|(day, id)| (day, id.into())).collect())
}

/// How many they are.
pub(super) async fn count_overdue(read: &impl Reading, before: Day) -> Result<u64, RpcError> {
    let query = case::Entity::find().filter(case::Column::NextDue.lt(before));
    query.count(read.db()).await.map_err(fault)
}

/// Looks at a case again on another day, unless somebody has changed it since.
pub(super) async fn look_again(tx: &Tx, kept: &Kept, next_due: Option<Day>) -> Result<(), RpcError> {
    case::Entity::update_many()
        .col_expr(case::Column::NextDue, Expr::value(next_due))
        .filter(case::Column::Id.eq(Uuid::from(kept.id)))
        .filter(case::Column::Entries.eq(whole_number(kept.case.entries().len())))
        .exec(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

/// Open cases that somebody may be asked to act in, wherever he reads.
pub(super) async fn awaiting(read: &impl Reading, turns: &[Turn]) -> Result<Vec<Kept>, RpcError> {
    let mine = turns
        .iter()
        .fold(Condition::any(), |any, turn| any.add(whose(turn)));
    let rows = case::Entity::find()
        .filter(case::Column::Ended.is_null())
        .filter(mine)
        .all(read.db())
        .await
        .map_err(fault)?;
    whole(read, rows).await
}

fn whose(turn: &Turn) -> Condition {
    let at = match &turn.seat {
        Seat::Own(ranges) => within(case::Column::OrganizationId, ranges),
        Seat::Party(ranges) => {
            let named = party::Entity::find()
                .select_only()
                .column(party::Column::CaseId)
                .filter(within(party::Column::OrganizationId, ranges));
            Condition::all().add(case::Column::Id.in_subquery(named.into_query()))
        }
        Seat::Concerned(person) => Condition::all().add(case::Column::SubjectId.eq(Uuid::from(*person))),
    };
    let states = turn
        .states
        .iter()
        .fold(Condition::any(), |any, (procedure, states)| {
            let one = case::Column::Procedure
                .eq(*procedure)
                .and(case::Column::State.is_in(states.iter().copied()));
            any.add(one)
        });
    Condition::all().add(at).add(states)
}

/// What a list is limited to.
#[derive(Debug, Clone)]
pub(super) struct Limits<'a> {
    pub(super) ranges: &'a Ranges,
    pub(super) procedure: &'a str,
    pub(super) state: &'a str,
    pub(super) open_only: bool,
    pub(super) after: Option<Uuid>,
    pub(super) size: u64,
}

/// Cases in the ranges, by id.
pub(super) async fn list(read: &impl Reading, limits: Limits<'_>) -> Result<Vec<Kept>, RpcError> {
    let mut query = case::Entity::find().filter(within(case::Column::OrganizationId, limits.ranges));
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
        for row in self::entries(read, some.iter().map(|row| row.id)).await? {
            entries.entry(row.case_id).or_default().push(row);
        }
    }
    rows.into_iter()
        .map(|row| kept(&row, entries.remove(&row.id).unwrap_or_default()))
        .collect()
}

/// The entries of some cases, each case's in their order.
async fn entries(
    read: &impl Reading,
    cases: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<entry::Model>, RpcError> {
    entry::Entity::find()
        .filter(entry::Column::CaseId.is_in(cases))
        .order_by_asc(entry::Column::CaseId)
        .order_by_asc(entry::Column::Seq)
        .all(read.db())
        .await
        .map_err(fault)
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
pub(super) async fn save(tx: &Tx, kept: &mut Kept, seen: usize, standing: &Standing) -> Result<(), RpcError> {
    let row = row(kept, standing)?;
    if seen == 0 {
        case::Entity::insert(row)
            .exec_without_returning(tx.db())
            .await
            .map_err(taken)?;
        parties(tx, kept).await?;
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
            let refusal = Refusal::new(Kind::Conflict, "CASE_CHANGED", zh);
            let now = get(tx, kept.id).await?;
            return Err(now
                .map_or(refusal.clone(), |now| convert::refused_on(refusal, &now.case))
                .into());
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

/// The organizations named beside the case's own: whoever sits there finds his work by them.
async fn parties(tx: &Tx, kept: &Kept) -> Result<(), RpcError> {
    let opening = kept.case.opening();
    let named: BTreeSet<Uuid> = opening
        .target
        .iter()
        .chain(&opening.sides)
        .map(|id| Uuid::from(*id))
        .collect();
    if named.is_empty() {
        return Ok(());
    }
    let rows = named.into_iter().map(|organization_id| party::ActiveModel {
        case_id: Set(kept.id.into()),
        organization_id: Set(organization_id),
    });
    party::Entity::insert_many(rows)
        .exec_without_returning(tx.db())
        .await
        .map_err(fault)?;
    Ok(())
}

fn row(kept: &Kept, standing: &Standing) -> Result<case::ActiveModel, RpcError> {
    let opening = kept.case.opening();
    Ok(case::ActiveModel {
        id: Set(kept.id.into()),
        procedure: Set(opening.procedure.clone()),
        subject_id: Set(opening.subject),
        organization_id: Set(kept.case.organization().into()),
        opening: Set(
            serde_json::to_string(opening).map_err(|e| Fault::from("an opening that has no JSON", e))?
        ),
        state: Set(kept.case.state().unwrap_or_default().to_owned()),
        ended: Set(standing.ended.map(str::to_owned)),
        exclusive: Set(standing.exclusive.clone()),
        entries: Set(whole_number(kept.case.entries().len())),
        next_due: Set(standing.next_due),
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
