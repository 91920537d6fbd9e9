//! H1 to H3: floods of frames against the gateway and against a service's own port. Each connection that floods is
//! closed, memory stays, and who calls with good manners on another connection is served.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::{Role, planted::Bug};
use proto::organization::v1::{
    GetOrganizationRequest, organization_service_client::OrganizationServiceClient as Organizations,
};
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::{Instant, sleep},
};
use tonic::{
    Request, Status,
    transport::{Channel, Endpoint},
};

use crate::{
    county::{County, reason},
    frames::{Flood, strike},
    lab::{Lab, Size, Trouble},
    people::Presented,
    row::{Bad, Outcome, Row, Run},
    suite::Suite,
};

/// H1.
pub const RAPID_RESETS: Row = Row {
    id: "H1",
    what: "streams opened and reset: connections left open, memory over 32 MiB, others not served",
    least: (200, 50),
    teeth: &[(Bug::RapidResets, OPEN)],
    run: |lab, size, bug| -> Run<'_> { Box::pin(run(lab, size, bug, Flood::RapidResets)) },
};

/// H2.
pub const SERVER_RESETS: Row = Row {
    id: "H2",
    what: "malformed requests that the server resets: connections left open, memory over 32 MiB, others not served",
    least: (200, 50),
    teeth: &[(Bug::ServerResets, OPEN)],
    run: |lab, size, bug| -> Run<'_> { Box::pin(run(lab, size, bug, Flood::ServerResets)) },
};

/// H3.
pub const STREAM_HOARD: Row = Row {
    id: "H3",
    what: "streams opened and never ended: connections left open, memory over 32 MiB, others not served",
    least: (200, 50),
    teeth: &[(Bug::StreamHoard, OPEN)],
    run: |lab, size, bug| -> Run<'_> { Box::pin(run(lab, size, bug, Flood::StreamHoard)) },
};

const OPEN: &str = "flooded connections left open";
const PATH: &str = "/zhibu.organization.v1.OrganizationService/GetOrganization";
/// Streams of one connection, if the server lets them: ten times what any limit of it allows.
const VOLLEY: u32 = 20_000;
const ATTACKERS: usize = 2;
/// What memory may grow by.
const GROWTH_KIB: u64 = 32 * 1024;
/// Calls until memory is what it stays at without an attack.
const WARM: u64 = 300;
/// Between two calls of the caller with good manners.
const EVERY: Duration = Duration::from_millis(2);
/// The least calls that say anything about one in a thousand, and for how long they are waited for.
const CALLS: u64 = 200;
const LONGEST: Duration = Duration::from_secs(30);

async fn run(lab: &Lab, size: Size, bug: Option<Bug>, flood: Flood) -> Result<Outcome, Trouble> {
    let mut suite = Suite::start(
        lab,
        "h",
        &[("organization", 1), ("member", 1), ("gateway", 1)],
        bug,
    )
    .await?;
    let county = County::found(&suite, 0).await?;
    let roles = [(Role::OrgDept, county.root)];
    let presented = Presented::new(county.org_dept.id, &roles, suite.keys.clone());
    let county = Arc::new(county);
    let lasts = Duration::from_secs(size.of(8, 3));
    let mut outcome = Outcome::default();
    for service in ["gateway", "organization"] {
        let uri = suite.uris(service).first().cloned().unwrap_or_default();
        let channel = Endpoint::from(uri).connect().await;
        let caller = Caller {
            channel: channel.map_err(|error| Trouble(error.to_string()))?,
            county: county.clone(),
            presented: (service == "organization").then(|| presented.clone()),
        };
        attack(&mut suite, service, caller, flood, lasts, &mut outcome).await?;
    }
    suite.stop().await;
    Ok(outcome)
}

/// Who calls with good manners.
#[derive(Clone)]
struct Caller {
    channel: Channel,
    county: Arc<County>,
    presented: Option<Presented>,
}

