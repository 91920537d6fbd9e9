//! The head of the trail, kept beside it and keyed like its links: it shows that newer entries were taken away, or all.
//! The next entry goes on behind the head, not behind the last row, so that a cut stays in the trail for good; a head
//! that was taken away or bent is not made anew.

use sea_orm::{Condition, ConnectionTrait, DbErr};

use super::{
    chain::{Anchor, Chain},
    entry::Entry,
    rows,
};
use crate::row::{cell, signed, sql, unsigned};

/// What stands in the row of the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Head {
    /// Nothing: no entry was ever written, or the row was taken away.
    None,
    /// The last entry.
    At(Anchor),
    /// Something that was not written with the key.
    Bent,
}

/// Where the trail goes on.
pub(crate) struct End {
    last: Option<Anchor>,
    /// Whether the head moves along.
    moves: bool,
}

/// The head.
pub(crate) async fn read(db: &impl ConnectionTrait, chain: &Chain) -> Result<Head, DbErr> {
    let row = db
        .query_one_raw(sql(db, "SELECT number, chain, seal FROM audit_head", []))
        .await?;
    let Some(row) = row else {
        return Ok(Head::None);
    };
    let (Ok(number), Ok(link), Ok(seal)) = (cell(&row, 0), cell(&row, 1), cell::<Vec<u8>>(&row, 2)) else {
        return Ok(Head::Bent);
    };
    let anchor = Anchor {
        number: unsigned(number),
        chain: link,
    };
    Ok(match chain.sealed(&anchor, &seal) {
        true => Head::At(anchor),
        false => Head::Bent,
    })
}

/// Where the trail goes on, before anything of the unit of work is in the feed.
pub(crate) async fn end(db: &impl ConnectionTrait, chain: &Chain) -> Result<End, DbErr> {
    let (last, moves) = match read(db, chain).await? {
        Head::At(anchor) => {
            // A row that somebody put behind the head has a number that is taken: nobody's work stands still for it.
            let beyond = rows::last(db).await?.filter(|last| last.number > anchor.number);
            (beyond.or(Some(anchor)), true)
        }
        Head::Bent => (rows::last(db).await?, false),
        Head::None => match rows::newest(db, Condition::all(), None, 2).await?.as_slice() {
            [] => (None, !is_fed(db).await?),
            [last, before @ ..] => (Some(last.anchor()), chain.is_of_before(before.first(), last)),
        },
    };
    Ok(End { last, moves })
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
        let Anchor { number, chain: link } = last.anchor();
        let seal = chain.seal(&last.anchor());
        let text = "INSERT INTO audit_head (row, number, chain, seal) VALUES (1, $1, $2, $3) ON CONFLICT (row) \
            DO UPDATE SET number = excluded.number, chain = excluded.chain, seal = excluded.seal";
        let values = [signed(number).into(), link.into(), seal.into()];
        db.execute_raw(sql(db, text, values)).await?;
    }
    rows::append(db, links).await
}

/// Whether anything was ever fed: what changes a record is audited, so that an empty trail beside a feed was emptied.
pub(crate) async fn is_fed(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let row = db
        .query_one_raw(sql(db, "SELECT 1 FROM feed LIMIT 1", []))
        .await?;
    Ok(row.is_some())
}

/// Whether the trail was kept with other keys than these: neither its head nor its first entry is theirs. One of them
/// alone was bent, which a verification tells.
pub(crate) async fn has_other_keys(db: &impl ConnectionTrait, chain: &Chain) -> Result<bool, DbErr> {
    if read(db, chain).await? != Head::Bent {
        return Ok(false);
    }
    let first = rows::after(db, None, 1).await?;
    let mut verification = chain.verification();
    first.iter().for_each(|link| verification.take(link));
    Ok(verification.finish().broken_at != 0)
}
