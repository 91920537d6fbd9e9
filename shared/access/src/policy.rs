//! The policy table: one line for each RPC, read from the contract's descriptors and from nowhere else.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
    time::Duration,
};

use kernel::Who;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, MethodDescriptor, Value};

/// What an RPC's right is measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The organization in this field of the request.
    Organization(String),
    /// The record that the request names: the store adds the caller's ranges.
    Rows,
    /// The case: the procedure's own `who` decides.
    Case,
    /// The caller's own affairs.
    Own,
    /// Anybody.
    Public,
    /// These services of the suite.
    System(Vec<String>),
}

/// The policy of one RPC.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The RPC's path, `/package.Service/Method`.
    pub path: String,
    /// Full name of the request message: matches a use case to its RPC.
    pub input: String,
    /// Rights that open it.
    pub who: Vec<Who>,
    /// What they are measured against.
    pub scope: Scope,
    /// Whether a second factor is required.
    pub step_up: bool,
    /// The longest that the call may take.
    pub deadline: Duration,
    /// Whether it changes anything.
    pub writes: bool,
    /// Whether it may be sent again after no answer.
    pub idempotent: bool,
    /// Whether a purpose must be stated and the read is audited.
    pub purpose: bool,
    /// Whether what is asked or answered may be PERSONAL or SENSITIVE.
    pub personal: bool,
    /// The largest request in bytes.
    pub body_limit: usize,
}

/// All policies of the contract.
#[derive(Debug, Default)]
pub struct Table {
    by_path: HashMap<String, Policy>,
    by_input: HashMap<String, String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(&proto::DESCRIPTORS));

impl Table {
    /// The table of the suite's own contract.
    #[must_use]
    pub fn of_suite() -> &'static Table {
        &TABLE
    }

    /// Reads the policies of every method of the suite's packages. The contract's build has refused what is
    /// missing or wrong; a method that is unreadable all the same has no line, and so is denied.
    #[must_use]
    pub fn read(pool: &DescriptorPool) -> Self {
        let mut table = Self::default();
        for method in pool
            .services()
            .filter(|s| s.full_name().starts_with("zhibu."))
            .flat_map(methods)
        {
            if let Some(policy) = read(pool, &method) {
                table.by_input.insert(policy.input.clone(), policy.path.clone());
                table.by_path.insert(policy.path.clone(), policy);
            }
        }
        table
    }

    /// The policy of a path, such as `/zhibu.member.v1.MemberService/GetMember`.
    #[must_use]
    pub fn of_path(&self, path: &str) -> Option<&Policy> {
        self.by_path.get(path)
    }

    /// The policy of the RPC that takes this request message.
    #[must_use]
    pub fn of_input(&self, message: &str) -> Option<&Policy> {
        self.by_path.get(self.by_input.get(message)?)
    }

    /// All policies, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.by_path.values()
    }

    /// The methods of the services given (full names) that have no policy: a server with any does not start.
    #[must_use]
    pub fn uncovered(&self, pool: &DescriptorPool, services: &[&str]) -> Vec<String> {
        let mut missing = Vec::new();
        for name in services {
            match pool.get_service_by_name(name) {
                None => missing.push((*name).to_owned()),
                Some(service) => missing.extend(
                    methods(service)
                        .iter()
                        .map(path_of)
                        .filter(|path| self.of_path(path).is_none()),
                ),
            }
        }
        missing
    }
}

fn methods(service: prost_reflect::ServiceDescriptor) -> Vec<MethodDescriptor> {
    service.methods().collect()
}

fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

fn read(pool: &DescriptorPool, method: &MethodDescriptor) -> Option<Policy> {
    let extension = pool.get_extension_by_name("zhibu.policy.v1.policy")?;
    let options = method.options();
    let value = options.get_extension(&extension);
    let policy = value.as_message().filter(|_| options.has_extension(&extension))?;
    let level = options
        .get_field_by_name("idempotency_level")
        .and_then(|v| v.as_enum_number())
        .unwrap_or(0);
    let kib = number(policy, "body_kib");
    Some(Policy {
        path: path_of(method),
        input: method.input().full_name().to_owned(),
        who: texts(policy, "who")
            .iter()
            .map(|text| text.parse())
            .collect::<Result<_, _>>()
            .ok()?,
        scope: scope(policy)?,
        step_up: flag(policy, "step_up"),
        deadline: Duration::from_millis(u64::from(number(policy, "deadline_ms"))),
        writes: level != 1,
        idempotent: level != 0,
        purpose: flag(policy, "purpose"),
        personal: [method.input(), method.output()]
            .iter()
            .any(|message| is_personal(pool, message, &mut HashSet::new())),
        body_limit: if kib == 0 { 256 } else { kib as usize } * 1024,
    })
}

