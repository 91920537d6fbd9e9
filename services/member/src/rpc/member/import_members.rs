//! Takes over persons with their membership.

use std::collections::{BTreeSet, HashMap};

use access::Authorized;
use kernel::{
    RpcError,
    id::{OrganizationId, PersonId},
};
use proto::{
    kernel::v1::{ImportResult, RowError},
    member::v1::{ImportMembersRequest, ImportMembersResponse, ImportedPerson},
};
use storage::Tx;

use crate::{
    app::App,
    convert::members::{self, Row},
    domain::{
        identity::IdentityNumber,
        intake::{Entry, Intake, Outcome},
        person::{Person, Placed},
    },
    error::MemberError,
    events, sealing,
    store::{
        persons::{self, Written},
        rolls,
    },
};

/// Judges each row alone; wrong rows are named and left out. Who was outrun by another import of the same persons
/// looks again, once.
pub async fn run(
    app: App,
    request: Authorized<ImportMembersRequest>,
) -> Result<ImportMembersResponse, RpcError> {
    app.meet(
        request.ranges(),
        request.rows.iter().map(|row| row.branch_id.as_str()),
    )
    .await?;
    match attempt(&app, &request).await {
        Err(error) if MemberError::Outrun.is(&error) => attempt(&app, &request).await,
        outcome => outcome,
    }
}

async fn attempt(
    app: &App,
    request: &Authorized<ImportMembersRequest>,
) -> Result<ImportMembersResponse, RpcError> {
    let mut result = ImportResult {
        dry_run: request.dry_run,
        ..Default::default()
    };
    let rows = readable(app, request, &mut result.errors);

    let tx = app.store.begin(request).await?;
    let mut intake = known(app, &tx, &rows).await?;
    let (mut imported, mut numbers) = (Vec::with_capacity(rows.len()), HashMap::new());
    for row in &rows {
        match intake.take(&row.candidate) {
            Err(broken) => result
                .errors
                .extend(wire::rows::refused(row.line, &broken.into())),
            Ok((id, outcome)) => {
                count(&mut result, outcome);
                numbers.insert(id, &row.identity);
                imported.push(ImportedPerson {
                    line: row.line,
                    person_id: id.to_string(),
                });
            }
        }
    }
    result.errors.sort_by_key(|error| error.line);
    if request.dry_run {
        return Ok(ImportMembersResponse {
            result: Some(result),
            persons: Vec::new(),
        });
    }

    save(app, &tx, &intake, &numbers).await?;
    events::strengths(&tx, &intake.branches()).await?;
    for entry in intake.changed() {
        events::person(&tx, entry.before.as_ref(), &entry.person, app.clock.today());
    }
    if let Some(top) = request.organization() {
        tx.concerns(top, top.into());
    }
    tx.imported(&result);
    tx.commit(ImportMembersResponse {
        result: Some(result),
        persons: imported,
    })
    .await
}

fn readable(app: &App, request: &Authorized<ImportMembersRequest>, errors: &mut Vec<RowError>) -> Vec<Row> {
    let mut rows = Vec::with_capacity(request.rows.len());
    for given in &request.rows {
        let read = members::row(given, &app.index, app.clock.today());
        let read = wire::rows::read(given.line, given, read).and_then(|row| {
            let branch = app.branch(request, row.candidate.stay.branch);
            branch.map_err(|broken| wire::rows::refused(given.line, &broken.into()))?;
            Ok(row)
        });
        match read {
            Ok(row) => rows.push(row),
            Err(wrong) => errors.extend(wrong),
        }
    }
    rows
}

/// Everybody whom the rows may mean, with their branches locked: until the end nobody else changes them. A person who
/// came into another branch between the look and the lock is outrun.
async fn known(app: &App, tx: &Tx, rows: &[Row]) -> Result<Intake, RpcError> {
    let keys: Vec<_> = rows.iter().map(|row| row.candidate.external_id.clone()).collect();
    let indexes: Vec<_> = rows.iter().map(|row| row.candidate.index).collect();
    let mut branches: BTreeSet<OrganizationId> = rows.iter().map(|row| row.candidate.stay.branch).collect();
    let seen = persons::known(tx, &keys, &indexes).await?;
    branches.extend(
        seen.iter()
            .flat_map(|kept| &kept.stays)
            .map(|placed| placed.stay.branch),
    );
    rolls::lock(tx, &branches).await?;

    let mut known = Vec::with_capacity(seen.len());
    for kept in persons::known(tx, &keys, &indexes).await? {
        let person = members::person(&kept, &app.keys)?;
        if person
            .stays
            .iter()
            .any(|placed| !branches.contains(&placed.stay.branch))
        {
            return Err(MemberError::Outrun.into());
        }
        let ours = ours(app, tx, &person);
        known.push((person, ours));
    }
    Ok(Intake::new(known))
}

/// Whether his last branch lies in the import's part of the tree.
fn ours(app: &App, tx: &Tx, person: &Person) -> bool {
    let last = person
        .stays
        .last()
        .and_then(|placed| app.scopes.path(placed.stay.branch));
    last.is_some_and(|path| tx.ranges().contains(&path))
}

fn count(result: &mut ImportResult, outcome: Outcome) {
    match outcome {
        Outcome::Created => result.created += 1,
        Outcome::Updated => result.updated += 1,
        Outcome::Unchanged => result.unchanged += 1,
    }
}

async fn save(
    app: &App,
    tx: &Tx,
    intake: &Intake,
    numbers: &HashMap<PersonId, &IdentityNumber>,
) -> Result<(), RpcError> {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    let mut stays: Vec<(PersonId, Placed)> = Vec::new();
    for entry in intake.changed() {
        let person = &entry.person;
        stays.extend(entry.changed_stays().map(|placed| (person.id, *placed)));
        match (numbers.get(&person.id), &entry.before) {
            (None, _) => {}
            (Some(number), None) => new.push((written(app, entry, number)?, person.external_ids.as_slice())),
            (Some(number), Some(_)) => changed.push(written(app, entry, number)?),
        }
    }
    persons::insert(tx, &new).await?;
    persons::update(tx, &changed).await?;
    persons::place(tx, &stays).await
}

fn written<'a>(app: &App, entry: &'a Entry, number: &IdentityNumber) -> Result<Written<'a>, RpcError> {
    let person = &entry.person;
    let phone = person.phone.as_deref();
    Ok(Written {
        id: person.id,
        version: person.version,
        particulars: &person.particulars,
        identity_sealed: sealing::identity(&app.keys, person.id, number)?,
        index: person.index,
        phone_sealed: phone
            .map(|phone| sealing::phone(&app.keys, person.id, phone))
            .transpose()?,
    })
}
