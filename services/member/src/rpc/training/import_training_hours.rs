//! Takes over entries of the training ledger.

use std::collections::{BTreeSet, HashMap, HashSet};

use access::Authorized;
use kernel::{
    RpcError,
    id::{OrganizationId, PersonId, RecordId},
};
use proto::{
    kernel::v1::{ImportResult, RowError},
    member::v1::{ImportTrainingHoursRequest, ImportTrainingHoursResponse},
};
use storage::Tx;

use crate::{
    app::App,
    convert::duties::{self, HoursRow},
    domain::{membership::Stay, training::Session},
    error::MemberError,
    events,
    store::training::{self, Entry},
};

/// Judges each row alone; wrong rows are named and left out. A session counts once for a person.
pub async fn run(
    app: App,
    request: Authorized<ImportTrainingHoursRequest>,
) -> Result<ImportTrainingHoursResponse, RpcError> {
    match attempt(&app, &request).await {
        Err(error) if MemberError::Outrun.is(&error) => attempt(&app, &request).await,
        outcome => outcome,
    }
}

async fn attempt(
    app: &App,
    request: &Authorized<ImportTrainingHoursRequest>,
) -> Result<ImportTrainingHoursResponse, RpcError> {
    let mut result = ImportResult {
        dry_run: request.dry_run,
        ..Default::default()
    };
    let rows = readable(app, request, &mut result.errors);

    let tx = app.store.begin(request).await?;
    let ledger = Ledger::of(&tx, &rows).await?;
    let mut new = Vec::new();
    for row in &rows {
        match ledger.take(row) {
            Err(broken) => result
                .errors
                .extend(wire::rows::refused(row.line, &broken.into())),
            Ok(None) => result.unchanged += 1,
            Ok(Some(entry)) => new.push(entry),
        }
    }
    result.created = u32::try_from(new.len()).unwrap_or(u32::MAX);
    result.errors.sort_by_key(|error| error.line);
    if request.dry_run {
        return Ok(ImportTrainingHoursResponse { result: Some(result) });
    }

    training::insert(&tx, &mut new).await?;
    for entry in &new {
        if let Some(branch) = ledger.branch(entry) {
            events::training(&tx, entry, branch);
        }
    }
    if let Some(top) = request.organization() {
        tx.concerns(top, top.into());
    }
    tx.imported(&result);
    tx.commit(ImportTrainingHoursResponse { result: Some(result) })
        .await
}

fn readable(app: &App, request: &ImportTrainingHoursRequest, errors: &mut Vec<RowError>) -> Vec<HoursRow> {
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(request.rows.len());
    for given in &request.rows {
        let mut wrong = wire::rows::check(given.line, given);
        if wrong.is_empty() {
            match duties::hours(given, app.clock.today()) {
                Err(refusal) => wrong = wire::rows::refused(given.line, &refusal),
                Ok(row) if !seen.insert((row.person, row.name.clone())) => {
                    wrong = wire::rows::refused(given.line, &MemberError::RowRepeated.into());
                }
                Ok(row) => rows.push(row),
            }
        }
        errors.extend(wrong);
    }
    rows
}

/// What is known of the persons and sessions of the chunk.
struct Ledger {
    stays: HashMap<PersonId, Vec<Stay>>,
    known: HashMap<(PersonId, String), Session>,
}

impl Ledger {
    async fn of(tx: &Tx, rows: &[HoursRow]) -> Result<Self, RpcError> {
        let persons: BTreeSet<PersonId> = rows.iter().map(|row| row.person).collect();
        let names: BTreeSet<String> = rows.iter().map(|row| row.name.clone()).collect();
        let stays = training::stays(tx, &persons).await?;
        Ok(Self {
            stays,
            known: training::known(tx, &persons, &names).await?,
        })
    }

    fn take(&self, row: &HoursRow) -> Result<Option<Entry>, MemberError> {
        if !self.stays.contains_key(&row.person) {
            return Err(MemberError::PersonUnknown);
        }
        match self.known.get(&(row.person, row.name.clone())) {
            Some(there) if *there == row.session => Ok(None),
            Some(_) => Err(MemberError::SessionCounted),
            None => Ok(Some(Entry {
                id: RecordId::new(),
                person: row.person,
                name: row.name.clone(),
                session: row.session,
            })),
        }
    }

    /// The branch on the day of the session, or else the last one.
    fn branch(&self, entry: &Entry) -> Option<OrganizationId> {
        let stays = self.stays.get(&entry.person)?;
        let there = stays
            .iter()
            .find(|stay| stay.covers(entry.session.on))
            .or_else(|| stays.last());
        there.map(|stay| stay.branch)
    }
}
