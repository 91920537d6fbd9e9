//! Scoring by hand: plain loops over packed numbers that keep a row for each item. The items come from the sheet of the
//! template; nothing else of the suite is used. It says points and totals, and leaves stars away.

use std::ops::Range;

/// Points of the base items, and of the review items, together.
const WHOLE: u64 = 100_000;
const PLUS_AT_MOST: i64 = 5_000;

/// Offered and earned, in thousandths of a point.
pub type Row = (u32, u32);

enum Method {
    Share { full_at: u64 },
    Ladder(Vec<(u64, u64)>),
    YesNo,
    Each { each: u64, cap: u64 },
}

struct Item {
    slot: usize,
    points: u64,
    cap: u64,
    full: bool,
    turnout: Option<(usize, u64, u64)>,
    method: Method,
}

/// The items of one domain.
pub struct Table {
    items: Vec<Item>,
    plus: usize,
    minus: usize,
    review: usize,
    dimensions: Vec<Vec<Range<usize>>>,
}

impl Table {
    /// The items of a domain, from the sheet; facts stand in the order of `indicators`. Nothing when the sheet is not
    /// one.
    #[must_use]
    pub fn read(sheet: &str, domain: &str, indicators: &[String]) -> Option<Self> {
        let mut table = Self {
            items: Vec::new(),
            plus: 0,
            minus: 0,
            review: 0,
            dimensions: Vec::new(),
        };
        let slot = |name: &str| indicators.iter().position(|one| one == name);
        let (mut dimension, mut part) = (String::new(), String::new());
        for line in csv::Reader::from_reader(sheet.as_bytes()).into_records() {
            let line = line.ok()?;
            let cell = |at| line.get(at).unwrap_or_default();
            if cell(10) != "*" && !cell(10).split(';').any(|one| one == domain) {
                continue;
            }
            let parameters: serde_json::Value = serde_json::from_str(cell(7)).ok()?;
            let number = |name: &str| parameters[name].as_u64().unwrap_or_default();
            let at = table.items.len();
            if cell(3) == "base" {
                if cell(1) != dimension {
                    table.dimensions.push(Vec::new());
                    (dimension, part) = (cell(1).to_owned(), String::new());
                }
                let parts = table.dimensions.last_mut()?;
                if cell(2) != part {
                    parts.push(at..at);
                    part = cell(2).to_owned();
                }
                parts.last_mut()?.end = at + 1;
            }
            let method = match cell(6) {
                "ladder" => Method::Ladder(serde_json::from_value(parameters.get("steps")?.clone()).ok()?),
                "yes_no" => Method::YesNo,
                "per_occurrence" => Method::Each {
                    each: number("each"),
                    cap: number("cap"),
                },
                "judged" => Method::Share { full_at: 10_000 },
                _ => Method::Share {
                    full_at: number("full_at_bp"),
                },
            };
            let turnout = parameters["turnout"].as_str().and_then(slot);
            table.items.push(Item {
                slot: slot(cell(5))?,
                points: cell(8).parse().ok()?,
                cap: cell(9).parse().ok()?,
                full: cell(12) == "full",
                turnout: turnout.map(|slot| (slot, number("min_turnout_bp"), number("min_ballots"))),
                method,
            });
            match cell(3) {
                "base" => (table.plus, table.minus, table.review) = (at + 1, at + 1, at + 1),
                "plus" => (table.minus, table.review) = (at + 1, at + 1),
                "minus" => table.review = at + 1,
                _ => {}
            }
        }
        Some(table)
    }

