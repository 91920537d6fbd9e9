//! The summary for people: tables of plain text.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use serde_json::Value;

use super::{Summary, Waits, explained};
use crate::{county::defects::DefectKind, demo::news::seconds};

const STAR_NAMES: [&str; 5] = ["一星", "二星", "三星", "四星", "五星"];
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

/// Writes the whole page; without an example where nothing goes on serving.
pub fn write(out: &mut impl Write, summary: &Summary, example: Option<&Example>) -> io::Result<()> {
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
        .map_or(Ok(()), |one| explained::write(out, one, &summary.ways))?;
    defects(out, summary)?;
    waiting(out, summary)?;
    writeln!(out, "\n── 用时 ──")?;
    if let Some(day) = summary.taken_up {
        writeln!(out, "本次从 {day} 接着走，下列只是本次所用的时间，不是全年的")?;
    }
    for (name, took) in &summary.stages {
        writeln!(out, "{} {:>9} 秒", padded(name, 22), seconds(*took))?;
    }
    let all = summary.stages.iter().map(|(_, took)| *took).sum();
    writeln!(out, "{} {:>9} 秒", padded("合计", 22), seconds(all))?;
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
    apart(out, summary)?;
    writeln!(
        out,
        "五星级已命名 {} 个，候补 {} 个，因异议暂缓 {} 个；整顿中 {} 个",
        summary.five_star_named, summary.waiting_for_place, summary.blocked, summary.rectification_cases
    )
}

/// Why the stars are fewer than the branches.
fn apart(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let not_rated: u32 = summary.not_rated.values().sum();
    if not_rated > 0 {
        let reasons = summary.not_rated.iter();
        let reasons: Vec<String> = reasons
            .map(|(code, many)| format!("{} {many} 个", not_rated_zh(code)))
            .collect();
        let all = summary.in_cycle;
        writeln!(
            out,
            "列入评定的支部 {all} 个，不参评 {not_rated} 个：{}",
            reasons.join("、")
        )?;
    }
    let rated = summary.in_cycle.saturating_sub(not_rated) as usize;
    let unstarred = rated.saturating_sub(summary.stars.iter().sum());
    match unstarred {
        0 => Ok(()),
        many => writeln!(out, "参评而还没有星级的 {many} 个"),
    }
}

fn not_rated_zh(code: &str) -> &str {
    match code {
        "TEMPORARY_BRANCH" => "临时党支部",
        "MOBILE_BRANCH" => "流动党员党支部",
        "FUNCTIONAL_BRANCH" => "功能型党支部",
        "NO_FULL_QUARTER" => "年内成立不满一个完整季度的支部",
        "DISSOLVED" => "冻结前已撤销的支部",
        other => other,
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
        padded("问题", 24),
        left("预置", 8),
        left("查出", 8)
    )?;
    for (kind, (injected, found)) in kinds {
        let known = DefectKind::ALL.into_iter().find(|one| one.code() == kind);
        writeln!(
            out,
            "{}{}{}",
            padded(known.map_or(kind, |known| known.name_zh()), 24),
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

/// By the state of the cases: the steps that may come next, and whose they are.
pub(super) fn waiting(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    writeln!(out, "\n── 待办 ──")?;
    let counties: BTreeSet<&str> = summary.waiting.iter().map(|one| &*one.county).collect();
    let mut by_state = BTreeMap::<(&str, &str), Vec<&Waits>>::new();
    for one in &summary.waiting {
        by_state
            .entry((&one.county, &one.step.state_zh))
            .or_default()
            .push(one);
    }
    for ((county, state), steps) in by_state {
        let place = match counties.len() {
            1 => String::new(),
            _ => format!("{county}  "),
        };
        // Each case stands in every step that may come next, once for its own people.
        let mut by_step = BTreeMap::<&str, u32>::new();
        for one in &steps {
            *by_step.entry(&one.step.step_zh).or_default() += one.step.cases;
        }
        let cases = by_step.values().copied().max().unwrap_or_default();
        writeln!(out, "{place}{state}：{cases} 件，可办：")?;
        for Waits { step: one, .. } in steps {
            let part = match one.cases == cases {
                true => String::new(),
                false => format!("（其中 {} 件）", one.cases),
            };
            writeln!(out, "  {}{part}——{}", one.step_zh, one.who)?;
        }
    }
    for why in &summary.unheard {
        writeln!(out, "待办不全  {why}")?;
    }
    if summary.waiting.is_empty() && summary.unheard.is_empty() {
        writeln!(out, "没有待办事项")?;
    }
    Ok(())
}

fn api(out: &mut impl Write, summary: &Summary, example: Option<&Example>) -> io::Result<()> {
    writeln!(out, "\n── 接口 ──")?;
    let day = kernel::day::day_of(summary.now);
    let into_day = summary.now - kernel::day::start_of(day);
    let (hour, minute) = (into_day.num_hours(), into_day.num_minutes() % 60);
    let Some(example) = example else {
        return writeln!(
            out,
            "只打印结果（--exit），不继续提供服务；业务时间 {day} {hour:02}:{minute:02}。不写 --exit 再次启动，即从这里提供服务"
        );
    };
    writeln!(out, "{}（gRPC、gRPC-Web、Connect JSON 同一端口）", summary.api)?;
    writeln!(
        out,
        "业务时间 {day} {hour:02}:{minute:02}：提供服务期间随实际时间前进，再次启动时从停下的时刻继续"
    )?;
    let admins = summary.admins.iter().map(|(name, at)| format!("{name} {at}"));
    writeln!(
        out,
        "健康检查和 gRPC 反射在管理端口，不在接口端口：{}",
        admins.collect::<Vec<_>>().join("、")
    )?;
    writeln!(
        out,
        "组织部经办人的令牌（12 小时有效，由演示自带的签发者签发，密钥在数据目录 keys 中）：\n{}",
        example.token
    )?;
    writeln!(
        out,
        "试一试：\ncurl -s {} -H 'content-type: application/json' -H 'authorization: Bearer {}' -d '{}'",
        example.url, example.token, example.body
    )
}

/// Columns that a text takes on a terminal: two for each Chinese character.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(|one| if one < '\u{2e80}' { 1 } else { 2 }).sum()
}

/// A text with spaces up to a column, one at least.
#[must_use]
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text)).max(1)))
}

/// A text that ends at a column.
#[must_use]
pub fn left(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}
