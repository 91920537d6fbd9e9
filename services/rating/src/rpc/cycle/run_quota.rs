//! Runs the five-star quota.

use std::collections::{BTreeMap, BTreeSet};

use access::Authorized;
use kernel::{Domain, Fault, Refusal, RpcError, id::CycleId, id::OrganizationId};
use proto::rating::v1::{RunQuotaRequest, RunQuotaResponse};
use storage::Tx;
use wire::Fields;

use crate::{
    app::App,
    convert,
    domain::{
        cycle::CycleState,
        draw,
        outcome::Outcome,
        quota::{self, Candidate, Pool, Quota, Standing},
        template::FrozenTemplate,
    },
    error::RatingError,
    evaluating, events,
    store::{
        cycles::{self, Cycle},
        explanations, outcomes,
        pools::{self, Ran},
    },
};

/// Once for each pool whose branches are all resolved; pools that ran stand as they are (S-312, X14).
pub async fn run(app: App, request: Authorized<RunQuotaRequest>) -> Result<RunQuotaResponse, RpcError> {
    let mut fields = Fields::new();
    let id: Option<CycleId> = fields.parse("cycle_id", &request.cycle_id);
    let id = fields.build(id)?;

    let tx = app.store.begin(&request).await?;
    cycles::get(&tx, id).await?.ok_or_else(Refusal::not_found)?;
    let cycle = cycles::lock(&tx, id).await?.ok_or_else(Refusal::not_found)?;
    if matches!(cycle.state, CycleState::Open | CycleState::Freezing) {
        return Err(RatingError::NotFrozen.into());
    }
    if !draw::reveals(&cycle.commitment, request.draw_seed.as_bytes()) {
        return Err(RatingError::DrawNotRevealed.into());
    }
    let template = app.templates.get(&tx, &cycle.template).await?;
    let mut rated = outcomes::lock_rated(&tx, id).await?;
    let mut ran = pools::of_cycle(&tx, id).await?;
    let (ready, waiting) = ready(&template, &rated)?;
    if ran.is_empty() && ready.is_empty() && waiting > 0 {
        return Err(RatingError::PoolNotResolved { waiting }.into());
    }
    if ready.is_empty() {
        tx.unchanged();
    } else {
        let placing = Placing {
            tx: &tx,
            cycle: &cycle,
            template: &template,
            seed: &request.draw_seed,
        };
        for (county, pool) in ready {
            ran.push(placing.run(county, pool, &mut rated).await?);
        }
        reveal(&tx, &cycle, &request.draw_seed).await?;
    }
    tx.concerns(cycle.organization, id.into());
    let pools = ran.iter().map(|one| convert::pool(one, &rated)).collect();
    tx.commit(RunQuotaResponse { pools }).await
}

async fn reveal(tx: &Tx, cycle: &Cycle, seed: &str) -> Result<(), RpcError> {
    let revealed = Cycle {
        seed: seed.to_owned(),
        version: cycle.version + 1,
        ..cycle.clone()
    };
    cycles::update(tx, &revealed).await?;
    events::cycle(tx, &revealed, &outcomes::progress(tx, cycle.id).await?);
    Ok(())
}

/// The pools that are resolved and did not run, and how many branches of the others are waited for.
fn ready(
    template: &FrozenTemplate,
    rated: &[Outcome],
) -> Result<(Vec<(OrganizationId, Pool)>, usize), RpcError> {
    let quota = Quota::of(template.template()).ok_or_else(|| Fault::new("a template without a quota"))?;
    let open: Vec<&Outcome> = rated.iter().filter(|outcome| !outcome.placed).collect();
    let counties: BTreeSet<OrganizationId> = open.iter().map(|outcome| outcome.county).collect();
    let (mut ready, mut waiting) = (Vec::new(), 0);
    for county in counties {
        let mut by_domain: BTreeMap<Domain, u64> = BTreeMap::new();
        for domain in open
            .iter()
            .filter(|outcome| outcome.county == county)
            .filter_map(|outcome| outcome.domain)
        {
            *by_domain.entry(domain).or_default() += 1;
        }
        for pool in quota.pools(&by_domain) {
            let unresolved = open
                .iter()
                .filter(|outcome| is_in(outcome, county, &pool))
                .filter(|outcome| !outcome.resolved || outcome.evaluation().is_none())
                .count();
            waiting += unresolved;
            if unresolved == 0 {
                ready.push((county, pool));
            }
        }
    }
    Ok((ready, waiting))
}

