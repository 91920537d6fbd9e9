//! The evaluation once more, slowly, in the words of rating.md: nested, with maps, in 128 bits throughout.

use std::collections::HashMap;

use kernel::Domain;
use rating::domain::{
    item::{Item, ItemKind, Method, NotApplicable},
    template::FrozenTemplate,
};

pub(crate) type Facts = HashMap<String, Option<(u64, u64)>>;

fn pour(total: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().sum();
    let upto = |k: usize| {
        if sum == 0 {
            0
        } else {
            total * weights[..k].iter().sum::<i128>() / sum
        }
    };
    (0..weights.len()).map(|k| upto(k + 1) - upto(k)).collect()
}

fn earned(item: &Item, offered: i128, fact: Option<(u64, u64)>) -> i128 {
    let Some((n, d)) = fact else {
        return if item.not_applicable == NotApplicable::Full {
            offered
        } else {
            0
        };
    };
    let (n, d) = (i128::from(n), i128::from(d));
    match &item.method {
        Method::Proportional { full_at_bp } => {
            offered.min(offered * n * 10_000 / (d * i128::from(full_at_bp.0)))
        }
        Method::Ladder { steps } => {
            let step = steps
                .iter()
                .find(|(share, _)| n * 10_000 >= i128::from(share.0) * d);
            step.map_or(0, |(_, part)| offered * i128::from(part.0) / 10_000)
        }
        Method::YesNo {} => {
            if n >= d {
                offered
            } else {
                0
            }
        }
        Method::PerOccurrence { each, cap } => i128::from(cap.0).min(i128::from(each.0) * n),
        Method::Judged { .. } => offered * n / d,
    }
}

/// Offered and earned of every item, by rating.md's own words: nested, with maps.
pub(crate) fn slow_rows(domain: Domain, facts: &Facts) -> HashMap<String, (i128, i128)> {
    let template = FrozenTemplate::root().template();
    let items: Vec<&Item> = template
        .items
        .iter()
        .filter(|item| item.domains.contains(domain))
        .collect();
    let part = |item: &Item| facts[&item.indicator].is_some() || item.not_applicable == NotApplicable::Full;
    let base = |dimension: &str, sub_item: Option<&str>| -> Vec<&Item> {
        let inside = |item: &&&Item| {
            item.kind == ItemKind::Base
                && item.dimension.as_deref() == Some(dimension)
                && sub_item.is_none_or(|code| item.sub_item.as_deref() == Some(code))
        };
        items.iter().filter(inside).copied().collect()
    };
    let weight = |items: &[&Item]| -> i128 {
        if items.iter().any(|item| part(item)) {
            items.iter().map(|item| i128::from(item.points.0)).sum()
        } else {
            0
        }
    };
    let mut rows = HashMap::new();
    let dimensions: Vec<i128> = template
        .outline
        .iter()
        .map(|one| weight(&base(&one.code, None)))
        .collect();
    for (dimension, points) in template.outline.iter().zip(pour(100_000, &dimensions)) {
        let parts: Vec<i128> = dimension
            .sub_items
            .iter()
            .map(|one| weight(&base(&dimension.code, Some(&one.code))))
            .collect();
        for (sub_item, points) in dimension.sub_items.iter().zip(pour(points, &parts)) {
            let inside = base(&dimension.code, Some(&sub_item.code));
            let weights: Vec<i128> = inside
                .iter()
                .map(|item| if part(item) { i128::from(item.points.0) } else { 0 })
                .collect();
            for (item, offered) in inside.iter().zip(pour(points, &weights)) {
                rows.insert(
                    item.id.clone(),
                    (offered, earned(item, offered, facts[&item.indicator])),
                );
            }
        }
    }
    for item in items
        .iter()
        .filter(|item| matches!(item.kind, ItemKind::Plus | ItemKind::Minus))
    {
        let cap = i128::from(item.cap.0);
        rows.insert(item.id.clone(), (cap, earned(item, cap, facts[&item.indicator])));
    }
    let review: Vec<&Item> = items
        .iter()
        .filter(|item| item.kind == ItemKind::Review)
        .copied()
        .collect();
    let valid = |item: &Item| {
        let Method::Judged {
            turnout,
            min_turnout_bp,
            min_ballots,
        } = &item.method
        else {
            unreachable!()
        };
        let enough = turnout.as_ref().is_none_or(|id| {
            facts[id].is_some_and(|(n, d)| {
                i128::from(n) * 10_000 >= i128::from(min_turnout_bp.0) * i128::from(d) && n >= *min_ballots
            })
        });
        enough && facts[&item.indicator].is_some()
    };
    let weights: Vec<i128> = review
        .iter()
        .map(|item| if valid(item) { i128::from(item.points.0) } else { 0 })
        .collect();
    for (item, offered) in review.iter().zip(pour(100_000, &weights)) {
        let got = if valid(item) {
            earned(item, offered, facts[&item.indicator])
        } else {
            0
        };
        rows.insert(item.id.clone(), (offered, got));
    }
    rows
}

