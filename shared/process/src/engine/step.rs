//! One step: whether it is legal, and the entry that it makes. The order of the checks is part of the
//! contract (process.md part 5, 1).

use std::collections::BTreeMap;

use kernel::Day;

use super::{
    case::Case,
    circumstances::Circumstances,
    clock::{first_days, running, window},
    content::bound,
    entry::{Entry, Held, Outcome, What},
    event::{Actor, Refused, Saw},
    predicate::{Question, Unmet},
    right::standing,
    value::Value,
    vote::{self, Vote},
};
use crate::definition::{
    Procedure,
    schema::{Condition, Severity, Step},
    words::{Goal, Number},
};

/// A step that somebody wants to take.
pub(super) struct Taking<'a> {
    pub(super) c: &'a Circumstances<'a>,
    pub(super) case: &'a Case,
    pub(super) procedure: &'a Procedure,
    pub(super) step: &'a Step,
    pub(super) on: Day,
    pub(super) evidence: &'a BTreeMap<String, Value>,
    pub(super) vote: Option<&'a Vote>,
    pub(super) saw: &'a Saw,
}

/// What the checks found in favour of the step.
struct Passed {
    held: Held,
    outcome: Outcome,
    warnings: Vec<String>,
}

/// Something that a step still needs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Obstacle {
    /// What the person brings or another step does.
    Missing(Refused),
    /// It must wait.
    Early(Refused),
}

