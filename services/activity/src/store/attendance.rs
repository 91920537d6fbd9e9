//! Who was at a meeting, packed into one column: a byte for the form, the three lengths as 16-bit numbers, then the
//! persons' 16 bytes each, those present, then those excused, then those who lectured. A year of a large province
//! has a hundred times more attendances than meetings; they are written and read by meeting and judged by
//! `domain`, never by SQL, so a row for each would buy nothing but indexes.

use kernel::{Fault, RpcError, id::PersonId};
use uuid::Uuid;

use crate::domain::leader::Attendance;

/// Three lists, and with who was absent four.
const FORMS: [(u8, usize); 2] = [(1, 3), (2, 4)];
const STEP: usize = 16;

/// Packs the lists.
#[must_use]
pub fn pack(
    present: &[PersonId],
    leave: &[PersonId],
    lecturers: &[PersonId],
    absent: Option<&[PersonId]>,
) -> Vec<u8> {
    let lists: Vec<&[PersonId]> = [present, leave, lecturers].into_iter().chain(absent).collect();
    let persons: usize = lists.iter().map(|list| list.len()).sum();
    let mut packed = Vec::with_capacity(1 + 2 * lists.len() + STEP * persons);
    packed.push(if absent.is_some() { 2 } else { 1 });
    for list in &lists {
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
    let (_, lists) = FORMS.into_iter().find(|(form, _)| packed.first() == Some(form))?;
    let (head, persons) = packed.split_at_checked(1 + 2 * lists)?;
    let lengths = head.get(1..)?.chunks_exact(2);
    let lengths: Vec<usize> = lengths
        .filter_map(|two| Some(u16::from_be_bytes(two.try_into().ok()?).into()))
        .collect();
    if persons.len() != STEP * lengths.iter().sum::<usize>() {
        return None;
    }
    let mut persons = persons
        .chunks_exact(STEP)
        .filter_map(|bytes| Uuid::from_slice(bytes).ok())
        .map(PersonId);
    let mut lists = lengths
        .into_iter()
        .map(|length| persons.by_ref().take(length).collect::<Vec<PersonId>>());
    Some(Attendance {
        present: lists.next()?,
        leave: lists.next()?,
        lecturers: lists.next()?,
        absent: lists.next(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attendance_reads_back_as_it_was_packed() {
        let persons: Vec<PersonId> = (0..5).map(|_| PersonId::new()).collect();
        let packed = pack(&persons[..3], &persons[3..4], &persons[4..], None);
        assert_eq!(packed.len(), 7 + 5 * 16);
        let read = unpack(&packed).expect("read");
        assert_eq!((&read.present[..], &read.absent), (&persons[..3], &None));
        let packed = pack(&persons[..1], &[], &[], Some(&persons[1..]));
        assert_eq!(packed.len(), 9 + 5 * 16);
        let with_absent = unpack(&packed).expect("read");
        assert_eq!(with_absent.present, persons[..1]);
        assert_eq!(with_absent.absent, Some(persons[1..].to_vec()));
        assert_eq!(
            (read.leave, read.lecturers),
            (persons[3..4].to_vec(), persons[4..].to_vec())
        );
        assert_eq!(
            unpack(&pack(&[], &[], &[], None)).expect("read"),
            Attendance::default()
        );
    }

    #[test]
    fn cut_or_foreign_bytes_are_a_fault() {
        let packed = pack(&[PersonId::new()], &[], &[], None);
        for wrong in [&packed[..20], &packed[..3], &[]] {
            assert!(unpack(wrong).is_err());
        }
        for form in [2, 3] {
            assert!(unpack(&[&[form], &packed[1..]].concat()).is_err());
        }
    }
}
