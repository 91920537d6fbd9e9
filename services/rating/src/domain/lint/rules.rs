//! Rules: weights inside their bounds, thresholds that fall, caps and vetoes that read what exists, one
//! quota, a complete order (S-303, S-305…S-307, S-312).

use std::collections::BTreeSet;

use kernel::{BasisPoints, Milli};

use super::{Findings, repeated};
use crate::domain::{
    codes::Domains,
    condition::{Comparison, Condition, Subject},
    rule::{Effect, OrderBy, Rule, RuleKind},
    source::RULES,
    template::Template,
};

/// S-305: the scored part weighs at least, the review part at most so much.
const LEAST_SCORED: BasisPoints = BasisPoints(7000);
const MOST_REVIEW: BasisPoints = BasisPoints(3000);
const WHOLE_BP: BasisPoints = BasisPoints(10_000);
/// Room for a province that counts to 110 or 120; more than that is a slip.
const MOST_SCORED: Milli = Milli(200_000);
/// Caps and vetoes that an evaluation can hold in one word.
const MOST_STAR_RULES: usize = 64;

pub(super) fn check(template: &Template, findings: &mut Findings) {
    for rule in repeated(&template.rules, |rule| &rule.id) {
        findings.rule(rule, "id", "RULE_REPEATED", "规则编号重复，请删去一个。");
    }
    let known: BTreeSet<&str> = template
        .indicators
        .iter()
        .map(|indicator| indicator.id.as_str())
        .collect();
    for rule in &template.rules {
        kind(rule, findings);
        condition(rule, &known, findings);
        effect(rule, findings);
        if rule.norms.is_empty() {
            findings.rule(rule, "norms", "NORM_MISSING", "没有依据条款。");
        }
    }
    weights(template, findings);
    thresholds(template, findings);
    order(template, findings);
    let star_rules = template
        .rules
        .iter()
        .filter(|rule| matches!(rule.effect, Effect::StarAtMost { .. }));
    if star_rules.count() > MOST_STAR_RULES {
        findings.add(
            RULES,
            "RULES_TOO_MANY",
            format!("星级上限和否决规则最多 {MOST_STAR_RULES} 条。"),
        );
    }
}

/// Each effect belongs to one kind of rule, and the id begins with it.
fn kind(rule: &Rule, findings: &mut Findings) {
    let (fits, prefix) = match rule.kind {
        RuleKind::Weight => (
            matches!(
                rule.effect,
                Effect::WeightOfScored { .. }
                    | Effect::WeightOfReview { .. }
                    | Effect::DimensionPoints { .. }
            ),
            "weight.",
        ),
        RuleKind::Threshold => (matches!(rule.effect, Effect::Star { .. }), "threshold."),
        RuleKind::Cap => (
            matches!(
                rule.effect,
                Effect::PlusAtMost { .. } | Effect::ScoredBetween { .. } | Effect::StarAtMost { .. }
            ),
            "cap.",
        ),
        RuleKind::Veto => (matches!(rule.effect, Effect::StarAtMost { .. }), "veto."),
        RuleKind::Quota => (
            matches!(rule.effect, Effect::StarAtMostBeyondQuota { .. }),
            "quota.",
        ),
        RuleKind::Tie => (matches!(rule.effect, Effect::Order { .. }), "tie."),
    };
    if !fits {
        findings.rule(
            rule,
            "effect",
            "EFFECT_NOT_FOR_KIND",
            "这种效果不能用于这类规则。",
        );
    }
    if !rule.id.starts_with(prefix) || rule.id.len() == prefix.len() {
        findings.rule(rule, "id", "RULE_ID_WRONG", format!("编号应以 {prefix} 开头。"));
    }
    if !matches!(rule.effect, Effect::StarAtMost { .. }) && rule.domains != Domains::ALL {
        findings.rule(
            rule,
            "domains",
            "DOMAINS_NOT_ALL",
            "除星级上限和否决外，规则须适用于所有领域。",
        );
    }
}

