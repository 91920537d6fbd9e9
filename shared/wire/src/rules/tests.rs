use proto::{
    indicator::v1::CollectRequest,
    organization::v1::{FoundRootRequest, ListOrganizationsRequest, SetupExemption},
    process::v1::OpenCaseRequest,
    resource::v1::BookingLine,
};

use super::*;

#[test]
fn all_wrong_fields_are_named_at_once() {
    let request = FoundRootRequest {
        name: "省".into(),
        founded_on: "2025-1-1".into(),
        ..Default::default()
    };
    let fields: Vec<_> = validate(&request.transcode_to_dynamic())
        .into_iter()
        .map(|e| (e.field, e.reason.into_owned()))
        .collect();
    let expected = [
        ("name", "STRING_MIN_LEN"),
        ("level", "ENUM_NOT_IN"),
        ("founded_on", "NOT_A_DAY"),
        ("external_id", "REQUIRED"),
        ("security_subject", "STRING_UUID"),
        ("org_dept_subject", "STRING_UUID"),
    ];
    assert_eq!(fields, expected.map(|(f, r)| (f.to_owned(), r.to_owned())));
}

#[test]
fn items_of_a_list_and_bounds_of_a_number_are_judged() {
    let request = ListOrganizationsRequest {
        organization_id: kernel::id::OrganizationId::new().to_string(),
        kinds: vec![4, 0, 99],
        page_size: 1001,
        ..Default::default()
    };
    let fields: Vec<_> = validate(&request.transcode_to_dynamic())
        .into_iter()
        .map(|e| e.field)
        .collect();
    assert_eq!(fields, ["kinds[1]", "kinds[2]", "page_size"]);
}

#[test]
fn a_word_is_one_of_those_that_are_named() {
    let exemption = |rule: &str| SetupExemption {
        rule: rule.into(),
        from: "2025-01-01".into(),
        until: "2025-12-31".into(),
        approval: "复〔2025〕1号".into(),
        reason: "示例".into(),
    };
    assert_eq!(validate(&exemption("S-107").transcode_to_dynamic()), []);
    let wrong = validate(&exemption("R-103").transcode_to_dynamic());
    assert_eq!(wrong.len(), 1);
    assert_eq!(
        (wrong[0].field.as_str(), &*wrong[0].reason),
        ("rule", "STRING_IN")
    );
    assert!(wrong[0].zh.contains("R-101、R-102"), "{}", wrong[0].zh);
}

#[test]
fn every_rule_that_the_contract_uses_is_known_here() {
    let known = [
        "required",
        "string",
        "bytes",
        "repeated",
        "map",
        "enum",
        "int32",
        "int64",
        "uint32",
        "uint64",
        "min_len",
        "max_len",
        "pattern",
        "uuid",
        "in",
        "min_items",
        "max_items",
        "items",
        "max_pairs",
        "values",
        "gte",
        "gt",
        "lte",
        "lt",
        "defined_only",
        "not_in",
    ];
    let extension = proto::DESCRIPTORS
        .get_extension_by_name("buf.validate.field")
        .expect("extension");
    let mut judged = 0;
    for message in proto::DESCRIPTORS
        .all_messages()
        .filter(|m| m.full_name().starts_with("zhibu."))
    {
        for field in message.fields().filter(|f| f.options().has_extension(&extension)) {
            let options = field.options();
            let declared = options.get_extension(&extension);
            assert_known(declared.as_message().expect("rules"), &known, field.full_name());
            judged += 1;
        }
    }
    assert!(judged > 50, "{judged} fields have rules");
}

fn assert_known(rules: &DynamicMessage, known: &[&str], at: &str) {
    for (field, value) in rules.fields() {
        assert!(
            known.contains(&field.name()),
            "{at}: rule {} is not enforced",
            field.name()
        );
        if let Value::Message(nested) = value {
            assert_known(nested, known, at);
        }
    }
}

