//! D1: a service and Postgres are killed under writers, by turns. What was acknowledged is there, once, over the API
//! and in the database; what nobody knows of is there at most once, and sent again it has one effect.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use kernel::planted::Bug;
use proto::audit::v1::{VerifyChainRequest, audit_service_client::AuditServiceClient as Audit};
use tokio::time::{Instant, sleep};

use crate::{
    bookings::Booker,
    county::{County, reason},
    history::{Number, Outcome as Answer},
    lab::{Lab, Size, Trouble},
    row::{Bad, Outcome, Row, Run},
    suite::Suite,
};

/// The row.
pub const ROW: Row = Row {
    id: "D1",
    what: "acknowledged writes lost, doubled or without event and audit entry over kills of a service and of Postgres",
    least: (1000, 200),
    teeth: &[(Bug::LazyCommit, LOST), (Bug::EarlyAnswer, LOST)],
    run: |lab, size, bug| -> Run<'_> { Box::pin(run(lab, size, bug)) },
};

const LOST: &str = "lost";
/// Writers go on for so long between two kills, and a little more each time so that kills meet every moment.
const BETWEEN: Duration = Duration::from_millis(400);
/// After a kill somebody must be answered again within this time.
const BACK_WITHIN: Duration = Duration::from_secs(15);

async fn run(lab: &Lab, size: Size, bug: Option<Bug>) -> Result<Outcome, Trouble> {
    let services = [
        ("organization", 1),
        ("member", 1),
        ("resource", 1),
        ("gateway", 1),
    ];
    let mut suite = Suite::start(lab, "d1", &services, bug).await?;
    let county = Arc::new(County::found(&suite, crate::bookings::WRITERS).await?);
    let booker = Booker::new(county.clone());
    let mut bad = Bad::default();

    let writers = booker.start();
    let mut longest = [Duration::ZERO; 2];
    for kill in 0..size.of(10, 3) {
        for of_postgres in [false, true] {
            sleep(BETWEEN + Duration::from_millis(37) * kill).await;
            if of_postgres {
                lab.postgres.kill().await?;
                lab.postgres.restart().await?;
            } else {
                let resource = suite.one("resource")?;
                resource.kill().await;
                resource.again()?;
            }
            let silent = answered_again(&booker).await;
            let who = if of_postgres { "Postgres" } else { "resource" };
            let back = silent < BACK_WITHIN;
            bad.unless(back, "not back", format!("{silent:?} after kill {kill} of {who}"));
            let longest = &mut longest[usize::from(of_postgres)];
            *longest = silent.max(*longest);
            look(lab, &suite, &county, &booker, &mut bad).await?;
        }
    }
    booker.end(writers).await;
    eprintln!("      answers that were none: {}", booker.history.reasons());
    let [of_resource, of_postgres] = longest;
    eprintln!(
        "      silent after a kill: {of_resource:?} of resource, {of_postgres:?} of Postgres, at the longest"
    );

    let left = booker.history.unknown();
    for number in &left {
        settle(&booker, *number, &mut bad).await;
    }
    let seen = look(lab, &suite, &county, &booker, &mut bad).await?;
    bad.unless(
        seen == booker.history.done(),
        "phantom",
        "not all that is there was acknowledged",
    );
    traces(lab, &suite, &county, seen.len(), &mut bad).await?;
    let tried = booker.history.count();
    suite.stop().await;
    Ok(Outcome { tried, bad })
}

/// Waits until a write is acknowledged that was not before, and says how long.
async fn answered_again(booker: &Booker) -> Duration {
    let (before, since) = (booker.history.count(), Instant::now());
    while booker.history.count() <= before && since.elapsed() < BACK_WITHIN {
        sleep(Duration::from_millis(20)).await;
    }
    since.elapsed()
}

/// Sends what nobody knows of once more, until it is known.
async fn settle(booker: &Booker, number: Number, bad: &mut Bad) {
    let until = Instant::now() + BACK_WITHIN;
    loop {
        match booker.book(number).await {
            Answer::Done => return,
            Answer::Unknown(_) if Instant::now() < until => sleep(Duration::from_millis(50)).await,
            other => return bad.add("not settled", format!("write {number}: {other:?}")),
        }
    }
}

/// Compares what was acknowledged until now with the database and with the API, and gives what the database holds.
async fn look(
    lab: &Lab,
    suite: &Suite,
    county: &County,
    booker: &Booker,
    bad: &mut Bad,
) -> Result<BTreeSet<Number>, Trouble> {
    let before = booker.history.done();
    let database = booker.in_database(lab, &suite.database).await?;
    booker.history.check(&before, &database, bad);
    let api = booker.in_api(&county.org_dept).await?;
    booker.history.check(&before, &api, bad);
    Ok(database.numbers())
}

/// Each write has one event and one audit entry, and the chain of entries holds.
async fn traces(
    lab: &Lab,
    suite: &Suite,
    county: &County,
    writes: usize,
    bad: &mut Bad,
) -> Result<(), Trouble> {
    let emptied = "SELECT count(*) FROM resource.outbox";
    let until = Instant::now() + BACK_WITHIN;
    while lab.postgres.number(&suite.database, emptied).await? > 0 {
        if Instant::now() > until {
            bad.add("stuck", "the outbox is not emptied");
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    let once = "SELECT count(*) FROM resource.booking AS b \
        WHERE (SELECT count(*) FROM resource.feed AS f WHERE f.record_id = b.id AND f.kind = 'resource.booking') = 1 \
        AND (SELECT count(*) FROM resource.audit AS a WHERE a.record_id = b.id AND a.result = 'done' \
            AND a.method LIKE '%/HoldBooking') = 1";
    // An index for the look alone.
    lab.postgres
        .rows(&suite.database, "CREATE INDEX ON resource.audit (record_id)")
        .await?;
    let whole = lab.postgres.number(&suite.database, once).await?;
    bad.count(
        "without one event and one audit entry",
        writes as u64 - whole.min(writes as u64),
    );
    for (kind, sql) in [
        (
            "events of nothing",
            "SELECT count(*) FROM resource.feed WHERE kind = 'resource.booking'",
        ),
        (
            "audit entries of nothing",
            "SELECT count(*) FROM resource.audit WHERE result = 'done' AND method LIKE '%/HoldBooking'",
        ),
    ] {
        let found = lab.postgres.number(&suite.database, sql).await?;
        bad.count(kind, found.saturating_sub(writes as u64));
    }
    let asked = county.auditor.asks_of("resource", VerifyChainRequest {});
    let verified = Audit::new(county.door.clone()).verify_chain(asked).await;
    match verified {
        Ok(answer) => bad.unless(
            answer.get_ref().intact,
            "chain broken",
            answer.get_ref().broken_at,
        ),
        Err(status) => bad.add("chain not verified", reason(&status)),
    }
    Ok(())
}
