//! Takes over monthly dues sheets.

use std::collections::{BTreeSet, HashMap, HashSet};

use access::Authorized;
use kernel::{
    Day, Fen, OrganizationKind, Period, Refusal, RpcError,
    day::month_end,
    id::{OrganizationId, PersonId, RecordId},
};
use proto::{
    kernel::v1::{ImportResult, RowError},
    member::v1::{ImportDuesSheetsRequest, ImportDuesSheetsResponse},
};
use storage::Tx;

use crate::{
    app::App,
    convert::duties,
    domain::{
        dues::{Class, Line, TierTable, last_day, table},
        membership::Stay,
    },
    error::MemberError,
    events, sealing,
    store::{
        dues::{self, Whole},
        rolls,
    },
};

/// Judges each sheet alone, every wrong line of it at once; wrong sheets are named and left out.
pub async fn run(
    app: App,
    request: Authorized<ImportDuesSheetsRequest>,
) -> Result<ImportDuesSheetsResponse, RpcError> {
    app.meet(
        request.ranges(),
        request.rows.iter().map(|row| row.branch_id.as_str()),
    )
    .await?;
    let mut result = ImportResult {
        dry_run: request.dry_run,
        ..Default::default()
    };
    let sheets = readable(&app, &request, &mut result.errors);
    let branches: BTreeSet<_> = sheets.iter().map(|sheet| sheet.read.branch).collect();
    let months: BTreeSet<_> = sheets.iter().map(|sheet| sheet.read.month).collect();

    let tx = app.store.begin(&request).await?;
    rolls::lock(&tx, &branches).await?;
    let members = members(&tx, &branches, &months).await?;
    let known = dues::sheets(&tx, &branches, &months).await?;
    let mut written = Vec::new();
    for sheet in &sheets {
        let wrong = strangers(sheet, &members);
        if !wrong.is_empty() {
            result.errors.extend(wrong);
            continue;
        }
        match known.get(&(sheet.read.branch, sheet.read.month)) {
            Some(there) if says(&app, there, sheet)? => result.unchanged += 1,
            there => {
                if there.is_none() {
                    result.created += 1
                } else {
                    result.updated += 1
                }
                written.push(write(&app, there, sheet)?);
            }
        }
    }
    result.errors.sort_by_key(|error| error.line);
    if request.dry_run {
        return Ok(ImportDuesSheetsResponse { result: Some(result) });
    }

    dues::save(&tx, &written).await?;
    for sheet in &written {
        events::dues_sheet(&tx, sheet);
    }
    if let Some(top) = request.organization() {
        tx.concerns(top, top.into());
    }
    tx.imported(&result);
    tx.commit(ImportDuesSheetsResponse { result: Some(result) }).await
}

/// A sheet whose amounts are right.
struct Sheet {
    read: duties::Sheet,
    last_day: Day,
    table: &'static TierTable,
}

fn readable(
    app: &App,
    request: &Authorized<ImportDuesSheetsRequest>,
    errors: &mut Vec<RowError>,
) -> Vec<Sheet> {
    let mut seen = HashSet::new();
    let mut sheets = Vec::with_capacity(request.rows.len());
    for given in &request.rows {
        let mut wrong = wire::rows::check(given.line, given);
        if wrong.is_empty() {
            match duties::sheet(given).and_then(|read| Ok(placed(app, request, read)?)) {
                Err(refusal) => wrong = wire::rows::refused(given.line, &refusal),
                Ok(sheet) => {
                    wrong = lines(&sheet, app.clock.today());
                    if !seen.insert((sheet.read.branch, sheet.read.month)) {
                        wrong = wire::rows::refused(given.line, &MemberError::RowRepeated.into());
                    }
                    if wrong.is_empty() {
                        sheets.push(sheet);
                    }
                }
            }
        }
        errors.extend(wrong);
    }
    sheets
}

/// A temporary branch collects no dues.
fn placed(
    app: &App,
    request: &Authorized<ImportDuesSheetsRequest>,
    read: duties::Sheet,
) -> Result<Sheet, MemberError> {
    if app.branch(request, read.branch)?.kind == OrganizationKind::TemporaryBranch {
        return Err(MemberError::TemporaryOrg);
    }
    Ok(Sheet {
        last_day: last_day(read.month, read.quarterly, app.clock.today())?,
        table: table(read.month),
        read,
    })
}

