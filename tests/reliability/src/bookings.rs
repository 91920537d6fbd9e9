//! Holds of materials: the write of most rows. Sent twice under two keys it would be there twice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use kernel::{Instant, clock::system_now, day::day_of, day::start_of};
use proto::resource::v1::{
    BookingLine, HoldBookingRequest, ListBookingsRequest,
    resource_service_client::ResourceServiceClient as Library,
};
use tokio::{task::JoinSet, time::sleep};
use wire::words::timestamp;

use crate::{
    county::{County, reason},
    history::{History, Number, Outcome, Seen},
    lab::{Lab, Trouble},
    people::Person,
};

/// Writers at the same time, each with a material of its own.
pub const WRITERS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(20);
const PAGE: i32 = 1000;
/// Numbers of one writer.
const OF_WRITER: u64 = 1 << 32;
/// Hours that may be booked ahead.
const HOURS: u64 = 700 * 24;

/// Books, and knows what came of it.
pub struct Booker {
    county: Arc<County>,
    /// What was booked.
    pub history: History,
    begun: Instant,
    next: Vec<AtomicU64>,
    stop: AtomicBool,
}

impl Booker {
    /// Nothing booked yet.
    #[must_use]
    pub fn new(county: Arc<County>) -> Arc<Self> {
        Arc::new(Self {
            begun: start_of(day_of(system_now())) + TimeDelta::days(2),
            next: (0..county.materials.len()).map(|_| AtomicU64::new(0)).collect(),
            county,
            history: History::default(),
            stop: AtomicBool::new(false),
        })
    }

    /// The request of a number: always the same, under the same key.
    #[must_use]
    pub fn request(&self, number: Number) -> HoldBookingRequest {
        let (writer, turn) = (number / OF_WRITER, number % OF_WRITER);
        let hours = TimeDelta::hours(i64::try_from(turn % HOURS).unwrap_or_default());
        let start = self.begun + hours;
        let material = usize::try_from(writer)
            .ok()
            .and_then(|at| self.county.materials.get(at));
        HoldBookingRequest {
            organization_id: self.county.branch.to_string(),
            lines: vec![BookingLine {
                resource_id: material.cloned().unwrap_or_default(),
                start: Some(timestamp(start)),
                end: Some(timestamp(start + TimeDelta::hours(1))),
                quantity: 1,
            }],
            purpose: number.to_string(),
            request_id: key(number),
        }
    }

    /// The next number of a writer.
    #[must_use]
    pub fn next(&self, writer: u32) -> Number {
        let turn = &self.next[writer as usize % self.next.len()];
        u64::from(writer) * OF_WRITER + turn.fetch_add(1, Ordering::Relaxed)
    }

    /// Books once, or once more.
    pub async fn book(&self, number: Number) -> Outcome {
        let request = self.county.clerk.asks(self.request(number));
        let answer = Library::new(self.county.door.clone()).hold_booking(request).await;
        let outcome = Outcome::of(&answer);
        self.history.note(number, outcome.clone());
        outcome
    }

    /// Books until it is told to stop. What nobody knows of is asked again every other time, until it is known.
    async fn keep_booking(self: Arc<Self>, writer: u32) {
        while !self.stop.load(Ordering::Relaxed) {
            let number = self.next(writer);
            let mut outcome = self.book(number).await;
            while outcome != Outcome::Done {
                sleep(PAUSE).await;
                if number.is_multiple_of(2) || self.stop.load(Ordering::Relaxed) {
                    break;
                }
                outcome = self.book(number).await;
            }
        }
    }

    /// Starts all writers.
    #[must_use]
    pub fn start(self: &Arc<Self>) -> JoinSet<()> {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            writers.spawn(self.clone().keep_booking(writer));
        }
        writers
    }

    /// Ends all writers.
    pub async fn end(&self, mut writers: JoinSet<()>) {
        self.stop.store(true, Ordering::Relaxed);
        while writers.join_next().await.is_some() {}
    }

    /// What the database holds.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn in_database(&self, lab: &Lab, database: &str) -> Result<Seen, Trouble> {
        let sql = "SELECT purpose, count(*) FROM resource.booking GROUP BY purpose";
        let mut seen = Seen::at("in the database");
        for row in lab.postgres.rows(database, sql).await? {
            if let [purpose, count] = &row[..] {
                seen.add_so_often(number(purpose)?, count.parse().unwrap_or_default());
            }
        }
        Ok(seen)
    }

    /// What the API shows to a reader.
    ///
    /// # Errors
    /// When it refuses.
    pub async fn in_api(&self, reader: &Person) -> Result<Seen, Trouble> {
        let mut seen = Seen::at("over the API");
        let mut asked = ListBookingsRequest {
            organization_id: self.county.branch.to_string(),
            page_size: PAGE,
            ..ListBookingsRequest::default()
        };
        loop {
            let page = Library::new(self.county.door.clone())
                .list_bookings(reader.asks(asked.clone()))
                .await
                .map_err(|status| Trouble(format!("listing bookings: {}", reason(&status))))?
                .into_inner();
            for booking in page.bookings {
                seen.add(number(&booking.purpose)?);
            }
            if page.next_page_token.is_empty() {
                return Ok(seen);
            }
            asked.page_token = page.next_page_token;
        }
    }
}

fn number(purpose: &str) -> Result<Number, Trouble> {
    purpose
        .parse()
        .map_err(|_| Trouble(format!("no write of ours: {purpose:?}")))
}

/// The key of a number: an id of version 4 in form.
#[must_use]
pub fn key(number: Number) -> String {
    format!(
        "{:08x}-0000-4000-8000-{:012x}",
        number >> 32,
        number & 0xffff_ffff
    )
}
