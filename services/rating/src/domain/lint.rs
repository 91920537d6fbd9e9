//! The linter: a template that breaks a bound is refused before anything is rated by it, every mistake with
//! its place (S-302…S-307, S-312, S-323).

mod catalogue;
mod items;
mod outline;
mod rules;
mod sums;

use std::collections::BTreeSet;

use super::{
    indicator::Indicator,
    item::Item,
    problem::Problem,
    rule::Rule,
    source::{INDICATORS, ITEMS, RULES},
    template::Template,
};

/// Everything that is wrong with a template; empty when it may be published.
#[must_use]
pub fn lint(template: &Template) -> Vec<Problem> {
    let mut findings = Findings(Vec::new());
    outline::check(template, &mut findings);
    catalogue::check(template, &mut findings);
    items::check(template, &mut findings);
    rules::check(template, &mut findings);
    sums::check(template, &mut findings);
    findings.0
}

struct Findings(Vec<Problem>);

impl Findings {
    fn add(&mut self, place: impl Into<String>, reason: &'static str, zh: impl Into<String>) {
        self.0.push(Problem::new(place, reason, zh));
    }

    fn item(&mut self, item: &Item, column: &str, reason: &'static str, zh: impl Into<String>) {
        self.add(place(ITEMS, item.line, &item.id, column), reason, zh);
    }

    fn rule(&mut self, rule: &Rule, column: &str, reason: &'static str, zh: impl Into<String>) {
        self.add(place(RULES, rule.line, &rule.id, column), reason, zh);
    }

    fn indicator(
        &mut self,
        indicator: &Indicator,
        column: &str,
        reason: &'static str,
        zh: impl Into<String>,
    ) {
        self.add(
            place(INDICATORS, indicator.line, &indicator.id, column),
            reason,
            zh,
        );
    }
}

/// Sheet, line when there is one, record, column.
fn place(sheet: &str, line: u64, id: &str, column: &str) -> String {
    let line = if line == 0 {
        String::new()
    } else {
        format!(":{line}")
    };
    format!("{sheet}{line}, {id}, {column}")
}

/// The ids that stand more than once, each from its second time on.
fn repeated<'a, T>(all: &'a [T], id: impl Fn(&'a T) -> &'a str) -> Vec<&'a T> {
    let mut seen = BTreeSet::new();
    all.iter().filter(|one| !seen.insert(id(one))).collect()
}

#[cfg(test)]
mod tests;
