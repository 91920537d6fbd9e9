// What a contract must say before it compiles (architecture.md part 6, reliability.md part 2.4 gate 1).
// Included by build.rs and by tests/policy.rs, which shows it eight broken contracts.

use prost_reflect::{DescriptorPool, DynamicMessage, ExtensionDescriptor, Kind, MethodDescriptor, Value};

const ROLES: [&str; 13] = [
    "person",
    "clerk",
    "secretary",
    "org_dept",
    "org_dept_lead",
    "department",
    "inspector",
    "library",
    "security",
    "auditor",
    "anyone",
    "system",
    "peer",
];
const RELATIONS: [&str; 13] = [
    "self", "own", "parent", "superior", "upper", "county", "city", "province", "ancestor", "common", "any",
    "public", "engine",
];

/// Everything that is missing or wrong, each with its place; empty when the contract may ship.
pub fn problems(pool: &DescriptorPool) -> Vec<String> {
    let mut found = Vec::new();
    for file in pool.files().filter(|f| f.package_name().starts_with("zhibu.")) {
        let class = extension(pool, "zhibu.policy.v1.data_class");
        let declared = class.is_some_and(|e| file.options().has_extension(&e));
        if file.messages().len() > 0 && file.package_name() != "zhibu.policy.v1" && !declared {
            found.push(format!("{}: no data_class", file.name()));
        }
    }
    for message in pool
        .all_messages()
        .filter(|m| m.full_name().starts_with("zhibu."))
    {
        let period = extension(pool, "zhibu.policy.v1.period");
        let Some(period) = period.filter(|e| message.options().has_extension(e)) else {
            continue;
        };
        let options = message.options();
        let declared = options.get_extension(&period);
        for end in ["first", "last"] {
            let field = declared.as_message().map(|p| text(p, end)).unwrap_or_default();
            let is_time = |kind: Kind| match kind {
                Kind::Message(inside) => inside.full_name() == "google.protobuf.Timestamp",
                kind => kind == Kind::String,
            };
            if message
                .get_field_by_name(&field)
                .is_none_or(|f| !is_time(f.kind()))
            {
                found.push(format!(
                    "{}: {end} {field:?} is no day of the message",
                    message.full_name()
                ));
            }
        }
    }
    for service in pool.services().filter(|s| s.full_name().starts_with("zhibu.")) {
        for method in service.methods() {
            let place = format!("{}/{}", service.full_name(), method.name());
            match policy(pool, &method) {
                None => found.push(format!("{place}: no policy")),
                Some(policy) => method_problems(&method, &policy, &mut |what| {
                    found.push(format!("{place}: {what}"))
                }),
            }
        }
    }
    found
}

fn extension(pool: &DescriptorPool, name: &str) -> Option<ExtensionDescriptor> {
    pool.get_extension_by_name(name)
}

fn policy(pool: &DescriptorPool, method: &MethodDescriptor) -> Option<DynamicMessage> {
    let extension = extension(pool, "zhibu.policy.v1.policy")?;
    let options = method.options();
    options
        .has_extension(&extension)
        .then(|| options.get_extension(&extension).as_message().cloned())
        .flatten()
}

fn method_problems(method: &MethodDescriptor, policy: &DynamicMessage, say: &mut dyn FnMut(String)) {
    let scope = number(policy, "scope");
    let who = texts(policy, "who");
    let field = text(policy, "field");
    let input = method.input();
    for right in &who {
        let known = right
            .split_once('@')
            .is_some_and(|(role, relation)| ROLES.contains(&role) && RELATIONS.contains(&relation));
        if !known {
            say(format!("who {right:?} is not role@relation"));
        }
    }
    match scope {
        0 => say("no scope".into()),
        1 => match input.get_field_by_name(&field) {
            _ if field.is_empty() => say("scope ORG names no field".into()),
            Some(f) if f.kind() == Kind::String && !f.is_list() => {}
            Some(_) => say(format!("scope field {field:?} is not one id")),
            None => say(format!("scope field {field:?} is not in the request")),
        },
        6 if texts(policy, "from").is_empty() => say("scope SYSTEM names no service in from".into()),
        _ => {}
    }
    if matches!(scope, 1 | 2) == who.is_empty() {
        say("who must be given for ORG and ROWS, and for no other scope".into());
    }
    if number(policy, "deadline_ms") == 0 {
        say("no deadline_ms".into());
    }
    // 0 unknown (a write under a key), 1 no side effects, 2 idempotent (an import chunk, an upsert)
    let level = method
        .options()
        .get_field_by_name("idempotency_level")
        .and_then(|v| v.as_enum_number())
        .unwrap_or(0);
    if level == 0 && input.get_field_by_name("request_id").is_none() {
        say("a write that is not idempotent needs request_id".into());
    }
    let purpose = policy
        .get_field_by_name("purpose")
        .and_then(|v| v.as_bool())
        .unwrap_or(false);
    if purpose && input.get_field_by_name("purpose").is_none() {
        say("the policy asks for a purpose, the request has no such field".into());
    }
}

fn number(message: &DynamicMessage, field: &str) -> i64 {
    match message.get_field_by_name(field).as_deref() {
        Some(Value::EnumNumber(n)) => i64::from(*n),
        Some(Value::U32(n)) => i64::from(*n),
        _ => 0,
    }
}

fn text(message: &DynamicMessage, field: &str) -> String {
    message
        .get_field_by_name(field)
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn texts(message: &DynamicMessage, field: &str) -> Vec<String> {
    let value = message.get_field_by_name(field);
    let list = value.as_deref().and_then(Value::as_list).unwrap_or_default();
    list.iter()
        .filter_map(|v| v.as_str().map(str::to_owned))
        .collect()
}
