//! Use cases of a branch's result.

pub mod enter_review_marks;
pub mod evaluate;
pub mod get_result;
pub mod list_results;
