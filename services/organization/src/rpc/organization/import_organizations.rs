//! Takes over organizations below one that the caller keeps.

use std::collections::{HashMap, HashSet};

use access::Authorized;
use kernel::{Day, Refusal, RpcError, id::OrganizationId};
use proto::{
    kernel::v1::{ImportResult, RowError},
    organization::v1::{ImportOrganizationsRequest, ImportOrganizationsResponse},
};

use crate::{
    app::App,
    convert::{Row, Standing, row},
    domain::tree::{Candidate, may_stand},
    error::OrganizationError,
    events,
    store::{
        external_ids::{self, Key},
        organizations::{self, Below, Correction},
        subtrees,
    },
};

/// Judges each row alone against the tree as it stands with the rows before it; wrong rows are named and left
/// out, with what hangs below them.
pub async fn run(
    app: App,
    request: Authorized<ImportOrganizationsRequest>,
) -> Result<ImportOrganizationsResponse, RpcError> {
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let mut result = ImportResult {
        dry_run: request.dry_run,
        ..Default::default()
    };
    let rows = readable(&request, &mut result.errors);

    let tx = app.store.begin(&request).await?;
    subtrees::keep(&tx).await?;
    let mut plan = Plan::of(&tx, top, &rows, app.clock.today()).await?;
    for row in &rows {
        if let Err(broken) = plan.take(row) {
            result
                .errors
                .extend(wire::rows::refused(row.line, &broken.into()));
        }
    }
    result.created = count(plan.new.len());
    result.updated = count(plan.changed.len());
    result.unchanged = plan.unchanged;
    result.errors.sort_by_key(|error| error.line);
    if request.dry_run {
        return Ok(ImportOrganizationsResponse { result: Some(result) });
    }

    organizations::insert(&tx, &plan.new).await?;
    organizations::correct(&tx, &plan.changed).await?;
    external_ids::insert(&tx, plan.named).await?;
    let changed = plan.changed.into_iter().map(|one| one.after);
    let all: Vec<Standing> = plan.new.into_iter().chain(changed).collect();
    events::organizations(&tx, &all, app.clock.today()).await?;
    tx.concerns(top, top.into());
    tx.imported(&result);
    tx.commit(ImportOrganizationsResponse { result: Some(result) })
        .await
}

fn readable(request: &ImportOrganizationsRequest, errors: &mut Vec<RowError>) -> Vec<Row> {
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(request.rows.len());
    for given in &request.rows {
        match wire::rows::read(given.line, given, row(given)) {
            Err(wrong) => errors.extend(wrong),
            Ok(read) if !seen.insert(read.external_id.clone()) => {
                errors.extend(wire::rows::refused(
                    given.line,
                    &OrganizationError::RowRepeated.into(),
                ));
            }
            Ok(read) => rows.push(read),
        }
    }
    rows
}

/// What the chunk will do.
struct Plan {
    /// Path of the organization below which the rows lie.
    top: Vec<u8>,
    known: HashMap<Key, OrganizationId>,
    standing: HashMap<OrganizationId, Standing>,
    /// What stands, or stood, below organizations that may shrink.
    below: Vec<Below>,
    new: Vec<Standing>,
    changed: Vec<Correction>,
    named: Vec<(Key, OrganizationId)>,
    unchanged: u32,
    today: Day,
}

impl Plan {
    /// What is known of the rows, held until the unit of work ends: two files at once are taken one after the other.
    async fn of(tx: &storage::Tx, top: OrganizationId, rows: &[Row], today: Day) -> Result<Self, RpcError> {
        let keys: Vec<Key> = rows
            .iter()
            .flat_map(|row| [row.external_id.clone(), row.parent.clone()])
            .collect();
        let known = external_ids::resolve(tx, &keys).await?;
        organizations::hold(tx, known.values().copied()).await?;
        let ids: HashSet<OrganizationId> = known.values().copied().chain([top]).collect();
        let ids: Vec<OrganizationId> = ids.into_iter().collect();
        let standing: HashMap<OrganizationId, Standing> = organizations::present(tx, &ids)
            .await?
            .into_iter()
            .map(|one| (one.id, one))
            .collect();
        let shrinking: Vec<OrganizationId> = rows
            .iter()
            .filter_map(|row| {
                standing
                    .get(known.get(&row.external_id)?)
                    .map(|there| (row, there))
            })
            .filter(|(row, there)| there.candidate() != row.candidate)
            .map(|(_, there)| there.id)
            .collect();
        let below = organizations::below(tx, &shrinking).await?;
        let top = standing.get(&top).ok_or_else(Refusal::not_found)?.path.clone();
        let (new, changed, named) = Default::default();
        Ok(Self {
            top,
            known,
            standing,
            below,
            new,
            changed,
            named,
            unchanged: 0,
            today,
        })
    }

