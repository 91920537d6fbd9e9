//! One branch's score item by item, for people: what was earned of what, from which numbers, on what evidence. Ids
//! are left to the API.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use kernel::{Domain, Milli, indicator::Catalogue};
use proto::{
    indicator::v1::Count,
    rating::v1::{ItemScore, Result as Score},
};
use serde_json::Value;

use super::{
    Explained,
    page::{left, padded},
};

/// The parts of a score: how their items begin, what they are called, what stands over the points.
const PARTS: [(&str, &str, &str, &str); 4] = [
    ("", "基础分", "得分", "满分"),
    ("plus.", "加分", "加分", "最多"),
    ("minus.", "减分", "扣分", "最多"),
    ("review.", "评议分", "得分", "满分"),
];
/// So many columns of evidence are shown.
const EVIDENCE: usize = 32;

/// Item by item, part by part, then how the star came about.
pub(super) fn write(
    out: &mut impl Write,
    one: &Explained,
    ways: &BTreeMap<String, String>,
) -> io::Result<()> {
    let Some(score) = &one.answer.result else {
        return Ok(());
    };
    writeln!(
        out,
        "\n── 一个支部的得分逐项说明：{}（{}） ──",
        one.name,
        Domain::name_zh(one.domain)
    )?;
    let counts = one.answer.facts.iter();
    let facts: BTreeMap<&str, &Count> = counts.map(|fact| (fact.indicator.as_str(), fact)).collect();
    let indicators = indicators(&one.answer.explanation_json);
    let mut apart = BTreeMap::<&str, Vec<&str>>::new();
    for (begin, title, earned, offered) in PARTS {
        let mut head = Some(format!(
            "{}{}{}  事实与依据",
            padded(title, 36),
            left(earned, 8),
            left(offered, 9)
        ));
        for item in one
            .answer
            .items
            .iter()
            .filter(|item| part_of(&item.item) == begin)
        {
            let fact = indicators.get(&item.item).and_then(|id| facts.get(id.as_str()));
            match fact {
                // What does not apply gives its points to others, except where the template counts it as whole.
                Some(fact) if !fact.applicable && item.earned == 0 => {
                    apart.entry(why(&fact.reason)).or_default().push(&item.name_zh);
                }
                fact => {
                    if let Some(head) = head.take() {
                        writeln!(out, "{head}")?;
                    }
                    writeln!(
                        out,
                        "  {}{:>8}{:>9}  {}",
                        padded(&item.name_zh, 34),
                        Milli(item.earned).points(),
                        Milli(item.offered).points(),
                        match fact {
                            Some(fact) if !fact.applicable => format!("{}，按满分计", why(&fact.reason)),
                            Some(fact) => basis(fact) + &lost(item, ways),
                            None => String::new(),
                        }
                    )?;
                }
            }
        }
    }
    writeln!(out, "不适用的项目（基础分中，其分值并入同组其他项目）")?;
    for (why, names) in apart {
        writeln!(out, "  {why}：{}", names.join("、"))?;
    }
    sum(out, score)
}

fn part_of(item: &str) -> &'static str {
    let mut parts = PARTS.iter().map(|part| part.0);
    parts
        .find(|begin| !begin.is_empty() && item.starts_with(begin))
        .unwrap_or_default()
}

/// Why an item does not apply, in the words of people.
fn why(reason: &str) -> &'static str {
    match reason {
        "NOT_KEPT_YET" => "本系统尚未采集",
        "NO_FACT" => "没有取得数据",
        "NOT_IN_EXISTENCE" | "NOT_IN_PERIOD" | "NO_YEAR_ENDS" => "支部在该年度内尚未成立或已撤销",
        "TEMPORARY_BRANCH" | "NOT_LEADING_AREA" | "NO_DOMAIN" => "对这类支部不作要求",
        "NO_MARKS" | "NO_VALID_BALLOT" => "没有有效评分",
        founded if founded.starts_with("FOUNDED_AFTER_") => "支部成立较晚",
        _ => "本年度没有应办事项",
    }
}

/// Where something was lost or taken, by which rule.
fn lost(item: &ItemScore, ways: &BTreeMap<String, String>) -> String {
    let whole = match item.item.starts_with("minus.") {
        true => 0,
        false => item.offered,
    };
    match ways.get(&item.item) {
        Some(way) if item.earned != whole => format!("；{way}"),
        _ => String::new(),
    }
}

/// The hash of the template by which an explanation was made; empty where it says none.
pub(super) fn template(explanation: &str) -> String {
    let tree: Value = serde_json::from_str(explanation).unwrap_or_default();
    tree["template"].as_str().unwrap_or_default().to_owned()
}

