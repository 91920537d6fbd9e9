//! The work list (工作提示, S-211): what waits for whom in an open case. Where clocks run it is each step that is legal
//! but for missing items and timed, or that another step waits for; where nobody is timed, each legal step; and each
//! objection that waits for its answer. What an open objection holds does not wait: its answer does, and whoever looks at
//! the list finds nothing on it that the engine refuses whatever he brings. It is derived, so nothing is typed to dismiss
//! it: it vanishes with the step.
//! What the suite itself knows is never asked from anybody.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Day, day::add_days, id::OrganizationId, role::Anchor};

use crate::{
    definition::{
        Procedure,
        schema::{Argument, Objection, Step},
        words::{Goal, Number, Right},
    },
    engine::{
        Actor, Case, Circumstances, Entry, Obstacle, Refused, Standing, as_of, bound,
        clock::{self, Running, running},
        holders, is_separate, obstacles, raised_as, right_person, standing,
    },
};

/// How many days before its last day a step is prompted for; the region sets it.
pub(crate) const PROMPT_LEAD: &str = "prompt_lead_days";

/// Something that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The step, or the objection that waits for its answer.
    pub step: String,
    /// Its Chinese name.
    pub name_zh: String,
    /// Who may do it: rights as `role@organization`, of the person concerned as `person@self`.
    pub who: Vec<String>,
    /// What it still needs, in the order of judging.
    pub missing: Vec<Missing>,
    /// First day on which it may be done; `None` when any.
    pub first_day: Option<Day>,
    /// Last day that is in time, of the step itself or of the one that waits for it; `None` when nobody is timed here,
    /// or the clock stands still.
    pub last_day: Option<Day>,
    /// The last day ends a term of years: long before it nothing has to be done.
    pub term: bool,
    /// A day is 暂算: the calendar of a year is missing.
    pub provisional: bool,
    /// The last day that is in time is over.
    pub overdue: bool,
    /// It is prompted for: from `prompt_lead_days` before its last day on.
    pub prompted: bool,
    /// The norms behind it.
    pub norms: Vec<String>,
    /// What the step binds as it lies there, as one hash ([`bound`]); `None` when it binds nothing.
    pub bound: Option<String>,
}

/// Something that a step still needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The code with which the step would be refused.
    pub code: String,
    /// What it is about: an evidence, a step, an objection.
    pub item: Option<String>,
    /// The same in Chinese.
    pub zh: String,
}

/// What waits in a case on a day, in the order of the file and the answers after the steps; for anybody, or for one
/// actor alone: what he may do himself, neither in his own case nor where another person must. A parameter outside
/// its bounds refuses.
pub fn of(c: &Circumstances<'_>, case: &Case, on: Day, actor: Option<&Actor>) -> Result<Vec<Work>, Refused> {
    let (case, procedure) = as_of(c, case, on)?;
    let state = case.state().and_then(|state| procedure.state(state));
    let Some(state) = state.filter(|state| state.end.is_none()) else {
        return Ok(Vec::new());
    };
    let list = List {
        c,
        case: &case,
        procedure,
        on,
        actor,
        clocks: running(c, &case)?,
    };
    let legal: Vec<&Step> = procedure
        .steps_of(case.variant())
        .filter(|step| step.leaves(&state.id))
        .collect();
    let awaited = list.awaited(&legal)?;
    let timed = list.clocks.iter().any(|clock| !clock.answer);
    let mut work = Vec::new();
    for step in legal {
        let clock = list.clock(step);
        if clock.is_some() || awaited.contains_key(&step.id) || !timed {
            work.extend(list.step(step, &awaited)?);
        }
    }
    // An answer goes to the earliest of its kind: the next one waits behind it.
    let mut kinds = BTreeSet::new();
    for (raised, id) in case.open_objections() {
        if kinds.insert(id) {
            work.extend(list.answer(raised, id)?);
        }
    }
    Ok(work)
}

struct List<'a> {
    c: &'a Circumstances<'a>,
    case: &'a Case,
    procedure: &'a Procedure,
    on: Day,
    actor: Option<&'a Actor>,
    clocks: Vec<Running>,
}

/// Steps that others wait for, each with the earliest clock of those that do.
type Awaited<'a> = BTreeMap<String, Option<&'a Running>>;

