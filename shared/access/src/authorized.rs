//! The decision, and the only type that carries it. A use case takes `Authorized<Request>`, a query takes what
//! comes from it; there is one constructor, here.

use std::{ops::Deref, sync::Arc, time::Instant};

use kernel::{Day, Kind, Refusal, id::OrganizationId, planted::Bug};
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage};

use crate::{
    caller::{Caller, Standing},
    node::Node,
    policy::{Policy, Scope, Table},
    range::{Range, Ranges},
    scope::Scopes,
};

/// What arrives with a request beside its body.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who calls; verified.
    pub caller: Arc<Caller>,
    /// When the answer is no longer wanted.
    pub deadline: Instant,
}

/// A request that was decided upon. Cheap parts; the body is reached by deref. There is no other way to one than a
/// decision:
///
/// ```compile_fail,E0451
/// # use access::{Authorized, Caller, Ranges, Table};
/// let policy = Table::of_suite().iter().next().unwrap();
/// let forged = Authorized {
///     caller: std::sync::Arc::new(Caller::nobody()),
///     policy,
///     organization: None,
///     place: None,
///     ranges: Ranges::none(),
///     key: None,
///     fingerprint: [0; 32],
///     purpose: String::new(),
///     deadline: std::time::Instant::now(),
///     body: (),
/// };
/// ```
#[derive(Debug, Clone)]
pub struct Authorized<T> {
    caller: Arc<Caller>,
    policy: &'static Policy,
    organization: Option<OrganizationId>,
    place: Option<OrganizationId>,
    ranges: Ranges,
    key: Option<String>,
    fingerprint: [u8; 32],
    purpose: String,
    deadline: Instant,
    body: T,
}

impl<T> Authorized<T> {
    /// Who calls.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The policy that let it through.
    #[must_use]
    pub fn policy(&self) -> &'static Policy {
        self.policy
    }

    /// The organization that the request is about, where the policy's scope is one.
    #[must_use]
    pub fn organization(&self) -> Option<OrganizationId> {
        self.organization
    }

    /// The organization that the request is filed under: the one that it is about, or else the highest one at which the
    /// caller holds what let him through.
    #[must_use]
    pub fn place(&self) -> Option<OrganizationId> {
        self.organization.or(self.place)
    }

    /// The part of the tree that the request may see or touch.
    #[must_use]
    pub fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    /// The key under which a write is replayed; `None` for reads, for dry runs and for writes that are
    /// idempotent by themselves.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// SM3 of the body of a write: the same key with another one is refused. Zeros for a read, which has no key.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// The purpose stated, for reads of sensitive fields.
    #[must_use]
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// When the answer is no longer wanted.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The same decision with one organization more in its ranges, which its path names. Only for a request whose
    /// scope is a case, after the procedure's own `who` let the caller to a case of that organization; the ranges
    /// of any other request stay as they are.
    #[must_use]
    pub fn admitting(mut self, path: &[u8]) -> Self {
        if self.policy.scope == Scope::Case {
            let admitted = Range::only(path);
            self.ranges = Ranges::of(self.ranges.iter().cloned().chain([admitted]));
        }
        self
    }

    /// The same decision, to call a peer or the store without the body.
    #[must_use]
    pub fn with<U>(&self, body: U) -> Authorized<U> {
        Authorized {
            caller: self.caller.clone(),
            policy: self.policy,
            organization: self.organization,
            place: self.place,
            ranges: self.ranges.clone(),
            key: self.key.clone(),
            fingerprint: self.fingerprint,
            purpose: self.purpose.clone(),
            deadline: self.deadline,
            body,
        }
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &T {
        &self.body
    }
}

impl<T> Deref for Authorized<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.body
    }
}

/// Decides. One for each service; cheap to clone.
#[derive(Debug, Clone)]
pub struct Gate {
    table: &'static Table,
    scopes: Scopes,
}

impl Gate {
    /// A gate over the suite's policies and the tree as this service knows it.
    #[must_use]
    pub fn new(scopes: Scopes) -> Self {
        Self {
            table: Table::of_suite(),
            scopes,
        }
    }

