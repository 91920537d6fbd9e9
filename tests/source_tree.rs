//! The source tree as text, for the tests that judge its shape.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// A file of the tree.
#[derive(Debug, Clone)]
pub struct Source {
    /// From the root, with slashes: `services/member/src/domain.rs`.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A file that is made up, to prove that a check bites.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The file's name without its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The path below `services/<service>/`, and the service; none for a file elsewhere.
    #[must_use]
    pub fn in_service(&self) -> Option<(&str, &str)> {
        self.path.strip_prefix("services/")?.split_once('/')
    }
}

/// All files of the folder whose names end in one of `endings`, sorted by path.
///
/// # Panics
///
/// When the folder cannot be read.
#[must_use]
pub fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        for path in entries.flatten().map(|entry| entry.path()) {
            let shown = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| shown.ends_with(ending)) {
                // A file that goes while we look is no part of the tree.
                found.extend(
                    fs::read_to_string(&path)
                        .ok()
                        .map(|text| Source::new(&shown, &text)),
                );
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

static NOT_CODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?s)//[^\n]*|/\*.*?\*/"#,
        r###"|r##".*?"##|r#".*?"#|r"[^"]*""###,
        r#"|"(?:\\.|[^"\\])*"|'(?:\\[^u]|\\u\{[^}]*\}|[^'\\])'"#,
    ))
    .unwrap_or_else(|e| unreachable!("our own pattern: {e}"))
});

/// The text without comments and without what stands in literals; lines stay where they are.
#[must_use]
pub fn code_only(text: &str) -> String {
    NOT_CODE
        .replace_all(text, |found: &regex::Captures<'_>| {
            let lines = found[0].matches('\n').count();
            if lines == 0 {
                " ".to_owned()
            } else {
                "\n".repeat(lines)
            }
        })
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code_and_lines_stay() {
        let text = "a // tonic\nb \"tonic \\\" // x\" c\n/* tonic\n*/ 'd' '\"' r#\"tonic\n\"# e<'f>";
        let code = code_only(text);
        assert!(!code.contains("tonic"), "{code}");
        let words: Vec<Vec<&str>> = code
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(words[0], ["a"]);
        assert_eq!(words[1], ["b", "c"]);
        assert_eq!(words[4], ["e<'f>"]);
    }

    #[test]
    fn this_file_is_found_under_its_path() {
        assert!(
            sources("tests", &[".rs"])
                .iter()
                .any(|file| file.path == "tests/source_tree.rs")
        );
    }
}
