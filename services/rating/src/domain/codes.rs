//! The code table: six dimensions with their sixteen sub-items, and the tags of items (S-302).

use std::fmt;

use kernel::Domain;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// One of the six dimensions with its sub-items, in the order in which points are poured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dimension {
    /// English code, such as `leadership`.
    pub code: String,
    /// Chinese name.
    pub name_zh: String,
    /// Its sub-items, in order.
    pub sub_items: Vec<SubItem>,
}

/// One of the sixteen sub-items.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubItem {
    /// English code, such as `political`.
    pub code: String,
    /// Chinese name.
    pub name_zh: String,
}

/// A word by which items are grouped for readers; it decides nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tag {
    /// `basic4`, `five` or `chapter`.
    pub axis: String,
    /// English code.
    pub code: String,
    /// Chinese name.
    pub name_zh: String,
}

/// The dimensions and sub-items of S-302, which no child template may change.
pub const OUTLINE: [(&str, &[&str]); 6] = [
    ("leadership", &["political", "setup", "committee"]),
    ("operation", &["rules", "debrief"]),
    ("members", &["development", "points"]),
    ("life", &["system", "leaders"]),
    ("support", &["site", "funds", "staff", "platform"]),
    ("effect", &["tasks", "centre", "masses"]),
];

/// A set of domains.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Domains(u16);

impl Domains {
    /// All nine.
    pub const ALL: Self = Self(0x1ff);

    /// Reads `*` or codes joined by `;`; the error is the code that is unknown or stands twice.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::ALL);
        }
        Self::from_codes(text.split(';').map(str::trim))
    }

    fn from_codes<'a>(codes: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut set = Self::default();
        for code in codes {
            let domain = Domain::from_code(code).ok_or_else(|| code.to_owned())?;
            if set.contains(domain) {
                return Err(code.to_owned());
            }
            set.0 |= 1 << domain as u16;
        }
        Ok(set)
    }

    /// Whether the domain is in it.
    #[must_use]
    pub fn contains(self, domain: Domain) -> bool {
        self.0 & (1 << domain as u16) != 0
    }

    /// Its domains, in their published order.
    pub fn iter(self) -> impl Iterator<Item = Domain> {
        Domain::ALL
            .into_iter()
            .filter(move |domain| self.contains(*domain))
    }
}

impl fmt::Debug for Domains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Domain::code)).finish()
    }
}

impl Serialize for Domains {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Domain::code))
    }
}

impl<'de> Deserialize<'de> for Domains {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let codes = Vec::<String>::deserialize(deserializer)?;
        Self::from_codes(codes.iter().map(String::as_str))
            .map_err(|code| D::Error::custom(format!("unknown or repeated domain {code}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_every_domain_and_an_unknown_code_is_named() {
        assert_eq!(Domains::parse("*").unwrap().iter().count(), 9);
        assert_eq!(
            Domains::parse("soe;rural").unwrap().iter().collect::<Vec<_>>(),
            [Domain::Rural, Domain::Soe]
        );
        assert_eq!(Domains::parse("rural;city").unwrap_err(), "city");
        assert_eq!(Domains::parse("rural;rural").unwrap_err(), "rural");
    }
}
