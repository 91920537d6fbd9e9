//! X1: the explanation evaluates again to the same bytes, and without one fact it changes exactly there.

use std::collections::BTreeSet;

use kernel::Domain;
use rating::domain::{
    explanation::{
        Explanation, ExplanationRefused, Fact, ItemTrace, NO_FACT, Rated, explain, explanation_hash,
        reevaluate,
    },
    indicator::CountRefused,
    item::{ItemKind, Method},
    quota::{Candidate, Quota},
    rule::Purpose,
    template::FrozenTemplate,
};

const CASES: &str = include_str!("data/cases.csv");

fn facts(case: &str) -> (Domain, Vec<Fact>) {
    let mut reader = csv::Reader::from_reader(CASES.as_bytes());
    let rows: Vec<_> = reader
        .records()
        .map(Result::unwrap)
        .filter(|row| &row[0] == case && &row[2] == "input")
        .collect();
    let fact = |row: &csv::StringRecord| Fact {
        indicator: row[3].to_owned(),
        numerator: row[4].parse().unwrap_or(0),
        denominator: row[5].parse().unwrap_or(0),
        applicable: &row[6] == "1",
        reason: if &row[6] == "1" {
            String::new()
        } else {
            "NOTHING_OWED".to_owned()
        },
        evidence: vec![format!("record of {}", &row[3])],
        cursor: "source@41".to_owned(),
    };
    (
        Domain::from_code(&rows[0][1]).expect("a domain"),
        rows.iter().map(fact).collect(),
    )
}

fn explained(domain: Domain, facts: &[Fact]) -> Explanation<'_> {
    let rated = Rated {
        cycle: "2025".into(),
        branch: "branch-7".into(),
        domain,
        purpose: Purpose::Rating,
    };
    explain(FrozenTemplate::root(), rated, facts, None).expect("facts of the file")
}

fn names() -> BTreeSet<String> {
    CASES
        .lines()
        .skip(10)
        .map(|line| line.split(',').next().expect("a first field").to_owned())
        .collect()
}

#[test]
fn a_stored_explanation_evaluates_again_to_the_same_bytes_with_and_without_its_standing() {
    let template = FrozenTemplate::root();
    assert_eq!(names().len(), 12);
    for case in names() {
        let (domain, facts) = facts(&case);
        let explanation = explained(domain, &facts);
        let bytes = explanation.canonical_bytes();
        assert_eq!(reevaluate(&bytes, template).unwrap(), bytes, "{case}");
        let quota = Quota::of(template.template()).unwrap();
        let pool = &quota.pools(&[(domain, 4)].into())[0];
        let candidate = |branch: &str, more: i64| Candidate {
            branch: branch.into(),
            total_exact: explanation.results.total_exact + more,
            minus: 0,
        };
        let stood = quota.stand(
            pool,
            vec![candidate("branch-7", 0), candidate("branch-8", 1)],
            b"seed",
        );
        let (_, standing) = stood
            .into_iter()
            .find(|(one, _)| one.branch == "branch-7")
            .unwrap();
        let placed = explain(template, explanation.rated.clone(), &facts, Some(standing)).unwrap();
        assert_eq!(placed.results.waiting, 1);
        assert!(placed.results.star <= 4 && placed.rules.iter().any(|rule| rule.rule == "quota.five"));
        let placed = placed.canonical_bytes();
        assert_eq!(reevaluate(&placed, template).unwrap(), placed, "{case}");
        assert_ne!(explanation_hash(&placed), explanation_hash(&bytes));
    }
}

#[test]
fn the_bytes_do_not_depend_on_the_order_of_the_facts_or_on_facts_that_nothing_reads() {
    let (domain, mut facts) = facts("rural-01");
    let bytes = explained(domain, &facts).canonical_bytes();
    facts.reverse();
    facts.push(Fact {
        indicator: "activity.talk.done".into(),
        ..facts[0].clone()
    });
    assert_eq!(explained(domain, &facts).canonical_bytes(), bytes);
}

