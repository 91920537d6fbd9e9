//! The courses of the arrows: level and upright only, each on a track of its own. An arrow to the next column crosses
//! the gap between them; one within a column turns back in the gap behind it; every other one takes a lane above all
//! cards when it goes on, below all when it comes back. Arrows of the same cause to the same state share their lane,
//! arrows to the same state the last part, where dots mark what joins.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    card::{By, Way},
    layout::{Box, WIDTH},
};

/// Between two tracks.
const TRACK: i32 = 12;
/// Between a card and the first track.
const CLEAR: i32 = 20;
/// Room for the point of an arrow.
const POINT: i32 = 22;
/// Between two lanes.
const LANE: i32 = 10;

/// A straight part of a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    pub(super) from: (i32, i32),
    pub(super) to: (i32, i32),
    pub(super) dashed: bool,
    /// It ends at a card.
    pub(super) points: bool,
}

/// Everything that is drawn between the cards.
pub(super) struct Routes {
    /// Left side of each column.
    pub(super) columns: Vec<i32>,
    /// Top of the cards: what the lanes above take.
    pub(super) top: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) parts: Vec<Part>,
    /// Where one course joins another.
    pub(super) joins: Vec<(i32, i32)>,
    /// The whole course of each arrow, by the card that it leaves and its cause.
    pub(super) courses: Vec<Course>,
}

/// The course of one arrow.
pub(super) struct Course {
    /// The card, and the line of it.
    pub(super) line: (usize, usize),
    pub(super) points: Vec<(i32, i32)>,
}

/// A gap: 0 stands left of the first column.
type Gap = usize;

/// A track in a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Track<'a> {
    /// Back into a card of the column before.
    Back(&'a str, bool),
    /// Out to a lane.
    Out(Lane<'a>),
    /// Into a card of the column behind.
    Into(&'a str, bool),
}

/// A lane: above or below all cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Lane<'a> {
    below: bool,
    to: &'a str,
    by: By<'a>,
    dashed: bool,
}

/// An arrow before anything has its place.
struct Arrow<'a> {
    line: (usize, usize),
    /// Height at which it leaves.
    port: i32,
    column: usize,
    way: Way<'a>,
    /// The card that it enters.
    target: usize,
    lane: Option<Lane<'a>>,
}

impl<'a> Arrow<'a> {
    fn tracks(&self, target: &Box<'_>) -> Vec<(Gap, Track<'a>)> {
        let Way { to, dashed, .. } = self.way;
        if target.column == self.column {
            return vec![(self.column + 1, Track::Back(to, dashed))];
        }
        let into = (target.column, Track::Into(to, dashed));
        let out = self.lane.map(|lane| (self.column + 1, Track::Out(lane)));
        out.into_iter().chain([into]).collect()
    }
}

/// Lays the arrows between the cards.
pub(super) fn lay(boxes: &[Box<'_>]) -> Routes {
    let arrows = arrows(boxes);
    let mut gaps = BTreeMap::<Gap, Vec<Track<'_>>>::new();
    let mut lanes = Vec::<Lane<'_>>::new();
    for arrow in &arrows {
        let Some(target) = boxes.get(arrow.target) else {
            continue;
        };
        for (gap, track) in arrow.tracks(target) {
            let tracks = gaps.entry(gap).or_default();
            if !tracks.contains(&track) {
                tracks.push(track);
            }
        }
        if let Some(lane) = arrow.lane.filter(|lane| !lanes.contains(lane)) {
            lanes.push(lane);
        }
    }
    gaps.values_mut().for_each(|tracks| tracks.sort_unstable());
    let place = Places::of(boxes, &gaps, &lanes);
    drawn(boxes, &arrows, &place)
}

fn arrows<'a>(boxes: &[Box<'a>]) -> Vec<Arrow<'a>> {
    let mut arrows = Vec::new();
    for (card, one) in boxes.iter().enumerate() {
        for (line, placed) in one.lines.iter().enumerate() {
            let Some(way) = placed.line.way else { continue };
            let Some(target) = boxes.iter().position(|other| other.card.id() == way.to) else {
                continue;
            };
            let there = boxes.get(target).map_or(0, |other| other.column);
            let below = there < one.column;
            let lane = (there != one.column && there != one.column + 1).then_some(Lane {
                below,
                to: way.to,
                by: way.by,
                dashed: way.dashed,
            });
            arrows.push(Arrow {
                line: (card, line),
                port: placed.port,
                column: one.column,
                way,
                target,
                lane,
            });
        }
    }
    arrows
}

/// Where tracks and lanes lie.
struct Places<'a> {
    columns: Vec<i32>,
    tracks: BTreeMap<(Gap, Track<'a>), i32>,
    lanes: BTreeMap<Lane<'a>, i32>,
    top: i32,
    width: i32,
    height: i32,
}

