//! Counts by age and education. A cell of fewer than five is not told, and never left to be worked out (X18).

use std::collections::BTreeMap;

use kernel::{Day, day::add_months};

/// The smallest cell that is told.
pub const LEAST: u32 = 5;

/// The age bands of the yearly statistics: code, and the greatest age in it.
const BANDS: [(&str, i32); 7] = [
    ("-30", 30),
    ("31-35", 35),
    ("36-40", 40),
    ("41-45", 45),
    ("46-50", 50),
    ("51-55", 55),
    ("56-60", 60),
];
/// The last band.
pub const OLDEST: &str = "61-";

/// The band of everybody born on a day or later, youngest band first: whoever is born on or after the day is at most
/// as old as the band on `on`. Those born before the last of these days are in [`OLDEST`].
#[must_use]
pub fn born_since(on: Day) -> [(&'static str, Day); 7] {
    BANDS.map(|(code, greatest)| {
        (
            code,
            kernel::day::add_days(add_months(on, -12 * (greatest + 1)), 1),
        )
    })
}

/// The age band of somebody on a day.
#[must_use]
pub fn band(born: Day, on: Day) -> &'static str {
    born_since(on)
        .into_iter()
        .find(|(_, since)| born >= *since)
        .map_or(OLDEST, |(code, _)| code)
}

/// Cells as they may be told: those under five are `None`. When only one would be hidden, the sum gives it away, so
/// the next smallest is hidden with it.
#[must_use]
pub fn suppressed(cells: BTreeMap<String, u32>) -> Vec<(String, Option<u32>)> {
    let hidden: Vec<&String> = cells
        .iter()
        .filter(|(_, n)| **n < LEAST)
        .map(|(code, _)| code)
        .collect();
    let companion = match hidden.as_slice() {
        [only] => cells
            .iter()
            .filter(|(code, _)| code != only)
            .min_by_key(|(_, n)| **n)
            .map(|(code, _)| code.clone()),
        _ => None,
    };
    let told = |code: &String, n: u32| (n >= LEAST && Some(code) != companion.as_ref()).then_some(n);
    cells
        .iter()
        .map(|(code, n)| (code.clone(), told(code, *n)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    #[test]
    fn the_birthday_moves_one_into_the_next_band() {
        let born = day("1994-06-15");
        assert_eq!(band(born, day("2025-06-14")), "-30");
        assert_eq!(band(born, day("2025-06-15")), "31-35");
        assert_eq!(band(day("1964-06-15"), day("2025-06-14")), "56-60");
        assert_eq!(band(day("1964-06-15"), day("2025-06-15")), OLDEST);
    }

    fn told(cells: &[(&str, u32)]) -> Vec<Option<u32>> {
        let cells = cells.iter().map(|(code, n)| ((*code).to_owned(), *n)).collect();
        suppressed(cells).into_iter().map(|(_, n)| n).collect()
    }

    #[test]
    fn a_cell_under_five_is_not_told_x_18() {
        assert_eq!(told(&[("a", 3), ("b", 4), ("c", 9)]), [None, None, Some(9)]);
        assert_eq!(told(&[("a", 5), ("b", 7)]), [Some(5), Some(7)]);
    }

    #[test]
    fn one_hidden_cell_takes_the_next_smallest_with_it() {
        assert_eq!(told(&[("a", 3), ("b", 20), ("c", 9)]), [None, Some(20), None]);
        assert_eq!(told(&[("a", 2)]), [None]);
    }
}
