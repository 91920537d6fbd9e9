//! The field rules of the contract (`buf.validate`), read from the descriptors and enforced without generated
//! code. Only the rules in use are known; a rule that is not known fails the test below, not a request. One rule
//! holds for every text without being written: no control characters but tabs and line ends, since nobody can see
//! them and a database may refuse them.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use kernel::FieldError;
use prost_reflect::{
    Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};
use regex::Regex;

use crate::fields;

mod period;

use period::{Period, moment};

/// One rule of one value.
#[derive(Debug, Clone)]
enum Rule {
    MinLen(u64),
    MaxLen(u64),
    MaxBytes(u64),
    Pattern(Regex),
    /// Optional, or not.
    Day(bool),
    Uuid,
    UuidOrNone,
    Time,
    In(Vec<String>),
    Least(i64),
    Most(i64),
    Defined(Vec<i32>),
    NotIn(Vec<i32>),
}

#[derive(Debug, Default)]
struct FieldRules {
    required: bool,
    min_items: Option<u64>,
    max_items: Option<u64>,
    each: Vec<Rule>,
}

#[derive(Debug)]
struct MessageRules {
    fields: Vec<(FieldDescriptor, FieldRules)>,
    period: Option<Period>,
}

/// A day, which has to be in the calendar too.
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
const DAY_OR_NONE: &str = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$";
/// An id, which has to be readable too.
const UUID_OR_NONE: &str = "^([0-9a-f-]{36})?$";

static KNOWN: LazyLock<RwLock<HashMap<String, Arc<MessageRules>>>> = LazyLock::new(RwLock::default);

/// All violations of the message's field rules, nested messages included, each with its path.
#[must_use]
pub fn validate(message: &DynamicMessage) -> Vec<FieldError> {
    let mut found = Vec::new();
    walk(message, At::Top, &mut found, None);
    found
}

/// The same, without looking into the field named: the rows of an import are judged row by row.
#[must_use]
pub fn validate_but(message: &DynamicMessage, left_out: &str) -> Vec<FieldError> {
    let mut found = Vec::new();
    walk(message, At::Top, &mut found, Some(left_out));
    found
}

/// Where a value stands; written out only for what is wrong.
#[derive(Clone, Copy)]
enum At<'a> {
    Top,
    Field(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
    Key(&'a At<'a>, &'a str),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Field(Self::Top, name) => f.write_str(name),
            Self::Field(above, name) => write!(f, "{above}.{name}"),
            Self::Index(list, at) => write!(f, "{list}[{at}]"),
            Self::Key(map, key) => write!(f, "{map}[{}]", key.escape_debug()),
        }
    }
}

/// The fields of a message; into the one that is left out at the top nobody looks.
fn walk(message: &DynamicMessage, at: At<'_>, found: &mut Vec<FieldError>, left_out: Option<&str>) {
    let rules = rules_of(&message.descriptor());
    for (field, rules) in &rules.fields {
        let path = At::Field(&at, field.name());
        let value = message.get_field(field);
        if rules.required && !message.has_field(field) {
            found.push(error(path, "REQUIRED", "此项必填。".into()));
            continue;
        }
        let inside = left_out != Some(field.name());
        match value.as_ref() {
            Value::List(list) => {
                size(path, list.len(), rules, found);
                for (k, one) in list.iter().enumerate().filter(|_| inside) {
                    each(At::Index(&path, k), one, rules, found);
                }
            }
            Value::Map(map) => {
                size(path, map.len(), rules, found);
                for (key, one) in map.iter().filter(|_| inside) {
                    let key = key.as_str().unwrap_or("…");
                    let path = At::Key(&path, key);
                    found.extend(unseen(key).map(|zh| error(path, "STRING_CONTROL", zh)));
                    each(path, one, rules, found);
                }
            }
            _ if field.supports_presence() && !message.has_field(field) => {}
            one => each(path, one, rules, found),
        }
    }
    if let Some(period) = &rules.period
        && let Some((reason, zh)) = period.broken(message)
    {
        found.push(error(At::Field(&at, period.last()), reason, zh));
    }
}

fn size(path: At<'_>, len: usize, rules: &FieldRules, found: &mut Vec<FieldError>) {
    let len = len as u64;
    if rules.min_items.is_some_and(|least| len < least) {
        let zh = format!("至少填写 {} 条。", rules.min_items.unwrap_or(0));
        found.push(error(path, "REPEATED_MIN_ITEMS", zh));
    }
    if rules.max_items.is_some_and(|most| len > most) {
        let zh = format!("一次最多 {} 条，请分批提交。", rules.max_items.unwrap_or(0));
        found.push(error(path, "REPEATED_MAX_ITEMS", zh));
    }
}

