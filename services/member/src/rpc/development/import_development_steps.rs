//! Takes over steps of development cases with their deadlines.

use std::collections::{BTreeSet, HashMap, HashSet};

use access::Authorized;
use kernel::{RpcError, id::RecordId};
use proto::{
    kernel::v1::{ImportResult, RowError},
    member::v1::{ImportDevelopmentStepsRequest, ImportDevelopmentStepsResponse},
};

use crate::{
    app::App,
    convert::duties::{self, StepRow},
    domain::person::Key,
    error::MemberError,
    events,
    store::{
        rolls,
        steps::{self, Kept},
    },
};

/// Judges each row alone; wrong rows are named and left out.
pub async fn run(
    app: App,
    request: Authorized<ImportDevelopmentStepsRequest>,
) -> Result<ImportDevelopmentStepsResponse, RpcError> {
    app.meet(request.rows.iter().map(|row| row.branch_id.as_str()))
        .await?;
    let mut result = ImportResult {
        dry_run: request.dry_run,
        ..Default::default()
    };
    let rows = readable(&app, &request, &mut result.errors);
    let branches: BTreeSet<_> = rows.iter().map(|row| row.step.branch).collect();
    let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();

    let tx = app.store.begin(&request).await?;
    rolls::lock(&tx, &branches).await?;
    let known = steps::known(&tx, &keys).await?;
    let mut changed = Vec::new();
    for row in &rows {
        match take(&known, row) {
            Err(broken) => result
                .errors
                .extend(wire::rows::refused(row.line, &broken.into())),
            Ok(None) => result.unchanged += 1,
            Ok(Some(kept)) => {
                if kept.version == 1 {
                    result.created += 1
                } else {
                    result.updated += 1
                }
                changed.push(kept);
            }
        }
    }
    result.errors.sort_by_key(|error| error.line);
    if request.dry_run {
        return Ok(ImportDevelopmentStepsResponse { result: Some(result) });
    }

    steps::save(&tx, &changed).await?;
    for kept in &changed {
        events::development_step(&tx, kept);
    }
    if let Some(top) = request.organization() {
        tx.concerns(top, top.into());
    }
    tx.commit(ImportDevelopmentStepsResponse { result: Some(result) })
        .await
}

fn readable(
    app: &App,
    request: &Authorized<ImportDevelopmentStepsRequest>,
    errors: &mut Vec<RowError>,
) -> Vec<StepRow> {
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(request.rows.len());
    for given in &request.rows {
        let mut wrong = wire::rows::check(given.line, given);
        if wrong.is_empty() {
            let read = duties::step(given).and_then(|row| {
                app.branch(request, row.step.branch)?;
                if seen.insert(row.key.clone()) {
                    Ok(row)
                } else {
                    Err(MemberError::RowRepeated.into())
                }
            });
            match read {
                Ok(row) => rows.push(row),
                Err(refusal) => wrong = wire::rows::refused(given.line, &refusal),
            }
        }
        errors.extend(wrong);
    }
    rows
}

fn take(known: &HashMap<Key, Kept>, row: &StepRow) -> Result<Option<Kept>, MemberError> {
    let Some(there) = known.get(&row.key) else {
        return Ok(Some(Kept {
            id: RecordId::new(),
            version: 1,
            key: row.key.clone(),
            step: row.step.clone(),
        }));
    };
    row.step.may_replace(&there.step)?;
    let changed = there.step != row.step;
    Ok(changed.then(|| Kept {
        version: there.version + 1,
        step: row.step.clone(),
        ..there.clone()
    }))
}
