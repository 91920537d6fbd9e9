//! Dues sheets and their lines.

use std::collections::{BTreeSet, HashMap, HashSet};

use kernel::{
    Day, Fen, RpcError,
    clock::system_now,
    id::{OrganizationId, PersonId, RecordId},
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::OnConflict,
};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::entities::{dues_line, dues_sheet};
use crate::domain::dues::Class;

const SHEETS: usize = 500;
/// Lines in one statement: 8 bind variables each stay under what both databases take.
const LINES: usize = 3000;

/// A line to write.
pub struct Line {
    /// The member.
    pub person: PersonId,
    /// Class of income.
    pub class: Class,
    /// Base, sealed.
    pub base_sealed: Vec<u8>,
    /// Owed.
    pub due: Fen,
    /// Paid.
    pub paid: Fen,
    /// When.
    pub paid_on: Option<Day>,
    /// Under an approved exemption.
    pub relieved: bool,
}

/// A sheet to write.
pub struct Sheet {
    /// Its id.
    pub id: RecordId,
    /// The version that it has now.
    pub version: u64,
    /// The branch.
    pub branch: OrganizationId,
    /// First day of the month.
    pub month: Day,
    /// Whether payment by the quarter was agreed.
    pub quarterly: bool,
    /// Owed in all.
    pub due: Fen,
    /// Paid in all.
    pub paid: Fen,
    /// Members who owe.
    pub owed: usize,
    /// Those of them who paid in time.
    pub in_time: usize,
    /// Version of the tier table.
    pub tier_version: &'static str,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A sheet with its lines, by member.
pub type Whole = (dues_sheet::Model, Vec<dues_line::Model>);

/// The sheets of these branches and months.
pub async fn sheets(
    read: &impl Reading,
    branches: &BTreeSet<OrganizationId>,
    months: &BTreeSet<Day>,
) -> Result<HashMap<(OrganizationId, Day), Whole>, RpcError> {
    let sheets = dues_sheet::Entity::find()
        .filter(dues_sheet::Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(dues_sheet::Column::Month.is_in(months.iter().copied()))
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut lines: HashMap<Uuid, Vec<dues_line::Model>> = HashMap::new();
    for some in sheets.chunks(SHEETS) {
        let rows = dues_line::Entity::find()
            .filter(dues_line::Column::SheetId.is_in(some.iter().map(|sheet| sheet.id)))
            .order_by_asc(dues_line::Column::PersonId)
            .all(read.db())
            .await
            .map_err(fault)?;
        for row in rows {
            lines.entry(row.sheet_id).or_default().push(row);
        }
    }
    let whole = |sheet: dues_sheet::Model| {
        let lines = lines.remove(&sheet.id).unwrap_or_default();
        ((sheet.branch_id.into(), sheet.month), (sheet, lines))
    };
    Ok(sheets.into_iter().map(whole).collect())
}

/// Writes sheets; the lines that a known one had are replaced.
pub async fn save(tx: &Tx, all: &[Sheet]) -> Result<(), RpcError> {
    use dues_sheet::Column as C;
    for some in all.chunks(SHEETS) {
        let replace = OnConflict::column(C::Id)
            .update_columns([C::Quarterly, C::DueFen, C::PaidFen, C::Owed, C::InTime])
            .update_columns([C::TierVersion, C::Version, C::RecordedAt])
            .to_owned();
        let insert = dues_sheet::Entity::insert_many(some.iter().map(sheet_row)).on_conflict(replace);
        insert.exec_without_returning(tx.db()).await.map_err(fault)?;
        let known = some
            .iter()
            .filter(|sheet| sheet.version > 1)
            .map(|sheet| Uuid::from(sheet.id));
        let known: Vec<Uuid> = known.collect();
        if !known.is_empty() {
            let old = dues_line::Entity::delete_many().filter(dues_line::Column::SheetId.is_in(known));
            old.exec(tx.db()).await.map_err(fault)?;
        }
    }
    let lines: Vec<(RecordId, &Line)> = all
        .iter()
        .flat_map(|sheet| sheet.lines.iter().map(|line| (sheet.id, line)))
        .collect();
    for some in lines.chunks(LINES) {
        let rows = some.iter().map(|(sheet, line)| line_row(*sheet, line));
        dues_line::Entity::insert_many(rows)
            .exec_without_returning(tx.db())
            .await
            .map_err(fault)?;
    }
    Ok(())
}

fn sheet_row(sheet: &Sheet) -> dues_sheet::ActiveModel {
    let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    dues_sheet::ActiveModel {
        id: Set(sheet.id.into()),
        branch_id: Set(sheet.branch.into()),
        month: Set(sheet.month),
        quarterly: Set(sheet.quarterly),
        due_fen: Set(sheet.due.0),
        paid_fen: Set(sheet.paid.0),
        owed: Set(number(sheet.owed)),
        in_time: Set(number(sheet.in_time)),
        tier_version: Set(sheet.tier_version.to_owned()),
        version: Set(i64::try_from(sheet.version).unwrap_or(i64::MAX)),
        recorded_at: Set(system_now()),
    }
}

fn line_row(sheet: RecordId, line: &Line) -> dues_line::ActiveModel {
    dues_line::ActiveModel {
        sheet_id: Set(sheet.into()),
        person_id: Set(line.person.into()),
        class: Set(line.class.number()),
        base_sealed: Set(line.base_sealed.clone()),
        due_fen: Set(line.due.0),
        paid_fen: Set(line.paid.0),
        paid_on: Set(line.paid_on),
        relieved: Set(line.relieved),
    }
}

/// The sheets of some branches between two months, sums alone.
pub async fn sums(
    read: &impl Reading,
    branches: &[OrganizationId],
    first: Day,
    last: Day,
) -> Result<Vec<dues_sheet::Model>, RpcError> {
    let mut found = Vec::new();
    for some in branches.chunks(SHEETS) {
        let rows = dues_sheet::Entity::find()
            .filter(dues_sheet::Column::BranchId.is_in(some.iter().map(|id| Uuid::from(*id))))
            .filter(dues_sheet::Column::Month.between(first, last))
            .order_by_asc(dues_sheet::Column::Month)
            .all(read.db())
            .await
            .map_err(fault)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Who has a line on the sheets of some branches between two months, by sheet.
pub async fn lined(
    read: &impl Reading,
    branches: &[OrganizationId],
    first: Day,
    last: Day,
) -> Result<HashMap<Uuid, HashSet<PersonId>>, RpcError> {
    let mut found: HashMap<Uuid, HashSet<PersonId>> = HashMap::new();
    for some in branches.chunks(SHEETS) {
        let sheets = dues_sheet::Entity::find()
            .select_only()
            .column(dues_sheet::Column::Id)
            .filter(dues_sheet::Column::BranchId.is_in(some.iter().map(|id| Uuid::from(*id))))
            .filter(dues_sheet::Column::Month.between(first, last))
            .into_query();
        let rows: Vec<(Uuid, Uuid)> = dues_line::Entity::find()
            .select_only()
            .columns([dues_line::Column::SheetId, dues_line::Column::PersonId])
            .filter(dues_line::Column::SheetId.in_subquery(sheets))
            .into_tuple()
            .all(read.db())
            .await
            .map_err(fault)?;
        for (sheet, person) in rows {
            found.entry(sheet).or_default().insert(person.into());
        }
    }
    Ok(found)
}
