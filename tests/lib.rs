//! What the tests of the whole suite share.

pub mod rights;
pub mod source_tree;
