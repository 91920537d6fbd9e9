//! The flow chart (工作流程图, S-211) as SVG: one for each variant of a version. The layout is whole numbers and follows
//! the order of the file, so that the same definition gives the same bytes.
//!
//! States are cards, in columns by `stage`, else by distance from the opening; ends stand at the right. A card lists
//! what can be done in its state: the official number, the name, who, by when; an arrow leaves the line to where it
//! leads, a line without an arrow stays. Refusals, returns and moves of a clock are dashed. With a case, what was done
//! is drawn strong, and its present card is filled.

mod card;
mod layout;
mod route;
mod words;

use std::{collections::BTreeSet, fmt::Write};

use card::{By, Mark};
use layout::{Box, INSET, NAME, PAD, Placed, SMALL, TEXT, WIDTH};
use route::Routes;

use crate::{
    definition::{Definitions, Procedure, schema::End},
    engine::{Case, Outcome, What},
};

const MARGIN: i32 = 28;
/// What the title takes.
const TITLE: i32 = 64;
/// What the legend takes.
const LEGEND: i32 = 56;
const STYLE: &str = "text{font-family:'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif;fill:#1f2328}\
.box{fill:#fff;stroke:#57606a}.head{fill:#eaeef2}.end{fill:#dafbe1}.fail{fill:#ffebe9}\
.here{fill:#ffd8a8}.s{fill:#57606a}.k{fill:#0969da}.n{fill:#fff;text-anchor:middle}\
.i{fill:none;stroke:#57606a}.f{fill:#57606a}.w{fill:none;stroke:#57606a}.d{stroke-dasharray:6 4}\
.t{fill:none;stroke:#bc4c00;stroke-width:3}.done{fill:#bc4c00;font-weight:bold}";

/// The chart of a variant; with a case, what was done in it.
#[must_use]
pub fn draw(
    definitions: &Definitions,
    procedure: &Procedure,
    variant: Option<&str>,
    case: Option<&Case>,
) -> String {
    let boxes = layout::place(card::of(definitions, procedure, variant));
    let routes = route::lay(&boxes);
    let taken = case.map(taken).unwrap_or_default();
    let here = case.and_then(Case::state);
    let mut svg = Svg::default();
    svg.open(&routes, &title(procedure, variant), &procedure.title());
    for part in &routes.parts {
        svg.part(part);
    }
    for (x, y) in &routes.joins {
        svg.put(format_args!(
            "<circle class=\"f\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>"
        ));
    }
    for course in &routes.courses {
        let (card, line) = course.line;
        let from = boxes.get(card);
        let way = from.and_then(|one| one.lines.get(line)?.line.way);
        let done = from
            .zip(way)
            .is_some_and(|(one, way)| taken.contains(&(one.card.id(), way.by, way.to)));
        if done {
            svg.strong(&course.points);
        }
    }
    for one in &boxes {
        let left = routes.columns.get(one.column).copied().unwrap_or_default();
        svg.card(one, (left, routes.top), here, &taken);
    }
    svg.close(&routes);
    svg.0
}

fn title(procedure: &Procedure, variant: Option<&str>) -> String {
    match procedure.variants.get(variant.unwrap_or_default()) {
        Some(name) => format!("{}（{name}）工作流程图", procedure.name_zh),
        None => format!("{}工作流程图", procedure.name_zh),
    }
}

/// What was done in a case: in which state, by what, and where it led.
type Taken<'a> = BTreeSet<(&'a str, By<'a>, &'a str)>;

fn taken(case: &Case) -> Taken<'_> {
    let mut taken = Taken::new();
    let mut before = "";
    for entry in case.entries() {
        let by = match &entry.what {
            What::Step { step, outcome, .. } => Some(match outcome {
                Outcome::Done => By::Step(step),
                Outcome::Failed => By::Fail(step),
                Outcome::Tied => By::Tie(step),
            }),
            What::Late { step, .. } => Some(By::Clock(step)),
            What::Objection { objection, .. } | What::Answer { objection, .. } => {
                Some(By::Objection(objection))
            }
            What::Edit { .. } | What::Adjust { .. } | What::Version { .. } => None,
        };
        taken.extend(by.map(|by| (before, by, entry.state.as_str())));
        before = &entry.state;
    }
    taken
}

/// What is written; writing to a text cannot fail.
#[derive(Default)]
struct Svg(String);

