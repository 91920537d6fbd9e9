//! What falls due though nobody acts: a clock that ran out records, escalates or moves to a proposed state, once,
//! whoever looks first and however many look at the same time (process.md part 5, 2 and 9).

use std::{sync::Arc, time::Duration};

use kernel::{Day, Refusal, RpcError, id::CaseId};
use proto::clock::v1::PositionsResponse;
use runtime::{
    Service,
    wakeups::{CLOCK, Wakeups},
};
use storage::Tx;

use super::{Keeper, rows};

/// Cases in one unit of work.
const BATCH: u64 = 100;
/// How long nobody says that the clock has moved before it looks by itself.
const PAUSE: Duration = Duration::from_secs(10);

impl Keeper {
    /// In how many cases something fell due before today and is not written down.
    pub async fn due(&self) -> Result<u64, RpcError> {
        rows::count_overdue(&self.store.own(), self.clock.today()).await
    }

    /// Writes down everything that fell due before today, a bounded number of cases in each unit of work; says in how
    /// many cases there was something. A case that cannot be written is logged and left to the next time.
    pub async fn sweep(&self) -> Result<u64, RpcError> {
        let today = self.clock.today();
        let (mut done, mut last) = (0, None);
        loop {
            let found = rows::overdue(&self.store.own(), today, last, BATCH).await?;
            let Some(end) = found.last() else {
                return Ok(done);
            };
            last = Some(*end);
            let cases: Vec<CaseId> = found.iter().map(|(_, id)| *id).collect();
            done += self.sweep_some(&cases, today).await;
        }
    }

    /// All of them in one unit of work; where that fails, each for itself.
    async fn sweep_some(&self, cases: &[CaseId], today: Day) -> u64 {
        match self.sweep_in_one(cases, today).await {
            Ok(done) => done,
            Err(error) if cases.len() > 1 => {
                tracing::info!(%error, cases = cases.len(), "deadlines are written one by one");
                let mut done = 0;
                for case in cases {
                    done += Box::pin(self.sweep_some(std::slice::from_ref(case), today)).await;
                }
                done
            }
            Err(error) => {
                let case = cases.first().map(ToString::to_string).unwrap_or_default();
                tracing::warn!(%error, case, "what fell due in a case is not written down, once more later");
                0
            }
        }
    }

    async fn sweep_in_one(&self, cases: &[CaseId], today: Day) -> Result<u64, RpcError> {
        let tx = self.store.work("process.deadlines").await?;
        let mut done = 0;
        for id in cases {
            done += u64::from(self.sweep_one(&tx, *id, today).await?);
        }
        tx.commit(()).await?;
        Ok(done)
    }

    async fn sweep_one(&self, tx: &Tx, id: CaseId, today: Day) -> Result<bool, RpcError> {
        let Some(mut kept) = rows::get(tx, id).await? else {
            return Ok(false);
        };
        let organization = kept.case.organization();
        let fell = match self.fall_due(tx, &mut kept, today).await {
            Err(RpcError::Refused(Refusal { reason, .. })) if reason == "CASE_CHANGED" => return Ok(false),
            fell => fell?,
        };
        if fell {
            tx.concerns(organization, id.into());
        }
        // A day that the calendar does not know yet has no effect, and is looked at again tomorrow.
        let next_due = self.standing(&kept.case)?.next_due;
        rows::look_again(tx, &kept, next_due.map(|day| day.max(today))).await?;
        Ok(fell)
    }

    /// The service with its deadlines: written down whenever the clock has moved and from time to time, and counted
    /// among what is due, so that whoever drives the clock waits for them.
    #[must_use]
    pub fn timed(self, service: Service, wakeups: &Wakeups) -> Service {
        let (others, asked) = (service.feed_positions(), self.clone());
        let service = service.positions(Arc::new(move || {
            let (others, keeper) = (others.clone(), asked.clone());
            Box::pin(async move {
                let mut positions = match others {
                    Some(others) => others().await?,
                    None => PositionsResponse::default(),
                };
                positions.due += keeper.due().await?;
                Ok(positions)
            })
        }));
        let wakeups = wakeups.clone();
        service.background("deadlines", move |stop| {
            let (keeper, mut moved) = (self.clone(), wakeups.wait_for(CLOCK));
            async move {
                while !stop.is_cancelled() {
                    if let Err(error) = keeper.sweep().await {
                        tracing::warn!(%error, "deadlines are not written down yet, once more later");
                    }
                    stop.run_until_cancelled(moved.woken_within(PAUSE)).await;
                }
                Ok(())
            }
        })
    }
}