fn each(path: At<'_>, value: &Value, rules: &FieldRules, found: &mut Vec<FieldError>) {
    for rule in &rules.each {
        if let Some((reason, zh)) = broken(rule, value) {
            found.push(error(path, reason, zh));
        }
    }
    match value {
        Value::String(text) => {
            found.extend(unseen(text).map(|zh| error(path, "STRING_CONTROL", zh)));
        }
        Value::Message(nested) => walk(nested, path, found, None),
        _ => {}
    }
}

/// What is wrong with a text that has characters in it that nobody sees.
fn unseen(text: &str) -> Option<String> {
    let unseen = |letter: char| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r');
    text.contains(unseen)
        .then(|| "含有看不见的控制字符，请删除后重新填写。".into())
}

fn error(at: At<'_>, reason: &'static str, zh: String) -> FieldError {
    FieldError {
        field: at.to_string(),
        reason: reason.into(),
        zh,
    }
}

fn broken(rule: &Rule, value: &Value) -> Option<(&'static str, String)> {
    let text = value.as_str().unwrap_or_default();
    match rule {
        Rule::MinLen(1) => text
            .is_empty()
            .then(|| ("STRING_MIN_LEN", "此项不能为空。".into())),
        Rule::MinLen(n) => {
            ((text.chars().count() as u64) < *n).then(|| ("STRING_MIN_LEN", format!("至少 {n} 个字符。")))
        }
        Rule::MaxLen(n) => {
            (text.chars().count() as u64 > *n).then(|| ("STRING_MAX_LEN", format!("最多 {n} 个字符。")))
        }
        Rule::MaxBytes(n) => (value.as_bytes().map_or(0, |b| b.len() as u64) > *n)
            .then(|| ("BYTES_MAX_LEN", format!("最多 {n} 字节。"))),
        Rule::Pattern(pattern) => {
            (!pattern.is_match(text)).then(|| ("STRING_PATTERN", "格式不符合要求。".into()))
        }
        Rule::Day(optional) => match fields::day(text) {
            Err((reason, zh)) if !(text.is_empty() && *optional) => Some((reason, zh.into())),
            _ => None,
        },
        Rule::Uuid => (!is_uuid(text)).then(|| ("STRING_UUID", "请填写 36 位编号。".into())),
        Rule::UuidOrNone => {
            (!text.is_empty() && !is_uuid(text)).then(|| ("STRING_UUID", "请填写 36 位编号，或留空。".into()))
        }
        Rule::Time => moment(value).is_none().then(|| {
            let zh = "时间须在 1970 年至 9999 年之间，请核对。";
            ("TIME_OUT_OF_RANGE", zh.into())
        }),
        Rule::In(words) => (!words.iter().any(|word| word == text))
            .then(|| ("STRING_IN", format!("请填写以下之一：{}。", words.join("、")))),
        Rule::Least(n) => {
            (whole(value) < i128::from(*n)).then(|| ("NUMBER_TOO_SMALL", format!("不能小于 {n}。")))
        }
        Rule::Most(n) => {
            (whole(value) > i128::from(*n)).then(|| ("NUMBER_TOO_LARGE", format!("不能大于 {n}。")))
        }
        Rule::Defined(values) => value
            .as_enum_number()
            .is_some_and(|n| !values.contains(&n))
            .then(|| ("ENUM_DEFINED_ONLY", "不是已定义的选项。".into())),
        Rule::NotIn(values) => value
            .as_enum_number()
            .is_some_and(|n| values.contains(&n))
            .then(|| ("ENUM_NOT_IN", "请选择一项。".into())),
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

fn whole(value: &Value) -> i128 {
    match value {
        Value::I32(n) => i128::from(*n),
        Value::I64(n) => i128::from(*n),
        Value::U32(n) => i128::from(*n),
        Value::U64(n) => i128::from(*n),
        _ => 0,
    }
}

fn rules_of(message: &MessageDescriptor) -> Arc<MessageRules> {
    if let Some(known) = KNOWN
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(message.full_name())
    {
        return known.clone();
    }
    let rules = Arc::new(MessageRules {
        fields: message
            .fields()
            .filter_map(|field| read(&field).map(|rules| (field, rules)))
            .collect(),
        period: Period::of(message),
    });
    KNOWN
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(message.full_name().to_owned(), rules.clone());
    rules
}

/// The rules of a field; `None` when there is nothing to look at in it.
fn read(field: &FieldDescriptor) -> Option<FieldRules> {
    let mut rules = FieldRules::default();
    let options = field.options();
    let extension = field.parent_pool().get_extension_by_name("buf.validate.field")?;
    if options.has_extension(&extension)
        && let Some(declared) = options.get_extension(&extension).as_message()
    {
        rules.required = flag(declared, "required");
        if let Some(list) = part(declared, "repeated") {
            rules.min_items = number(&list, "min_items").and_then(|n| u64::try_from(n).ok());
            rules.max_items = number(&list, "max_items").and_then(|n| u64::try_from(n).ok());
            if let Some(items) = part(&list, "items") {
                rules.each = value_rules(field, &items);
            }
        } else if let Some(map) = part(declared, "map") {
            rules.max_items = number(&map, "max_pairs").and_then(|n| u64::try_from(n).ok());
            if let Some(values) = part(&map, "values") {
                rules.each = value_rules(field, &values);
            }
        } else {
            rules.each = value_rules(field, declared);
        }
    }
    if matches!(field.kind(), Kind::Message(m) if m.full_name() == "google.protobuf.Timestamp") {
        rules.each.push(Rule::Time);
    }
    let nested =
        matches!(field.kind(), Kind::Message(m) if m.full_name().starts_with("zhibu.") || m.is_map_entry());
    let matters = nested
        || field.kind() == Kind::String
        || rules.required
        || rules.min_items.is_some()
        || rules.max_items.is_some()
        || !rules.each.is_empty();
    (matters && field.cardinality() != Cardinality::Required).then_some(rules)
}

fn value_rules(field: &FieldDescriptor, declared: &DynamicMessage) -> Vec<Rule> {
    let mut rules = Vec::new();
    if let Some(text) = part(declared, "string") {
        rules.extend(number(&text, "min_len").map(|n| Rule::MinLen(n.unsigned_abs())));
        rules.extend(number(&text, "max_len").map(|n| Rule::MaxLen(n.unsigned_abs())));
        let pattern = text
            .get_field_by_name("pattern")
            .and_then(|v| v.as_str().map(str::to_owned));
        rules.extend(match pattern.as_deref().unwrap_or_default() {
            "" => None,
            DAY => Some(Rule::Day(false)),
            DAY_OR_NONE => Some(Rule::Day(true)),
            UUID_OR_NONE => Some(Rule::UuidOrNone),
            pattern => Regex::new(pattern).ok().map(Rule::Pattern),
        });
        if flag(&text, "uuid") {
            rules.push(Rule::Uuid);
        }
        let words = texts(&text, "in");
        if !words.is_empty() {
            rules.push(Rule::In(words));
        }
    }
    if let Some(bytes) = part(declared, "bytes") {
        rules.extend(number(&bytes, "max_len").map(|n| Rule::MaxBytes(n.unsigned_abs())));
    }
    for kind in ["int32", "int64", "uint32", "uint64"] {
        if let Some(bounds) = part(declared, kind) {
            rules.extend(number(&bounds, "gte").map(Rule::Least));
            rules.extend(number(&bounds, "gt").map(|n| Rule::Least(n + 1)));
            rules.extend(number(&bounds, "lte").map(Rule::Most));
            rules.extend(number(&bounds, "lt").map(|n| Rule::Most(n - 1)));
        }
    }
    if let (Some(choice), Kind::Enum(descriptor)) = (part(declared, "enum"), field.kind()) {
        if flag(&choice, "defined_only") {
            rules.push(Rule::Defined(descriptor.values().map(|v| v.number()).collect()));
        }
        let not_in = choice.get_field_by_name("not_in");
        let not_in: Vec<i32> = not_in
            .as_deref()
            .and_then(Value::as_list)
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_i32)
            .collect();
        if !not_in.is_empty() {
            rules.push(Rule::NotIn(not_in));
        }
    }
    rules
}

fn part(message: &DynamicMessage, name: &str) -> Option<DynamicMessage> {
    let field = message.descriptor().get_field_by_name(name)?;
    message
        .has_field(&field)
        .then(|| message.get_field(&field).as_message().cloned())
        .flatten()
}

fn number(message: &DynamicMessage, name: &str) -> Option<i64> {
    let field = message.descriptor().get_field_by_name(name)?;
    message
        .has_field(&field)
        .then(|| i64::try_from(whole(&message.get_field(&field))).ok())
        .flatten()
}

fn texts(message: &DynamicMessage, name: &str) -> Vec<String> {
    let list = message.get_field_by_name(name);
    let list = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    list.iter()
        .filter_map(|one| one.as_str().map(str::to_owned))
        .collect()
}

fn flag(message: &DynamicMessage, name: &str) -> bool {
    message
        .get_field_by_name(name)
        .and_then(|v| v.as_bool())
        .unwrap_or(false)
}

#[cfg(test)]
mod tests;
