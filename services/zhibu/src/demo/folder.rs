//! What the driver itself keeps in the data folder: which demo it is, how far the clock has come, whether its year
//! is over, and the secret that nobody can work out.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use kernel::Instant;
use serde::{Deserialize, Serialize};

use super::error::DemoError;

const FILE: &str = "demo.json";
const PART: &str = "demo.json.part";
/// The form of the file; a folder of a newer one is left alone.
const VERSION: u32 = 1;

/// Which demo lies in a folder, and its business time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    version: u32,
    county: String,
    seed: u64,
    now: Instant,
    /// Of the draw: random, so that the seeds are known to nobody before the quota runs (X14).
    secret: String,
    /// Where the services keep their data: `sqlite` or `postgres`; not said by earlier versions.
    #[serde(default)]
    store: String,
    /// The last stage of the year is done: from then on the data are those of whoever uses the suite.
    #[serde(default)]
    over: bool,
}

/// The driver's part of the data folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    state: State,
    new: bool,
}

impl Folder {
    /// The seed of the demo that lies in the folder, if one does and can be read.
    #[must_use]
    pub fn seed_in(root: &Path) -> Option<u64> {
        let path = root.join(FILE);
        let bytes = fs::read(&path).ok()?;
        read(&path, &bytes).ok().map(|state| state.seed)
    }

    /// Looks into the folder for a county and a seed, and changes nothing yet: it may be somebody else's. `start`
    /// is the time at which a new demo begins.
    pub fn open(root: &Path, county: &str, seed: u64, start: Instant) -> Result<Self, DemoError> {
        let path = root.join(FILE);
        if root.exists() && !root.is_dir() {
            return Err(DemoError::NotAFolder(root.to_owned()));
        }
        let (state, new) = match fs::read(&path) {
            Ok(bytes) => (read(&path, &bytes)?, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (
                State {
                    version: VERSION,
                    county: county.to_owned(),
                    seed,
                    now: start,
                    secret: secret().map_err(|what| DemoError::Folder(path.clone(), what))?,
                    store: String::new(),
                    over: false,
                },
                true,
            ),
            Err(error) => return Err(DemoError::Folder(path, error.to_string())),
        };
        if state.version > VERSION {
            return Err(DemoError::Folder(
                path,
                format!("格式 {} 来自更新的版本，须用新版程序打开", state.version),
            ));
        }
        if (state.county.as_str(), state.seed) != (county, seed) {
            let what = format!("{}，--seed {}", state.county, state.seed);
            return Err(DemoError::OtherDemo(root.to_owned(), what));
        }
        Ok(Self {
            root: root.to_owned(),
            state,
            new,
        })
    }

    /// That the services keep their data in `store`, and where that is files, in these. Refuses another one than the
    /// demo was begun with, and a file that is no more: made anew it would be empty.
    pub fn lies_in(&mut self, store: &str, files: &[PathBuf]) -> Result<(), DemoError> {
        if self.new || self.state.store.is_empty() {
            store.clone_into(&mut self.state.store);
        }
        if self.state.store != store {
            let what = format!("数据存在 {}", self.state.store);
            return Err(DemoError::OtherStore(self.root.clone(), what));
        }
        // Written when all of them were made.
        match files.iter().find(|file| !self.new && !file.exists()) {
            Some(file) => Err(DemoError::FileGone(file.clone())),
            None => Ok(()),
        }
    }

    /// Whether no demo was begun here before this start.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.new
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The business time that was reached.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.state.now
    }

    /// Makes a new business time durable.
    pub fn remember(&mut self, now: Instant) -> Result<(), DemoError> {
        self.state.now = now;
        self.write()
    }

