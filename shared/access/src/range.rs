//! Parts of the tree as intervals of paths. A path is the 16-byte ids from the root, concatenated; a subtree is
//! `path >= p AND path < successor(p)`: no pattern, no collation, no look-alike sibling.

use kernel::id::OrganizationId;

/// Bytes of one id in a path.
pub const STEP: usize = 16;

/// A half-open interval of paths; `end` is `None` where nothing lies behind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// First path included.
    pub start: Vec<u8>,
    /// First path not included.
    pub end: Option<Vec<u8>>,
}

impl Range {
    /// The organization with this path and everything below it.
    #[must_use]
    pub fn subtree(path: &[u8]) -> Self {
        Self {
            start: path.to_vec(),
            end: successor(path),
        }
    }

    /// The organization alone.
    #[must_use]
    pub fn only(path: &[u8]) -> Self {
        Self {
            start: path.to_vec(),
            end: Some(after(path)),
        }
    }

    /// Everything below the organization, without itself.
    #[must_use]
    pub fn below(path: &[u8]) -> Self {
        Self {
            start: after(path),
            end: successor(path),
        }
    }

    /// Whether the path lies in it.
    #[must_use]
    pub fn contains(&self, path: &[u8]) -> bool {
        self.start.as_slice() <= path && self.end.as_deref().is_none_or(|end| path < end)
    }

    fn intersect(&self, other: &Self) -> Option<Self> {
        let start = self.start.clone().max(other.start.clone());
        let end = match (&self.end, &other.end) {
            (None, end) | (end, None) => end.clone(),
            (Some(a), Some(b)) => Some(a.min(b).clone()),
        };
        end.as_ref()
            .is_none_or(|end| start < *end)
            .then_some(Self { start, end })
    }
}

/// The first byte string that is greater than everything that starts with `path`.
fn successor(path: &[u8]) -> Option<Vec<u8>> {
    let last = path.iter().rposition(|b| *b < u8::MAX)?;
    let mut next = path.get(..=last)?.to_vec();
    if let Some(byte) = next.last_mut() {
        *byte += 1;
    }
    Some(next)
}

/// The first byte string behind `path` itself.
fn after(path: &[u8]) -> Vec<u8> {
    let mut next = path.to_vec();
    next.push(0);
    next
}

/// A set of ranges: sorted, without overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges(Vec<Range>);

impl Ranges {
    /// Nothing at all.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The whole tree: for the system's own work.
    #[must_use]
    pub(crate) fn all() -> Self {
        Self(vec![Range {
            start: Vec::new(),
            end: None,
        }])
    }

    /// The union of the ranges given.
    #[must_use]
    pub fn of(ranges: impl IntoIterator<Item = Range>) -> Self {
        let mut all: Vec<Range> = ranges.into_iter().collect();
        all.sort();
        let mut merged: Vec<Range> = Vec::with_capacity(all.len());
        for range in all {
            match merged.last_mut() {
                Some(last) if last.end.as_ref().is_none_or(|end| range.start <= *end) => {
                    last.end = match (last.end.take(), range.end) {
                        (Some(a), Some(b)) => Some(a.max(b)),
                        _ => None,
                    };
                }
                _ => merged.push(range),
            }
        }
        Self(merged)
    }

    /// The part that lies in `range`.
    #[must_use]
    pub fn clip(&self, range: &Range) -> Self {
        Self(self.0.iter().filter_map(|one| one.intersect(range)).collect())
    }

    /// Whether the path lies in one of them.
    #[must_use]
    pub fn contains(&self, path: &[u8]) -> bool {
        self.0.iter().any(|range| range.contains(path))
    }

    /// Whether the whole range lies in one of them.
    #[must_use]
    pub fn covers(&self, range: &Range) -> bool {
        let whole = |one: &Range| one.intersect(range).as_ref() == Some(range);
        self.0.iter().any(whole)
    }

    /// Whether nothing lies in them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Range> {
        self.0.iter()
    }
}

/// The ids in a path, from the root.
pub fn ids(path: &[u8]) -> impl Iterator<Item = OrganizationId> {
    path.chunks_exact(STEP)
        .filter_map(|chunk| uuid::Uuid::from_slice(chunk).ok())
        .map(OrganizationId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subtree_holds_itself_and_what_starts_with_its_path() {
        let range = Range::subtree(&[1, 255]);
        assert!(
            range.contains(&[1, 255]) && range.contains(&[1, 255, 0]) && range.contains(&[1, 255, 255, 255])
        );
        assert!(!range.contains(&[2]) && !range.contains(&[1]) && !range.contains(&[1, 254, 255]));
        assert_eq!(Range::subtree(&[255, 255]).end, None);
    }

    #[test]
    fn own_and_below_together_are_the_subtree() {
        let path = [7; 16];
        assert_eq!(
            Ranges::of([Range::only(&path), Range::below(&path)]),
            Ranges::of([Range::subtree(&path)])
        );
        assert!(!Range::below(&path).contains(&path));
        assert!(!Range::only(&path).contains(&[7; 32]));
    }

    #[test]
    fn a_part_does_not_cover_the_whole() {
        let town = Range::subtree(&[1, 1]);
        assert!(Ranges::of([Range::subtree(&[1])]).covers(&town));
        assert!(Ranges::of([town.clone()]).covers(&town));
        for part in [
            Range::below(&[1, 1]),
            Range::only(&[1, 1]),
            Range::subtree(&[1, 1, 1]),
            Range::subtree(&[2]),
        ] {
            assert!(!Ranges::of([part]).covers(&town));
        }
    }

    #[test]
    fn clipping_to_a_foreign_subtree_leaves_nothing() {
        let mine = Ranges::of([Range::subtree(&[1]), Range::subtree(&[3])]);
        assert!(mine.clip(&Range::subtree(&[2])).is_empty());
        assert_eq!(
            mine.clip(&Range::subtree(&[3, 1])),
            Ranges::of([Range::subtree(&[3, 1])])
        );
    }
}
