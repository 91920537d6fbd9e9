//! One worker at a time.
