//! Between the contract and the engine.

use std::collections::BTreeMap;

use kernel::{Refusal, id::PersonId};
use proto::process::v1 as wire;

use super::Kept;
use crate::{
    definition::{Definitions, tables::EvidenceKind},
    engine::{Case, Entry, Held, Value, Vote, What},
    work::Work,
};

/// The key of the organization to which a case leads, among its anchors.
pub(super) const TARGET: &str = "target";
/// What the keys of further organizations begin with, among its anchors: `side1`, `side2`.
pub(super) const SIDE: &str = "side";

/// A case as the contract writes it.
pub(super) fn case(definitions: &Definitions, kept: &Kept) -> wire::Case {
    let case = &kept.case;
    let opening = case.opening();
    let version = case.version().unwrap_or_default();
    let procedure = definitions.version(&opening.procedure, version);
    let state = procedure.and_then(|p| p.state(case.state()?));
    let end = state.and_then(|state| state.end).map(|end| match end {
        crate::definition::schema::End::Done => "done",
        crate::definition::schema::End::Failed => "failed",
    });
    let mut anchors = BTreeMap::new();
    if let Some(target) = opening.target {
        anchors.insert(TARGET.to_owned(), target.to_string());
    }
    for (k, side) in (1..).zip(&opening.sides) {
        anchors.insert(format!("{SIDE}{k}"), side.to_string());
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
        procedure_zh: procedure.map(|p| p.name_zh.clone()).unwrap_or_default(),
    }
}

/// A case as a publicity page shows it (N-26): whose it is and where it stands, nothing more.
pub(super) fn public_case(definitions: &Definitions, kept: &Kept) -> wire::Case {
    let whole = case(definitions, kept);
    wire::Case {
        id: whole.id,
        procedure: whole.procedure,
        procedure_zh: whole.procedure_zh,
        organization_id: whole.organization_id,
        state: whole.state,
        state_zh: whole.state_zh,
        ..wire::Case::default()
    }
}

/// A refusal with where the case stands, so that whoever was slower need not ask again.
pub(super) fn refused_on(refusal: Refusal, case: &Case) -> Refusal {
    match case.state() {
        None => refusal,
        Some(state) => refusal.with("revision", case.revision()).with("state", state),
    }
}

/// The history of a case, with what is said in the objections of which the reader is told.
pub(super) fn entries(
    definitions: &Definitions,
    kept: &Kept,
    told: impl Fn(&Entry) -> bool,
) -> Vec<wire::Entry> {
    let hashes = kept.hashes.iter().zip(&kept.recorded);
    let all = kept.case.entries().iter().zip(hashes);
    all.map(|(entry, (hash, at))| {
        let (kind, what) = named(entry);
        let procedure = definitions.version(&kept.case.opening().procedure, &entry.version);
        let step = procedure
            .and_then(|p| p.step(&what))
            .map(|step| step.name_zh.clone());
        let objection = || Some(procedure?.objection(&what)?.name_zh.clone());
        let raised = match &entry.what {
            What::Objection { .. } => Some(entry),
            What::Answer { to, .. } => kept.case.entries().get(*to as usize),
            _ => None,
        };
        let said = match &entry.what {
            What::Objection { grounds: said, .. } | What::Answer { answer: said, .. } => Some(said),
            _ => None,
        };
        wire::Entry {
            revision: u64::from(entry.revision),
            kind: kind.to_owned(),
            what_zh: step.or_else(objection).unwrap_or_default(),
            what,
            on: entry.on.to_string(),
            recorded_at: Some(::wire::words::timestamp(*at)),
            person_id: entry.person.map(|person| person.to_string()).unwrap_or_default(),
            right: entry.right.map(right).unwrap_or_default(),
            version: entry.version.clone(),
            state: entry.state.clone(),
            findings: super::acting::findings(entry),
            hash: hash.clone(),
            text: said
                .filter(|_| raised.is_some_and(&told))
                .cloned()
                .unwrap_or_default(),
            answers: match kind {
                "answer" => raised.map_or(0, |raised| u64::from(raised.revision)),
                _ => 0,
            },
            upheld: matches!(entry.what, What::Answer { upheld: true, .. }),
        }
    })
    .collect()
}

/// What the case holds, by hash: an approval binds some of it.
pub(super) fn contents(definitions: &Definitions, kept: &Kept) -> Vec<wire::Content> {
    let contents = kept.case.contents();
    contents
        .map(|(item, content)| wire::Content {
            item: item.to_owned(),
            name_zh: evidence_name(definitions, item),
            hash: content.value.hash(),
        })
        .collect()
}

fn evidence_name(definitions: &Definitions, item: &str) -> String {
    let evidence = definitions.tables.evidence.get(item);
    evidence
        .map(|evidence| evidence.name_zh.clone())
        .unwrap_or_default()
}

/// Something that waits for somebody.
pub(super) fn work(definitions: &Definitions, kept: &Kept, work: Work) -> wire::Work {
    let day = |day: Option<kernel::Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let missing = work.missing.into_iter().map(|one| match one.item {
        None => (one.code, one.zh),
        Some(item) => (format!("{} {item}", one.code), one.zh),
    });
    let (missing, missing_zh) = missing.unzip();
    wire::Work {
        case: Some(case(definitions, kept)),
        bound: work.bound.unwrap_or_default(),
        step: work.step,
        step_zh: work.name_zh,
        who: work.who,
        missing,
        missing_zh,
        first_day: day(work.first_day),
        last_day: day(work.last_day),
        provisional: work.provisional,
        overdue: work.overdue,
        prompted: work.prompted,
        norms: work.norms,
    }
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
