//! P5: bookings of exclusive offerings through the service, against the same statements under the same constraint:
//! distinct ones 16 and 64 at once, bundles of four, and one that everybody wants at the same time and one has.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ::wire::words::timestamp;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Role, id::PersonId};
use prost::Message;
use proto::resource::v1::{BookingLine, HoldBookingRequest};
use sqlx::{Connection, postgres::PgConnection};
use tonic::Code;
use uuid::Uuid;

use crate::{
    figure::{Figure, Goal},
    lab::{Lab, Trouble},
    limits::booking::Bookings,
    people::Presented,
    raw::Wire,
    reader::Reader,
    rounds::{Load, Side, in_turn},
    suite::Suite,
};

const PATH: &str = "/zhibu.resource.v1.ResourceService/HoldBooking";
/// Connections to Postgres, of the service and of the bare statements.
pub const CONNECTIONS: u32 = 16;
/// Offerings that are made for this row, like one that the county has.
const OFFERINGS: usize = 512;
const LIKE: &str = "INSERT INTO resource.resource (id, kind, title, owner_id, capacity, standing, site_id, subjects, \
    grades, graded, external_system, external_value, version, recorded_at) \
    SELECT gen_random_uuid(), one.kind, one.title, one.owner_id, 1, one.standing, one.site_id, one.subjects, 0, 0, \
    'bench', n::text, 1, one.recorded_at FROM generate_series(1, $2) AS n, \
    (SELECT * FROM resource.resource WHERE kind = 'trainer' AND owner_id = $1 AND standing = 'admitted' LIMIT 1) AS one \
    RETURNING id";

/// What is booked by a call.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    /// The next ones, so many, at a time at which they are free.
    Free(usize),
    /// One at a time at which it is taken.
    Taken,
}

/// Which offering at which time the next booking has.
struct Plan {
    offerings: Vec<Uuid>,
    first: DateTime<Utc>,
    next: AtomicU64,
    wanted: Wanted,
}

impl Plan {
    fn next(&self) -> (Vec<Uuid>, (DateTime<Utc>, DateTime<Utc>)) {
        let (count, n) = match self.wanted {
            Wanted::Free(count) => (count, self.next.fetch_add(1, Ordering::Relaxed)),
            Wanted::Taken => (1, 0),
        };
        let n = usize::try_from(n).unwrap_or_default();
        let each = self.offerings.len() / count;
        let from = n % each * count;
        let times = i32::try_from(n / each).unwrap_or_default();
        let start = self.first + TimeDelta::minutes(10) * times;
        let mut all = self.offerings[from..from + count].to_vec();
        // As the service does: two bundles never wait for each other crosswise.
        all.sort_unstable();
        (all, (start, start + TimeDelta::minutes(10)))
    }
}

/// Runs it on a suite that is up.
///
/// # Errors
/// When something refuses that should not.
pub async fn run(lab: &Lab, reader: &Reader, suite: &Suite) -> Result<Vec<Figure>, Trouble> {
    let mut db = PgConnection::connect(reader.url()).await?;
    let made = sqlx::query_scalar(LIKE)
        .bind(reader.committee())
        .bind(i32::try_from(OFFERINGS).unwrap_or_default());
    let offerings: Vec<Uuid> = made.fetch_all(&mut db).await?;
    if offerings.is_empty() {
        return Err(Trouble("the county has no trainer".into()));
    }
    let clerk = reader.holding(Role::Clerk)?;
    let bare = Bookings::new(reader.url(), CONNECTIONS).await?;
    let mut figures = Vec::new();
    for (at_once, wanted, what, goal) in [
        (
            16,
            Wanted::Free(1),
            "bookings a second, distinct offerings, 16 at once",
            0.65,
        ),
        (
            64,
            Wanted::Free(1),
            "bookings a second, distinct offerings, 64 at once",
            0.65,
        ),
        (16, Wanted::Free(4), "bundles of four a second, 16 at once", 0.65),
        (
            16,
            Wanted::Taken,
            "refusals a second, one offering that is taken, 16 at once",
            0.5,
        ),
    ] {
        let load = Load {
            at_once,
            ..lab.load()
        };
        // Days of their own, so that no two of these meet.
        let first = reader.now + TimeDelta::days(15) * i32::try_from(figures.len() + 1).unwrap_or(1);
        let plan = || Plan {
            offerings: offerings.clone(),
            first,
            next: AtomicU64::new(0),
            wanted,
        };
        let wire = Wire::to(suite.address("resource")?, at_once).await?;
        let ours = through_service(wire, clerk.clone(), reader.root(), plan());
        let limit = by_statements(bare.clone(), reader.committee(), plan());
        if matches!(wanted, Wanted::Taken) {
            // The first of all has it.
            ours(0).await?;
            limit(0).await?;
        }
        let rounds = in_turn(load, ours, limit).await?;
        figures.push(Figure::beside("P5", what, &rounds.rates(), Goal::least(goal)));
    }
    Ok(figures)
}

fn through_service(wire: Wire, clerk: Presented, organization_id: String, plan: Plan) -> Side {
    let plan = Arc::new(plan);
    Arc::new(move |n| {
        let (offerings, (start, end)) = plan.next();
        let line = |resource: Uuid| BookingLine {
            resource_id: resource.to_string(),
            start: Some(timestamp(start)),
            end: Some(timestamp(end)),
            quantity: 1,
        };
        let request = HoldBookingRequest {
            organization_id: organization_id.clone(),
            lines: offerings.into_iter().map(line).collect(),
            purpose: "支部主题党日".into(),
            request_id: PersonId::new().to_string(),
        };
        let (wire, clerk, taken) = (wire.clone(), clerk.clone(), matches!(plan.wanted, Wanted::Taken));
        Box::pin(async move {
            let answer = wire
                .ask(n, PATH, clerk.headers()?, request.encode_to_vec().into())
                .await;
            match answer {
                Ok(_) => Ok(()),
                Err(status) if taken && status.code() == Code::FailedPrecondition => Ok(()),
                Err(status) => Err(Trouble(format!(
                    "a booking: {:?} {}",
                    status.code(),
                    status.message()
                ))),
            }
        })
    })
}

fn by_statements(bare: Bookings, organization: Uuid, plan: Plan) -> Side {
    let plan = Arc::new(plan);
    Arc::new(move |_| {
        let (offerings, span) = plan.next();
        let (bare, taken) = (bare.clone(), matches!(plan.wanted, Wanted::Taken));
        Box::pin(async move {
            let id = Uuid::from(PersonId::new());
            match bare.book(id, organization, &offerings, span).await? {
                false if !taken => Err(Trouble("a booking by statements was refused".into())),
                _ => Ok(()),
            }
        })
    })
}
