//! Who may: somebody can hold each right, no approval is given by everybody or by the person concerned, and who is told
//! is an organization.

use kernel::{Relation, Role, role::Anchor};

use super::{Here, heights::is_below};
use crate::definition::{
    schema::Late,
    words::{Position, Right},
};

pub(super) fn lint(here: &mut Here<'_, '_>) {
    let procedure = here.procedure;
    for state in &procedure.states {
        if let Some(publicity) = &state.publicity {
            here.told(&["states", &state.id, "publicity"], publicity.audience);
        }
    }
    for step in &procedure.steps {
        let path = ["step", &step.id, "who"];
        here.held(&path, &step.who);
        here.acts(&path, &step.who);
        if step.vote.is_some() || !step.binds.is_empty() {
            here.not_himself(&path, &step.who);
        }
        for due in &step.due {
            here.escalated(&["step", &step.id, "due"], due.late.as_ref(), &step.who);
        }
    }
    for objection in &procedure.objections {
        let id = &objection.id;
        here.held(&["objection", id, "who"], &objection.who);
        let path = ["objection", id, "decider"];
        here.held(&path, &objection.decider);
        here.not_himself(&path, &objection.decider);
        if !objection.decider.is_empty() {
            here.acts(&path, &objection.decider);
        }
        let both = |right: &&Right| right.0.role != Role::Anyone && objection.decider.contains(right);
        if let Some(both) = objection.who.iter().find(both) {
            let what = format!("{both} 既提出异议又答复异议");
            here.mistake("OBJECTOR_DECIDES", &path, what);
        }
        if let Some(answer) = &objection.answer {
            here.escalated(
                &["objection", id, "answer"],
                answer.late.as_ref(),
                &objection.decider,
            );
        }
    }
}

impl Here<'_, '_> {
    /// Three roles are held nowhere but in one relation, which nobody else stands in.
    fn held(&mut self, path: &[&str], rights: &[Right]) {
        for right in rights {
            let (role, relation) = (right.0.role, right.0.relation);
            let alone = [
                (Role::Person, Relation::SelfPerson),
                (Role::Anyone, Relation::Public),
                (Role::System, Relation::Engine),
            ];
            let fits = alone.iter().all(|(a, b)| (*a == role) == (*b == relation));
            // A case about an organization concerns no person; who brings in a resource may be the one it is about.
            let concerned =
                role != Role::Person || ["person", "resource"].contains(&&*self.procedure.subject);
            if !fits || !concerned || !self.has_common(right.0.anchor, relation) {
                self.mistake("NOBODY_MAY", path, format!("没有人能以 {right} 的身份办理"));
            }
        }
    }

    /// Somebody takes a step or answers, and not everybody.
    fn acts(&mut self, path: &[&str], rights: &[Right]) {
        if rights.is_empty() {
            self.mistake("NOBODY_MAY", path, "没有写明由谁办理");
        }
        if rights.iter().any(|right| right.0.role == Role::Anyone) {
            let what = "不登录的人谁都可以办理：anyone 只能提出异议";
            self.mistake("ANYBODY_MAY", path, what);
        }
    }

    fn not_himself(&mut self, path: &[&str], rights: &[Right]) {
        if rights.iter().any(|right| right.0.role == Role::Person) {
            let what = "本人不得批准、表决自己的事，也不得答复对自己的异议";
            self.mistake("ANYBODY_MAY", path, what);
        }
    }

    /// What is late is told to somebody else. At a committee that is another office; a branch has none above its own, and is
    /// not told what is late above it. A committee in between is: what lies above may have waited for it.
    fn escalated(&mut self, path: &[&str], late: Option<&Late>, who: &[Right]) {
        let Some(position) = late.and_then(|late| late.escalate) else {
            return;
        };
        self.told(path, position);
        let there = |right: &Right| right.0.anchor == position.anchor && right.0.relation == Relation::Own;
        if position.relation == Relation::Own && who.iter().all(there) {
            let what = format!("逾期只上报给逾期的组织自己（{position}）");
            self.mistake("ESCALATED_TO_ITSELF", path, what);
        }
        let same = |right: &Right| right.0.anchor == position.anchor;
        let above = |right: &Right| same(right) && is_below(Relation::Own, right.0.relation);
        let here = |right: &Right| same(right) && position.relation == right.0.relation;
        let own = position.relation == Relation::Own;
        if own && who.iter().any(above) && who.iter().all(|right| above(right) || here(right)) {
            let what = format!("逾期上报给了下级（{position}）：请上报给上一级");
            self.mistake("ESCALATED_BELOW", path, what);
        }
    }

    fn told(&mut self, path: &[&str], position: Position) {
        let nowhere = [
            Relation::SelfPerson,
            Relation::Any,
            Relation::Public,
            Relation::Engine,
        ];
        if nowhere.contains(&position.relation) || !self.has_common(position.anchor, position.relation) {
            self.mistake("NOBODY_MAY", path, format!("{position} 不指明任何组织"));
        }
    }

    /// What subject and target have in common wants a target.
    fn has_common(&self, anchor: Anchor, relation: Relation) -> bool {
        relation != Relation::Common
            || (anchor == Anchor::Subject && self.procedure.anchors.iter().any(|own| own == "target"))
    }
}
