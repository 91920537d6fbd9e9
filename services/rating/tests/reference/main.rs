//! The evaluation against a second, slow one that was written from rating.md alone, over random facts of all
//! nine domains; and the promise that more done never gives fewer points.

mod slow;

use kernel::Domain;
use proptest::prelude::*;
use rating::domain::{
    earn::Count,
    explanation::{Fact, Rated, explain},
    indicator::Counts,
    item::ItemKind,
    results::Results,
    rule::{Effect, Purpose, RuleKind},
    score::{Row, Score},
    template::FrozenTemplate,
};
use slow::{Facts, slow_results, slow_rows};

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
    fn an_explanation_shows_what_was_scored(facts in any_facts()) {
        let template = FrozenTemplate::root();
        for domain in Domain::ALL {
            let (score, rows) = score(domain, &facts);
            let named = named(&facts);
            let explanation = explain(template, rated(domain), &named, None).unwrap();
            let shown: Vec<_> = explanation.items().map(|item| (item.offered.0, item.earned.0)).collect();
            let scored: Vec<_> = rows.iter().map(|row| (i64::from(row.offered), i64::from(row.earned))).collect();
            prop_assert_eq!(shown, scored);
            prop_assert_eq!(explanation.results, Results::new(&score, template.prepared(domain)));
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
