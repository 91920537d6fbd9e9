//! Events of the service that keeps the cases, under names that somebody knows; and one open case of an organization.

use super::Here;
use crate::definition::Definitions;

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    let is_own = |event: &String| event.split('.').next() == Some(procedure.owner.as_str());
    let all: Vec<&String> = procedure.steps.iter().flat_map(|step| &step.emits).collect();
    let none_is_own = !all.is_empty() && !all.iter().any(|event| is_own(event));
    if none_is_own {
        let what = format!("没有一个事件是 {} 的：owner 应为发出事件的服务", procedure.owner);
        here.mistake("EVENT_NOT_OWN", &["owner"], what);
    }
    for step in &procedure.steps {
        let path = ["step", &step.id, "emits"];
        for event in &step.emits {
            if !is_written(event) {
                let what = format!("事件 {event} 应写作 服务.名词.动词");
                here.mistake("EVENT_UNKNOWN", &path, what);
            } else if !is_own(event) && !none_is_own {
                let what = format!("{} 不发别人的事件 {event}", procedure.owner);
                here.mistake("EVENT_NOT_OWN", &path, what);
            } else if is_own(event) && !is_known(event) {
                let what = format!("没有人知道事件 {event}：写错了，还是新的事件？");
                here.warning("EVENT_UNHEARD", &path, what);
            }
        }
    }
    if procedure.subject == "organization" && procedure.exclusive.is_none() {
        let what = "同一组织可以同时有几件在办：请写 exclusive";
        here.warning("NOT_EXCLUSIVE", &["subject"], what);
    }
}

fn is_written(event: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    event.split('.').count() == 3 && event.split('.').all(is_word)
}

/// The events that the shipped procedures send: others listen to them by their names.
fn is_known(event: &str) -> bool {
    let mut steps = Definitions::shipped()
        .procedures()
        .flat_map(|procedure| &procedure.steps);
    steps.any(|step| step.emits.iter().any(|own| own == event))
}
