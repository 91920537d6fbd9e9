//! Sums by domain: 100 000 for the base part and for the review part, the points of each dimension, every
//! sub-item present (S-302, S-305).

use kernel::{Domain, Milli};

use super::Findings;
use crate::domain::{
    item::{Item, ItemKind},
    rule::Effect,
    source::ITEMS,
    template::Template,
};

const WHOLE: Milli = Milli(100_000);
/// Base items that the root asks for in each domain.
const ROOT_BASE_ITEMS: usize = 41;
/// Base items that an evaluation can hold in one word.
const MOST_BASE_ITEMS: usize = 64;

pub(super) fn check(template: &Template, findings: &mut Findings) {
    for domain in Domain::ALL {
        let of = |kind| {
            template
                .items
                .iter()
                .filter(move |item| item.kind == kind && item.domains.contains(domain))
        };
        let place = |what: &str| format!("{ITEMS}, {}, {what}", domain.code());
        number(template, of(ItemKind::Base).count(), &place("base"), findings);
        for (kind, name) in [(ItemKind::Base, "base"), (ItemKind::Review, "review")] {
            let sum: Milli = of(kind).map(|item| item.points).sum();
            if sum != WHOLE {
                findings.add(
                    place(name),
                    "SUM_NOT_WHOLE",
                    format!(
                        "{}的{}合计 {}，须为 100000。",
                        domain.name_zh(),
                        part_zh(kind),
                        sum.0
                    ),
                );
            }
        }
        dimensions(template, domain, &place, findings);
    }
    if template.parent.is_none() {
        same_everywhere(template, findings);
    }
}

fn part_zh(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Base => "基础项",
        ItemKind::Plus => "加分项",
        ItemKind::Minus => "减分项",
        ItemKind::Review => "评议项",
    }
}

fn number(template: &Template, base: usize, place: &str, findings: &mut Findings) {
    if template.parent.is_none() && base != ROOT_BASE_ITEMS {
        findings.add(
            place,
            "BASE_ITEMS_NUMBER",
            format!("基础项有 {base} 个，根模板每个领域须为 {ROOT_BASE_ITEMS} 个。"),
        );
    }
    if base > MOST_BASE_ITEMS {
        findings.add(
            place,
            "BASE_ITEMS_NUMBER",
            format!("基础项有 {base} 个，每个领域最多 {MOST_BASE_ITEMS} 个。"),
        );
    }
}

/// The points of each dimension are those of its weight, and each sub-item has an item.
fn dimensions(template: &Template, domain: Domain, place: &impl Fn(&str) -> String, findings: &mut Findings) {
    for dimension in &template.outline {
        let sum = sum(template, domain, |item| {
            item.dimension.as_ref() == Some(&dimension.code)
        });
        let weight = template.rules.iter().find_map(|rule| match &rule.effect {
            Effect::DimensionPoints { points, .. }
                if rule.id.strip_prefix("weight.") == Some(&dimension.code) =>
            {
                Some(*points)
            }
            _ => None,
        });
        if let Some(weight) = weight.filter(|weight| *weight != sum) {
            findings.add(
                place(&dimension.code),
                "DIMENSION_SUM",
                format!("{}合计 {}，规则规定 {}。", dimension.name_zh, sum.0, weight.0),
            );
        }
        for part in &dimension.sub_items {
            if self::sum(template, domain, |item| {
                item.sub_item.as_ref() == Some(&part.code)
            }) == Milli(0)
            {
                findings.add(
                    place(&format!("{}.{}", dimension.code, part.code)),
                    "SUB_ITEM_EMPTY",
                    format!("子项“{}”没有基础项。", part.name_zh),
                );
            }
        }
    }
}

/// In the root a sub-item is worth the same in every domain: what one domain drops, another item takes.
fn same_everywhere(template: &Template, findings: &mut Findings) {
    for part in template.outline.iter().flat_map(|dimension| &dimension.sub_items) {
        let of = |domain| {
            sum(template, domain, |item| {
                item.sub_item.as_ref() == Some(&part.code)
            })
        };
        let first = of(Domain::ALL[0]);
        for domain in Domain::ALL {
            if of(domain) != first {
                findings.add(
                    format!("{ITEMS}, {}, {}", domain.code(), part.code),
                    "SUB_ITEM_SUM",
                    format!(
                        "子项“{}”在{}为 {}，在{}为 {}，各领域须相同。",
                        part.name_zh,
                        domain.name_zh(),
                        of(domain).0,
                        Domain::ALL[0].name_zh(),
                        first.0
                    ),
                );
            }
        }
    }
}

fn sum(template: &Template, domain: Domain, inside: impl Fn(&Item) -> bool) -> Milli {
    let base = |item: &&Item| item.kind == ItemKind::Base && item.domains.contains(domain) && inside(item);
    template.items.iter().filter(base).map(|item| item.points).sum()
}
