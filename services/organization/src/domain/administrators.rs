//! Three separated administrators (N-20): who administers security or audit does nothing else.

use std::collections::BTreeSet;

use kernel::Role;

/// Whether a person with the roles held may also be given `role`: an administrator has no other role, since he would
/// give himself what he may see, or watch over what he did. The system administrator is no role of the suite: he works
/// through Kubernetes and the database.
#[must_use]
pub fn may_hold(held: &BTreeSet<Role>, role: Role) -> bool {
    held.iter()
        .all(|other| *other == role || !(administers(*other) || administers(role)))
}

fn administers(role: Role) -> bool {
    matches!(role, Role::Security | Role::Auditor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_has_no_other_role_and_everybody_else_may_have_several() {
        let may = |held: Role, role: Role| may_hold(&BTreeSet::from([held]), role);
        for administrator in [Role::Security, Role::Auditor] {
            for role in Role::ALL.iter().copied().filter(|role| *role != administrator) {
                assert!(!may(administrator, role), "{administrator} and {role}");
                assert!(!may(role, administrator), "{role} and {administrator}");
            }
            assert!(may(administrator, administrator), "at another organization");
        }
        assert!(may(Role::Clerk, Role::Secretary) && may_hold(&BTreeSet::new(), Role::Auditor));
    }
}
