//! Takes over the posts held.

use std::collections::{HashMap, HashSet};

use access::Authorized;
use kernel::{
    Refusal, RpcError,
    clock::system_now,
    id::{OrganizationId, PostId},
};
use proto::{
    kernel::v1::ImportResult,
    organization::v1::{ImportPostsRequest, ImportPostsResponse, PostRow},
};
use wire::Fields;

use super::records::{in_any_order, key, place};
use crate::{
    app::App,
    convert,
    domain::{
        branch::{Office, Span},
        office::is_of,
    },
    error::OrganizationError,
    events,
    store::{
        external_ids::Key,
        organizations,
        posts::{self, Kept},
    },
};

/// A post never has two holders at a time (S-201): judged row by row here, and by the database however it comes.
pub async fn run(app: App, request: Authorized<ImportPostsRequest>) -> Result<ImportPostsResponse, RpcError> {
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let mut result = ImportResult {
        dry_run: request.dry_run,
        ..Default::default()
    };
    let rows = readable(&app, &request, &mut result);

    let tx = app.store.begin(&request).await?;
    organizations::hold(&tx, rows.iter().map(|(_, row)| row.organization)).await?;
    let keys: Vec<_> = rows.iter().map(|(_, row)| row.key.clone()).collect();
    let known = posts::known(&tx, &keys).await?;
    let places: HashSet<OrganizationId> = rows.iter().map(|(_, row)| row.organization).collect();
    let places: Vec<OrganizationId> = places.into_iter().collect();
    let mut held: HashMap<PostId, Kept> = posts::of(&tx, &places)
        .await?
        .into_iter()
        .map(|one| (one.id, one))
        .collect();
    let rows = rows.into_iter().map(|(line, row)| (line, renewing(&known, row)));
    let (taken, left) = in_any_order(rows.collect(), |(_, row)| put(&known, &mut held, row));
    for (row, broken) in left {
        result.errors.extend(wire::rows::refused(row.0, &broken.into()));
    }
    let mut saved = Vec::new();
    for (_, row) in taken {
        match known.get(&row.key) {
            Some(there) if says_the_same(there, &row) => {
                result.unchanged += 1;
                continue;
            }
            Some(_) => result.updated += 1,
            None => result.created += 1,
        }
        saved.push(row);
    }
    result.errors.sort_by_key(|error| error.line);
    if request.dry_run {
        return Ok(ImportPostsResponse { result: Some(result) });
    }
    posts::save(&tx, &saved, system_now()).await?;
    for post in &saved {
        events::post(&tx, post);
    }
    tx.concerns(top, top.into());
    tx.imported(&result);
    tx.commit(ImportPostsResponse { result: Some(result) }).await
}

/// The row as the next version of the holding that is known under its id elsewhere.
fn renewing(known: &HashMap<Key, Kept>, row: Kept) -> Kept {
    match known.get(&row.key) {
        Some(there) => Kept {
            id: there.id,
            version: there.version + 1,
            ..row
        },
        None => row,
    }
}

fn says_the_same(there: &Kept, row: &Kept) -> bool {
    let there = Kept {
        version: row.version,
        ..there.clone()
    };
    there == *row
}

/// Puts the holding among those that are held, in the place of the one that it renews.
fn put(
    known: &HashMap<Key, Kept>,
    held: &mut HashMap<PostId, Kept>,
    row: &Kept,
) -> Result<(), OrganizationError> {
    if known
        .get(&row.key)
        .is_some_and(|there| there.organization != row.organization)
    {
        return Err(OrganizationError::RecordElsewhere);
    }
    if held.values().any(|other| other.id != row.id && clash(other, row)) {
        return Err(OrganizationError::PostHeldTwice);
    }
    held.insert(row.id, row.clone());
    Ok(())
}

fn readable(
    app: &App,
    request: &Authorized<ImportPostsRequest>,
    result: &mut ImportResult,
) -> Vec<(u32, Kept)> {
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(request.rows.len());
    for given in &request.rows {
        let wrong = wire::rows::check(given.line, given);
        if !wrong.is_empty() {
            result.errors.extend(wrong);
            continue;
        }
        let judged = read(given).and_then(|row| {
            let place = place(app, request, row.organization)?;
            if !is_of(row.office, place.kind) {
                return Err(OrganizationError::OfficeNotOfKind.into());
            }
            if row.span.until.is_some_and(|until| until < row.span.from) {
                return Err(OrganizationError::EndBeforeStart.into());
            }
            if row.span.from > app.clock.today() {
                return Err(OrganizationError::DayInFuture.into());
            }
            if seen.insert(row.key.clone()) {
                Ok(row)
            } else {
                Err(OrganizationError::RowRepeated.into())
            }
        });
        match judged {
            Ok(row) => rows.push((given.line, row)),
            Err(refusal) => result.errors.extend(wire::rows::refused(given.line, &refusal)),
        }
    }
    rows
}

fn read(row: &PostRow) -> Result<Kept, Refusal> {
    let mut fields = Fields::new();
    let organization = fields.parse("organization_id", &row.organization_id);
    let person = fields.parse("person_id", &row.person_id);
    let office = fields.known("office", convert::office(row.office));
    let from = fields.day("from", &row.from);
    let until = fields.optional_day("until", &row.until);
    let read = (|| {
        Some(Kept {
            id: PostId::new(),
            organization: organization?,
            office: office?,
            person: person?,
            span: Span { from: from?, until },
            filing: row.filing.clone(),
            key: key(&row.external_id),
            version: 1,
        })
    })();
    fields.build(read)
}

/// Whether two holdings would put two persons on one post on some day; workers may be several.
fn clash(one: &Kept, other: &Kept) -> bool {
    one.office != Office::Worker
        && one.office == other.office
        && one.organization == other.organization
        && one.span.meets(other.span)
}
