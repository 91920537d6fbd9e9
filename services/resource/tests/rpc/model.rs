//! Any sequence of calls agrees with a model that counts hour by hour.

use kernel::id::ResourceId;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRng, TestRunner},
};
use proto::resource::v1::{
    Booking, CancelBookingRequest, ResourceKind, resource_service_server::ResourceService,
};
use resource::timers;
use testkit::{
    database::Database,
    stage::{new_id, reason},
};

use crate::stage::Libraries;

const FIRST: i64 = 100;
const HOURS: i64 = 12;
const CAPACITIES: [u32; 3] = [1, 1, 5];

#[derive(Debug, Clone)]
enum Step {
    Hold(Vec<(usize, i64, i64, u32)>),
    Confirm(usize),
    Cancel(usize),
    Wait,
    Timers,
}

fn step() -> impl Strategy<Value = Step> {
    let line = (0..3usize, 0..HOURS, 1..4i64, 1..4u32);
    prop_oneof![
        6 => prop::collection::vec(line, 1..4).prop_map(Step::Hold),
        3 => any::<prop::sample::Index>().prop_map(|at| Step::Confirm(at.index(1_000))),
        2 => any::<prop::sample::Index>().prop_map(|at| Step::Cancel(at.index(1_000))),
        1 => Just(Step::Wait),
        1 => Just(Step::Timers),
    ]
}

/// A booking as the model knows it.
struct Known {
    booking: Booking,
    lines: Vec<(usize, i64, i64, u32)>,
    confirmed: bool,
    cancelled: bool,
    expires: i64,
}

impl Known {
    fn takes(&self, now: i64) -> bool {
        !self.cancelled && (self.confirmed || now < self.expires)
    }
}

fn used(known: &[Known], of: usize, hour: i64, now: i64) -> u32 {
    let lines = known
        .iter()
        .filter(|one| one.takes(now))
        .flat_map(|one| &one.lines);
    lines
        .filter(|line| line.0 == of && line.1 <= hour && hour < line.2)
        .map(|line| line.3)
        .sum()
}

fn fits(known: &[Known], wanted: &[(usize, i64, i64, u32)], now: i64) -> bool {
    wanted
        .iter()
        .all(|(of, from, to, n)| (*from..*to).all(|hour| used(known, *of, hour, now) + n <= CAPACITIES[*of]))
}

/// Lines that may stand in one bundle: one of what is exclusive, nothing twice at one time.
fn allowed(lines: Vec<(usize, i64, i64, u32)>) -> Vec<(usize, i64, i64, u32)> {
    let mut kept: Vec<(usize, i64, i64, u32)> = Vec::new();
    for (of, from, long, n) in lines {
        let to = from + long;
        if kept.iter().all(|one| one.0 != of || one.2 <= from || to <= one.1) {
            kept.push((of, from, to, if CAPACITIES[of] == 1 { 1 } else { n }));
        }
    }
    kept
}

struct Play {
    here: Libraries,
    offerings: [ResourceId; 3],
    known: Vec<Known>,
    now: i64,
}

impl Play {
    async fn step(&mut self, step: Step) {
        match step {
            Step::Hold(lines) => self.hold(allowed(lines)).await,
            Step::Confirm(at) => self.confirm(at).await,
            Step::Cancel(at) => self.cancel(at).await,
            Step::Wait => {
                // Holds last half an hour.
                self.now += 1;
                self.here.wait_until(self.now);
            }
            Step::Timers => drop(timers::pass(&self.here.rpc.app).await.expect("a pass")),
        }
    }

    async fn hold(&mut self, lines: Vec<(usize, i64, i64, u32)>) {
        let wire = lines
            .iter()
            .map(|(of, from, to, n)| self.here.line(self.offerings[*of], FIRST + from, FIRST + to, *n));
        let answer = self.here.hold(wire.collect()).await;
        assert_eq!(
            answer.is_ok(),
            fits(&self.known, &lines, self.now),
            "{lines:?}: {answer:?}"
        );
        if let Ok(booking) = answer {
            let expires = self.now + 1;
            self.known.push(Known {
                booking,
                lines,
                confirmed: false,
                cancelled: false,
                expires,
            });
        }
    }

    async fn confirm(&mut self, at: usize) {
        let count = self.known.len().max(1);
        let Some(known) = self.known.get_mut(at % count) else {
            return;
        };
        let open = !known.confirmed && known.takes(self.now);
        let answer = self.here.confirm(&known.booking).await;
        assert_eq!(answer.is_ok(), open, "{answer:?}");
        if let Ok(booking) = answer {
            known.booking = booking;
            known.confirmed = true;
        }
    }

    async fn cancel(&mut self, at: usize) {
        let count = self.known.len().max(1);
        let Some(known) = self.known.get_mut(at % count) else {
            return;
        };
        let request = CancelBookingRequest {
            booking_id: known.booking.id.clone(),
            etag: known.booking.etag.clone(),
            request_id: new_id(),
        };
        let answer = self.here.rpc.cancel_booking(self.here.clerk.asks(request)).await;
        match answer {
            Ok(_) => assert!(known.takes(self.now)),
            Err(refused) => assert_eq!(
                (reason(&refused).as_str(), known.takes(self.now)),
                ("BOOKING_CLOSED", false)
            ),
        }
        known.cancelled = true;
    }

    async fn agrees(&self) {
        for (of, id) in self.offerings.into_iter().enumerate() {
            for hour in 0..HOURS + 3 {
                let free = self.here.free(id, FIRST + hour, FIRST + hour + 1).await;
                assert_eq!(free, CAPACITIES[of] - used(&self.known, of, hour, self.now));
            }
        }
    }
}

testkit::on_both! {
    async fn any_sequence_of_calls_agrees_with_counting_hour_by_hour(database: Database) {
        let here = Libraries::open(&database).await;
        let seed = TestRng::from_seed(Config::default().rng_algorithm, &[7; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), seed);
        let mut play = Play { here, offerings: [ResourceId::new(); 3], known: Vec::new(), now: 0 };
        for _ in 0..6 {
            let here = &play.here;
            play.offerings = [
                here.trainer().await,
                here.offering(ResourceKind::Course, 1).await,
                here.offering(ResourceKind::Venue, 5).await,
            ];
            play.known.clear();
            let steps = prop::collection::vec(step(), 30..40).new_tree(&mut runner).expect("steps").current();
            for step in steps {
                play.step(step).await;
            }
            play.agrees().await;
        }
    }
}
