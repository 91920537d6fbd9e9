//! The contract: the .proto files and what is generated from them, nothing else.
//!
//! [`DESCRIPTORS`] is the one source of the surface: policies, field rules, JSON names and routes are read
//! from it, never written twice.

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

/// The file descriptor set, options and comments included.
pub static DESCRIPTOR_BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The same, decoded.
pub static DESCRIPTORS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(DESCRIPTOR_BYTES).unwrap_or_else(|e| unreachable!("our own descriptors: {e}"))
});

include!(concat!(env!("OUT_DIR"), "/modules.rs"));

pub use zhibu::*;
