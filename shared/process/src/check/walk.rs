//! The form of a file of worked cases (例案), as `walks.toml` explains it in its head.

use std::collections::BTreeMap;

use kernel::Day;
use serde::Deserialize;
use toml::Value;

use crate::definition::{Broken, Place, Places, days, tables::Setting};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) org: Vec<Organization>,
    #[serde(default)]
    pub(super) actor: Vec<Person>,
    #[serde(default)]
    pub(super) default: Default_,
    #[serde(default)]
    pub(super) walk: Vec<Walk>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) level: Option<kernel::Level>,
    pub(super) parent: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) person: Option<String>,
    #[serde(default)]
    pub(super) holds: Vec<String>,
    #[serde(default)]
    pub(super) system: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Default_ {
    #[serde(default)]
    pub(super) facts: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) vote: BTreeMap<String, Numbers>,
}

/// Numbers of a vote.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Numbers {
    pub(super) should: u32,
    pub(super) present: u32,
    pub(super) yes: u32,
    pub(super) against: u32,
    pub(super) abstain: u32,
    pub(super) written: u32,
    pub(super) issued: u32,
    pub(super) returned: u32,
    pub(super) seats: u32,
    pub(super) votes: Vec<u32>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Walk {
    pub(super) id: String,
    #[expect(dead_code, reason = "for people: what the case shows")]
    pub(super) about: Option<String>,
    pub(super) like: Option<String>,
    pub(super) upto: Option<usize>,
    pub(super) procedure: Option<String>,
    pub(super) variant: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) target: Option<String>,
    pub(super) side: Option<OneOrMany<String>>,
    pub(super) person: Option<String>,
    #[serde(default)]
    pub(super) facts: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) params: BTreeMap<String, Setting>,
    #[serde(default)]
    pub(super) open_cases: Vec<String>,
    #[serde(default)]
    pub(super) event: Vec<Happening>,
}

/// One event with what should come of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Happening {
    #[serde(deserialize_with = "days::deserialize")]
    pub(super) on: Day,
    pub(super) by: Option<String>,
    #[serde(rename = "as")]
    pub(super) at: Option<String>,
    pub(super) step: Option<String>,
    #[serde(default)]
    pub(super) give: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) omit: Vec<String>,
    pub(super) vote: Option<Numbers>,
    #[serde(default)]
    pub(super) saw: BTreeMap<String, Value>,
    pub(super) edit: Option<String>,
    pub(super) to: Option<Value>,
    pub(super) object: Option<String>,
    pub(super) answer: Option<Verdict>,
    pub(super) adjust: Option<String>,
    #[serde(default)]
    pub(super) tick: bool,
    #[serde(default)]
    pub(super) facts: BTreeMap<String, Value>,
    pub(super) seen: Option<u32>,
    pub(super) key: Option<String>,

    pub(super) no: Option<String>,
    pub(super) state: Option<String>,
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) due: BTreeMap<String, OneOrMany<Date>>,
    #[serde(default)]
    pub(super) earliest: BTreeMap<String, Date>,
    pub(super) window: Option<Date>,
    #[serde(default)]
    pub(super) silent: OneOrMany<String>,
    pub(super) prov: Option<Provisional>,
    #[serde(default)]
    pub(super) found: Vec<String>,
    #[serde(default)]
    pub(super) warn: Vec<String>,
    pub(super) up: Option<Vec<String>>,
    pub(super) emits: Option<Vec<String>>,
    pub(super) void: Option<Vec<String>>,
    #[serde(default)]
    pub(super) replay: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Upheld,
    Dismissed,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    pub(super) fn all(&self) -> &[T] {
        match self {
            Self::Many(all) => all,
            Self::One(one) => std::slice::from_ref(one),
        }
    }
}

/// Whether the named clocks, or any, are 暂算.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Provisional {
    Any(bool),
    Of(OneOrMany<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Date(#[serde(deserialize_with = "days::deserialize")] pub(super) Day);

/// Reads a file; what a walk names must exist.
pub(super) fn read(text: &str) -> Result<(File, Places), Broken> {
    let places = Places::of(text);
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map(|span| span.start);
        let path = at
            .and_then(|at| places.path_at(at))
            .map(|path| path.join("."))
            .unwrap_or_default();
        let place = Place {
            line: at.map(|at| places.line_of(at)),
            what: path,
        };
        Broken {
            place,
            what: error.message().lines().next().unwrap_or_default().to_owned(),
        }
    })?;
    Ok((file, places))
}