#[test]
fn what_was_changed_by_hand_shows_when_it_is_evaluated_again() {
    let template = FrozenTemplate::root();
    let (domain, facts) = facts("community-02");
    let text = String::from_utf8(explained(domain, &facts).canonical_bytes()).unwrap();
    for (from, to) in [
        ("\"star\":5,\"rules\"", "\"star\":4,\"rules\""),
        ("\"base\":88709", "\"base\":98709"),
        ("\"earned\":3500", "\"earned\":3501"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert_eq!(
            reevaluate(changed.as_bytes(), template).unwrap(),
            text.as_bytes(),
            "{from}"
        );
    }
    let other = text.replacen(template.hash(), "sm3:00", 1);
    assert!(matches!(
        reevaluate(other.as_bytes(), template),
        Err(ExplanationRefused::TemplateDiffers { .. })
    ));
    assert!(matches!(
        reevaluate(b"{}", template),
        Err(ExplanationRefused::Unreadable(_))
    ));
}

fn rows(explanation: &Explanation) -> Vec<(String, i64, i64)> {
    explanation
        .items()
        .map(|item| (item.item.clone().into_owned(), item.offered.0, item.earned.0))
        .collect()
}

/// The items whose points a fact can reach: those that read it, and those to which its points would move.
fn reach(explanation: &Explanation, indicator: &str) -> BTreeSet<String> {
    let reads = |item: &ItemTrace| {
        let method = FrozenTemplate::root().item(&item.item).map(|item| &item.method);
        item.indicator == indicator
            || matches!(method, Some(Method::Judged { turnout: Some(turnout), .. }) if turnout == indicator)
    };
    let mut reached: BTreeSet<String> = explanation
        .items()
        .filter(|item| reads(item))
        .map(|item| item.item.clone().into_owned())
        .collect();
    for dimension in &explanation.base {
        for sub_item in &dimension.parts {
            if sub_item.parts.iter().any(&reads) {
                let others = sub_item
                    .parts
                    .iter()
                    .filter(|item| !reads(item) && item.offered.0 > 0)
                    .count();
                let within: Vec<_> = if others > 0 {
                    sub_item.parts.iter().collect()
                } else {
                    dimension.parts.iter().flat_map(|part| &part.parts).collect()
                };
                reached.extend(within.into_iter().map(|item| item.item.clone().into_owned()));
            }
        }
    }
    if explanation.review.iter().any(reads) {
        reached.extend(
            explanation
                .review
                .iter()
                .map(|item| item.item.clone().into_owned()),
        );
    }
    reached
}

#[test]
fn without_one_fact_the_explanation_changes_exactly_there() {
    let template = FrozenTemplate::root();
    for case in names() {
        let (domain, facts) = facts(&case);
        let whole = explained(domain, &facts);
        for index in 0..facts.len() {
            let mut fewer = facts.clone();
            let gone = fewer.remove(index);
            let without = explained(domain, &fewer);
            for (before, after) in whole.facts.iter().zip(&without.facts) {
                if before.indicator == gone.indicator {
                    assert_eq!(
                        (after.applicable, after.reason.as_str(), after.numerator),
                        (false, NO_FACT, 0)
                    );
                } else {
                    assert_eq!(before, after, "{case}: only {} is gone", gone.indicator);
                }
            }
            let reached = reach(&whole, &gone.indicator);
            for (before, after) in rows(&whole).into_iter().zip(rows(&without)) {
                let allowed = gone.applicable && reached.contains(&before.0);
                assert!(
                    before == after || allowed,
                    "{case}: {} reaches {}",
                    gone.indicator,
                    before.0
                );
            }
            let owned = template
                .template()
                .items
                .iter()
                .find(|item| item.indicator == gone.indicator && item.domains.contains(domain));
            if gone.applicable
                && owned.is_some_and(|item| {
                    item.kind == ItemKind::Base && item.id != "leadership.political.findings"
                })
            {
                assert_ne!(
                    rows(&whole),
                    rows(&without),
                    "{case}: {} had points",
                    gone.indicator
                );
            }
            if !gone.applicable {
                assert_eq!(whole.results, without.results);
            }
            assert_ne!(whole.canonical_bytes(), without.canonical_bytes());
        }
    }
}

#[test]
fn sums_of_the_tree_are_those_of_its_items() {
    let (domain, facts) = facts("institution-04");
    let explanation = explained(domain, &facts);
    let earned: i64 = explanation.base.iter().map(|dimension| dimension.earned.0).sum();
    let offered: i64 = explanation.base.iter().map(|dimension| dimension.offered.0).sum();
    assert_eq!((earned, offered), (explanation.results.base.0, 100_000));
    assert!(explanation.items().all(|item| !item.norms.is_empty()));
    assert_eq!(explanation.items().count(), 64);
    assert_eq!(explanation.rules[0].rule, "threshold.three");
}

#[test]
fn a_fact_that_cannot_be_is_refused_by_name() {
    let (domain, facts) = facts("rural-01");
    let refused = |fact: Fact| {
        let mut facts = facts.clone();
        facts.retain(|known| known.indicator != fact.indicator || fact.numerator == 1);
        facts.push(fact);
        let rated = explained(domain, &[]).rated;
        explain(FrozenTemplate::root(), rated, &facts, None).unwrap_err()
    };
    let like = |numerator, denominator| Fact {
        numerator,
        denominator,
        ..facts[0].clone()
    };
    let too_much = ExplanationRefused::CountRefused {
        indicator: "activity.study.held".into(),
        reason: CountRefused::NumeratorAboveDenominator,
    };
    assert_eq!(refused(like(13, 12)), too_much);
    assert_eq!(
        refused(like(1, 12)),
        ExplanationRefused::FactRepeated("activity.study.held".into())
    );
    let unknown = Fact {
        indicator: "member.logins".into(),
        ..facts[0].clone()
    };
    assert_eq!(
        refused(unknown),
        ExplanationRefused::IndicatorUnknown("member.logins".into())
    );
}