#[test]
fn characters_that_nobody_sees_are_refused_in_every_text() {
    let request = FoundRootRequest {
        name: "中共示例省委员会".into(),
        level: 1,
        founded_on: "1949-10-01".into(),
        external_id: Some(proto::kernel::v1::ExternalId {
            system: "示例\u{0}".into(),
            value: "1".into(),
        }),
        security_subject: kernel::id::PersonId::new().to_string(),
        org_dept_subject: kernel::id::PersonId::new().to_string(),
    };
    let wrong = validate(&request.transcode_to_dynamic());
    let wrong: Vec<_> = wrong.iter().map(|e| (e.field.as_str(), &*e.reason)).collect();
    assert_eq!(wrong, [("external_id.system", "STRING_CONTROL")]);
    // A field without any rule, an item of a list; a line end is a line end.
    let request = ListOrganizationsRequest {
        organization_id: kernel::id::OrganizationId::new().to_string(),
        page_token: "a\u{7}".into(),
        ..Default::default()
    };
    let wrong = validate(&request.transcode_to_dynamic());
    assert!(
        wrong
            .iter()
            .any(|e| e.field == "page_token" && e.reason == "STRING_CONTROL"),
        "{wrong:?}"
    );
    assert_eq!(unseen("第一行\r\n第二行\t末"), None);
}

#[test]
fn every_purpose_that_must_be_stated_is_of_one_list() {
    let lists: Vec<Vec<String>> = proto::DESCRIPTORS
        .all_messages()
        .filter_map(|message| message.get_field_by_name("purpose"))
        .filter_map(|field| read(&field))
        .filter_map(|rules| {
            rules.each.into_iter().find_map(|rule| match rule {
                Rule::In(words) => Some(words),
                _ => None,
            })
        })
        .collect();
    assert!(lists.len() >= 2, "N-24: {lists:?}");
    assert!(lists.iter().all(|list| *list == lists[0]), "{lists:?}");
}

/// The fields that are days in a message and in those inside it, each with the way to it.
fn days(message: &MessageDescriptor, way: &[FieldDescriptor], found: &mut Vec<Vec<FieldDescriptor>>) {
    for field in message.fields() {
        let rules = read(&field).map(|rules| rules.each).unwrap_or_default();
        let way = [way, std::slice::from_ref(&field)].concat();
        match field.kind() {
            Kind::Message(inside) if inside.full_name().starts_with("zhibu.") => {
                days(&inside, &way, found);
            }
            _ if rules.iter().any(|rule| matches!(rule, Rule::Day(_))) => found.push(way),
            _ => {}
        }
    }
}

/// A message with a text at the end of a way, and how the way is written.
fn with(message: &MessageDescriptor, way: &[FieldDescriptor], text: &str) -> (DynamicMessage, String) {
    let mut made = DynamicMessage::new(message.clone());
    let [field, rest @ ..] = way else {
        return (made, String::new());
    };
    let (value, inside) = match field.kind() {
        Kind::Message(inside) => {
            let (inside, way) = with(&inside, rest, text);
            (Value::Message(inside), format!(".{way}"))
        }
        _ => (Value::String(text.to_owned()), String::new()),
    };
    let list = field.is_list();
    let value = if list { Value::List(vec![value]) } else { value };
    made.set_field(field, value);
    let at = if list { "[0]" } else { "" };
    (made, format!("{}{at}{inside}", field.name()))
}

/// What every RPC of the suite is asked with.
fn requests() -> impl Iterator<Item = MessageDescriptor> {
    let services = proto::DESCRIPTORS.services();
    let services = services.filter(|service| service.full_name().starts_with("zhibu."));
    services.flat_map(|service| service.methods().map(|method| method.input()).collect::<Vec<_>>())
}

#[test]
fn an_etag_that_is_missing_is_a_wrong_field_and_no_etag_of_another_version() {
    let asked: Vec<_> = requests()
        .filter(|request| request.get_field_by_name("etag").is_some())
        .collect();
    assert!(asked.len() >= 6, "{} requests say what was seen", asked.len());
    for request in asked {
        let wrong = validate(&DynamicMessage::new(request.clone()));
        let etag = wrong.iter().find(|one| one.field == "etag");
        assert_eq!(
            etag.map(|one| &*one.reason),
            Some("REQUIRED"),
            "{}",
            request.name()
        );
    }
}

