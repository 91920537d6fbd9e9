//! What an entry in the history of a case means for rating, in the unit of work that appends it.

use kernel::{
    RpcError,
    day::add_months,
    id::{CaseId, CycleId},
};
use process::{Case, Entry, engine::What, keeper::Keeper};
use storage::Tx;

use super::{open_rectification, open_star_rating, places};
use crate::{
    app::App,
    domain::{
        cycle::CycleState,
        ledger::{self, Lateness},
        outcome::{ENDED, Outcome, Stage, Taken},
    },
    events,
    store::{
        cycles::{self, Cycle},
        findings, outcomes,
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

/// The branch follows its case; once it is named low, or a veto stands, rectification opens (S-309, S-311, S-315). Its
/// end may be the end of the cycle, and lets the case of a later cycle begin.
pub async fn star_rating(app: &App, tx: &Tx, id: CaseId, case: &Case, entry: &Entry) -> Result<(), RpcError> {
    lateness(app, tx, id, case, entry).await?;
    let ended = ENDED.contains(&entry.state.as_str());
    // Before the branch, as whoever signs or places holds them; of two last ends the second sees the first.
    let cycle = match cycle_of(case).filter(|_| ended) {
        Some(cycle) => cycles::lock(tx, cycle).await?,
        None => None,
    };
    let Some(outcome) = outcome(tx, id, case, entry).await? else {
        return Ok(());
    };
    places::check(tx, &outcome, case, entry).await?;
    let after = outcome.after(&taken(id, case, entry));
    outcomes::put(tx, std::slice::from_ref(&after)).await?;
    events::outcome(tx, &after);
    if let Some(cause) = after.rectification()
        && entry.state == "named"
        && entry.done().is_some()
    {
        open_rectification(app, tx, &after, cause, entry).await?;
    }
    match cycle {
        Some(cycle) => {
            close(tx, cycle).await?;
            open_waiting(app, tx, &after).await
        }
        None => Ok(()),
    }
}

/// A cycle is over when the case of each of its branches has ended.
async fn close(tx: &Tx, cycle: Cycle) -> Result<(), RpcError> {
    if cycle.state != CycleState::Frozen || outcomes::count_running(tx, cycle.id).await? > 0 {
        return Ok(());
    }
    let closed = Cycle {
        state: CycleState::Closed,
        version: cycle.version + 1,
        ..cycle
    };
    cycles::update(tx, &closed).await?;
    events::cycle(tx, &closed, &outcomes::progress(tx, closed.id).await?);
    Ok(())
}

/// Opens the case of a later cycle that waited for the end of this one.
async fn open_waiting(app: &App, tx: &Tx, ended: &Outcome) -> Result<(), RpcError> {
    let all = outcomes::of_branch(tx, ended.branch).await?;
    let waits = |one: &Outcome| {
        one.cycle > ended.cycle && one.case.is_none() && one.stage != Stage::Waiting && one.is_rated()
    };
    let Some(next) = all.into_iter().filter(waits).min_by_key(|one| one.cycle) else {
        return Ok(());
    };
    match cycles::whoevers(tx, next.cycle).await? {
        Some(cycle) => open_star_rating(app, tx, &cycle, &next).await,
        None => Ok(()),
    }
}

/// What fell due and was not done is a finding in the ledger, until it is done or the case has ended.
async fn lateness(app: &App, tx: &Tx, id: CaseId, case: &Case, entry: &Entry) -> Result<(), RpcError> {
    if let What::Late {
        step,
        under,
        due,
        finding: Some(code),
        ..
    } = &entry.what
    {
        let procedure = app
            .cases()?
            .definitions()
            .version(&case.opening().procedure, under);
        let step_of = procedure.and_then(|one| one.step(step));
        let name = step_of.map(|one| one.name_zh.clone());
        let objection = || {
            procedure
                .and_then(|one| one.objection(step))
                .map(|one| one.name_zh.clone())
        };
        let one = Lateness {
            branch: case.organization(),
            case: id,
            code: code.clone(),
            step: step.clone(),
            step_zh: name.or_else(objection).unwrap_or_else(|| step.clone()),
            norm: procedure.map(|one| one.norms.join(";")).unwrap_or_default(),
            due: *due,
        };
        let due_on = add_months(entry.on, app.settings.finding_months);
        let found = ledger::late(&one, entry.on, due_on);
        events::finding(tx, &found);
        return findings::insert(tx, &[(findings::case_key(id, entry.seq), found)]).await;
    }
    let done = match &entry.what {
        What::Answer { objection, .. } => Some(objection.as_str()),
        _ => entry.done(),
    };
    let ended = case.state().is_some_and(|state| ends(app, case, state));
    let mut caught_up = findings::late_in(tx, id).await?;
    caught_up.retain(|(_, one)| ended || done.is_some_and(|step| ledger::is_about(one, step)));
    for (_, one) in &mut caught_up {
        *one = ledger::caught_up(one.clone(), entry.on, entry.seq);
        events::finding(tx, one);
    }
    findings::update(tx, &caught_up).await
}

fn ends(app: &App, case: &Case, state: &str) -> bool {
    let definitions = app.cases().ok().map(Keeper::definitions);
    let version = case.version().unwrap_or_default();
    let procedure = definitions.and_then(|all| all.version(&case.opening().procedure, version));
    procedure
        .and_then(|one| one.state(state))
        .is_some_and(|state| state.end.is_some())
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
pub async fn rectification(
    app: &App,
    tx: &Tx,
    id: CaseId,
    case: &Case,
    entry: &Entry,
) -> Result<(), RpcError> {
    lateness(app, tx, id, case, entry).await?;
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
