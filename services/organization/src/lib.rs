//! Organizations, their tree, posts and terms, guarantees, role assignments, screening.
