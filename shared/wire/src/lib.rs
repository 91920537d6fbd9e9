//! Proto to Rust and back, once for the whole suite: field rules from the contract, the one mapping of errors,
//! conversions with all wrong fields at once, page tokens, field masks, etags.

pub mod etag;
pub mod fields;
pub mod mask;
pub mod page;
pub mod rows;
pub mod rules;
pub mod status;
pub mod words;

pub use etag::etag;
pub use fields::Fields;
pub use page::Pages;
pub use rules::validate;
pub use status::{refusal_of, status};
