//! Between the contract and the rules.

use kernel::{
    Instant, Refusal,
    id::{BookingId, ResourceId},
};
use prost_types::Timestamp;
use proto::resource::v1 as contract;
use uuid::Uuid;
use wire::{Fields, words};

use crate::domain::{
    booking::{Booking, State},
    feedback::mean_hundredths,
    offering::{Card, Kind, Offering, Standing},
    span::{Line, Span},
};

/// The contract's number of a library.
#[must_use]
pub fn kind_number(kind: Kind) -> i32 {
    let kind = match kind {
        Kind::Trainer => contract::ResourceKind::Trainer,
        Kind::Venue => contract::ResourceKind::Venue,
        Kind::Material => contract::ResourceKind::Material,
        Kind::Course => contract::ResourceKind::Course,
    };
    kind.into()
}

/// The library of a number; `None` when unspecified.
#[must_use]
pub fn kind(number: i32) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind_number(*kind) == number)
}

fn standing_number(standing: Standing) -> i32 {
    let standing = match standing {
        Standing::Proposed => contract::ResourceState::Proposed,
        Standing::Admitted => contract::ResourceState::Admitted,
        Standing::Retired => contract::ResourceState::Retired,
    };
    standing.into()
}

fn state_number(state: State) -> i32 {
    let state = match state {
        State::Held => contract::BookingState::Held,
        State::Confirmed => contract::BookingState::Confirmed,
        State::Kept => contract::BookingState::Kept,
        State::Cancelled => contract::BookingState::Cancelled,
        State::Expired => contract::BookingState::Expired,
        State::Missed => contract::BookingState::Missed,
    };
    state.into()
}

/// The state of a number; `None` when unspecified.
#[must_use]
pub fn state(number: i32) -> Option<State> {
    State::ALL
        .into_iter()
        .find(|state| state_number(*state) == number)
}

/// An offering as the contract writes it.
#[must_use]
pub fn resource(offering: &Offering) -> contract::Resource {
    let card = &offering.card;
    contract::Resource {
        id: offering.id.to_string(),
        kind: kind_number(card.kind),
        title: card.title.clone(),
        owner_id: card.owner.to_string(),
        capacity: card.capacity,
        state: standing_number(offering.standing),
        site_id: card.site.map(|id| id.to_string()).unwrap_or_default(),
        subjects: card.subjects.clone(),
        etag: wire::etag(offering.id.into(), offering.version),
        version: offering.version,
        feedback_hundredths: mean_hundredths(offering.grades, offering.graded),
    }
}

/// A booking as the contract writes it, in the state that the clock has it in at a moment.
#[must_use]
pub fn booking(booking: &Booking, now: Instant) -> contract::Booking {
    let state = booking.at(now);
    let expires_at = booking.due_at.filter(|_| state == State::Held);
    contract::Booking {
        id: booking.id.to_string(),
        organization_id: booking.organization.to_string(),
        state: state_number(state),
        lines: booking.lines.iter().map(line).collect(),
        expires_at: expires_at.map(words::timestamp),
        purpose: booking.purpose.clone(),
        etag: wire::etag(booking.id.into(), booking.version),
        version: booking.version,
    }
}

fn line(line: &Line) -> contract::BookingLine {
    contract::BookingLine {
        resource_id: line.resource.to_string(),
        start: Some(words::timestamp(line.span.start)),
        end: Some(words::timestamp(line.span.end)),
        quantity: line.quantity,
    }
}

/// Reads the lines of a request; the rules judge them.
pub fn lines(given: &[contract::BookingLine]) -> Result<Vec<Line>, Refusal> {
    let mut fields = Fields::new();
    let mut lines = Vec::with_capacity(given.len());
    for (at, line) in given.iter().enumerate() {
        let resource: Option<ResourceId> =
            fields.parse(&format!("lines[{at}].resource_id"), &line.resource_id);
        let start = instant(&mut fields, &format!("lines[{at}].start"), line.start.as_ref());
        let end = instant(&mut fields, &format!("lines[{at}].end"), line.end.as_ref());
        if let (Some(resource), Some(start), Some(end)) = (resource, start, end) {
            lines.push(Line {
                resource,
                span: Span { start, end },
                quantity: line.quantity,
            });
        }
    }
    fields.build(Some(lines))
}

/// Reads a span; the rules judge it.
pub fn span(fields: &mut Fields, start: Option<&Timestamp>, end: Option<&Timestamp>) -> Option<Span> {
    let start = instant(fields, "start", start);
    let end = instant(fields, "end", end);
    Some(Span {
        start: start?,
        end: end?,
    })
}

/// A moment; the contract's rules have judged it already.
fn instant(fields: &mut Fields, field: &str, given: Option<&Timestamp>) -> Option<Instant> {
    fields.known(field, given.and_then(words::instant))
}

/// The booking that a request names.
pub fn booking_id(text: &str) -> Result<BookingId, Refusal> {
    let mut fields = Fields::new();
    let id = fields.parse("booking_id", text);
    fields.build(id)
}

/// A row of an import, read.
#[derive(Debug, Clone)]
pub struct Row {
    /// Line of the file.
    pub line: u32,
    /// Its id elsewhere, `(system, value)`.
    pub external_id: (String, String),
    /// What it is.
    pub card: Card,
}

/// Reads a row whose field rules hold.
pub fn row(row: &contract::ResourceRow) -> Result<Row, Refusal> {
    let mut fields = Fields::new();
    let external_id = row
        .external_id
        .as_ref()
        .map(|id| (id.system.clone(), id.value.clone()));
    let external_id = fields.known("external_id", external_id);
    let kind = fields.known("kind", kind(row.kind));
    let owner = fields.parse("owner_id", &row.owner_id);
    let site: Option<Uuid> = fields.optional("site_id", &row.site_id);
    let read = (|| {
        let card = Card {
            kind: kind?,
            title: row.title.trim().to_owned(),
            owner: owner?,
            capacity: row.capacity,
            site,
            subjects: row.subjects.clone(),
        };
        Some(Row {
            line: row.line,
            external_id: external_id?,
            card,
        })
    })();
    fields.build(read)
}