impl Taking<'_> {
    /// The entry that the step makes, or the first thing against it.
    pub(super) fn take(&self, by: &Actor) -> Result<Entry, Refused> {
        let mut warnings = Vec::new();
        let passed = self.check(by, &mut warnings);
        match passed {
            Ok((held, outcome)) => Ok(self.entry(
                by,
                &Passed {
                    held,
                    outcome,
                    warnings,
                },
            )),
            Err(refused) => Err(Refused { warnings, ..refused }),
        }
    }

    fn check(&self, by: &Actor, warnings: &mut Vec<String>) -> Result<(Held, Outcome), Refused> {
        let held = standing(self.c, self.case, &self.step.who, by).held()?;
        right_person(self.case, self.step, by)?;
        self.publicity()?;
        self.objections()?;
        self.evidence()?;
        warnings.extend(self.early()?);
        self.late()?;
        self.steps()?;
        for condition in self.step.conditions_of(self.case.variant()) {
            warnings.extend(self.condition(condition)?);
        }
        self.seen_contents()?;
        let outcome = match (&self.step.vote, self.vote) {
            (Some(ballot), Some(numbers)) => vote::count(self.c, &ballot.rule, numbers, self.on)?,
            _ => Outcome::Done,
        };
        Ok((held, outcome))
    }

    /// `PUBLICITY_RUNNING`: through its last day, and on no provisional one.
    fn publicity(&self) -> Result<(), Refused> {
        if self.step.early || self.step.to == Goal::Same {
            return Ok(());
        }
        match window(self.c, self.case)? {
            Some(last) if self.on <= last.day => Err(Refused::new("PUBLICITY_RUNNING")),
            Some(last) if last.provisional => Err(Refused::new("CALENDAR_MISSING")),
            _ => Ok(()),
        }
    }

    fn objections(&self) -> Result<(), Refused> {
        let state = self.case.state().unwrap_or_default();
        let holding = self.case.open_objections().find(|(_, id)| {
            self.procedure
                .objection(id)
                .is_some_and(|objection| objection.holds(self.step, state))
        });
        holding.map_or(Ok(()), |(_, id)| Err(Refused::new("OBJECTION_OPEN").about(id)))
    }

    /// `EVIDENCE_MISSING` names all that is missing, `EVIDENCE_TYPE` all that does not fit or was not asked for.
    fn evidence(&self) -> Result<(), Refused> {
        let wanted: Vec<&str> = self.step.evidence_of(self.case.variant()).collect();
        let absent = wanted
            .iter()
            .filter(|item| !self.evidence.contains_key(**item))
            .copied();
        let vote = (self.step.vote.is_some() && self.vote.is_none()).then_some("vote");
        let missing = absent
            .chain(vote)
            .fold(Refused::new("EVIDENCE_MISSING"), |all, item| all.about(item));
        if !missing.items.is_empty() {
            return Err(missing);
        }
        let table = &self.c.definitions.tables.evidence;
        let fits = |item: &str, value: &Value| {
            wanted.contains(&item) && table.get(item).is_some_and(|evidence| value.fits(evidence.kind))
        };
        let wrong = self.evidence.iter().filter(|(item, value)| !fits(item, value));
        let wrong = wrong.fold(Refused::new("EVIDENCE_TYPE"), |all, (item, _)| all.about(item));
        if wrong.items.is_empty() {
            Ok(())
        } else {
            Err(wrong)
        }
    }

    /// `TOO_EARLY`, as a warning where the norm says 一般.
    fn early(&self) -> Result<Vec<String>, Refused> {
        let mut warnings = Vec::new();
        for first in first_days(self.c, self.case, self.procedure, self.step, self.evidence)? {
            match (self.on < first.day, first.warns) {
                (true, true) => warnings.push("TOO_EARLY".to_owned()),
                (true, false) => return Err(Refused::new("TOO_EARLY")),
                (false, false) if first.provisional => return Err(Refused::new("CALENDAR_MISSING")),
                (false, _) => {}
            }
        }
        warnings.dedup();
        Ok(warnings)
    }

    /// `TOO_LATE`: a right that has expired.
    fn late(&self) -> Result<(), Refused> {
        let expired = running(self.c, self.case)?.into_iter().any(|clock| {
            clock.hard
                && !clock.standing
                && !clock.due.provisional
                && clock.step == self.step.id
                && clock.due.day < self.on
        });
        if expired {
            Err(Refused::new("TOO_LATE"))
        } else {
            Ok(())
        }
    }

    fn steps(&self) -> Result<(), Refused> {
        let since = self.case.entered().map_or(0, |entry| entry.seq);
        let variant = self.case.variant();
        let mut missing = Refused::new("STEPS_MISSING");
        let mut need = |step: &String, n: &Number, from: Option<u32>| -> Result<(), Refused> {
            let times = self
                .case
                .taken(step)
                .filter(|entry| from.is_none_or(|from| entry.seq > from))
                .count();
            if i64::try_from(times).unwrap_or(i64::MAX) < self.c.number(n, self.on)? {
                missing.items.insert(step.clone());
            }
            Ok(())
        };
        for (step, n) in self.step.after_of(variant) {
            need(step, n, Some(since))?;
        }
        for (step, n) in self.step.ever_of(variant) {
            need(step, n, None)?;
        }
        if missing.items.is_empty() {
            Ok(())
        } else {
            Err(missing)
        }
    }

    /// The code of the condition: its own, else the fact's, else the predicate's.
    fn condition(&self, condition: &Condition) -> Result<Option<String>, Refused> {
        let question = Question {
            c: self.c,
            case: self.case,
            given: self.evidence,
            on: self.on,
        };
        match question.judge(condition) {
            Ok(()) => Ok(None),
            Err(Unmet::Unknown(refused)) => Err(refused),
            Err(Unmet::False) => {
                let code = reason(self.c, condition);
                if condition.sev == Some(Severity::Warn) {
                    Ok(Some(code))
                } else {
                    Err(Refused::new(code))
                }
            }
        }
    }

    /// `CONTENT_CHANGED`: what the approver saw is not what the case holds.
    fn seen_contents(&self) -> Result<(), Refused> {
        let changed = match self.saw {
            Saw::Nothing => None,
            Saw::Each(contents) => contents
                .iter()
                .find(|(item, hash)| self.content(item).map(Value::hash).as_ref() != Some(*hash))
                .map(|(item, _)| vec![item.clone()]),
            Saw::Bound(hash) => (*hash != bound(self.case, self.step)).then(|| self.step.binds.clone()),
        };
        changed.map_or(Ok(()), |items| {
            let refused = Refused::new("CONTENT_CHANGED");
            Err(items.into_iter().fold(refused, Refused::about))
        })
    }

    fn content(&self, item: &str) -> Option<&Value> {
        self.evidence
            .get(item)
            .or_else(|| self.case.content(item).map(|content| &content.value))
    }

    fn entry(&self, by: &Actor, passed: &Passed) -> Entry {
        let last = self.case.entries().last();
        let seq = last.map_or(0, |last| last.seq + 1);
        let (state, since) = self.goal(passed.outcome, seq);
        let done = passed.outcome == Outcome::Done;
        let rebased = self
            .step
            .rebase
            .as_ref()
            .filter(|_| done)
            .and(self.case.opening().target);
        let bound = |item: &String| Some((item.clone(), self.content(item)?.hash()));
        Entry {
            seq,
            revision: self.case.revision() + 1,
            on: self.on,
            person: by.person,
            right: Some(passed.held),
            version: self.procedure.version.clone(),
            state,
            since,
            organization: rebased.unwrap_or_else(|| self.case.organization()),
            voided: if done && self.reopens() {
                approvals(self.case, 0)
            } else {
                Vec::new()
            },
            request: None,
            what: What::Step {
                step: self.step.id.clone(),
                outcome: passed.outcome,
                evidence: self.evidence.clone(),
                vote: self.vote.filter(|_| self.step.vote.is_some()).cloned(),
                binds: self.step.binds.iter().filter_map(bound).collect(),
                warnings: passed.warnings.clone(),
                emits: if done { self.step.emits.clone() } else { Vec::new() },
            },
        }
    }

    fn reopens(&self) -> bool {
        let state = self.case.state().and_then(|state| self.procedure.state(state));
        self.step.reopen && state.is_some_and(|state| state.end.is_some())
    }

    /// The state that the outcome leads to, and since when it counts as entered: a state that is not left is
    /// not entered again, and one that was stopped is resumed with what was done in it.
    fn goal(&self, outcome: Outcome, seq: u32) -> (String, u32) {
        let stays = self
            .case
            .entries()
            .last()
            .map(|last| (last.state.clone(), last.since));
        let otherwise = self.step.vote.as_ref().map(|ballot| &ballot.to);
        let goal = match outcome {
            Outcome::Done => Some(&self.step.to),
            Outcome::Failed => otherwise.and_then(|to| to.fail.as_ref()),
            Outcome::Tied => otherwise.and_then(|to| to.tie.as_ref().or(to.fail.as_ref())),
        };
        match (goal, stays) {
            (Some(Goal::State(state)), Some((now, since))) if *state == now => (now, since),
            (Some(Goal::State(state)), _) => (state.clone(), seq),
            (Some(Goal::Back), stays) => self.stopped_state().or(stays).unwrap_or_default(),
            (Some(Goal::Same) | None, stays) => stays.unwrap_or_default(),
        }
    }

    fn stopped_state(&self) -> Option<(String, u32)> {
        let entered = self.case.entered()?.seq;
        let before = self
            .case
            .entries()
            .get(usize::try_from(entered.checked_sub(1)?).ok()?)?;
        let state = self.c.definitions.mapped(
            &self.procedure.id,
            &before.state,
            &before.version,
            &self.procedure.version,
        );
        Some((state, before.since))
    }
}

