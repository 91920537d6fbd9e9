//! Where everything stands: columns, rows, and the course of each arrow.

use std::collections::BTreeMap;

use super::ways::{self, Way};
use crate::definition::Procedure;

const WIDTH: i32 = 156;
const COLUMN: i32 = 250;
const ROW: i32 = 30;
/// Letters on a line of a box.
const LETTERS: usize = 10;

/// A box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed<'a> {
    /// The state.
    pub(super) id: &'a str,
    /// Steps that stay in it, by number.
    pub(super) inside: String,
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// The course of an arrow.
pub(super) struct Route {
    pub(super) path: String,
    /// Where its label stands.
    pub(super) label: (i32, i32),
    /// Where a case begins.
    pub(super) start: Option<(i32, i32)>,
}

/// All boxes.
pub(super) struct Layout<'a> {
    pub(super) boxes: Vec<Placed<'a>>,
    pub(super) width: i32,
    pub(super) height: i32,
    /// How many arrows leave a state before each, so that no two labels stand on each other.
    order: BTreeMap<(Option<&'a str>, &'a str, String), i32>,
}

impl<'a> Layout<'a> {
    pub(super) fn of(procedure: &'a Procedure, variant: Option<&str>, ways: &[Way<'a>]) -> Self {
        let columns = columns(procedure, ways);
        let mut boxes = Vec::new();
        let mut filled = BTreeMap::<i32, i32>::new();
        for state in &procedure.states {
            let Some(column) = columns.get(state.id.as_str()) else {
                continue;
            };
            let inside: Vec<String> = ways::inside(procedure, variant, &state.id)
                .iter()
                .map(usize::to_string)
                .collect();
            let marks = if state.publicity.is_some() || state.stopped {
                4
            } else {
                0
            };
            let lines =
                (state.name_zh.chars().count() + marks).div_ceil(LETTERS) + usize::from(!inside.is_empty());
            let height = 14 + 18 * i32::try_from(lines).unwrap_or(1);
            let y = filled.entry(*column).or_insert(0);
            boxes.push(Placed {
                id: &state.id,
                inside: inside.join("、"),
                x: column * COLUMN + 40,
                y: *y,
                width: WIDTH,
                height,
            });
            *y += height + ROW;
        }
        let mut leaving = BTreeMap::<Option<&str>, i32>::new();
        let mut order = BTreeMap::new();
        for way in ways {
            let nth = leaving.entry(way.from).or_insert(0);
            order.insert((way.from, way.to, format!("{:?}", way.kind)), *nth);
            *nth += 1;
        }
        let last = columns.values().max().copied().unwrap_or(0);
        let longest = filled.values().max().copied().unwrap_or(0);
        Self {
            boxes,
            width: last * COLUMN + 40 + WIDTH + 40,
            height: longest + 40,
            order,
        }
    }

    fn placed(&self, id: &str) -> Option<&Placed<'a>> {
        self.boxes.iter().find(|placed| placed.id == id)
    }

    /// Forward from the right side to the left side, back and within a column around the right.
    pub(super) fn route(&self, way: &Way<'a>) -> Option<Route> {
        let to = self.placed(way.to)?;
        let nth = self
            .order
            .get(&(way.from, way.to, format!("{:?}", way.kind)))
            .copied()?;
        let Some(from) = way.from else {
            let y = to.y + to.height / 2;
            let start = to.x - 34;
            return Some(Route {
                path: format!("M{start} {y}H{}", to.x),
                label: (start + 14, y - 14),
                start: Some((start, y)),
            });
        };
        let from = self.placed(from)?;
        let (x1, y1) = (
            from.x + from.width,
            from.y + 12 + (nth * 9) % (from.height - 14).max(9),
        );
        let shift = 22 + (nth * 17) % 52;
        if to.x > from.x {
            let (x2, y2) = (to.x, to.y + to.height / 2);
            let bend = (x2 - x1) / 2;
            let path = format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + bend, x2 - bend);
            let along = (
                x1 + shift,
                y1 + (y2 - y1) * shift * shift / ((x2 - x1) * (x2 - x1)).max(1),
            );
            return Some(Route {
                path,
                label: along,
                start: None,
            });
        }
        let (x2, y2) = (to.x + to.width, to.y + to.height - 10);
        let out = x1.max(x2) + shift + 18;
        let path = format!("M{x1} {y1}C{out} {y1} {out} {y2} {x2} {y2}");
        Some(Route {
            path,
            label: (out - (shift + 18) / 4, (y1 + y2) / 2 + (nth % 3) * 6),
            start: None,
        })
    }
}

/// Where labels stand already.
#[derive(Default)]
pub(super) struct Labels(Vec<(i32, i32, i32)>);

impl Labels {
    /// The nearest place below that no label and no box has.
    pub(super) fn place(&mut self, layout: &Layout<'_>, (x, y): (i32, i32), half: i32) -> (i32, i32) {
        let mut y = y;
        while self.is_taken(layout, (x, y), half) {
            y += 4;
        }
        self.0.push((x, y, half));
        (x, y)
    }

    fn is_taken(&self, layout: &Layout<'_>, (x, y): (i32, i32), half: i32) -> bool {
        let labels = self.0.iter();
        let mut labels = labels.map(|(cx, cy, other)| (cx - other, cy - 8, 2 * other, 16));
        let boxes = layout.boxes.iter();
        let mut boxes = boxes.map(|placed| (placed.x, placed.y, placed.width, placed.height));
        let meets = |(left, top, width, height): (i32, i32, i32, i32)| {
            x - half < left + width && left < x + half && y - 8 < top + height && top < y + 8
        };
        labels.any(meets) || boxes.any(meets)
    }
}

/// By `stage` where the file says one, else by distance from the opening; ends at the right.
fn columns<'a>(procedure: &'a Procedure, ways: &[Way<'a>]) -> BTreeMap<&'a str, i32> {
    let mut columns = BTreeMap::<&str, i32>::new();
    let mut next: Vec<&str> = Vec::new();
    for way in ways.iter().filter(|way| way.from.is_none()) {
        columns.insert(way.to, 0);
        next.push(way.to);
    }
    while !next.is_empty() {
        let mut after = Vec::new();
        for state in next {
            let at = columns[state];
            for way in ways.iter().filter(|way| way.from == Some(state)) {
                if !columns.contains_key(way.to) {
                    columns.insert(way.to, at + 1);
                    after.push(way.to);
                }
            }
        }
        next = after;
    }
    for state in &procedure.states {
        let stage = state.stage.and_then(|stage| i32::try_from(stage).ok());
        if let (Some(stage), Some(column)) = (stage, columns.get_mut(state.id.as_str())) {
            *column = stage - 1;
        }
    }
    let open = |id: &&str| procedure.state(id).is_some_and(|state| state.end.is_none());
    let last = columns
        .iter()
        .filter(|(id, _)| open(id))
        .map(|(_, at)| *at)
        .max()
        .unwrap_or(0);
    for state in procedure.states.iter().filter(|state| state.end.is_some()) {
        if let Some(column) = columns.get_mut(state.id.as_str()) {
            *column = last + 1;
        }
    }
    columns
}

/// A name in lines of a box.
pub(super) fn wrapped(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .chunks(LETTERS)
        .map(|line| line.iter().collect())
        .collect()
}
