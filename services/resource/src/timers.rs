//! What the business clock does: holds expire, confirmed bookings are missed, who was first in line is offered
//! what was given back. Every read and write judges by the clock itself; this only writes it down.

use std::time::Duration;

use kernel::{
    Instant, RpcError,
    id::{BookingId, RecordId},
};
use runtime::wakeups::Waiter;
use storage::{Tx, lease::Lease};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    domain::{
        booking::Booking,
        span::{in_order, resources},
    },
    events,
    holding::{self, Wanted},
    store::{bookings, lines, waits},
};

/// How many bookings are written down in one unit of work.
const BATCH: u64 = 100;
/// After how long another replica, or the same service started again, may take over from one that fell silent. Each
/// unit of work renews it.
const LEASE: Duration = Duration::from_secs(5);

/// What is over by the clock and not written down, and who waits to be looked at.
pub async fn due(app: &App) -> Result<u64, RpcError> {
    let read = app.store.own();
    Ok(bookings::count_overdue(&read, app.clock.now()).await? + waits::count_awake(&read).await?)
}

/// Writes down everything that is over, then offers what was given back; says how much was done. Does nothing
/// while another replica is at it.
pub async fn pass(app: &App) -> Result<u64, RpcError> {
    if due(app).await? == 0 {
        return Ok(0);
    }
    let Some(lease) = app.store.lease("resource.timers", LEASE).await? else {
        return Ok(0);
    };
    let done = everything(app, &lease).await;
    // Given back after an error too: nobody has to wait for its end.
    let released = lease.release().await;
    let done = done?;
    released?;
    Ok(done)
}

async fn everything(app: &App, lease: &Lease) -> Result<u64, RpcError> {
    let mut done = 0;
    loop {
        let ids = bookings::overdue(&app.store.own(), app.clock.now(), BATCH).await?;
        let lapsed = lapse_some(app, lease, &ids).await;
        done += lapsed;
        if lapsed == 0 {
            break;
        }
    }
    let mut last = None;
    loop {
        let places = waits::awake(&app.store.own(), last, BATCH).await?;
        let Some(end) = places.last() else {
            return Ok(done);
        };
        last = Some(*end);
        for id in &places {
            match offer(app, lease, *id).await {
                Ok(()) => done += 1,
                Err(error) => {
                    tracing::warn!(%error, place = %id, "a place in line is looked at once more later")
                }
            }
        }
    }
}

/// Passes, one after the other, whenever the clock was moved and from time to time, until it is to stop.
pub async fn run(app: App, mut moved: Waiter, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match pass(&app).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::warn!(%error, "the timers stopped in the middle and begin again"),
        }
        stop.run_until_cancelled(moved.woken_within(app.settings.timer_pause))
            .await;
    }
}

/// All of them in one unit of work; where that fails, each for itself. Says how many were written down.
async fn lapse_some(app: &App, lease: &Lease, ids: &[BookingId]) -> u64 {
    match lapse_in_one(app, lease, ids).await {
        Ok(done) => done,
        Err(error) if ids.len() > 1 => {
            tracing::info!(%error, bookings = ids.len(), "what is over is written down one by one");
            let mut done = 0;
            for id in ids {
                done += Box::pin(lapse_some(app, lease, std::slice::from_ref(id))).await;
            }
            done
        }
        Err(error) => {
            let booking = ids.first().map(ToString::to_string).unwrap_or_default();
            tracing::warn!(%error, booking, "what is over is not written down, once more later");
            0
        }
    }
}

async fn lapse_in_one(app: &App, lease: &Lease, ids: &[BookingId]) -> Result<u64, RpcError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let now = app.clock.now();
    let tx = app.store.work("resource.timers.lapse").await?;
    lease.fence(&tx).await?;
    let mut done = 0;
    for id in ids {
        if let Some(booking) = lapse(&tx, *id, now).await? {
            tx.concerns(booking.organization, booking.id.into());
            done += 1;
        }
    }
    tx.commit(()).await?;
    Ok(done)
}

/// Writes down what the clock did to a booking; `None` when somebody else did, or nothing is over. A hold that
/// ran out gives back what it took.
pub async fn lapse(tx: &Tx, id: BookingId, now: Instant) -> Result<Option<Booking>, RpcError> {
    let Some(booking) = bookings::whoevers(tx, id)
        .await?
        .and_then(|booking| booking.lapse(now))
    else {
        return Ok(None);
    };
    if !bookings::update(tx, &booking).await? {
        return Ok(None);
    }
    if !booking.takes() {
        give_back(tx, &booking, now).await?;
    }
    events::booking(tx, &booking, now);
    Ok(Some(booking))
}

/// Gives back what a booking took, and wakes who waits for it, in the same unit of work.
pub async fn give_back(tx: &Tx, booking: &Booking, now: Instant) -> Result<(), RpcError> {
    lines::release(tx, booking.id).await?;
    waits::wake(tx, &resources(&booking.lines), now).await
}

/// Looks at one place in line: holds everything for it when all of it is free now.
async fn offer(app: &App, lease: &Lease, id: RecordId) -> Result<(), RpcError> {
    let now = app.clock.now();
    let tx = app.store.work("resource.timers.offer").await?;
    lease.fence(&tx).await?;
    let Some(wait) = waits::take_up(&tx, id).await? else {
        return Ok(());
    };
    let lineage = app.lineage(wait.organization).unwrap_or_default();
    let Ok(lines) = in_order(wait.lines, now) else {
        // Its time has come without anything.
        waits::close(&tx, id, None).await?;
        tx.commit(()).await?;
        return Ok(());
    };
    match holding::taken(&tx, &lineage, &lines, now).await {
        Ok(Some(_)) => {}
        Err(error) if holding::never(&error) => waits::close(&tx, id, None).await?,
        Err(error) => return Err(error),
        Ok(None) => {
            let wanted = Wanted {
                organization: wait.organization,
                lineage: &lineage,
                lines,
                purpose: wait.purpose,
                booked_by: "system",
                expires_at: app.expiry(now),
            };
            // Somebody may be quicker still: then nothing of this stays, and the place is looked at again.
            let booking = holding::hold(&tx, wanted, now).await?;
            waits::close(&tx, id, Some(booking.id)).await?;
            tx.concerns(booking.organization, booking.id.into());
        }
    }
    tx.commit(()).await?;
    Ok(())
}
