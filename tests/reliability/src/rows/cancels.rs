//! D2: callers go away in the middle of their writes while others write on. What was acknowledged is there; no
//! connection of the pool stays inside a transaction that nobody owns, in which the next borrower's writes would hang
//! (reliability.md finding 1); what was cancelled and is sent again has one effect.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use kernel::{Role, planted::Bug};
use proto::organization::v1::{
    GetOrganizationRequest, ImportOrganizationsRequest, ListOrganizationsRequest, Organization,
    OrganizationKind, OrganizationRow,
    organization_service_client::OrganizationServiceClient as Organizations,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tonic::transport::{Channel, Endpoint};

use crate::{
    bookings::key,
    county::{County, SYSTEM, external, reason},
    dice::Dice,
    history::{History, Number, Outcome as Answer, Seen},
    lab::{Lab, Size, Trouble},
    people::Presented,
    row::{Bad, Outcome, Row, Run},
    suite::Suite,
};

/// The row.
pub const ROW: Row = Row {
    id: "D2",
    what: "acknowledged writes lost, and transactions without an owner, over cancelled requests",
    least: (20_000, 2_000),
    teeth: &[(Bug::Unshielded, ORPHANED)],
    run: |lab, size, bug| -> Run<'_> { Box::pin(run(lab, size, bug)) },
};

const ORPHANED: &str = "connections left inside a transaction";
/// What Postgres says to who begins a transaction on a connection that was left inside one.
const BORROWED: &str = "there is already a transaction in progress";
const WRITERS: u64 = 8;
const CANCELLERS: u64 = 4;
/// A caller goes away within this time; a write takes about as long.
const PATIENCE_MICROS: u64 = 5_000;
/// The others write on; a moment of rest between two cancels keeps the queue short, so that cancels meet work.
const REST: Duration = Duration::from_millis(2);
/// A transaction that is idle for longer than this has lost its owner: nobody writes then.
const STILL: Duration = Duration::from_millis(1500);
const PAGE: i32 = 1000;
/// Cancelled writes that are sent again, and acknowledged ones that are opened.
const AGAIN: (usize, usize) = (2_000, 300);

struct Crowd {
    county: County,
    clerk: Presented,
    channels: Vec<Channel>,
    history: History,
    cancelled: Mutex<BTreeSet<Number>>,
    next: AtomicU64,
    stop: AtomicBool,
}

async fn run(lab: &Lab, size: Size, bug: Option<Bug>) -> Result<Outcome, Trouble> {
    let suite = Suite::start(
        lab,
        "d2",
        &[("organization", 1), ("member", 1), ("gateway", 1)],
        bug,
    )
    .await?;
    let county = County::found(&suite, 0).await?;
    let roles = [(Role::OrgDept, county.root)];
    let clerk = Presented::new(county.org_dept.id, &roles, suite.keys.clone());
    let crowd = Arc::new(Crowd {
        clerk,
        channels: channels(&suite).await?,
        county,
        history: History::default(),
        cancelled: Mutex::default(),
        next: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    });
    let mut bad = Bad::default();
    let (all, rounds) = size.of((20_000, 8), (2_000, 4));
    for round in 1..=rounds {
        crowd.storm(all * round / rounds).await;
        sleep(STILL).await;
        let orphaned = orphaned(lab, &suite).await?;
        bad.count(ORPHANED, orphaned);
    }
    bad.count(ORPHANED, lab.postgres.logged(&suite.database, BORROWED)?);
    eprintln!("      answers that were none: {}", crowd.history.reasons());
    let cancelled: Vec<Number> = crowd.gone().iter().copied().collect();
    let again = size.of(AGAIN.0, AGAIN.1);
    let step = (cancelled.len() / again).max(1);
    for number in cancelled.iter().copied().step_by(step) {
        let outcome = crowd.import(number).await;
        bad.unless(
            outcome == Answer::Done,
            "not settled",
            format!("write {number}: {outcome:?}"),
        );
    }
    crowd.look(lab, &suite, again, &mut bad).await?;
    suite.stop().await;
    let tried = cancelled.len() as u64;
    Ok(Outcome { tried, bad })
}

/// Past the gateway: the cancel must meet the service's work, not the gateway's.
async fn channels(suite: &Suite) -> Result<Vec<Channel>, Trouble> {
    let mut channels = Vec::new();
    for uri in suite.uris("organization").iter().cycle().take(4) {
        let channel = Endpoint::from(uri.clone()).connect().await;
        channels.push(channel.map_err(|error| Trouble(error.to_string()))?);
    }
    Ok(channels)
}

async fn orphaned(lab: &Lab, suite: &Suite) -> Result<u64, Trouble> {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
        AND state LIKE 'idle in transaction%' AND xact_start < now() - interval '1 second'";
    lab.postgres.number(&suite.database, sql).await
}

impl Crowd {
    fn gone(&self) -> std::sync::MutexGuard<'_, BTreeSet<Number>> {
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client(&self, number: Number) -> Organizations<Channel> {
        let at = usize::try_from(number).unwrap_or_default() % self.channels.len();
        Organizations::new(self.channels[at].clone())
    }

    /// Cancels until so many were cancelled in all, while the others write.
    async fn storm(self: &Arc<Self>, until: usize) {
        self.stop.store(false, Ordering::Relaxed);
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            let crowd = self.clone();
            writers.spawn(async move {
                while !crowd.stop.load(Ordering::Relaxed) {
                    let number = crowd.next.fetch_add(1, Ordering::Relaxed);
                    let outcome = crowd.import(number).await;
                    if outcome != Answer::Done {
                        sleep(REST).await;
                    }
                }
            });
        }
        let mut cancellers = JoinSet::new();
        for canceller in 0..CANCELLERS {
            let crowd = self.clone();
            let mut dice = Dice::new(canceller + until as u64);
            cancellers.spawn(async move {
                while crowd.gone().len() < until {
                    let number = crowd.next.fetch_add(1, Ordering::Relaxed);
                    let patience = Duration::from_micros(dice.below(PATIENCE_MICROS));
                    if timeout(patience, crowd.import(number)).await.is_err() {
                        crowd.gone().insert(number);
                    }
                    sleep(REST).await;
                }
            });
        }
        while cancellers.join_next().await.is_some() {}
        self.stop.store(true, Ordering::Relaxed);
        while writers.join_next().await.is_some() {}
    }

    /// Imports the organization of a number: always the same, under the same key.
    async fn import(&self, number: Number) -> Answer {
        let row = OrganizationRow {
            line: 1,
            external_id: Some(external(number.to_string())),
            parent: Some(external("town")),
            name: format!("第{number}支部"),
            kind: OrganizationKind::Branch.into(),
            domain: proto::kernel::v1::Domain::Rural.into(),
            founded_on: "2010-01-01".into(),
            ..OrganizationRow::default()
        };
        let import = ImportOrganizationsRequest {
            organization_id: self.county.root.to_string(),
            import_id: key(number),
            rows: vec![row],
            ..ImportOrganizationsRequest::default()
        };
        let request = match self.clerk.asks(import) {
            Ok(request) => request,
            Err(trouble) => return Answer::Unknown(trouble.to_string()),
        };
        let answer = self.client(number).import_organizations(request).await;
        let outcome = Answer::of(&answer);
        self.history.note(number, outcome.clone());
        outcome
    }

    /// Compares what was acknowledged with the database and with the API, and each with its event and audit entry.
    async fn look(&self, lab: &Lab, suite: &Suite, opened: usize, bad: &mut Bad) -> Result<(), Trouble> {
        let done = self.history.done();
        let sql = format!(
            "SELECT e.value, count(*) FROM organization.external_id AS e \
            JOIN organization.organization AS o ON o.id = e.organization_id \
            JOIN organization.standing AS s ON s.organization_id = o.id \
            WHERE e.system = '{SYSTEM}' AND e.value ~ '^[0-9]+$' GROUP BY e.value"
        );
        let mut there = Seen::at("in the database");
        for row in lab.postgres.rows(&suite.database, &sql).await? {
            if let [value, count] = &row[..] {
                there.add_so_often(number(value)?, count.parse().unwrap_or_default());
            }
        }
        self.history.check(&done, &there, bad);
        let (listed, ids) = self.listed().await?;
        self.history.check(&done, &listed, bad);
        bad.unless(
            listed.numbers() == there.numbers(),
            "phantom",
            "the API shows something else",
        );
        self.open(&done, opened, &ids, bad).await?;
        let imports = lab
            .postgres
            .number(
                &suite.database,
                "SELECT count(DISTINCT name) FROM organization.standing WHERE name LIKE '第%'",
            )
            .await?;
        for (kind, sql) in [
            (
                "writes without one event",
                "SELECT count(*) FROM organization.feed WHERE kind = 'organization.organization' AND record_id IN \
                    (SELECT organization_id FROM organization.standing WHERE name LIKE '第%')",
            ),
            (
                "writes without one audit entry",
                "SELECT count(*) - 1 FROM organization.audit WHERE result = 'done' AND method LIKE '%/ImportOrganizations'",
            ),
        ] {
            let found = lab.postgres.number(&suite.database, sql).await?;
            bad.count(kind, found.abs_diff(imports));
        }
        Ok(())
    }

    async fn listed(&self) -> Result<(Seen, BTreeMap<Number, String>), Trouble> {
        let (mut seen, mut ids) = (Seen::at("over the API"), BTreeMap::new());
        let mut asked = ListOrganizationsRequest {
            organization_id: self.county.town.to_string(),
            page_size: PAGE,
            ..ListOrganizationsRequest::default()
        };
        loop {
            let answer = self
                .client(0)
                .list_organizations(self.clerk.asks(asked.clone())?)
                .await;
            let page = answer
                .map_err(|status| Trouble(format!("listing: {}", reason(&status))))?
                .into_inner();
            for one in page.organizations {
                if let Some(number) = numbered(&one) {
                    seen.add(number);
                    ids.insert(number, one.id);
                }
            }
            if page.next_page_token.is_empty() {
                return Ok((seen, ids));
            }
            asked.page_token = page.next_page_token;
        }
    }

    /// Opens some of what was acknowledged: it must be known in memory too.
    async fn open(
        &self,
        done: &BTreeSet<Number>,
        wanted: usize,
        ids: &BTreeMap<Number, String>,
        bad: &mut Bad,
    ) -> Result<(), Trouble> {
        let step = (done.len() / wanted).max(1);
        for (number, id) in done
            .iter()
            .step_by(step)
            .filter_map(|one| Some((one, ids.get(one)?)))
        {
            let asked = GetOrganizationRequest {
                organization_id: id.clone(),
                ..GetOrganizationRequest::default()
            };
            if let Err(status) = self
                .client(*number)
                .get_organization(self.clerk.asks(asked)?)
                .await
            {
                bad.add(
                    "lost",
                    format!("write {number} cannot be opened: {}", reason(&status)),
                );
            }
        }
        Ok(())
    }
}

fn numbered(one: &Organization) -> Option<Number> {
    let ours = one.external_ids.iter().find(|id| id.system == SYSTEM)?;
    ours.value.parse().ok()
}

fn number(value: &str) -> Result<Number, Trouble> {
    value
        .parse()
        .map_err(|_| Trouble(format!("no write of ours: {value:?}")))
}