/// What a rule may look at: indicators and dimensions for the star, the total for a threshold, the star for
/// the quota.
fn condition(rule: &Rule, known: &BTreeSet<&str>, findings: &mut Findings) {
    for clause in &rule.condition.0 {
        if let Some(id) = clause.subject.indicator().filter(|id| !known.contains(id)) {
            findings.rule(
                rule,
                "condition",
                "INDICATOR_UNKNOWN",
                format!("指标目录中没有 {id}。"),
            );
        }
        let allowed = match clause.subject {
            Subject::Total => rule.kind == RuleKind::Threshold,
            Subject::Star => rule.kind == RuleKind::Quota,
            _ => matches!(rule.effect, Effect::StarAtMost { .. }),
        };
        if !allowed {
            findings.rule(
                rule,
                "condition",
                "CONDITION_NOT_FOR_KIND",
                format!("这类规则不能使用条件 {clause}。"),
            );
        }
    }
    let five = || "star == 5".parse::<Condition>().ok();
    let complete = match rule.kind {
        RuleKind::Weight | RuleKind::Tie => rule.condition.is_always(),
        RuleKind::Threshold => rule.condition.0.len() <= 1,
        RuleKind::Cap => rule.condition.is_always() != matches!(rule.effect, Effect::StarAtMost { .. }),
        RuleKind::Veto => !rule.condition.is_always(),
        RuleKind::Quota => Some(&rule.condition) == five().as_ref(),
    };
    if !complete {
        findings.rule(
            rule,
            "condition",
            "CONDITION_NOT_FOR_KIND",
            "权重、次序和分值上限须为 always，星级上限和否决须有条件，名额须为 star == 5。",
        );
    }
}

fn effect(rule: &Rule, findings: &mut Findings) {
    let star = |star: u8| (1..=5).contains(&star);
    let fits = match &rule.effect {
        Effect::WeightOfScored { bp, min_bp, max_bp } => {
            LEAST_SCORED <= *min_bp && min_bp <= bp && bp <= max_bp && *max_bp <= WHOLE_BP
        }
        Effect::WeightOfReview { bp, min_bp, max_bp } => {
            BasisPoints(0) <= *min_bp && min_bp <= bp && bp <= max_bp && *max_bp <= MOST_REVIEW
        }
        Effect::DimensionPoints { points, min, max } => Milli(0) < *min && min <= points && points <= max,
        Effect::Star { star: reached } => star(*reached),
        Effect::PlusAtMost { points } => (Milli(0)..=MOST_SCORED).contains(points),
        Effect::ScoredBetween { min, max } => Milli(0) <= *min && min < max && *max <= MOST_SCORED,
        Effect::StarAtMost { star: most, .. } => star(*most),
        Effect::StarAtMostBeyondQuota { share_bp, beyond, .. } => {
            BasisPoints(0) < *share_bp && *share_bp <= WHOLE_BP && (1..5).contains(beyond)
        }
        Effect::Order {
            by,
            higher_first,
            seed,
            ..
        } => (*by == OrderBy::Draw) == (seed.is_some() && higher_first.is_none()),
    };
    if fits {
        return;
    }
    let zh = match &rule.effect {
        Effect::WeightOfScored { .. } => "基础分值权重不得低于 7000，且在自身上下限之间。",
        Effect::WeightOfReview { .. } => "评议分值权重不得高于 3000，且在自身上下限之间。",
        Effect::DimensionPoints { .. } => "内容维度的分值须在自身上下限之间。",
        Effect::Star { .. } | Effect::StarAtMost { .. } => "星级须为 1 到 5。",
        Effect::PlusAtMost { .. } | Effect::ScoredBetween { .. } => {
            "分值上下限须在 0 到 200000 之间，下限小于上限。"
        }
        Effect::StarAtMostBeyondQuota { .. } => "名额比例须在 1 到 10000 之间，名额以外的星级须为 1 到 4。",
        Effect::Order { .. } => "抽签须写明种子来源，其他次序须写明高低先后。",
    };
    findings.rule(rule, "parameters", "PARAMETERS_OUT_OF_RANGE", zh);
}

