//! What the tests of the whole suite share.

pub mod source_tree;
