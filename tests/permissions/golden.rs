//! The policies of the contract, as the enforcing table reads them, are those of `tests/rights.csv`, which a person
//! wrote and a person can judge.

use std::collections::{BTreeMap, BTreeSet};

use access::{Policy, Scope, Table};

const FILE: &str = include_str!("../rights.csv");

/// The line of a method as its policy has it; one without a policy has a line that no file can hold.
fn line(path: &str, policy: Option<&Policy>) -> String {
    let Some(policy) = policy else {
        return format!("{path},NO POLICY,,,");
    };
    let (scope, against) = match &policy.scope {
        Scope::Organization(field) => ("organization", field.clone()),
        Scope::Rows => ("rows", String::new()),
        Scope::Case => ("case", String::new()),
        Scope::Own => ("self", String::new()),
        Scope::Public => ("public", String::new()),
        Scope::System(from) => ("system", from.join(" ")),
    };
    let who: Vec<String> = policy.who.iter().map(ToString::to_string).collect();
    let needs = [(policy.purpose, "purpose"), (policy.step_up, "second_factor")];
    let needs: Vec<&str> = needs
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, need)| need)
        .collect();
    format!("{path},{scope},{against},{},{}", who.join(" "), needs.join(" "))
}

/// The lines of every method that the descriptors have, by path.
fn contract() -> BTreeMap<String, String> {
    let services = proto::DESCRIPTORS.services();
    let ours = services.filter(|service| service.full_name().starts_with("zhibu."));
    let methods = ours.flat_map(|service| service.methods().collect::<Vec<_>>());
    let paths = methods.map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()));
    paths
        .map(|path| (path.clone(), line(&path, Table::of_suite().of_path(&path))))
        .collect()
}

/// What the file and the contract say differently, each with what to do.
fn differences(file: &str, contract: &BTreeMap<String, String>) -> Vec<String> {
    let mut written = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in file.lines().skip(1) {
        let path = line.split(',').next().unwrap_or_default();
        if written.insert(path.to_owned(), line.to_owned()).is_some() {
            wrong.push(format!("{path} has two lines: keep one"));
        }
    }
    let paths: BTreeSet<&String> = written.keys().chain(contract.keys()).collect();
    for path in paths {
        match (written.get(path), contract.get(path)) {
            (Some(file), Some(contract)) if file == contract => {}
            (Some(file), Some(contract)) => wrong.push(format!(
                "{path} has changed; let a person judge the right, then put the second line in place of the first:\n  {file}\n  {contract}"
            )),
            (None, Some(contract)) => wrong.push(format!(
                "{path} is new; let a person judge the right, then add the line:\n  {contract}"
            )),
            (_, None) => wrong.push(format!("{path} is not in the contract any more: take its line out")),
        }
    }
    wrong
}

#[test]
fn the_policies_of_the_contract_are_those_of_the_file() {
    let wrong = differences(FILE, &contract());
    assert!(wrong.is_empty(), "tests/rights.csv:\n{}\n", wrong.join("\n"));
}

#[test]
fn a_method_that_is_new_changed_gone_or_without_a_policy_is_named_with_what_to_do() {
    let contract = contract();
    let (path, first) = contract.iter().next().expect("a method");
    let without: String = FILE
        .lines()
        .filter(|line| line != first)
        .map(|line| format!("{line}\n"))
        .collect();
    let changed = FILE.replace(first, &first.replace("org_dept@own", "clerk@own"));
    let twice = format!("{FILE}{first}\n");
    let more = format!("{FILE}/zhibu.none.v1.NoService/No,rows,,clerk@own,\n");
    for (file, what) in [
        (without, "is new"),
        (changed, "has changed"),
        (twice, "two lines"),
        (more, "not in the contract"),
    ] {
        let wrong = differences(&file, &contract);
        assert_eq!(wrong.len(), 1, "{what}: {wrong:?}");
        assert!(wrong[0].contains(what), "{what}: {wrong:?}");
    }
    let mut bare = contract.clone();
    bare.insert(path.clone(), line(path, None));
    let wrong = differences(FILE, &bare);
    assert!(wrong.iter().any(|one| one.contains("NO POLICY")), "{wrong:?}");
}
