//! Items: ids, kinds, formulas, known indicators (S-304).

use std::collections::BTreeSet;

use kernel::{BasisPoints, Milli};

use super::{Findings, repeated};
use crate::domain::{
    item::{Item, ItemKind, Method, NotApplicable},
    template::Template,
};

/// A whole share, in basis points.
const WHOLE_BP: BasisPoints = BasisPoints(10_000);
/// The most that one item may be worth: everything.
const WHOLE: Milli = Milli(100_000);

pub(super) fn check(template: &Template, findings: &mut Findings) {
    for item in repeated(&template.items, |item| &item.id) {
        findings.item(item, "item", "ITEM_REPEATED", "评定项编号重复，请删去一个。");
    }
    let known: BTreeSet<&str> = template
        .indicators
        .iter()
        .map(|indicator| indicator.id.as_str())
        .collect();
    for item in &template.items {
        indicators(item, &known, findings);
        place(template, item, findings);
        points(item, findings);
        method(item, findings);
        not_applicable(item, findings);
        if item.domains.iter().next().is_none() {
            findings.item(item, "domains", "DOMAIN_MISSING", "没有适用领域。");
        }
        if item.norms.is_empty() {
            findings.item(item, "norms", "NORM_MISSING", "没有依据条款。");
        }
    }
    order(template, findings);
}

fn indicators(item: &Item, known: &BTreeSet<&str>, findings: &mut Findings) {
    if !known.contains(item.indicator.as_str()) {
        findings.item(
            item,
            "indicator",
            "INDICATOR_UNKNOWN",
            format!("指标目录中没有 {}。", item.indicator),
        );
    }
    if let Method::Judged {
        turnout: Some(id), ..
    } = &item.method
        && !known.contains(id.as_str())
    {
        findings.item(
            item,
            "parameters",
            "INDICATOR_UNKNOWN",
            format!("指标目录中没有 {id}。"),
        );
    }
}

/// Where the item belongs: its id says the same as its dimension and sub-item.
fn place(template: &Template, item: &Item, findings: &mut Findings) {
    let (dimension, sub_item) = (item.dimension.as_deref(), item.sub_item.as_deref());
    let belongs = template.outline.iter().any(|known| {
        Some(known.code.as_str()) == dimension
            && known
                .sub_items
                .iter()
                .any(|part| Some(part.code.as_str()) == sub_item)
    });
    let placed = match item.kind {
        ItemKind::Review => dimension.is_none() && sub_item.is_none(),
        ItemKind::Base | ItemKind::Plus | ItemKind::Minus => belongs,
    };
    if !placed {
        findings.item(
            item,
            "sub_item",
            "PLACE_WRONG",
            "评议项不属于任何子项，其余项须属于所在内容维度的子项。",
        );
    }
    let prefix = match item.kind {
        ItemKind::Base => format!(
            "{}.{}.",
            dimension.unwrap_or_default(),
            sub_item.unwrap_or_default()
        ),
        ItemKind::Plus => "plus.".to_owned(),
        ItemKind::Minus => "minus.".to_owned(),
        ItemKind::Review => "review.".to_owned(),
    };
    let name = item.id.strip_prefix(&prefix).unwrap_or_default();
    if name.is_empty() || name.contains(['.', ' ']) {
        findings.item(
            item,
            "item",
            "ITEM_ID_WRONG",
            format!("编号应为 {prefix} 加一个英文名称。"),
        );
    }
}

fn points(item: &Item, findings: &mut Findings) {
    if item.points <= Milli(0) || item.points > WHOLE {
        findings.item(
            item,
            "points",
            "POINTS_OUT_OF_RANGE",
            "分值须在 1 到 100000（千分之一分）之间。",
        );
    }
    if item.cap <= Milli(0) || item.cap > WHOLE {
        findings.item(
            item,
            "cap",
            "POINTS_OUT_OF_RANGE",
            "上限须在 1 到 100000（千分之一分）之间。",
        );
    }
    let fixed = matches!(item.kind, ItemKind::Base | ItemKind::Review) || item.method == Method::YesNo {};
    if fixed && item.cap != item.points {
        findings.item(item, "cap", "CAP_NOT_POINTS", "除按次计分外，上限须等于分值。");
    }
}

