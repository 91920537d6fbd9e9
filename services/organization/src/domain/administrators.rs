//! Three separated administrators (N-20): nobody holds two of system, security and audit administration.

use std::collections::BTreeSet;

use kernel::Role;

/// The roles of which a person may hold one only. The system administrator is no role of the suite: he works
/// through Kubernetes and the database.
const SEPARATE: [Role; 2] = [Role::Security, Role::Auditor];

/// Whether a person with the roles held may also be given `role`.
#[must_use]
pub fn may_hold(held: &BTreeSet<Role>, role: Role) -> bool {
    !SEPARATE.contains(&role)
        || !held
            .iter()
            .any(|other| *other != role && SEPARATE.contains(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_security_administrator_cannot_become_auditor_but_may_be_a_clerk() {
        let held = BTreeSet::from([Role::Security]);
        assert!(!may_hold(&held, Role::Auditor));
        assert!(may_hold(&held, Role::Clerk) && may_hold(&held, Role::Security));
        assert!(may_hold(&BTreeSet::from([Role::Clerk]), Role::Auditor));
    }
}