impl Caller {
    async fn call(&self) -> Result<(), Status> {
        let asked = GetOrganizationRequest {
            organization_id: self.county.branch.to_string(),
            ..GetOrganizationRequest::default()
        };
        let request: Request<_> = match &self.presented {
            None => self.county.org_dept.asks(asked),
            Some(presented) => presented
                .asks(asked)
                .map_err(|trouble| Status::from_error(trouble.0.into()))?,
        };
        Organizations::new(self.channel.clone())
            .get_organization(request)
            .await
            .map(drop)
    }
}

async fn attack(
    suite: &mut Suite,
    service: &'static str,
    caller: Caller,
    flood: Flood,
    lasts: Duration,
    outcome: &mut Outcome,
) -> Result<(), Trouble> {
    for _ in 0..WARM {
        if let Err(status) = caller.call().await {
            return Err(Trouble(format!(
                "before the attack on {service}: {}",
                reason(&status)
            )));
        }
    }
    let process = suite.one(service)?;
    let address = process.plan.listen;
    let before = process.memory_kib().unwrap_or_default();
    let over = Arc::new(AtomicBool::new(false));
    let struck = Arc::new(Volleys::default());
    let mut attackers: JoinSet<Bad> = JoinSet::new();
    for _ in 0..ATTACKERS {
        let (over, struck) = (over.clone(), struck.clone());
        attackers.spawn(async move {
            let volleys = spawn_blocking(move || struck.go_on(address, flood, &over));
            volleys.await.unwrap_or_default()
        });
    }
    let since = Instant::now();
    let (mut highest, mut calls, mut failed) = (before, 0, Bad::default());
    // Few calls say nothing: on a busy machine the attack goes on until there are enough of them.
    while since.elapsed() < lasts || (calls < CALLS && since.elapsed() < LONGEST) {
        calls += 1;
        if let Err(status) = caller.call().await {
            failed.add("calls not served", format!("{service}: {}", reason(&status)));
        }
        match process.memory_kib() {
            Some(kib) => highest = highest.max(kib),
            None => outcome.bad.add("dead", service),
        }
        sleep(EVERY).await;
    }
    over.store(true, Ordering::Relaxed);
    while let Some(bad) = attackers.join_next().await {
        outcome.bad.take(bad.unwrap_or_default());
    }
    let connections = struck.connections.load(Ordering::Relaxed);
    let grown = highest.saturating_sub(before);
    eprintln!(
        "      {service}: {connections} connections, {} streams, +{grown} KiB, {calls} calls, {} failed",
        struck.streams.load(Ordering::Relaxed),
        failed.total()
    );
    outcome.bad.unless(
        grown <= GROWTH_KIB,
        "memory grown",
        format!("{service}: {grown} KiB"),
    );
    outcome
        .bad
        .unless(calls >= CALLS, "starved", format!("{service}: {calls} calls"));
    if failed.total() * 1000 > calls {
        outcome.bad.take(failed);
    }
    outcome.tried += connections;
    Ok(())
}

/// What was struck so far.
#[derive(Default)]
struct Volleys {
    connections: AtomicU64,
    /// Streams that were sent; a server that has closed the connection does not see them all.
    streams: AtomicU64,
}

impl Volleys {
    /// One connection after the other, until it is over.
    fn go_on(&self, address: SocketAddr, flood: Flood, over: &AtomicBool) -> Bad {
        let mut bad = Bad::default();
        while !over.load(Ordering::Relaxed) {
            match strike(address, PATH, flood, VOLLEY) {
                Ok(struck) => {
                    self.connections.fetch_add(1, Ordering::Relaxed);
                    self.streams
                        .fetch_add(u64::from(struck.streams), Ordering::Relaxed);
                    let how = format!("{address} after {} streams", struck.streams);
                    bad.unless(struck.closed, OPEN, how);
                }
                // A server that is full may refuse; it must come back.
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        bad
    }
}
