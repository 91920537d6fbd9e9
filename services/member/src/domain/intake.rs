//! What a chunk of an import does to the persons that are known: each row judged alone, against what the rows before
//! it left behind. An identity number belongs to one person, a person to one primary branch at any instant.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
};

use kernel::{
    Day,
    id::{OrganizationId, PersonId, RecordId},
};

use super::{
    membership::{Change, Stay, fit},
    person::{Key, Particulars, Person, Placed},
};
use crate::error::MemberError;

/// A row to take over.
#[derive(Clone)]
pub struct Candidate {
    /// His id in the system that the row comes from.
    pub external_id: Key,
    /// Blind index of the identity number.
    pub index: [u8; 32],
    /// Phone, in clear.
    pub phone: Option<String>,
    /// What is recorded of him.
    pub particulars: Particulars,
    /// Whether the row calls him a full member.
    pub full: bool,
    /// In which branch, and when.
    pub stay: Stay,
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Candidate(…)")
    }
}

/// What a row did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Made a new person.
    Created,
    /// Changed a known one.
    Updated,
    /// Said what is known.
    Unchanged,
}

/// A person of the chunk.
#[derive(Debug)]
pub struct Entry {
    /// As he is after the rows so far.
    pub person: Person,
    /// As he was before the chunk; `None` when he is new.
    pub before: Option<Person>,
    /// Whether the import may touch him: his last branch lies in its part of the tree.
    pub ours: bool,
}

impl Entry {
    /// Whether the chunk changed him.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.before.as_ref() != Some(&self.person)
    }

    /// The stays that are new or end on another day.
    pub fn changed_stays(&self) -> impl Iterator<Item = &Placed> {
        let before = self
            .before
            .as_ref()
            .map(|person| person.stays.as_slice())
            .unwrap_or_default();
        self.person
            .stays
            .iter()
            .filter(move |placed| !before.contains(placed))
    }

    /// The branches whose counts may change.
    pub fn branches(&self) -> impl Iterator<Item = OrganizationId> {
        self.person.stays.iter().map(|placed| placed.stay.branch)
    }
}

/// The chunk as it is taken in.
#[derive(Debug, Default)]
pub struct Intake {
    entries: Vec<Entry>,
    by_key: HashMap<Key, usize>,
    by_index: HashMap<[u8; 32], usize>,
    seen: HashSet<(Key, OrganizationId, Day)>,
}

impl Intake {
    /// Begins with the persons that are known by an id or an identity number of the chunk, each with whether the
    /// import may touch him.
    #[must_use]
    pub fn new(known: impl IntoIterator<Item = (Person, bool)>) -> Self {
        let mut intake = Self::default();
        for (person, ours) in known {
            intake.learn(Entry {
                before: Some(person.clone()),
                person,
                ours,
            });
        }
        intake
    }

    fn learn(&mut self, entry: Entry) {
        let at = self.entries.len();
        self.by_key
            .extend(entry.person.external_ids.iter().cloned().map(|key| (key, at)));
        self.by_index.insert(entry.person.index, at);
        self.entries.push(entry);
    }

    /// Takes one row in, or refuses it and changes nothing.
    ///
    /// Refuses with `ROW_REPEATED`, `IDENTITY_TAKEN`, `JOINED_UNDER_AGE`, `FULL_DAY_MISSING`, `FULL_DAY_OF_PROBATIONARY`,
    /// `FULL_BEFORE_JOINED`, `BRANCH_BEFORE_JOINED`, `END_BEFORE_START` and `SECOND_PRIMARY_BRANCH`.
    pub fn take(&mut self, row: &Candidate) -> Result<(PersonId, Outcome), MemberError> {
        let what = (row.external_id.clone(), row.stay.branch, row.stay.from);
        if self.seen.contains(&what) {
            return Err(MemberError::RowRepeated);
        }
        let dates = &row.particulars.dates;
        dates.check(row.particulars.born_on)?;
        match (row.full, dates.full_on) {
            (true, None) => return Err(MemberError::FullDayMissing),
            (false, Some(_)) => return Err(MemberError::FullDayOfProbationary),
            _ => {}
        }
        let by_number = self.by_index.get(&row.index).copied();
        let taken = match self.by_key.get(&row.external_id).copied() {
            None if by_number.is_some() => return Err(MemberError::IdentityTaken),
            None => self.add(row)?,
            Some(at) if by_number.is_some_and(|other| other != at) => return Err(MemberError::IdentityTaken),
            Some(at) => self.renew(at, row)?,
        };
        self.seen.insert(what);
        Ok(taken)
    }