/// How points are earned, by item, as a template says it.
pub(super) fn ways(template: &str) -> BTreeMap<String, String> {
    let template: Value = serde_json::from_str(template).unwrap_or_default();
    let items = template["items"].as_array().into_iter().flatten();
    items
        .filter_map(|item| Some((item["id"].as_str()?.to_owned(), way(&item["method"])?)))
        .collect()
}

/// One method in the words of people.
fn way(method: &Value) -> Option<String> {
    let given = &method["parameters"];
    let percent = |part: &Value| {
        let part = part.as_u64()?;
        Some(match part % 100 {
            0 => format!("{}%", part / 100),
            more => format!("{}.{more:02}%", part / 100),
        })
    };
    match method["method"].as_str()? {
        "yes_no" => Some("全部做到才得分".to_owned()),
        "proportional" => match given["full_at_bp"].as_u64()? {
            10_000 => Some("按比例得分".to_owned()),
            _ => Some(format!(
                "按比例得分，达到 {} 即得满分",
                percent(&given["full_at_bp"])?
            )),
        },
        "ladder" => {
            let steps = given["steps"].as_array()?;
            let steps = steps.iter().map(|step| {
                let (share, part) = (percent(&step[0])?, percent(&step[1])?);
                Some(match step[1].as_u64()? {
                    10_000 => format!("达到 {share} 得满分"),
                    _ => format!("达到 {share} 得 {part}"),
                })
            });
            Some(format!(
                "按档得分：{}，否则不得分",
                steps.collect::<Option<Vec<_>>>()?.join("、")
            ))
        }
        "per_occurrence" => Some(format!("每次 {} 分", Milli(given["each"].as_i64()?).points())),
        _ => None,
    }
}

