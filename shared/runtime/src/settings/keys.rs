//! Typed reading of one table, collecting what is out of range.

use std::{collections::BTreeMap, net::SocketAddr, ops::RangeInclusive, sync::Arc, time::Duration};

use super::{Leaf, Problem, Problems, Source};

/// The keys of one table. Each reading gives a value to go on with, also when a problem was noted.
#[derive(Debug)]
pub struct Keys {
    table: String,
    leaves: Arc<BTreeMap<String, Leaf>>,
    problems: Vec<Problem>,
}

impl Keys {
    pub(super) fn new(table: &str, leaves: Arc<BTreeMap<String, Leaf>>) -> Self {
        Self {
            table: table.to_owned(),
            leaves,
            problems: Vec::new(),
        }
    }

    pub(super) fn leaves(&self) -> Arc<BTreeMap<String, Leaf>> {
        self.leaves.clone()
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    pub(super) fn finish<T>(self, value: T) -> Result<T, Problems> {
        if self.problems.is_empty() {
            Ok(value)
        } else {
            Err(Problems(self.problems))
        }
    }

    /// A text.
    pub fn text(&mut self, key: &str) -> String {
        self.value(key)
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// A text that may be empty, for nothing.
    pub fn optional(&mut self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    /// A list of texts.
    pub fn texts(&mut self, key: &str) -> Vec<String> {
        let value = self.value(key);
        let list = value
            .as_ref()
            .and_then(|value| value.as_array())
            .map(Vec::as_slice)
            .unwrap_or_default();
        list.iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect()
    }

    /// True or false.
    pub fn flag(&mut self, key: &str) -> bool {
        self.value(key)
            .and_then(|value| value.as_bool())
            .unwrap_or_default()
    }

    /// A whole number in a range.
    pub fn integer(&mut self, key: &str, range: RangeInclusive<i64>) -> i64 {
        let number = self
            .value(key)
            .and_then(|value| value.as_integer())
            .unwrap_or(*range.start());
        if !range.contains(&number) {
            self.wrong(
                key,
                format!("{number} 不在 {} 到 {} 之间", range.start(), range.end()),
            );
            return *range.start();
        }
        number
    }

    /// A count in a range.
    pub fn count(&mut self, key: &str, range: RangeInclusive<u32>) -> usize {
        let wide = i64::from(*range.start())..=i64::from(*range.end());
        usize::try_from(self.integer(key, wide)).unwrap_or_default()
    }

    /// Milliseconds in a range.
    pub fn millis(&mut self, key: &str, range: RangeInclusive<u32>) -> Duration {
        Duration::from_millis(self.count(key, range) as u64)
    }

    /// Seconds in a range.
    pub fn seconds(&mut self, key: &str, range: RangeInclusive<u32>) -> Duration {
        Duration::from_secs(self.count(key, range) as u64)
    }

    /// One of the words given.
    pub fn one_of<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key);
        let found = words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, meaning)| *meaning);
        if found.is_none() {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.wrong(
                key,
                format!("没有 {text:?} 这个取值，应为 {} 之一", words.join("、")),
            );
        }
        found
    }

    /// An address and port to listen at.
    pub fn address(&mut self, key: &str) -> SocketAddr {
        let text = self.text(key);
        text.parse().unwrap_or_else(|_| {
            self.wrong(key, format!("{text:?} 不是 127.0.0.1:8080 这样的地址和端口"));
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }

    /// A text that must be readable as something.
    pub fn parsed<T>(&mut self, key: &str, wanted: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let parsed = parse(&self.text(key));
        if parsed.is_none() {
            self.wrong(key, format!("应为{wanted}"));
        }
        parsed
    }

    /// Notes that the value of a key is wrong, for rules of one's own.
    pub fn wrong(&mut self, key: &str, what: impl Into<String>) {
        let key = format!("{}.{key}", self.table);
        let source = self
            .leaves
            .get(&key)
            .map_or(Source::Default, |leaf| leaf.source.clone());
        self.problems.push(Problem {
            key,
            source,
            what: what.into(),
        });
    }

    fn value(&mut self, key: &str) -> Option<toml::Value> {
        let found = self
            .leaves
            .get(&format!("{}.{key}", self.table))
            .map(|leaf| leaf.value.clone());
        if found.is_none() {
            self.wrong(key, "settings.toml 中没有它的默认值");
        }
        found
    }
}
