//! Takes over steps of development cases with their deadlines.

use std::collections::{BTreeSet, HashMap, HashSet};

use access::Authorized;
use kernel::{RpcError, id::RecordId};
use proto::{
    kernel::v1::{ImportResult, RowError},
    member::v1::{ImportDevelopmentStepsRequest, ImportDevelopmentStepsResponse},
};

use storage::Tx;

use crate::{
    app::App,
    convert::duties::{self, StepRow},
    domain::{development::Step, person::Key},
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
    app.meet(
        request.ranges(),
        request.rows.iter().map(|row| row.branch_id.as_str()),
    )
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
    let mut cases = Cases::of(&tx, &rows).await?;
    let mut changed = Vec::new();
    for row in &rows {
        match take(&known, &mut cases, row) {
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
    tx.imported(&result);
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
                row.step.check(app.clock.today())?;
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

/// The steps of the cases concerned, by case and by their own ids: as they are known, and as the rows before left them.
struct Cases(HashMap<Key, HashMap<Key, Step>>);

impl Cases {
    async fn of(tx: &Tx, rows: &[StepRow]) -> Result<Self, RpcError> {
        let cases: BTreeSet<Key> = rows.iter().map(case).collect();
        let mut steps: HashMap<Key, HashMap<Key, Step>> = HashMap::new();
        for kept in steps::of_cases(tx, &cases).await? {
            let case = (kept.key.0.clone(), kept.step.case.clone());
            steps.entry(case).or_default().insert(kept.key, kept.step);
        }
        Ok(Self(steps))
    }

    /// Puts a step among the others of its case; not when it would stand there out of order.
    fn put(&mut self, row: &StepRow) -> Result<(), MemberError> {
        let beside = self.0.entry(case(row)).or_default();
        let mut others = beside.iter().filter(|(key, _)| **key != row.key);
        others.try_for_each(|(_, other)| row.step.follows_order(other))?;
        beside.insert(row.key.clone(), row.step.clone());
        Ok(())
    }
}

fn case(row: &StepRow) -> Key {
    (row.key.0.clone(), row.step.case.clone())
}

fn take(known: &HashMap<Key, Kept>, cases: &mut Cases, row: &StepRow) -> Result<Option<Kept>, MemberError> {
    let there = known.get(&row.key);
    if let Some(there) = there {
        row.step.may_replace(&there.step)?;
    }
    cases.put(row)?;
    let Some(there) = there else {
        return Ok(Some(Kept {
            id: RecordId::new(),
            version: 1,
            key: row.key.clone(),
            step: row.step.clone(),
        }));
    };
    let changed = there.step != row.step;
    Ok(changed.then(|| Kept {
        version: there.version + 1,
        step: row.step.clone(),
        ..there.clone()
    }))
}
