//! Quota of five stars: pools, places, order, waiting list (S-312; rating.md, arithmetic 9).

use std::{cmp::Ordering, collections::BTreeMap};

use kernel::Domain;
use serde::{Deserialize, Serialize};

use super::{
    draw,
    rule::{Effect, OrderBy, Rule},
    template::Template,
};

/// The quota of a template with its published order.
#[derive(Debug, Clone)]
pub struct Quota {
    /// Id of the rule.
    pub rule: String,
    /// Share of a pool's rated branches that gets a place, in basis points.
    pub share_bp: u64,
    /// The star beyond the places.
    pub beyond: u8,
    order: Vec<(OrderBy, bool)>,
}

/// The rated branches of a county that share places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Its domains: one, or all those without a place of their own.
    pub domains: Vec<Domain>,
    /// Its rated branches.
    pub rated: u64,
    /// ⌊share × rated⌋.
    pub places: u64,
}

/// A branch that meets the five-star standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub branch: String,
    /// Its exact total.
    pub total_exact: i64,
    /// Its minus points, in thousandths.
    pub minus: i64,
}

/// Where a candidate stands in its pool: kept with its explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Id of the quota rule.
    pub rule: String,
    /// The pool.
    pub pool: Pool,
    /// Digest of the pool's candidates, over which the draw runs.
    pub population: String,
    /// Place in the pool's order, from 1.
    pub place: u64,
}

impl Standing {
    /// Place on the waiting list, from 1; 0 within the quota.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.place.saturating_sub(self.pool.places)
    }
}

impl Quota {
    /// The quota of a template that passed the linter.
    #[must_use]
    pub fn of(template: &Template) -> Option<Self> {
        template
            .rules
            .iter()
            .find_map(|rule| Self::from_rule(rule, template))
    }

    fn from_rule(rule: &Rule, template: &Template) -> Option<Self> {
        let Effect::StarAtMostBeyondQuota { share_bp, beyond, .. } = &rule.effect else {
            return None;
        };
        let step = |rule: &Rule| match rule.effect {
            Effect::Order {
                rank,
                by,
                higher_first,
                ..
            } => Some((rank, by, higher_first == Some(true))),
            _ => None,
        };
        let mut order: Vec<_> = template.rules.iter().filter_map(step).collect();
        order.sort_unstable_by_key(|(rank, ..)| *rank);
        Some(Self {
            rule: rule.id.clone(),
            share_bp: share_bp.0.unsigned_abs(),
            beyond: *beyond,
            order: order
                .into_iter()
                .map(|(_, by, higher_first)| (by, higher_first))
                .collect(),
        })
    }

    fn places(&self, rated: u64) -> u64 {
        u64::try_from(u128::from(rated) * u128::from(self.share_bp) / 10_000).unwrap_or(u64::MAX)
    }

    /// The pools of one county, from its rated branches by domain. Domains without a place of their own
    /// share one pool, which comes last.
    #[must_use]
    pub fn pools(&self, rated: &BTreeMap<Domain, u64>) -> Vec<Pool> {
        let mut pools = Vec::new();
        let mut shared = Pool {
            domains: Vec::new(),
            rated: 0,
            places: 0,
        };
        for (&domain, &rated) in rated {
            let places = self.places(rated);
            if places == 0 {
                shared.domains.push(domain);
                shared.rated = shared.rated.saturating_add(rated);
            } else {
                pools.push(Pool {
                    domains: vec![domain],
                    rated,
                    places,
                });
            }
        }
        shared.places = self.places(shared.rated);
        if !shared.domains.is_empty() {
            pools.push(shared);
        }
        pools
    }

