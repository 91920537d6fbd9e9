//! The data folder: one process at a time, and clear words when it cannot be used.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use seal::{Keyring, SealError};

/// The form of what lies in the folder; a higher one is written by a newer version of the suite.
const FORM: u32 = 1;
/// What says who holds the folder.
const LOCK: &str = "lock";
/// The same and what says which form it has.
const MARKS: [&str; 3] = [LOCK, "form", "form.new"];
const KEYS: &str = "keys";
/// How long a process that was killed may still be seen in the folder.
const CLEARED_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process works in it.
    #[error("数据目录 {} 正由进程 {holder} 使用。请等它结束，或换一个目录（--data 或 shared.data）。", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The process that holds it, as it said itself.
        holder: String,
    },
    /// It may not be written.
    #[error("数据目录 {} 不可写（{source}）。请改正权限，或换一个目录（--data 或 shared.data）。", folder.display())]
    ReadOnly {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no room left.
    #[error("数据目录 {} 所在的磁盘已满（{source}）。请腾出空间后再启动。", folder.display())]
    Full {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A newer version of the suite has worked in it.
    #[error("数据目录 {} 由更新版本的程序写成（格式 {found}，本程序只认识到 {FORM}）。请用新版程序打开，或换一个目录。", folder.display())]
    Newer {
        /// The folder.
        folder: PathBuf,
        /// The form found.
        found: String,
    },
    /// Something else.
    #[error("数据目录 {} 不能使用（{source}）。请检查它是不是可读写的目录，或换一个目录（--data 或 shared.data）。", folder.display())]
    Other {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl FolderError {
    /// The code with which the process ends (sysexits.h).
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::InUse { .. } => 75,
            Self::ReadOnly { .. } | Self::Full { .. } => 73,
            Self::Newer { .. } => 78,
            Self::Other { .. } => 74,
        }
    }
}

/// A data folder that this process holds until it is dropped. What was made for a start that is then refused goes with
/// it: keys, marks, and the folder where nothing else lies in it. [`Folder::keep`] says that the start is done.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The folders that this start made, the innermost first.
    made: Vec<PathBuf>,
    /// Its own marks that this start made.
    new_marks: Vec<&'static str>,
    /// Whether this start made the keys.
    new_keys: bool,
    kept: AtomicBool,
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, and takes it.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        let told = |source| tell(path, source);
        let missing = path
            .ancestors()
            .take_while(|one| !one.as_os_str().is_empty() && !one.exists());
        let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        fs::create_dir_all(path).map_err(told)?;
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path.join(LOCK))
            .map_err(told)?;
        match locked(&lock) {
            Ok(()) => {}
            Err(TryLockError::Error(source)) => return Err(told(source)),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = lock.read_to_string(&mut holder);
                return Err(FolderError::InUse {
                    folder: path.to_owned(),
                    holder: holder.trim().to_owned(),
                });
            }
        }
        // Whoever held it may have taken it away with its folder: then this lock is on a file that nobody else sees.
        if !is_still(&lock, &path.join(LOCK)) {
            return Self::take(path);
        }
        let is_new = |mark: &&str| match *mark {
            // Whoever had it has written his name into it.
            LOCK => lock.metadata().is_ok_and(|lock| lock.len() == 0),
            mark => !path.join(mark).exists(),
        };
        let new_marks = MARKS.into_iter().filter(is_new).collect();
        // From here on it is given back also where something goes wrong below.
        let mut folder = Self {
            path: path.to_owned(),
            made: missing,
            new_marks,
            new_keys: false,
            kept: AtomicBool::new(false),
            _lock: lock,
        };
        check_form(path)?;
        let note = |lock: &mut File| {
            lock.set_len(0)?;
            lock.rewind()?;
            writeln!(lock, "{}", std::process::id())
        };
        note(&mut folder._lock).map_err(told)?;
        Ok(folder)
    }

    /// Makes the folder's own keys where it has none.
    pub fn make_keys(&mut self) -> Result<(), SealError> {
        self.new_keys = Keyring::create(&self.path.join(KEYS))?;
        Ok(())
    }

    /// The start is done, and something may be sealed with its keys: whatever becomes of the process, they stay.
    pub fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.kept.load(Ordering::Relaxed) {
            return;
        }
        if self.new_keys {
            let _ = fs::remove_dir_all(self.path.join(KEYS));
        }
        for mark in &self.new_marks {
            let _ = fs::remove_file(self.path.join(mark));
        }
        // Each only when it is empty.
        for folder in &self.made {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Whether the open file is the one that lies there.
fn is_still(open: &File, path: &Path) -> bool {
    let id = |found: io::Result<fs::Metadata>| found.ok().map(|one| (one.dev(), one.ino()));
    id(open.metadata()) == id(fs::metadata(path))
}

fn check_form(path: &Path) -> Result<(), FolderError> {
    let file = path.join("form");
    let found = match fs::read_to_string(&file) {
        Ok(text) => text.trim().to_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return note_form(path).map_err(|source| tell(path, source));
        }
        Err(source) => return Err(tell(path, source)),
    };
    match found.parse::<u32>() {
        Ok(form) if form <= FORM => Ok(()),
        _ => Err(FolderError::Newer {
            folder: path.to_owned(),
            found,
        }),
    }
}

