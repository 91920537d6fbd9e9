//! Bundles under concurrency: whole or not at all, on one replica and on two (X4).

use std::sync::Arc;

use futures::future::join_all;
use kernel::id::ResourceId;
use proto::resource::v1::{
    BookingLine, BookingState, ResourceKind, resource_service_server::ResourceService,
};
use resource::admission;
use testkit::{database::Database, stage::reason};
use tokio::sync::Semaphore;
use tonic::{Code, Status};

use crate::stage::Libraries;

/// As many as a replica works on at the same time; more than its database has connections.
const AT_ONCE: usize = 64;

/// Everybody at once, the replicas in turn; the answers in order. Each replica lets in as many as its door would. Whose
/// time runs out on a busy machine does not know what became of his request, and sends the same one again.
async fn storm(replicas: &[Arc<Libraries>], bundles: Vec<Vec<BookingLine>>) -> Vec<Result<String, Status>> {
    let doors: Vec<_> = replicas
        .iter()
        .map(|_| Arc::new(Semaphore::new(AT_ONCE)))
        .collect();
    let tasks = bundles.into_iter().enumerate().map(|(nth, lines)| {
        let here = replicas[nth % replicas.len()].clone();
        let door = doors[nth % doors.len()].clone();
        tokio::spawn(async move {
            let _let_in = door.acquire().await.expect("open");
            let request = here.request(lines);
            loop {
                match here.rpc.hold_booking(here.clerk.asks(request.clone())).await {
                    Err(status) if status.code() == Code::DeadlineExceeded => {}
                    answer => return Ok(answer?.into_inner().booking.expect("a booking").id),
                }
            }
        })
    });
    join_all(tasks)
        .await
        .into_iter()
        .map(|task| task.expect("no panic"))
        .collect()
}

fn reasons(answers: &[Result<String, Status>]) -> Vec<String> {
    let mut reasons: Vec<String> = answers
        .iter()
        .filter_map(|one| one.as_ref().err())
        .map(reason)
        .collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

async fn bundle(here: &Libraries) -> ([ResourceId; 4], Vec<BookingLine>) {
    let trainer = here.trainer().await;
    let venue = here.offering(ResourceKind::Venue, 40).await;
    let course = here.offering(ResourceKind::Course, 1).await;
    let material = here.offering(ResourceKind::Material, 30).await;
    let lines = [(trainer, 1), (venue, 30), (course, 1), (material, 20)];
    (
        [trainer, venue, course, material],
        lines.map(|(id, n)| here.line(id, 24, 27, n)).to_vec(),
    )
}

testkit::on_both! {
    async fn of_a_thousand_who_want_the_same_bundle_one_gets_it_and_no_hold_is_left_over(database: Database) {
        let first = Libraries::open(&database).await;
        let second = first.replica(&database).await;
        let (offerings, lines) = bundle(&first).await;
        let replicas = [Arc::new(first), Arc::new(second)];
        let answers = storm(&replicas, vec![lines; 1_000]).await;
        let won: Vec<&String> = answers.iter().flatten().collect();
        assert_eq!(won.len(), 1, "{:?}", reasons(&answers));
        let taken = ["RESOURCE_TAKEN", "SEATS_EXHAUSTED", "STOCK_EXHAUSTED"];
        assert!(reasons(&answers).iter().all(|one| taken.contains(&one.as_str())), "{:?}", reasons(&answers));
        let here = &replicas[0];
        let booking = here.booking(won[0]).await.expect("answered");
        here.confirm(&booking).await.expect("answered");
        for (id, left) in offerings.into_iter().zip([0, 10, 0, 10]) {
            assert_eq!(here.free(id, 24, 27).await, left);
        }
        assert_eq!(here.booking(won[0]).await.expect("answered").state(), BookingState::Confirmed);
    }

    async fn of_a_thousand_who_want_one_of_fifty_places_fifty_get_one(database: Database) {
        let first = Libraries::open(&database).await;
        let second = first.replica(&database).await;
        let course = first.offering(ResourceKind::Course, 50).await;
        let line = first.line(course, 24, 27, 1);
        let replicas = [Arc::new(first), Arc::new(second)];
        let answers = storm(&replicas, vec![vec![line]; 1_000]).await;
        assert_eq!(answers.iter().flatten().count(), 50);
        assert_eq!(reasons(&answers), ["SEATS_EXHAUSTED"]);
        assert_eq!(replicas[1].free(course, 24, 27).await, 0);
    }

    async fn bundles_that_want_the_same_things_in_another_order_do_not_wait_for_each_other(database: Database) {
        let first = Libraries::open(&database).await;
        let second = first.replica(&database).await;
        let (offerings, lines) = bundle(&first).await;
        let mut bundles = Vec::new();
        for nth in 0..120 {
            let mut turned = lines.clone();
            turned.rotate_left(nth % 4);
            turned.truncate(2);
            bundles.push(turned);
        }
        let replicas = [Arc::new(first), Arc::new(second)];
        let answers = storm(&replicas, bundles).await;
        let taken = ["RESOURCE_TAKEN", "SEATS_EXHAUSTED", "STOCK_EXHAUSTED"];
        assert!(reasons(&answers).iter().all(|one| taken.contains(&one.as_str())), "{:?}", reasons(&answers));
        // Each pair of neighbours stands in the way of the next: one or two opposite pairs come through.
        assert!((1..=2).contains(&answers.iter().flatten().count()));
        let mut used = 0;
        for (id, capacity) in offerings.into_iter().zip([1, 40, 1, 30]) {
            used += u32::from(replicas[0].free(id, 24, 27).await < capacity);
        }
        assert_eq!(used as usize, answers.iter().flatten().count() * 2, "whole or not at all");
    }

    async fn what_is_taken_out_of_a_library_has_no_booking_and_what_is_booked_stays_in_it(database: Database) {
        let here = Libraries::open(&database).await;
        for _ in 0..24 {
            let trainer = here.trainer().await;
            let retire = async {
                let tx = here.rpc.app.store.work("test").await.expect("begun");
                if admission::booked_ahead(&tx, trainer, here.hour(0)).await.expect("looked") {
                    return false;
                }
                admission::on_step(&tx, trainer, "retired").await.expect("retired");
                tx.commit(()).await.expect("committed");
                true
            };
            let (retired, held) = tokio::join!(retire, here.hold(vec![here.line(trainer, 24, 27, 1)]));
            assert_ne!(retired, held.is_ok(), "one of the two, S-209: {held:?}");
        }
    }

    async fn a_hold_that_ran_out_goes_to_one_of_many(database: Database) {
        let first = Libraries::open(&database).await;
        let second = first.replica(&database).await;
        let (_, lines) = bundle(&first).await;
        first.hold(lines.clone()).await.expect("answered");
        first.wait_until(1);
        second.wait_until(1);
        let replicas = [Arc::new(first), Arc::new(second)];
        let answers = storm(&replicas, vec![lines; 100]).await;
        assert_eq!(answers.iter().flatten().count(), 1, "{:?}", reasons(&answers));
    }
}
