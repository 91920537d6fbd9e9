//! What an entry in the history of a case means for rating, in the unit of work that appends it.

use kernel::{
    RpcError,
    id::{CaseId, CycleId},
};
use process::{Case, Entry};
use storage::Tx;

use super::open_rectification;
use crate::{
    app::App,
    domain::outcome::{Outcome, Taken},
    events,
    store::{
        outcomes,
        rectifications::{self, Rectification},
    },
};

/// The evidence `prefilled`: the cycle, and the hash of the explanation of the base part.
#[must_use]
pub fn prefilled(cycle: CycleId, hash: &str) -> String {
    format!("{cycle}/{hash}")
}

fn cycle_of(case: &Case) -> Option<CycleId> {
    case.content("prefilled")?
        .value
        .text()?
        .split('/')
        .next()?
        .parse()
        .ok()
}

/// The branch follows its case; once it is named low, or a veto stands, rectification opens (S-309, S-311, S-315).
pub async fn star_rating(app: &App, tx: &Tx, id: CaseId, case: &Case, entry: &Entry) -> Result<(), RpcError> {
    let Some(outcome) = outcome(tx, id, case, entry).await? else {
        return Ok(());
    };
    let after = outcome.after(&taken(id, case, entry));
    outcomes::put(tx, std::slice::from_ref(&after)).await?;
    events::outcome(tx, &after);
    match after.rectification() {
        Some(cause) if entry.state == "named" && entry.done().is_some() => {
            open_rectification(app, tx, &after, cause, entry).await
        }
        _ => Ok(()),
    }
}

async fn outcome(tx: &Tx, id: CaseId, case: &Case, entry: &Entry) -> Result<Option<Outcome>, RpcError> {
    match cycle_of(case) {
        Some(cycle) if entry.seq == 0 => outcomes::lock(tx, cycle, case.organization()).await,
        _ => outcomes::lock_case(tx, id).await,
    }
}

fn taken(id: CaseId, case: &Case, entry: &Entry) -> Taken {
    let proposed = case
        .content("proposed_star")
        .and_then(|content| content.value.int());
    Taken {
        case: id,
        state: entry.state.clone(),
        step: entry.done().unwrap_or_default().to_owned(),
        proposed_star: proposed.and_then(|star| u8::try_from(star).ok()),
        objections: u32::try_from(case.open_objections().count()).unwrap_or(u32::MAX),
    }
}

/// The case as rating counts it: open from the nomination until the branch is lifted out of it (S-315).
pub async fn rectification(tx: &Tx, id: CaseId, case: &Case, entry: &Entry) -> Result<(), RpcError> {
    let known = rectifications::get(tx, id).await?;
    let new = known.is_none();
    let before = known.clone().unwrap_or_else(|| nominated(id, case, entry));
    let after = followed(before, entry);
    if !new && known.as_ref() == Some(&after) {
        return Ok(());
    }
    let after = Rectification {
        version: after.version + u64::from(!new),
        ..after
    };
    rectifications::put(tx, &after).await?;
    events::rectification(tx, &after);
    Ok(())
}

fn nominated(id: CaseId, case: &Case, entry: &Entry) -> Rectification {
    let criterion = case.content("criterion").and_then(|content| content.value.text());
    Rectification {
        case: id,
        branch: case.organization(),
        cause: criterion.or(case.variant()).unwrap_or_default().to_owned(),
        opened_on: entry.on,
        closed_on: None,
        dismissed: false,
        version: 1,
    }
}

fn followed(one: Rectification, entry: &Entry) -> Rectification {
    let closed_on = match entry.state.as_str() {
        "following" | "closed" | "dismissed" => one.closed_on.or(Some(entry.on)),
        _ => None,
    };
    Rectification {
        closed_on,
        dismissed: entry.state == "dismissed",
        ..one
    }
}