    fn add(&mut self, row: &Candidate) -> Result<(PersonId, Outcome), MemberError> {
        fit(&[], &row.stay, row.particulars.dates.joined_on)?;
        let person = Person {
            id: PersonId::new(),
            version: 1,
            particulars: row.particulars.clone(),
            index: row.index,
            phone: row.phone.clone(),
            external_ids: vec![row.external_id.clone()],
            stays: vec![Placed {
                id: RecordId::new(),
                stay: row.stay,
            }],
        };
        let id = person.id;
        self.learn(Entry {
            person,
            before: None,
            ours: true,
        });
        Ok((id, Outcome::Created))
    }

    fn renew(&mut self, at: usize, row: &Candidate) -> Result<(PersonId, Outcome), MemberError> {
        let entry = self
            .entries
            .get_mut(at)
            .filter(|entry| entry.ours)
            .ok_or(MemberError::IdentityTaken)?;
        let person = &entry.person;
        let change = fit(&person.spans(), &row.stay, row.particulars.dates.joined_on)?;
        let mut renewed = Person {
            particulars: row.particulars.clone(),
            index: row.index,
            phone: row.phone.clone(),
            ..person.clone()
        };
        match change {
            Change::Known => {}
            Change::Ends(nth) => renewed
                .stays
                .iter_mut()
                .skip(nth)
                .take(1)
                .for_each(|placed| placed.stay = row.stay),
            Change::New => renewed.stays.push(Placed {
                id: RecordId::new(),
                stay: row.stay,
            }),
        }
        renewed.stays.sort_by_key(|placed| placed.stay.from);
        if renewed == *person {
            return Ok((renewed.id, Outcome::Unchanged));
        }
        let id = renewed.id;
        renewed.version = entry.before.as_ref().map_or(1, |before| before.version + 1);
        self.by_index.remove(&person.index);
        self.by_index.insert(renewed.index, at);
        entry.person = renewed;
        Ok((id, Outcome::Updated))
    }