/// Whole before it has its name: a process that is killed meanwhile leaves nothing that the next one cannot read.
fn note_form(path: &Path) -> io::Result<()> {
    let unfinished = path.join("form.new");
    let mut file = File::create(&unfinished)?;
    writeln!(file, "{FORM}")?;
    file.sync_all()?;
    fs::rename(unfinished, path.join("form"))
}

/// A process that was killed holds its lock until the system has cleared it away, which takes a moment.
fn locked(lock: &File) -> Result<(), TryLockError> {
    let until = Instant::now() + CLEARED_WITHIN;
    loop {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(LOOK_EVERY),
            outcome => return outcome,
        }
    }
}

fn tell(folder: &Path, source: io::Error) -> FolderError {
    let folder = folder.to_owned();
    match source.kind() {
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            FolderError::ReadOnly { folder, source }
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => FolderError::Full { folder, source },
        _ => FolderError::Other { folder, source },
    }
}

/// Called first in a child process: it ends with its parent, however that ends. The parent must have started it
/// from a thread that lives on, such as the main one.
///
/// `parent` is the parent's process id as the parent knew it: when the parent has gone already, this is refused.
pub fn die_with_parent(parent: u32) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM)?;
    if std::os::unix::process::parent_id() == parent {
        Ok(())
    } else {
        Err(io::Error::other("the parent process has gone"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_told_who_holds_the_folder() {
        let place = tempfile::tempdir().expect("folder");
        let path = place.path().join("data");
        let held = Folder::take(&path).expect("free");
        let refused = Folder::take(&path).expect_err("taken");
        assert!(
            refused.to_string().contains(&std::process::id().to_string()),
            "{refused}"
        );
        assert_eq!(refused.exit_code(), 75);
        drop(held);
        assert!(Folder::take(&path).is_ok(), "free again");
    }

    fn names(path: &Path) -> Vec<String> {
        let all = fs::read_dir(path).expect("a folder");
        let mut names: Vec<String> = all
            .map(|one| one.expect("a file").file_name().into_string().expect("a name"))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_start_made_that_is_refused_goes_with_it_and_what_lay_there_stays() {
        let place = tempfile::tempdir().expect("folder");
        let path = place.path().join("above").join("data");
        let start = |keep: bool| {
            let mut folder = Folder::take(&path).expect("free");
            folder.make_keys().expect("keys");
            if keep {
                folder.keep();
            }
        };
        start(false);
        assert!(!place.path().join("above").exists(), "what it made is gone");
        fs::create_dir_all(&path).expect("made");
        fs::write(path.join("member.sqlite"), "x").expect("written");
        start(false);
        assert_eq!(
            names(&path),
            ["member.sqlite"],
            "somebody's data, and nothing new"
        );
        start(true);
        assert_eq!(
            names(&path),
            ["form", "keys", "lock", "member.sqlite"],
            "it had started"
        );
        start(false);
        assert_eq!(names(&path).len(), 4, "an earlier start made them");
        fs::remove_dir_all(path.join("keys")).expect("lost");
        start(false);
        assert_eq!(
            names(&path),
            ["form", "lock", "member.sqlite"],
            "no new keys in their place"
        );
    }

    #[test]
    fn what_a_newer_version_wrote_is_left_alone() {
        let place = tempfile::tempdir().expect("folder");
        drop(Folder::take(place.path()).expect("free"));
        fs::write(place.path().join("form"), "2\n").expect("form");
        assert!(matches!(Folder::take(place.path()), Err(FolderError::Newer { found, .. }) if found == "2"));
    }

    #[test]
    fn a_child_whose_parent_has_gone_is_told_so() {
        assert!(die_with_parent(0).is_err(), "nobody's child");
        assert!(die_with_parent(std::os::unix::process::parent_id()).is_ok());
    }

    #[test]
    fn each_trouble_of_the_disk_has_its_own_words() {
        let of = |kind| tell(Path::new("/d"), io::Error::from(kind));
        assert!(matches!(
            of(ErrorKind::ReadOnlyFilesystem),
            FolderError::ReadOnly { .. }
        ));
        assert!(matches!(of(ErrorKind::StorageFull), FolderError::Full { .. }));
        assert!(matches!(of(ErrorKind::NotADirectory), FolderError::Other { .. }));
    }
}
