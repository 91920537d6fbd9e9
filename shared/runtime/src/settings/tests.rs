use std::time::Duration;

use super::*;

const OWN: &str = "# Days looked back.\nlookback_days = 30\n\n[database]\npool = 4\n";

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Settings, Problems> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("zhibu.toml");
    fs::write(&path, file).expect("file");
    let environment = environment
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    Settings::load(Some(&path), &[("member", OWN), ("gateway", "")], environment)
}

#[test]
fn the_environment_stands_over_the_file_and_the_file_over_the_defaults() {
    let file = "[shared]\ndata = \"/a\"\n[member.database]\npool = 7\n[member.limits]\nqueue = 3\n";
    let url = ("ZHIBU_MEMBER__DATABASE__URL", "postgres://u:secret@h/d");
    let peers = ("ZHIBU_MEMBER__PEERS__RATING", "http://a:1, http://b:2");
    let settings = load(file, &[url, peers, ("ZHIBU_MEMBER__LIMITS__QUEUE", "9")]).expect("settings");
    let member = settings.service("member").expect("member");
    assert_eq!((member.database.pool, member.admitted.queue), (7, 9));
    assert_eq!(member.database.url, "postgres://u:secret@h/d");
    assert_eq!(member.peers["rating"].len(), 2);
    assert!(
        !format!("{member:?}").contains("secret"),
        "a password is not shown"
    );
    let gateway = settings.service("gateway").expect("gateway");
    assert_eq!(gateway.database.url, "sqlite:///a/gateway.sqlite?mode=rwc");
    assert_eq!(settings.shared.keys, Path::new("/a/keys"));
}

#[test]
fn all_problems_are_named_at_once_with_key_and_source() {
    let file = "[shared]\nclok = \"driven\"\nclock = \"fast\"\ndrain_seconds = \"long\"\n\
                [shared.log]\nlevel = \"wran\"\n\
                [member]\nlisten = \"nowhere\"\n[member.database]\npool = 100000\nurl = \"mysql://u:secret@h\"\n\
                [member.peers]\nrating = [1]\n[ratin]\nx = 1\n";
    let environment = [("ZHIBU_SHARED__WORKERS", "many"), ("ZHIBU_MEMBER__NO__SUCH", "1")];
    let problems = load(file, &environment).expect_err("problems");
    let named: Vec<&str> = problems.0.iter().map(|problem| problem.key.as_str()).collect();
    for key in [
        "shared.clok",
        "shared.clock",
        "shared.drain_seconds",
        "shared.workers",
        "shared.log.level",
        "member.listen",
        "member.database.pool",
        "member.database.url",
        "member.peers.rating",
        "member.no.such",
        "ratin.x",
    ] {
        assert!(named.contains(&key), "{key} is missing of {named:?}");
    }
    assert_eq!(named.len(), 11, "{problems}");
    let text = problems.to_string();
    assert!(
        text.contains("ZHIBU_SHARED__WORKERS") && text.contains("zhibu.toml"),
        "{text}"
    );
    assert!(!text.contains("secret"), "a password is not shown");
}

#[test]
fn a_service_reads_its_own_keys_and_names_those_out_of_range() {
    let settings = load("[member]\nlookback_days = 500\n", &[]).expect("settings");
    let member = settings.service("member").expect("member");
    let wide = member
        .own(|keys| keys.integer("lookback_days", 1..=1000))
        .expect("in range");
    assert_eq!(wide, 500);
    let problems = member
        .own(|keys| keys.integer("lookback_days", 1..=400))
        .expect_err("out of range");
    assert_eq!(problems.0[0].key, "member.lookback_days");
}

#[test]
fn a_file_that_was_named_must_be_there_and_one_that_is_broken_says_where() {
    let missing = Settings::load(Some(Path::new("/nowhere/zhibu.toml")), &[], []).expect_err("missing");
    assert!(missing.to_string().contains("/nowhere/zhibu.toml"));
    assert!(load("[shared\n", &[]).is_err());
}

#[test]
fn a_driven_clock_may_start_somewhere_and_a_system_clock_may_not() {
    let start = ("ZHIBU_SHARED__CLOCK_START", "2025-01-01T00:00:00Z");
    let driven = load("", &[("ZHIBU_SHARED__CLOCK", "driven"), start]).expect("settings");
    assert_eq!(driven.shared.business_clock().today().to_string(), "2025-01-01");
    assert_eq!(
        load("", &[start]).expect_err("problem").0[0].key,
        "shared.clock_start"
    );
}

#[test]
fn variables_that_are_no_settings_are_left_alone_and_rust_log_is_heard() {
    let variables = [("ZHIBU_TEST_POSTGRES", "x"), ("PATH", "y"), ("RUST_LOG", "error")];
    let settings = load("", &variables).expect("settings");
    assert_eq!(settings.shared.log.level, "error");
    assert_eq!(settings.shared.drain, Duration::from_secs(25));
}

#[test]
fn a_log_level_that_is_none_is_named_with_those_that_there_are() {
    for level in [
        "off",
        "warn",
        "INFO",
        "info,storage=debug",
        "storage=debug, error",
    ] {
        assert!(load("", &[("RUST_LOG", level)]).is_ok(), "{level}");
    }
    for level in ["wran", "storage", "info,wran", "storage=wran", "info,", " "] {
        let problems = load("", &[("RUST_LOG", level)]).expect_err(level);
        assert_eq!(problems.0[0].key, "shared.log.level");
        let text = problems.to_string();
        assert!(
            text.contains("RUST_LOG") && text.contains("off、error、warn、info、debug"),
            "{text}"
        );
    }
}

#[test]
fn a_file_that_is_no_toml_is_named_with_the_line() {
    let problems = load("[shared]\ndata = \"x\"\nworkers =\n", &[]).expect_err("refused");
    assert!(problems.to_string().contains("第 3 行"), "{problems}");
}

#[tokio::test]
async fn a_data_folder_may_have_any_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("支部 #1?x=%20");
    fs::create_dir(&data).expect("made");
    let settings = storage::Settings {
        url: sqlite_file(&data, "member"),
        schema: None,
        pool: 1,
        durability: storage::Durability::Test,
    };
    storage::migrate(&settings, "member", Vec::new())
        .await
        .expect("opened");
    let names: Vec<_> = fs::read_dir(&data)
        .expect("it is there")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert!(names.contains(&"member.sqlite".into()), "{names:?}");
}
