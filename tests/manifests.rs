//! The manifests render, and hold what no tool checks: references, ports, selectors, the restricted profile,
//! probes, and a policy graph that equals the call graph. Seeded mistakes show that each check bites.

use std::{collections::BTreeSet, path::Path, process::Command};

use serde::Deserialize;
use serde_norway::Value;

#[path = "manifests/keys.rs"]
mod keys;

/// The call graph of architecture.md part 3, feeds included: who may open a connection to whom.
const EDGES: [(&str, &[&str]); 6] = [
    (
        "gateway",
        &["activity", "member", "organization", "rating", "resource"],
    ),
    ("rating", &["activity", "member", "organization", "resource"]),
    ("activity", &["member", "organization"]),
    ("organization", &["activity", "member"]),
    ("member", &["organization"]),
    ("resource", &["organization"]),
];

fn render(overlay: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../k8s/overlays")
        .join(overlay);
    // The shell resolves the variable that tests/run sets, without this program reading its environment.
    let output = Command::new("sh")
        .args(["-c", "exec ${ZHIBU_KUBECTL:-kubectl} \"$@\"", "sh"])
        .arg("kustomize")
        .arg(&folder)
        .output()
        .expect("kubectl is installed by tests/run");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    parse(&String::from_utf8(output.stdout).expect("text"))
}

fn parse(text: &str) -> Vec<Value> {
    serde_norway::Deserializer::from_str(text)
        .map(|one| Value::deserialize(one).expect("an object"))
        .collect()
}

fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .fold(value, |value, key| match key.parse::<usize>() {
            Ok(index) => value.get(index).unwrap_or(&Value::Null),
            Err(_) => value.get(key).unwrap_or(&Value::Null),
        })
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).as_sequence().map_or(&[], Vec::as_slice)
}

fn place(object: &Value) -> String {
    format!("{}/{}", text(object, "kind"), text(object, "metadata.name"))
}

fn of<'a>(all: &'a [Value], kinds: &'a [&str]) -> impl Iterator<Item = &'a Value> {
    all.iter()
        .filter(move |object| kinds.contains(&text(object, "kind")))
}

const WORKLOADS: [&str; 3] = ["Deployment", "StatefulSet", "Job"];

/// Everything that is wrong, each with its place.
fn problems(all: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    for workload in of(all, &WORKLOADS) {
        let mut say = |what: String| found.push(format!("{}: {what}", place(workload)));
        restricted(workload, &mut say);
        references(workload, all, &mut say);
        keys::check(workload, &mut say);
        if text(workload, "kind") == "Deployment" {
            serving(workload, &mut say);
        }
    }
    for service in of(all, &["Service"]) {
        if let Some(what) = service_problem(service, all) {
            found.push(format!("{}: {what}", place(service)));
        }
    }
    for policy in of(all, &["PodDisruptionBudget"]) {
        let app = text(policy, "spec.selector.matchLabels.app");
        if !of(all, &WORKLOADS).any(|w| text(w, "spec.template.metadata.labels.app") == app) {
            found.push(format!("{}: selects no workload", place(policy)));
        }
    }
    found
}

fn restricted(workload: &Value, say: &mut dyn FnMut(String)) {
    let pod = at(workload, "spec.template.spec");
    let labels = at(workload, "spec.template.metadata.labels");
    let selector = at(workload, "spec.selector.matchLabels");
    if !selector.is_null() && selector != labels {
        say("the selector is not the template's labels".into());
    }
    for (path, wanted) in [
        ("securityContext.runAsNonRoot", true),
        ("automountServiceAccountToken", false),
    ] {
        if at(pod, path).as_bool() != Some(wanted) {
            say(format!("{path} is not {wanted}"));
        }
    }
    if text(pod, "securityContext.seccompProfile.type") != "RuntimeDefault" {
        say("no seccomp profile".into());
    }
    for volume in list(pod, "volumes") {
        if !volume.get("hostPath").unwrap_or(&Value::Null).is_null() {
            say("a host path".into());
        }
    }
    for container in list(pod, "containers") {
        let security = at(container, "securityContext");
        let drops = list(security, "capabilities.drop")
            .iter()
            .any(|v| v.as_str() == Some("ALL"));
        let closed = at(security, "allowPrivilegeEscalation").as_bool() == Some(false);
        let read_only = at(security, "readOnlyRootFilesystem").as_bool() == Some(true);
        if !drops || !closed || !read_only || at(security, "privileged").as_bool() == Some(true) {
            say("a container is not restricted".into());
        }
        if text(container, "resources.limits.memory").is_empty()
            || text(container, "resources.requests.cpu").is_empty()
        {
            say("no memory limit or no CPU request".into());
        }
        if mebibytes(text(container, "resources.requests.memory"))
            > mebibytes(text(container, "resources.limits.memory"))
        {
            say("requests more memory than its limit".into());
        }
        if text(container, "image").ends_with(":latest") || !text(container, "image").contains(':') {
            say(format!(
                "image {:?} has no tag of its own",
                text(container, "image")
            ));
        }
    }
}

