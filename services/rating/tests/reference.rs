//! The evaluation against a second, slow one that was written from rating.md alone, over random facts of all
//! nine domains; and the promise that more done never gives fewer points.

use std::collections::HashMap;

use kernel::Domain;
use proptest::prelude::*;
use rating::domain::{
    earn::Count,
    explanation::{Fact, Rated, explain},
    indicator::Counts,
    item::{Item, ItemKind, Method, NotApplicable},
    results::Results,
    rule::{Effect, Purpose, RuleKind},
    score::{PackedFacts, Row, Score},
    template::FrozenTemplate,
};

type Facts = HashMap<String, Option<(u64, u64)>>;

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
fn slow_rows(domain: Domain, facts: &Facts) -> HashMap<String, (i128, i128)> {
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
fn slow_results(
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

/// One value for every indicator of the catalogue, within its bounds: mostly good, sometimes none.
fn any_facts() -> impl Strategy<Value = Facts> {
    let indicators = &FrozenTemplate::root().template().indicators;
    let one = |counts: Counts| {
        let denominator = match counts {
            Counts::Share | Counts::Amount => prop_oneof![4 => 1u64..60, 1 => 1u64..1 << 50].boxed(),
            Counts::Flag | Counts::Count => Just(1).boxed(),
        };
        let numerator = move |denominator: u64| match counts {
            Counts::Share | Counts::Flag => {
                prop_oneof![Just(denominator), denominator / 2..=denominator, 0..=denominator].boxed()
            }
            Counts::Count => prop_oneof![5 => Just(0u64), 1 => 0u64..20].boxed(),
            Counts::Amount => (0..=denominator.saturating_mul(2)).boxed(),
        };
        let value = denominator.prop_flat_map(move |d| numerator(d).prop_map(move |n| (n, d)));
        prop_oneof![1 => Just(None), 6 => value.prop_map(Some)]
    };
    let values: Vec<_> = indicators.iter().map(|indicator| one(indicator.counts)).collect();
    let named = |values: Vec<_>| {
        let ids = FrozenTemplate::root()
            .template()
            .indicators
            .iter()
            .map(|indicator| indicator.id.clone());
        ids.zip(values).collect()
    };
    values.prop_map(named)
}

fn packed(domain: Domain, facts: &Facts) -> Vec<Count> {
    let prepared = FrozenTemplate::root().prepared(domain);
    let count = |id: &String| {
        let (numerator, denominator) = facts[id].unwrap_or_default();
        Count {
            numerator,
            denominator,
        }
    };
    prepared.indicators().iter().map(count).collect()
}

fn score(domain: Domain, facts: &Facts) -> (Score, Vec<Row>) {
    let prepared = FrozenTemplate::root().prepared(domain);
    let mut rows = vec![Row::default(); prepared.items().len()];
    let score = prepared.score(Purpose::Rating, &packed(domain, facts), &mut rows);
    (score, rows)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_evaluation_agrees_with_the_slow_one_in_all_nine_domains(facts in any_facts()) {
        for domain in Domain::ALL {
            let prepared = FrozenTemplate::root().prepared(domain);
            let (score, rows) = score(domain, &facts);
            let slow = slow_rows(domain, &facts);
            for (id, row) in prepared.items().zip(&rows) {
                prop_assert_eq!((i128::from(row.offered), i128::from(row.earned)), slow[id], "{} {}", domain.code(), id);
            }
            let (total, stars, rules) = slow_results(domain, &facts, &slow);
            prop_assert_eq!(i128::from(score.total_exact), total);
            prop_assert_eq!([score.star_threshold, score.star_caps, score.star_vetoes], stars);
            prop_assert_eq!(Results::new(&score, prepared).rules, rules);
        }
    }

    #[test]
    fn packed_and_explained_evaluation_are_equal(all in prop::collection::vec(any_facts(), 3)) {
        for domain in Domain::ALL {
            let template = FrozenTemplate::root();
            let prepared = template.prepared(domain);
            let mut columns = PackedFacts::for_branches(prepared, all.len());
            all.iter().for_each(|facts| columns.push(&packed(domain, facts)));
            let scores = prepared.score_all(Purpose::Rating, &columns);
            for (branch, facts) in all.iter().enumerate() {
                let explanation = explain(template, rated(domain), &named(facts), None).unwrap();
                let rows: Vec<_> = explanation.items().map(|item| (item.offered.0, item.earned.0)).collect();
                let packed: Vec<_> =
                    scores.rows(branch).iter().map(|row| (i64::from(row.offered), i64::from(row.earned))).collect();
                prop_assert_eq!(rows, packed);
                prop_assert_eq!(explanation.results, Results::new(&scores.scores[branch], prepared));
            }
        }
    }

    #[test]
    fn more_done_never_lowers_the_total_and_more_harm_never_raises_it(
        facts in any_facts(),
        pick in any::<prop::sample::Index>(),
        more in 1u64..1000,
    ) {
        let template = FrozenTemplate::root();
        for domain in Domain::ALL {
            let items: Vec<_> = template.template().items.iter().filter(|item| item.domains.contains(domain)).collect();
            let item = items[pick.index(items.len())];
            let Some((n, d)) = facts[&item.indicator] else { continue };
            let counts = template.indicator(&item.indicator).unwrap().counts;
            let most = if matches!(counts, Counts::Share | Counts::Flag) { d } else { u64::MAX };
            let mut better = facts.clone();
            better.insert(item.indicator.clone(), Some((n.saturating_add(more).min(most), d)));
            let (before, after) = (score(domain, &facts).0.total_exact, score(domain, &better).0.total_exact);
            if item.kind == ItemKind::Minus {
                prop_assert!(after <= before, "{} {}", domain.code(), item.id);
            } else {
                prop_assert!(after >= before, "{} {}", domain.code(), item.id);
            }
        }
    }

    #[test]
    fn a_base_part_offers_exactly_the_whole_unless_nothing_takes_part(facts in any_facts()) {
        for domain in Domain::ALL {
            let (_, rows) = score(domain, &facts);
            prop_assert_eq!(rows[..41].iter().map(|row| row.offered).sum::<u32>(), 100_000);
        }
    }
}

fn rated(domain: Domain) -> Rated {
    Rated {
        cycle: "2025".into(),
        branch: "branch".into(),
        domain,
        purpose: Purpose::Rating,
    }
}

fn named(facts: &Facts) -> Vec<Fact> {
    let fact = |(id, value): (&String, &Option<(u64, u64)>)| Fact {
        indicator: id.clone(),
        numerator: value.map_or(0, |(n, _)| n),
        denominator: value.map_or(0, |(_, d)| d),
        applicable: value.is_some(),
        reason: if value.is_some() {
            String::new()
        } else {
            "NOTHING_OWED".into()
        },
        evidence: vec![format!("{id}#1")],
        cursor: "source@7".into(),
    };
    facts.iter().map(fact).collect()
}

#[test]
fn a_branch_to_which_nothing_applies_is_scored_by_what_is_full() {
    let facts: Facts = FrozenTemplate::root()
        .template()
        .indicators
        .iter()
        .map(|one| (one.id.clone(), None))
        .collect();
    for domain in Domain::ALL {
        let (score, _) = score(domain, &facts);
        assert_eq!(
            (score.base, score.review, score.total_exact),
            (100_000, 0, 700_000_000),
            "{}",
            domain.code()
        );
        assert_eq!(score.fired, 0, "no clause holds on what does not apply");
    }
}

#[test]
fn leaving_rectification_leaves_out_the_cap_of_the_open_case_alone() {
    let template = FrozenTemplate::root();
    let mut facts: Facts = template
        .template()
        .indicators
        .iter()
        .map(|one| (one.id.clone(), Some((0, 1))))
        .collect();
    for item in template
        .template()
        .items
        .iter()
        .filter(|item| matches!(item.kind, ItemKind::Base | ItemKind::Review))
    {
        facts.insert(item.indicator.clone(), Some((1, 1)));
    }
    for (id, value) in [
        ("rating.rectification.open", (1, 1)),
        ("organization.term.overdue", (5, 1)),
        ("member.count.full", (9, 1)),
        ("rating.turnout.members", (9, 9)),
        ("rating.turnout.masses", (9, 9)),
        ("activity.assembly.held", (4, 4)),
    ] {
        facts.insert(id.into(), Some(value));
    }
    let named = named(&facts);
    let of = |purpose| {
        let rated = Rated {
            purpose,
            ..rated(Domain::Soe)
        };
        explain(template, rated, &named, None).unwrap().results
    };
    let (rating, exit) = (of(Purpose::Rating), of(Purpose::RectificationExit));
    assert_eq!(
        (rating.star, rating.rules),
        (2, vec!["cap.rectification".to_owned(), "cap.term".to_owned()])
    );
    assert_eq!((exit.star, exit.rules), (3, vec!["cap.term".to_owned()]));
}

#[test]
fn every_cap_and_veto_of_the_root_is_known_to_the_slow_evaluation() {
    let limits = |kind| {
        let rules = FrozenTemplate::root().template().rules.iter();
        rules
            .filter(|rule| rule.kind == kind && matches!(rule.effect, Effect::StarAtMost { .. }))
            .count()
    };
    assert_eq!((limits(RuleKind::Cap), limits(RuleKind::Veto)), (12, 3));
}
