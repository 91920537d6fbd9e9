//! Takes over offerings of the libraries.

use std::collections::{BTreeSet, HashMap, HashSet};

use access::Authorized;
use kernel::{Refusal, RpcError, id::ResourceId};
use proto::{
    kernel::v1::{ImportResult, RowError},
    resource::v1::{ImportResourcesRequest, ImportResourcesResponse, ImportedResource},
};

use crate::{
    app::App,
    convert::{Row, row},
    domain::{
        offering::{Card, Offering},
        words::tokens,
    },
    error::ResourceError,
    events,
    store::{
        lines,
        resources::{self, Key},
        tokens as words,
    },
};

/// Judges each row alone; wrong rows are named and left out. New offerings are proposed, known ones are said
/// anew and keep their standing.
pub async fn run(
    app: App,
    request: Authorized<ImportResourcesRequest>,
) -> Result<ImportResourcesResponse, RpcError> {
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let mut result = ImportResult {
        dry_run: request.dry_run,
        ..Default::default()
    };
    let rows = readable(&app, &request, &mut result.errors);

    let tx = app.store.begin(&request).await?;
    let keys: Vec<Key> = rows.iter().map(|row| row.external_id.clone()).collect();
    let known = resources::known(&tx, &keys).await?;
    let there: Vec<ResourceId> = known.values().map(|one| one.id).collect();
    let booked = lines::booked_ahead(&tx, &there, app.clock.now()).await?;
    let mut plan = Plan::of(&app, &request, known, booked);
    for row in rows {
        let line = row.line;
        if let Err(broken) = plan.take(row) {
            result.errors.extend(wire::rows::refused(line, &broken.into()));
        }
    }
    result.created = plan.created;
    result.updated = count(plan.changed.len()) - plan.created;
    result.unchanged = plan.unchanged;
    result.errors.sort_by_key(|error| error.line);
    if request.dry_run {
        return Ok(ImportResourcesResponse {
            result: Some(result),
            resources: Vec::new(),
        });
    }

    resources::put(&tx, &plan.changed).await?;
    words::replace(&tx, &plan.tokens(), &plan.corrected).await?;
    for (offering, _) in &plan.changed {
        events::resource(&tx, offering);
    }
    tx.concerns(top, top.into());
    tx.imported(&result);
    tx.commit(ImportResourcesResponse {
        result: Some(result),
        resources: plan.answer,
    })
    .await
}

fn readable(app: &App, request: &Authorized<ImportResourcesRequest>, errors: &mut Vec<RowError>) -> Vec<Row> {
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(request.rows.len());
    for given in &request.rows {
        let wrong = wire::rows::check(given.line, given);
        if !wrong.is_empty() {
            errors.extend(wrong);
            continue;
        }
        let judged = row(given).and_then(|row| {
            let owner = app.scopes.path(row.card.owner);
            if !owner.is_some_and(|path| request.ranges().contains(&path)) {
                return Err(ResourceError::OwnerUnknown.into());
            }
            row.card.check()?;
            if seen.insert(row.external_id.clone()) {
                Ok(row)
            } else {
                Err(ResourceError::RowRepeated.into())
            }
        });
        match judged {
            Ok(row) => rows.push(row),
            Err(refusal) => errors.extend(wire::rows::refused(given.line, &refusal)),
        }
    }
    rows
}

/// What the chunk will do.
struct Plan<'a> {
    app: &'a App,
    request: &'a Authorized<ImportResourcesRequest>,
    known: HashMap<Key, Offering>,
    booked: HashSet<ResourceId>,
    changed: Vec<(Offering, Key)>,
    corrected: Vec<ResourceId>,
    answer: Vec<ImportedResource>,
    created: u32,
    unchanged: u32,
}

impl<'a> Plan<'a> {
    fn of(
        app: &'a App,
        request: &'a Authorized<ImportResourcesRequest>,
        known: HashMap<Key, Offering>,
        booked: HashSet<ResourceId>,
    ) -> Self {
        Self {
            app,
            request,
            known,
            booked,
            changed: Vec::new(),
            corrected: Vec::new(),
            answer: Vec::new(),
            created: 0,
            unchanged: 0,
        }
    }

    fn take(&mut self, row: Row) -> Result<(), ResourceError> {
        let id = match self.known.remove(&row.external_id) {
            None => {
                let offering = Offering::propose(ResourceId::new(), row.card);
                let id = offering.id;
                self.created += 1;
                self.changed.push((offering, row.external_id));
                id
            }
            Some(known) => self.take_known(known, row.external_id, row.card)?,
        };
        self.answer.push(ImportedResource {
            line: row.line,
            resource_id: id.to_string(),
        });
        Ok(())
    }

    fn take_known(&mut self, known: Offering, key: Key, card: Card) -> Result<ResourceId, ResourceError> {
        let owner = self.app.scopes.path(known.card.owner);
        if !owner.is_some_and(|path| self.request.ranges().contains(&path)) {
            return Err(ResourceError::ExternalIdTaken);
        }
        let id = known.id;
        if known.card == card {
            self.unchanged += 1;
            return Ok(id);
        }
        let booked = self.booked.contains(&id);
        self.changed.push((known.correct(card, booked)?, key));
        self.corrected.push(id);
        Ok(id)
    }

    /// What the changed offerings are found by from now on.
    fn tokens(&self) -> Vec<(ResourceId, BTreeSet<String>)> {
        let texts = |one: &Offering| {
            let subjects = one.card.subjects.iter().map(String::as_str);
            tokens(std::iter::once(one.card.title.as_str()).chain(subjects))
        };
        self.changed.iter().map(|(one, _)| (one.id, texts(one))).collect()
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
