//! How dated records are taken over, the same for every kind of them.

use std::collections::{HashMap, HashSet};

use access::Authorized;
use kernel::{
    OrganizationKind, Refusal, RpcError,
    clock::system_now,
    id::{OrganizationId, RecordId},
};
use proto::kernel::v1::{ExternalId, ImportResult};

use crate::{
    app::App,
    domain::record::{Body, solvent},
    error::OrganizationError,
    store::{
        external_ids::Key,
        records::{self, Kept},
    },
};

/// A row whose field rules hold.
pub(super) struct Given {
    /// Line of the file.
    pub(super) line: u32,
    /// Its id elsewhere.
    pub(super) key: Key,
    /// Whose.
    pub(super) organization: OrganizationId,
    /// What it says.
    pub(super) body: Body,
}

/// An external id as a key; the contract's rules have seen to it that it is there.
pub(super) fn key(id: &Option<ExternalId>) -> Key {
    id.as_ref()
        .map(|id| (id.system.clone(), id.value.clone()))
        .unwrap_or_default()
}

/// Whether the organization may be written to: it is known and lies in the request's ranges.
pub(super) fn place<T>(
    app: &App,
    request: &Authorized<T>,
    id: OrganizationId,
) -> Result<(), OrganizationError> {
    let node = app.scopes.get(id).ok_or(OrganizationError::OrganizationUnknown)?;
    let inside = request.ranges().contains(&node.path) && node.kind != OrganizationKind::LeadingGroup;
    if inside {
        Ok(())
    } else {
        Err(OrganizationError::OrganizationUnknown)
    }
}

/// Takes over the rows: judges each alone, leaves out the wrong ones, keeps what is new or says something else.
/// Answers what it did; in a dry run nothing is written.
pub(super) async fn take<T, A: prost::Message>(
    app: &App,
    request: &Authorized<T>,
    rows: Vec<Given>,
    mut result: ImportResult,
    answer: impl FnOnce(ImportResult) -> A,
) -> Result<A, RpcError> {
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let rows = sound(app, request, rows, &mut result);

    let tx = app.store.begin(request).await?;
    let mut known: HashMap<(&'static str, Key), Kept> = HashMap::new();
    let kinds: HashSet<&'static str> = rows.iter().map(|row| row.body.kind()).collect();
    for kind in kinds {
        let keys: Vec<Key> = rows
            .iter()
            .filter(|r| r.body.kind() == kind)
            .map(|r| r.key.clone())
            .collect();
        known.extend(
            records::known(&tx, kind, &keys)
                .await?
                .into_iter()
                .map(|(key, kept)| ((kind, key), kept)),
        );
    }
    let rows = affordable(&tx, rows, &mut result).await?;
    let mut saved = Vec::new();
    for row in rows {
        let there = known.get(&(row.body.kind(), row.key.clone()));
        match there {
            Some(there) if there.body == row.body && there.organization == row.organization => {
                result.unchanged += 1;
                continue;
            }
            Some(_) => result.updated += 1,
            None => result.created += 1,
        }
        saved.push(Kept {
            id: there.map_or_else(RecordId::new, |there| there.id),
            organization: row.organization,
            key: row.key,
            body: row.body,
            version: there.map_or(1, |there| there.version + 1),
        });
    }
    result.errors.sort_by_key(|error| error.line);
    if result.dry_run {
        return Ok(answer(result));
    }
    records::save(&tx, &saved, system_now()).await?;
    tx.concerns(top, top.into());
    tx.commit(answer(result)).await
}

fn sound<T>(app: &App, request: &Authorized<T>, rows: Vec<Given>, result: &mut ImportResult) -> Vec<Given> {
    let mut seen = HashSet::new();
    let mut sound = Vec::with_capacity(rows.len());
    for row in rows {
        let domain = app.scopes.get(row.organization).and_then(|node| node.domain);
        let judged = place(app, request, row.organization)
            .and_then(|()| row.body.check(domain))
            .and_then(|()| {
                if seen.insert((row.body.kind(), row.key.clone())) {
                    Ok(())
                } else {
                    Err(OrganizationError::RowRepeated)
                }
            });
        match judged {
            Ok(()) => sound.push(row),
            Err(broken) => result
                .errors
                .extend(wire::rows::refused(row.line, &broken.into())),
        }
    }
    sound
}

/// Leaves out the movements of organizations whose lines would fall below zero with them.
async fn affordable(
    tx: &storage::Tx,
    rows: Vec<Given>,
    result: &mut ImportResult,
) -> Result<Vec<Given>, RpcError> {
    let moves = |row: &Given| matches!(row.body, Body::FundMovement { .. });
    let payers: HashSet<OrganizationId> = rows
        .iter()
        .filter(|row| moves(row))
        .map(|row| row.organization)
        .collect();
    let payers: Vec<OrganizationId> = payers.into_iter().collect();
    if payers.is_empty() {
        return Ok(rows);
    }
    let renewed: HashSet<&Key> = rows.iter().filter(|row| moves(row)).map(|row| &row.key).collect();
    let mut bodies: HashMap<OrganizationId, Vec<Body>> = HashMap::new();
    for there in records::of(tx, &payers).await? {
        if !renewed.contains(&there.key) {
            bodies.entry(there.organization).or_default().push(there.body);
        }
    }
    for row in rows.iter().filter(|row| moves(row)) {
        bodies.entry(row.organization).or_default().push(row.body.clone());
    }
    let broke: HashSet<OrganizationId> = bodies
        .into_iter()
        .filter(|(_, bodies)| !solvent(bodies))
        .map(|(id, _)| id)
        .collect();
    let (wrong, right): (Vec<Given>, Vec<Given>) = rows
        .into_iter()
        .partition(|row| moves(row) && broke.contains(&row.organization));
    for row in wrong {
        result.errors.extend(wire::rows::refused(
            row.line,
            &OrganizationError::FundOverdrawn.into(),
        ));
    }
    Ok(right)
}
