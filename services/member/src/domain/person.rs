//! A person as the suite keeps him. What identifies him stays out of every print: `Debug` shows the id alone.

use std::fmt;

use kernel::{
    Day,
    id::{PersonId, RecordId},
};

use super::membership::{Dates, Stay};

/// An id in another system: system and value (N-09).
pub type Key = (String, String);

/// What is recorded of a person beside his sealed fields.
#[derive(Clone, PartialEq, Eq)]
pub struct Particulars {
    /// Full name, as written (N-10).
    pub name: String,
    /// GB/T 2261.1 code.
    pub sex: i32,
    /// GB/T 3304 code; empty when missing.
    pub ethnic_group: String,
    /// GB/T 4658 code; empty when missing.
    pub education: String,
    /// Work post or profession; empty when missing.
    pub occupation: String,
    /// Day of birth.
    pub born_on: Day,
    /// The days that decide what he is.
    pub dates: Dates,
    /// Away for six months or more.
    pub mobile: bool,
}

/// A person with everything that is known of him.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// Rises with each change.
    pub version: u64,
    /// What is recorded of him.
    pub particulars: Particulars,
    /// Blind index of the identity number.
    pub index: [u8; 32],
    /// Phone, in clear.
    pub phone: Option<String>,
    /// His ids in other systems.
    pub external_ids: Vec<Key>,
    /// His stays, sorted by their first day.
    pub stays: Vec<Placed>,
}

/// A stay with the id of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Of the row.
    pub id: RecordId,
    /// The stay.
    pub stay: Stay,
}

impl Person {
    /// The stays alone.
    #[must_use]
    pub fn spans(&self) -> Vec<Stay> {
        self.stays.iter().map(|placed| placed.stay).collect()
    }

    /// The stay on a day, or else the last one.
    #[must_use]
    pub fn stay_on(&self, day: Day) -> Option<&Stay> {
        let placed = self
            .stays
            .iter()
            .find(|placed| placed.stay.covers(day))
            .or_else(|| self.stays.last());
        placed.map(|placed| &placed.stay)
    }
}

impl fmt::Debug for Particulars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Particulars(…)")
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({} v{})", self.id, self.version)
    }
}