    /// The tree.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// Decides whether the caller may, before anything else is looked at.
    ///
    /// Refuses with `NO_POLICY`, `SIGN_IN_FIRST`, `STEP_UP_FIRST`, `ROLE_MISSING` (he holds none of the roles
    /// anywhere), `SERVICE_ONLY`, `PURPOSE_MISSING`, and NOT_FOUND for what lies outside his range: hidden and
    /// absent are one answer.
    pub fn authorize<T: ReflectMessage + Message>(
        &self,
        call: Call,
        view: &DynamicMessage,
        body: T,
        today: Day,
    ) -> Result<Authorized<T>, Refusal> {
        let policy = self
            .table
            .of_input(view.descriptor().full_name())
            .ok_or_else(no_policy)?;
        let caller = &call.caller;
        standing(policy, caller)?;
        if policy.purpose && text(view, "purpose").is_empty() {
            return Err(Refusal::new(
                Kind::Denied,
                "PURPOSE_MISSING",
                "查看敏感信息请先注明用途。",
            ));
        }
        let (organization, ranges) = self.reach(policy, caller, view, today)?;
        Ok(Authorized {
            organization,
            place: self.place(policy, caller, today),
            ranges,
            key: key(policy, view),
            // A read is never answered from its key.
            fingerprint: if policy.writes {
                seal::sm3(&body.encode_to_vec())
            } else {
                [0; 32]
            },
            // Elsewhere a field of this name means something else, such as what a booking is for.
            purpose: if policy.purpose {
                text(view, "purpose")
            } else {
                String::new()
            },
            deadline: call.deadline,
            caller: call.caller,
            policy,
            body,
        })
    }

    fn reach(
        &self,
        policy: &Policy,
        caller: &Caller,
        view: &DynamicMessage,
        today: Day,
    ) -> Result<(Option<OrganizationId>, Ranges), Refusal> {
        match &policy.scope {
            Scope::Public => Ok((None, Ranges::none())),
            Scope::System(_) => Ok((None, Ranges::all())),
            Scope::Own => Ok((None, Ranges::none())),
            Scope::Case => Ok((None, self.every_grant(caller, today))),
            Scope::Rows => {
                self.some_role(policy, caller, today)?;
                Ok((None, caller.ranges(&policy.who, &self.scopes, today)))
            }
            Scope::Organization(field) => {
                let node = self.named(policy, field, caller, view, today)?;
                let mine = caller.ranges(&policy.who, &self.scopes, today);
                Ok((Some(node.id), mine.clip(&Range::subtree(&node.path))))
            }
        }
    }

    /// The organization that the refusal of a request is filed under: the one that it names, whether it is there or not, or
    /// else the caller's place.
    #[must_use]
    pub fn filed_under(
        &self,
        policy: &Policy,
        caller: &Caller,
        view: &DynamicMessage,
        today: Day,
    ) -> Option<OrganizationId> {
        let named = match &policy.scope {
            Scope::Organization(field) => text(view, field).parse().ok(),
            _ => None,
        };
        named.or_else(|| self.place(policy, caller, today))
    }

    /// The highest organization at which the caller holds a role that the policy names, or any where he holds none of
    /// them.
    fn place(&self, policy: &Policy, caller: &Caller, today: Day) -> Option<OrganizationId> {
        let named = |role| policy.who.iter().any(|who| who.role == role);
        let held = caller
            .grants_on(today)
            .filter_map(|grant| Some((grant, self.scopes.path(grant.organization)?)));
        held.min_by_key(|(grant, path)| (!named(grant.role), path.len()))
            .map(|(grant, _)| grant.organization)
    }

    /// Whether the organization that a request names is not there for its caller: it does not exist, is not known here
    /// yet, or is hidden from him. Whoever looks further for one of these does so for all of them, or the time that it
    /// takes would tell which it is.
    #[must_use]
    pub fn misses(&self, caller: &Caller, view: &DynamicMessage, today: Day) -> bool {
        let policy = self.table.of_input(view.descriptor().full_name());
        let Some((policy, Scope::Organization(field))) = policy.map(|policy| (policy, &policy.scope)) else {
            return false;
        };
        let named = self.named(policy, field, caller, view, today);
        named.is_err_and(|refusal| refusal.kind == Kind::NotFound)
    }

    /// The organization in a field, where the caller holds one of the rights towards it.
    fn named(
        &self,
        policy: &Policy,
        field: &str,
        caller: &Caller,
        view: &DynamicMessage,
        today: Day,
    ) -> Result<Arc<Node>, Refusal> {
        self.some_role(policy, caller, today)?;
        let id: OrganizationId = text(view, field).parse().map_err(|_| not_an_id(field))?;
        let node = self.scopes.get(id).ok_or_else(Refusal::not_found)?;
        let held = policy
            .who
            .iter()
            .any(|who| caller.holds(*who, id, &self.scopes, today).is_some());
        let open = Bug::OpenCell.planted() && policy.path.ends_with("/GetOrganization");
        if held || open {
            Ok(node)
        } else {
            Err(Refusal::not_found())
        }
    }

