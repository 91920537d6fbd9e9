//! What the business clock does, once, however many look.

use proto::resource::v1::BookingState;
use resource::timers;
use testkit::{database::Database, stage::Stage};

use crate::stage::Libraries;

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
}
