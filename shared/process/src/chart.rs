//! The flow chart (工作流程图, S-211) as SVG: one for each variant of a version. The layout is integer and follows
//! the order of the file, so that the same definition gives the same bytes.
//!
//! States are boxes, in columns by `stage`, else by distance from the opening; ends stand at the right. Arrows carry
//! the numbers of their steps, which the list below names with who takes them and by when. Refusals, returns and
//! moves of a clock are dashed. With a case, arrows that were taken are drawn strong, and its state is filled.

mod layout;
mod ways;

use std::fmt::Write;

use crate::{
    definition::{
        Definitions, Procedure,
        schema::{Due, Step, Unit},
        tables::Setting,
        words::{Number, Right},
    },
    engine::{Case, What},
};
use kernel::{Relation, role::Anchor};
use layout::{Labels, Layout, Placed};
use ways::{Kind, Way};

/// Height of a line of the list.
const LINE: i32 = 22;
const MARGIN: i32 = 24;
const STYLE: &str = "text{font-family:'Noto Sans CJK SC','Microsoft YaHei',sans-serif;font-size:13px;fill:#222}\
.h{font-size:18px;font-weight:bold}.s{font-size:11px;fill:#555}.n{font-size:10px;text-anchor:middle}\
.box{fill:#fff;stroke:#666}.end{fill:#f2f2f2;stroke:#666}.here{fill:#ffe1a8;stroke:#b3261e;stroke-width:2}\
.w{fill:none;stroke:#888;marker-end:url(#a)}.t{stroke:#b3261e;stroke-width:2}.d{stroke-dasharray:5 4}\
.c{fill:#fff;stroke:#888}.o{fill:#222}";

/// The chart of a variant; with a case, what was done in it.
#[must_use]
pub fn draw(
    definitions: &Definitions,
    procedure: &Procedure,
    variant: Option<&str>,
    case: Option<&Case>,
) -> String {
    let ways = ways::of(procedure, variant);
    let layout = Layout::of(procedure, variant, &ways);
    let list = list(definitions, procedure, variant);
    let below = layout.height + 2 * MARGIN + 30;
    let width = layout
        .width
        .max(list.iter().map(|line| text_width(line) + 40).max().unwrap_or(0))
        + 2 * MARGIN;
    let height = below + LINE * i32::try_from(list.len()).unwrap_or(0) + MARGIN;
    let mut svg = String::new();
    let name = procedure.variants.get(variant.unwrap_or_default());
    let title = match name {
        Some(name) => format!("{}（{name}）", procedure.name_zh),
        None => procedure.name_zh.clone(),
    };
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\
         <title>{0}</title><style>{STYLE}</style>\
         <defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0 8 4 0 8z\" fill=\"#888\"/></marker></defs>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\
         <text class=\"h\" x=\"{MARGIN}\" y=\"26\">{0}</text><text class=\"s\" x=\"{MARGIN}\" y=\"44\">{1}</text>\
         <g transform=\"translate({MARGIN} {2})\">",
        escaped(&title),
        escaped(&procedure.title()),
        MARGIN + 30
    );
    let mut labels = Labels::default();
    for way in &ways {
        let taken = case.is_some_and(|case| was_taken(case, way));
        arrow(&mut svg, &layout, &mut labels, (way, taken));
    }
    let here = case.and_then(Case::state);
    for placed in &layout.boxes {
        state(&mut svg, procedure, placed, here == Some(placed.id));
    }
    svg.push_str("</g>");
    for (at, line) in (0..).zip(&list) {
        let y = below + LINE * at + 14;
        let _ = write!(svg, "<text x=\"{MARGIN}\" y=\"{y}\">{}</text>", escaped(line));
    }
    svg.push_str("</svg>");
    svg
}

fn was_taken(case: &Case, way: &Way<'_>) -> bool {
    let mut before = None;
    case.entries().iter().any(|entry| {
        let from = before.replace(entry.state.as_str());
        let done = match (&entry.what, way.kind) {
            (What::Step { step, .. }, Kind::Step | Kind::Otherwise) => {
                way.steps.iter().any(|(_, id)| id == step)
            }
            (What::Late { .. }, Kind::Clock) | (What::Answer { .. }, Kind::Objection) => true,
            _ => false,
        };
        done && from == way.from && entry.state == way.to
    })
}

