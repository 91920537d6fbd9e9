//! The four libraries, their admission and the bookings of the year.

use kernel::{Day, Instant, day::start_of};
use proto::{
    process::v1::Evidence,
    resource::v1::{BookingLine, HoldBookingRequest, ResourceKind as Kind, ResourceRow},
};

use super::{Known, Sight, external, line};
use crate::county::{
    County,
    library::{Booking, Resource, ResourceKind},
};

/// Every offering, by its owner.
#[must_use]
pub fn resources(sight: &Sight<'_>) -> Vec<(usize, ResourceRow)> {
    let all = sight.county.resources.iter().enumerate();
    all.map(|(at, resource)| (resource.owner, row(sight, at, resource)))
        .collect()
}

fn row(sight: &Sight<'_>, at: usize, resource: &Resource) -> ResourceRow {
    let site_id = match resource.kind {
        ResourceKind::Venue { site, .. } => sight.known.sites[site].clone(),
        _ => String::new(),
    };
    ResourceRow {
        line: line(at),
        external_id: external(&resource.external_id),
        kind: kind(&resource.kind).into(),
        title: resource.title.clone(),
        owner_id: sight.known.organization(resource.owner),
        capacity: resource.capacity(),
        site_id,
        subjects: resource.subjects.iter().map(|word| (*word).to_owned()).collect(),
    }
}

fn kind(kind: &ResourceKind) -> Kind {
    match kind {
        ResourceKind::Trainer { .. } => Kind::Trainer,
        ResourceKind::Venue { .. } => Kind::Venue,
        ResourceKind::Material { .. } => Kind::Material,
        ResourceKind::Course { .. } => Kind::Course,
    }
}

/// The variant of the procedure `resource_admission` for an offering.
#[must_use]
pub fn variant(kind: &ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Trainer { .. } => "trainer",
        ResourceKind::Venue { .. } => "venue",
        ResourceKind::Material { .. } => "material",
        ResourceKind::Course { .. } => "course",
    }
}

/// What the opening step of the admission of an offering is taken with.
#[must_use]
pub fn card(county: &County, known: &Known, resource: &Resource) -> Vec<Evidence> {
    let more = match &resource.kind {
        ResourceKind::Trainer { group, .. } => ("trainer_group", (*group).to_owned()),
        ResourceKind::Venue { site, .. } => ("site_ref", known.sites[*site].clone()),
        ResourceKind::Material { subject, .. } => (
            "rights_statement",
            format!("《{subject}》由县委组织部编印，可内部使用"),
        ),
        ResourceKind::Course {
            trainers, materials, ..
        } => {
            let titles = trainers
                .iter()
                .chain(materials)
                .map(|at| county.resources[*at].title.as_str());
            ("course_outline", titles.collect::<Vec<_>>().join("；"))
        }
    };
    vec![
        evidence("resource_card", format!("资源卡片：{}", resource.title)),
        evidence(more.0, more.1),
    ]
}

/// One piece of evidence.
#[must_use]
pub fn evidence(item: &str, value: impl Into<String>) -> Evidence {
    Evidence {
        item: item.into(),
        value: value.into(),
    }
}

/// The request that holds a booking.
#[must_use]
pub fn hold(known: &Known, booking: &Booking, request_id: String) -> HoldBookingRequest {
    let (start, end) = span(booking);
    let line = |(resource, quantity): &(usize, u32)| BookingLine {
        resource_id: known.resources[*resource].clone(),
        start: Some(wire::words::timestamp(start)),
        end: Some(wire::words::timestamp(end)),
        quantity: *quantity,
    };
    HoldBookingRequest {
        organization_id: known.organization(booking.branch),
        lines: booking.lines.iter().map(line).collect(),
        purpose: "支部集中学习".into(),
        request_id,
    }
}

/// Whether a booking has the lines that were asked for, in whatever order.
#[must_use]
pub fn same_lines(asked: &[BookingLine], booked: &[BookingLine]) -> bool {
    asked.len() == booked.len() && asked.iter().all(|line| booked.contains(line))
}

/// From when to when a booking is.
#[must_use]
pub fn span(booking: &Booking) -> (Instant, Instant) {
    (
        at_hour(booking.on, booking.from_hour),
        at_hour(booking.on, booking.to_hour),
    )
}

/// A full hour of a day.
#[must_use]
pub fn at_hour(day: Day, hour: u32) -> Instant {
    start_of(day) + chrono::Duration::hours(hour.into())
}
