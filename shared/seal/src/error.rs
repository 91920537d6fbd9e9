//! What goes wrong with keys, sealed fields and signatures: one clear line each, never a key or a plaintext.

use std::{io, path::PathBuf};

/// Why a keyring does not load, a field does not open or a signature is not believed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key folder or a file in it cannot be read or written.
    #[error("key folder: {path}: {source}")]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A key file lies open to everybody on the machine.
    #[error("key file {path} can be read by others (mode {mode:04o}): set it to 0400 and replace the key")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A key file does not hold what its name promises.
    #[error("key file {path} is not {wanted}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What should stand in it.
        wanted: &'static str,
    },
    /// A key that is needed is not in the folder.
    #[error("key {0} is missing from the key folder")]
    KeyMissing(String),
    /// The sealed field is no sealed field, was changed, or belongs to another table, column or row.
    #[error("sealed field does not open: it was changed or belongs to another record")]
    Tampered,
    /// The signature is not the issuer's over these bytes.
    #[error("signature of {0} does not verify")]
    BadSignature(String),
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness,
}
