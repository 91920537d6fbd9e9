//! A small county, the built program on it, and a folder in which its year is over.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_zhibu");
const SHIPPED: &str = include_str!("../../data/county.csv");
/// One town of the shipped county, with its five villages.
const TOWN: &str = "610323111";
pub(crate) const ANY_PORT: &str = "127.0.0.1:0";

/// A folder with the county file in it.
pub(crate) fn small_county() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let above = ["code", "61", "6103", "610323", TOWN];
    let rows = SHIPPED.lines().filter(|row| {
        let mut cells = row.split(',');
        let (code, parent) = (cells.next().unwrap_or_default(), cells.nth(1).unwrap_or_default());
        above.contains(&code) || parent == TOWN
    });
    let rows: Vec<&str> = rows.collect();
    assert!(rows.len() > 8, "{rows:?}");
    fs::write(folder.path().join("county.csv"), rows.join("\n")).expect("written");
    folder
}

pub(crate) fn demo(folder: &Path, listen: &str, more: &[&str]) -> Command {
    let mut command = serving(folder, listen, more);
    command.args(["--exit", "--json"]);
    command
}

/// The same, which goes on serving behind its page.
pub(crate) fn serving(folder: &Path, listen: &str, more: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["demo", "--listen", listen, "--data"])
        .arg(folder.join("data"))
        .arg("--county")
        .arg(folder.join("county.csv"))
        .args(more)
        // The server of the tests is not durable, which a demo refuses otherwise.
        .env("ZHIBU_SHARED__DURABILITY", "test")
        .stdin(Stdio::null());
    command
}

/// The document on stdout; everything else went to stderr.
pub(crate) fn played(folder: &Path, listen: &str, more: &[&str]) -> Value {
    let output = demo(folder, listen, more).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{told}"))
}

/// A folder with the county file and the whole year in it, and what was printed at its end. It is played once and copied
/// for each test.
pub(crate) fn finished() -> (TempDir, Value) {
    static PLAYED: LazyLock<PathBuf> = LazyLock::new(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("finished");
        let _ = fs::remove_dir_all(&place);
        copied(small_county().path(), &place);
        let document = played(&place, ANY_PORT, &[]);
        fs::write(place.join("document.json"), document.to_string()).expect("written");
        place
    });
    let folder = tempfile::tempdir().expect("a folder");
    copied(&PLAYED, folder.path());
    let document = fs::read(folder.path().join("document.json")).expect("the document");
    (folder, serde_json::from_slice(&document).expect("json"))
}

/// A folder with its permissions: keys are refused where others may read them.
fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let (from, to) = entry
            .map(|one| (one.path(), to.join(one.file_name())))
            .expect("read");
        match from.is_dir() {
            true => copied(&from, &to),
            false => fs::copy(&from, &to).map(|_| ()).expect("copied"),
        }
    }
    let permissions = fs::metadata(from).expect("there").permissions();
    fs::set_permissions(to, permissions).expect("set");
}

pub(crate) fn free_port() -> String {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    free.expect("a free port").to_string()
}
