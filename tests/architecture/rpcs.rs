//! Every RPC has a file that serves it and a file of tests.

use std::collections::BTreeSet;

use tests::source_tree::Source;

use crate::{none, tree};

/// An RPC of a service of ours, by the service's folder and the method's name.
struct Method {
    service: String,
    name: String,
}

fn methods() -> Vec<Method> {
    let mut methods = Vec::new();
    for service in proto::DESCRIPTORS.services() {
        let Some(folder) = service
            .package_name()
            .strip_prefix("zhibu.")
            .and_then(|p| p.strip_suffix(".v1"))
        else {
            continue;
        };
        methods.extend(service.methods().map(|method| Method {
            service: folder.to_owned(),
            name: method.name().to_owned(),
        }));
    }
    methods
}

/// Where the contracts stand that every service serves: what serves them, and their tests. The others stand in the
/// service that owns them.
const SHARED: &[(&str, &str, &str)] = &[
    (
        "process",
        "shared/process/src/keeper/rpc/",
        "shared/process/tests/rpc/",
    ),
    (
        "audit",
        "shared/runtime/src/desk/audit.rs",
        "shared/runtime/tests/rpc/",
    ),
    (
        "feed",
        "shared/runtime/src/desk/feed.rs",
        "shared/runtime/tests/rpc/",
    ),
    (
        "indicator",
        "shared/runtime/src/desk/indicator.rs",
        "shared/runtime/tests/rpc/",
    ),
    (
        "clock",
        "shared/runtime/src/admin/clock.rs",
        "shared/runtime/tests/rpc/",
    ),
];

fn missing_use_cases(methods: &[Method], files: &[Source]) -> Vec<String> {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let has = |home: &str, file: &str| {
        let mut all = paths.iter();
        all.any(|path| *path == home || path.starts_with(home) && path.ends_with(file))
    };
    let mut wrong = Vec::new();
    for Method { service, name } in methods {
        let file = format!("/{}.rs", snake(name));
        let shared = SHARED.iter().find(|(package, _, _)| package == service);
        let homes = match shared {
            Some((_, serves, tests)) => [(*serves).to_owned(), (*tests).to_owned()],
            None => ["src/rpc/", "tests/rpc/"].map(|folder| format!("services/{service}/{folder}")),
        };
        for home in homes.iter().filter(|home| !has(home, &file)) {
            wrong.push(format!("{service}: {name} has no {home}…{file}"));
        }
    }
    wrong
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[test]
fn every_rpc_has_its_file_and_its_contract_test() {
    let methods = methods();
    assert!(methods.iter().any(|method| method.service == "organization"));
    none(missing_use_cases(&methods, &tree()));
}

#[test]
fn an_rpc_without_its_file_or_its_test_is_found() {
    let methods = ["GetMember", "ImportMembers"].map(|name| Method {
        service: "member".into(),
        name: name.into(),
    });
    let files = |paths: &[&str]| paths.iter().map(|path| Source::new(path, "")).collect::<Vec<_>>();
    let (case, test) = (
        "services/member/src/rpc/member/get_member.rs",
        "services/member/tests/rpc/get_member.rs",
    );
    let (other_case, other_test) = (
        "services/member/src/rpc/import_members.rs",
        "services/member/tests/rpc/import_members.rs",
    );
    let complaints = |paths: &[&str]| missing_use_cases(&methods, &files(paths)).len();
    assert_eq!(complaints(&[case, test, other_case, other_test]), 0);
    assert_eq!(complaints(&[case, test, other_case]), 1);
    assert_eq!(complaints(&[case, test, other_test]), 1);
    assert_eq!(complaints(&[case, test]), 2);
    assert_eq!(complaints(&[]), 4, "a service without any");
}

#[test]
fn an_rpc_that_every_service_serves_has_its_test_too() {
    let served = "shared/runtime/src/desk/audit.rs";
    let test = "shared/runtime/tests/rpc/verify_chain.rs";
    let method = Method {
        service: "audit".into(),
        name: "VerifyChain".into(),
    };
    let complaints = |paths: &[&str]| {
        let files: Vec<_> = paths.iter().map(|path| Source::new(path, "")).collect();
        missing_use_cases(std::slice::from_ref(&method), &files).len()
    };
    assert_eq!(complaints(&[served, test]), 0);
    assert_eq!(complaints(&[served]), 1);
    assert_eq!(complaints(&[test]), 1);
}
