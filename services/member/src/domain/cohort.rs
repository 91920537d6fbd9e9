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

/// Cells as they may be told beside a total that is told exactly. Those under five are `None`, and with them the smallest
/// of the others: which of the hidden ones is which, nobody can work out. Where every cell is under five, none is named.
/// What is told is told to the nearest five, so that no cell follows from the table of a parent and those of its children,
/// or from the tables of two days.
#[must_use]
pub fn told(cells: BTreeMap<String, u32>) -> Vec<(String, Option<u32>)> {
    let Some(smallest) = cells.values().copied().filter(|n| *n >= LEAST).min() else {
        return Vec::new();
    };
    let hidden = match cells.values().any(|n| *n < LEAST) {
        true => smallest,
        false => LEAST - 1,
    };
    let rounded = |n: u32| (n + LEAST / 2) / LEAST * LEAST;
    let cells = cells.into_iter();
    cells
        .map(|(code, n)| (code, (n > hidden).then(|| rounded(n))))
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

    fn table(cells: &[(&str, u32)]) -> BTreeMap<String, u32> {
        cells.iter().map(|(code, n)| ((*code).to_owned(), *n)).collect()
    }

    fn counts(cells: &[(&str, u32)]) -> Vec<Option<u32>> {
        told(table(cells)).into_iter().map(|(_, n)| n).collect()
    }

    #[test]
    fn a_cell_under_five_is_not_told_nor_the_smallest_of_the_others_x_18() {
        assert_eq!(
            counts(&[("a", 3), ("b", 4), ("c", 9), ("d", 15)]),
            [None, None, None, Some(15)]
        );
        assert_eq!(counts(&[("a", 3), ("b", 20), ("c", 9)]), [None, Some(20), None]);
        assert_eq!(counts(&[("a", 5), ("b", 10)]), [Some(5), Some(10)]);
    }

    #[test]
    fn of_a_table_of_small_cells_not_even_the_codes_are_told() {
        assert_eq!(told(table(&[("a", 2)])), []);
        assert_eq!(told(table(&[("a", 1), ("b", 1)])), []);
    }

    /// Whoever knows the total and the rule tries every table that gives the same answer.
    #[test]
    fn no_hidden_cell_follows_from_the_total_and_the_others_x_18() {
        let mut alike: BTreeMap<(u32, Vec<_>), Vec<[u32; 3]>> = BTreeMap::new();
        for n in 0..12_u32.pow(3) {
            let cells = [n % 12 + 1, n / 12 % 12 + 1, n / 144 + 1];
            let answer = told(
                ["a", "b", "c"]
                    .map(str::to_owned)
                    .into_iter()
                    .zip(cells)
                    .collect(),
            );
            let seen = (cells.iter().sum(), answer);
            alike.entry(seen).or_default().push(cells);
        }
        for ((total, answer), tables) in alike {
            for (at, (code, count)) in answer.iter().enumerate() {
                let first = tables[0][at];
                let one = tables.iter().all(|cells| cells[at] == first);
                assert!(
                    count.is_some() || !one,
                    "{code} of {total} can only be {first}: {answer:?}"
                );
            }
        }
    }

    #[test]
    fn a_branch_does_not_follow_from_its_parent_and_its_siblings_x_18() {
        let of = |n| counts(&[("a", n), ("b", 40)])[0];
        let (town, siblings, branch) = (of(21), of(18), of(3));
        assert_eq!((town, siblings, branch), (Some(20), Some(20), None), "not three");
        assert_eq!(of(22), Some(20), "one who came yesterday is not seen in his cell");
    }
}
