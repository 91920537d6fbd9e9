//! The key folder: one key a file, readable by its owner alone, written once and never again.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::error::SealError;

const OTHERS: u32 = 0o007;

/// A key folder that can be read.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// The file names in it, sorted; what begins with a dot is not ours.
    pub(crate) fn names(&self) -> Result<Vec<String>, SealError> {
        let entries = fs::read_dir(&self.0).map_err(|source| unreadable(&self.0, source))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| unreadable(&self.0, source))?;
            names.extend(
                entry
                    .file_name()
                    .into_string()
                    .ok()
                    .filter(|name| !name.starts_with('.')),
            );
        }
        names.sort();
        Ok(names)
    }

    /// The text of a secret file. Fails when it is missing, unreadable, or readable by everybody.
    pub(crate) fn secret(&self, name: &str) -> Result<Zeroizing<String>, SealError> {
        let path = self.path(name);
        let mode = fs::metadata(&path)
            .map_err(|source| absent_or(name, &path, source))?
            .permissions()
            .mode();
        if mode & OTHERS != 0 {
            return Err(SealError::Exposed {
                path,
                mode: mode & 0o7777,
            });
        }
        self.public(name).map(Zeroizing::new)
    }

    /// The text of a file that is no secret.
    pub(crate) fn public(&self, name: &str) -> Result<String, SealError> {
        let path = self.path(name);
        fs::read_to_string(&path).map_err(|source| absent_or(name, &path, source))
    }

    /// The `N` bytes that stand in a secret file as hexadecimal digits.
    pub(crate) fn bytes<const N: usize>(
        &self,
        name: &str,
        wanted: &'static str,
    ) -> Result<Zeroizing<[u8; N]>, SealError> {
        let text = self.secret(name)?;
        let mut bytes = Zeroizing::new([0; N]);
        hex::decode_to_slice(text.trim_end(), bytes.as_mut()).map_err(|_| self.malformed(name, wanted))?;
        Ok(bytes)
    }

    pub(crate) fn malformed(&self, name: &str, wanted: &'static str) -> SealError {
        SealError::Malformed {
            path: self.path(name),
            wanted,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// Puts all files there at once, or none: they are written beside the folder, made durable and moved into its
/// place. Says `false` and changes nothing when a folder with anything in it is there already, so that a key
/// that went missing is never replaced by a new one under sealed data.
pub(crate) fn put(folder: &Path, files: &[(String, Zeroizing<String>)]) -> Result<bool, SealError> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Ok(false);
    }
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(|source| unreadable(parent, source))?;
    let draft = draft_beside(folder)?;
    let moved = write_all(&draft, files).and_then(|()| fs::rename(&draft, folder));
    match moved {
        Ok(()) => sync(parent)
            .map(|()| true)
            .map_err(|source| unreadable(parent, source)),
        Err(error) => {
            // What cannot be removed holds keys that nobody uses.
            let _ = fs::remove_dir_all(&draft);
            match error.kind() {
                ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => Ok(false),
                _ => Err(unreadable(folder, error)),
            }
        }
    }
}

fn draft_beside(folder: &Path) -> Result<PathBuf, SealError> {
    let mut salt = [0; 8];
    getrandom::fill(&mut salt).map_err(|_| SealError::NoRandomness)?;
    let mut name = std::ffi::OsString::from(".");
    name.push(folder.file_name().unwrap_or_default());
    name.push(format!(".{}", hex::encode(salt)));
    Ok(folder.with_file_name(name))
}

fn write_all(draft: &Path, files: &[(String, Zeroizing<String>)]) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(draft)?;
    for (name, text) in files {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o400)
            .open(draft.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
    }
    sync(draft)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn absent_or(name: &str, path: &Path, source: io::Error) -> SealError {
    match source.kind() {
        ErrorKind::NotFound => SealError::KeyMissing(name.to_owned()),
        _ => unreadable(path, source),
    }
}

fn unreadable(path: &Path, source: io::Error) -> SealError {
    SealError::Unreadable {
        path: path.to_owned(),
        source,
    }
}
