//! What is public can be objected to, shows nothing private (N-26), and an objection is answered in time by
//! somebody separate.

use super::Here;

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
            here.mistake(
                "PUBLICITY_WITHOUT_OBJECTION",
                &path,
                "nobody can object while it is public",
            );
        }
        let public = &here.definitions().tables.public.fields;
        for field in publicity.fields.iter().filter(|field| !public.contains(field)) {
            let what = format!("the page shows {field}, which is not among [public] fields");
            here.mistake("PRIVATE_FIELD", &path, what);
        }
    }
    for objection in &procedure.objections {
        let id = &objection.id;
        if objection.answer.is_none() {
            let path = ["objection", id, "answer"];
            here.mistake(
                "OBJECTION_WITHOUT_DEADLINE",
                &path,
                "nobody must answer it in time",
            );
        }
        if objection.decider.is_empty() {
            let path = ["objection", id, "decider"];
            here.mistake("OBJECTION_WITHOUT_DECIDER", &path, "nobody answers it");
        }
        if objection.apart.is_empty() {
            let path = ["objection", id, "apart"];
            let what = "whoever took the step that is objected to may answer it";
            here.mistake("OBJECTION_WITHOUT_DECIDER", &path, what);
        }
    }
}
