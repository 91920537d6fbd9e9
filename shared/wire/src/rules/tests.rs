use proto::organization::v1::{FoundRootRequest, ListOrganizationsRequest, SetupExemption};

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
        ("founded_on", "STRING_PATTERN"),
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
