//! Takes over meetings with their attendance.

use std::collections::{BTreeSet, HashMap, HashSet};

use access::Authorized;
use kernel::{
    Day, RpcError,
    id::{MeetingId, OrganizationId},
};
use proto::{
    activity::v1::{ImportMeetingsRequest, ImportMeetingsResponse},
    kernel::v1::RowError,
};
use uuid::Uuid;
use wire::rows::refused;

use crate::{
    app::App,
    convert,
    domain::{
        meeting::{Content, Holding, Meeting, hold},
        norm::Norms,
        roll::Roll,
    },
    error::ActivityError,
    events,
    store::{
        external_ids::{self, Key},
        meetings,
    },
};

/// Judges each row alone by the roll and the norms of its day; wrong rows are named and left out. The rolls of the
/// whole chunk are asked at once, before the transaction.
pub async fn run(
    app: App,
    request: Authorized<ImportMeetingsRequest>,
) -> Result<ImportMeetingsResponse, RpcError> {
    let mut result = convert::result(request.dry_run);
    let mut rows = readable(&request, &mut result.errors);
    app.meet(
        request.ranges(),
        rows.iter()
            .flat_map(|row| row.content.group.into_iter().chain([row.branch])),
    )
    .await?;
    rows.retain(|row| known(&app, &request, row, &mut result.errors));
    let days: BTreeSet<_> = rows.iter().map(|row| (row.branch, row.content.held_on)).collect();
    let days: Vec<_> = days.into_iter().collect();
    let rolls = app.member.rolls(&days, request.deadline()).await?;

    let tx = app.store.begin(&request).await?;
    let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
    let known = external_ids::resolve(&tx, &keys).await?;
    let ids: Vec<MeetingId> = known.values().map(|id| MeetingId(*id)).collect();
    let there = meetings::by_ids(&tx, &ids).await?;
    let mut plan = Plan {
        app: &app,
        rolls,
        known,
        there,
        new: Vec::new(),
        changed: Vec::new(),
        named: Vec::new(),
        unchanged: 0,
    };
    for row in rows {
        let line = row.line;
        if let Err(broken) = plan.take(row) {
            result.errors.extend(refused(line, &broken.into()));
        }
    }
    result.created = convert::count(plan.new.len());
    result.updated = convert::count(plan.changed.len());
    result.unchanged = plan.unchanged;
    result.errors.sort_by_key(|error| error.line);
    if request.dry_run {
        return Ok(ImportMeetingsResponse { result: Some(result) });
    }
    external_ids::insert(&tx, &plan.named).await?;
    meetings::insert(&tx, &plan.new).await?;
    meetings::replace(&tx, &plan.changed).await?;
    plan.new
        .iter()
        .chain(&plan.changed)
        .for_each(|meeting| events::meeting(&tx, meeting));
    if let Some(top) = request.organization() {
        tx.concerns(top, top.into());
    }
    tx.imported(&result);
    tx.commit(ImportMeetingsResponse { result: Some(result) }).await
}

struct Row {
    line: u32,
    key: Key,
    branch: OrganizationId,
    content: Content,
}

/// Rows whose fields can be read, each of them once.
fn readable(request: &ImportMeetingsRequest, errors: &mut Vec<RowError>) -> Vec<Row> {
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(request.rows.len());
    for sent in &request.rows {
        let wrong = wire::rows::check(sent.line, sent);
        let key = convert::key(sent.external_id.as_ref(), "meeting");
        let (Some(key), Ok(branch), Some(content), true) =
            (key, sent.branch_id.parse(), &sent.content, wrong.is_empty())
        else {
            errors.extend(wrong);
            continue;
        };
        match convert::meeting::content(content) {
            Err(refusal) => errors.extend(refused(sent.line, &refusal)),
            Ok(_) if !seen.insert(key.clone()) => {
                errors.extend(refused(sent.line, &ActivityError::RowRepeated.into()));
            }
            Ok(content) => rows.push(Row {
                line: sent.line,
                key,
                branch,
                content,
            }),
        }
    }
    rows
}

/// Whether the row's branch is one that the import may write to; a stranger's and an unknown one answer alike.
fn known(
    app: &App,
    request: &Authorized<ImportMeetingsRequest>,
    row: &Row,
    errors: &mut Vec<RowError>,
) -> bool {
    let path = app.scopes.path(row.branch);
    let broken = match app.existence(row.branch) {
        _ if !path.is_some_and(|path| request.ranges().contains(&path)) => ActivityError::BranchUnknown,
        None => ActivityError::BranchNotABranch,
        Some(_) => return true,
    };
    errors.extend(refused(row.line, &broken.into()));
    false
}

/// What the chunk will do.
struct Plan<'a> {
    app: &'a App,
    rolls: HashMap<(OrganizationId, Day), Roll>,
    known: HashMap<Key, Uuid>,
    there: HashMap<MeetingId, Meeting>,
    new: Vec<Meeting>,
    changed: Vec<Meeting>,
    named: Vec<(Key, Uuid)>,
    unchanged: u32,
}

impl Plan<'_> {
    fn take(&mut self, row: Row) -> Result<(), ActivityError> {
        let there = self
            .known
            .get(&row.key)
            .and_then(|id| self.there.get(&MeetingId(*id)));
        match there {
            Some(there) if there.branch != row.branch => return Err(ActivityError::BranchChanged),
            Some(there) if there.content == row.content => {
                self.unchanged += 1;
                return Ok(());
            }
            _ => {}
        }
        let place = self
            .app
            .place(row.branch, row.content.group, row.content.held_on)
            .ok_or(ActivityError::BranchNotABranch)?;
        let roll = self
            .rolls
            .get(&(row.branch, row.content.held_on))
            .ok_or(ActivityError::BranchUnknown)?;
        let Holding {
            turnout,
            quorate,
            absent,
        } = hold(
            &row.content,
            &place,
            roll,
            Norms::shipped(),
            self.app.clock.today(),
        )?;
        let (branch, content) = (row.branch, row.content);
        match there {
            Some(there) => {
                let version = there.version + 1;
                self.changed.push(Meeting {
                    branch,
                    content,
                    turnout,
                    quorate,
                    absent,
                    version,
                    ..there.clone()
                });
            }
            None => {
                let id = MeetingId::new();
                self.named.push((row.key, id.into()));
                self.new.push(Meeting {
                    id,
                    branch,
                    content,
                    turnout,
                    quorate,
                    absent,
                    annulled: false,
                    version: 1,
                });
            }
        }
        Ok(())
    }
}