/// Base and review weight stand once and sum to the whole; each dimension has its weight; the plus and
/// scored caps and the quota stand once.
fn weights(template: &Template, findings: &mut Findings) {
    let count = |is: fn(&Effect) -> bool| template.rules.iter().filter(|rule| is(&rule.effect)).count();
    let once = [
        (
            "weight_of_scored",
            count(|effect| matches!(effect, Effect::WeightOfScored { .. })),
        ),
        (
            "weight_of_review",
            count(|effect| matches!(effect, Effect::WeightOfReview { .. })),
        ),
        (
            "plus_at_most",
            count(|effect| matches!(effect, Effect::PlusAtMost { .. })),
        ),
        (
            "scored_between",
            count(|effect| matches!(effect, Effect::ScoredBetween { .. })),
        ),
        (
            "star_at_most_beyond_quota",
            count(|effect| matches!(effect, Effect::StarAtMostBeyondQuota { .. })),
        ),
    ];
    for (effect, found) in once {
        if found != 1 {
            findings.add(
                format!("{RULES}, {effect}"),
                "RULE_NOT_ONCE",
                format!("效果为 {effect} 的规则须恰有一条，现有 {found} 条。"),
            );
        }
    }
    let sum: BasisPoints = template
        .rules
        .iter()
        .filter_map(|rule| match &rule.effect {
            Effect::WeightOfScored { bp, .. } | Effect::WeightOfReview { bp, .. } => Some(*bp),
            _ => None,
        })
        .sum();
    if sum != WHOLE_BP {
        findings.add(
            format!("{RULES}, weight"),
            "WEIGHTS_NOT_WHOLE",
            format!("基础和评议权重合计 {}，须为 10000。", sum.0),
        );
    }
    dimension_weights(template, findings);
}

fn dimension_weights(template: &Template, findings: &mut Findings) {
    let is = |rule: &&Rule| matches!(rule.effect, Effect::DimensionPoints { .. });
    let rules: Vec<&Rule> = template.rules.iter().filter(is).collect();
    for dimension in &template.outline {
        if !rules
            .iter()
            .any(|rule| rule.id.strip_prefix("weight.") == Some(&dimension.code))
        {
            findings.add(
                format!("{RULES}, weight.{}", dimension.code),
                "WEIGHT_MISSING",
                format!("没有内容维度“{}”的分值规则。", dimension.name_zh),
            );
        }
    }
    for rule in rules {
        let known = |code: &str| template.outline.iter().any(|dimension| dimension.code == code);
        if !rule.id.strip_prefix("weight.").is_some_and(known) {
            findings.rule(
                rule,
                "id",
                "DIMENSION_UNKNOWN",
                "编号应为 weight. 加内容维度的代码。",
            );
        }
    }
}

/// Five stars down to one, each limit below the one before, the last without a condition: so a higher total
/// never gives a lower star (S-307).
fn thresholds(template: &Template, findings: &mut Findings) {
    let rules: Vec<(&Rule, u8)> = template
        .rules
        .iter()
        .filter_map(|rule| match rule.effect {
            Effect::Star { star } => Some((rule, star)),
            _ => None,
        })
        .collect();
    if rules.iter().map(|(_, star)| *star).collect::<Vec<_>>() != [5, 4, 3, 2, 1] {
        findings.add(
            format!("{RULES}, threshold"),
            "THRESHOLDS_INCOMPLETE",
            "星级门槛须从五星到一星各有一条，依次排列。",
        );
    }
    let mut above = u64::MAX;
    for (index, (rule, _)) in rules.iter().enumerate() {
        let last = index + 1 == rules.len();
        match rule.condition.0.as_slice() {
            [] if last => {}
            [clause] if !last && clause.comparison == Comparison::AtLeast => {
                if clause.limit >= above {
                    findings.rule(
                        rule,
                        "condition",
                        "THRESHOLDS_NOT_FALLING",
                        "星级门槛须逐级下降。",
                    );
                }
                above = clause.limit;
            }
            _ => findings.rule(
                rule,
                "condition",
                "CONDITION_NOT_FOR_KIND",
                "星级门槛须为 total >= 分值，最后一条须为 always。",
            ),
        }
    }
}

/// The order of a pool: ranks 1, 2, 3… each once, and the draw last, so that no tie is left.
fn order(template: &Template, findings: &mut Findings) {
    let mut steps: Vec<(u8, OrderBy)> = template
        .rules
        .iter()
        .filter_map(|rule| match rule.effect {
            Effect::Order { rank, by, .. } => Some((rank, by)),
            _ => None,
        })
        .collect();
    steps.sort_unstable_by_key(|(rank, _)| *rank);
    let ranks = steps
        .iter()
        .map(|(rank, _)| usize::from(*rank))
        .eq(1..=steps.len());
    let draws = steps.iter().filter(|(_, by)| *by == OrderBy::Draw).count();
    if !ranks || draws != 1 || steps.last().map(|(_, by)| *by) != Some(OrderBy::Draw) {
        findings.add(
            format!("{RULES}, tie"),
            "ORDER_INCOMPLETE",
            "名额次序须从 1 起连续编号，最后一步且仅最后一步为抽签。",
        );
    }
}
