//! The head of the trail, kept beside it and keyed like its links: it shows that newer entries were taken away, or all.
//! It is made when a database that holds nothing is first opened, so that one that is missing was taken away. The next
//! entry goes on behind the head, not behind the last row, so that a cut stays in the trail for good; a head that was
//! taken away or bent is not made anew.

use sea_orm::{ConnectionTrait, DbErr};

use super::{
    chain::{Anchor, Chain},
    entry::Entry,
    rows,
};
use crate::marks::{self, Mark};

const NAME: &str = "audit head";
/// Bytes of a link.
const LINK: usize = 32;

/// What is kept of the end of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Head {
    /// The last entry; number 0 before the first.
    At(Anchor),
    /// Nothing, or something that was not written with the key.
    Bent,
}

/// Where the trail goes on.
pub(crate) struct End {
    last: Anchor,
    /// Whether the head moves along.
    moves: bool,
}

/// The head of a database that holds nothing yet.
pub(crate) fn first(chain: &Chain) -> Mark {
    (NAME.to_owned(), kept(chain, &chain.origin()))
}

/// The head.
pub(crate) async fn read(db: &impl ConnectionTrait, chain: &Chain) -> Result<Head, DbErr> {
    let mark = marks::get(db, NAME).await?;
    Ok(mark
        .and_then(|mark| recalled(chain, &mark))
        .map_or(Head::Bent, Head::At))
}

/// Where the trail goes on, before anything of the unit of work is in the feed.
pub(crate) async fn end(db: &impl ConnectionTrait, chain: &Chain) -> Result<End, DbErr> {
    let last = rows::last(db).await?;
    Ok(match read(db, chain).await? {
        // A row that somebody put behind the head has a number that is taken: nobody's work stands still for it.
        Head::At(head) => End {
            last: last.filter(|last| last.number > head.number).unwrap_or(head),
            moves: true,
        },
        Head::Bent => End {
            last: last.unwrap_or_else(|| chain.origin()),
            moves: false,
        },
    })
}

/// Adds entries there.
pub(crate) async fn append(
    db: &impl ConnectionTrait,
    chain: &Chain,
    end: End,
    entries: Vec<Entry>,
) -> Result<(), DbErr> {
    let links = chain.append(end.last, entries);
    if let Some(last) = links.last().filter(|_| end.moves) {
        marks::set(db, NAME, kept(chain, &last.anchor())).await?;
    }
    rows::append(db, links).await
}

/// As the mark holds it: number, link and seal.
fn kept(chain: &Chain, head: &Anchor) -> Vec<u8> {
    [&head.number.to_be_bytes()[..], &head.chain, &chain.seal(head)].concat()
}

/// Out of the mark; `None` when it is none of this chain.
fn recalled(chain: &Chain, mark: &[u8]) -> Option<Anchor> {
    let (number, rest) = mark.split_first_chunk()?;
    let (link, seal) = rest.split_first_chunk::<LINK>()?;
    let head = Anchor {
        number: u64::from_be_bytes(*number),
        chain: link.to_vec(),
    };
    chain.sealed(&head, seal).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_recalled_and_with_any_byte_changed_or_missing_it_is_none() {
        let keys = testkit::database::keys();
        let chain = Chain::new("member", keys.audit().expect("a key"));
        let head = Anchor {
            number: 5,
            chain: vec![7; LINK],
        };
        let mark = kept(&chain, &head);
        assert_eq!(recalled(&chain, &mark), Some(head));
        assert_eq!(
            recalled(&Chain::new("rating", keys.audit().expect("a key")), &mark),
            None,
            "another service's"
        );
        for at in 0..mark.len() {
            let mut bent = mark.clone();
            bent[at] ^= 1;
            assert_eq!(recalled(&chain, &bent), None, "byte {at}");
            assert_eq!(recalled(&chain, &mark[..at]), None, "cut at {at}");
        }
    }
}
