//! V3: every service runs twice and each of its processes is restarted in turn, with SIGTERM, at half of the load that
//! the suite can bear. Nobody notices: no request fails, no part of a profile is missing, every process ends by itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::planted::Bug;
use proto::{
    activity::v1::{ListMeetingsRequest, activity_service_client::ActivityServiceClient as Activity},
    gateway::v1::{
        Freshness, GetBranchProfileRequest, gateway_service_client::GatewayServiceClient as Gateway,
    },
    member::v1::{CountMembersRequest, member_service_client::MemberServiceClient as Members},
    organization::v1::{
        GetOrganizationRequest, organization_service_client::OrganizationServiceClient as Organizations,
    },
    rating::v1::{ListFindingsRequest, rating_service_client::RatingServiceClient as Rating},
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tonic::Status;

use crate::{
    bookings::{Booker, WRITERS},
    county::{County, reason},
    history::Outcome as Answer,
    lab::{Lab, Size, Trouble},
    row::{Bad, Outcome, Row, Run},
    suite::{Replicas, Suite},
};

/// The row.
pub const ROW: Row = Row {
    id: "V3",
    what: "requests failed while every process of every service is restarted in turn, at half load",
    least: (5_000, 1_000),
    teeth: &[(Bug::NoDrain, FAILED)],
    run: |lab, size, bug| -> Run<'_> { Box::pin(run(lab, size, bug)) },
};

const FAILED: &str = "failed requests";
const ALL: [Replicas; 6] = [
    ("organization", 2),
    ("member", 2),
    ("activity", 2),
    ("rating", 2),
    ("resource", 2),
    ("gateway", 2),
];
const CALLERS: u32 = WRITERS;
/// The load that the suite can bear is measured for so long.
const MEASURED: Duration = Duration::from_secs(3);
/// Between the return of one process and the end of the next.
const BETWEEN: Duration = Duration::from_millis(500);
/// So many rounds at most, where the machine is slow or the bug hides.
const ROUNDS: u32 = 8;
/// Like `drain_seconds`, with which a process must do.
const ENDS_WITHIN: Duration = Duration::from_secs(25);

async fn run(lab: &Lab, size: Size, bug: Option<Bug>) -> Result<Outcome, Trouble> {
    let mut suite = Suite::start(lab, "v3", &ALL, bug).await?;
    let county = Arc::new(County::found(&suite, WRITERS).await?);
    let load = Arc::new(Load {
        booker: Booker::new(county.clone()),
        county,
        calls: AtomicU64::new(0),
        failed: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    });
    // Each replica must first have heard of the county.
    load.bear(Duration::from_secs(1), None).await;
    let whole = load.bear(MEASURED, None).await;
    let mut bad = whole.1;
    if bad.total() > 0 {
        return Err(Trouble(format!("before the first restart:{bad}")));
    }
    // Half of the load: each caller waits as long as a call takes.
    let apart = MEASURED * CALLERS * 2 / u32::try_from(whole.0.max(1)).unwrap_or(u32::MAX);
    let carried = tokio::spawn(load.clone().carry(apart));
    let before = load.calls.load(Ordering::Relaxed);
    let enough = || match bug {
        // A call must be under way at the moment of an end: the bug is looked for until it is found.
        Some(_) => load.failed.load(Ordering::Relaxed) > 0,
        None => load.calls.load(Ordering::Relaxed) - before >= size.of(ROW.least.0, ROW.least.1),
    };
    let mut round = 0;
    while round < size.of(2, 1) || (round < ROUNDS && !enough()) {
        round += 1;
        for process in &mut suite.processes {
            sleep(BETWEEN).await;
            let (service, since) = (process.plan.service, Instant::now());
            let status = process.end().await;
            let well = status.is_some_and(|status| status.success());
            bad.unless(well, "not ended by itself", format!("{service}: {status:?}"));
            let in_time = since.elapsed() <= ENDS_WITHIN;
            bad.unless(in_time, "ended late", format!("{service}: {:?}", since.elapsed()));
            process.again()?;
            process.ready().await?;
        }
    }
    sleep(BETWEEN).await;
    load.stop.store(true, Ordering::Relaxed);
    let (calls, failed) = carried.await.map_err(|error| Trouble(error.to_string()))?;
    eprintln!(
        "      {} calls in 3 s unhindered, then {calls} at half of that",
        whole.0
    );
    bad.take(failed);
    let database = load.booker.in_database(lab, &suite.database).await?;
    load.booker
        .history
        .check(&load.booker.history.done(), &database, &mut bad);
    suite.stop().await;
    Ok(Outcome { tried: calls, bad })
}

/// Callers who read and write through both gateways.
struct Load {
    county: Arc<County>,
    booker: Arc<Booker>,
    calls: AtomicU64,
    failed: AtomicU64,
    stop: AtomicBool,
}

impl Load {
    /// Calls for a while, as fast as it goes or at a distance; says how many calls and what failed.
    async fn bear(self: &Arc<Self>, lasts: Duration, apart: Option<Duration>) -> (u64, Bad) {
        self.stop.store(false, Ordering::Relaxed);
        let carried = tokio::spawn(self.clone().carry(apart.unwrap_or_default()));
        sleep(lasts).await;
        self.stop.store(true, Ordering::Relaxed);
        let carried = carried.await.unwrap_or_default();
        self.stop.store(false, Ordering::Relaxed);
        carried
    }

    /// Calls until it is told to stop, each caller once in `apart` at most.
    async fn carry(self: Arc<Self>, apart: Duration) -> (u64, Bad) {
        let before = self.calls.load(Ordering::Relaxed);
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let load = self.clone();
            callers.spawn(async move {
                let (mut bad, mut next) = (Bad::default(), Instant::now() + apart * caller / CALLERS);
                let mut turn = caller;
                while !load.stop.load(Ordering::Relaxed) {
                    sleep_until(next).await;
                    if let Err(what) = load.call(caller, turn).await {
                        bad.add(FAILED, what);
                        load.failed.fetch_add(1, Ordering::Relaxed);
                    }
                    load.calls.fetch_add(1, Ordering::Relaxed);
                    turn += 1;
                    next = Instant::now().max(next + apart);
                }
                bad
            });
        }
        let mut bad = Bad::default();
        while let Some(one) = callers.join_next().await {
            bad.take(one.unwrap_or_default());
        }
        (self.calls.load(Ordering::Relaxed) - before, bad)
    }

    /// One call: a booking every other time, otherwise a read of one of the services or a profile of all of them.
    async fn call(&self, caller: u32, turn: u32) -> Result<(), String> {
        let (door, who) = (self.county.door.clone(), &self.county.org_dept);
        let root = self.county.root.to_string();
        let said = |what: &str, answer: Result<(), Status>| {
            answer.map_err(|status| format!("{what}: {}", reason(&status)))
        };
        if turn.is_multiple_of(2) {
            return match self.booker.book(self.booker.next(caller)).await {
                Answer::Done => Ok(()),
                Answer::Refused(why) | Answer::Unknown(why) => Err(format!("a booking: {why}")),
            };
        }
        match turn / 2 % 5 {
            0 => {
                let asked = GetOrganizationRequest {
                    organization_id: root,
                    ..GetOrganizationRequest::default()
                };
                let answer = Organizations::new(door).get_organization(who.asks(asked)).await;
                said("an organization", answer.map(drop))
            }
            1 => {
                let asked = CountMembersRequest {
                    organization_id: root,
                    ..CountMembersRequest::default()
                };
                let answer = Members::new(door).count_members(who.asks(asked)).await;
                said("members", answer.map(drop))
            }
            2 => {
                let asked = ListMeetingsRequest {
                    organization_id: root,
                    first_day: "2025-01-01".into(),
                    last_day: "2025-12-31".into(),
                    ..ListMeetingsRequest::default()
                };
                let answer = Activity::new(door).list_meetings(who.asks(asked)).await;
                said("meetings", answer.map(drop))
            }
            3 => {
                let asked = ListFindingsRequest {
                    organization_id: root,
                    ..ListFindingsRequest::default()
                };
                let answer = Rating::new(door).list_findings(who.asks(asked)).await;
                said("findings", answer.map(drop))
            }
            _ => self.profile().await,
        }
    }

    async fn profile(&self) -> Result<(), String> {
        let asked = GetBranchProfileRequest {
            branch_id: self.county.branch.to_string(),
            year: 0,
        };
        let answer = Gateway::new(self.county.door.clone())
            .get_branch_profile(self.county.org_dept.asks(asked))
            .await
            .map_err(|status| format!("a profile: {}", reason(&status)))?;
        let parts = answer.into_inner().parts;
        match parts.iter().find(|part| part.freshness() == Freshness::Missing) {
            Some(part) => Err(format!("a profile without {}", part.name)),
            None => Ok(()),
        }
    }
}
