//! Between the contract and the engine.

use std::collections::BTreeMap;

use kernel::{Day, Refusal, id::PersonId};
use proto::process::v1 as wire;

use super::Kept;
use crate::{
    definition::{Definitions, tables::EvidenceKind},
    engine::{Entry, Held, Refused, Value, Vote, What},
    work::Prompt,
};

/// A case as the contract writes it.
pub(super) fn case(definitions: &Definitions, kept: &Kept) -> wire::Case {
    let case = &kept.case;
    let opening = case.opening();
    let version = case.version().unwrap_or_default();
    let state = definitions
        .version(&opening.procedure, version)
        .and_then(|p| p.state(case.state()?));
    let end = state.and_then(|state| state.end).map(|end| match end {
        crate::definition::schema::End::Done => "done",
        crate::definition::schema::End::Failed => "failed",
    });
    let mut anchors = BTreeMap::new();
    if let Some(target) = opening.target {
        anchors.insert("target".to_owned(), target.to_string());
    }
    wire::Case {
        id: kept.id.to_string(),
        procedure: opening.procedure.clone(),
        version: version.to_owned(),
        variant: opening.variant.clone().unwrap_or_default(),
        subject_id: opening.subject.to_string(),
        organization_id: case.organization().to_string(),
        state: case.state().unwrap_or_default().to_owned(),
        state_zh: state.map(|state| state.name_zh.clone()).unwrap_or_default(),
        end: end.unwrap_or_default().to_owned(),
        revision: u64::from(case.revision()),
        last_on: case.last_on().map(|day| day.to_string()).unwrap_or_default(),
        anchors,
    }
}

/// A case as a publicity page shows it (N-26): whose it is and where it stands, nothing more.
pub(super) fn public_case(definitions: &Definitions, kept: &Kept) -> wire::Case {
    let whole = case(definitions, kept);
    wire::Case {
        id: whole.id,
        procedure: whole.procedure,
        organization_id: whole.organization_id,
        state: whole.state,
        state_zh: whole.state_zh,
        ..wire::Case::default()
    }
}

/// What waits for somebody, as the contract writes it.
pub(super) fn work(definitions: &Definitions, kept: &Kept, prompt: &Prompt, today: Day) -> wire::Work {
    let who = prompt.who.iter().flat_map(|(role, at)| match at.as_slice() {
        [] => vec![right(Held {
            role: *role,
            organization: None,
        })],
        at => at
            .iter()
            .map(|at| {
                right(Held {
                    role: *role,
                    organization: Some(*at),
                })
            })
            .collect(),
    });
    let codes = |refused: &Refused| -> Vec<String> {
        let code = refused.code.to_string();
        match refused.items.is_empty() {
            true => vec![code],
            false => refused
                .items
                .iter()
                .map(|item| format!("{code} {item}"))
                .collect(),
        }
    };
    let texts = |refused: &Refused| -> Vec<String> {
        let text = definitions.text(&refused.code);
        match refused.items.is_empty() {
            true => vec![text.to_owned()],
            false => refused
                .items
                .iter()
                .map(|item| format!("{text}：{}", named_item(definitions, kept, item)))
                .collect(),
        }
    };
    wire::Work {
        case: Some(case(definitions, kept)),
        step: prompt.step.clone(),
        step_zh: prompt.name_zh.clone(),
        who: who.collect(),
        missing: prompt.missing.iter().flat_map(codes).collect(),
        missing_zh: prompt.missing.iter().flat_map(texts).collect(),
        first_day: prompt.first_day.map(|day| day.to_string()).unwrap_or_default(),
        last_day: prompt.last_day.day.to_string(),
        provisional: prompt.last_day.provisional,
        overdue: prompt.overdue(today),
        norms: prompt.norms.clone(),
    }
}

