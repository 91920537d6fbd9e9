//! Where somebody must act a clock runs, and a clock that runs out proposes and decides nothing.

use super::{
    Here,
    begun::{Kind, Timed, timed},
    graph::Graph,
    in_variant,
};
use crate::definition::{
    schema::{Due, Late, Step, Unit, Wait},
    tables::Setting,
    words::Number,
};

pub(super) fn lint(here: &mut Here<'_, '_>) {
    for variant in here.procedure.kinds() {
        let kind = Kind {
            definitions: here.definitions(),
            procedure: here.procedure,
            variant,
        };
        let graph = Graph::of(here.procedure, variant);
        let entered = graph.entered(|_| true);
        for state in &here.procedure.states {
            let waits = state.end.is_none() && state.open_ended.is_none();
            if !waits || !entered.contains(state.id.as_str()) {
                continue;
            }
            // Where the case is stopped, every clock stands still.
            let timed = if state.stopped {
                Timed::Never
            } else {
                timed(kind, &graph, state)
            };
            let path = ["states", &state.id];
            let variant = in_variant(variant);
            match timed {
                Timed::Always => {}
                Timed::NotAgain => {
                    let what = format!(
                        "退回到这里{variant}不再起算期限：请在 due 的 from 补上退回的步骤，或写 @enter"
                    );
                    here.warning("UNTIMED_AGAIN", &path, what);
                }
                Timed::Never => {
                    let what =
                        format!("这里有人该办事{variant}，却没有期限：请写期限，或在 open_ended 写明缘由");
                    here.mistake("UNTIMED_STATE", &path, what);
                }
            }
        }
    }
    for state in &here.procedure.states {
        if state
            .open_ended
            .as_deref()
            .is_some_and(|why| why.trim().is_empty())
        {
            let path = ["states", &state.id, "open_ended"];
            here.mistake("OPEN_ENDED_WITHOUT_REASON", &path, "请写明为什么没有期限");
        }
    }
    for step in &here.procedure.steps {
        still(here, step);
        too_late(here, step);
        let path = ["step", &step.id, "due"];
        for due in &step.due {
            // A right that expires is lost; anything else that is missed is told to somebody.
            if !due.hard || due.late.is_some() {
                effect(here, &path, due.late.as_ref());
            }
            due.late.iter().for_each(|late| moves(here, &path, late));
        }
    }
    for objection in &here.procedure.objections {
        if let Some(answer) = &objection.answer {
            let path = ["objection", &objection.id, "answer"];
            effect(here, &path, answer.late.as_ref());
            answer.late.iter().for_each(|late| moves(here, &path, late));
        }
    }
}

/// Where the case is stopped, every clock stands still.
fn still(here: &mut Here<'_, '_>, step: &Step) {
    let stopped = |state: &String| here.procedure.state(state).is_some_and(|state| state.stopped);
    let idle = |due: &&Due| due.runs_in(step).iter().all(stopped) && !due.runs_in(step).is_empty();
    if step.due.iter().any(|due| idle(&due)) {
        let what = "只在中止的状态中走，而中止时期限停住：永远不会到期";
        here.mistake("DUE_STANDS_STILL", &["step", &step.id, "due"], what);
    }
}

/// Whoever has to wait is not late before he may begin.
fn too_late(here: &mut Here<'_, '_>, step: &Step) {
    let params = &here.definitions().tables.param;
    let n = |number: &Number| match number {
        Number::Fixed(n) => Some(*n),
        Number::Parameter { name, negative } => match params.get(name)?.default {
            Setting::Int(n) => Some(if *negative { -n } else { n }),
            Setting::Code(_) => None,
        },
    };
    let more = step.more.values().flat_map(|more| &more.wait);
    let waits = step.wait.iter().chain(more).filter(|wait| wait.sev.is_none());
    let longer = |wait: &&Wait| {
        let mut dues = step.due.iter();
        let passed = |due: &Due| match (n(&due.n), n(&wait.n)) {
            (Some(due_n), Some(wait_n)) if due.unit == wait.unit => due_n < wait_n,
            (Some(due_n), Some(wait_n)) => longest(due_n, due.unit) < shortest(wait_n, wait.unit),
            _ => false,
        };
        dues.any(|due| due.from == wait.from && passed(due))
    };
    if waits.filter(longer).count() > 0 {
        let what = "最早办理日晚于期限：还不能办，就已经逾期";
        here.mistake("WAIT_PAST_DUE", &["step", &step.id, "wait"], what);
    }
}

/// The fewest days that so many units last.
fn shortest(n: i64, unit: Unit) -> i64 {
    match unit {
        _ if n < 0 => -longest(-n, unit),
        Unit::Days | Unit::WorkingDays => n,
        Unit::Months => n.saturating_mul(28),
        Unit::Years => n.saturating_mul(365),
    }
}

/// The most days that so many units last: a week has at least three working days, but for the longest holidays.
fn longest(n: i64, unit: Unit) -> i64 {
    match unit {
        _ if n < 0 => -shortest(-n, unit),
        Unit::Days => n,
        Unit::WorkingDays => n.saturating_mul(7) / 3 + 14,
        Unit::Months => n.saturating_mul(31),
        Unit::Years => n.saturating_mul(366),
    }
}

/// What is late is recorded, told or moved.
fn effect(here: &mut Here<'_, '_>, path: &[&str], late: Option<&Late>) {
    let has_effect =
        |late: &Late| late.finding.is_some() || late.escalate.is_some() || late.moves_to.is_some();
    if !late.is_some_and(has_effect) {
        let what = "过期之后什么也不发生：请在 late 写明 finding、escalate 或 move";
        here.mistake("LATE_WITHOUT_EFFECT", path, what);
    }
}

fn moves(here: &mut Here<'_, '_>, path: &[&str], late: &Late) {
    let Some(to) = &late.moves_to else { return };
    if here.procedure.state(to).is_some_and(|state| !state.proposed) {
        let what = format!("过期转入 {to}，它不是“拟”状态（proposed）");
        here.mistake("LATE_MOVE_DECIDES", path, what);
    }
}