    fn take(&mut self, row: &Row) -> Result<(), OrganizationError> {
        if row.candidate.founded_on > self.today {
            return Err(OrganizationError::DayInFuture);
        }
        let parent = self
            .known
            .get(&row.parent)
            .ok_or(OrganizationError::ParentUnknown)?;
        let above = self
            .standing
            .get(parent)
            .ok_or(OrganizationError::ParentUnknown)?;
        // What lies outside is as unknown as what does not exist.
        if !above.path.starts_with(&self.top) {
            return Err(OrganizationError::ParentUnknown);
        }
        let there = self
            .known
            .get(&row.external_id)
            .and_then(|id| self.standing.get(id));
        may_stand(&since_it_stands_there(row, there), &above.candidate().above())?;
        match there {
            None => {
                let (parent, path) = (above.id, above.path.clone());
                self.add(row, parent, path);
            }
            Some(there) if there.parent != Some(above.id) => return Err(OrganizationError::ParentChanged),
            Some(there) if there.says(row) => self.unchanged += 1,
            Some(there) if there.has_changed() && there.founded_on != row.candidate.founded_on => {
                return Err(OrganizationError::FoundingFixed);
            }
            Some(there) => {
                let from = self.renamed_from(there, row);
                let (before, after) = (there.clone(), renewed(there, row, from));
                self.still_covers(&after)?;
                self.standing.insert(after.id, after.clone());
                self.changed.push(Correction {
                    before,
                    after,
                    from_then_on: from.is_some(),
                });
            }
        }
        Ok(())
    }

    /// The day from which an organization is called otherwise or is something else: today, unless it has been so only
    /// since today, or is no more.
    fn renamed_from(&self, there: &Standing, row: &Row) -> Option<Day> {
        let gone = row.candidate.dissolved_on.is_some_and(|last| last < self.today);
        let later = there.valid_from < self.today && row.candidate.founded_on < self.today;
        (there.is_renamed(row) && later && !gone).then_some(self.today)
    }

    /// Whether everything below may still stand there: what was there before, as the rows before this one left it, and
    /// what they added.
    fn still_covers(&self, above: &Standing) -> Result<(), OrganizationError> {
        let judged = above.candidate().above();
        for one in self.below.iter().filter(|one| one.parent == above.id) {
            let renewed = self
                .changed
                .iter()
                .find(|changed| changed.before.id == one.id && changed.before.valid_from == one.from);
            match renewed {
                Some(renewed) => may_stand(&in_its_span(&renewed.after), &judged)?,
                None => may_stand(&one.who, &judged)?,
            }
        }
        let added = self.new.iter().filter(|one| one.parent == Some(above.id));
        added
            .map(Standing::candidate)
            .try_for_each(|one| may_stand(&one, &judged))
    }

    fn add(&mut self, row: &Row, parent: OrganizationId, mut path: Vec<u8>) {
        let id = OrganizationId::new();
        path.extend(id.bytes());
        let standing = Standing {
            id,
            founded_on: row.candidate.founded_on,
            dissolved_on: row.candidate.dissolved_on,
            admin_code: row.admin_code.clone(),
            admin_edition: row.admin_edition,
            leads_area: row.leads_area,
            version: 1,
            valid_from: row.candidate.founded_on,
            parent: Some(parent),
            path,
            name: row.name.clone(),
            kind: row.candidate.kind,
            level: row.candidate.level,
            domain: row.candidate.domain,
            recorded_at: organizations::recording(),
        };
        self.known.insert(row.external_id.clone(), id);
        self.named.push((row.external_id.clone(), id));
        self.standing.insert(id, standing.clone());
        self.new.push(standing);
    }
}

/// What a row says of the time since the organization stands below this parent: one that was moved there may be older
/// than it.
fn since_it_stands_there(row: &Row, there: Option<&Standing>) -> Candidate {
    let moved = there
        .filter(|there| there.has_changed())
        .map(|there| there.valid_from);
    Candidate {
        founded_on: moved.unwrap_or(row.candidate.founded_on),
        ..row.candidate.clone()
    }
}

fn in_its_span(standing: &Standing) -> Candidate {
    Candidate {
        founded_on: standing.valid_from,
        ..standing.candidate()
    }
}

fn renewed(there: &Standing, row: &Row, from: Option<Day>) -> Standing {
    Standing {
        founded_on: row.candidate.founded_on,
        valid_from: match from {
            Some(today) => today,
            None if there.has_changed() => there.valid_from,
            None => row.candidate.founded_on,
        },
        dissolved_on: row.candidate.dissolved_on,
        admin_code: row.admin_code.clone(),
        admin_edition: row.admin_edition,
        leads_area: row.leads_area,
        version: there.version + 1,
        name: row.name.clone(),
        kind: row.candidate.kind,
        level: row.candidate.level,
        domain: row.candidate.domain,
        recorded_at: organizations::recording(),
        ..there.clone()
    }
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
