//! What is named twice in a list was meant to be something else the second time.

use std::{collections::BTreeSet, fmt::Display};

use super::Here;

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    here.once(&["anchors"], &procedure.anchors);
    here.once(&["norms"], &procedure.norms);
    for state in &procedure.states {
        if let Some(publicity) = &state.publicity {
            here.once(&["states", &state.id, "publicity"], &publicity.fields);
        }
    }
    for step in &procedure.steps {
        let id = &step.id;
        here.once(&["step", id, "from"], &step.from);
        here.once(&["step", id, "who"], &step.who);
        for (key, names) in [
            ("for", &step.variants),
            ("evidence", &step.evidence),
            ("binds", &step.binds),
            ("apart", &step.apart),
            ("same", &step.same),
            ("emits", &step.emits),
            ("norms", &step.norms),
        ] {
            here.once(&["step", id, key], names);
        }
        for (variant, more) in &step.more {
            let both = step.evidence.iter().chain(&more.evidence);
            here.once(&["step", id, "more", variant, "evidence"], both);
        }
    }
    for objection in &procedure.objections {
        let id = &objection.id;
        here.once(&["objection", id, "in"], &objection.states);
        here.once(&["objection", id, "who"], &objection.who);
        here.once(&["objection", id, "decider"], &objection.decider);
        here.once(&["objection", id, "apart"], &objection.apart);
        here.once(&["objection", id, "blocks"], objection.blocks.iter().flatten());
    }
}

impl Here<'_, '_> {
    fn once<T: Display>(&mut self, path: &[&str], names: impl IntoIterator<Item = T>) {
        let mut seen = BTreeSet::new();
        for name in names {
            let name = name.to_string();
            if seen.contains(&name) {
                self.mistake("NAMED_TWICE", path, format!("{name} 写了两次"));
            }
            seen.insert(name);
        }
    }
}
