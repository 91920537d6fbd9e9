//! What a file of worked cases must be before it is played: every name once and known, every walk whole.

use std::collections::{BTreeMap, BTreeSet};

use super::walk::{File, Walk};
use crate::definition::{Broken, Definitions, Place, Places};

/// What is wrong at a path.
pub(super) fn broken(places: &Places, path: &[&str], about: String, what: String) -> Broken {
    Broken {
        place: Place {
            line: places.line(path),
            what: about,
        },
        what,
    }
}

/// Names that two stand under: the second would be played in the place of the first, or not at all.
pub(super) fn repeated(file: &File, places: &Places) -> Vec<Broken> {
    let ids: [(&str, &str, Vec<&String>); 3] = [
        ("org", "组织", file.org.iter().map(|one| &one.id).collect()),
        ("actor", "人员", file.actor.iter().map(|one| &one.id).collect()),
        ("walk", "例案", file.walk.iter().map(|one| &one.id).collect()),
    ];
    let mut all = Vec::new();
    for (table, kind, ids) in ids {
        let mut first = BTreeMap::new();
        for (index, id) in ids.into_iter().enumerate() {
            let Some(before) = first.insert(id, index) else {
                continue;
            };
            let line = places.line(&[table, &before.to_string()]);
            let where_ = line.map(|line| format!("（第 {line} 行）")).unwrap_or_default();
            let what = format!("编号与前面的{kind}重复{where_}");
            all.push(broken(
                places,
                &[table, &index.to_string()],
                format!("{kind} {id}"),
                what,
            ));
        }
    }
    all
}

/// A name that the walk gives and nothing reads: what it says would count for nothing.
pub(super) fn unknown(definitions: &Definitions, walk: &Walk) -> Option<String> {
    let tables = &definitions.tables;
    let item = |name: &&String| !tables.fact.contains_key(*name) && !tables.evidence.contains_key(*name);
    let versions = definitions.versions(walk.procedure.as_deref().unwrap_or_default());
    let step = |name: &&String| *name != "answer" && versions.iter().all(|one| one.step(name).is_none());
    let of_events = || {
        let facts = walk.event.iter().flat_map(|event| event.facts.keys());
        facts.chain(walk.event.iter().flat_map(|event| &event.omit))
    };
    let mut params = walk
        .params
        .keys()
        .filter(|name| !tables.param.contains_key(*name));
    let mut items = walk.facts.keys().chain(of_events()).filter(item);
    let mut steps = walk
        .event
        .iter()
        .flat_map(|event| {
            event
                .silent
                .all()
                .iter()
                .chain(event.due.keys())
                .chain(event.earliest.keys())
        })
        .filter(step);
    let found = params.next().map(|name| format!("没有参数 {name}"));
    let found = found.or_else(|| items.next().map(|name| format!("没有名为 {name} 的事实或材料")));
    found.or_else(|| {
        let name = steps.find(|_| !versions.is_empty())?;
        Some(format!("没有步骤 {name}"))
    })
}

/// A walk with the events of the one that it goes on from; what it says itself goes before.
pub(super) fn whole(file: &File, walk: &Walk, depth: usize) -> Result<Walk, String> {
    let Some(like) = &walk.like else {
        return Ok(walk.clone());
    };
    let base = file
        .walk
        .iter()
        .find(|other| other.id == *like && depth < file.walk.len());
    let base = whole(
        file,
        base.ok_or_else(|| format!("like = {like:?} 没有这件例案，或绕回自己"))?,
        depth + 1,
    )?;
    let upto = walk.upto.unwrap_or(base.event.len());
    if upto > base.event.len() {
        return Err(format!("upto = {upto}，而 {like} 只有 {} 项", base.event.len()));
    }
    let over = |own: &Option<String>, base: Option<String>| own.clone().or(base);
    Ok(Walk {
        procedure: over(&walk.procedure, base.procedure),
        variant: over(&walk.variant, base.variant),
        subject: over(&walk.subject, base.subject),
        target: over(&walk.target, base.target),
        person: over(&walk.person, base.person),
        side: walk.side.clone().or(base.side),
        facts: base.facts.into_iter().chain(walk.facts.clone()).collect(),
        params: base.params.into_iter().chain(walk.params.clone()).collect(),
        open_cases: base
            .open_cases
            .into_iter()
            .chain(walk.open_cases.clone())
            .collect(),
        event: base
            .event
            .into_iter()
            .take(upto)
            .chain(walk.event.clone())
            .collect(),
        ..walk.clone()
    })
}

/// Steps of procedures that no walk takes: what nobody has tried yet.
pub(super) fn untried(definitions: &Definitions, file: &File) -> BTreeSet<String> {
    let mut tried: BTreeSet<(String, String)> = BTreeSet::new();
    for walk in &file.walk {
        let Ok(whole) = whole(file, walk, 0) else { continue };
        let Some(procedure) = whole.procedure else {
            continue;
        };
        tried.extend(
            whole
                .event
                .iter()
                .filter_map(|e| Some((procedure.clone(), e.step.clone()?))),
        );
    }
    let all = definitions
        .procedures()
        .flat_map(|p| p.steps.iter().map(|step| (p.id.clone(), step.id.clone())));
    all.filter(|step| !tried.contains(step))
        .map(|(procedure, step)| format!("{procedure}.{step}"))
        .collect()
}