/// The Chinese name of evidence, of a step or of an objection.
fn named_item(definitions: &Definitions, kept: &Kept, item: &str) -> String {
    let procedure = kept
        .case
        .version()
        .and_then(|version| definitions.version(&kept.case.opening().procedure, version));
    let evidence = definitions
        .tables
        .evidence
        .get(item)
        .map(|evidence| &evidence.name_zh);
    let step = procedure
        .and_then(|procedure| procedure.step(item))
        .map(|step| &step.name_zh);
    let objection = procedure
        .and_then(|procedure| procedure.objection(item))
        .map(|objection| &objection.name_zh);
    evidence
        .or(step)
        .or(objection)
        .cloned()
        .unwrap_or_else(|| item.to_owned())
}

/// The history of a case.
pub(super) fn entries(definitions: &Definitions, kept: &Kept) -> Vec<wire::Entry> {
    let hashes = kept.hashes.iter().zip(&kept.recorded);
    let all = kept.case.entries().iter().zip(hashes);
    all.map(|(entry, (hash, at))| {
        let (kind, what) = named(entry);
        let procedure = definitions.version(&kept.case.opening().procedure, &entry.version);
        let what_zh = procedure
            .and_then(|p| p.step(&what))
            .map(|step| step.name_zh.clone());
        wire::Entry {
            revision: u64::from(entry.revision),
            kind: kind.to_owned(),
            what_zh: what_zh.unwrap_or_default(),
            what,
            on: entry.on.to_string(),
            recorded_at: Some(::wire::words::timestamp(*at)),
            person_id: entry.person.map(|person| person.to_string()).unwrap_or_default(),
            right: entry.right.map(right).unwrap_or_default(),
            version: entry.version.clone(),
            state: entry.state.clone(),
            findings: super::findings(entry),
            hash: hash.clone(),
        }
    })
    .collect()
}

fn named(entry: &Entry) -> (&'static str, String) {
    match &entry.what {
        What::Step { step, .. } => ("step", step.clone()),
        What::Objection { objection, .. } => ("objection", objection.clone()),
        What::Answer { objection, .. } => ("answer", objection.clone()),
        What::Edit { item, .. } => ("edit", item.clone()),
        What::Adjust { .. } => ("adjust", String::new()),
        What::Late { step, .. } => ("late", step.clone()),
        What::Version { from } => ("version", from.clone()),
    }
}

fn right(held: Held) -> String {
    let at = held.organization.map(|id| id.to_string()).unwrap_or_default();
    format!("{}@{at}", held.role)
}

/// Evidence, each value read by the type that the catalogue gives it; all wrong ones at once.
pub(super) fn evidence(
    definitions: &Definitions,
    given: &[wire::Evidence],
) -> Result<BTreeMap<String, Value>, Refusal> {
    let mut fields = ::wire::Fields::new();
    let mut read = BTreeMap::new();
    for (k, one) in given.iter().enumerate() {
        let at = format!("evidence[{k}].value");
        let kind = definitions
            .tables
            .evidence
            .get(&one.item)
            .map(|evidence| evidence.kind);
        let Some(kind) = fields.known(&format!("evidence[{k}].item"), kind) else {
            continue;
        };
        if let Some(value) = value(&mut fields, &at, kind, &one.value) {
            read.insert(one.item.clone(), value);
        }
    }
    fields.done()?;
    Ok(read)
}

fn value(fields: &mut ::wire::Fields, at: &str, kind: EvidenceKind, text: &str) -> Option<Value> {
    match kind {
        EvidenceKind::Date => fields.day(at, text).map(Value::Date),
        EvidenceKind::Int | EvidenceKind::Fen => fields.parse(at, text).map(Value::Int),
        EvidenceKind::People => {
            let people: Vec<Option<PersonId>> =
                text.split(',').map(|id| fields.parse(at, id.trim())).collect();
            people.into_iter().collect::<Option<Vec<_>>>().map(Value::People)
        }
        _ => Some(Value::Text(text.to_owned())),
    }
}

/// The numbers of a vote.
pub(super) fn vote(given: &wire::Vote) -> Vote {
    Vote {
        entitled: given.entitled,
        present: given.present,
        yes: given.approve,
        against: given.against,
        abstain: given.abstain,
        written: given.written,
        issued: given.issued,
        returned: given.returned,
        seats: given.seats,
        votes: given.candidates.iter().map(|candidate| candidate.votes).collect(),
    }
}
