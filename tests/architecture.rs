//! The shape of the tree: who may mention whom, how files are called, how long they are, and that every rule is
//! in its index and every RPC has its file and its test. Each check is a function from texts to complaints, and
//! each is shown to bite on a text made up for it.

use regex::Regex;
use tests::source_tree::{Source, code_only, sources};

#[path = "architecture/rpcs.rs"]
mod rpcs;

const LONGEST: usize = 450;

/// Who asks whom directly; everything else travels by feed. The gateway asks everybody.
const EDGES: &[(&str, &[&str])] = &[
    ("organization", &["activity"]),
    ("member", &[]),
    ("activity", &["member"]),
    ("rating", &["organization", "member", "activity", "resource"]),
    ("resource", &[]),
];

/// A layer of a service, and what its code never mentions.
struct Layer {
    is: fn(&str) -> bool,
    never: &'static str,
    because: &'static str,
}

const LAYERS: &[Layer] = &[
    Layer {
        is: |path| within(path, "domain"),
        never: r"\b(tonic|sea_orm|sqlx|tokio|proto|storage)::|\bcrate::(store|peers|rpc|convert|app)\b|\basync\b|\.await\b|\bClock\b|\bsystem_now\b|\bstd::(fs|net|env|process|thread)\b|\b(SystemTime|Uuid::new|Utc::now)\b",
        because: "domain is pure: no I/O, no async, no wire, no clock",
    },
    Layer {
        is: |path| within(path, "store"),
        never: r"\bcrate::(rpc|peers|app)\b",
        because: "store knows the domain alone",
    },
    Layer {
        is: |path| within(path, "peers"),
        never: r"\bcrate::(rpc|store|app)\b",
        because: "peers know the domain alone",
    },
    Layer {
        is: |path| path.starts_with("src/") && !within(path, "store"),
        never: r"\bsea_orm(_migration)?::",
        because: "only store knows SQL",
    },
    Layer {
        is: |path| path.starts_with("src/") && !within(path, "peers"),
        never: r"\w_client::|\b\w+ServiceClient\b",
        because: "only peers call another service",
    },
];

fn within(path: &str, layer: &str) -> bool {
    let inside = path
        .strip_prefix("src/")
        .and_then(|path| path.strip_prefix(layer));
    inside.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn wrong_arrows(files: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for layer in LAYERS {
        let never = Regex::new(layer.never).expect("pattern");
        for file in files {
            // The one program is a client of the suite, not a service of it.
            let Some((service, path)) = file.in_service() else {
                continue;
            };
            if service == "zhibu" || !(layer.is)(path) {
                continue;
            }
            for (number, line) in code_only(&file.text).lines().enumerate() {
                if let Some(found) = never.find(line) {
                    wrong.push(format!(
                        "{}:{}: `{}`: {}",
                        file.path,
                        number + 1,
                        found.as_str(),
                        layer.because
                    ));
                }
            }
        }
    }
    wrong
}

fn wrong_edges(files: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (service, peers) in EDGES {
        let services = EDGES.iter().map(|(name, _)| *name).chain(["gateway"]);
        for other in services.filter(|other| other != service) {
            let peer = format!("services/{service}/src/peers/{other}.rs");
            if !peers.contains(&other) && files.iter().any(|file| file.path == peer) {
                wrong.push(format!("{peer}: {service} learns of {other} by feed only"));
            }
            let crates = format!("services/{service}/Cargo.toml");
            let depends = Regex::new(&format!(r"(?m)^{other}\b")).expect("pattern");
            for file in files.iter().filter(|file| file.path == crates) {
                if depends.is_match(&file.text) {
                    wrong.push(format!("{crates}: {service} is built with {other}"));
                }
            }
        }
    }
    wrong
}

fn wrong_names(files: &[Source]) -> Vec<String> {
    let layered =
        Regex::new(r"(^|_)(mod|managers?|helpers?|utils?|utilities|commons?|base|impls?|data|infos?|handles?|handlers?)\.(rs|proto)$")
            .expect("pattern");
    let named_after_layer = files.iter().filter(|file| layered.is_match(file.name()));
    named_after_layer
        .map(|file| format!("{}: named after a layer, not after its idea", file.path))
        .collect()
}

fn too_long(files: &[Source]) -> Vec<String> {
    let code = files.iter().filter(|file| file.path.ends_with(".rs"));
    code.map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(file, lines)| format!("{}: {lines} lines, split it by idea ({LONGEST})", file.path))
        .collect()
}

fn unknown_ids(files: &[Source]) -> Vec<String> {
    let cited = Regex::new(r"\b[SRN]-\d+\b|\bX-?\d{1,2}\b").expect("pattern");
    let mut wrong = Vec::new();
    for file in files {
        if !file.in_service().is_some_and(|(_, path)| within(path, "domain")) {
            continue;
        }
        let found = cited.find_iter(&file.text).map(|found| found.as_str());
        for id in found.filter(|id| !kernel::norm::is_known(id)) {
            wrong.push(format!("{}: {id} is in no catalogue", file.path));
        }
    }
    wrong
}

/// Every public module of a domain has its line in the index, with a link that rustdoc checks.
fn missing_in_index(files: &[Source]) -> Vec<String> {
    let module = Regex::new(r"(?m)^pub mod (\w+);").expect("pattern");
    let mut wrong = Vec::new();
    for index in files.iter().filter(|file| file.path.ends_with("/src/domain.rs")) {
        let text: String = index
            .text
            .lines()
            .filter(|line| line.starts_with("//!"))
            .collect();
        for found in module.captures_iter(&index.text) {
            let idea = &found[1];
            if !text.contains(&format!("[`{idea}")) {
                wrong.push(format!("{}: no line for [`{idea}`]", index.path));
            }
        }
    }
    wrong
}

