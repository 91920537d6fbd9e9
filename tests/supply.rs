//! What the suite is built from: licences that may be used, one source, nothing banned, nothing too old, one
//! version of what must be one. Each check is shown to bite on a package made up for it.

use std::{collections::BTreeMap, fs, process::Command};

use serde::Deserialize;
use tests::source_tree::root;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Permissive licences only; those with a duty to publish changes are not among them.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// C libraries and a second TLS: the suite builds with a Rust toolchain and a C compiler alone.
const BANNED: &[&str] = &[
    "openssl",
    "openssl-sys",
    "native-tls",
    "aws-lc-sys",
    "prost-protovalidate-types",
];

/// Features that take a limit off what a stranger may send.
const BANNED_FEATURES: &[(&str, &str)] =
    &[("prost", "no-recursion-limit"), ("serde_json", "unbounded_depth")];

/// Older ones have a known hole.
const LEAST: &[(&str, &str)] = &[("h2", "0.4.18")];

/// Two versions of one of these have two sets of types, or two stacks in one process.
const ONE_VERSION: &[&str] = &[
    "axum",
    "h2",
    "http",
    "hyper",
    "opentelemetry",
    "opentelemetry_sdk",
    "prost",
    "sea-orm",
    "sqlx",
    "sqlx-core",
    "tokio",
    "tonic",
    "tower-http",
];

/// A package of the build, or one made up.
#[derive(Debug, Clone)]
struct Package {
    name: String,
    version: String,
    licence: Option<String>,
    features: Vec<String>,
}

/// What `cargo metadata` prints, as far as it is read here. (The crate that reads it all turns on a feature that
/// is banned here.)
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Described>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Described {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    features: Vec<String>,
}

/// The packages of a build for this machine's architecture on Linux, ours or those of other people.
fn packages(ours: bool) -> Vec<Package> {
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--filter-platform",
            &platform,
        ])
        .current_dir(root())
        .output()
        .expect("cargo metadata");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Metadata = serde_json::from_slice(&output.stdout).expect("cargo metadata");
    let nodes = metadata.resolve.nodes.into_iter();
    let mut features: BTreeMap<_, _> = nodes.map(|node| (node.id, node.features)).collect();
    let wanted = metadata
        .packages
        .into_iter()
        .filter(|package| package.source.is_none() == ours);
    wanted
        .filter_map(|package| {
            Some(Package {
                features: features.remove(&package.id)?,
                name: package.name,
                version: package.version,
                licence: package.license,
            })
        })
        .collect()
}

/// Name and source of every package of the lock file, those for other platforms too.
fn locked() -> Vec<(String, Option<String>)> {
    let text = fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let lock: toml::Table = text.parse().expect("Cargo.lock");
    let packages = lock["package"].as_array().expect("packages");
    let text = |package: &toml::Value, key| {
        package
            .get(key)
            .and_then(|value| value.as_str())
            .map(str::to_owned)
    };
    packages
        .iter()
        .map(|package| (text(package, "name").unwrap_or_default(), text(package, "source")))
        .collect()
}

fn wrong_licences(packages: &[Package]) -> Vec<String> {
    let wrong = packages
        .iter()
        .filter(|package| !package.licence.as_deref().is_some_and(permitted));
    wrong
        .map(|package| {
            let licence = package.licence.as_deref().unwrap_or("no licence");
            format!("{} {}: {licence}", package.name, package.version)
        })
        .collect()
}

/// Whether an SPDX expression leaves a way to use the package: one of each OR, all of each AND.
fn permitted(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    any(&mut rest).unwrap_or(false) && rest.is_empty()
}

fn any(words: &mut &[&str]) -> Option<bool> {
    let mut permitted = all(words)?;
    while take(words, "OR") {
        permitted |= all(words)?;
    }
    Some(permitted)
}

fn all(words: &mut &[&str]) -> Option<bool> {
    let mut permitted = one(words)?;
    while take(words, "AND") {
        permitted &= one(words)?;
    }
    Some(permitted)
}

fn one(words: &mut &[&str]) -> Option<bool> {
    if take(words, "(") {
        let permitted = any(words)?;
        return take(words, ")").then_some(permitted);
    }
    let (name, rest) = words.split_first()?;
    *words = rest;
    if !take(words, "WITH") {
        return Some(LICENCES.contains(name));
    }
    let (exception, rest) = words.split_first()?;
    *words = rest;
    Some(LICENCES.contains(&format!("{name} WITH {exception}").as_str()))
}

fn take(words: &mut &[&str], word: &str) -> bool {
    match words.split_first() {
        Some((first, rest)) if *first == word => {
            *words = rest;
            true
        }
        _ => false,
    }
}

fn foreign_sources(locked: &[(String, Option<String>)]) -> Vec<String> {
    let wrong = locked
        .iter()
        .filter_map(|(name, source)| Some((name, source.as_deref()?)));
    wrong
        .filter(|(_, source)| *source != REGISTRY)
        .map(|(name, source)| format!("{name}: from {source}"))
        .collect()
}

