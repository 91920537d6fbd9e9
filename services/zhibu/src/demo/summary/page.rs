//! The summary for people: tables of plain text.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use kernel::{Domain, Milli};
use serde_json::Value;

use super::{Explained, Summary};
use crate::demo::news::seconds;

const STAR_NAMES: [&str; 5] = ["一星", "二星", "三星", "四星", "五星"];
/// So much evidence is shown behind an item; the rest is in the API.
const SHOWN: usize = 2;

/// How to try the API.
#[derive(Debug)]
pub struct Example {
    /// A token of the county's organization department.
    pub token: String,
    /// What to call.
    pub url: String,
    /// With what.
    pub body: Value,
}

/// Writes the whole page.
pub fn write(out: &mut impl Write, summary: &Summary, example: &Example) -> io::Result<()> {
    writeln!(
        out,
        "\n═══ {}（{}）党支部建设年度情况 ═══\n",
        summary.county.1, summary.county.0
    )?;
    writeln!(
        out,
        "组织 {} 个，其中支部 {} 个；党员 {} 名；会议和活动 {} 次；预约成功 {} 次、被拒 {} 次",
        summary.organizations,
        summary.branches,
        summary.members,
        summary.meetings,
        summary.bookings.0,
        summary.bookings.1
    )?;
    stars(out, summary)?;
    summary
        .explanations
        .first()
        .map_or(Ok(()), |one| explained(out, one))?;
    defects(out, summary)?;
    waiting(out, summary)?;
    writeln!(out, "\n── 用时 ──")?;
    for (name, took) in &summary.stages {
        writeln!(out, "{} {:>9} 秒", padded(name, 22), seconds(*took))?;
    }
    api(out, summary, example)
}

fn stars(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    writeln!(out, "\n── 各领域星级 ──")?;
    let head: String = STAR_NAMES.iter().rev().map(|name| left(name, 8)).collect();
    writeln!(out, "{}{head}{}", padded("领域", 12), left("合计", 8))?;
    let row = |out: &mut dyn Write, name: &str, row: &[usize; 5]| {
        let cells: String = row.iter().rev().map(|many| left(&many.to_string(), 8)).collect();
        writeln!(
            out,
            "{}{cells}{}",
            padded(name, 12),
            left(&row.iter().sum::<usize>().to_string(), 8)
        )
    };
    for (domain, cells) in &summary.by_domain {
        row(out, domain.name_zh(), cells)?;
    }
    row(out, "合计", &summary.stars)?;
    writeln!(
        out,
        "五星级已命名 {} 个，候补 {} 个，因异议暂缓 {} 个；整顿中 {} 个",
        summary.five_star_named, summary.waiting_for_place, summary.blocked, summary.rectification_cases
    )
}

/// Item by item: points, the two numbers, what they refer to.
fn explained(out: &mut impl Write, one: &Explained) -> io::Result<()> {
    let Some(score) = &one.answer.result else {
        return Ok(());
    };
    writeln!(
        out,
        "\n── 一个支部的得分逐项说明：{}（{}） ──",
        one.name,
        Domain::name_zh(one.domain)
    )?;
    let facts: BTreeMap<&str, _> = one
        .answer
        .facts
        .iter()
        .map(|fact| (fact.indicator.as_str(), fact))
        .collect();
    let indicators = indicators(&one.answer.explanation_json);
    for item in &one.answer.items {
        let fact = indicators
            .get(&item.item)
            .and_then(|indicator| facts.get(indicator.as_str()));
        let basis = match fact {
            Some(fact) if fact.applicable => {
                let evidence: Vec<&str> = fact.evidence.iter().take(SHOWN).map(String::as_str).collect();
                format!("{}/{} {}", fact.numerator, fact.denominator, evidence.join("，"))
            }
            Some(fact) => format!("不适用 {}", fact.reason),
            None => String::new(),
        };
        let (earned, offered) = (Milli(item.earned).points(), Milli(item.offered).points());
        writeln!(
            out,
            "{}{earned:>8} / {offered:>7}  {basis}",
            padded(&item.name_zh, 36)
        )?;
    }
    let points = |milli: i64| Milli(milli).points();
    writeln!(
        out,
        "基础 {} + 加分 {} − 减分 {} = {}；评议 {}；总分 {}；门槛 {} 星，封顶后 {} 星，否决后 {} 星，名额后 {} 星 {}",
        points(score.base),
        points(score.plus),
        points(score.minus),
        points(score.scored),
        points(score.review),
        points(score.total),
        score.star_threshold,
        score.star_caps,
        score.star_vetoes,
        score.star,
        score.rules.join("，")
    )
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

fn defects(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    writeln!(out, "\n── 筛查 ──")?;
    let mut kinds = BTreeMap::<&str, (usize, usize)>::new();
    summary
        .injected
        .iter()
        .for_each(|one| kinds.entry(&one.kind).or_default().0 += 1);
    summary
        .found
        .iter()
        .for_each(|one| kinds.entry(&one.kind).or_default().1 += 1);
    writeln!(
        out,
        "{}{}{}",
        padded("问题", 22),
        left("预置", 8),
        left("查出", 8)
    )?;
    for (kind, (injected, found)) in kinds {
        writeln!(
            out,
            "{}{}{}",
            padded(kind, 22),
            left(&injected.to_string(), 8),
            left(&found.to_string(), 8)
        )?;
    }
    let equal = summary.injected == summary.found;
    writeln!(
        out,
        "{}",
        if equal {
            "查出的与预置的逐条相同"
        } else {
            "查出的与预置的不同！"
        }
    )
}

pub(super) fn waiting(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    writeln!(out, "\n── 待办 ──")?;
    for one in &summary.waiting {
        writeln!(
            out,
            "{}{}  {}",
            padded(&one.step_zh, 40),
            left(&one.cases.to_string(), 6),
            one.who
        )?;
    }
    for why in &summary.unheard {
        writeln!(out, "待办不全  {why}")?;
    }
    if summary.waiting.is_empty() && summary.unheard.is_empty() {
        writeln!(out, "没有待办事项")?;
    }
    Ok(())
}

fn api(out: &mut impl Write, summary: &Summary, example: &Example) -> io::Result<()> {
    writeln!(
        out,
        "\n── 接口 ──\n{}（gRPC、gRPC-Web、Connect JSON 同一端口）",
        summary.api
    )?;
    writeln!(
        out,
        "县委组织部经办人的令牌（12 小时有效，由演示自带的签发者签发，密钥在数据目录 keys 中）：\n{}",
        example.token
    )?;
    writeln!(
        out,
        "试一试：\ncurl -s {} -H 'content-type: application/json' -H 'authorization: Bearer {}' -d '{}'",
        example.url, example.token, example.body
    )
}

/// Columns that a text takes on a terminal: two for each Chinese character.
fn columns(text: &str) -> usize {
    text.chars().map(|one| if one < '\u{2e80}' { 1 } else { 2 }).sum()
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text)).max(1)))
}

fn left(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}