    /// Puts a pool's candidates in the published order: first those within the places, then the waiting
    /// list. The draw decides only between branches that are equal in everything before it.
    #[must_use]
    pub fn stand(
        &self,
        pool: &Pool,
        mut candidates: Vec<Candidate>,
        seed: &[u8],
    ) -> Vec<(Candidate, Standing)> {
        let population = population(pool, &candidates);
        candidates.sort_by(|a, b| self.compare(a, b, &population, seed));
        let standing = |index: usize| Standing {
            rule: self.rule.clone(),
            pool: pool.clone(),
            population: population.clone(),
            place: index as u64 + 1,
        };
        let placed = candidates.into_iter().enumerate();
        placed
            .map(|(index, candidate)| (candidate, standing(index)))
            .collect()
    }

    fn compare(&self, a: &Candidate, b: &Candidate, population: &str, seed: &[u8]) -> Ordering {
        let mut order = Ordering::Equal;
        for (by, higher_first) in &self.order {
            let step = match by {
                OrderBy::TotalExact => a.total_exact.cmp(&b.total_exact),
                OrderBy::Minus => a.minus.cmp(&b.minus),
                OrderBy::Draw => {
                    draw::lot(population, seed, &a.branch).cmp(&draw::lot(population, seed, &b.branch))
                }
            };
            order = order.then_with(|| if *higher_first { step.reverse() } else { step });
            if order.is_ne() {
                break;
            }
        }
        order
    }
}

/// Digest of a pool and its candidates, to be published before the seed is revealed.
#[must_use]
pub fn population(pool: &Pool, candidates: &[Candidate]) -> String {
    let domains: Vec<_> = pool.domains.iter().map(|domain| domain.code()).collect();
    let name = format!("{}:{}:{}", domains.join(";"), pool.rated, pool.places);
    let entry = |one: &Candidate| format!("{}\n{}\n{}", one.total_exact, one.minus, one.branch);
    draw::population_digest(&name, candidates.iter().map(entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::FrozenTemplate;

    fn quota() -> Quota {
        Quota::of(FrozenTemplate::root().template()).unwrap()
    }

    fn candidate(branch: &str, total_exact: i64, minus: i64) -> Candidate {
        Candidate {
            branch: branch.into(),
            total_exact,
            minus,
        }
    }

    #[test]
    fn domains_without_a_place_share_a_pool() {
        let rated = BTreeMap::from([
            (Domain::Rural, 20),
            (Domain::Social, 3),
            (Domain::Soe, 4),
            (Domain::Retired, 2),
        ]);
        let pools: Vec<_> = quota()
            .pools(&rated)
            .into_iter()
            .map(|p| (p.domains, p.places))
            .collect();
        let shared = (vec![Domain::Social, Domain::Retired], 1);
        assert_eq!(pools, [(vec![Domain::Rural], 6), (vec![Domain::Soe], 1), shared]);
    }

    #[test]
    fn the_order_is_total_then_fewer_minus_points_then_the_draw() {
        let pool = &quota().pools(&BTreeMap::from([(Domain::Soe, 7)]))[0];
        let all = vec![
            candidate("a", 5, 0),
            candidate("b", 9, 500),
            candidate("c", 9, 0),
            candidate("d", 5, 0),
        ];
        let stand = |all: Vec<Candidate>, seed: &[u8]| -> Vec<(String, u64)> {
            let standings = quota().stand(pool, all, seed);
            standings
                .into_iter()
                .map(|(c, s)| (c.branch, s.waiting()))
                .collect()
        };
        let mut turned = all.clone();
        turned.reverse();
        let (first, again) = (stand(all.clone(), b"seed"), stand(turned, b"seed"));
        assert_eq!(first, again, "the order of the input decides nothing");
        assert_eq!(first[..2], [("c".to_owned(), 0), ("b".to_owned(), 0)]);
        assert_eq!(
            first.iter().map(|(_, waiting)| *waiting).collect::<Vec<_>>(),
            [0, 0, 1, 2]
        );
        let winners: std::collections::BTreeSet<_> = (0u8..32)
            .map(|seed| stand(all.clone(), &[seed])[2].0.clone())
            .collect();
        assert_eq!(winners.len(), 2, "the seed decides between equals");
    }
}
