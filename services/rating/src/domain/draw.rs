//! The published draw: a third party repeats it from the population digest and the revealed seed (X14).

use super::digest::{digest, sm3};

/// What is published before the population is known: it binds the seed and tells nothing about it.
#[must_use]
pub fn commitment(seed: &[u8]) -> String {
    digest("zhibu.rating.draw.commit.v1", &[seed])
}

/// Whether a revealed seed is the one that was committed to.
#[must_use]
pub fn reveals(commitment: &str, seed: &[u8]) -> bool {
    self::commitment(seed) == commitment
}

/// Digest of a population, given in any order of its entries.
#[must_use]
pub fn population_digest(name: &str, entries: impl IntoIterator<Item = String>) -> String {
    let mut entries: Vec<String> = entries.into_iter().collect();
    entries.sort_unstable();
    let mut parts = vec![name.as_bytes()];
    parts.extend(entries.iter().map(String::as_bytes));
    digest("zhibu.rating.draw.population.v1", &parts)
}

/// The lot of one entry; the lowest comes first. Nobody can choose it: the population is fixed before the
/// seed is known, and the seed before the population.
#[must_use]
pub fn lot(population_digest: &str, seed: &[u8], entry: &str) -> [u8; 32] {
    sm3(
        "zhibu.rating.draw.lot.v1",
        &[population_digest.as_bytes(), seed, entry.as_bytes()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_opens_its_own_commitment_only() {
        let published = commitment(b"seed");
        assert!(reveals(&published, b"seed"));
        assert!(!reveals(&published, b"Seed"));
    }

    #[test]
    fn the_population_has_no_order_and_every_entry_counts() {
        let of = |entries: &[&str]| population_digest("pool", entries.iter().map(|e| (*e).to_owned()));
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "c"]));
        assert_ne!(lot(&of(&["a", "b"]), b"s", "a"), lot(&of(&["a", "c"]), b"s", "a"));
    }
}
