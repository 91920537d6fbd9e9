//! Who sees which keys.

use std::collections::BTreeSet;

use serde_norway::Value;

use super::{EDGES, list, text};

/// The secret that `zhibu keys` fills, made by hand.
const KEYS: &str = "zhibu-keys";

/// The keys of a service, and no others: whoever takes one pod over cannot sign for another, and a field key lies
/// where fields are sealed. The public keys of all services are everywhere.
fn keys_of(service: &str) -> BTreeSet<String> {
    let own: &[&str] = match service {
        "gateway" => &["sign-in.key"],
        "member" => &["audit.key", "field-1.key", "index.key"],
        // `zhibu found` signs in its own name, and calls organization alone.
        "organization" => &["audit.key", "verify-zhibu.pem"],
        _ => &["audit.key"],
    };
    let public = EDGES.iter().map(|(name, _)| format!("verify-{name}.pem"));
    own.iter()
        .map(|&name| name.to_owned())
        .chain(["token.key".to_owned(), format!("sign-{service}.pem")])
        .chain(public)
        .collect()
}

/// A service sees its own keys alone, under their own names; nothing else sees any.
pub(super) fn check(workload: &Value, say: &mut dyn FnMut(String)) {
    let items = list(workload, "spec.template.spec.volumes")
        .iter()
        .filter(|volume| text(volume, "secret.secretName") == KEYS)
        .flat_map(|volume| match list(volume, "secret.items") {
            [] => vec!["all".to_owned()],
            items => items.iter().map(named).collect(),
        });
    let mounted: BTreeSet<String> = items.collect();
    let wanted = match text(workload, "kind") {
        "Deployment" => keys_of(text(workload, "metadata.name")),
        _ => BTreeSet::new(),
    };
    for key in mounted.difference(&wanted) {
        say(format!("sees the key {key:?}, which it does not use"));
    }
    for key in wanted.difference(&mounted) {
        say(format!("does not see its key {key:?}"));
    }
}

fn named(item: &Value) -> String {
    match (text(item, "key"), text(item, "path")) {
        (key, path) if key == path => key.to_owned(),
        (key, path) => format!("{key} as {path}"),
    }
}