fn method(item: &Item, findings: &mut Findings) {
    let fits = match item.kind {
        ItemKind::Base => matches!(
            item.method,
            Method::Proportional { .. } | Method::Ladder { .. } | Method::YesNo {}
        ),
        ItemKind::Plus | ItemKind::Minus => {
            matches!(item.method, Method::PerOccurrence { .. } | Method::YesNo {})
        }
        ItemKind::Review => matches!(item.method, Method::Judged { .. }),
    };
    if !fits {
        findings.item(
            item,
            "method",
            "METHOD_NOT_FOR_KIND",
            "这种计分方法不能用于这类评定项。",
        );
    }
    let within = |bp: BasisPoints| bp > BasisPoints(0) && bp <= WHOLE_BP;
    match &item.method {
        Method::Proportional { full_at_bp } if !within(*full_at_bp) => {
            parameters(item, findings, "full_at_bp 须在 1 到 10000 之间。");
        }
        Method::Ladder { steps } => ladder(item, steps, findings),
        Method::PerOccurrence { each, cap } if *each != item.points || *cap != item.cap || each > cap => {
            parameters(
                item,
                findings,
                "each 须等于分值，cap 须等于上限，each 不得大于 cap。",
            );
        }
        Method::Judged {
            turnout,
            min_turnout_bp,
            min_ballots,
        } => {
            if *min_turnout_bp < BasisPoints(0) || *min_turnout_bp > WHOLE_BP {
                parameters(item, findings, "min_turnout_bp 须在 0 到 10000 之间。");
            }
            if turnout.is_none() && (*min_turnout_bp != BasisPoints(0) || *min_ballots != 0) {
                parameters(item, findings, "没有参与率指标，不能规定最低参与率或者最少票数。");
            }
        }
        _ => {}
    }
}

/// Shares and parts fall together, from at most the whole down to something.
fn ladder(item: &Item, steps: &[(BasisPoints, BasisPoints)], findings: &mut Findings) {
    let within = |bp: BasisPoints| bp > BasisPoints(0) && bp <= WHOLE_BP;
    if steps.is_empty() || !steps.iter().all(|&(share, part)| within(share) && within(part)) {
        parameters(
            item,
            findings,
            "阶梯不能为空，每一档的比例和得分比例须在 1 到 10000 之间。",
        );
    }
    if steps.first().is_some_and(|&(_, part)| part != WHOLE_BP) {
        parameters(item, findings, "阶梯第一档须得满分（10000）。");
    }
    if steps
        .windows(2)
        .any(|pair| pair[0].0 <= pair[1].0 || pair[0].1 <= pair[1].1)
    {
        parameters(item, findings, "阶梯各档的比例和得分比例须逐档下降。");
    }
}

fn parameters(item: &Item, findings: &mut Findings, zh: &str) {
    findings.item(item, "parameters", "PARAMETERS_OUT_OF_RANGE", zh);
}

fn not_applicable(item: &Item, findings: &mut Findings) {
    let fits = match item.kind {
        ItemKind::Base => item.not_applicable != NotApplicable::None,
        ItemKind::Plus | ItemKind::Minus => item.not_applicable == NotApplicable::None,
        ItemKind::Review => item.not_applicable == NotApplicable::Redistribute,
    };
    if !fits {
        findings.item(
            item,
            "not_applicable",
            "NOT_APPLICABLE_MISSING",
            "须写明不适用时的处理：基础项为 redistribute 或 full，加减分项为 none，评议项为 redistribute。",
        );
    }
}

/// Points are poured in file order: base items in the order of the outline, then plus, minus, review.
fn order(template: &Template, findings: &mut Findings) {
    let rank = |item: &Item| {
        let dimension = template
            .outline
            .iter()
            .position(|known| Some(&known.code) == item.dimension.as_ref());
        let sub_item = dimension.and_then(|at| {
            let parts = &template.outline[at].sub_items;
            parts
                .iter()
                .position(|part| Some(&part.code) == item.sub_item.as_ref())
        });
        match item.kind {
            ItemKind::Base => (item.kind, dimension, sub_item),
            ItemKind::Plus | ItemKind::Minus | ItemKind::Review => (item.kind, None, None),
        }
    };
    for pair in template.items.windows(2) {
        if rank(&pair[0]) > rank(&pair[1]) {
            findings.item(
                &pair[1],
                "item",
                "ITEM_OUT_OF_ORDER",
                "评定项须按基础、加分、减分、评议排列，基础项按内容维度和子项的次序排列。",
            );
        }
    }
}