impl<'a> Places<'a> {
    fn of(boxes: &[Box<'_>], gaps: &BTreeMap<Gap, Vec<Track<'a>>>, all: &[Lane<'a>]) -> Self {
        let last = boxes.iter().map(|one| one.column).max().unwrap_or_default();
        let mut columns = Vec::with_capacity(last + 1);
        let mut tracks = BTreeMap::new();
        let mut x = 0;
        for gap in 0..=last + 1 {
            let here = gaps.get(&gap).map(Vec::as_slice).unwrap_or_default();
            if gap > 0 || !here.is_empty() {
                x += CLEAR;
            }
            for track in here {
                tracks.insert((gap, *track), x);
                x += TRACK;
            }
            if gap <= last {
                x += if gap > 0 || !here.is_empty() { POINT } else { 0 };
                columns.push(x);
                x += WIDTH;
            }
        }
        let above = all.iter().filter(|lane| !lane.below);
        let mut lanes: BTreeMap<Lane<'a>, i32> = BTreeMap::new();
        let mut y = 0;
        for lane in above {
            lanes.insert(*lane, y);
            y += LANE;
        }
        let top = if y > 0 { y + 18 } else { 0 };
        let bottom = boxes
            .iter()
            .map(|one| one.y + one.height)
            .max()
            .unwrap_or_default();
        let mut y = top + bottom + 18;
        for lane in all.iter().filter(|lane| lane.below) {
            lanes.insert(*lane, y);
            y += LANE;
        }
        Self {
            columns,
            tracks,
            lanes,
            top,
            width: x,
            height: y,
        }
    }

    fn track(&self, gap: Gap, track: Track<'a>) -> i32 {
        self.tracks.get(&(gap, track)).copied().unwrap_or_default()
    }

    /// The corners of an arrow's course.
    fn course(&self, boxes: &[Box<'_>], arrow: &Arrow<'a>) -> Option<Vec<(i32, i32)>> {
        let target = boxes.get(arrow.target)?;
        let Way { to, dashed, .. } = arrow.way;
        let right = self.columns.get(arrow.column)? + WIDTH;
        let left = *self.columns.get(target.column)?;
        let (port, entry) = (self.top + arrow.port, self.top + target.entry(dashed));
        if target.column == arrow.column {
            let x = self.track(arrow.column + 1, Track::Back(to, dashed));
            return Some(vec![(right, port), (x, port), (x, entry), (right, entry)]);
        }
        let x = self.track(target.column, Track::Into(to, dashed));
        let mut points = vec![(right, port)];
        match arrow.lane {
            None => points.push((x, port)),
            Some(lane) => {
                let out = self.track(arrow.column + 1, Track::Out(lane));
                let y = self.lanes.get(&lane).copied()?;
                points.extend([(out, port), (out, y), (x, y)]);
            }
        }
        points.extend([(x, entry), (left, entry)]);
        Some(points)
    }
}

/// The parts of all courses, each once, and where they join.
fn drawn<'a>(boxes: &[Box<'a>], arrows: &[Arrow<'a>], place: &Places<'a>) -> Routes {
    let mut parts = BTreeSet::new();
    let mut through = BTreeMap::<(i32, i32), BTreeSet<(i32, i32)>>::new();
    let mut courses = Vec::new();
    for arrow in arrows {
        let Some(points) = place.course(boxes, arrow) else {
            continue;
        };
        let last = points.len().saturating_sub(2);
        for (k, pair) in points.windows(2).enumerate() {
            let [from, to] = pair else { continue };
            parts.insert(Part {
                from: *from,
                to: *to,
                dashed: arrow.way.dashed,
                points: k == last,
            });
        }
        for trio in points.windows(3) {
            let [before, corner, after] = trio else { continue };
            let beside = |one: &(i32, i32)| ((one.0 - corner.0).signum(), (one.1 - corner.1).signum());
            through
                .entry(*corner)
                .or_default()
                .extend([beside(before), beside(after)]);
        }
        courses.push(Course {
            line: arrow.line,
            points,
        });
    }
    let (parts, merged) = merge(parts);
    let on_the_way = |corner: &(i32, i32)| merged.iter().any(|part| passes(part, *corner));
    let joins = through
        .iter()
        .filter(|(corner, sides)| sides.len() > 2 || on_the_way(corner))
        .map(|(corner, _)| *corner);
    Routes {
        columns: place.columns.clone(),
        top: place.top,
        width: place.width,
        height: place.height,
        joins: joins.collect(),
        parts,
        courses,
    }
}

/// Upright parts of one track, and level parts of one lane, become one line.
fn merge(parts: BTreeSet<Part>) -> (Vec<Part>, Vec<Part>) {
    let mut lines = BTreeMap::<(bool, i32, bool), Vec<(i32, i32)>>::new();
    let mut rest = Vec::new();
    for part in parts {
        let ((x1, y1), (x2, y2)) = (part.from, part.to);
        if part.points {
            rest.push(part);
        } else if x1 == x2 {
            lines
                .entry((true, x1, part.dashed))
                .or_default()
                .push((y1.min(y2), y1.max(y2)));
        } else {
            lines
                .entry((false, y1, part.dashed))
                .or_default()
                .push((x1.min(x2), x1.max(x2)));
        }
    }
    let mut merged = Vec::new();
    for ((upright, at, dashed), mut spans) in lines {
        spans.sort_unstable();
        let mut whole: Vec<(i32, i32)> = Vec::new();
        for (from, to) in spans {
            match whole.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => whole.push((from, to)),
            }
        }
        merged.extend(whole.into_iter().map(|(from, to)| Part {
            from: if upright { (at, from) } else { (from, at) },
            to: if upright { (at, to) } else { (to, at) },
            dashed,
            points: false,
        }));
    }
    let all = merged.iter().copied().chain(rest).collect();
    (all, merged)
}

/// Whether a corner of another course lies on the inside of a part.
fn passes(part: &Part, (x, y): (i32, i32)) -> bool {
    let ((x1, y1), (x2, y2)) = (part.from, part.to);
    (x1 == x2 && x == x1 && y1 < y && y < y2) || (y1 == y2 && y == y1 && x1 < x && x < x2)
}
