//! resource.booking.missed.

use kernel::{
    Period,
    indicator::{Catalogue, Count, NOT_KEPT_YET, Span},
};
use resource::{indicators::Indicators, timers};
use runtime::desk::indicator::Counter;
use testkit::{database::Database, stage::day};

use crate::{keep_booking::keep, stage::Libraries};

testkit::on_both! {
    async fn missed_bookings_count_for_the_branch_that_made_them_in_the_period_of_their_start(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let mut confirmed = Vec::new();
        for n in [24, 48, 24 * 200] {
            let held = here.hold(vec![here.line(trainer, n, n + 1, 1)]).await.expect("answered");
            confirmed.push(here.confirm(&held).await.expect("answered"));
        }
        here.hold(vec![here.line(trainer, 50, 51, 1)]).await.expect("answered");
        here.wait_until(25);
        keep(&here, &here.clerk, &confirmed[0]).await.expect("answered");
        let nodes = [here.branch, here.other].map(|id| here.stage.scopes().get(id).expect("answered"));
        let lines: Vec<_> = Catalogue::shipped().of_owner("resource").collect();
        let missed = lines.iter().position(|line| line.id == "resource.booking.missed").expect("answered");
        let span = Span { period: Period::new(day("2025-06-01"), day("2025-06-30")).expect("answered"), freeze_day: day("2026-01-15") };
        let counter = Indicators(here.rpc.app.clone());
        for (hour, looked, wanted) in [(60, false, 0), (24 * 10, false, 1), (24 * 10, true, 1), (24 * 300, true, 1)] {
            here.wait_until(hour);
            if looked {
                timers::pass(&here.rpc.app).await.expect("answered");
            }
            let rows = counter.count(&here.stage.store.own(), &nodes, &lines, span).await.expect("answered");
            let evidence = (0..wanted).map(|_| confirmed[1].id.clone()).collect();
            assert_eq!(rows[0][missed], Count::number(wanted, evidence));
            assert_eq!(rows[1][missed], Count::number(0, vec![]));
            assert!(rows[0].iter().enumerate().all(|(at, count)| at == missed || *count == Count::none(NOT_KEPT_YET)));
        }
    }
}
