//! Rows of an import: each is judged alone, named by its line, and the good ones still go in.

use kernel::{FieldError, Refusal};
use prost_reflect::ReflectMessage;
use proto::kernel::v1::RowError;

use crate::rules;

/// What the contract's field rules say of one row.
#[must_use]
pub fn check<T: ReflectMessage>(line: u32, row: &T) -> Vec<RowError> {
    rules::validate(&row.transcode_to_dynamic())
        .into_iter()
        .map(|wrong| field_error(line, wrong))
        .collect()
}

/// A wrong field of a row.
#[must_use]
pub fn field_error(line: u32, wrong: FieldError) -> RowError {
    RowError {
        line,
        field: wrong.field,
        reason: wrong.reason.into_owned(),
        message: wrong.zh,
    }
}

/// A row that breaks a rule.
#[must_use]
pub fn refused(line: u32, refusal: &Refusal) -> Vec<RowError> {
    if refusal.fields.is_empty() {
        let reason = refusal.reason.clone().into_owned();
        return vec![RowError {
            line,
            field: String::new(),
            reason,
            message: refusal.zh.clone(),
        }];
    }
    refusal
        .fields
        .iter()
        .cloned()
        .map(|wrong| field_error(line, wrong))
        .collect()
}

/// A row of which the whole is wrong.
#[must_use]
pub fn wrong(line: u32, field: &str, reason: &str, zh: impl Into<String>) -> RowError {
    RowError {
        line,
        field: field.to_owned(),
        reason: reason.to_owned(),
        message: zh.into(),
    }
}
