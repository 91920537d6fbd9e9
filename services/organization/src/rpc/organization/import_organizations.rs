//! Takes over organizations below one that the caller keeps.

use std::collections::{HashMap, HashSet};

use access::Authorized;
use kernel::{Refusal, RpcError, id::OrganizationId};
use proto::{
    kernel::v1::{ExternalId, ImportResult, RowError},
    organization::v1::{ImportOrganizationsRequest, ImportOrganizationsResponse},
};

use crate::{
    app::App,
    convert::{Row, Standing, row},
    domain::tree::{Above, may_stand},
    error::OrganizationError,
    events,
    store::{external_ids, external_ids::Key, organizations},
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
    let mut plan = Plan::of(&tx, &app, top, &rows).await?;
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
    external_ids::insert(&tx, plan.named.clone()).await?;
    for (standing, elsewhere) in plan.events() {
        events::organization(&tx, standing, &standing.wire(elsewhere));
    }
    tx.concerns(top, top.into());
    tx.commit(ImportOrganizationsResponse { result: Some(result) })
        .await
}

fn readable(request: &ImportOrganizationsRequest, errors: &mut Vec<RowError>) -> Vec<Row> {
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(request.rows.len());
    for given in &request.rows {
        let wrong = wire::rows::check(given.line, given);
        if !wrong.is_empty() {
            errors.extend(wrong);
            continue;
        }
        match row(given) {
            Err(refusal) => errors.extend(wire::rows::refused(given.line, &refusal)),
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
struct Plan<'a> {
    app: &'a App,
    top: OrganizationId,
    known: HashMap<Key, OrganizationId>,
    standing: HashMap<OrganizationId, Standing>,
    new: Vec<Standing>,
    changed: Vec<Standing>,
    named: Vec<(Key, OrganizationId)>,
    unchanged: u32,
}

impl<'a> Plan<'a> {
    async fn of(tx: &storage::Tx, app: &'a App, top: OrganizationId, rows: &[Row]) -> Result<Self, RpcError> {
        let keys: Vec<Key> = rows
            .iter()
            .flat_map(|row| [row.external_id.clone(), row.parent.clone()])
            .collect();
        let known = external_ids::resolve(tx, &keys).await?;
        let ids: Vec<OrganizationId> = known
            .values()
            .copied()
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let standing = organizations::present(tx, &ids)
            .await?
            .into_iter()
            .map(|one| (one.id, one))
            .collect();
        let (new, changed, named) = Default::default();
        Ok(Self {
            app,
            top,
            known,
            standing,
            new,
            changed,
            named,
            unchanged: 0,
        })
    }

    fn take(&mut self, row: &Row) -> Result<(), OrganizationError> {
        let parent = self
            .known
            .get(&row.parent)
            .ok_or(OrganizationError::ParentUnknown)?;
        let above = self
            .standing
            .get(parent)
            .ok_or(OrganizationError::ParentUnknown)?;
        let top = self.app.scopes.path(self.top).unwrap_or_default();
        if !above.path.starts_with(&top) {
            return Err(OrganizationError::ParentOutside);
        }
        let judged = Above {
            kind: above.kind,
            founded_on: above.founded_on,
            dissolved_on: above.dissolved_on,
        };
        may_stand(&row.candidate, &judged)?;
        let (parent, path) = (above.id, above.path.clone());
        match self
            .known
            .get(&row.external_id)
            .and_then(|id| self.standing.get(id))
        {
            None => self.add(row, parent, path),
            Some(there) if there.parent != Some(parent) => return Err(OrganizationError::ParentChanged),
            Some(there) if there.says(row) => self.unchanged += 1,
            Some(there) => {
                let changed = renewed(there, row);
                self.standing.insert(changed.id, changed.clone());
                self.changed.push(changed);
            }
        }
        Ok(())
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

    fn events(&self) -> impl Iterator<Item = (&Standing, Vec<ExternalId>)> {
        let mut elsewhere: HashMap<OrganizationId, Vec<ExternalId>> = HashMap::new();
        for ((system, value), id) in &self.known {
            elsewhere.entry(*id).or_default().push(ExternalId {
                system: system.clone(),
                value: value.clone(),
            });
        }
        self.new
            .iter()
            .chain(&self.changed)
            .map(move |one| (one, elsewhere.get(&one.id).cloned().unwrap_or_default()))
    }
}

fn renewed(there: &Standing, row: &Row) -> Standing {
    Standing {
        founded_on: row.candidate.founded_on,
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
