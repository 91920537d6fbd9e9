//! The work list (工作提示, S-211): what waits for whom in a case, derived from the definition and the history. A
//! prompt vanishes with the step that it asks for; nothing is typed to dismiss it.

use std::collections::BTreeMap;

use kernel::{Dated, Day, Role, day::add_days, id::OrganizationId};

use crate::{
    definition::{
        Procedure,
        schema::{Objection, Step},
        words::{Number, Right},
    },
    engine::{
        Actor, Ahead, Case, Circumstances, Entry, Refused,
        circumstances::OutOfBounds,
        clock::{Running, running},
        holders, may_answer,
    },
};

/// How long before its last day a step is prompted for, by the region's own setting.
pub(crate) const PROMPT_LEAD: &str = "prompt_lead_days";

/// Something that waits for somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// The step, or the objection that waits for its answer.
    pub step: String,
    /// Its Chinese name.
    pub name_zh: String,
    /// Who may do it: a role, and the organizations at which it is held; none for the person concerned and for
    /// roles that count anywhere.
    pub who: Vec<(Role, Vec<OrganizationId>)>,
    /// What it still needs, first first.
    pub missing: Vec<Refused>,
    /// The first day on which it may be done.
    pub first_day: Option<Day>,
    /// The last day that is in time; provisional (暂算) where a calendar year is missing.
    pub last_day: Dated,
    /// The norms behind it.
    pub norms: Vec<String>,
}

impl Prompt {
    /// Whether its last day is over.
    #[must_use]
    pub fn overdue(&self, on: Day) -> bool {
        on > self.last_day.day
    }
}

/// What waits in a case on a day, the most urgent first: steps on which a clock runs, what they wait for, and
/// objections that are unanswered. For a person it is what he may do, from so many days before the last day as the
/// region sets; for nobody in particular it is all of it.
pub fn prompts(
    c: &Circumstances<'_>,
    case: &Case,
    on: Day,
    by: Option<&Actor>,
) -> Result<Vec<Prompt>, OutOfBounds> {
    let Some(procedure) = c.definitions.in_force(&case.opening().procedure, on) else {
        return Ok(Vec::new());
    };
    let lead = c.number(
        &Number::Parameter {
            name: PROMPT_LEAD.to_owned(),
            negative: false,
        },
        on,
    )?;
    let look = Look {
        c,
        case,
        procedure,
        on,
        by,
    };
    let mut found = BTreeMap::<String, Prompt>::new();
    for clock in running(c, case)?.iter().filter(|clock| !clock.standing) {
        if by.is_some() && on < add_days(clock.due.day, -lead) {
            continue;
        }
        for prompt in look.at(clock) {
            let earlier = found
                .get(&prompt.step)
                .is_none_or(|known| prompt.last_day.day < known.last_day.day);
            if earlier {
                found.insert(prompt.step.clone(), prompt);
            }
        }
    }
    let mut all: Vec<Prompt> = found.into_values().collect();
    all.sort_by(|one, other| (one.last_day.day, &one.step).cmp(&(other.last_day.day, &other.step)));
    Ok(all)
}

/// A case as one person looks at it on a day.
struct Look<'a> {
    c: &'a Circumstances<'a>,
    case: &'a Case,
    procedure: &'a Procedure,
    on: Day,
    by: Option<&'a Actor>,
}

impl Look<'_> {
    /// What a running clock asks of the person: the step itself, and the steps that it waits for.
    fn at(&self, clock: &Running) -> Vec<Prompt> {
        if clock.answer {
            return self.answer(clock).into_iter().collect();
        }
        let Some(timed) = self.legal(&clock.step) else {
            return Vec::new();
        };
        let missing = self.ahead(timed).missing();
        let awaited = missing.iter().filter(|refused| refused.code == "STEPS_MISSING");
        let awaited = awaited
            .flat_map(|refused| &refused.items)
            .filter_map(|step| self.legal(step));
        std::iter::once(timed)
            .chain(awaited)
            .filter(|step| self.by.is_none_or(|by| self.ahead(step).may(by)))
            .map(|step| self.prompt(step, clock.due))
            .collect()
    }

    fn legal(&self, step: &str) -> Option<&Step> {
        let state = self.case.state()?;
        let step = self.procedure.step_of(self.case.variant(), step)?;
        step.leaves(state).then_some(step)
    }

    fn ahead<'a>(&'a self, step: &'a Step) -> Ahead<'a> {
        Ahead {
            c: self.c,
            case: self.case,
            procedure: self.procedure,
            step,
            on: self.on,
        }
    }

    fn prompt(&self, step: &Step, last_day: Dated) -> Prompt {
        let ahead = self.ahead(step);
        Prompt {
            step: step.id.clone(),
            name_zh: step.name_zh.clone(),
            who: self.who(&step.who),
            missing: ahead.missing(),
            first_day: ahead.first_day(),
            last_day,
            norms: self.norms(&step.norms),
        }
    }

    fn answer(&self, clock: &Running) -> Option<Prompt> {
        let (raised, objection) = self.raised(clock)?;
        let may = |by| may_answer(self.c, self.case, (raised, objection), by);
        self.by.is_none_or(may).then(|| Prompt {
            step: objection.id.clone(),
            name_zh: objection.name_zh.clone(),
            who: self.who(&objection.decider),
            missing: Vec::new(),
            first_day: None,
            last_day: clock.due,
            norms: self.norms(&objection.norms),
        })
    }

    fn raised(&self, clock: &Running) -> Option<(&Entry, &Objection)> {
        let mut open = self.case.open_objections();
        let (raised, id) = open.find(|(entry, _)| entry.seq == clock.number)?;
        let own = self.c.definitions.version(&self.procedure.id, &clock.version);
        let objection = self.procedure.objection(id).or_else(|| own?.objection(id))?;
        Some((raised, objection))
    }

    fn who(&self, rights: &[Right]) -> Vec<(Role, Vec<OrganizationId>)> {
        let held = |right: &Right| (right.0.role, holders(self.c, self.case, *right));
        rights.iter().map(held).collect()
    }

    fn norms(&self, own: &[String]) -> Vec<String> {
        let norms = if own.is_empty() {
            &self.procedure.norms
        } else {
            own
        };
        norms.to_vec()
    }
}

#[cfg(test)]
mod tests;