fn mebibytes(quantity: &str) -> u64 {
    let (number, unit) = quantity.split_at(
        quantity
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(quantity.len()),
    );
    number.parse::<u64>().unwrap_or(0) * if unit == "Gi" { 1024 } else { 1 }
}

/// Every configuration, secret and claim exists, but for the key folder, which is made by hand.
fn references(workload: &Value, all: &[Value], say: &mut dyn FnMut(String)) {
    let pod = at(workload, "spec.template.spec");
    let has = |kind: &str, name: &str| of(all, &[kind]).any(|object| text(object, "metadata.name") == name);
    let account = text(pod, "serviceAccountName");
    if !account.is_empty() && !has("ServiceAccount", account) {
        say(format!("service account {account:?} does not exist"));
    }
    let mounts: BTreeSet<&str> = list(pod, "containers")
        .iter()
        .flat_map(|c| list(c, "volumeMounts"))
        .map(|m| text(m, "name"))
        .collect();
    let claims = list(workload, "spec.volumeClaimTemplates")
        .iter()
        .map(|c| text(c, "metadata.name"));
    let volumes: BTreeSet<&str> = list(pod, "volumes")
        .iter()
        .map(|v| text(v, "name"))
        .chain(claims)
        .collect();
    if let Some(missing) = mounts.difference(&volumes).next() {
        say(format!("mounts {missing:?}, which is no volume"));
    }
    for container in list(pod, "containers") {
        for from in list(container, "envFrom") {
            let name = text(from, "configMapRef.name");
            if !has("ConfigMap", name) {
                say(format!("config map {name:?} does not exist"));
            }
        }
        for variable in list(container, "env") {
            let name = text(variable, "valueFrom.secretKeyRef.name");
            if !name.is_empty() && !has("Secret", name) {
                say(format!("secret {name:?} does not exist"));
            }
        }
    }
}

/// What every Deployment has: probes, a quiet end, no pod taken away before another is ready.
fn serving(workload: &Value, say: &mut dyn FnMut(String)) {
    let pod = at(workload, "spec.template.spec");
    let container = at(pod, "containers.0");
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        let port = at(container, &format!("{probe}.grpc.port")).as_u64();
        let known = list(container, "ports")
            .iter()
            .any(|p| at(p, "containerPort").as_u64() == port);
        if port.is_none() || !known {
            say(format!("{probe} asks no port of the container"));
        }
    }
    if !text(container, "livenessProbe.grpc.service").is_empty() {
        say("liveness must not name a service: it would restart for a slow database".into());
    }
    let stop = at(container, "lifecycle.preStop.sleep.seconds")
        .as_u64()
        .unwrap_or(0);
    let grace = at(pod, "terminationGracePeriodSeconds").as_u64().unwrap_or(30);
    if stop < 5 || stop + 25 > grace {
        say(format!(
            "preStop {stop} s and a drain of 25 s do not fit into a grace of {grace} s"
        ));
    }
    if at(workload, "spec.strategy.rollingUpdate.maxUnavailable").as_u64() != Some(0) {
        say("a rolling update may take a pod away".into());
    }
}

fn service_problem(service: &Value, all: &[Value]) -> Option<String> {
    let app = text(service, "spec.selector.app");
    let target = of(all, &WORKLOADS).find(|w| text(w, "spec.template.metadata.labels.app") == app);
    let Some(target) = target else {
        return Some("selects no workload".into());
    };
    let containers = list(target, "spec.template.spec.containers");
    let names: BTreeSet<&str> = containers
        .iter()
        .flat_map(|c| list(c, "ports"))
        .map(|p| text(p, "name"))
        .collect();
    let wrong = list(service, "spec.ports")
        .iter()
        .map(|p| text(p, "targetPort"))
        .find(|port| !names.contains(port));
    wrong.map(|port| format!("target port {port:?} is no port of {app}"))
}

/// Who may reach whom by the policies: a pair needs both the caller's and the callee's policy.
fn open_pairs(all: &[Value]) -> BTreeSet<(String, String)> {
    let apps = |value: &Value| -> Vec<String> {
        let named = text(value, "matchLabels.app");
        let listed = list(value, "matchExpressions")
            .iter()
            .flat_map(|e| list(e, "values"));
        let mut apps: Vec<String> = listed.filter_map(|v| v.as_str().map(str::to_owned)).collect();
        if !named.is_empty() {
            apps.push(named.to_owned());
        }
        apps
    };
    let (mut out, mut into) = (BTreeSet::new(), BTreeSet::new());
    for policy in of(all, &["NetworkPolicy"]) {
        for own in apps(at(policy, "spec.podSelector")) {
            for rule in list(policy, "spec.egress")
                .iter()
                .flat_map(|rule| list(rule, "to"))
            {
                out.extend(
                    apps(at(rule, "podSelector"))
                        .into_iter()
                        .map(|other| (own.clone(), other)),
                );
            }
            for rule in list(policy, "spec.ingress")
                .iter()
                .flat_map(|rule| list(rule, "from"))
            {
                into.extend(
                    apps(at(rule, "podSelector"))
                        .into_iter()
                        .map(|other| (other, own.clone())),
                );
            }
        }
    }
    out.intersection(&into).cloned().collect()
}