/// Whether a message may hold what is PERSONAL or SENSITIVE, itself or in what lies in it.
fn is_personal(pool: &DescriptorPool, message: &MessageDescriptor, seen: &mut HashSet<String>) -> bool {
    const PERSONAL: i32 = 3;
    let class = |options: DynamicMessage, name: &str| {
        let extension = pool.get_extension_by_name(name)?;
        let said = options.has_extension(&extension);
        said.then(|| options.get_extension(&extension).as_enum_number())
            .flatten()
    };
    if !message.full_name().starts_with("zhibu.") || !seen.insert(message.full_name().to_owned()) {
        return false;
    }
    let of_file = class(message.parent_file().options(), "zhibu.policy.v1.data_class");
    message.fields().any(|field| match field.kind() {
        Kind::Message(inside) if inside.full_name().starts_with("zhibu.") => is_personal(pool, &inside, seen),
        _ => {
            let own = class(field.options(), "zhibu.policy.v1.field_class");
            own.or(of_file).is_some_and(|class| class >= PERSONAL)
        }
    })
}

fn scope(policy: &DynamicMessage) -> Option<Scope> {
    Some(match policy.get_field_by_name("scope")?.as_enum_number()? {
        1 => Scope::Organization(policy.get_field_by_name("field")?.as_str()?.to_owned()),
        2 => Scope::Rows,
        3 => Scope::Case,
        4 => Scope::Own,
        5 => Scope::Public,
        6 => Scope::System(texts(policy, "from")),
        _ => return None,
    })
}

fn number(message: &DynamicMessage, field: &str) -> u32 {
    message
        .get_field_by_name(field)
        .and_then(|v| v.as_u32())
        .unwrap_or(0)
}

fn flag(message: &DynamicMessage, field: &str) -> bool {
    message
        .get_field_by_name(field)
        .and_then(|v| v.as_bool())
        .unwrap_or(false)
}

fn texts(message: &DynamicMessage, field: &str) -> Vec<String> {
    let value = message.get_field_by_name(field);
    let list = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    list.iter()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_contract_has_a_line() {
        let pool = &proto::DESCRIPTORS;
        let services: Vec<_> = pool
            .services()
            .filter(|s| s.full_name().starts_with("zhibu."))
            .collect();
        let names: Vec<&str> = services.iter().map(|s| s.full_name()).collect();
        assert!(!names.is_empty());
        assert_eq!(Table::of_suite().uncovered(pool, &names), Vec::<String>::new());
        assert_eq!(
            Table::of_suite()
                .uncovered(pool, &["zhibu.none.v1.NoService"])
                .len(),
            1
        );
    }

    #[test]
    fn a_use_case_finds_its_policy_by_its_request() {
        let policy = Table::of_suite()
            .of_input("zhibu.organization.v1.GetOrganizationRequest")
            .expect("policy");
        assert_eq!(
            policy.path,
            "/zhibu.organization.v1.OrganizationService/GetOrganization"
        );
        assert_eq!(policy.scope, Scope::Organization("organization_id".into()));
        assert!(!policy.writes && policy.idempotent);
    }

    #[test]
    fn what_may_be_personal_is_read_from_the_classes_of_fields_and_files() {
        let personal = |path: &str| Table::of_suite().of_path(path).expect(path).personal;
        assert!(personal("/zhibu.member.v1.MemberService/RevealMember"));
        assert!(personal("/zhibu.member.v1.MemberService/ListMembers"));
        assert!(!personal("/zhibu.rating.v1.RatingService/GetTemplate"));
        assert!(!personal("/zhibu.clock.v1.ClockService/Positions"));
    }
}
