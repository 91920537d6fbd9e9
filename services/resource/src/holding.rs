//! Takes a bundle whole or not at all (X4), for whoever books and for who was first in line.
//!
//! Exclusive lines are judged by the database's constraint alone: one statement, no lock, no look before.
//! Where seats or copies add up, the offerings are locked first, in order of id, and summed up then. Lines are
//! taken in the same order by everybody, so that two bundles never wait for each other crosswise.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::Duration;
use kernel::{
    Instant, Kind, Refusal, RpcError,
    id::{BookingId, OrganizationId, ResourceId},
};
use storage::{Reading, Tx};

use crate::{
    domain::{
        booking::Booking,
        occupation::{Taken, free, next_free},
        offering::Offering,
        span::{Line, Span, resources},
    },
    error::ResourceError,
    events,
    store::{
        bookings,
        lines::{self, Occupant},
        resources as catalogue,
    },
    timers,
};

/// How far ahead a free time is looked for, to be offered instead.
const INSTEAD_DAYS: i64 = 14;

/// What is to be held for whom.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Who books.
    pub organization: OrganizationId,
    /// The organizations from the root to it: their offerings serve it.
    pub lineage: &'a [OrganizationId],
    /// The lines, in order.
    pub lines: Vec<Line>,
    /// What it is for.
    pub purpose: String,
    /// Who asked for it.
    pub booked_by: &'a str,
    /// When the hold expires.
    pub expires_at: Instant,
}

type Offerings = HashMap<ResourceId, Offering>;

/// Holds everything, or refuses and leaves the unit of work to be dropped.
pub async fn hold(tx: &Tx, wanted: Wanted<'_>, now: Instant) -> Result<Booking, RpcError> {
    let offerings = offerings(tx, &wanted.lines).await?;
    bookable(&offerings, wanted.lineage, &wanted.lines)?;
    let Wanted {
        organization,
        lines,
        purpose,
        booked_by,
        expires_at,
        ..
    } = wanted;
    let booking = Booking::hold(BookingId::new(), organization, lines, purpose, expires_at);
    let shared = |line: &&Line| offerings.get(&line.resource).is_some_and(|one| !one.exclusive());
    let shared: Vec<Line> = booking.lines.iter().filter(shared).copied().collect();
    if !shared.is_empty() {
        let there = occupants(tx, &shared, now).await?;
        if let Some(line) = lacking(&offerings, &shared, &there) {
            return Err(instead(tx, &offerings, line, now).await?.into());
        }
    }
    take(tx, &offerings, &booking, now).await?;
    bookings::insert(tx, &booking, booked_by).await?;
    events::booking(tx, &booking, now);
    Ok(booking)
}

/// Whether everything could be held: the refusal that a hold would get for what is taken, if it would. Refuses
/// what could not be held by this organization at any time.
pub async fn taken(
    tx: &Tx,
    lineage: &[OrganizationId],
    wanted: &[Line],
    now: Instant,
) -> Result<Option<Refusal>, RpcError> {
    let offerings = catalogue::of(tx, &resources(wanted)).await?;
    bookable(&offerings, lineage, wanted)?;
    let there = occupants(tx, wanted, now).await?;
    match lacking(&offerings, wanted, &there) {
        None => Ok(None),
        Some(line) => instead(tx, &offerings, line, now).await.map(Some),
    }
}

/// The offerings of the lines, none of which is taken out of its library meanwhile; those with seats or copies are
/// nobody else's until the unit of work ends.
async fn offerings(tx: &Tx, wanted: &[Line]) -> Result<Offerings, RpcError> {
    let mut offerings = catalogue::kept(tx, &resources(wanted)).await?;
    let shared: Vec<ResourceId> = offerings
        .values()
        .filter(|one| !one.exclusive())
        .map(|one| one.id)
        .collect();
    if !shared.is_empty() {
        offerings.extend(catalogue::lock(tx, &shared).await?);
    }
    Ok(offerings)
}

/// What serves others is absent.
fn bookable(offerings: &Offerings, lineage: &[OrganizationId], wanted: &[Line]) -> Result<(), Refusal> {
    for line in wanted {
        let offering = offerings.get(&line.resource);
        let offering = offering.filter(|one| one.serves(lineage));
        let offering = offering.ok_or_else(Refusal::not_found)?;
        offering
            .bookable(line)
            .map_err(|broken| Refusal::from(broken).with("resource_id", line.resource))?;
    }
    Ok(())
}