fn state(svg: &mut String, procedure: &Procedure, placed: &Placed<'_>, here: bool) {
    let Some(state) = procedure.state(placed.id) else {
        return;
    };
    let class = match (here, state.end) {
        (true, _) => "here",
        (false, Some(_)) => "end",
        (false, None) => "box",
    };
    let Placed {
        x, y, width, height, ..
    } = placed;
    let round = if state.end.is_some() { 20 } else { 5 };
    let _ = write!(
        svg,
        "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\"/>"
    );
    let mark = match (&state.publicity, state.stopped) {
        (Some(_), _) => "〔公示〕",
        (None, true) => "〔中止〕",
        (None, false) => "",
    };
    let lines = layout::wrapped(&format!("{}{mark}", state.name_zh));
    for (at, line) in (0..).zip(&lines) {
        let (x, y) = (x + 10, y + 20 + at * 18);
        let _ = write!(svg, "<text x=\"{x}\" y=\"{y}\">{}</text>", escaped(line));
    }
    if !placed.inside.is_empty() {
        let (x, y) = (x + 10, y + 20 + 18 * i32::try_from(lines.len()).unwrap_or(0));
        let _ = write!(
            svg,
            "<text class=\"s\" x=\"{x}\" y=\"{y}\">步骤 {}</text>",
            placed.inside
        );
    }
}

fn arrow(svg: &mut String, layout: &Layout<'_>, labels: &mut Labels, (way, taken): (&Way<'_>, bool)) {
    let Some(route) = layout.route(way) else { return };
    let mut class = String::from("w");
    if way.kind != Kind::Step {
        class.push_str(" d");
    }
    if taken {
        class.push_str(" t");
    }
    let _ = write!(svg, "<path class=\"{class}\" d=\"{}\"/>", route.path);
    if let Some((x, y)) = route.start {
        let _ = write!(svg, "<circle class=\"o\" cx=\"{x}\" cy=\"{y}\" r=\"5\"/>");
    }
    let numbers: Vec<String> = way.steps.iter().map(|(number, _)| number.to_string()).collect();
    let label = match way.kind {
        Kind::Clock => "逾期".to_owned(),
        Kind::Objection => "异议成立".to_owned(),
        Kind::Step | Kind::Otherwise => numbers.join("、"),
    };
    let half = (text_width(&label) * 10 / 13) / 2 + 6;
    let (x, y) = labels.place(layout, route.label, half);
    let _ = write!(
        svg,
        "<rect class=\"c\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"16\" rx=\"8\"/><text class=\"n\" x=\"{x}\" y=\"{}\">{label}</text>",
        x - half,
        y - 8,
        2 * half,
        y + 4
    );
}

/// Each step with its number, its official number, who takes it and by when.
fn list(definitions: &Definitions, procedure: &Procedure, variant: Option<&str>) -> Vec<String> {
    let steps = procedure.steps_of(variant).enumerate();
    let of_step = |(at, step): (usize, &Step)| {
        let official = step.no.map(|no| format!("（第 {no} 步）")).unwrap_or_default();
        let who: Vec<String> = step.who.iter().map(who).collect();
        let due: Vec<String> = step.due.iter().map(|due| by_when(definitions, due)).collect();
        let due = match due.is_empty() {
            true => String::new(),
            false => format!("；期限 {}", due.join("、")),
        };
        format!("{}. {}{official}：{}{due}", at + 1, step.name_zh, who.join("、"))
    };
    steps.map(of_step).collect()
}

fn who(right: &Right) -> String {
    let anchor = match right.0.anchor {
        Anchor::Subject => "",
        Anchor::Target | Anchor::Side => "对方",
    };
    let place = match right.0.relation {
        Relation::SelfPerson => return right.0.role.name_zh().to_owned(),
        Relation::Own => "本级",
        Relation::Parent => "直接上级",
        Relation::Superior => "上级党委",
        Relation::Upper => "再上一级",
        Relation::County => "县级",
        Relation::City => "市级",
        Relation::Province => "省级",
        Relation::Ancestor => "任一上级",
        Relation::Common => "共同上级",
        Relation::Any => "任一组织",
        Relation::Public => "公众",
        Relation::Engine => "系统",
    };
    format!("{}（{anchor}{place}）", right.0.role.name_zh())
}

fn by_when(definitions: &Definitions, due: &Due) -> String {
    let n = match &due.n {
        Number::Fixed(n) => n.to_string(),
        Number::Parameter { name, .. } => definitions
            .tables
            .param
            .get(name)
            .map(|parameter| match &parameter.default {
                Setting::Int(n) => n.to_string(),
                Setting::Code(code) => code.clone(),
            })
            .unwrap_or_default(),
    };
    let unit = match due.unit {
        Unit::WorkingDays => "个工作日",
        Unit::Days => "天",
        Unit::Months => "个月",
        Unit::Years => "年",
    };
    format!("{n}{unit}")
}

/// Width of a text in 13-pixel letters: full for Chinese, half for Latin.
fn text_width(text: &str) -> i32 {
    text.chars()
        .map(|letter| if letter.is_ascii() { 7 } else { 13 })
        .sum()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