#[test]
fn a_day_that_is_in_no_calendar_is_named_with_whatever_else_is_wrong_in_every_request() {
    let mut judged = 0;
    for request in requests() {
        let mut ways = Vec::new();
        days(&request, &[], &mut ways);
        for way in ways {
            let (mut sent, at) = with(&request, &way, "2025-02-30");
            let other = request
                .fields()
                .find(|field| *field != way[0] && field.kind() == Kind::String && !field.is_list());
            if let Some(field) = other {
                sent.set_field(&field, Value::String("\u{1}".into()));
            }
            let wrong = validate(&sent);
            let reason = |at: &str| wrong.iter().find(|one| one.field == at).map(|one| &*one.reason);
            assert_eq!(reason(&at), Some("NOT_A_DAY"), "{}: {at}", request.name());
            assert!(
                wrong.iter().any(|one| one.field != at),
                "{}: {at} alone",
                request.name()
            );
            judged += 1;
        }
    }
    assert!(judged > 50, "{judged} days");
}

#[test]
fn a_period_ends_where_it_may_and_an_id_and_a_time_are_ones_that_can_be_read() {
    let walked = |first: &str, last: &str| {
        let request = CollectRequest {
            organization_id: kernel::id::OrganizationId::new().to_string(),
            indicators: vec!["any".into()],
            first_day: first.into(),
            last_day: last.into(),
            freeze_day: "2025-12-31".into(),
            ..Default::default()
        };
        let wrong = validate(&request.transcode_to_dynamic());
        wrong
            .into_iter()
            .map(|one| (one.field, one.reason.into_owned()))
            .collect::<Vec<_>>()
    };
    let last_day = |reason: &str| vec![("last_day".to_owned(), reason.to_owned())];
    assert_eq!(walked("2024-01-01", "2025-12-31"), []);
    assert_eq!(walked("2024-01-01", "2026-01-01"), last_day("PERIOD_TOO_LONG"));
    assert_eq!(walked("2024-02-29", "2026-02-27"), []);
    assert_eq!(walked("2025-01-02", "2025-01-01"), last_day("END_BEFORE_START"));
    assert_eq!(walked("2025-01-02", "9999-12-31"), last_day("DAY_OUT_OF_RANGE"));

    let late = prost_types::Timestamp {
        seconds: 253_402_300_800,
        nanos: 0,
    };
    let request = OpenCaseRequest {
        subject_id: "-".repeat(36),
        anchors: [("target".to_owned(), "nowhere".to_owned())].into(),
        ..Default::default()
    };
    let line = |start: prost_types::Timestamp, end: prost_types::Timestamp| BookingLine {
        resource_id: kernel::id::OrganizationId::new().to_string(),
        start: Some(start),
        end: Some(end),
        quantity: 1,
    };
    let reasons = |message: DynamicMessage| -> HashMap<String, String> {
        let wrong = validate(&message).into_iter();
        wrong.map(|one| (one.field, one.reason.into_owned())).collect()
    };
    let wrong = reasons(request.transcode_to_dynamic());
    assert_eq!(wrong["subject_id"], "STRING_UUID");
    assert_eq!(wrong["anchors[target]"], "STRING_UUID");
    let wrong = reasons(line(late, late).transcode_to_dynamic());
    assert_eq!(wrong["start"], "TIME_OUT_OF_RANGE");
    let after = |seconds| prost_types::Timestamp { seconds, nanos: 0 };
    let of = |start, end| reasons(line(after(start), after(end)).transcode_to_dynamic());
    let days = 24 * 3600;
    assert_eq!(of(0, 62 * days), HashMap::new());
    assert_eq!(of(0, 62 * days + 1)["end"], "SPAN_TOO_LONG");
    assert_eq!(of(5, 5)["end"], "END_BEFORE_START");
}