/// Takes the lines. What stands in the way but ran out is written down so first, once; then it is taken.
async fn take(tx: &Tx, offerings: &Offerings, booking: &Booking, now: Instant) -> Result<(), RpcError> {
    let exclusive: HashSet<ResourceId> = offerings
        .values()
        .filter(|one| one.exclusive())
        .map(|one| one.id)
        .collect();
    let mut missing = booking.lines.len() as u64;
    for _ in 0..2 {
        missing = missing.saturating_sub(lines::take(tx, booking, &exclusive).await?);
        if missing == 0 {
            return Ok(());
        }
        let apart: Vec<Line> = booking
            .lines
            .iter()
            .filter(|line| exclusive.contains(&line.resource))
            .copied()
            .collect();
        let there = occupants(tx, &apart, now).await?;
        if let Some(line) = lacking(offerings, &apart, &there) {
            return Err(instead(tx, offerings, line, now).await?.into());
        }
        let lapsed: BTreeSet<BookingId> = there
            .iter()
            .filter(|one| one.lapsed)
            .map(|one| one.booking)
            .collect();
        for id in lapsed {
            timers::lapse(tx, id, now).await?;
        }
    }
    let zh = "该资源正在被他人预约，请稍后重试。";
    Err(Refusal::new(Kind::Conflict, "CONCURRENT_CHANGE", zh).into())
}

async fn occupants(read: &impl Reading, wanted: &[Line], now: Instant) -> Result<Vec<Occupant>, RpcError> {
    let start = wanted
        .iter()
        .map(|line| line.span.start)
        .min()
        .unwrap_or_default();
    let end = wanted.iter().map(|line| line.span.end).max().unwrap_or_default();
    lines::occupants(read, &resources(wanted), Span { start, end }, now).await
}

/// The first line of which not enough is free.
fn lacking<'a>(offerings: &Offerings, wanted: &'a [Line], there: &[Occupant]) -> Option<&'a Line> {
    wanted.iter().find(|line| {
        let capacity = offerings.get(&line.resource).map_or(0, |one| one.card.capacity);
        free(capacity, &of(there, line.resource), line.span) < line.quantity
    })
}

fn of(there: &[Occupant], resource: ResourceId) -> Vec<Taken> {
    let stands = |one: &&Occupant| one.resource == resource && !one.lapsed;
    there.iter().filter(stands).map(|one| one.taken).collect()
}

/// The refusal for a line of which not enough is free, with what is free of it then and from when on it is.
async fn instead(tx: &Tx, offerings: &Offerings, line: &Line, now: Instant) -> Result<Refusal, RpcError> {
    let Some(offering) = offerings.get(&line.resource) else {
        return Ok(Refusal::not_found());
    };
    let last = line.span.start + Duration::days(INSTEAD_DAYS);
    let ahead = Span {
        start: line.span.start,
        end: last + line.span.length(),
    };
    let there = lines::occupants(tx, &[line.resource], ahead, now).await?;
    let there = of(&there, line.resource);
    let wanted = Taken {
        span: line.span,
        quantity: line.quantity,
    };
    let capacity = offering.card.capacity;
    let refusal = Refusal::from(offering.exhausted())
        .with("resource_id", line.resource)
        .with("free", free(capacity, &there, line.span));
    Ok(match next_free(capacity, &there, wanted, last) {
        Some(from) => refusal.with("free_from", from.to_rfc3339()),
        None => refusal,
    })
}

/// The refusals of [`taken`] that mean: waiting makes no sense.
#[must_use]
pub fn never(error: &RpcError) -> bool {
    let reasons = [
        ResourceError::ResourceRetired,
        ResourceError::ResourceNotAdmitted,
        ResourceError::QuantityNotOne,
    ];
    let reasons = reasons.map(Refusal::from).into_iter();
    let mut never = reasons.chain([Refusal::not_found()]).map(|one| one.reason);
    let refusal = error.refusal().map(|refusal| &refusal.reason);
    never.any(|one| refusal == Some(&one))
}