fn banned(packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages {
        if BANNED.contains(&package.name.as_str()) {
            wrong.push(format!("{} {} is banned", package.name, package.version));
        }
        for (name, feature) in BANNED_FEATURES {
            if package.name == *name && package.features.iter().any(|on| on == feature) {
                wrong.push(format!("{name}: feature {feature} is banned"));
            }
        }
    }
    wrong
}

/// Bugs can be planted in a program that `tests/faults` builds for itself, never in one that anybody else builds.
fn planted(packages: &[Package]) -> Vec<String> {
    let on = |package: &&Package| package.features.iter().any(|on| on == "planted");
    let wrong = packages.iter().filter(on);
    wrong
        .map(|package| format!("{}: bugs can be planted in it", package.name))
        .collect()
}

fn too_old(packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, least) in LEAST {
        let old = packages
            .iter()
            .filter(|package| package.name == *name && numbers(&package.version) < numbers(least));
        wrong.extend(old.map(|package| format!("{name} {}: wanted {least} or later", package.version)));
    }
    wrong
}

fn numbers(version: &str) -> Vec<u64> {
    let release = version.split(['-', '+']).next().unwrap_or(version);
    release
        .split('.')
        .map(|number| number.parse().expect("a version"))
        .collect()
}

fn doubled(packages: &[Package]) -> Vec<String> {
    let versions = |name: &str| {
        let same = packages.iter().filter(|package| package.name == name);
        same.map(|package| package.version.clone()).collect::<Vec<_>>()
    };
    let all = ONE_VERSION.iter().map(|name| (name, versions(name)));
    all.filter(|(_, versions)| versions.len() > 1)
        .map(|(name, versions)| format!("{name}: {}", versions.join(" and ")))
        .collect()
}

fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn packages_are_permitted_current_and_single() {
    let packages = packages(false);
    assert!(
        packages.iter().any(|package| package.name == "tonic"),
        "the build was read"
    );
    none(
        [wrong_licences, banned, too_old, doubled]
            .map(|check| check(&packages))
            .concat(),
    );
}

#[test]
fn no_bug_can_be_planted_in_what_others_build() {
    let packages = packages(true);
    let kernel = packages.iter().find(|package| package.name == "kernel");
    let kernel = kernel.expect("the build was read");
    none(planted(&packages));
    let with = Package {
        features: vec!["planted".into()],
        ..kernel.clone()
    };
    assert_eq!(planted(&[with]).len(), 1);
}

#[test]
fn packages_come_from_one_registry() {
    let locked = locked();
    assert!(
        locked.iter().any(|(name, _)| name == "tonic"),
        "the lock file was read"
    );
    none(foreign_sources(&locked));
}

fn package(name: &str, version: &str) -> Package {
    Package {
        name: name.into(),
        version: version.into(),
        licence: Some("MIT".into()),
        features: Vec::new(),
    }
}

#[test]
fn a_licence_expression_needs_one_of_each_or_and_all_of_each_and() {
    for good in [
        "MIT",
        "MIT OR GPL-3.0",
        "GPL-3.0 OR Apache-2.0 WITH LLVM-exception",
        "MIT/Apache-2.0",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
    ] {
        assert!(permitted(good), "{good}");
    }
    for bad in [
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR Apache-2.0) AND GPL-3.0",
        "MIT WITH Strange-exception",
        "(MIT",
        "MIT MIT",
        "MIT OR",
        "",
    ] {
        assert!(!permitted(bad), "{bad}");
    }
    let unlicensed = Package {
        licence: None,
        ..package("x", "1.0.0")
    };
    assert_eq!(wrong_licences(&[unlicensed, package("y", "1.0.0")]).len(), 1);
}

#[test]
fn another_source_is_found() {
    let locked = |source: Option<&str>| [("x".to_owned(), source.map(str::to_owned))];
    assert_eq!(
        foreign_sources(&locked(Some("git+https://example.org/x"))).len(),
        1
    );
    assert_eq!(foreign_sources(&locked(Some(REGISTRY))).len(), 0);
    assert_eq!(foreign_sources(&locked(None)).len(), 0);
}

#[test]
fn what_is_banned_or_too_old_or_doubled_is_found() {
    for name in BANNED {
        assert_eq!(banned(&[package(name, "1.0.0")]).len(), 1, "{name}");
    }
    for (name, feature) in BANNED_FEATURES {
        let with = Package {
            features: vec![(*feature).into()],
            ..package(name, "1.0.0")
        };
        assert_eq!(banned(&[with]).len(), 1, "{name} {feature}");
        assert_eq!(banned(&[package(name, "1.0.0")]).len(), 0, "{name}");
    }
    assert_eq!(too_old(&[package("h2", "0.4.17")]).len(), 1);
    assert_eq!(
        too_old(&[
            package("h2", "0.4.18"),
            package("h2", "0.4.100"),
            package("h2", "0.5.0")
        ])
        .len(),
        0
    );
    for name in ONE_VERSION {
        assert_eq!(
            doubled(&[package(name, "1.0.0"), package(name, "2.0.0")]).len(),
            1,
            "{name}"
        );
    }
    assert_eq!(
        doubled(&[
            package("tonic", "1.0.0"),
            package("syn", "1.0.0"),
            package("syn", "2.0.0")
        ])
        .len(),
        0
    );
}