    /// The persons that the chunk makes or changes.
    pub fn changed(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.changed())
    }

    /// The branches whose counts may change.
    #[must_use]
    pub fn branches(&self) -> BTreeSet<OrganizationId> {
        self.changed().flat_map(Entry::branches).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::membership::Dates;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn row(key: &str, index: u8, branch: OrganizationId) -> Candidate {
        let dates = Dates {
            joined_on: day("2020-01-01"),
            full_on: Some(day("2021-01-01")),
            exempt_from: None,
            exempt_until: None,
            cadre_from: None,
            cadre_until: None,
        };
        Candidate {
            external_id: ("test".into(), key.into()),
            index: [index; 32],
            phone: None,
            particulars: Particulars {
                name: "样例".into(),
                sex: 1,
                ethnic_group: "01".into(),
                education: "20".into(),
                occupation: "教师".into(),
                born_on: day("1990-01-01"),
                dates,
                mobile: false,
            },
            full: true,
            stay: Stay {
                branch,
                from: day("2020-01-01"),
                until: None,
            },
        }
    }

    #[test]
    fn a_row_that_stands_twice_is_refused_and_the_first_one_stays() {
        let branch = OrganizationId::new();
        let mut intake = Intake::default();
        let (id, _) = intake.take(&row("a", 1, branch)).expect("taken");
        assert_eq!(intake.take(&row("a", 1, branch)), Err(MemberError::RowRepeated));
        assert_eq!(
            intake.changed().map(|entry| entry.person.id).collect::<Vec<_>>(),
            [id]
        );
    }

    #[test]
    fn an_identity_number_belongs_to_one_person_n_02() {
        let branch = OrganizationId::new();
        let mut intake = Intake::default();
        intake.take(&row("a", 1, branch)).expect("taken");
        intake.take(&row("b", 2, branch)).expect("taken");
        assert_eq!(intake.take(&row("c", 1, branch)), Err(MemberError::IdentityTaken));
        let mut elsewhere = row("a", 2, branch);
        elsewhere.stay.from = day("2019-01-01");
        assert_eq!(
            intake.take(&elsewhere),
            Err(MemberError::IdentityTaken),
            "corrected into another's"
        );
    }

    #[test]
    fn two_branches_at_once_are_refused_and_one_after_the_other_are_not() {
        let (home, next) = (OrganizationId::new(), OrganizationId::new());
        let mut intake = Intake::default();
        intake.take(&row("a", 1, home)).expect("taken");
        assert_eq!(
            intake.take(&row("a", 1, next)),
            Err(MemberError::SecondPrimaryBranch)
        );

        let mut earlier = row("b", 2, home);
        earlier.stay.until = Some(day("2023-12-31"));
        intake.take(&earlier).expect("taken");
        let mut later = row("b", 2, next);
        later.stay.from = day("2024-01-01");
        let (_, outcome) = intake.take(&later).expect("taken");
        assert_eq!(outcome, Outcome::Updated);
        assert_eq!(intake.branches(), BTreeSet::from([home, next]));
    }

    #[test]
    fn importing_again_changes_nothing_and_a_correction_raises_the_version_once() {
        let branch = OrganizationId::new();
        let mut first = Intake::default();
        first.take(&row("a", 1, branch)).expect("taken");
        let known = first.changed().next().expect("one").person.clone();

        let mut again = Intake::new([(known.clone(), true)]);
        assert_eq!(
            again.take(&row("a", 1, branch)),
            Ok((known.id, Outcome::Unchanged))
        );
        assert_eq!(again.changed().count(), 0);

        let mut corrected = row("a", 1, branch);
        corrected.particulars.education = "30".into();
        corrected.stay.until = Some(day("2025-06-30"));
        let mut third = Intake::new([(known.clone(), true)]);
        assert_eq!(third.take(&corrected), Ok((known.id, Outcome::Updated)));
        let entry = third.changed().next().expect("one");
        assert_eq!((entry.person.version, entry.changed_stays().count()), (2, 1));
        assert_eq!(
            entry.person.stays[0].id, known.stays[0].id,
            "the same stay, ended"
        );
    }

    #[test]
    fn a_person_of_another_part_of_the_tree_is_not_touched() {
        let branch = OrganizationId::new();
        let mut first = Intake::default();
        first.take(&row("a", 1, branch)).expect("taken");
        let known = first.changed().next().expect("one").person.clone();
        let mut foreign = Intake::new([(known, false)]);
        assert_eq!(
            foreign.take(&row("a", 1, branch)),
            Err(MemberError::IdentityTaken)
        );
    }

    #[test]
    fn a_full_member_needs_the_day_since_when() {
        let mut wrong = row("a", 1, OrganizationId::new());
        wrong.particulars.dates.full_on = None;
        let mut intake = Intake::default();
        assert_eq!(intake.take(&wrong), Err(MemberError::FullDayMissing));
        wrong.full = false;
        assert!(intake.take(&wrong).is_ok());
    }

    #[test]
    fn a_probationary_member_has_no_day_of_full_membership() {
        let mut wrong = row("a", 1, OrganizationId::new());
        wrong.full = false;
        let taken = Intake::default().take(&wrong);
        assert_eq!(taken, Err(MemberError::FullDayOfProbationary));
    }
}
