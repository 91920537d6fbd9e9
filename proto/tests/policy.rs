//! A contract without a whole policy does not build: eight broken ones, eight refusals, and a whole one.

use prost_reflect::DescriptorPool;

#[path = "../build/policy.rs"]
mod policy;

const HEAD: &str = r#"
syntax = "proto3";
package zhibu.trial.v1;
import "zhibu/policy/v1/policy.proto";
option (zhibu.policy.v1.data_class) = DATA_CLASS_INTERNAL;
message AskRequest { string organization_id = 1; int32 page_size = 2; }
message AskResponse {}
"#;

fn contract(text: &str) -> DescriptorPool {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("zhibu/trial/v1");
    std::fs::create_dir_all(&path).expect("folder");
    std::fs::write(path.join("trial.proto"), text).expect("file");
    let here = env!("CARGO_MANIFEST_DIR");
    let vendored = format!("{here}/vendored");
    let mut compiler =
        protox::Compiler::new([folder.path().to_str().expect("path"), here, &vendored]).expect("compiler");
    compiler
        .include_imports(true)
        .open_files(["zhibu/trial/v1/trial.proto"])
        .expect("a contract that parses");
    compiler.descriptor_pool()
}

fn method(options: &str) -> String {
    format!("{HEAD} service TrialService {{ rpc Ask(AskRequest) returns (AskResponse) {{ {options} }} }}")
}

const READ: &str = "option idempotency_level = NO_SIDE_EFFECTS;";

#[test]
fn a_whole_policy_builds() {
    let whole = format!(
        "{READ} option (zhibu.policy.v1.policy) = {{ who: [\"clerk@own\"] scope: SCOPE_ORG field: \"organization_id\" deadline_ms: 100 }};"
    );
    assert_eq!(policy::problems(&contract(&method(&whole))), Vec::<String>::new());
}

#[test]
fn each_broken_policy_is_refused_by_name() {
    let with = |policy: &str| {
        method(&format!(
            "{READ} option (zhibu.policy.v1.policy) = {{ {policy} }};"
        ))
    };
    let broken = [
        (method(READ), "no policy"),
        (with("who: [\"clerk@own\"] deadline_ms: 100"), "no scope"),
        (
            with("who: [\"clerk@own\"] scope: SCOPE_ORG deadline_ms: 100"),
            "names no field",
        ),
        (
            with("who: [\"clerk@own\"] scope: SCOPE_ORG field: \"boss\" deadline_ms: 100"),
            "not in the request",
        ),
        (
            with("who: [\"clerk@own\"] scope: SCOPE_ORG field: \"page_size\" deadline_ms: 100"),
            "not one id",
        ),
        (
            with("who: [\"boss@own\"] scope: SCOPE_ROWS deadline_ms: 100"),
            "not role@relation",
        ),
        (with("scope: SCOPE_SYSTEM deadline_ms: 100"), "names no service"),
        (with("who: [\"clerk@own\"] scope: SCOPE_ROWS"), "no deadline_ms"),
        (with("scope: SCOPE_ROWS deadline_ms: 100"), "who must be given"),
        (
            method(
                "option (zhibu.policy.v1.policy) = { who: [\"clerk@own\"] scope: SCOPE_ROWS deadline_ms: 100 };",
            ),
            "needs request_id",
        ),
        (
            with("scope: SCOPE_SELF purpose: true deadline_ms: 100"),
            "asks for a purpose",
        ),
        (
            method(READ).replace("option (zhibu.policy.v1.data_class) = DATA_CLASS_INTERNAL;", ""),
            "no data_class",
        ),
    ];
    for (text, what) in broken {
        let problems = policy::problems(&contract(&text));
        assert!(problems.iter().any(|p| p.contains(what)), "{what}: {problems:?}");
    }
}

#[test]
fn a_period_of_days_that_the_message_does_not_have_is_refused() {
    let message = r#"message SpanRequest {
        option (zhibu.policy.v1.period) = { first: "first_day" last: "page_size" };
        string first_day = 1;
        int32 page_size = 2;
    }"#;
    let problems = policy::problems(&contract(&format!("{HEAD} {message}")));
    assert_eq!(
        problems,
        [r#"zhibu.trial.v1.SpanRequest: last "page_size" is no day of the message"#]
    );
}