    /// How many items there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.items.len()
    }

    /// Scores branch after branch: numerator and denominator of each indicator in, 0 for one that does not apply; a row
    /// for each item and the exact total out.
    pub fn score(&self, facts: &[(u64, u64)], width: usize, rows: &mut [Row], totals: &mut [i64]) {
        let branches = facts
            .chunks_exact(width)
            .zip(rows.chunks_exact_mut(self.items.len()));
        for ((facts, rows), total) in branches.zip(totals) {
            *total = self.branch(facts, rows);
        }
    }

    fn branch(&self, facts: &[(u64, u64)], rows: &mut [Row]) -> i64 {
        let applies = |item: &Item| facts[item.slot].1 != 0;
        let base = &self.items[..self.plus];
        let mut weights = [0u64; 64];
        let mut whole = true;
        for (weight, item) in weights.iter_mut().zip(base) {
            let takes = item.full || applies(item);
            *weight = if takes { item.points } else { 0 };
            whole &= takes;
        }
        if !whole {
            self.pour(&mut weights);
        }
        let mut scored = 0;
        for ((row, item), offered) in rows.iter_mut().zip(base).zip(weights) {
            let earned = match applies(item) {
                true => earn(&item.method, offered, facts[item.slot]),
                false => offered,
            };
            *row = (narrow(offered), narrow(earned));
            scored += i64::from(row.1);
        }
        let mut occasional = [0i64; 2];
        for at in self.plus..self.review {
            let item = &self.items[at];
            let earned = if applies(item) {
                earn(&item.method, item.cap, facts[item.slot])
            } else {
                0
            };
            rows[at] = (narrow(item.cap), narrow(earned));
            occasional[usize::from(at >= self.minus)] += i64::from(rows[at].1);
        }
        scored = (scored + occasional[0].min(PLUS_AT_MOST) - occasional[1]).clamp(0, 100_000);
        7_000 * scored + 3_000 * self.review(facts, rows)
    }

    fn review(&self, facts: &[(u64, u64)], rows: &mut [Row]) -> i64 {
        let items = &self.items[self.review..];
        let valid = |item: &Item| {
            let voted = item.turnout.is_none_or(|(slot, share, ballots)| {
                let (came, entitled) = facts[slot];
                entitled != 0 && came * 10_000 >= share * entitled && came >= ballots
            });
            voted && facts[item.slot].1 != 0
        };
        let weight = |item: &Item| if valid(item) { item.points } else { 0 };
        let sum = items.iter().map(weight).sum();
        let (mut run, mut given, mut total) = (0, 0, 0);
        for (row, item) in rows[self.review..].iter_mut().zip(items) {
            let offered = share_out(WHOLE, sum, weight(item), &mut run, &mut given);
            let earned = if offered == 0 {
                0
            } else {
                earn(&item.method, offered, facts[item.slot])
            };
            *row = (narrow(offered), narrow(earned));
            total += i64::from(row.1);
        }
        total
    }

    /// Points of what does not take part stay in its part, else in its dimension, else go to the other dimensions.
    fn pour(&self, weights: &mut [u64; 64]) {
        let points = |range: &Range<usize>, weights: &[u64; 64]| {
            let any = weights[range.clone()].iter().any(|weight| *weight > 0);
            if any {
                self.items[range.clone()].iter().map(|item| item.points).sum()
            } else {
                0
            }
        };
        // What a part or a dimension weighs is what it weighs with all of its items, as long as one takes part.
        let mut sums = [0u64; 8];
        for (sum, parts) in sums.iter_mut().zip(&self.dimensions) {
            let any = parts.iter().any(|part| points(part, weights) > 0);
            let all = parts.first().map_or(0, |part| part.start)..parts.last().map_or(0, |part| part.end);
            *sum = if any {
                self.items[all].iter().map(|item| item.points).sum()
            } else {
                0
            };
        }
        let every = sums.iter().sum();
        let (mut run, mut given) = (0, 0);
        for (sum, parts) in sums.iter().zip(&self.dimensions) {
            let mine = share_out(WHOLE, every, *sum, &mut run, &mut given);
            let inside = parts.iter().map(|part| points(part, weights)).sum();
            let (mut run, mut given) = (0, 0);
            for part in parts {
                let part_weight = points(part, weights);
                let own = share_out(mine, inside, part_weight, &mut run, &mut given);
                let taking = weights[part.clone()].iter().sum();
                let (mut run, mut given) = (0, 0);
                for weight in &mut weights[part.clone()] {
                    *weight = share_out(own, taking, *weight, &mut run, &mut given);
                }
            }
        }
    }
}

#[inline]
fn share_out(total: u64, sum: u64, weight: u64, run: &mut u64, given: &mut u64) -> u64 {
    *run += weight;
    let upto = (total * *run).checked_div(sum).unwrap_or(0);
    let part = upto - *given;
    *given = upto;
    part
}

#[inline]
fn earn(method: &Method, offered: u64, (done, owed): (u64, u64)) -> u64 {
    match method {
        Method::Share { full_at } if done * 10_000 >= full_at * owed => offered,
        Method::Share { full_at } => offered * 10_000 * done / (full_at * owed),
        Method::Ladder(steps) => {
            let step = steps.iter().find(|(share, _)| done * 10_000 >= share * owed);
            step.map_or(0, |(_, part)| offered * part / 10_000)
        }
        Method::YesNo => {
            if done >= owed {
                offered
            } else {
                0
            }
        }
        Method::Each { each, cap } => (each * done).min(*cap),
    }
}

fn narrow(points: u64) -> u32 {
    u32::try_from(points).unwrap_or(u32::MAX)
}
