//! Freezes the facts of a cycle in the background (S-303, S-308): batch by batch, each in one unit of work, under a
//! lease, so that a kill at any moment costs one batch and two replicas never freeze the same cycle.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use access::Node;
use chrono::Datelike;
use futures::future::try_join_all;
use kernel::{Day, Fault, Period, RpcError, id::OrganizationId, indicator::Span};
use storage::lease::Lease;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    domain::{
        cycle::{Branch, CycleState},
        explanation::Fact,
        outcome::Outcome,
        template::FrozenTemplate,
    },
    error::RatingError,
    evaluating, events, indicators,
    peers::counting::{self, Collected},
    procedures,
    store::{
        cycles::{self, Cycle},
        facts::{self, Counted},
        outcomes,
    },
};

/// Branches in one batch: what one message of the indicator stream holds.
const BATCH: u64 = 500;
const LEASE: &str = "rating.freeze";
/// After how long another replica, or the same service started again, may go on where one fell silent. It is renewed
/// while a batch is collected, and by each unit of work.
const LEASED: Duration = Duration::from_secs(5);
/// How long nobody rings before it looks by itself: another replica may have stopped in the middle.
const PAUSE: Duration = Duration::from_secs(2);

/// Freezes what waits, until it is told to stop.
pub async fn run(app: App, stop: CancellationToken) -> Result<(), Fault> {
    loop {
        if let Err(error) = pass(&app).await {
            tracing::warn!(%error, "facts are not frozen yet, once more later");
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = app.freeze.notified() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Freezes every cycle that waits for it. Does nothing while another replica does it.
pub async fn pass(app: &App) -> Result<(), RpcError> {
    let waiting = cycles::freezing(&app.store.own()).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let Some(lease) = app.store.lease(LEASE, LEASED).await? else {
        return Ok(());
    };
    let done = freeze_all(app, &lease, &waiting).await;
    // Given back after an error too: nobody has to wait for its end.
    let released = lease.release().await;
    done.and(released)
}

async fn freeze_all(app: &App, lease: &Lease, waiting: &[Cycle]) -> Result<(), RpcError> {
    for cycle in waiting {
        let template = app.templates.get(&app.store.own(), &cycle.template).await?;
        while freeze_some(app, lease, cycle, &template).await? {}
        finish(app, lease, cycle).await?;
    }
    Ok(())
}

/// Freezes the next branches; says whether there were any.
async fn freeze_some(
    app: &App,
    lease: &Lease,
    cycle: &Cycle,
    template: &FrozenTemplate,
) -> Result<bool, RpcError> {
    let waiting = outcomes::waiting(&app.store.own(), cycle.id, BATCH).await?;
    if waiting.is_empty() {
        return Ok(false);
    }
    let branches: Vec<OrganizationId> = waiting.iter().map(|outcome| outcome.branch).collect();
    let span = span(cycle)?;
    let counted = lease.during(collect(app, &branches, span, None)).await?;
    let prefilled = prefill(template, cycle, waiting, &counted)?;

    let tx = app.store.work(LEASE).await?;
    lease.fence(&tx).await?;
    facts::freeze(&tx, cycle.id, &counted).await?;
    outcomes::put(&tx, &prefilled).await?;
    for outcome in &prefilled {
        events::outcome(&tx, outcome);
        procedures::open_star_rating(app, &tx, cycle, outcome).await?;
    }
    tx.concerns(cycle.organization, cycle.id.into());
    tx.commit(()).await?;
    tracing::info!(cycle = %cycle.id, branches = branches.len(), "facts frozen");
    Ok(true)
}

async fn finish(app: &App, lease: &Lease, cycle: &Cycle) -> Result<(), RpcError> {
    let tx = app.store.work(LEASE).await?;
    lease.fence(&tx).await?;
    let Some(locked) = cycles::lock(&tx, cycle.id).await? else {
        return Ok(());
    };
    let frozen = Cycle {
        state: CycleState::Frozen,
        version: locked.version + 1,
        ..locked
    };
    cycles::update(&tx, &frozen).await?;
    events::cycle(&tx, &frozen, &outcomes::progress(&tx, cycle.id).await?);
    tx.concerns(cycle.organization, cycle.id.into());
    tx.commit(()).await
}

/// What the cycle counts: its year, with the duties of the year that are done until the freeze day.
pub fn span(cycle: &Cycle) -> Result<Span, RpcError> {
    let year = || Fault::new("a cycle of a year that the calendar cannot name");
    Ok(Span {
        period: Period::year(cycle.year).ok_or_else(year)?,
        freeze_day: cycle.freeze_day,
    })
}

/// A branch as the cycle of a year judges it: what it was on the last day of the year.
#[must_use]
pub fn branch(node: &Node, year: Period) -> Branch {
    let was = node.on(year.last());
    Branch {
        kind: was.kind,
        domain: was.domain,
        founded_on: node.founded_on,
        dissolved_on: node.dissolved_on,
    }
}

/// The twelve months that end on a day: what a re-evaluation outside a cycle looks at (S-315).
pub fn last_year(day: Day) -> Result<Span, RpcError> {
    let first = kernel::day::add_days(kernel::day::add_months(day, -12), 1);
    let period =
        Period::new(first, day).ok_or_else(|| Fault::new(format!("no year ends in {}", day.year())))?;
    Ok(Span {
        period,
        freeze_day: day,
    })
}

/// The facts of all services for at most 500 branches: the other four at once, and rating's own. Review and turnout
/// come later, with the debrief. `deadline` is when nobody waits for the answer any more.
pub async fn collect(
    app: &App,
    branches: &[OrganizationId],
    span: Span,
    deadline: Option<Instant>,
) -> Result<Vec<Counted>, RpcError> {
    let top = counting::top(&app.scopes, branches)?;
    let asked = app.counting.iter().map(|peer| async move {
        let collected = peer.collect(top, branches, span, deadline).await?;
        Ok::<_, RpcError>((peer.service, collected))
    });
    let mut collected = try_join_all(asked).await?;
    let position = storage::feed::positions(&app.store).await?.head;
    let own = indicators::frozen(&app.store.own(), branches, span, &format!("rating@{position}")).await?;
    collected.push(("rating", Collected { position, facts: own }));

    let mut counted = Vec::with_capacity(collected.len() * branches.len());
    for (service, mut collected) in collected {
        for branch in branches {
            let facts = collected
                .facts
                .remove(branch)
                .ok_or(RatingError::PeerUnavailable(service))?;
            counted.push(Counted {
                branch: *branch,
                service,
                position: collected.position,
                facts,
            });
        }
    }
    Ok(counted)
}

/// Evaluates the base part, which the self-assessment is filled with.
fn prefill(
    template: &FrozenTemplate,
    cycle: &Cycle,
    waiting: Vec<Outcome>,
    counted: &[Counted],
) -> Result<Vec<Outcome>, RpcError> {
    let mut facts: HashMap<OrganizationId, Vec<Fact>> = HashMap::new();
    for one in counted {
        facts
            .entry(one.branch)
            .or_default()
            .extend(one.facts.iter().cloned());
    }
    let prefill = |outcome: Outcome| {
        let known = facts.get(&outcome.branch).map(Vec::as_slice).unwrap_or_default();
        let base = evaluating::evaluate(template, cycle, &outcome, known, None)?;
        Ok(outcome.prefilled(base.explanation.results, base.kept.hash))
    };
    waiting.into_iter().map(prefill).collect()
}
