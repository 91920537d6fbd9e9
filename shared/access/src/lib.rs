//! Who may: the policy table, the caller, the organization scope, and the authorized request.
