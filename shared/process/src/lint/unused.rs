//! What nobody uses misleads whoever reads it.

use std::collections::BTreeSet;

use kernel::role::Anchor;

use super::{Found, Here};
use crate::{
    definition::{
        Procedure,
        schema::Step,
        uses::{self, Uses},
        words::Right,
    },
    engine::REFUSALS,
    work::PROMPT_LEAD,
};

/// Anchors, variants and marks of one version.
pub(super) fn in_procedure(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    for anchor in procedure
        .anchors
        .iter()
        .filter(|anchor| !is_anchored(procedure, anchor))
    {
        here.mistake("UNUSED", &["anchors"], format!("没有人以 {anchor} 的身份参与"));
    }
    for step in &procedure.steps {
        for variant in step.more.keys().filter(|variant| !step.exists_in(Some(variant))) {
            let what = format!("类别 {variant} 中没有这个步骤");
            here.mistake("UNUSED", &["step", &step.id, "more", variant], what);
        }
        // A step is written once for all versions of a procedure: the mark is of use where it is in one of them.
        let versions = here.definitions().versions(&procedure.id);
        let of_use = versions.iter().any(|version| {
            let own = version.step(&step.id);
            own.is_some_and(|own| own.states().any(|state| holds(version, own, state)))
        });
        if step.early && !of_use {
            let what = "它不离开公示，也不离开可以提出异议的状态";
            here.mistake("UNUSED", &["step", &step.id, "early"], what);
        }
        let leaves_end = |state: &str| procedure.state(state).is_some_and(|state| state.end.is_some());
        if step.reopen && !step.states().any(leaves_end) {
            here.mistake("UNUSED", &["step", &step.id, "reopen"], "它不离开终结状态");
        }
    }
}

fn holds(version: &Procedure, step: &Step, state: &str) -> bool {
    let public = version
        .state(state)
        .is_some_and(|state| state.publicity.is_some());
    let mut objections = version.objections.iter();
    public
        || objections.any(|objection| {
            let held = objection
                .blocks
                .as_ref()
                .is_none_or(|steps| steps.contains(&step.id));
            held && objection.covers(state)
        })
}

fn is_anchored(procedure: &Procedure, anchor: &str) -> bool {
    let rights = procedure.steps.iter().flat_map(|step| &step.who);
    let objecting = procedure
        .objections
        .iter()
        .flat_map(|one| one.who.iter().chain(&one.decider));
    let stands = |right: &Right| match right.0.anchor {
        Anchor::Subject => anchor == "target" && right.0.relation == kernel::Relation::Common,
        Anchor::Target => anchor == "target",
        Anchor::Side => anchor == "side",
    };
    let rebased = |step: &Step| step.rebase.as_deref() == Some(anchor);
    rights.chain(objecting).any(stands) || procedure.steps.iter().any(rebased)
}

/// Entries of the shared tables.
pub(super) fn in_tables(found: &mut Found<'_>) {
    let definitions = found.definitions;
    let all: Vec<Uses> = definitions
        .procedures()
        .map(|procedure| uses::of(definitions, procedure))
        .collect();
    let used = |take: fn(&Uses) -> &BTreeSet<String>| -> BTreeSet<String> {
        all.iter().flat_map(take).cloned().collect()
    };
    let tables = &definitions.tables;
    let mut codes = used(|uses| &uses.code);
    codes.extend(REFUSALS.iter().map(|code| (*code).to_owned()));
    let mut params = used(|uses| &uses.param);
    params.insert(PROMPT_LEAD.to_owned());
    unused(found, "param", tables.param.keys(), &params);
    unused(found, "role", tables.role.keys(), &used(|uses| &uses.role));
    unused(
        found,
        "relation",
        tables.relation.keys(),
        &used(|uses| &uses.relation),
    );
    unused(found, "list", tables.list.keys(), &used(|uses| &uses.list));
    unused(found, "vote", tables.vote.keys(), &used(|uses| &uses.vote));
    unused(
        found,
        "predicate",
        tables.predicate.keys(),
        &used(|uses| &uses.predicate),
    );
    unused(found, "fact", tables.fact.keys(), &used(|uses| &uses.fact));
    unused(
        found,
        "evidence",
        tables.evidence.keys(),
        &used(|uses| &uses.evidence),
    );
    unused(found, "code", tables.code.keys(), &codes);
    let shown = used(|uses| &uses.public);
    for field in tables
        .public
        .fields
        .iter()
        .filter(|field| !shown.contains(*field))
    {
        let what = format!("没有公示页面显示 {field}");
        found.in_table("UNUSED", ("public", "fields"), what);
    }
}

fn unused<'a>(
    found: &mut Found<'_>,
    table: &str,
    keys: impl Iterator<Item = &'a String>,
    used: &BTreeSet<String>,
) {
    for key in keys.filter(|key| !used.contains(*key)) {
        found.in_table("UNUSED", (table, key), "没有用到");
    }
}
