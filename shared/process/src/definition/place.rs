//! Where something stands in a definition file: by path to the line, and by byte to the path.

use std::fmt;

use toml::de::{DeTable, DeValue};

/// A place in a file of definitions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// 1-based line, when it could be found.
    pub line: Option<usize>,
    /// What stands there: `org_change 2018, step approve, binds`.
    pub what: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) if self.what.is_empty() => write!(f, "第 {line} 行"),
            Some(line) => write!(f, "第 {line} 行 {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// Every key of a TOML file with its place.
#[derive(Debug, Clone, Default)]
pub struct Places {
    lines: Vec<usize>,
    keys: Vec<(Vec<String>, usize)>,
}

impl Places {
    /// Reads the places of a file, also of one that is partly broken.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let (table, _) = DeTable::parse_recoverable(text);
        let mut places = Self {
            lines,
            keys: Vec::new(),
        };
        places.table(table.get_ref(), &mut Vec::new());
        places.keys.sort_by(|a, b| a.0.cmp(&b.0));
        places
    }

    /// The line of the longest part of the path that exists.
    #[must_use]
    pub fn line(&self, path: &[&str]) -> Option<usize> {
        (1..=path.len())
            .rev()
            .find_map(|n| self.offset(&path[..n]))
            .map(|at| self.line_of(at))
    }

    /// Whether the whole path exists.
    #[must_use]
    pub fn has(&self, path: &[&str]) -> bool {
        self.offset(path).is_some()
    }

    /// The line of a byte.
    #[must_use]
    pub fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// The path of the last key that begins at or before the byte.
    #[must_use]
    pub fn path_at(&self, at: usize) -> Option<&[String]> {
        self.keys
            .iter()
            .filter(|(_, start)| *start <= at)
            .max_by_key(|(path, start)| (*start, path.len()))
            .map(|(path, _)| path.as_slice())
    }

    /// The keys directly under a path in the order of the file.
    #[must_use]
    pub fn under(&self, path: &[&str]) -> Vec<&str> {
        let mut found: Vec<(usize, &str)> = self
            .keys
            .iter()
            .filter(|(own, _)| own.len() == path.len() + 1 && own.iter().zip(path).all(|(a, b)| a == b))
            .filter_map(|(own, at)| Some((*at, own.last()?.as_str())))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, key)| key).collect()
    }

    fn offset(&self, path: &[&str]) -> Option<usize> {
        let found = self
            .keys
            .binary_search_by(|(own, _)| own.iter().map(String::as_str).cmp(path.iter().copied()));
        found.ok().map(|at| self.keys[at].1)
    }

    fn table(&mut self, table: &DeTable<'_>, path: &mut Vec<String>) {
        for (key, value) in table {
            path.push(key.get_ref().to_string());
            self.keys.push((path.clone(), key.span().start));
            self.value(value.get_ref(), path);
            path.pop();
        }
    }

    fn value(&mut self, value: &DeValue<'_>, path: &mut Vec<String>) {
        match value {
            DeValue::Table(table) => self.table(table, path),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    self.keys.push((path.clone(), item.span().start));
                    self.value(item.get_ref(), path);
                    path.pop();
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a = 1\n\n[[p]]\nid = \"x\"\n[p.step.two]\nto = \"b\"\n[p.step.one]\nto = \"c\"\n";

    #[test]
    fn a_path_has_its_line_and_a_missing_key_that_of_its_table() {
        let places = Places::of(TEXT);
        assert_eq!(places.line(&["a"]), Some(1));
        assert_eq!(places.line(&["p", "0", "step", "one", "to"]), Some(8));
        assert_eq!(places.line(&["p", "0", "step", "one", "from"]), Some(7));
        assert_eq!(places.line(&["nowhere"]), None);
    }

    #[test]
    fn keys_come_in_the_order_of_the_file() {
        assert_eq!(Places::of(TEXT).under(&["p", "0", "step"]), ["two", "one"]);
    }

    #[test]
    fn a_byte_belongs_to_the_last_key_before_it() {
        let places = Places::of(TEXT);
        let at = TEXT.find("\"b\"").unwrap();
        assert_eq!(places.path_at(at).unwrap().join("."), "p.0.step.two.to");
    }
}
