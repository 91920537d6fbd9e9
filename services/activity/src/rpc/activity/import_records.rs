//! Takes over other records of organizational life.

use std::collections::{BTreeSet, HashMap, HashSet};

use access::Authorized;
use kernel::{
    Day, RpcError,
    id::{OrganizationId, RecordId},
};
use proto::{
    activity::v1::{ImportRecordsRequest, ImportRecordsResponse},
    kernel::v1::RowError,
};
use uuid::Uuid;
use wire::rows::refused;

use crate::{
    app::App,
    convert::{
        self,
        record::{Row, row},
    },
    domain::{
        record::{Members, Record, may_replace, may_stand},
        roll::Roll,
    },
    error::ActivityError,
    events,
    store::{
        external_ids::{self, Key},
        records::{self, Kept},
    },
};

/// Judges each row alone, a review by the roll of its day; wrong rows are named and left out.
pub async fn run(
    app: App,
    request: Authorized<ImportRecordsRequest>,
) -> Result<ImportRecordsResponse, RpcError> {
    let mut result = convert::result(request.dry_run);
    let mut rows = readable(&request, &mut result.errors);
    app.meet(request.ranges(), rows.iter().map(|row| row.branch))
        .await?;
    rows.retain(|row| known(&app, &request, row, &mut result.errors));
    let days: BTreeSet<_> = rows.iter().filter_map(reviewed).collect();
    let days: Vec<_> = days.into_iter().collect();
    let rolls = app.member.rolls(&days, request.deadline()).await?;

    let tx = app.store.begin(&request).await?;
    let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
    let known = external_ids::resolve(&tx, &keys).await?;
    let ids: Vec<RecordId> = known.values().map(|id| RecordId(*id)).collect();
    let there = records::by_ids(&tx, &ids).await?;
    let mut plan = Plan {
        app: &app,
        rolls,
        known,
        there,
        saved: Vec::new(),
        named: Vec::new(),
        unchanged: 0,
    };
    for row in rows {
        if let Err(broken) = plan.take(&row) {
            result.errors.extend(refused(row.line, &broken.into()));
        }
    }
    result.created = convert::count(plan.named.len());
    result.updated = convert::count(plan.saved.len() - plan.named.len());
    result.unchanged = plan.unchanged;
    result.errors.sort_by_key(|error| error.line);
    if request.dry_run {
        return Ok(ImportRecordsResponse { result: Some(result) });
    }
    external_ids::insert(&tx, &plan.named).await?;
    let kept: Vec<Kept> = plan.saved.iter().map(|(kept, _)| kept.clone()).collect();
    records::save(&tx, &kept).await?;
    plan.saved
        .iter()
        .for_each(|(kept, key)| events::record(&tx, kept, key));
    if let Some(top) = request.organization() {
        tx.concerns(top, top.into());
    }
    tx.imported(&result);
    tx.commit(ImportRecordsResponse { result: Some(result) }).await
}

fn reviewed(row: &Row) -> Option<(OrganizationId, Day)> {
    match &row.record {
        Record::Review(review) => Some((row.branch, review.held_on)),
        _ => None,
    }
}

/// Rows whose fields can be read, each of them once.
fn readable(request: &ImportRecordsRequest, errors: &mut Vec<RowError>) -> Vec<Row> {
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(request.rows.len());
    for sent in &request.rows {
        let wrong = wire::rows::check(sent.line, sent);
        if !wrong.is_empty() {
            errors.extend(wrong);
            continue;
        }
        match row(sent) {
            Err(refusal) => errors.extend(refused(sent.line, &refusal)),
            Ok(read) if !seen.insert(read.key.clone()) => {
                errors.extend(refused(sent.line, &ActivityError::RowRepeated.into()));
            }
            Ok(read) => rows.push(read),
        }
    }
    rows
}

/// Whether the row's branch is one that the import may write to; a stranger's and an unknown one answer alike.
fn known(
    app: &App,
    request: &Authorized<ImportRecordsRequest>,
    row: &Row,
    errors: &mut Vec<RowError>,
) -> bool {
    let inside = app
        .scopes
        .path(row.branch)
        .is_some_and(|path| request.ranges().contains(&path));
    let branch = inside && app.existence(row.branch).is_some();
    if !branch {
        errors.extend(refused(row.line, &ActivityError::BranchUnknown.into()));
    }
    branch
}

/// What the chunk will do.
struct Plan<'a> {
    app: &'a App,
    rolls: HashMap<(OrganizationId, Day), Roll>,
    known: HashMap<Key, Uuid>,
    there: HashMap<RecordId, Kept>,
    saved: Vec<(Kept, Key)>,
    named: Vec<(Key, Uuid)>,
    unchanged: u32,
}

impl Plan<'_> {
    fn take(&mut self, row: &Row) -> Result<(), ActivityError> {
        let known = self
            .known
            .get(&row.key)
            .and_then(|id| self.there.get(&RecordId(*id)));
        match known {
            Some(there) if there.branch != row.branch => return Err(ActivityError::BranchChanged),
            Some(there) if there.record == row.record => {
                self.unchanged += 1;
                return Ok(());
            }
            _ => {}
        }
        if let Some(there) = known {
            may_replace(&there.record, &row.record)?;
        }
        let existence = self
            .app
            .existence(row.branch)
            .ok_or(ActivityError::BranchUnknown)?;
        may_stand(&row.record, existence, self.members(row), self.app.clock.today())?;
        let (id, version) = known.map_or((RecordId::new(), 1), |there| (there.id, there.version + 1));
        if known.is_none() {
            self.named.push((row.key.clone(), id.into()));
        }
        let kept = Kept {
            id,
            branch: row.branch,
            record: row.record.clone(),
            version,
        };
        self.saved.push((kept, row.key.clone()));
        Ok(())
    }

    /// The members of a review's day; nobody where no roll was asked for.
    fn members(&self, row: &Row) -> Members {
        let roll = reviewed(row).and_then(|day| self.rolls.get(&day));
        roll.map_or(
            Members {
                full: 0,
                probationary: 0,
            },
            |roll| Members {
                full: roll.full,
                probationary: roll.probationary,
            },
        )
    }
}
