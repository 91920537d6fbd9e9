//! The catalogue of what rules cite: mechanisms (S), rules (R), standards (N) and differentiators (X).

/// A part of the catalogue.
struct Part {
    letter: &'static str,
    /// How many digits its numbers have at least.
    digits: usize,
    /// First and last of each run.
    runs: &'static [(u32, u32)],
}

const NORMS: [Part; 4] = [
    Part {
        letter: "S-",
        digits: 3,
        runs: &[(1, 4), (101, 126), (201, 214), (301, 323), (401, 409)],
    },
    Part {
        letter: "R-",
        digits: 3,
        runs: &[
            (101, 126),
            (130, 148),
            (201, 218),
            (301, 310),
            (401, 409),
            (501, 507),
        ],
    },
    Part {
        letter: "N-",
        digits: 2,
        runs: &[(1, 10), (20, 27)],
    },
    Part {
        letter: "X",
        digits: 1,
        runs: &[(1, 20), (22, 22)],
    },
];

/// Whether the catalogue has it, written as it is cited: `S-301`, `R-144`, `N-09`, `X4`.
#[must_use]
pub fn is_known(id: &str) -> bool {
    NORMS.iter().any(|part| {
        let number = id.strip_prefix(part.letter).and_then(|text| {
            let number: u32 = text.parse().ok()?;
            (text == format!("{number:0width$}", width = part.digits)).then_some(number)
        });
        number.is_some_and(|number| {
            let mut runs = part.runs.iter();
            runs.any(|(first, last)| (*first..=*last).contains(&number))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn what_the_catalogue_has_is_known_and_nothing_beside_it() {
        for id in ["S-001", "S-126", "R-130", "N-09", "N-27", "X1", "X22"] {
            assert!(is_known(id), "{id}");
        }
        for id in [
            "S-127", "S-1", "R-129", "N-9", "N-11", "X-1", "X21", "X01", "Z-999", "S-", "",
        ] {
            assert!(!is_known(id), "{id}");
        }
    }
}
