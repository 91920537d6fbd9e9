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

/// A row as it was read, or everything that is wrong with its fields: by the contract's rules, and by what reading says
/// of the fields on which these are silent.
pub fn read<T: ReflectMessage, R>(line: u32, row: &T, read: Result<R, Refusal>) -> Result<R, Vec<RowError>> {
    let mut wrong = check(line, row);
    match read {
        Ok(read) if wrong.is_empty() => return Ok(read),
        Ok(_) => {}
        Err(refusal) if wrong.is_empty() => wrong = refused(line, &refusal),
        Err(refusal) => {
            for field in refusal.fields {
                if wrong.iter().all(|known| known.field != field.field) {
                    wrong.push(field_error(line, field));
                }
            }
        }
    }
    Err(wrong)
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
