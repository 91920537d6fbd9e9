//! Between the contract and what rating keeps.

use kernel::{Instant, Milli};
use proto::{
    indicator::v1::Count,
    rating::v1::{self as wire_rating, ItemScore, NotRated},
};
use wire::words;

use crate::{
    domain::{
        explanation::{Explanation, Fact, ItemTrace},
        ledger::Finding,
        outcome::{Outcome, Stage},
        results::Results,
        template::FrozenTemplate,
    },
    store::{
        cycles::Cycle,
        namings::{SignedBatch, SignedCertificate},
        outcomes::Progress,
        pools::Ran,
        rectifications::Rectification,
    },
};

/// A cycle and how far it is.
#[must_use]
pub fn cycle(one: &Cycle, progress: &Progress) -> wire_rating::Cycle {
    let not_rated = |(branch, reason): &(kernel::id::OrganizationId, String)| NotRated {
        branch_id: branch.to_string(),
        reason: reason.clone(),
    };
    wire_rating::Cycle {
        id: one.id.to_string(),
        organization_id: one.organization.to_string(),
        year: one.year,
        freeze_day: one.freeze_day.to_string(),
        template_hash: one.template.clone(),
        state: one.state.code().to_owned(),
        branches: progress.branches,
        frozen: progress.frozen,
        not_rated: progress.not_rated.iter().map(not_rated).collect(),
        resolved: progress.resolved,
        draw_commitment: one.commitment.clone(),
        draw_seed: one.seed.clone(),
    }
}

/// A branch's result. While only the base part is evaluated nothing is said of total and stars.
#[must_use]
pub fn result(one: &Outcome) -> wire_rating::Result {
    let mut result = wire_rating::Result {
        branch_id: one.branch.to_string(),
        cycle_id: one.cycle.to_string(),
        domain: one.domain.map_or(0, words::domain_number),
        explanation_hash: one.explanation_hash.clone(),
        resolved_hash: one.resolved_hash.clone(),
        base_only: one.stage != Stage::Evaluated,
        star_decided: one.star_decided.into(),
        case_id: one.case.map(|id| id.to_string()).unwrap_or_default(),
        version: one.version,
        ..Default::default()
    };
    if let Some(results) = &one.results {
        scored(&mut result, results);
    }
    if let Some(results) = one.evaluation() {
        judged(&mut result, results);
        if one.placed {
            result.star = results.star.into();
            result.waiting = u32::try_from(results.waiting).unwrap_or(u32::MAX);
        }
    }
    result
}

fn scored(result: &mut wire_rating::Result, results: &Results) {
    let Results {
        base,
        plus_raw,
        plus,
        minus,
        scored,
        ..
    } = results;
    let [
        Milli(base),
        Milli(plus_raw),
        Milli(plus),
        Milli(minus),
        Milli(scored),
    ] = [*base, *plus_raw, *plus, *minus, *scored];
    (
        result.base,
        result.plus_raw,
        result.plus,
        result.minus,
        result.scored,
    ) = (base, plus_raw, plus, minus, scored);
}

fn judged(result: &mut wire_rating::Result, results: &Results) {
    result.review = results.review.0;
    result.total_exact = results.total_exact;
    result.total = results.total.0;
    result.star_threshold = results.star_threshold.into();
    result.star_caps = results.star_caps.into();
    result.star_vetoes = results.star_vetoes.into();
    result.rules = results.rules.clone();
    result.five_star_standard = results.five_star_standard;
}

/// A fact as the contract of indicators writes it.
#[must_use]
pub fn count(fact: &Fact) -> Count {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Count {
        indicator: fact.indicator.clone(),
        numerator: signed(fact.numerator),
        denominator: signed(fact.denominator),
        applicable: fact.applicable,
        reason: fact.reason.clone(),
        evidence: fact.evidence.clone(),
    }
}

/// The items of an explanation with their names, in file order.
#[must_use]
pub fn items(template: &FrozenTemplate, explanation: &Explanation<'_>) -> Vec<ItemScore> {
    let name = |id: &str| {
        template
            .item(id)
            .map(|item| item.name_zh.clone())
            .unwrap_or_default()
    };
    let item = |trace: &ItemTrace<'_>| ItemScore {
        item: trace.item.clone().into_owned(),
        name_zh: name(&trace.item),
        offered: trace.offered.0,
        earned: trace.earned.0,
    };
    explanation.items().map(item).collect()
}

/// A finding, as it was recorded.
#[must_use]
pub fn finding(one: &Finding, recorded_at: Instant) -> wire_rating::Finding {
    wire_rating::Finding {
        id: one.id.to_string(),
        branch_id: one.branch.to_string(),
        rule: one.rule.clone(),
        origin: one.origin.code().to_owned(),
        title: one.title.clone(),
        evidence_json: one.evidence.clone(),
        norm: one.norm.clone(),
        opened_on: one.opened_on.to_string(),
        due_on: one.due_on.to_string(),
        closed_on: one.closed_on.map(|day| day.to_string()).unwrap_or_default(),
        reopened: one.reopened,
        recorded_at: Some(words::timestamp(recorded_at)),
        closing_evidence: one.closing_evidence.clone(),
    }
}

/// A rectification case.
#[must_use]
pub fn rectification(one: &Rectification) -> wire_rating::Rectification {
    wire_rating::Rectification {
        case_id: one.case.to_string(),
        branch_id: one.branch.to_string(),
        cause: one.cause.clone(),
        opened_on: one.opened_on.to_string(),
        closed_on: one.closed_on.map(|day| day.to_string()).unwrap_or_default(),
    }
}

/// A naming batch.
#[must_use]
pub fn naming_batch(one: &SignedBatch, certificates: &[SignedCertificate]) -> wire_rating::NamingBatch {
    wire_rating::NamingBatch {
        id: one.id.to_string(),
        organization_id: one.organization.to_string(),
        cycle_id: one.cycle.to_string(),
        signed_on: one.signed_on.to_string(),
        branch_ids: certificates
            .iter()
            .map(|certificate| certificate.branch.to_string())
            .collect(),
        batch_json: one.text.clone(),
        signature: hex::encode(&one.signature),
    }
}

/// A pool in which the quota ran, with the branches that stand in it.
#[must_use]
pub fn pool(ran: &Ran, rated: &[Outcome]) -> wire_rating::Pool {
    let inside = |outcome: &&Outcome| {
        outcome.county == ran.county
            && outcome
                .domain
                .is_some_and(|domain| ran.pool.domains.contains(&domain))
    };
    let mut standing: Vec<_> = rated
        .iter()
        .filter(inside)
        .filter_map(|outcome| Some((outcome.standing.as_ref()?, outcome.branch.to_string())))
        .collect();
    standing.sort_by_key(|(standing, _)| standing.place);
    let (within, waiting): (Vec<_>, Vec<_>) = standing.into_iter().partition(|(one, _)| one.waiting() == 0);
    let ids = |list: Vec<(_, String)>| list.into_iter().map(|(_, id)| id).collect();
    wire_rating::Pool {
        domains: ran
            .pool
            .domains
            .iter()
            .map(|domain| words::domain_number(*domain))
            .collect(),
        rated: u32::try_from(ran.pool.rated).unwrap_or(u32::MAX),
        places: u32::try_from(ran.pool.places).unwrap_or(u32::MAX),
        within: ids(within),
        waiting: ids(waiting),
        organization_id: ran.county.to_string(),
        population: ran.population.clone(),
    }
}
