//! Who was at a meeting, packed into one column: a byte for the form, the three lengths as 16-bit numbers, then the
//! persons' 16 bytes each, those present, then those excused, then those who lectured. A year of a large province
//! has a hundred times more attendances than meetings; they are written and read by meeting and judged by
//! `domain`, never by SQL, so a row for each would buy nothing but indexes.

use kernel::{Fault, RpcError, id::PersonId};
use uuid::Uuid;

use crate::domain::leader::Attendance;

const FORM: u8 = 1;
const HEAD: usize = 7;
const STEP: usize = 16;

/// Packs the lists.
#[must_use]
pub fn pack(present: &[PersonId], leave: &[PersonId], lecturers: &[PersonId]) -> Vec<u8> {
    let lists = [present, leave, lecturers];
    let persons: usize = lists.iter().map(|list| list.len()).sum();
    let mut packed = Vec::with_capacity(HEAD + STEP * persons);
    packed.push(FORM);
    for list in lists {
        packed.extend(u16::try_from(list.len()).unwrap_or(u16::MAX).to_be_bytes());
    }
    for person in lists.into_iter().flatten() {
        packed.extend(person.bytes());
    }
    packed
}

/// Unpacks them; a fault when the bytes are not of a known form.
pub fn unpack(packed: &[u8]) -> Result<Attendance, RpcError> {
    read(packed).ok_or_else(|| Fault::new("an attendance of no known form").into())
}

fn read(packed: &[u8]) -> Option<Attendance> {
    let (head, persons) = packed.split_at_checked(HEAD)?;
    let length = |at: usize| {
        Some(usize::from(u16::from_be_bytes([
            *head.get(at)?,
            *head.get(at + 1)?,
        ])))
    };
    let (present, leave, lecturers) = (length(1)?, length(3)?, length(5)?);
    if head.first() != Some(&FORM) || persons.len() != STEP * (present + leave + lecturers) {
        return None;
    }
    let mut persons = persons
        .chunks_exact(STEP)
        .filter_map(|bytes| Uuid::from_slice(bytes).ok())
        .map(PersonId);
    let mut take = |count| persons.by_ref().take(count).collect();
    Some(Attendance {
        present: take(present),
        leave: take(leave),
        lecturers: take(lecturers),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attendance_reads_back_as_it_was_packed() {
        let persons: Vec<PersonId> = (0..5).map(|_| PersonId::new()).collect();
        let packed = pack(&persons[..3], &persons[3..4], &persons[4..]);
        assert_eq!(packed.len(), 7 + 5 * 16);
        let read = unpack(&packed).expect("read");
        assert_eq!(read.present, persons[..3]);
        assert_eq!(
            (read.leave, read.lecturers),
            (persons[3..4].to_vec(), persons[4..].to_vec())
        );
        assert_eq!(unpack(&pack(&[], &[], &[])).expect("read"), Attendance::default());
    }

    #[test]
    fn cut_or_foreign_bytes_are_a_fault() {
        let packed = pack(&[PersonId::new()], &[], &[]);
        for wrong in [&packed[..20], &packed[..3], &[]] {
            assert!(unpack(wrong).is_err());
        }
        assert!(unpack(&[&[2], &packed[1..]].concat()).is_err());
    }
}
