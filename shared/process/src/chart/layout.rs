//! Where the cards stand: in columns by `stage`, else by their distance from the opening, ends at the right; in a
//! column in the order of the file. All numbers are whole, so that the same definition gives the same bytes.
//!
//! Lines of a card leave it at even heights, arrows enter it at odd ones: no two courses lie on each other.

use std::collections::BTreeMap;

use super::{
    card::{Card, Line},
    words::wrapped,
};

/// Width of a card.
pub(super) const WIDTH: i32 = 264;
/// What its texts are away from its sides.
pub(super) const PAD: i32 = 12;
/// Size of a state's name.
pub(super) const NAME: i32 = 14;
/// Size of a line's name.
pub(super) const TEXT: i32 = 12;
/// Size of what stands small below it.
pub(super) const SMALL: i32 = 11;
/// What a line's texts are moved in, behind its mark.
pub(super) const INSET: i32 = 26;
/// Between two cards of a column.
const APART: i32 = 28;

/// A line of a card, in place.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    pub(super) line: Line<'a>,
    pub(super) name: Vec<String>,
    pub(super) who: Vec<String>,
    /// Where it begins.
    pub(super) top: i32,
    /// Where its arrow leaves.
    pub(super) port: i32,
}

/// A card, in place.
#[derive(Debug, Clone)]
pub(super) struct Box<'a> {
    pub(super) card: Card<'a>,
    pub(super) name: Vec<String>,
    pub(super) lines: Vec<Placed<'a>>,
    pub(super) column: usize,
    pub(super) y: i32,
    /// Height of the part with the state's name.
    pub(super) head: i32,
    pub(super) height: i32,
}

impl Box<'_> {
    /// Where arrows enter: those that go on, and those that come back or refuse.
    pub(super) fn entry(&self, dashed: bool) -> i32 {
        self.y + if dashed { 23 } else { 11 }
    }
}

/// All cards, from the top downwards, each in its column.
pub(super) fn place<'a>(cards: Vec<Card<'a>>) -> Vec<Box<'a>> {
    let columns = columns(&cards);
    let mut filled = BTreeMap::<usize, i32>::new();
    let mut boxes = Vec::with_capacity(cards.len());
    for card in cards {
        let column = columns.get(card.id()).copied().unwrap_or_default();
        let y = filled.entry(column).or_default();
        let placed = boxed(card, column, *y);
        *y += placed.height + APART;
        boxes.push(placed);
    }
    boxes
}

fn boxed<'a>(card: Card<'a>, column: usize, y: i32) -> Box<'a> {
    let title = card.state.map_or("立案", |state| state.name_zh.as_str());
    let name = wrapped(title, NAME, WIDTH - 2 * PAD);
    let notes = i32::from(note(&card).is_some());
    let head = 18 + 18 * height_of(&name) + 16 * notes;
    let mut at = y + head + 6;
    let mut lines = Vec::with_capacity(card.lines.len());
    for line in &card.lines {
        let placed = self::line(line.clone(), at);
        at += 17 * height_of(&placed.name)
            + 15 * (height_of(&placed.who) + i32::from(!placed.line.due.is_empty()))
            + 7;
        at += at & 1;
        lines.push(placed);
    }
    let height = if lines.is_empty() { head } else { at - y + 2 };
    Box {
        card,
        name,
        lines,
        column,
        y,
        head,
        height: height + (height & 1),
    }
}

fn line(line: Line<'_>, top: i32) -> Placed<'_> {
    // A mark that closes may stand behind the last letter.
    let most = WIDTH - PAD - INSET - SMALL;
    let name = wrapped(&line.name, TEXT, most);
    let who = match line.who.is_empty() {
        true => Vec::new(),
        false => wrapped(&line.who, SMALL, most),
    };
    Placed {
        line,
        name,
        who,
        top,
        port: top + 8,
    }
}

fn height_of(lines: &[String]) -> i32 {
    i32::try_from(lines.len()).unwrap_or(i32::MAX)
}

/// What stands below a state's name.
pub(super) fn note(card: &Card<'_>) -> Option<String> {
    let state = card.state?;
    let publicity = card.publicity.as_ref().map(|long| format!("公示{long}"));
    publicity
        .or_else(|| state.stopped.then(|| "中止，期限停止计算".to_owned()))
        .or_else(|| state.proposed.then(|| "待有权机关决定".to_owned()))
}

fn columns<'a>(cards: &[Card<'a>]) -> BTreeMap<&'a str, usize> {
    let mut columns = BTreeMap::from([("", 0)]);
    let mut next = vec![""];
    while !next.is_empty() {
        let mut after = Vec::new();
        for id in next {
            let at = columns.get(id).copied().unwrap_or_default();
            let ways = cards
                .iter()
                .filter(|card| card.id() == id)
                .flat_map(|card| &card.lines);
            for way in ways.filter_map(|line| line.way) {
                if !columns.contains_key(way.to) {
                    columns.insert(way.to, at + 1);
                    after.push(way.to);
                }
            }
        }
        next = after;
    }
    for state in cards.iter().filter_map(|card| card.state) {
        if let Some(stage) = state.stage.and_then(|stage| usize::try_from(stage).ok()) {
            columns.insert(&state.id, stage.max(1));
        }
    }
    let ends = |id: &&str| cards.iter().any(|card| card.id() == *id && card.end().is_some());
    let last = columns
        .iter()
        .filter(|(id, _)| !ends(id))
        .map(|(_, at)| *at)
        .max()
        .unwrap_or_default();
    for card in cards.iter().filter(|card| card.end().is_some()) {
        columns.insert(card.id(), last + 1);
    }
    columns
}