fn tree() -> Vec<Source> {
    ["proto", "services", "shared", "tests"]
        .iter()
        .flat_map(|folder| sources(folder, &[".rs", ".proto", "Cargo.toml"]))
        .collect()
}

fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn arrows_between_layers_point_inwards() {
    none(wrong_arrows(&tree()));
}

#[test]
fn services_ask_only_whom_they_may() {
    none(wrong_edges(&tree()));
}

#[test]
fn files_are_named_after_ideas() {
    none(wrong_names(&tree()));
}

#[test]
fn no_file_is_longer_than_one_can_read() {
    none(too_long(&tree()));
}

#[test]
fn cited_ids_are_in_the_catalogue() {
    none(unknown_ids(&tree()));
}

#[test]
fn every_module_of_a_domain_is_in_its_index() {
    none(missing_in_index(&tree()));
}

/// Complaints about one made-up file.
fn of(check: fn(&[Source]) -> Vec<String>, path: &str, text: &str) -> usize {
    check(&[Source::new(path, text)]).len()
}

#[test]
fn each_wrong_arrow_is_found() {
    for (path, code) in [
        ("domain/x.rs", "use tonic::Status;"),
        ("domain.rs", "use sea_orm::DbErr;"),
        ("domain/x.rs", "use crate::store::rows;"),
        ("domain/x.rs", "use crate::peers;"),
        ("domain/x.rs", "fn a() { crate::rpc::b() }"),
        ("domain/x.rs", "async fn a() {}"),
        ("domain/x.rs", "fn a(clock: &Clock) {}"),
        ("domain/x.rs", "fn a() { std::fs::read(p) }"),
        ("domain/x.rs", "use proto::member::v1::Member;"),
        ("store/x.rs", "use crate::rpc;"),
        ("peers/x.rs", "use crate::rpc;"),
        ("peers/x.rs", "use crate::store;"),
        ("rpc/x/y.rs", "use sea_orm::EntityTrait;"),
        ("app.rs", "use sea_orm_migration::MigratorTrait;"),
        (
            "rpc/x/y.rs",
            "use proto::member::v1::member_service_client::MemberServiceClient as C;",
        ),
        ("rpc.rs", "MemberServiceClient::new(channel)"),
    ] {
        let path = format!("services/member/src/{path}");
        assert_ne!(of(wrong_arrows, &path, code), 0, "{path}: {code}");
        assert_eq!(
            of(wrong_arrows, &path, &format!("// {code}\n/// {code}\n")),
            0,
            "a comment: {code}"
        );
    }
    for (path, code) in [
        ("services/member/src/store/x.rs", "use sea_orm::EntityTrait;"),
        ("services/member/src/peers/x.rs", "MemberServiceClient::new(c)"),
        ("services/member/src/rpc/x.rs", "async fn a(clock: &Clock) {}"),
        (
            "services/zhibu/src/domain/x.rs",
            "MemberServiceClient::new(c).get().await",
        ),
        ("shared/storage/src/lib.rs", "use sea_orm::EntityTrait;"),
    ] {
        assert_eq!(of(wrong_arrows, path, code), 0, "{path}: {code}");
    }
}

#[test]
fn each_wrong_edge_is_found() {
    assert_eq!(of(wrong_edges, "services/member/src/peers/rating.rs", ""), 1);
    assert_eq!(of(wrong_edges, "services/activity/src/peers/member.rs", ""), 0);
    assert_eq!(of(wrong_edges, "services/gateway/src/peers/member.rs", ""), 0);
    let crates = "services/rating/Cargo.toml";
    assert_eq!(
        of(wrong_edges, crates, "[dependencies]\nmember.workspace = true"),
        1
    );
    assert_eq!(
        of(wrong_edges, crates, "[dependencies]\nkernel.workspace = true"),
        0
    );
}

#[test]
fn names_of_layers_and_long_files_are_found() {
    for name in [
        "mod.rs",
        "manager.rs",
        "helper.rs",
        "utils.rs",
        "common.rs",
        "base.rs",
        "impl.rs",
        "data.rs",
        "info.rs",
        "handle.rs",
        "member_info.rs",
    ] {
        assert_eq!(of(wrong_names, &format!("shared/x/src/{name}"), ""), 1, "{name}");
    }
    for name in ["database.rs", "model.rs", "handover.rs"] {
        assert_eq!(of(wrong_names, &format!("shared/x/src/{name}"), ""), 0, "{name}");
    }
    assert_eq!(of(too_long, "shared/x/src/y.rs", &"\n".repeat(LONGEST + 1)), 1);
    assert_eq!(of(too_long, "shared/x/src/y.rs", &"\n".repeat(LONGEST)), 0);
}

#[test]
fn unknown_ids_and_rules_out_of_the_index_are_found() {
    let index = "services/member/src/domain.rs";
    for id in ["R-999", "S-5", "N-11", "X21", "R-1"] {
        assert_eq!(
            of(unknown_ids, index, &format!("//! - [`a`]: x ({id}).")),
            1,
            "{id}"
        );
    }
    assert_eq!(
        of(unknown_ids, index, "//! - R-101 to R-126, S-001, N-22, X9, UTF-8"),
        0
    );
    assert_eq!(
        of(
            missing_in_index,
            index,
            "//! - [`a::b`]: x.\npub mod a;\npub mod c;"
        ),
        1
    );
    assert_eq!(of(missing_in_index, index, "//! - [`a`]: x.\npub mod a;"), 0);
}