impl List<'_> {
    /// The clock of a step that runs out first.
    fn clock(&self, step: &Step) -> Option<&Running> {
        let own = self
            .clocks
            .iter()
            .filter(|clock| !clock.answer && clock.step == step.id);
        own.min_by_key(|clock| clock.due.day)
    }

    fn step(&self, step: &Step, awaited: &Awaited<'_>) -> Result<Option<Work>, Refused> {
        let own = self.clock(step);
        let again = own.is_some() || awaited.contains_key(&step.id);
        if self.is_expired(step) || self.is_done(step, again) {
            return Ok(None);
        }
        let who = self.holders(step);
        if who.is_empty() || !self.is_his_step(step) {
            return Ok(None);
        }
        let missing = self.missing(step);
        if missing.iter().any(|one| one.code == "OBJECTION_OPEN") {
            return Ok(None);
        }
        let first = self.first(step)?;
        let mut work = Work {
            step: step.id.clone(),
            name_zh: step.name_zh.clone(),
            who,
            missing,
            first_day: first.map(|first| first.0),
            norms: norms(&step.norms, self.procedure),
            bound: (!step.binds.is_empty()).then(|| bound(self.case, step)),
            ..self.timed(own.or_else(|| awaited.get(&step.id).copied().flatten()))?
        };
        work.provisional |= first.is_some_and(|first| first.1);
        Ok(Some(work))
    }

    /// A right that expired is no step any more.
    fn is_expired(&self, step: &Step) -> bool {
        self.clocks.iter().any(|clock| {
            clock.hard
                && clock.step == step.id
                && !clock.standing
                && !clock.due.provisional
                && clock.due.day < self.on
        })
    }

    fn answer(&self, raised: &Entry, id: &str) -> Result<Option<Work>, Refused> {
        let found = raised_as(self.c.definitions, self.procedure, raised);
        let Some(objection) = found.filter(|objection| self.is_his_answer(objection, raised)) else {
            return Ok(None);
        };
        let due = self
            .clocks
            .iter()
            .find(|clock| clock.answer && clock.number == raised.seq);
        let rights = objection.decider.iter();
        Ok(Some(Work {
            step: id.to_owned(),
            name_zh: format!("答复{}", objection.name_zh),
            who: rights.flat_map(|right| self.named(*right, &[])).collect(),
            norms: norms(&objection.norms, self.procedure),
            ..self.timed(due)?
        }))
    }

    /// The part that a clock gives; one that stands still gives nothing.
    fn timed(&self, clock: Option<&Running>) -> Result<Work, Refused> {
        let lead = Number::Parameter {
            name: PROMPT_LEAD.to_owned(),
            negative: false,
        };
        let lead = self.c.number(&lead, self.on)?;
        let clock = clock.filter(|clock| !clock.standing);
        let due = clock.map(|clock| clock.due);
        Ok(Work {
            step: String::new(),
            name_zh: String::new(),
            who: Vec::new(),
            missing: Vec::new(),
            first_day: None,
            last_day: due.map(|due| due.day),
            term: clock.is_some_and(|clock| clock.term),
            provisional: due.is_some_and(|due| due.provisional),
            overdue: due.is_some_and(|due| !due.provisional && due.day < self.on),
            prompted: due.is_some_and(|due| add_days(due.day, -lead) <= self.on),
            norms: Vec::new(),
            bound: None,
        })
    }

    /// A step that stays in its state is done once it was taken there, unless it is due or needed again; one that may
    /// be taken once is done for good.
    fn is_done(&self, step: &Step, again: bool) -> bool {
        let once = step
            .conditions_of(self.case.variant())
            .filter(|condition| condition.p == "never_did")
            .filter_map(|condition| condition.arguments.get("step"));
        let did = |argument: &Argument| match argument {
            Argument::Text(other) => self.case.taken(other).next().is_some(),
            Argument::Flag(_) | Argument::Int(_) => false,
        };
        once.into_iter().any(did) || (!again && self.here(step).next().is_some())
    }

    /// Each time that a step which stays in its state was taken since the state was entered.
    fn here(&self, step: &Step) -> impl Iterator<Item = &Entry> {
        let since = self.case.entered().map_or(0, |entry| entry.seq);
        let stays = step.to == Goal::Same;
        let taken = self.case.entries().iter().filter(move |_| stays);
        let done = taken.filter(|entry| entry.done() == Some(&step.id) && !self.case.is_void(entry.seq));
        done.filter(move |entry| entry.seq > since)
    }

    /// Steps that another one of the state still waits for.
    fn awaited(&self, legal: &[&Step]) -> Result<Awaited<'_>, Refused> {
        let mut awaited = Awaited::new();
        for step in legal {
            let clock = self.clock(step).filter(|clock| !clock.standing);
            for name in self.awaited_by(step) {
                let known = awaited.entry(name).or_default();
                let earlier = |known: &Running| clock.is_some_and(|clock| clock.due.day < known.due.day);
                if known.is_none_or(earlier) {
                    *known = clock.or(*known);
                }
            }
        }
        Ok(awaited)
    }

    fn awaited_by(&self, step: &Step) -> Vec<String> {
        let obstacles = obstacles(self.c, self.case, self.procedure, step, self.on);
        let missing = obstacles.into_iter().filter_map(|obstacle| match obstacle {
            Obstacle::Missing(refused) if refused.code == "STEPS_MISSING" => Some(refused.items),
            _ => None,
        });
        let sides = step
            .conditions_of(self.case.variant())
            .filter(|one| one.p == "every_side_did");
        let sides = sides.filter_map(|one| match one.arguments.get("step") {
            Some(Argument::Text(step)) => Some(step.clone()),
            _ => None,
        });
        missing.flatten().chain(sides).collect()
    }

    /// First day and whether it is provisional: by the waits of the step, and behind the window of a publicity that
    /// it ends.
    fn first(&self, step: &Step) -> Result<Option<(Day, bool)>, Refused> {
        let waits = clock::first_days(self.c, self.case, self.procedure, step, &Default::default());
        let waits = match waits {
            // A date that the suite itself knows is looked up when the step is taken.
            Err(refused) if refused.code == "FACT_MISSING" => Vec::new(),
            waits => waits?,
        };
        let leaves = !step.early && step.to != Goal::Same;
        let window = clock::window(self.c, self.case)?.filter(|_| leaves);
        let waits = waits
            .into_iter()
            .filter(|first| !first.warns)
            .map(|first| (first.day, first.provisional));
        let window = window.map(|last| (add_days(last.day, 1), last.provisional));
        Ok(waits.chain(window).max_by_key(|(day, _)| *day))
    }

    /// What it still needs; time is told by the first day, and what the suite itself knows is not asked.
    fn missing(&self, step: &Step) -> Vec<Missing> {
        let facts = &self.c.definitions.tables.fact;
        let asked = |refused: &Refused| {
            refused.code != "FACT_MISSING" || !refused.items.iter().all(|item| facts.contains_key(item))
        };
        let told = |obstacle: Obstacle| match obstacle {
            Obstacle::Missing(refused) => Some(refused).filter(asked),
            Obstacle::Early(refused) => Some(refused).filter(|refused| refused.code == "CALENDAR_MISSING"),
        };
        let mut missing: Vec<Missing> = Vec::new();
        let all = obstacles(self.c, self.case, self.procedure, step, self.on);
        for one in all
            .into_iter()
            .filter_map(told)
            .flat_map(|refused| self.told(&refused))
        {
            if !missing.contains(&one) {
                missing.push(one);
            }
        }
        missing
    }

    /// One for each thing that a refusal is about.
    fn told(&self, refused: &Refused) -> Vec<Missing> {
        let text = self.c.definitions.text(&refused.code);
        let one = |item: Option<&String>| Missing {
            code: refused.code.clone().into_owned(),
            item: item.cloned(),
            zh: match item {
                None => text.to_owned(),
                Some(item) => format!("{text}：{}", self.name(item)),
            },
        };
        match refused.items.is_empty() {
            true => vec![one(None)],
            false => refused.items.iter().map(|item| one(Some(item))).collect(),
        }
    }

    fn name<'a>(&'a self, item: &'a str) -> &'a str {
        let tables = &self.c.definitions.tables;
        let evidence = tables.evidence.get(item).map(|one| &one.name_zh);
        let fact = || tables.fact.get(item).map(|one| &one.name_zh);
        let step = || self.procedure.step(item).map(|one| &one.name_zh);
        let objection = || self.procedure.objection(item).map(|one| &one.name_zh);
        let known = evidence.or_else(fact).or_else(step).or_else(objection);
        match item {
            "vote" => "表决",
            _ => known.map_or(item, String::as_str),
        }
    }

    /// Rights that may take the step; a side that has taken it is not asked again.
    fn holders(&self, step: &Step) -> Vec<String> {
        let did: Vec<OrganizationId> = self
            .here(step)
            .filter_map(|entry| entry.right?.organization)
            .collect();
        let rights = step.who.iter();
        rights.flat_map(|right| self.named(*right, &did)).collect()
    }

    fn named(&self, right: Right, did: &[OrganizationId]) -> Vec<String> {
        let who = right.0;
        if who.role == kernel::Role::Person {
            return self
                .case
                .opening()
                .person
                .map(|_| right.to_string())
                .into_iter()
                .collect();
        }
        if who.role == kernel::Role::System {
            return Vec::new();
        }
        let left = |at: &OrganizationId| who.anchor != Anchor::Side || !did.contains(at);
        let at = holders(self.c, self.case, right).into_iter().filter(left);
        at.map(|at| format!("{}@{at}", who.role)).collect()
    }

    /// Whether the actor may take it, as the engine would judge him.
    fn is_his_step(&self, step: &Step) -> bool {
        let Some(actor) = self.actor else { return true };
        let Standing::May(held) = standing(self.c, self.case, &step.who, actor) else {
            return false;
        };
        let did = |entry: &Entry| entry.right == Some(held);
        let sided = held
            .organization
            .is_some_and(|at| self.case.opening().sides.contains(&at));
        right_person(self.case, step, actor).is_ok() && !(sided && self.here(step).any(did))
    }

    fn is_his_answer(&self, objection: &Objection, raised: &Entry) -> bool {
        let Some(actor) = self.actor else { return true };
        let may = standing(self.c, self.case, &objection.decider, actor);
        matches!(may, Standing::May(_)) && is_separate(self.case, objection, raised, actor)
    }
}

fn norms(own: &[String], procedure: &Procedure) -> Vec<String> {
    let norms = if own.is_empty() { &procedure.norms } else { own };
    norms.to_vec()
}

#[cfg(test)]
mod tests;
