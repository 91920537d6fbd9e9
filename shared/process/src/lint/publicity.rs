//! What is public can be objected to, shows nothing private (N-26), and an objection is answered in time by
//! somebody separate.

use super::Here;
use crate::definition::schema::Until;

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    for state in &procedure.states {
        let Some(publicity) = &state.publicity else {
            continue;
        };
        let path = ["states", &state.id, "publicity"];
        if !procedure
            .objections
            .iter()
            .any(|objection| objection.covers(&state.id))
        {
            here.mistake("PUBLICITY_WITHOUT_OBJECTION", &path, "公示期间没有人可以提出异议");
        }
        let public = &here.definitions().tables.public.fields;
        for field in publicity.fields.iter().filter(|field| !public.contains(field)) {
            let what = format!("公示页面显示 {field}，它不在 [public] 的 fields 之中");
            here.mistake("PRIVATE_FIELD", &path, what);
        }
    }
    for objection in &procedure.objections {
        let id = &objection.id;
        let is_public = |state: &String| {
            procedure
                .state(state)
                .is_none_or(|state| state.publicity.is_some())
        };
        if objection.until == Until::Window
            && let Some(state) = objection.states.iter().find(|state| !is_public(state))
        {
            let what = format!("{state} 没有公示，until = \"window\" 时提不出异议：请写 leaving");
            here.mistake("OBJECTION_WITHOUT_WINDOW", &["objection", id, "until"], what);
        }
        if objection.answer.is_none() {
            let path = ["objection", id, "answer"];
            here.mistake("OBJECTION_WITHOUT_DEADLINE", &path, "异议没有答复期限");
        }
        if objection.decider.is_empty() {
            let path = ["objection", id, "decider"];
            here.mistake("OBJECTION_WITHOUT_DECIDER", &path, "没有人答复异议");
        }
        if objection.apart.is_empty() {
            let path = ["objection", id, "apart"];
            let what = "办理被异议步骤的人可以自己答复";
            here.mistake("OBJECTION_WITHOUT_DECIDER", &path, what);
        }
    }
}
