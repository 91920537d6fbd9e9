//! Each bound of the linter, broken once, by changing one place of the shipped template.

use super::*;
use crate::domain::source::Sources;

/// The problems of the shipped sheets after one replacement, as place and reason.
fn problems(from: &str, to: &str) -> Vec<(String, &'static str)> {
    let hits: usize = [
        Sources::ROOT.indicators,
        Sources::ROOT.items,
        Sources::ROOT.rules,
        Sources::ROOT.codes,
    ]
    .map(|sheet| sheet.matches(from).count())
    .into_iter()
    .sum();
    assert_eq!(hits, 1, "`{from}` stands once");
    let [indicators, items, rules, codes] = [
        Sources::ROOT.indicators,
        Sources::ROOT.items,
        Sources::ROOT.rules,
        Sources::ROOT.codes,
    ]
    .map(|sheet| sheet.replace(from, to));
    let sources = Sources {
        indicators: &indicators,
        items: &items,
        rules: &rules,
        codes: &codes,
    };
    let found = match Template::parse(&sources) {
        Ok(template) => lint(&template),
        Err(problems) => problems,
    };
    found
        .into_iter()
        .map(|problem| (problem.place, problem.reason))
        .collect()
}

fn has(from: &str, to: &str, place: &str, reason: &str) {
    let found = problems(from, to);
    let hit = found.iter().any(|(at, why)| at == place && *why == reason);
    assert!(hit, "{from} → {to}: wanted {place} {reason}, found {found:?}");
}

#[test]
fn the_shipped_root_is_clean_and_has_the_items_of_rating_md() {
    let root = Template::parse(&Sources::ROOT).unwrap();
    assert_eq!(lint(&root), []);
    use crate::domain::item::ItemKind::{Base, Minus, Plus, Review};
    let number = |kind| root.items.iter().filter(|item| item.kind == kind).count();
    assert_eq!(
        [number(Base), number(Plus), number(Minus), number(Review)],
        [49, 8, 11, 4]
    );
    assert_eq!((root.indicators.len(), root.rules.len()), (80, 34));
}

#[test]
fn weights_of_6_999_and_3_001_are_refused() {
    has(
        r#"{""bp"":7000,""min_bp"":7000"#,
        r#"{""bp"":6999,""min_bp"":6999"#,
        "rules.csv:2, weight.base, parameters",
        "PARAMETERS_OUT_OF_RANGE",
    );
    has(
        r#"{""bp"":3000,""min_bp"":0,""max_bp"":3000}"#,
        r#"{""bp"":3001,""min_bp"":0,""max_bp"":3001}"#,
        "rules.csv:3, weight.review, parameters",
        "PARAMETERS_OUT_OF_RANGE",
    );
    has(
        r#"{""bp"":3000,""min_bp"":0"#,
        r#"{""bp"":2900,""min_bp"":0"#,
        "rules.csv, weight",
        "WEIGHTS_NOT_WHOLE",
    );
}

#[test]
fn sums_of_points_are_checked_in_every_domain() {
    let from = "activity.debrief.held,proportional,\"{\"\"full_at_bp\"\":10000}\",3000,3000";
    let to = from.replace("3000,3000", "3100,3100");
    let found = problems(from, &to);
    for place in ["rural, base", "retired, base", "soe, operation"] {
        assert!(
            found
                .iter()
                .any(|(at, _)| *at == format!("template-root.csv, {place}")),
            "{found:?}"
        );
    }
    has(
        "rating.review.superior,judged,\"{\"\"turnout\"\":null,\"\"min_turnout_bp\"\":0,\"\"min_ballots\"\":0}\",30000,30000",
        "rating.review.superior,judged,\"{\"\"turnout\"\":null,\"\"min_turnout_bp\"\":0,\"\"min_ballots\"\":0}\",20000,20000",
        "template-root.csv, soe, review",
        "SUM_NOT_WHOLE",
    );
    has(
        r#"{""points"":12000,""min"":8000"#,
        r#"{""points"":11000,""min"":8000"#,
        "template-root.csv, rural, operation",
        "DIMENSION_SUM",
    );
}