fn is_in(outcome: &Outcome, county: OrganizationId, pool: &Pool) -> bool {
    outcome.county == county
        && outcome
            .domain
            .is_some_and(|domain| pool.domains.contains(&domain))
}

struct Placing<'a> {
    tx: &'a Tx,
    cycle: &'a Cycle,
    template: &'a FrozenTemplate,
    seed: &'a str,
}

impl Placing<'_> {
    /// Puts the candidates of a pool in order, and explains anew whoever got a place or waits for one.
    async fn run(&self, county: OrganizationId, pool: Pool, rated: &mut [Outcome]) -> Result<Ran, RpcError> {
        let inside = || {
            rated
                .iter()
                .filter(|outcome| !outcome.placed && is_in(outcome, county, &pool))
        };
        let candidates: Vec<Candidate> = inside().filter_map(candidate).collect();
        let population = quota::population(&pool, &candidates);
        let quota =
            Quota::of(self.template.template()).ok_or_else(|| Fault::new("a template without a quota"))?;
        let standing = quota.stand(&pool, candidates, self.seed.as_bytes());
        let mut standing: BTreeMap<String, Standing> = standing
            .into_iter()
            .map(|(candidate, standing)| (candidate.branch, standing))
            .collect();

        let (mut placed, mut explained) = (Vec::new(), Vec::new());
        for outcome in rated
            .iter_mut()
            .filter(|outcome| !outcome.placed && is_in(outcome, county, &pool))
        {
            let standing = standing.remove(&outcome.branch.to_string());
            if let Some(explanation) = self.place(outcome, standing).await? {
                explained.push(explanation);
            }
            events::outcome(self.tx, outcome);
            placed.push(outcome.clone());
        }
        explanations::keep(self.tx, self.cycle.id, explained).await?;
        outcomes::put(self.tx, &placed).await?;
        let ran = Ran {
            county,
            pool,
            population,
        };
        pools::insert(self.tx, self.cycle.id, std::slice::from_ref(&ran)).await?;
        Ok(ran)
    }

    async fn place(
        &self,
        outcome: &mut Outcome,
        standing: Option<Standing>,
    ) -> Result<Option<explanations::Explained>, RpcError> {
        let results = outcome.evaluation().cloned().ok_or(RatingError::MarksMissing)?;
        let Some(standing) = standing else {
            let hash = outcome.explanation_hash.clone();
            *outcome = outcome.clone().placed(None, results, hash);
            return Ok(None);
        };
        let body =
            explanations::get(self.tx, outcome.cycle, outcome.branch, &outcome.explanation_hash).await?;
        let facts = evaluating::read(body.as_deref())?.facts;
        let again = evaluating::evaluate(
            self.template,
            self.cycle,
            outcome,
            facts.iter().map(AsRef::as_ref),
            Some(standing.clone()),
        )?;
        let hash = again.kept.hash.clone();
        *outcome = outcome
            .clone()
            .placed(Some(standing), again.explanation.results, hash);
        Ok(Some(again.kept))
    }
}

/// Whoever meets the standard is a candidate; the committee's proposal decides later whether the place is used.
fn candidate(outcome: &Outcome) -> Option<Candidate> {
    let results = outcome
        .evaluation()
        .filter(|results| results.five_star_standard)?;
    Some(Candidate {
        branch: outcome.branch.to_string(),
        total_exact: results.total_exact,
        minus: results.minus.0,
    })
}
