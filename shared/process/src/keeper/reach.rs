//! Who reaches a case: its scope says that the procedure's own `who` decides. From inside come the person concerned
//! and whoever holds a role at an organization of the case, or of those that took a step in it, or above one: a case
//! stays readable for the chain that owned it then. From outside comes whoever may object, while the case is
//! public. For everybody else it is absent.

use access::{Authorized, Caller};
use kernel::{Refusal, Relation, RpcError, id::CaseId};

use super::{Keeper, Kept, rows};
use crate::{
    definition::words::Right,
    engine::{Case, What, open_to_all},
};

/// From where somebody reaches a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// He has to do with it: he sees all of it.
    Inside,
    /// He sees what a publicity page shows (N-26).
    Outside,
}

impl Keeper {
    /// The case, and the request admitted to it; absent and hidden are one answer.
    pub(super) async fn reached<T>(
        &self,
        request: Authorized<T>,
        id: CaseId,
    ) -> Result<(Authorized<T>, Kept), RpcError> {
        match self.looked_up(request, id).await? {
            (request, kept, Reach::Inside) => Ok((request, kept)),
            (_, _, Reach::Outside) => Err(Refusal::not_found().into()),
        }
    }

    /// The same for whoever objects.
    pub(super) async fn reached_to_object<T>(
        &self,
        request: Authorized<T>,
        id: CaseId,
        objection: &str,
    ) -> Result<(Authorized<T>, Kept, Reach), RpcError> {
        let (request, kept, reach) = self.looked_up(request, id).await?;
        if reach == Reach::Outside && !self.is_public(request.caller(), &kept.case, objection) {
            return Err(Refusal::not_found().into());
        }
        Ok((request, kept, reach))
    }

    /// The request admitted to a case that is not opened yet.
    pub(super) fn admitted<T>(&self, request: Authorized<T>, case: &Case) -> Result<Authorized<T>, Refusal> {
        let path = self.store.scopes().path(case.organization());
        let path = path.filter(|_| self.is_inside(&request, case));
        Ok(request.admitting(&path.ok_or_else(Refusal::not_found)?))
    }

    /// Reads the case with the system's own reading, since only the case says who is inside.
    async fn looked_up<T>(
        &self,
        request: Authorized<T>,
        id: CaseId,
    ) -> Result<(Authorized<T>, Kept, Reach), RpcError> {
        let kept = rows::get(&self.store.own(), id).await?;
        let kept = kept.ok_or_else(Refusal::not_found)?;
        let reach = if self.is_inside(&request, &kept.case) {
            Reach::Inside
        } else {
            Reach::Outside
        };
        let path = self.store.scopes().path(kept.case.organization());
        let path = path.ok_or_else(Refusal::not_found)?;
        Ok((request.admitting(&path), kept, reach))
    }

    fn is_inside<T>(&self, request: &Authorized<T>, case: &Case) -> bool {
        let opening = case.opening();
        let concerned = opening.person.map(|person| person.to_string());
        let acted = case
            .entries()
            .iter()
            .filter(|entry| matches!(entry.what, What::Step { .. }));
        let acted = acted.filter_map(|entry| entry.right.and_then(|right| right.organization));
        let named = std::iter::once(case.organization())
            .chain(opening.target)
            .chain(opening.sides.iter().copied())
            .chain(acted);
        concerned.as_ref() == Some(&request.caller().subject)
            || named
                .filter_map(|id| self.store.scopes().path(id))
                .any(|path| request.ranges().contains(&path))
    }

    /// Whether anybody may object today: the case is public, and the procedure takes this objection from the public, or
    /// from the caller's role wherever it is held.
    fn is_public(&self, caller: &Caller, case: &Case, objection: &str) -> bool {
        let today = self.clock.today();
        let open_to = |right: &Right| match right.0.relation {
            Relation::Public => true,
            Relation::Any => caller.holds_any_role(&[right.0], today),
            _ => false,
        };
        open_to_all(self.definitions, case, today, objection)
            .is_some_and(|objection| objection.who.iter().any(open_to))
    }
}