/// The two numbers in their unit, and the evidence without ids.
fn basis(fact: &Count) -> String {
    let unit = Catalogue::shipped()
        .get(&fact.indicator)
        .map(|one| one.unit.as_str());
    let numbers = match unit {
        Some("fen") => format!("{}/{} 元", yuan(fact.numerator), yuan(fact.denominator)),
        _ => format!("{}/{}", fact.numerator, fact.denominator),
    };
    let shown = fact.evidence.iter().find_map(|one| told(one));
    match (fact.evidence.len(), shown) {
        (0, _) => numbers,
        (many, None) => format!("{numbers}，依据 {many} 条"),
        (1, Some(one)) => format!("{numbers}，依据 {one}"),
        (many, Some(one)) => format!("{numbers}，依据 {many} 条，如 {one}"),
    }
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// What is left of a piece of evidence without ids, as far as there is room.
fn told(evidence: &str) -> Option<String> {
    // Of `name=value` the value; a number or a day says something, a bare count, a code, a hash or an id of ours does not.
    let says = |word: &&str| {
        let number = word.contains('-') && word.contains(|letter: char| letter.is_ascii_digit());
        !word.is_ascii() || (number && uuid::Uuid::try_parse(word).is_err())
    };
    let values = evidence
        .split(' ')
        .map(|word| word.rsplit(['=', ':']).next().unwrap_or_default());
    let words = values.filter(says).collect::<Vec<_>>().join(" ");
    let mut shown = String::new();
    for letter in words.chars() {
        if super::page::columns(&shown) >= EVIDENCE {
            return Some(shown + "…");
        }
        shown.push(letter);
    }
    (!shown.is_empty()).then_some(shown)
}

fn sum(out: &mut impl Write, score: &Score) -> io::Result<()> {
    let points = |milli: i64| Milli(milli).points();
    writeln!(
        out,
        "基础 {} + 加分 {} − 减分 {} = {}；评议 {}；总分 {}",
        points(score.base),
        points(score.plus),
        points(score.minus),
        points(score.scored),
        points(score.review),
        points(score.total)
    )?;
    let place = match score.waiting {
        0 => String::new(),
        place => format!("，候补第 {place} 位"),
    };
    let rules: Vec<String> = score.rules.iter().map(|rule| rule_zh(rule)).collect();
    let rules = match rules.is_empty() {
        true => String::new(),
        false => format!("（{}）", rules.join("，")),
    };
    writeln!(
        out,
        "按分数线 {} 星，封顶后 {} 星，否决后 {} 星，名额后 {} 星{place}{rules}",
        score.star_threshold, score.star_caps, score.star_vetoes, score.star
    )
}

/// The kind of a rule in Chinese, with its code, by which the template names it.
fn rule_zh(rule: &str) -> String {
    let kind = match rule.split('.').next() {
        Some("cap") => "封顶规则",
        Some("veto") => "一票否决",
        Some("quota") => "五星名额限制",
        _ => "规则",
    };
    format!("{kind} {rule}")
}

/// The indicator of each item, as the explanation names it.
fn indicators(explanation: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let tree: Value = serde_json::from_str(explanation).unwrap_or_default();
    gather(&tree, &mut found);
    found
}

fn gather(tree: &Value, found: &mut BTreeMap<String, String>) {
    match tree {
        Value::Array(list) => list.iter().for_each(|one| gather(one, found)),
        Value::Object(map) => {
            if let (Some(Value::String(item)), Some(Value::String(indicator))) =
                (map.get("item"), map.get("indicator"))
            {
                found.insert(item.clone(), indicator.clone());
            }
            map.values().for_each(|one| gather(one, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fact(indicator: &str, (numerator, denominator): (i64, i64), evidence: &[&str]) -> Count {
        Count {
            indicator: indicator.into(),
            numerator,
            denominator,
            applicable: true,
            evidence: evidence.iter().map(|one| (*one).to_owned()).collect(),
            ..Count::default()
        }
    }

    #[test]
    fn evidence_is_told_without_ids_and_money_in_yuan() {
        let id = "01a21bed-e6a8-7100-9220-f731242d2bed";
        let money = fact("organization.fund.allotted", (4_580_050, 5_000_000), &[id, id]);
        assert_eq!(basis(&money), "45800.50/50000.00 元，依据 2 条");
        let study = format!("{id} 610323-m001093-study");
        let study = fact("activity.study.held", (12, 12), &[&study]);
        assert_eq!(basis(&study), "12/12，依据 610323-m001093-study");
        let days = format!("{id}=2025-01-15");
        assert_eq!(told(&days).as_deref(), Some("2025-01-15"));
        assert_eq!(basis(&fact("rating.rectification.open", (0, 1), &[])), "0/1");
        assert_eq!(told("reached=25"), None);
        let hash = "plan=1ca30b76f93a7b0a293a0825af8b35a9eb21d91a008c466d";
        assert_eq!(told(hash), None);
        let long = told(&"党委会议纪要".repeat(9)).expect("words");
        assert!(
            long.ends_with('…') && super::super::page::columns(&long) < 40,
            "{long}"
        );
    }

    #[test]
    fn what_does_not_apply_says_why() {
        assert_eq!(why("NO_TASK_DUE"), "本年度没有应办事项");
        assert_eq!(why("FOUNDED_AFTER_JUNE"), "支部成立较晚");
        assert_eq!(why("NOT_KEPT_YET"), "本系统尚未采集");
    }

    #[test]
    fn what_was_lost_says_by_which_rule() {
        let template = json!({"items": [
            {"id": "ladder", "method": {"method": "ladder", "parameters": {"steps": [[10_000, 10_000], [7_550, 6_000]]}}},
            {"id": "share", "method": {"method": "proportional", "parameters": {"full_at_bp": 9_000}}},
            {"id": "all", "method": {"method": "yes_no", "parameters": {}}},
            {"id": "each", "method": {"method": "per_occurrence", "parameters": {"each": 500, "cap": 5_000}}},
            {"id": "marks", "method": {"method": "judged", "parameters": {"turnout": null}}},
        ]});
        let told = ways(&template.to_string());
        let told: Vec<(&str, &str)> = told
            .iter()
            .map(|(item, way)| (item.as_str(), way.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("all", "全部做到才得分"),
                ("each", "每次 0.500 分"),
                (
                    "ladder",
                    "按档得分：达到 100% 得满分、达到 75.50% 得 60%，否则不得分"
                ),
                ("share", "按比例得分，达到 90% 即得满分"),
            ]
        );
        let item = |item: &str, (offered, earned)| ItemScore {
            item: item.into(),
            offered,
            earned,
            ..ItemScore::default()
        };
        let ways = BTreeMap::from([
            ("a".to_owned(), "甲".to_owned()),
            ("minus.b".to_owned(), "乙".to_owned()),
        ]);
        assert_eq!(lost(&item("a", (900, 600)), &ways), "；甲");
        assert_eq!(lost(&item("a", (900, 900)), &ways), "");
        assert_eq!(lost(&item("minus.b", (900, 0)), &ways), "");
        assert_eq!(lost(&item("minus.b", (900, 900)), &ways), "；乙");
    }

    #[test]
    fn items_stand_in_their_part() {
        assert_eq!(part_of("leadership.setup.term"), "");
        assert_eq!(part_of("minus.term"), "minus.");
        assert_eq!(rule_zh("quota.five"), "五星名额限制 quota.five");
    }
}