impl Svg {
    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        let _ = self.0.write_fmt(what);
        self.0.push('\n');
    }

    fn text(&mut self, (x, y): (i32, i32), size: i32, class: &str, text: &str) {
        let class = match class {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        let text = escaped(text);
        self.put(format_args!(
            "<text{class} x=\"{x}\" y=\"{y}\" font-size=\"{size}\">{text}</text>"
        ));
    }

    fn open(&mut self, routes: &Routes, title: &str, version: &str) {
        let width = routes.width.max(words::width(title, 20)).max(LEGEND_WIDTH) + 2 * MARGIN;
        let height = routes.height + TITLE + LEGEND + 2 * MARGIN;
        let name = escaped(title);
        self.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\"><title>{name}</title><style>{STYLE}</style>\n\
             <defs><marker id=\"a\" viewBox=\"0 0 10 10\" refX=\"10\" refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" \
             markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\" fill=\"#57606a\"/></marker></defs>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>"
        ));
        self.text((MARGIN, MARGIN + 16), 20, "", title);
        self.text((MARGIN, MARGIN + 38), SMALL, "s", version);
        let top = MARGIN + TITLE;
        self.put(format_args!("<g transform=\"translate({MARGIN} {top})\">"));
    }

    fn part(&mut self, part: &route::Part) {
        let ((x1, y1), (x2, y2)) = (part.from, part.to);
        let dashed = if part.dashed { " d" } else { "" };
        let point = if part.points {
            " marker-end=\"url(#a)\""
        } else {
            ""
        };
        self.put(format_args!(
            "<path class=\"w{dashed}\" d=\"M{x1} {y1}L{x2} {y2}\"{point}/>"
        ));
    }

    fn strong(&mut self, points: &[(i32, i32)]) {
        let corners: Vec<String> = points.iter().map(|(x, y)| format!("{x} {y}")).collect();
        let corners = corners.join("L");
        self.put(format_args!("<path class=\"t\" d=\"M{corners}\"/>"));
    }

    fn card(&mut self, one: &Box<'_>, (x, top): (i32, i32), here: Option<&str>, taken: &Taken<'_>) {
        let (y, height, head) = (top + one.y, one.height, one.head);
        let present = here.is_some() && one.card.state.map(|state| state.id.as_str()) == here;
        let class = match (present, one.card.end()) {
            (true, _) => "here",
            (false, Some(End::Done)) => "end",
            (false, Some(End::Failed)) => "fail",
            (false, None) => "head",
        };
        let round = if one.card.end().is_some() { 14 } else { 4 };
        let filled = if present { "here" } else { "box" };
        self.put(format_args!(
            "<rect class=\"{filled}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{height}\" rx=\"{round}\" stroke=\"#57606a\"/>\
             <rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{head}\" rx=\"{round}\" stroke=\"#57606a\"/>"
        ));
        let mut at = y + 23;
        for line in &one.name {
            self.text((x + PAD, at), NAME, "", line);
            at += 18;
        }
        if let Some(note) = layout::note(&one.card) {
            let public = one.card.publicity.is_some();
            if public {
                self.megaphone(x + PAD, at - 10);
            }
            self.text((x + PAD + if public { 18 } else { 0 }, at), SMALL, "s", &note);
        }
        for placed in &one.lines {
            let id = one.card.id();
            let to = placed.line.way.map_or(id, |way| way.to);
            self.line(placed, (x, top), taken.contains(&(id, placed.line.by, to)));
        }
    }

    fn line(&mut self, placed: &Placed<'_>, (x, top): (i32, i32), done: bool) {
        let y = top + placed.top;
        self.mark(placed.line.mark, (x + PAD, y));
        let mut at = y + 12;
        for line in &placed.name {
            let class = if done { "done" } else { "" };
            self.text((x + INSET, at), TEXT, class, line);
            at += 17;
        }
        for line in &placed.who {
            self.text((x + INSET, at - 1), SMALL, "s", line);
            at += 15;
        }
        if !placed.line.due.is_empty() {
            self.clock(x + INSET, at - 10);
            self.text((x + INSET + 14, at - 1), SMALL, "k", &placed.line.due);
        }
    }

    fn mark(&mut self, mark: Mark, (x, y): (i32, i32)) {
        match mark {
            Mark::Number(no) => {
                let (cx, cy) = (x, y + 8);
                self.put(format_args!(
                    "<circle class=\"f\" cx=\"{cx}\" cy=\"{cy}\" r=\"9\"/>"
                ));
                self.text((cx, cy + 4), SMALL, "n", &no.to_string());
            }
            Mark::Plain => {
                let cy = y + 8;
                self.put(format_args!(
                    "<circle class=\"f\" cx=\"{x}\" cy=\"{cy}\" r=\"3\"/>"
                ));
            }
            Mark::Otherwise => {
                let (from, to) = (y + 2, y + 8);
                self.put(format_args!("<path class=\"i\" d=\"M{x} {from}V{to}h8\"/>"));
            }
            Mark::Clock => self.clock(x - 6, y + 2),
            Mark::Objection => self.text((x - 6, y + 12), TEXT, "s", "异"),
        }
    }

    fn clock(&mut self, x: i32, y: i32) {
        let (cx, cy) = (x + 5, y + 5);
        self.put(format_args!(
            "<circle class=\"i\" cx=\"{cx}\" cy=\"{cy}\" r=\"5\"/><path class=\"i\" d=\"M{cx} {cy}v-3M{cx} {cy}h2\"/>"
        ));
    }

    fn megaphone(&mut self, x: i32, y: i32) {
        self.put(format_args!(
            "<path class=\"f\" d=\"M{x} {y}m0 3h4l7-4v12l-7-4h-1v4h-3z\"/>"
        ));
    }

    fn close(&mut self, routes: &Routes) {
        self.put(format_args!("</g>"));
        let y = routes.height + TITLE + MARGIN + LEGEND;
        let mut x = MARGIN;
        for (dashed, text) in LEGEND_LINES {
            let (class, end) = (if dashed { "w d" } else { "w" }, x + 40);
            let level = y - 4;
            self.put(format_args!(
                "<path class=\"{class}\" d=\"M{x} {level}H{end}\" marker-end=\"url(#a)\"/>"
            ));
            self.text((end + 8, y), TEXT, "s", text);
            x = end + 32 + words::width(text, TEXT);
        }
        self.clock(x, y - 9);
        self.text((x + 16, y), TEXT, "s", "期限");
        self.megaphone(x + 64, y - 10);
        self.text((x + 82, y), TEXT, "s", "公示");
        self.text((x + 130, y), TEXT, "s", "无箭头的办理后留在本环节");
        self.put(format_args!("</svg>"));
    }
}

/// What the two kinds of arrows mean.
const LEGEND_LINES: [(bool, &str); 2] = [(false, "推进"), (true, "退回、不同意、异议成立、逾期转入")];
/// What the legend needs.
const LEGEND_WIDTH: i32 = 700;

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
