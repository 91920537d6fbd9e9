//! The keyed chain: each link is HMAC-SM3 over the link before and the entry. Whoever can write to the database
//! but has no key can neither change, drop, swap, insert nor reorder an entry unseen; the head that is kept beside the
//! trail shows a cut tail as well, and an [`Anchor`] kept elsewhere a database that was set back as a whole.

use std::fmt;

use prost::Message;
use seal::AuditKey;

use super::entry::Entry;

/// An entry with its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The entry.
    pub entry: Entry,
    /// The link, 32 bytes.
    pub chain: Vec<u8>,
}

impl Link {
    pub(crate) fn anchor(&self) -> Anchor {
        Anchor {
            number: self.entry.number,
            chain: self.chain.clone(),
        }
    }
}

/// Where a chain stood at some time.
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
    key: AuditKey,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain({})", self.service)
    }
}

impl Chain {
    pub(crate) fn new(service: &'static str, key: AuditKey) -> Self {
        Self { service, key }
    }

    /// Where the chain stands before its first entry.
    pub(crate) fn origin(&self) -> Anchor {
        origin(self.service)
    }

    /// Gives the entries their places and links behind `last`.
    pub(crate) fn append(&self, mut last: Anchor, entries: Vec<Entry>) -> Vec<Link> {
        let mut links = Vec::with_capacity(entries.len());
        for mut entry in entries {
            entry.number = last.number + 1;
            let chain = self.key.mac(&covered(&last.chain, &entry)).to_vec();
            let link = Link { entry, chain };
            last = link.anchor();
            links.push(link);
        }
        links
    }

    /// What makes a head one of this chain.
    pub(crate) fn seal(&self, head: &Anchor) -> Vec<u8> {
        self.key.mac(&self.sealing(head)).to_vec()
    }

    /// Whether a head was sealed so.
    pub(crate) fn sealed(&self, head: &Anchor, seal: &[u8]) -> bool {
        self.key.matches(&self.sealing(head), seal)
    }

    /// The zero stands where a link has the tag of its entry's number: none passes for the other.
    fn sealing(&self, head: &Anchor) -> Vec<u8> {
        let origin = origin(self.service).chain;
        [&origin[..], b"\0", &head.number.to_be_bytes(), &head.chain].concat()
    }

    pub(crate) fn verification(&self) -> Verification<'_> {
        Verification::new(self.service, &self.key)
    }
}

/// What stands before the first entry: a chain of one service is none of another's.
fn origin(service: &str) -> Anchor {
    Anchor {
        number: 0,
        chain: seal::sm3(service.as_bytes()).to_vec(),
    }
}

/// What a link is made over.
fn covered(before: &[u8], entry: &Entry) -> Vec<u8> {
    let mut bytes = before.to_vec();
    entry.encode_raw(&mut bytes);
    bytes
}

/// Checks a chain link by link, from its first entry; needs no database.
pub struct Verification<'a> {
    key: &'a AuditKey,
    last: Anchor,
    verdict: Verdict,
}

impl<'a> Verification<'a> {
    /// Nothing read yet.
    #[must_use]
    pub fn new(service: &str, key: &'a AuditKey) -> Self {
        Self {
            key,
            last: origin(service),
            verdict: Verdict::default(),
        }
    }

    /// Takes the next entry in order.
    pub fn take(&mut self, link: &Link) {
        self.verdict.entries += 1;
        let wanted = self.last.number + 1;
        let covered = covered(&self.last.chain, &link.entry);
        let holds = link.entry.number == wanted && self.key.matches(&covered, &link.chain);
        if !holds && self.verdict.broken_at == 0 {
            self.verdict.broken_at = wanted;
        }
        self.last = Anchor {
            number: wanted,
            chain: link.chain.clone(),
        };
    }

    /// Whether the chain still holds the entry of an anchor that was kept: call it when the chain has been read up to
    /// the anchor's number; `false` also when it ends before.
    #[must_use]
    pub fn reaches(&self, anchor: &Anchor) -> bool {
        self.last == *anchor
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> Verdict {
        self.verdict
    }

    /// What was found, where entries up to a number are missed.
    pub(crate) fn missing(self, number: u64) -> Verdict {
        let mut verdict = self.verdict;
        if verdict.broken_at == 0 {
            verdict.broken_at = number.min(verdict.entries + 1);
        }
        verdict
    }
}

/// Checks a whole chain: all of its entries in order, and what an anchor that was kept says of its tail.
#[must_use]
pub fn verify<'l>(
    service: &str,
    key: &AuditKey,
    links: impl IntoIterator<Item = &'l Link>,
    anchor: Option<&Anchor>,
) -> Verdict {
    let mut verification = Verification::new(service, key);
    let mut reached = anchor.is_none_or(|anchor| anchor.number == 0);
    for link in links {
        verification.take(link);
        reached |= anchor.is_some_and(|anchor| verification.reaches(anchor));
    }
    match anchor.filter(|_| !reached) {
        Some(anchor) => verification.missing(anchor.number),
        None => verification.finish(),
    }
}