/// Total, stars and rules in plain words for the root template.
pub(crate) fn slow_results(
    domain: Domain,
    facts: &Facts,
    rows: &HashMap<String, (i128, i128)>,
) -> (i128, [u8; 3], Vec<String>) {
    let template = FrozenTemplate::root().template();
    let sum = |kind| -> i128 {
        let of = template
            .items
            .iter()
            .filter(|item| item.kind == kind && item.domains.contains(domain));
        of.map(|item| rows[&item.id].1).sum()
    };
    let plus = sum(ItemKind::Plus).min(5000);
    let scored = (sum(ItemKind::Base) + plus - sum(ItemKind::Minus)).clamp(0, 100_000);
    let total = 7000 * scored + 3000 * sum(ItemKind::Review);
    let star = match total {
        900_000_000.. => 5,
        800_000_000.. => 4,
        700_000_000.. => 3,
        600_000_000.. => 2,
        _ => 1,
    };
    let n = |id: &str| facts[id].map(|(n, _)| n);
    let below = |id: &str, bp: u64| {
        facts[id].is_some_and(|(n, d)| u128::from(n) * 10_000 < u128::from(bp) * u128::from(d))
    };
    let at_least = |id: &str, least: u64| n(id).is_some_and(|n| n >= least);
    let low_dimension = template.outline.iter().any(|dimension| {
        let inside = |item: &&Item| {
            item.kind == ItemKind::Base
                && item.domains.contains(domain)
                && item.dimension.as_ref() == Some(&dimension.code)
        };
        let (offered, earned) = template.items.iter().filter(inside).fold((0, 0), |sum, item| {
            (sum.0 + rows[&item.id].0, sum.1 + rows[&item.id].1)
        });
        offered > 0 && earned * 10_000 < 6000 * offered
    });
    let masses = "rating.turnout.masses";
    let caps = [
        ("cap.rectification", at_least("rating.rectification.open", 1), 2),
        ("cap.members", n("member.count.full").is_some_and(|n| n < 3), 2),
        ("cap.vacancy", at_least("organization.secretary.vacancy", 1), 2),
        ("cap.silent", at_least("activity.quarters.silent", 2), 2),
        (
            "cap.satisfaction",
            at_least(masses, 5) && !below(masses, 5000) && below("rating.review.masses", 6000),
            2,
        ),
        ("cap.term.long", at_least("organization.term.overdue", 13), 2),
        ("cap.term", at_least("organization.term.overdue", 4), 3),
        (
            "cap.pool",
            domain == Domain::Rural && n("member.development.pool").is_some_and(|n| n < 1),
            3,
        ),
        (
            "cap.young",
            facts["activity.assembly.held"].is_some_and(|(_, d)| d < 2),
            3,
        ),
        ("cap.dimension", low_dimension, 4),
        ("cap.turnout.members", below("rating.turnout.members", 5000), 4),
        ("cap.turnout.masses", below(masses, 5000), 4),
    ];
    let vetoes = [
        ("veto.falsified", at_least("rating.event.falsified", 1), 1),
        ("veto.secretary", at_least("rating.event.secretary", 1), 2),
        ("veto.incident", at_least("rating.event.incident", 3), 2),
    ];
    let lowest = |star: u8, rules: &[(&str, bool, u8)]| {
        rules
            .iter()
            .filter(|(_, fires, _)| *fires)
            .fold(star, |star, (.., most)| star.min(*most))
    };
    let capped = lowest(star, &caps);
    let fired = caps
        .iter()
        .chain(&vetoes)
        .filter(|(_, fires, _)| *fires)
        .map(|(id, ..)| (*id).to_owned());
    (total, [star, capped, lowest(capped, &vetoes)], fired.collect())
}
