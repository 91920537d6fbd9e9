//! Field encryption, blind index, hashes and signatures with SM2, SM3 and SM4, behind one small interface
//! (N-21, N-22): nothing outside of this crate names an algorithm, so that a certified module can take its
//! place.
//!
//! - [`Keyring`]: the keys of one process, from a folder; everything that needs a key is a method of it.
//! - [`sm3()`], [`Sm3`], [`hmac_sm3`]: hashing that needs no key of ours.

mod error;
mod field;
mod folder;
mod hash;
mod keyring;
mod signature;

pub use error::SealError;
pub use hash::{Sm3, hmac_sm3, sm3};
pub use keyring::{AuditKey, ISSUERS, IndexKey, Keyring};