#[test]
fn a_domain_has_41_base_items_and_every_sub_item_one() {
    let found = problems(
        "organization.group.leaders,proportional,\"{\"\"full_at_bp\"\":10000}\",1500,1500,organ;",
        "organization.group.leaders,proportional,\"{\"\"full_at_bp\"\":10000}\",1500,1500,",
    );
    assert!(
        found.contains(&("template-root.csv, organ, base".into(), "BASE_ITEMS_NUMBER")),
        "{found:?}"
    );
    assert!(
        found.contains(&("template-root.csv, organ, setup".into(), "SUB_ITEM_SUM")),
        "{found:?}"
    );
    has(
        "graded,ladder,\"{\"\"steps\"\":[[10000,10000],[9500,8000],[9000,5000]]}\",2000,2000,*",
        "graded,ladder,\"{\"\"steps\"\":[[10000,10000],[9500,8000],[9000,5000]]}\",2000,2000,soe;soe",
        "template-root.csv:30, domains",
        "DOMAIN_UNKNOWN",
    );
}

#[test]
fn an_item_must_have_a_known_indicator_its_place_and_an_applicable_rule() {
    has(
        ",activity.study.held,proportional",
        ",activity.study.kept,proportional",
        "template-root.csv:2, leadership.political.study, indicator",
        "INDICATOR_UNKNOWN",
    );
    has(
        "leadership.political.study,班子建设,政治建设",
        "leadership.political.study,工作运行,政治建设",
        "template-root.csv:2, leadership.political.study, sub_item",
        "PLACE_WRONG",
    );
    has(
        "leadership.political.study,班子建设",
        "leadership.study,班子建设",
        "template-root.csv:2, leadership.study, item",
        "ITEM_ID_WRONG",
    );
    has(
        "leadership.political.issues,",
        "leadership.political.study,",
        "template-root.csv:3, leadership.political.study, item",
        "ITEM_REPEATED",
    );
    has(
        "2500,2500,*,no,redistribute,基本能力,基本制度,组织制度体系化,R-116;R-117",
        "2500,2500,*,no,none,基本能力,基本制度,组织制度体系化,R-116;R-117",
        "template-root.csv:3, leadership.political.issues, not_applicable",
        "NOT_APPLICABLE_MISSING",
    );
    has(
        "2500,2500,*,no,redistribute,基本能力,基本制度,组织制度体系化,R-116;R-117",
        "2500,2500,*,no,,基本能力,基本制度,组织制度体系化,R-116;R-117",
        "template-root.csv:3, not_applicable",
        "WORD_UNKNOWN",
    );
    has(
        "2500,2500,*,no,redistribute,基本能力,基本制度,组织制度体系化,R-116;R-117",
        "2500,2500,*,no,redistribute,基本能力,基本制度,组织制度体系化,",
        "template-root.csv:3, leadership.political.issues, norms",
        "NORM_MISSING",
    );
    has(
        "plus.commended,作用发挥,重点任务,plus",
        "plus.commended,作用发挥,重点任务,bonus",
        "template-root.csv:51, kind",
        "WORD_UNKNOWN",
    );
    has(
        "\"\"turnout\"\":\"\"rating.turnout.members\"\"",
        "\"\"turnout\"\":\"\"rating.turnout.people\"\"",
        "template-root.csv:72, review.members, parameters",
        "INDICATOR_UNKNOWN",
    );
}

