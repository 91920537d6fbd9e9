//! Starts that are refused, as whoever starts it sees them: one clear line that says where, why and what to do, a code
//! that is not 0, and nothing left behind.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_zhibu");
/// Nobody listens at port 1.
const NOBODY: &str = "127.0.0.1:1";
const SECURITY: &str = "01a21bed-e6a8-7100-9220-f731242d2bed";
const CLERK: &str = "01a21bed-e6a8-7100-9220-f731242d2bee";

fn demo(data: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command
        .args(["demo", "--exit", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(more)
        .env("ZHIBU_SHARED__DURABILITY", "test")
        .current_dir(data.parent().expect("a folder above"))
        .stdin(Stdio::null());
    command.output().expect("it runs")
}

/// The one line that says why, and the code; what was begun before is told in lines of its own.
#[track_caller]
fn told(output: &Output) -> (String, i32) {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = text.lines().filter(|line| !line.ends_with('…')).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert!(
        lines[0].starts_with("zhibu demo: ") && lines[0].contains('请'),
        "{text}"
    );
    let code = output.status.code().expect("it ends by itself");
    (lines[0].to_owned(), code)
}

#[test]
fn a_start_that_is_refused_says_where_why_and_what_to_do_and_leaves_nothing_behind() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("above").join("data");
    fs::create_dir(place.path().join("above")).expect("a folder above");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").to_string();
    let redis = format!("redis://:secret@{NOBODY}");
    let postgres = format!("postgres://somebody:secret@{NOBODY}/zhibu");
    for (more, words, code) in [
        (vec!["--redis", &redis], ["redis://127.0.0.1:1 ", "refused"], 69),
        (
            vec!["--redis", &redis, "--processes"],
            ["redis://127.0.0.1:1 ", "refused"],
            69,
        ),
        (
            vec!["--postgres", &postgres],
            ["postgres://127.0.0.1:1/zhibu ", "refused"],
            69,
        ),
        (
            vec!["--postgres", &postgres, "--processes"],
            ["postgres://127.0.0.1:1/zhibu ", "refused"],
            69,
        ),
        (
            vec!["--county", "nowhere.csv"],
            ["nowhere.csv", "No such file"],
            66,
        ),
    ] {
        let (line, found) = told(&demo(&data, &more));
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
        assert!(!line.contains("secret") && !line.contains("somebody"), "{line}");
        assert_eq!(found, code, "{line}");
        assert!(!data.exists(), "{line}");
    }
    for more in [&[][..], &["--processes"]] {
        let mut command = Command::new(PROGRAM);
        command
            .args(["demo", "--listen", &port, "--data"])
            .arg(&data)
            .args(more);
        let (line, code) = told(&command.stdin(Stdio::null()).output().expect("it runs"));
        assert!(line.contains(&port) && line.contains("端口已被占用"), "{line}");
        assert_eq!((code, data.exists()), (69, false), "{line}");
    }
}

#[test]
fn a_folder_that_cannot_be_used_is_told_and_what_lies_in_it_stays() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("data");
    fs::create_dir(&data).expect("made");
    fs::write(data.join("form"), "9\n").expect("written");
    let (line, code) = told(&demo(&data, &[]));
    assert!(line.contains("由更新版本的程序写成") && code == 78, "{line}");
    assert_eq!(fs::read_to_string(data.join("form")).expect("there"), "9\n");
    fs::write(data.join("form"), "1\n").expect("written");

    fs::write(
        data.join("member.sqlite"),
        "no database at all, but somebody's ".repeat(40),
    )
    .expect("written");
    let (line, code) = told(&demo(&data, &[]));
    assert!(line.contains("member.sqlite") && code == 69, "{line}");
    assert!(data.join("member.sqlite").exists());

    let file = place.path().join("file");
    fs::write(&file, "x").expect("written");
    let (line, code) = told(&demo(&file, &[]));
    assert!(
        line.contains(&format!("--data {} 不是目录", file.display())) && code == 74,
        "{line}"
    );
}

#[test]
fn wrong_settings_are_told_all_at_once_with_their_place() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("data");
    fs::write(
        place.path().join("zhibu.toml"),
        "[shared]\nworkers = \"many\"\n[member]\nlisten = 3\n",
    )
    .expect("written");
    let output = demo(&data, &[]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(text.contains("设置有 2 处错误"), "{text}");
    for place in ["shared.workers（zhibu.toml）", "member.listen（zhibu.toml）"] {
        assert!(text.contains(place), "{text}");
    }
    assert!(!data.exists());
}

