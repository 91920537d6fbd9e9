//! The judgement of one event, in the published order: the first thing against it answers.

use kernel::Day;

use super::{
    advance::advance,
    case::Case,
    circumstances::Circumstances,
    clock::running,
    content,
    entry::{Entry, Request, What},
    event::{Act, Answer, Event, Judgement, Refused},
    objection,
    step::Taking,
    value::Value,
};
use crate::definition::{Procedure, schema::Step};

/// Judges an event on a case: what fell due before its day, and new entries or a refusal. Pure: the same
/// arguments give the same answer.
#[must_use]
pub fn judge(c: &Circumstances<'_>, case: &Case, event: &Event) -> Judgement {
    let refused = |refused| Judgement {
        late: Vec::new(),
        version: None,
        answer: Answer::Refused(refused),
    };
    if let Some(first) = event.key.as_deref().and_then(|key| case.requested(key)) {
        let same = first
            .request
            .as_ref()
            .is_some_and(|request| request.content == event.content());
        let answer = if same {
            Answer::Replayed(first.seq)
        } else {
            Answer::Refused(Refused::new("KEY_REUSED"))
        };
        return Judgement {
            late: Vec::new(),
            version: Some(first.version.clone()),
            answer,
        };
    }
    if case.last_on().is_some_and(|last| event.on < last) {
        return refused(Refused::new("DATE_BACKWARD"));
    }
    let late = match advance(c, case, event.on) {
        Ok(late) => late,
        Err(out) => return refused(out.into()),
    };
    let mut now = case.clone();
    now.append(late.iter().cloned());
    let mut version = None;
    let answer = decide(c, &mut now, event, &mut version);
    Judgement {
        late,
        version,
        answer: answer.map_or_else(Answer::Refused, Answer::Accepted),
    }
}

fn decide(
    c: &Circumstances<'_>,
    now: &mut Case,
    event: &Event,
    judged_by: &mut Option<String>,
) -> Result<Vec<Entry>, Refused> {
    if event.seen.is_some_and(|seen| seen != now.revision()) {
        return Err(Refused::new("CASE_CHANGED"));
    }
    let procedure = c
        .definitions
        .in_force(&now.opening().procedure, event.on)
        .ok_or_else(|| Refused::new("NO_RULE_VERSION"))?;
    *judged_by = Some(procedure.version.clone());
    let mut entries = Vec::new();
    if let Some(change) = changed_version(c, now, procedure, event.on)? {
        now.append([change.clone()]);
        entries.push(change);
    }
    let mut entry = act(c, now, procedure, event)?;
    entry.request = event.key.as_ref().map(|key| Request {
        key: key.clone(),
        content: event.content(),
    });
    now.append([entry.clone()]);
    entries.push(entry);
    // A parameter outside its bounds would leave the case with a clock that nobody can read.
    running(c, now)?;
    Ok(entries)
}

/// The case as an event on a day would find it: with what fell due before, under the version then in force.
pub(crate) fn as_of<'a>(
    c: &Circumstances<'a>,
    case: &Case,
    on: Day,
) -> Result<(Case, &'a Procedure), Refused> {
    let mut now = case.clone();
    now.append(advance(c, case, on)?);
    let procedure = c
        .definitions
        .in_force(&now.opening().procedure, on)
        .ok_or_else(|| Refused::new("NO_RULE_VERSION"))?;
    let change = changed_version(c, &now, procedure, on)?;
    now.append(change);
    Ok((now, procedure))
}

/// A running case takes the new version with its first event after the change, through `map`.
fn changed_version(
    c: &Circumstances<'_>,
    now: &Case,
    procedure: &Procedure,
    on: Day,
) -> Result<Option<Entry>, Refused> {
    let Some(last) = now.entries().last() else {
        return Ok(None);
    };
    if last.version == procedure.version {
        return Ok(None);
    }
    let state = c
        .definitions
        .mapped(&procedure.id, &last.state, &last.version, &procedure.version);
    if procedure.state(&state).is_none() {
        return Err(Refused::new("STATE_NOT_IN_VERSION").about(state));
    }
    Ok(Some(Entry {
        seq: last.seq + 1,
        on,
        person: None,
        right: None,
        version: procedure.version.clone(),
        state,
        voided: Vec::new(),
        request: None,
        what: What::Version {
            from: last.version.clone(),
        },
        ..last.clone()
    }))
}

fn act(c: &Circumstances<'_>, now: &Case, procedure: &Procedure, event: &Event) -> Result<Entry, Refused> {
    let by = (event.on, &event.by);
    if let Act::Step {
        step,
        evidence,
        vote,
        saw,
    } = &event.act
    {
        if now.entries().is_empty() {
            only_open_case(c, procedure)?;
        }
        let step = legal_step(c, now, procedure, step)?;
        let taking = Taking {
            c,
            case: now,
            procedure,
            step,
            on: event.on,
            evidence,
            vote: vote.as_ref(),
            saw,
        };
        return taking.take(&event.by);
    }
    let state = now.state().ok_or_else(|| Refused::new("STEP_NOT_LEGAL"))?;
    let closed = procedure.state(state).is_some_and(|state| state.end.is_some());
    match (&event.act, closed) {
        (Act::Adjust { note }, true) => content::adjust(c, now, procedure, by, note),
        (Act::Adjust { .. }, false) => Err(Refused::new("CASE_NOT_CLOSED")),
        (_, true) => Err(Refused::new("CASE_CLOSED")),
        (Act::Object { objection, grounds }, _) => {
            objection::object(c, now, procedure, by, objection.as_deref(), grounds)
        }
        (
            Act::Answer {
                objection,
                upheld,
                answer,
            },
            _,
        ) => objection::answer(c, now, procedure, by, objection.as_deref(), (*upheld, answer)),
        (Act::Edit { item, value }, _) => content::edit(c, now, procedure, by, item, value),
        (Act::Step { .. }, _) => Err(Refused::new("STEP_NOT_LEGAL")),
    }
}

fn legal_step<'a>(
    c: &Circumstances<'_>,
    now: &Case,
    procedure: &'a Procedure,
    id: &str,
) -> Result<&'a Step, Refused> {
    let step = procedure
        .step_of(now.variant(), id)
        .ok_or_else(|| Refused::new("STEP_UNKNOWN").about(id))?;
    let Some(state) = now.state() else {
        return if step.opens() {
            Ok(step)
        } else {
            Err(Refused::new("STEP_NOT_LEGAL").about(id))
        };
    };
    let closed = procedure.state(state).is_some_and(|state| state.end.is_some());
    match (closed, step.leaves(state)) {
        (true, true) if step.reopen => only_open_case(c, procedure).map(|()| step),
        (true, _) => Err(Refused::new("CASE_CLOSED")),
        (false, true) => Ok(step),
        (false, false) => Err(Refused::new("STEP_NOT_LEGAL").about(id)),
    }
}

/// `ONE_OPEN_CASE`: the subject has none of the group, by the fact `open_cases`.
fn only_open_case(c: &Circumstances<'_>, procedure: &Procedure) -> Result<(), Refused> {
    let Some(group) = procedure.exclusive.as_deref() else {
        return Ok(());
    };
    let Some(Value::Codes(open)) = c.facts.get("open_cases") else {
        return Err(Refused::new("FACT_MISSING").about("open_cases"));
    };
    let same = open.iter().find(|open| c.definitions.group(open) == Some(group));
    same.map_or(Ok(()), |open| Err(Refused::new("ONE_OPEN_CASE").about(open)))
}