/// `SAME_PERSON`, `NOT_SAME_PERSON`: persons, not posts. What was made void binds nobody.
pub(crate) fn right_person(case: &Case, step: &Step, by: &Actor) -> Result<(), Refused> {
    let took = |step: &String| by.person.is_some() && case.taken(step).any(|entry| entry.person == by.person);
    if let Some(step) = step.apart.iter().find(|step| took(step)) {
        return Err(Refused::new("SAME_PERSON").about(step));
    }
    if !step.same.is_empty() && !step.same.iter().any(took) {
        return Err(Refused::new("NOT_SAME_PERSON"));
    }
    Ok(())
}

/// The approvals from an entry on that still stand.
pub(super) fn approvals(case: &Case, from: u32) -> Vec<u32> {
    let standing = case
        .entries()
        .iter()
        .filter(|e| e.seq >= from && e.approves() && !case.is_void(e.seq));
    standing.map(|entry| entry.seq).collect()
}

/// The code of a condition that does not hold.
pub(crate) fn reason(c: &Circumstances<'_>, condition: &Condition) -> String {
    let tables = &c.definitions.tables;
    let of_fact = || match condition.arguments.get("item") {
        Some(crate::definition::schema::Argument::Text(item)) => {
            tables.fact.get(item).map(|fact| fact.reason.clone())
        }
        _ => None,
    };
    let of_predicate = || {
        tables
            .predicate
            .get(&condition.p)
            .map(|entry| entry.reason.clone())
    };
    condition
        .reason
        .clone()
        .or_else(of_fact)
        .or_else(of_predicate)
        .unwrap_or_else(|| condition.p.clone())
}

/// Everything that a step still needs on the day, whoever takes it, first in the order of judging. Conditions
/// on evidence that is still to be given are not judged.
pub(crate) fn obstacles(
    c: &Circumstances<'_>,
    case: &Case,
    procedure: &Procedure,
    step: &Step,
    on: Day,
) -> Vec<Obstacle> {
    let (evidence, saw) = (BTreeMap::new(), Saw::Nothing);
    let taking = Taking {
        c,
        case,
        procedure,
        step,
        on,
        evidence: &evidence,
        vote: None,
        saw: &saw,
    };
    let given: Vec<&str> = step.evidence_of(case.variant()).collect();
    let judged = |condition: &&Condition| {
        !condition.arguments.values().any(|argument| match argument {
            crate::definition::schema::Argument::Text(text) => given.contains(&text.trim_start_matches('@')),
            _ => false,
        })
    };
    let waiting = [taking.publicity(), taking.early().map(|_| ())];
    let missing = [taking.objections(), taking.evidence(), taking.steps()];
    let conditions = step
        .conditions_of(case.variant())
        .filter(judged)
        .map(|one| taking.condition(one).map(|_| ()));
    let early = waiting.into_iter().filter_map(Result::err).map(Obstacle::Early);
    early
        .chain(
            missing
                .into_iter()
                .chain(conditions)
                .filter_map(Result::err)
                .map(Obstacle::Missing),
        )
        .collect()
}
