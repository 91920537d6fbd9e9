//! How dated records are taken over, the same for every kind of them.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use access::{Authorized, Node};
use kernel::{
    OrganizationKind, RpcError,
    clock::system_now,
    id::{OrganizationId, RecordId},
};
use proto::kernel::v1::{ExternalId, ImportResult};
use storage::Tx;

use crate::{
    app::App,
    domain::record::{Body, may_join},
    error::OrganizationError,
    store::{
        external_ids::Key,
        organizations,
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

/// Names a record: its kind, and its id elsewhere.
type Name = (&'static str, Key);

impl Given {
    fn name(&self) -> Name {
        (self.body.kind(), self.key.clone())
    }
}

/// An external id as a key; the contract's rules have seen to it that it is there.
pub(super) fn key(id: &Option<ExternalId>) -> Key {
    id.as_ref()
        .map(|id| (id.system.clone(), id.value.clone()))
        .unwrap_or_default()
}

/// The organization, if it may be written to: it is known and lies in the request's ranges.
pub(super) fn place<T>(
    app: &App,
    request: &Authorized<T>,
    id: OrganizationId,
) -> Result<Arc<Node>, OrganizationError> {
    let node = app.scopes.get(id).ok_or(OrganizationError::OrganizationUnknown)?;
    let inside = request.ranges().contains(&node.path) && node.kind != OrganizationKind::LeadingGroup;
    if inside {
        Ok(node)
    } else {
        Err(OrganizationError::OrganizationUnknown)
    }
}

/// Takes over the rows: judges each alone, leaves out the wrong ones, keeps what is new or says something else. Answers
/// what is written, with the counts and errors in `result`; in a dry run nothing is written.
pub(super) async fn take<T>(
    app: &App,
    request: &Authorized<T>,
    tx: &Tx,
    rows: Vec<Given>,
    result: &mut ImportResult,
) -> Result<Vec<Kept>, RpcError> {
    let mut rows = sound(app, request, rows, result);
    organizations::hold(tx, rows.iter().map(|row| row.organization)).await?;
    let known = known(tx, &rows).await?;
    let mut shelf = Shelf::of(tx, &rows).await?;
    rows.retain(|row| {
        let elsewhere = known
            .get(&row.name())
            .is_some_and(|there| there.organization != row.organization);
        if elsewhere {
            let refusal = OrganizationError::RecordElsewhere.into();
            result.errors.extend(wire::rows::refused(row.line, &refusal));
        }
        !elsewhere
    });
    let (taken, left) = in_any_order(rows, |row| shelf.put(row));
    for (row, broken) in left {
        result
            .errors
            .extend(wire::rows::refused(row.line, &broken.into()));
    }
    let mut saved = Vec::new();
    for row in taken {
        let there = known.get(&row.name());
        match there {
            Some(there) if there.body == row.body => {
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
    if !result.dry_run {
        records::save(tx, &saved, system_now()).await?;
    }
    Ok(saved)
}

/// Judges rows until none of those that are left is taken any more: a row may need another one that stands behind it,
/// such as a payment its allotment. Answers those that are taken, in the order in which each held beside the ones
/// before it, and those that are not, each with the rule that it breaks.
pub(super) fn in_any_order<R, E>(
    rows: Vec<R>,
    mut judge: impl FnMut(&R) -> Result<(), E>,
) -> (Vec<R>, Vec<(R, E)>) {
    let mut taken = Vec::with_capacity(rows.len());
    let mut waiting = rows;
    loop {
        let mut left = Vec::new();
        let before = taken.len();
        for row in waiting {
            match judge(&row) {
                Ok(()) => taken.push(row),
                Err(broken) => left.push((row, broken)),
            }
        }
        if left.is_empty() || taken.len() == before {
            return (taken, left);
        }
        waiting = left.into_iter().map(|(row, _)| row).collect();
    }
}

async fn known(tx: &Tx, rows: &[Given]) -> Result<HashMap<Name, Kept>, RpcError> {
    let mut known = HashMap::new();
    for kind in kinds(rows) {
        let of_kind = rows.iter().filter(|row| row.body.kind() == kind);
        let keys: Vec<Key> = of_kind.map(|row| row.key.clone()).collect();
        let found = records::known(tx, kind, &keys).await?;
        known.extend(found.into_iter().map(|(key, kept)| ((kind, key), kept)));
    }
    Ok(known)
}

fn kinds(rows: &[Given]) -> BTreeSet<&'static str> {
    rows.iter().map(|row| row.body.kind()).collect()
}

/// The records of organizations beside which rows are put.
struct Shelf(HashMap<OrganizationId, HashMap<Name, Body>>);

impl Shelf {
    async fn of(tx: &Tx, rows: &[Given]) -> Result<Self, RpcError> {
        let mut shelf: HashMap<OrganizationId, HashMap<Name, Body>> = HashMap::new();
        for kind in kinds(rows) {
            let whose = rows
                .iter()
                .filter(|row| row.body.kind() == kind && row.body.looks_at_others());
            let whose: BTreeSet<OrganizationId> = whose.map(|row| row.organization).collect();
            let whose: Vec<OrganizationId> = whose.into_iter().collect();
            for there in records::of_kind(tx, &whose, kind).await? {
                shelf
                    .entry(there.organization)
                    .or_default()
                    .insert((kind, there.key), there.body);
            }
        }
        Ok(Self(shelf))
    }

    /// Puts a row there, in the place of what was known under its name; not when it may not stand beside the others.
    fn put(&mut self, row: &Given) -> Result<(), OrganizationError> {
        let beside = self.0.entry(row.organization).or_default();
        let name = row.name();
        let others = beside.iter().filter(|(other, _)| **other != name);
        may_join(&row.body, others.map(|(_, body)| body))?;
        beside.insert(name, row.body.clone());
        Ok(())
    }
}

fn sound<T>(app: &App, request: &Authorized<T>, rows: Vec<Given>, result: &mut ImportResult) -> Vec<Given> {
    let mut seen = HashSet::new();
    let mut sound = Vec::with_capacity(rows.len());
    for row in rows {
        let judged = place(app, request, row.organization)
            .and_then(|node| row.body.check(node.domain, app.clock.today()))
            .and_then(|()| {
                if seen.insert(row.name()) {
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