#[test]
fn an_import_without_rows_says_so_and_one_without_a_gateway_where_it_looked_and_why_nobody_answered() {
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("rows.jsonl");
    let api = format!("http://{NOBODY}");
    let nobody = "01a21bed-e6a8-7100-9220-f731242d2bed";
    let import = |rows: &str| {
        fs::write(&file, rows).expect("written");
        let output = Command::new(PROGRAM)
            .args(["import", "members"])
            .arg(&file)
            .args(["--organization", nobody, "--token", "t", "--api", &api])
            .output()
            .expect("it runs");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (output.status.code(), text.lines().count()),
            (Some(1), 1),
            "{text}"
        );
        text
    };
    let text = import("{}");
    assert!(text.contains(&api) && text.contains("refused"), "{text}");
    let nothing = import("\n\n");
    assert!(
        nothing.contains("没有数据行") && !nothing.contains(&api),
        "{nothing}"
    );
}

#[test]
fn a_suite_of_ones_own_begins_with_its_root_which_is_founded_once() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("data");
    let run = |line: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(line).arg("--data").arg(&data);
        let output = command.stdin(Stdio::null()).output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    assert_eq!(run(&["keys"]).0, Some(0));
    let port = || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    // With no more keys than its pod has.
    let manifest = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../k8s/base/organization/organization.yaml"
    );
    let manifest = fs::read_to_string(manifest).expect("the manifest");
    let own = place.path().join("own");
    fs::create_dir(&own).expect("a folder");
    let items = manifest
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- { key: "));
    for file in items.filter_map(|item| item.split(',').next()) {
        fs::copy(data.join("keys").join(file), own.join(file)).expect(file);
    }
    let (listen, admin) = (port(), port());
    let api = format!("http://{listen}");
    let found = |security: &str, value: &str| {
        let external = format!("division:{value}");
        run(&[
            "found",
            "--name",
            "某县委",
            "--level",
            "county",
            "--founded-on",
            "1949-10-01",
            "--external-id",
            &external,
            "--security",
            security,
            "--org-dept",
            CLERK,
            "--api",
            &api,
        ])
    };
    let (code, _, why) = found(SECURITY, "610399");
    assert!(
        code == Some(1) && why.lines().count() == 1 && why.contains(&api) && why.contains("--api"),
        "{why}"
    );

    // As in a cluster: the migration first.
    let organization = |command: &str| {
        let mut line = Command::new(PROGRAM);
        line.args([command, "organization"])
            .env("ZHIBU_SHARED__DATA", place.path().join("organization"))
            .env("ZHIBU_SHARED__KEYS", &own)
            .env("ZHIBU_SHARED__DURABILITY", "test")
            .env("ZHIBU_SHARED__LOG__LEVEL", "error")
            .env("ZHIBU_ORGANIZATION__LISTEN", &listen)
            .env("ZHIBU_ORGANIZATION__ADMIN_LISTEN", &admin)
            .current_dir(place.path())
            .stdin(Stdio::null());
        line
    };
    assert!(organization("migrate").status().expect("it runs").success());
    let mut service = organization("serve").spawn().expect("it runs");
    let until = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(&listen).is_err() {
        assert!(service.try_wait().expect("a child").is_none() && Instant::now() < until);
        std::thread::yield_now();
    }
    let (code, _, why) = found(CLERK, "610399");
    assert!(
        code == Some(1) && why.contains("ADMINISTRATORS_NOT_SEPARATE"),
        "{why}"
    );
    let (code, root, why) = found(SECURITY, "610399");
    assert!(code == Some(0) && root.len() == 36, "{why}");
    assert_eq!(
        found(SECURITY, "610399"),
        (Some(0), root, String::new()),
        "again the same"
    );
    let (code, _, why) = found(SECURITY, "610398");
    assert!(code == Some(1) && why.contains("ROOT_EXISTS"), "{why}");
    service.kill().expect("killed");
    service.wait().expect("ended");
}

#[test]
fn a_migration_makes_the_folder_of_its_database_and_keeps_others_out_of_it_meanwhile() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("data");
    let migrate = |service: &str| {
        let mut command = Command::new(PROGRAM);
        command
            .args(["migrate", service])
            .env("ZHIBU_SHARED__DATA", &data);
        let output = command
            .current_dir(place.path())
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        )
    };
    assert_eq!(
        migrate("gateway"),
        (Some(0), "gateway 没有数据库，无须升级。".to_owned())
    );
    assert!(!data.exists());
    for _ in 0..2 {
        assert_eq!(
            migrate("member"),
            (Some(0), "member 的数据库现为本程序的结构。".to_owned())
        );
        assert!(data.join("member.sqlite").exists());
    }
    let held = fs::File::options()
        .write(true)
        .open(data.join("lock"))
        .expect("the lock");
    held.lock().expect("taken");
    let (code, why) = migrate("member");
    assert!(code == Some(75) && why.contains("正由进程"), "{why}");
}
