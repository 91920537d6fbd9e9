//! A case: what it was opened with, and the fold of its entries.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    Day,
    id::{OrganizationId, PersonId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    entry::{Entry, What},
    value::Value,
};

/// What a case is opened with; never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The procedure.
    pub procedure: String,
    /// The variant, where the procedure has any.
    pub variant: Option<String>,
    /// What the case is about.
    pub subject: Uuid,
    /// The organization of the case; a member's branch.
    pub organization: OrganizationId,
    /// The person concerned.
    pub person: Option<PersonId>,
    /// Anchor `target`.
    pub target: Option<OrganizationId>,
    /// Anchors `side`.
    pub sides: Vec<OrganizationId>,
}

/// The present content of an evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The content.
    pub value: Value,
    /// The entry whose step supplied it; edits keep it.
    pub supplied: u32,
    /// That step: who may take it may edit the content.
    pub step: String,
}

/// A case. Without entries it is not opened yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    opening: Opening,
    entries: Vec<Entry>,
    voided: BTreeSet<u32>,
    contents: BTreeMap<String, Content>,
    answered: BTreeSet<u32>,
}

impl Case {
    /// A case that no step has opened yet.
    #[must_use]
    pub fn new(opening: Opening) -> Self {
        Self {
            opening,
            entries: Vec::new(),
            voided: BTreeSet::new(),
            contents: BTreeMap::new(),
            answered: BTreeSet::new(),
        }
    }

    /// The case that these entries make.
    #[must_use]
    pub fn fold(opening: Opening, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut case = Self::new(opening);
        case.append(entries);
        case
    }

    /// Appends entries.
    pub fn append(&mut self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            self.voided.extend(&entry.voided);
            match &entry.what {
                What::Step { step, evidence, .. } => {
                    for (item, value) in evidence {
                        let content = Content {
                            value: value.clone(),
                            supplied: entry.seq,
                            step: step.clone(),
                        };
                        self.contents.insert(item.clone(), content);
                    }
                }
                What::Edit { item, value } => {
                    if let Some(content) = self.contents.get_mut(item) {
                        content.value = value.clone();
                    }
                }
                What::Answer { to, .. } => {
                    self.answered.insert(*to);
                }
                What::Objection { .. } | What::Adjust { .. } | What::Late { .. } | What::Version { .. } => {}
            }
            self.entries.push(entry);
        }
    }

    /// What it was opened with.
    #[must_use]
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// The history.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The variant.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.opening.variant.as_deref()
    }

    /// The present state; `None` before it is opened.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.entries.last().map(|entry| entry.state.as_str())
    }

    /// The version of the last entry.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.entries.last().map(|entry| entry.version.as_str())
    }

    /// How often somebody acted; to be sent back with a step.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.entries.last().map_or(0, |entry| entry.revision)
    }

    /// Business date of the last entry.
    #[must_use]
    pub fn last_on(&self) -> Option<Day> {
        self.entries.last().map(|entry| entry.on)
    }

    /// The organization of the case today.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.entries
            .last()
            .map_or(self.opening.organization, |entry| entry.organization)
    }

    /// The entry with which the present state was entered.
    #[must_use]
    pub fn entered(&self) -> Option<&Entry> {
        let since = self.entries.last()?.since;
        self.entries.get(usize::try_from(since).ok()?)
    }

    /// The present content of an evidence.
    #[must_use]
    pub fn content(&self, item: &str) -> Option<&Content> {
        self.contents.get(item)
    }

    /// Everything that it holds, by name.
    pub fn contents(&self) -> impl Iterator<Item = (&str, &Content)> {
        self.contents
            .iter()
            .map(|(item, content)| (item.as_str(), content))
    }

    /// Whether the entry was made void.
    #[must_use]
    pub fn is_void(&self, seq: u32) -> bool {
        self.voided.contains(&seq)
    }

    /// Every time the step was taken for good, the earliest first.
    pub fn taken<'a>(&'a self, step: &'a str) -> impl DoubleEndedIterator<Item = &'a Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.done() == Some(step) && !self.is_void(entry.seq))
    }

    /// The objections without an answer, the earliest first, with their ids in the procedure.
    pub fn open_objections(&self) -> impl Iterator<Item = (&Entry, &str)> {
        self.entries.iter().filter_map(|entry| match &entry.what {
            What::Objection { objection, .. } if !self.answered.contains(&entry.seq) => {
                Some((entry, objection.as_str()))
            }
            _ => None,
        })
    }

    /// When the objection was answered.
    #[must_use]
    pub fn answered_on(&self, raised: u32) -> Option<Day> {
        self.entries
            .iter()
            .find(|e| matches!(e.what, What::Answer { to, .. } if to == raised))
            .map(|e| e.on)
    }

    /// The entry that a request made.
    #[must_use]
    pub fn requested(&self, key: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.request.as_ref().is_some_and(|request| request.key == key))
    }
}
