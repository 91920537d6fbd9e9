//! What a bare program answers: which statements for which call, which calls for which answer. The run writes it, so
//! that both sides read the same rows.

use std::{collections::BTreeMap, error::Error, fs, path::Path};

use serde::{Deserialize, Serialize};

/// All calls, by path.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Plan {
    /// Calls that are answered from the database.
    pub reads: BTreeMap<String, Read>,
    /// Calls that are answered from other calls.
    pub gathers: BTreeMap<String, Gathered>,
}

/// A call that is answered from the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Read {
    /// The field of the message, the first or the second, in which the id stands.
    pub field: u32,
    /// Statements one after the other; `$1` of each is the id.
    pub statements: Vec<Statement>,
    /// Bytes of the answer.
    pub answer: usize,
}

/// A statement.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Statement {
    /// Its text.
    pub sql: String,
    /// The values behind `$1`.
    pub values: Vec<Value>,
}

/// A value of a statement.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Value {
    /// A day.
    Day(chrono::NaiveDate),
    /// A number.
    Number(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An id.
    Id(uuid::Uuid),
}

/// A call that is answered from others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Gathered {
    /// Their paths; all get the caller's message.
    pub from: Vec<String>,
    /// Bytes of the answer.
    pub answer: usize,
}

impl Plan {
    /// Reads it from a file.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(file: &Path) -> Result<Self, Box<dyn Error>> {
        Ok(serde_json::from_slice(&fs::read(file)?)?)
    }
}
