//! What the business clock does, once, however many look.

use proto::resource::v1::{BookingState, JoinWaitlistRequest, resource_service_server::ResourceService};
use resource::timers;
use sea_orm::ConnectionTrait;
use storage::Reading;
use testkit::{
    database::Database,
    stage::{Stage, new_id},
};

use crate::stage::Libraries;

/// From now on the database takes no booking with this purpose.
const SPOILED: &str = "坏";
const ON_POSTGRES: &str = "ALTER TABLE booking ADD CONSTRAINT spoiled CHECK (purpose <> '坏')";
const ON_SQLITE: &str = "CREATE TRIGGER spoiled BEFORE INSERT ON booking WHEN NEW.purpose = '坏' \
    BEGIN SELECT RAISE(ABORT, 'spoiled'); END";

async fn wait(here: &Libraries, trainer: kernel::id::ResourceId, purpose: &str) {
    let request = JoinWaitlistRequest {
        organization_id: here.other.to_string(),
        lines: vec![here.line(trainer, 24, 27, 1)],
        purpose: purpose.into(),
        request_id: new_id(),
    };
    let place = here.rpc.join_waitlist(here.other_clerk.asks(request)).await;
    place.expect("a place in line");
}

testkit::on_both! {
    async fn what_is_over_is_due_until_a_pass_has_written_it_down(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        for n in 0..5 {
            here.hold(vec![here.line(trainer, 24 + n, 25 + n, 1)]).await.expect("answered");
        }
        assert_eq!(timers::due(&here.rpc.app).await.expect("answered"), 0);
        assert_eq!(timers::pass(&here.rpc.app).await.expect("answered"), 0);
        here.wait_until(1);
        assert_eq!(timers::due(&here.rpc.app).await.expect("answered"), 5);
        assert_eq!(timers::pass(&here.rpc.app).await.expect("answered"), 5);
        assert_eq!(timers::due(&here.rpc.app).await.expect("answered"), 0);
        assert_eq!(here.free(trainer, 24, 29).await, 1);
    }

    async fn two_replicas_that_look_at_once_write_it_down_once(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let held = here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        let there = here.replica(&database).await;
        here.wait_until(1);
        there.wait_until(1);
        let (one, two) = tokio::join!(timers::pass(&here.rpc.app), timers::pass(&there.rpc.app));
        assert_eq!(one.unwrap_or(0) + two.unwrap_or(0), 1);
        let seen = here.booking(&held.id).await.expect("answered");
        assert_eq!((seen.state(), seen.version), (BookingState::Expired, 2));
    }

    async fn the_tables_are_made_where_another_service_has_made_its_own(database: Database) {
        // Two schemas of one database share its extensions.
        let _here = Libraries::open(&database).await;
        let other = if database.is_postgres() { Database::postgres() } else { Database::sqlite() };
        let _there = Stage::open(&other, resource::NAME, resource::migrations).await;
    }

    async fn a_place_that_fails_stops_nobody_behind_it_and_the_right_to_look_is_given_back(database: Database) {
        let here = Libraries::open(&database).await;
        let trainers = [here.trainer().await, here.trainer().await, here.trainer().await];
        for (trainer, purpose) in trainers.into_iter().zip(["党课", SPOILED, "党课"]) {
            here.hold(vec![here.line(trainer, 24, 27, 1)]).await.expect("held");
            wait(&here, trainer, purpose).await;
        }
        timers::pass(&here.rpc.app).await.expect("looked at");
        let spoil = if database.is_postgres() { ON_POSTGRES } else { ON_SQLITE };
        here.stage.store.own().db().execute_unprepared(spoil).await.expect("spoiled");
        here.wait_until(1);
        assert_eq!(timers::pass(&here.rpc.app).await.expect("all but one"), 3 + 2);
        assert_eq!(timers::due(&here.rpc.app).await.expect("counted"), 1, "looked at once more");
        let at_once = here.stage.store.lease("resource.timers", std::time::Duration::from_secs(1)).await;
        assert!(at_once.expect("asked").is_some(), "nobody has to wait for it");
    }
}
