//! Proto to Rust and back: field rules, errors, page tokens, field masks, etags, localized messages.