    fn some_role(&self, policy: &Policy, caller: &Caller, today: Day) -> Result<(), Refusal> {
        if caller.holds_any_role(&policy.who, today) {
            return Ok(());
        }
        let roles: Vec<&str> = policy.who.iter().map(|who| who.role.name_zh()).collect();
        let zh = format!(
            "办理此事需要以下职责之一：{}。请联系安全管理员授予。",
            unique(roles).join("、")
        );
        Err(Refusal::new(Kind::Denied, "ROLE_MISSING", zh))
    }

    /// The subtrees of all organizations at which the caller holds anything: what a case may be seen from.
    fn every_grant(&self, caller: &Caller, today: Day) -> Ranges {
        let paths = caller
            .grants_on(today)
            .filter_map(|grant| self.scopes.path(grant.organization));
        Ranges::of(paths.map(|path| Range::subtree(&path)))
    }
}

fn standing(policy: &Policy, caller: &Caller) -> Result<(), Refusal> {
    match (&policy.scope, caller.standing) {
        (Scope::Public, _) => Ok(()),
        (Scope::System(from), Standing::Service) if from.contains(&caller.subject) => Ok(()),
        (Scope::System(_), _) => Err(Refusal::new(
            Kind::Denied,
            "SERVICE_ONLY",
            "此接口只供系统内部服务调用。",
        )),
        (_, Standing::Person) if policy.step_up && caller.level < crate::caller::Level::Two => {
            Err(Refusal::new(
                Kind::Denied,
                "STEP_UP_FIRST",
                "此操作需要二次验证，请验证后重试。",
            ))
        }
        (_, Standing::Person) => Ok(()),
        (_, Standing::Nobody) => Err(Refusal::new(Kind::Unauthenticated, "SIGN_IN_FIRST", "请先登录。")),
        (_, Standing::Service) => Err(Refusal::new(
            Kind::Denied,
            "PERSON_ONLY",
            "此接口须由有职责的人员办理，服务不得代办。",
        )),
    }
}

/// `request_id`, or `import_id/chunk` for imports; a dry run has none, since it changes nothing.
fn key(policy: &Policy, view: &DynamicMessage) -> Option<String> {
    let dry_run = view
        .get_field_by_name("dry_run")
        .and_then(|v| v.as_bool())
        .unwrap_or(false);
    if !policy.writes || dry_run {
        return None;
    }
    let request = text(view, "request_id");
    if !request.is_empty() {
        return Some(request.to_lowercase());
    }
    let import = text(view, "import_id");
    let chunk = view
        .get_field_by_name("chunk")
        .and_then(|v| v.as_u32())
        .unwrap_or(0);
    (!import.is_empty()).then(|| format!("{}/{chunk}", import.to_lowercase()))
}

fn text(view: &DynamicMessage, field: &str) -> String {
    view.get_field_by_name(field)
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn unique(mut words: Vec<&str>) -> Vec<&str> {
    let mut seen = std::collections::BTreeSet::new();
    words.retain(|word| seen.insert(*word));
    words
}

fn no_policy() -> Refusal {
    Refusal::new(Kind::Denied, "NO_POLICY", "此接口没有声明权限，不能调用。")
}

fn not_an_id(field: &str) -> Refusal {
    Refusal::field(field, "UUID", "请填写 36 位编号。")
}

#[cfg(test)]
mod tests {
    use proto::process::v1::{GetCaseRequest, GetProcedureRequest};

    use super::*;
    use crate::caller::Level;

    fn decided<T: ReflectMessage + Message>(body: T) -> Authorized<T> {
        let caller = Caller {
            standing: Standing::Person,
            level: Level::Two,
            ..Caller::nobody()
        };
        let call = Call {
            caller: Arc::new(caller),
            deadline: Instant::now(),
        };
        let view = body.transcode_to_dynamic();
        let today = "2025-06-01".parse().expect("a day");
        let gate = Gate::new(Scopes::default());
        gate.authorize(call, &view, body, today).expect("decided")
    }

    #[test]
    fn a_request_about_a_case_is_admitted_to_one_organization_and_to_nothing_below_it() {
        let case = decided(GetCaseRequest::default());
        assert!(case.ranges().is_empty());
        let admitted = case.admitting(&[7; 16]);
        assert!(admitted.ranges().contains(&[7; 16]));
        assert!(!admitted.ranges().contains(&[7; 32]));
    }

    #[test]
    fn any_other_request_stays_where_its_policy_lets_it() {
        let other = decided(GetProcedureRequest::default()).admitting(&[7; 16]);
        assert!(other.ranges().is_empty());
    }
}