fn lines(sheet: &Sheet, today: Day) -> Vec<RowError> {
    let mut seen = HashSet::new();
    let mut wrong = Vec::new();
    for (at, (person, line)) in sheet.read.lines.iter().enumerate() {
        if !seen.insert(*person) {
            wrong.push(line_error(sheet, at, "person_id", MemberError::LineRepeated));
        }
        if let Err(broken) = line.check_due(sheet.table) {
            wrong.push(line_error(sheet, at, "due_fen", broken));
        }
        if let Err(broken) = line.check_payment(sheet.read.month, today) {
            wrong.push(line_error(sheet, at, "paid_on", broken));
        }
    }
    wrong
}

fn line_error(sheet: &Sheet, at: usize, field: &str, broken: MemberError) -> RowError {
    let refusal = Refusal::from(broken);
    wire::rows::wrong(
        sheet.read.line,
        &format!("lines[{at}].{field}"),
        broken.reason(),
        refusal.zh,
    )
}

type Members = HashMap<(OrganizationId, PersonId), Vec<Stay>>;

async fn members(
    tx: &Tx,
    branches: &BTreeSet<OrganizationId>,
    months: &BTreeSet<Day>,
) -> Result<Members, RpcError> {
    let span = months
        .first()
        .zip(months.last())
        .and_then(|(first, last)| Period::new(*first, month_end(*last)));
    let mut members = Members::new();
    for member in rolls::members(tx, branches.iter().copied(), span).await? {
        let stay = member.stay();
        members
            .entry((stay.branch, member.person()))
            .or_default()
            .push(stay);
    }
    Ok(members)
}

/// Lines of persons who were not in the branch on any day of the month.
fn strangers(sheet: &Sheet, members: &Members) -> Vec<RowError> {
    let (first, last) = (sheet.read.month, month_end(sheet.read.month));
    let here = |person: &PersonId| {
        let stays = members.get(&(sheet.read.branch, *person));
        stays.is_some_and(|stays| {
            stays
                .iter()
                .any(|stay| stay.from <= last && stay.until.is_none_or(|until| until >= first))
        })
    };
    let lines = sheet.read.lines.iter().enumerate();
    lines
        .filter(|(_, (person, _))| !here(person))
        .map(|(at, _)| line_error(sheet, at, "person_id", MemberError::PersonUnknown))
        .collect()
}

/// Whether a sheet says what is known, bases included.
fn says(app: &App, (there, lines): &Whole, sheet: &Sheet) -> Result<bool, RpcError> {
    if there.quarterly != sheet.read.quarterly || lines.len() != sheet.read.lines.len() {
        return Ok(false);
    }
    let said: HashMap<_, _> = sheet.read.lines.iter().copied().collect();
    for row in lines {
        let line = Line {
            class: Class::of_number(row.class).unwrap_or(Class::Relief),
            base: sealing::open_base(&app.keys, there.id, row.person_id, &row.base_sealed)?,
            due: Fen(row.due_fen),
            paid: Fen(row.paid_fen),
            paid_on: row.paid_on,
            relieved: row.relieved,
        };
        if said.get(&PersonId(row.person_id)) != Some(&line) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn write(app: &App, there: Option<&Whole>, sheet: &Sheet) -> Result<dues::Sheet, RpcError> {
    let id = there.map_or_else(RecordId::new, |(row, _)| RecordId(row.id));
    let owing = || {
        sheet
            .read
            .lines
            .iter()
            .map(|(_, line)| line)
            .filter(|line| !line.relieved)
    };
    let lines = sheet.read.lines.iter().map(|(person, line)| {
        Ok(dues::Line {
            person: *person,
            class: line.class,
            base_sealed: sealing::base(&app.keys, id.into(), *person, line.base)?,
            due: line.due,
            paid: line.paid,
            paid_on: line.paid_on,
            relieved: line.relieved,
        })
    });
    Ok(dues::Sheet {
        id,
        version: there.map_or(1, |(row, _)| row.version.unsigned_abs() + 1),
        branch: sheet.read.branch,
        month: sheet.read.month,
        quarterly: sheet.read.quarterly,
        due: owing().map(|line| line.due).sum(),
        paid: sheet.read.lines.iter().map(|(_, line)| line.paid).sum(),
        owed: owing().count(),
        in_time: owing().filter(|line| line.in_time(sheet.last_day)).count(),
        tier_version: sheet.table.version,
        lines: lines.collect::<Result<_, RpcError>>()?,
    })
}
