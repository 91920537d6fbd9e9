//! What people read: everything has a Chinese name, and every norm that is cited is in the catalogue.

use kernel::norm;

use super::{Found, Here};
use crate::definition::tables::Tables;

/// Whether people can read it.
pub(super) fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    here.named(&["name_zh"], &procedure.name_zh);
    for (variant, name) in &procedure.variants {
        here.named(&["variants", variant], name);
    }
    here.norms(&["norms"], &procedure.norms);
    here.norms(&["to_confirm"], &procedure.to_confirm);
    for state in &procedure.states {
        here.named(&["states", &state.id, "name_zh"], &state.name_zh);
    }
    for step in &procedure.steps {
        here.named(&["step", &step.id, "name_zh"], &step.name_zh);
        here.norms(&["step", &step.id, "norms"], &step.norms);
    }
    for objection in &procedure.objections {
        here.named(&["objection", &objection.id, "name_zh"], &objection.name_zh);
        here.norms(&["objection", &objection.id, "norms"], &objection.norms);
    }
}

impl Here<'_, '_> {
    fn named(&mut self, path: &[&str], name: &str) {
        if !is_chinese(name) {
            self.mistake("NAME_MISSING", path, "没有中文名称");
        }
    }

    fn norms(&mut self, path: &[&str], norms: &[String]) {
        for norm in norms.iter().filter(|norm| !norm::is_known(norm)) {
            self.mistake("NORM_UNKNOWN", path, format!("依据目录中没有 {norm}"));
        }
    }
}

/// The names and norms of the shared tables.
pub(super) fn tables(found: &mut Found<'_>) {
    let tables: &Tables = &found.definitions.tables;
    let words = |table: &'static str, words: &std::collections::BTreeMap<String, String>| {
        let named = words.iter().map(|(key, name)| (table, key.clone(), name.clone()));
        named.collect::<Vec<_>>()
    };
    let mut names = [words("role", &tables.role), words("relation", &tables.relation)].concat();
    names.extend(
        tables
            .param
            .iter()
            .map(|(key, one)| ("param", key.clone(), one.name_zh.clone())),
    );
    names.extend(
        tables
            .vote
            .iter()
            .map(|(key, one)| ("vote", key.clone(), one.name_zh.clone())),
    );
    names.extend(
        tables
            .fact
            .iter()
            .map(|(key, one)| ("fact", key.clone(), one.name_zh.clone())),
    );
    let evidence = tables.evidence.iter();
    names.extend(evidence.map(|(key, one)| ("evidence", key.clone(), one.name_zh.clone())));
    let lists = tables.list.iter();
    names.extend(
        lists.flat_map(|(key, list)| list.values().map(move |name| ("list", key.clone(), name.clone()))),
    );
    for (table, key, _) in names.iter().filter(|(_, _, name)| !is_chinese(name)) {
        found.in_table("NAME_MISSING", (table, key), "没有中文名称");
    }
    let params = tables.param.iter().map(|(key, one)| ("param", key, &one.norms));
    let votes = tables.vote.iter().map(|(key, one)| ("vote", key, &one.norms));
    for (table, key, norms) in params.chain(votes) {
        for norm in norms.iter().filter(|norm| !norm::is_known(norm)) {
            found.in_table("NORM_UNKNOWN", (table, key), format!("依据目录中没有 {norm}"));
        }
    }
}
