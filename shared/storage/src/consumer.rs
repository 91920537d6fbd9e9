//! Follows the feed of another service.
pub(crate) mod cursor;
