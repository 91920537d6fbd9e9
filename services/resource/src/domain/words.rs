//! How an offering is found by words: every two neighbouring characters are a token, on both databases alike,
//! so that no database needs to know Chinese (S-209).

use std::collections::BTreeSet;

/// The tokens of a text: each run of letters and digits, cut into pairs of neighbouring characters.
#[must_use]
pub fn tokens<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    texts
        .into_iter()
        .flat_map(runs)
        .flat_map(|run| pairs(&run))
        .collect()
}

/// The tokens that an offering must all have to be found by the words asked for; `None` when a word is a single
/// character, which nothing is found by. Empty when no word is asked for.
#[must_use]
pub fn wanted(words: &str) -> Option<BTreeSet<String>> {
    let runs: Vec<Vec<char>> = runs(words).collect();
    if runs.iter().any(|run| run.len() < 2) {
        return None;
    }
    Some(runs.iter().flat_map(|run| pairs(run)).collect())
}

fn runs(text: &str) -> impl Iterator<Item = Vec<char>> {
    let folded = text.to_lowercase();
    let runs: Vec<Vec<char>> = folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|run| !run.is_empty())
        .map(|run| run.chars().collect())
        .collect();
    runs.into_iter()
}

fn pairs(run: &[char]) -> Vec<String> {
    run.windows(2).map(|pair| pair.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(title: &str, words: &str) -> Option<bool> {
        wanted(words).map(|wanted| wanted.is_subset(&tokens([title])))
    }

    #[test]
    fn any_two_neighbouring_characters_find_a_title() {
        let title = "《发展党员规程》第二辑 PPT版";
        for words in ["党员", "发展党员", "规程 ppt", "第二辑", "", "  ，"] {
            assert_eq!(found(title, words), Some(true), "{words}");
        }
        for words in ["党费", "发展 党费", "员发"] {
            assert_eq!(found(title, words), Some(false), "{words}");
        }
    }

    #[test]
    fn a_single_character_finds_nothing_and_is_said_so() {
        assert_eq!(wanted("党"), None);
        assert_eq!(wanted("党员 规"), None);
    }
}
