//! Starts on a folder of another start that cannot go on, and a suite of processes of which one dies: one clear line, and
//! nothing is made anew in silence.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Stdio,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use testkit::database::Database;

use crate::{
    county::{ANY_PORT, demo, finished, played, serving, small_county},
    numbers,
};

/// The one line of a start that is refused, and its code.
#[track_caller]
fn refused(folder: &Path, more: &[&str]) -> (String, i32) {
    let output = demo(folder, ANY_PORT, more).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let why: Vec<&str> = told
        .lines()
        .filter(|line| line.starts_with("zhibu demo: "))
        .collect();
    assert!(why.len() == 1 && why[0].contains('请'), "{told}");
    (
        why[0].to_owned(),
        output.status.code().expect("it ends by itself"),
    )
}

fn names(folder: &Path) -> BTreeSet<OsString> {
    let all = fs::read_dir(folder).expect("a folder");
    all.map(|one| one.expect("a file").file_name()).collect()
}

/// A key that its owner alone reads, of so many digits.
fn other_key(path: &Path, digits: usize) {
    fs::write(path, "7".repeat(digits)).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o400)).expect("its owner's");
}

#[test]
fn data_that_are_elsewhere_gone_or_sealed_with_other_keys_are_said_and_come_back_with_what_was_missing() {
    let (folder, before) = finished();
    let data = folder.path().join("data");
    let (line, code) = refused(folder.path(), &["--postgres", "postgres://127.0.0.1:1/zhibu"]);
    assert!(line.contains("数据存在 sqlite") && code == 78, "{line}");

    let lost = |name: &str| fs::rename(data.join(name), data.join("aside")).expect("moved away");
    let back = |name: &str| fs::rename(data.join("aside"), data.join(name)).expect("moved back");
    lost("activity.sqlite");
    let (line, code) = refused(folder.path(), &[]);
    assert!(line.contains("activity.sqlite 不见了") && code == 74, "{line}");
    assert!(!data.join("activity.sqlite").exists(), "none was made");
    back("activity.sqlite");

    lost("keys");
    let left = names(&data);
    for more in [&[][..], &["--processes"]] {
        let (line, code) = refused(folder.path(), more);
        assert!(line.contains("用另一个 audit.key 写成") && code == 69, "{line}");
        let now = names(&data);
        assert!(now.is_subset(&left), "nothing new is left: {now:?}");
    }
    back("keys");

    lost("keys/index.key");
    other_key(&data.join("keys/index.key"), 64);
    let (line, code) = refused(folder.path(), &[]);
    assert!(line.contains("用另一个 index.key 写成") && code == 69, "{line}");
    fs::remove_file(data.join("keys/index.key")).expect("away");
    back("keys/index.key");
    lost("keys/field-1.key");
    other_key(&data.join("keys/field-2.key"), 32);
    let (line, code) = refused(folder.path(), &[]);
    assert!(line.contains("用过 field-1.key") && code == 69, "{line}");
    fs::remove_file(data.join("keys/field-2.key")).expect("away");
    back("keys/field-1.key");

    lost("demo.json");
    let (line, code) = refused(folder.path(), &[]);
    assert!(line.contains("已有另一次演示") && code == 78, "{line}");
    back("demo.json");
    assert_eq!(numbers(&played(folder.path(), ANY_PORT, &[])), numbers(&before));
}

#[tokio::test]
async fn a_database_of_another_demo_is_refused_by_a_new_folder() {
    let url = Database::postgres().url().await;
    let began = small_county();
    let first = serving(began.path(), ANY_PORT, &["--postgres", &url])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    let mut first = first.expect("it starts");
    let said = BufReader::new(first.stderr.take().expect("its lines")).lines();
    let loading = said.map_while(Result::ok).any(|line| line.contains("期初数据"));
    first.kill().expect("killed");
    first.wait().expect("it ends");
    assert!(loading, "the root was founded");
    let new = small_county();
    let (line, code) = refused(new.path(), &["--postgres", &url]);
    assert!(line.contains("用另一个 audit.key 写成") && code == 69, "{line}");
}

#[test]
fn a_process_that_dies_ends_the_suite_with_its_name() {
    let (folder, _) = finished();
    let suite = serving(folder.path(), ANY_PORT, &["--processes"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut suite = suite.expect("it starts");
    let mut said = BufReader::new(suite.stderr.take().expect("its lines")).lines();
    let serves = said
        .by_ref()
        .map_while(Result::ok)
        .any(|line| line.contains("继续提供服务"));
    assert!(serves, "it serves");
    kill(child_of(suite.id(), "member"), Signal::SIGKILL).expect("killed");
    let rest: Vec<String> = said.map_while(Result::ok).collect();
    let code = suite.wait().expect("it ends").code();
    let last = rest.last().expect("it says why");
    assert!(
        last.contains("服务 member（") && last.contains("意外结束") && code == Some(1),
        "{rest:?}"
    );
}

/// The process of a service below another.
fn child_of(parent: u32, service: &str) -> Pid {
    let processes = fs::read_dir("/proc").expect("processes").filter_map(Result::ok);
    let mut found = processes.filter_map(|one| {
        let id: i32 = one.file_name().to_str()?.parse().ok()?;
        let line = fs::read_to_string(one.path().join("cmdline")).ok()?;
        let words: Vec<&str> = line.split('\0').collect();
        (words.contains(&service) && words.contains(&parent.to_string().as_str())).then_some(id)
    });
    Pid::from_raw(found.next().expect("its process"))
}
