//! The table of vote rules: each can be counted, and can carry (process.md part 4).

use super::Found;
use crate::definition::tables::{Setting, Share, Tables, VoteRule};

pub(super) fn tables(found: &mut Found<'_>) {
    let tables: &Tables = &found.definitions.tables;
    for (name, rule) in &tables.vote {
        if let Some(wrong) = wrong(tables, rule) {
            found.in_table("VOTE_RULE_WRONG", ("vote", name), wrong);
        }
    }
}

fn wrong(tables: &Tables, rule: &VoteRule) -> Option<String> {
    let others = [&rule.with_committee, &rule.without_committee];
    if others.iter().any(|other| other.is_some()) {
        // One of two rules, each of which counts by itself.
        let counts = |other: &&Option<String>| {
            let other = other.as_ref().and_then(|name| tables.vote.get(name));
            other.is_some_and(|rule| rule.pass.is_some())
        };
        return (!others.iter().all(counts)).then(|| "设与不设委员会各要有一条能计票的规则".to_owned());
    }
    if rule.pass.is_none() {
        return Some("没有写明多少票通过（pass），永远不会通过".to_owned());
    }
    let fits = |share: &Share| 0 <= share.0 && share.0 <= share.1 && share.1 > 0;
    if !rule.quorum.iter().chain(&rule.pass).all(fits) {
        return Some("比例应在 0 与 1 之间".to_owned());
    }
    let is_base = |base: &str| ["entitled", "present"].contains(&base);
    let base = match rule.of.as_deref().map(|of| (of, of.strip_prefix('$'))) {
        None => true,
        Some((of, None)) => is_base(of),
        Some((_, Some(name))) => tables.param.get(name).is_some_and(|parameter| {
            matches!(parameter.default, Setting::Code(_)) && parameter.values.iter().all(|one| is_base(one))
        }),
    };
    (!base).then(|| "基数（of）应为 entitled、present 或取这两个值的参数".to_owned())
}
