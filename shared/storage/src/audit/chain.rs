//! The keyed chain: each link is HMAC-SM3 over the link before and the entry. Whoever can write to the database
//! but has no key can neither change, drop, swap, insert nor reorder an entry unseen; an [`Anchor`] kept
//! elsewhere shows a cut tail as well.

use std::{fmt, sync::Arc};

use prost::Message;
use seal::Keyring;

use super::entry::Entry;

/// An entry with its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The entry.
    pub entry: Entry,
    /// The link, 32 bytes.
    pub chain: Vec<u8>,
}

/// Where a chain stood at some time: kept outside of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Number of the last entry; 0 before the first.
    pub number: u64,
    /// Its link.
    pub chain: Vec<u8>,
}

/// What a verification found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Entries read.
    pub entries: u64,
    /// Number that the first broken entry should have; 0 when intact.
    pub broken_at: u64,
}

/// Makes and checks the links of one service's chain.
#[derive(Clone)]
pub(crate) struct Chain {
    service: &'static str,
    keys: Arc<Keyring>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain({})", self.service)
    }
}

impl Chain {
    pub(crate) fn new(service: &'static str, keys: Arc<Keyring>) -> Self {
        Self { service, keys }
    }

    /// Gives the entries their places and links behind `last`.
    pub(crate) fn append(&self, last: Option<Anchor>, entries: Vec<Entry>) -> Vec<Link> {
        let mut last = last.unwrap_or_else(|| origin(self.service));
        let mut links = Vec::with_capacity(entries.len());
        for mut entry in entries {
            entry.number = last.number + 1;
            let chain = self.keys.audit_mac(&covered(&last.chain, &entry)).to_vec();
            last = Anchor {
                number: entry.number,
                chain: chain.clone(),
            };
            links.push(Link { entry, chain });
        }
        links
    }
}

/// What stands before the first entry: a chain of one service is none of another's.
fn origin(service: &str) -> Anchor {
    Anchor {
        number: 0,
        chain: seal::sm3(service.as_bytes()).to_vec(),
    }
}

fn covered(before: &[u8], entry: &Entry) -> Vec<u8> {
    let mut bytes = before.to_vec();
    entry.encode_raw(&mut bytes);
    bytes
}

/// Checks a chain link by link, from its first entry; needs no database.
pub struct Verification<'a> {
    keys: &'a Keyring,
    last: Anchor,
    verdict: Verdict,
}

impl<'a> Verification<'a> {
    /// Nothing read yet.
    #[must_use]
    pub fn new(service: &str, keys: &'a Keyring) -> Self {
        Self {
            keys,
            last: origin(service),
            verdict: Verdict::default(),
        }
    }

    /// Takes the next entry in order.
    pub fn take(&mut self, link: &Link) {
        self.verdict.entries += 1;
        let wanted = self.last.number + 1;
        let holds = link.entry.number == wanted
            && self
                .keys
                .audit_matches(&covered(&self.last.chain, &link.entry), &link.chain);
        if !holds && self.verdict.broken_at == 0 {
            self.verdict.broken_at = wanted;
        }
        self.last = Anchor {
            number: wanted,
            chain: link.chain.clone(),
        };
    }

    /// Whether the chain still holds the entry of an anchor that was kept outside: call it when the chain has
    /// been read up to the anchor's number; `false` also when it ends before.
    #[must_use]
    pub fn reaches(&self, anchor: &Anchor) -> bool {
        self.last == *anchor
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> Verdict {
        self.verdict
    }
}

/// Checks a whole chain: all of its entries in order, and what an anchor kept outside says of its tail.
#[must_use]
pub fn verify<'l>(
    service: &str,
    keys: &Keyring,
    links: impl IntoIterator<Item = &'l Link>,
    anchor: Option<&Anchor>,
) -> Verdict {
    let mut verification = Verification::new(service, keys);
    let mut reached = anchor.is_none_or(|anchor| anchor.number == 0);
    for link in links {
        verification.take(link);
        reached |= anchor.is_some_and(|anchor| verification.reaches(anchor));
    }
    let mut verdict = verification.finish();
    if !reached && verdict.broken_at == 0 {
        verdict.broken_at = anchor.map_or(0, |anchor| anchor.number.min(verdict.entries + 1));
    }
    verdict
}
