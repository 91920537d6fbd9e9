//! What the tests of the whole suite share.
