//! The data folder: one process at a time, and clear words when it cannot be used.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Read, Seek, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// The form of what lies in the folder; a higher one is written by a newer version of the suite.
const FORM: u32 = 1;
/// How long a process that was killed may still be seen in the folder.
const CLEARED_WITHIN: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process works in it.
    #[error("{} is in use by process {holder}", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The process that holds it, as it said itself.
        holder: String,
    },
    /// It may not be written.
    #[error("{} may not be written: {source}", folder.display())]
    ReadOnly {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no room left.
    #[error("{} has no room left: {source}", folder.display())]
    Full {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A newer version of the suite has worked in it.
    #[error("{} was written by a newer version (form {found}, this version knows {FORM})", folder.display())]
    Newer {
        /// The folder.
        folder: PathBuf,
        /// The form found.
        found: String,
    },
    /// Something else.
    #[error("{}: {source}", folder.display())]
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

/// A data folder that this process holds until it is dropped.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, and takes it.
    pub fn take(path: &Path) -> Result<Self, FolderError> {
        let told = |source| tell(path, source);
        fs::create_dir_all(path).map_err(told)?;
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path.join("lock"))
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
        check_form(path)?;
        let note = |lock: &mut File| {
            lock.set_len(0)?;
            lock.rewind()?;
            writeln!(lock, "{}", std::process::id())
        };
        note(&mut lock).map_err(told)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
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