#[test]
fn parameters_of_a_formula_are_typed_bounded_and_falling() {
    let ladder = r#"[[10000,10000],[9500,6000]]"#;
    let place = "template-root.csv:36, support.funds.evidenced, parameters";
    for wrong in [
        "[[10000,10000],[9500,10000]]",
        "[[9500,10000],[9500,6000]]",
        "[[9500,10000],[10000,6000]]",
        "[[10000,9000],[9500,6000]]",
        "[[10001,10000],[9500,6000]]",
        "[[10000,10000],[9500,0]]",
        "[]",
    ] {
        has(ladder, wrong, place, "PARAMETERS_OUT_OF_RANGE");
    }
    let engaged = "activity.member.engaged,proportional,\"{\"\"full_at_bp\"\":9000}\"";
    for (wrong, place, reason) in [
        (
            "0",
            "template-root.csv:47, effect.centre.engaged, parameters",
            "PARAMETERS_OUT_OF_RANGE",
        ),
        (
            "10001",
            "template-root.csv:47, effect.centre.engaged, parameters",
            "PARAMETERS_OUT_OF_RANGE",
        ),
        ("0.9", "template-root.csv:47, parameters", "PARAMETERS_INVALID"),
    ] {
        has(engaged, &engaged.replace("9000", wrong), place, reason);
    }
    has(
        engaged,
        "activity.member.engaged,proportional,{}",
        "template-root.csv:47, parameters",
        "PARAMETERS_INVALID",
    );
    has(
        engaged,
        "activity.member.engaged,average,{}",
        "template-root.csv:47, parameters",
        "PARAMETERS_INVALID",
    );
    has(
        engaged,
        "activity.member.engaged,per_occurrence,\"{\"\"each\"\":2000,\"\"cap\"\":2000}\"",
        "template-root.csv:47, effect.centre.engaged, method",
        "METHOD_NOT_FOR_KIND",
    );
    has(
        "per_occurrence,\"{\"\"each\"\":1000,\"\"cap\"\":4000}\"",
        "per_occurrence,\"{\"\"each\"\":900,\"\"cap\"\":4000}\"",
        "template-root.csv:61, minus.complaint, parameters",
        "PARAMETERS_OUT_OF_RANGE",
    );
}

#[test]
fn an_indicator_that_counts_how_the_system_is_used_is_refused() {
    has(
        "理论学习按月开展",
        "党员在线学习",
        "indicators.csv:33, activity.study.held, id",
        "USAGE_COUNTED",
    );
    has(
        "activity.talk.done,谈心谈话",
        "activity.login.days,谈心谈话",
        "indicators.csv:46, activity.login.days, id",
        "USAGE_COUNTED",
    );
    has(
        "Persons and households of the denominator visited",
        "Persons who logged in and households visited",
        "indicators.csv:55, activity.care.visited, id",
        "USAGE_COUNTED",
    );
}

#[test]
fn the_catalogue_names_owner_period_and_bound_of_every_indicator() {
    has(
        "activity.talk.done,谈心谈话,activity,talk,year",
        "activity.talk.done,谈心谈话,member,talk,year",
        "indicators.csv:46, activity.talk.done, id",
        "OWNER_MISMATCH",
    );
    has(
        "activity.talk.done,谈心谈话,activity,talk,year",
        "activity.talk.done,谈心谈话,activity,talk,decade",
        "indicators.csv:46, activity.talk.done, period",
        "WORD_UNKNOWN",
    );
    has(
        "activity.talk.done,谈心谈话",
        "activity.study.held,谈心谈话",
        "indicators.csv:46, activity.study.held, id",
        "INDICATOR_REPEATED",
    );
}

#[test]
fn thresholds_fall_from_five_stars_to_one() {
    has(
        "total >= 80000",
        "total >= 90000",
        "rules.csv:11, threshold.four, condition",
        "THRESHOLDS_NOT_FALLING",
    );
    has(
        "total >= 80000",
        "total > 80000",
        "rules.csv:11, threshold.four, condition",
        "CONDITION_NOT_FOR_KIND",
    );
    has(
        "threshold.one,threshold,*,always",
        "threshold.one,threshold,*,total >= 1",
        "rules.csv:14, threshold.one, condition",
        "CONDITION_NOT_FOR_KIND",
    );
    has(
        r#"{""star"":3}",S-307;R-505"#,
        r#"{""star"":4}",S-307;R-505"#,
        "rules.csv, threshold",
        "THRESHOLDS_INCOMPLETE",
    );
}