    /// Whether the year is over: nothing of it is done again.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state.over
    }

    /// Makes durable that the last stage is done.
    pub fn close_year(&mut self) -> Result<(), DemoError> {
        self.state.over = true;
        self.write()
    }

    /// The seed of a draw: the commitment to it is published when the cycle opens, the seed itself when the quota runs.
    #[must_use]
    pub fn draw_seed(&self, draw: &str) -> String {
        hex::encode(seal::sm3(format!("{}/{draw}", self.state.secret).as_bytes()))
    }

    /// Written beside, made durable, moved into place: a kill leaves the old file or the new one.
    fn write(&self) -> Result<(), DemoError> {
        let (part, path) = (self.root.join(PART), self.root.join(FILE));
        let written = || {
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&part)?;
            file.write_all(&serde_json::to_vec(&self.state)?)?;
            file.sync_all()?;
            fs::rename(&part, &path)?;
            fs::File::open(&self.root)?.sync_all()
        };
        written().map_err(|error: io::Error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DemoError::Full(self.root.clone()),
            _ => DemoError::Folder(path.clone(), error.to_string()),
        })
    }
}

fn read(path: &Path, bytes: &[u8]) -> Result<State, DemoError> {
    serde_json::from_slice(bytes)
        .map_err(|error| DemoError::Folder(path.to_owned(), format!("不是演示的记录：{error}")))
}

/// 256 bits that nobody knows.
fn secret() -> Result<String, String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Instant {
        "2025-01-01T00:00:00Z".parse().expect("instant")
    }

    #[test]
    fn a_folder_goes_on_where_it_stopped() {
        let root = std::env::temp_dir().join(format!("zhibu-folder-{}", std::process::id()));
        fs::create_dir_all(&root).expect("made");
        let later: Instant = "2025-06-30T12:00:00Z".parse().expect("instant");
        let mut folder = Folder::open(&root, "610323", 1, start()).expect("new");
        assert_eq!((folder.now(), folder.is_over()), (start(), false));
        assert_eq!(Folder::seed_in(&root), None);
        folder.remember(later).expect("kept");
        assert_eq!(Folder::seed_in(&root), Some(1));
        let mut again = Folder::open(&root, "610323", 1, start()).expect("again");
        assert_eq!((again.now(), again.is_over()), (later, false));
        again.close_year().expect("kept");
        assert!(
            Folder::open(&root, "610323", 1, start())
                .expect("again")
                .is_over()
        );
        let other = Folder::open(&root, "610323", 2, start()).expect_err("another seed");
        assert!(matches!(other, DemoError::OtherDemo(..)), "{other}");
        let newer = br#"{"version":9,"county":"610323","seed":1,"now":"2025-01-01T00:00:00Z","secret":"s"}"#;
        fs::write(root.join(FILE), newer).expect("written");
        let refused = Folder::open(&root, "610323", 1, start())
            .expect_err("newer")
            .to_string();
        assert!(
            refused.contains("更新的版本") && !refused.contains('\n'),
            "{refused}"
        );
        fs::remove_dir_all(&root).expect("removed");
    }

    #[test]
    fn a_folder_whose_data_are_elsewhere_or_gone_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let file = root.path().join("member.sqlite");
        let files = std::slice::from_ref(&file);
        let open = || Folder::open(root.path(), "610323", 1, start()).expect("opened");
        let mut folder = open();
        folder.lies_in("sqlite", files).expect("new: it is made yet");
        folder.remember(start()).expect("kept");
        let gone = open().lies_in("sqlite", files).expect_err("gone");
        assert!(gone.to_string().contains("member.sqlite"), "{gone}");
        fs::write(&file, "").expect("written");
        open().lies_in("sqlite", files).expect("there");
        let other = open().lies_in("postgres", &[]).expect_err("elsewhere");
        assert!(other.to_string().contains("数据存在 sqlite"), "{other}");
    }

    #[test]
    fn the_seed_of_a_draw_stays_and_cannot_be_worked_out_from_what_the_demo_is_asked_for() {
        let roots = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let seeds = roots.each_ref().map(|root| {
            let mut folder = Folder::open(root.path(), "610323", 1, start()).expect("new");
            folder.remember(start()).expect("kept");
            let again = Folder::open(root.path(), "610323", 1, start()).expect("again");
            assert_eq!(
                folder.draw_seed("0"),
                again.draw_seed("0"),
                "committed to, then revealed (X14)"
            );
            assert_ne!(folder.draw_seed("0"), folder.draw_seed("1"));
            folder.draw_seed("0")
        });
        assert_ne!(seeds[0], seeds[1], "the same county and --seed");
    }
}