#[test]
fn the_dev_overlay_renders_without_a_problem() {
    let all = render("dev");
    assert!(of(&all, &["Deployment"]).count() == 6, "six services");
    assert_eq!(problems(&all), Vec::<String>::new());
}

#[test]
fn the_policies_open_exactly_the_edges_of_the_call_graph() {
    let all = render("dev");
    let services: BTreeSet<&str> = EDGES.iter().map(|(from, _)| *from).collect();
    let open: BTreeSet<(String, String)> = open_pairs(&all)
        .into_iter()
        .filter(|(from, to)| services.contains(from.as_str()) && services.contains(to.as_str()))
        .collect();
    let wanted = EDGES
        .iter()
        .flat_map(|(from, to)| to.iter().map(|to| ((*from).to_owned(), (*to).to_owned())));
    assert_eq!(open, wanted.collect());
    assert!(of(&all, &["NetworkPolicy"]).any(|p| text(p, "metadata.name") == "default-deny"));
}

#[test]
fn only_who_has_a_database_reaches_it() {
    let all = render("dev");
    let with_database = |workload: &&Value| {
        list(workload, "spec.template.spec.containers.0.env")
            .iter()
            .any(|variable| text(variable, "name").ends_with("__DATABASE__URL"))
    };
    let wanted: BTreeSet<String> = of(&all, &["Deployment", "Job"])
        .filter(with_database)
        .map(|workload| text(workload, "spec.template.metadata.labels.app").to_owned())
        .collect();
    let open = open_pairs(&all)
        .into_iter()
        .filter(|(_, to)| to == "postgres")
        .map(|(from, _)| from);
    assert_eq!(open.collect::<BTreeSet<_>>(), wanted);
    let starts = of(&all, &["NetworkPolicy"])
        .find(|policy| text(policy, "metadata.name") == "services-to-state")
        .expect("the policy");
    let allowed: BTreeSet<String> = list(starts, "spec.podSelector.matchExpressions.0.values")
        .iter()
        .filter_map(|app| app.as_str().map(str::to_owned))
        .collect();
    assert_eq!(allowed, wanted, "the base closes the door by itself");
    assert_eq!(wanted.len(), 10, "five services and their migrations");
}

#[test]
fn each_seeded_mistake_is_named() {
    let whole = serde_norway::to_string(
        of(&render("dev"), &["Deployment"])
            .find(|d| text(d, "metadata.name") == "member")
            .expect("member"),
    )
    .expect("text");
    let surroundings: Vec<Value> = render("dev")
        .into_iter()
        .filter(|object| text(object, "kind") != "Deployment")
        .collect();
    let judge = |text: &str| {
        let mut all = parse(text);
        all.extend(
            surroundings
                .iter()
                .filter(|o| {
                    !matches!(
                        place(o).as_str(),
                        "Service/activity"
                            | "Service/gateway"
                            | "Service/organization"
                            | "Service/rating"
                            | "Service/resource"
                    )
                })
                .cloned(),
        );
        problems(&all)
            .into_iter()
            .filter(|p| p.contains("member"))
            .collect::<Vec<_>>()
    };
    assert_eq!(judge(&whole), Vec::<String>::new());
    for (from, to, what) in [
        ("runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot"),
        (
            "readOnlyRootFilesystem: true",
            "readOnlyRootFilesystem: false",
            "not restricted",
        ),
        (
            "allowPrivilegeEscalation: false",
            "allowPrivilegeEscalation: true",
            "not restricted",
        ),
        ("type: RuntimeDefault", "type: Unconfined", "seccomp"),
        ("memory: 256Mi", "memory: 64Mi", "more memory than its limit"),
        (":dev", ":latest", "tag"),
        (
            "serviceAccountName: member",
            "serviceAccountName: boss",
            "service account",
        ),
        ("name: member-database", "name: other-database", "secret"),
        ("maxUnavailable: 0", "maxUnavailable: 1", "take a pod away"),
        ("seconds: 5", "seconds: 39", "do not fit"),
        ("name: grpc", "name: http", "target port"),
        ("containerPort: 9090", "containerPort: 9091", "asks no port"),
        ("key: index.key", "key: sign-in.key", "does not use"),
        ("path: audit.key", "path: field-1.key", "does not see its key"),
        (
            "secretName: zhibu-keys",
            "secretName: other",
            "does not see its key",
        ),
    ] {
        let broken = whole.replacen(from, to, 1);
        assert_ne!(broken, whole, "{from} stands in it");
        let named = judge(&broken);
        assert!(
            named.iter().any(|problem| problem.contains(what)),
            "{what}: {named:?}"
        );
    }
}