#[test]
fn rules_read_what_exists_and_do_what_their_kind_may() {
    has(
        "numerator(member.count.full) < 3",
        "numerator(member.count.whole) < 3",
        "rules.csv:18, cap.members, condition",
        "INDICATOR_UNKNOWN",
    );
    has(
        "numerator(member.count.full) < 3",
        "numerator(member.count.full) < three",
        "rules.csv:18, condition",
        "CONDITION_UNREADABLE",
    );
    has(
        "numerator(member.count.full) < 3",
        "total < 3",
        "rules.csv:18, cap.members, condition",
        "CONDITION_NOT_FOR_KIND",
    );
    has(
        "numerator(member.count.full) < 3",
        "always",
        "rules.csv:18, cap.members, condition",
        "CONDITION_NOT_FOR_KIND",
    );
    has(
        "cap.members,cap,*",
        "cap.members,veto,*",
        "rules.csv:18, cap.members, id",
        "RULE_ID_WRONG",
    );
    has(
        "cap.members,cap,*",
        "cap.vacancy,cap,*",
        "rules.csv:19, cap.vacancy, id",
        "RULE_REPEATED",
    );
    has(
        r#"{""points"":5000}"#,
        r#"{""points"":-5}"#,
        "rules.csv:15, cap.plus, parameters",
        "PARAMETERS_OUT_OF_RANGE",
    );
    has(
        r#"{""points"":5000}"#,
        r#"{""point"":5000}"#,
        "rules.csv:15, parameters",
        "PARAMETERS_INVALID",
    );
    has(
        "cap.scored,cap,*",
        "cap.scored,cap,soe",
        "rules.csv:16, cap.scored, domains",
        "DOMAINS_NOT_ALL",
    );
    has(
        "\"\"star\"\":2,\"\"except\"\"",
        "\"\"star\"\":6,\"\"except\"\"",
        "rules.csv:17, cap.rectification, parameters",
        "PARAMETERS_OUT_OF_RANGE",
    );
}

#[test]
fn the_quota_and_its_order_are_complete() {
    has(
        "\"\"share_bp\"\":3000",
        "\"\"share_bp\"\":30000",
        "rules.csv:32, quota.five, parameters",
        "PARAMETERS_OUT_OF_RANGE",
    );
    has(
        "star == 5",
        "star == 4",
        "rules.csv:32, quota.five, condition",
        "CONDITION_NOT_FOR_KIND",
    );
    has(
        "{\"\"rank\"\":2,",
        "{\"\"rank\"\":3,",
        "rules.csv, tie",
        "ORDER_INCOMPLETE",
    );
    has(
        "\"\"by\"\":\"\"draw\"\",\"\"seed\"\":\"\"commit_then_reveal\"\"",
        "\"\"by\"\":\"\"draw\"\"",
        "rules.csv:35, tie.draw, parameters",
        "PARAMETERS_OUT_OF_RANGE",
    );
}

#[test]
fn dimensions_and_sub_items_stay_as_they_are() {
    has(
        "dimension,effect,作用发挥",
        "dimension,impact,作用发挥",
        "codes.csv:30, parent",
        "DIMENSION_UNKNOWN",
    );
    has(
        "sub_item,site,场所,support,10",
        "sub_item,place,场所,support,10",
        "codes.csv, support",
        "OUTLINE_CHANGED",
    );
    has(
        "domain,soe,国有企业",
        "domain,soe,国企",
        "codes.csv:7, code",
        "WORD_UNKNOWN",
    );
}

#[test]
fn a_draft_without_lines_is_named_by_its_records() {
    let mut draft = Template::parse(&Sources::ROOT).unwrap();
    draft = serde_json::from_slice(&draft.canonical_bytes()).unwrap();
    draft.items.swap(0, 9);
    let found = lint(&draft);
    assert!(
        found
            .iter()
            .any(|one| one.place.starts_with("template-root.csv, ") && one.reason == "ITEM_OUT_OF_ORDER")
    );
}
