//! D5: long and short transactions at the same time, followed over the real `Watch` stream. Every committed event comes,
//! once, dense and in order, also to who breaks off and takes up again, and to who starts anywhere.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use kernel::planted::Bug;
use proto::{
    feed::v1::{Event, WatchRequest, WatchResponse, feed_service_client::FeedServiceClient as Feed},
    resource::v1::{
        Booking, ImportResourcesRequest, Resource, ResourceKind, ResourceRow,
        resource_service_client::ResourceServiceClient as Library,
    },
};
use runtime::Link;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tonic::{Status, Streaming};

use crate::{
    bookings::{Booker, WRITERS, key},
    county::{County, external, reason},
    dice::Dice,
    history::{History, Number, Outcome as Answer, Seen},
    lab::{Lab, Size, Trouble},
    row::{Bad, Outcome, Row, Run},
    suite::Suite,
};

/// The row.
pub const ROW: Row = Row {
    id: "D5",
    what: "events lost, phantom, twice or out of order, of long and short transactions, with resumes anywhere",
    least: (50_000, 5_000),
    teeth: &[(Bug::OutboxIds, GAPS)],
    run: |lab, size, bug| -> Run<'_> { Box::pin(run(lab, size, bug)) },
};

const LOST: &str = "lost";
/// An event that comes behind a later one leaves a gap first, and is lost to who has gone past it.
const GAPS: &str = "gaps";
/// Rows of one long transaction: the most that an import takes.
const ROWS: u32 = 500;
const IMPORTERS: u32 = 3;
const IMPORT_WITHIN: Duration = Duration::from_secs(20);
/// After the last write something must come within this time, until everything has come.
const COMES_WITHIN: Duration = Duration::from_secs(20);
const LARGEST: usize = 16 << 20;
/// Numbers of imported rows begin here: no booking has them.
const IMPORTED: u64 = 1 << 48;

async fn run(lab: &Lab, size: Size, bug: Option<Bug>) -> Result<Outcome, Trouble> {
    let services = [
        ("organization", 1),
        ("member", 1),
        ("resource", 1),
        ("gateway", 1),
    ];
    let suite = Suite::start(lab, "d5", &services, bug).await?;
    let county = Arc::new(County::found(&suite, WRITERS).await?);
    let booker = Booker::new(county.clone());
    let (chunks, bookings) = size.of((84, 8_500), (9, 700));

    let link = suite.link("resource", Some("rating"));
    let over = Arc::new(AtomicBool::new(false));
    let mut watchers: JoinSet<Log> = JoinSet::new();
    watchers.spawn(follow(link.clone(), Way::Straight, over.clone()));
    for seed in [1, 2] {
        watchers.spawn(follow(link.clone(), Way::Broken(Dice::new(seed)), over.clone()));
    }
    watchers.spawn(follow(link.clone(), Way::Anywhere(Dice::new(3)), over.clone()));

    let writers = booker.start();
    let imports = Arc::new(Imports {
        county,
        history: History::default(),
        next: AtomicU32::new(0),
        chunks,
    });
    let mut importers = JoinSet::new();
    for _ in 0..IMPORTERS {
        importers.spawn(imports.clone().keep_importing());
    }
    while importers.join_next().await.is_some() {}
    while booker.history.count() < bookings {
        sleep(Duration::from_millis(50)).await;
    }
    booker.end(writers).await;

    let mut bad = Bad::default();
    let truth = table(lab, &suite).await?;
    over.store(true, Ordering::Relaxed);
    let mut tried = 0;
    while let Some(log) = watchers.join_next().await {
        let mut log = log.map_err(|error| Trouble(error.to_string()))?;
        bad.take(std::mem::take(&mut log.bad));
        if log.whole {
            tried = log.events.len() as u64;
            for history in [&booker.history, &imports.history] {
                history.check(&history.done(), &log.seen, &mut bad);
            }
        }
        compare(&truth, &log, &mut bad);
    }
    suite.stop().await;
    Ok(Outcome { tried, bad })
}

/// The long transactions.
struct Imports {
    county: Arc<County>,
    history: History,
    next: AtomicU32,
    chunks: u32,
}

impl Imports {
    async fn keep_importing(self: Arc<Self>) {
        loop {
            let chunk = self.next.fetch_add(1, Ordering::Relaxed);
            if chunk >= self.chunks {
                return;
            }
            let numbers: Vec<Number> = (0..ROWS)
                .map(|row| IMPORTED + u64::from(chunk * ROWS + row))
                .collect();
            let answer = Library::new(self.county.door.clone())
                .import_resources(
                    self.county
                        .keeper
                        .asks_within(IMPORT_WITHIN, self.request(&numbers)),
                )
                .await;
            let outcome = Answer::of(&answer);
            for number in numbers {
                self.history.note(number, outcome.clone());
            }
        }
    }

    fn request(&self, numbers: &[Number]) -> ImportResourcesRequest {
        let row = |(line, number): (u32, &Number)| ResourceRow {
            line,
            external_id: Some(external(number.to_string())),
            kind: ResourceKind::Material.into(),
            title: number.to_string(),
            owner_id: self.county.town.to_string(),
            capacity: 1,
            ..ResourceRow::default()
        };
        ImportResourcesRequest {
            organization_id: self.county.town.to_string(),
            import_id: key(numbers.first().copied().unwrap_or_default()),
            rows: (1..).zip(numbers).map(row).collect(),
            ..ImportResourcesRequest::default()
        }
    }
}

/// An event without its body: kind, record, version.
type Name = (String, String, u64);

/// What a watcher has received.
#[derive(Default)]
struct Log {
    /// Whether it should have received everything.
    whole: bool,
    events: BTreeMap<u64, Name>,
    seen: Seen,
    bad: Bad,
}

/// How a watcher goes.
enum Way {
    /// One stream, taken up again only when it is cut.
    Straight,
    /// Breaks off after a few messages and takes up again where it was.
    Broken(Dice),
    /// Starts somewhere, takes a message, and starts somewhere else.
    Anywhere(Dice),
}

async fn watch(link: &Link, after: u64) -> Result<Streaming<WatchResponse>, Status> {
    let asked = WatchRequest {
        after,
        kinds: Vec::new(),
    };
    let mut feed = Feed::new(link.clone()).max_decoding_message_size(LARGEST);
    Ok(feed.watch(asked).await?.into_inner())
}

/// Follows until the writers have ended and everything that was committed by then has come, or does not come.
async fn follow(link: Link, mut way: Way, over: Arc<AtomicBool>) -> Log {
    let mut log = Log {
        whole: !matches!(way, Way::Anywhere(_)),
        seen: Seen::at("in the feed"),
        ..Log::default()
    };
    let (mut reached, mut since, mut refused): (u64, Option<Instant>, Option<Instant>) = (0, None, None);
    loop {
        let after = match &mut way {
            Way::Straight | Way::Broken(_) => reached,
            Way::Anywhere(dice) => dice.below(reached + 1),
        };
        let ended = over.load(Ordering::Relaxed);
        if ended && since.get_or_insert_with(Instant::now).elapsed() > COMES_WITHIN {
            log.bad.add("cut", "the feed does not come to its end");
            return log;
        }
        let mut stream = match watch(&link, after).await {
            Ok(stream) => stream,
            // Who is sent away comes again.
            Err(_) if refused.get_or_insert_with(Instant::now).elapsed() < COMES_WITHIN => {
                sleep(Duration::from_millis(50)).await;
                continue;
            }
            Err(status) => {
                log.bad
                    .add("cut", format!("the feed cannot be watched: {}", reason(&status)));
                return log;
            }
        };
        refused = None;
        let messages = match &mut way {
            Way::Straight => u64::MAX,
            Way::Broken(dice) => dice.below(20) + 1,
            Way::Anywhere(_) => 1,
        };
        let mut at = after;
        for _ in 0..messages {
            let Ok(Ok(Some(message))) = timeout(Duration::from_millis(500), stream.message()).await else {
                break;
            };
            let caught_up = message.events.is_empty();
            log.take(&message, &mut at);
            if at > reached {
                reached = at;
                since = None;
            }
            // The call came after the last write: a message without events says that everything before it was sent.
            if ended && (caught_up || !log.whole) {
                return log;
            }
            if caught_up && over.load(Ordering::Relaxed) {
                break;
            }
        }
    }
}

impl Log {
    fn take(&mut self, message: &WatchResponse, at: &mut u64) {
        for event in &message.events {
            let dense = event.position == *at + 1;
            let place = format!("position {} after {at}", event.position);
            self.bad.unless(event.position > *at, "out of order", &place);
            self.bad.unless(dense || event.position <= *at, GAPS, &place);
            *at = event.position;
            let name = (event.kind.clone(), event.id.clone(), event.version);
            match self.events.insert(event.position, name.clone()) {
                None => self.seen.add_event(event),
                Some(before) => self.bad.unless(before == name, "changed", &place),
            }
        }
        let ahead = message.head >= *at;
        self.bad.unless(
            ahead,
            "out of order",
            format!("head {} behind {at}", message.head),
        );
        *at = message.head;
    }
}

impl Seen {
    fn add_event(&mut self, event: &Event) {
        let number = match event.kind.as_str() {
            "resource.booking" => decoded::<Booking>(event).and_then(|one| one.purpose.parse().ok()),
            "resource.resource" => decoded::<Resource>(event).and_then(|one| one.title.parse().ok()),
            _ => None,
        };
        if let Some(number) = number {
            self.add(number);
        }
    }
}

fn decoded<M: prost::Message + Default>(event: &Event) -> Option<M> {
    M::decode(event.body.as_slice()).ok()
}

/// The feed as it lies in the database, once nothing waits any more.
async fn table(lab: &Lab, suite: &Suite) -> Result<BTreeMap<u64, Name>, Trouble> {
    let waiting = "SELECT count(*) FROM resource.outbox";
    let (mut left, mut since) = (u64::MAX, Instant::now());
    while left > 0 {
        let now = lab.postgres.number(&suite.database, waiting).await?;
        if now < left {
            (left, since) = (now, Instant::now());
        } else if since.elapsed() > COMES_WITHIN {
            return Err(Trouble(format!("the outbox is not emptied: {left} wait in it")));
        }
        sleep(Duration::from_millis(100)).await;
    }
    let sql = "SELECT position, kind, record_id, version FROM resource.feed ORDER BY position";
    let mut all = BTreeMap::new();
    for row in lab.postgres.rows(&suite.database, sql).await? {
        if let [position, kind, record, version] = &row[..] {
            let name = (kind.clone(), record.clone(), version.parse().unwrap_or_default());
            all.insert(position.parse().unwrap_or_default(), name);
        }
    }
    Ok(all)
}

fn compare(truth: &BTreeMap<u64, Name>, log: &Log, bad: &mut Bad) {
    for (position, name) in &log.events {
        let same = truth.get(position) == Some(name);
        bad.unless(same, "phantom", format!("position {position}: {name:?}"));
    }
    if log.whole {
        for (position, name) in truth {
            let there = log.events.contains_key(position);
            bad.unless(there, LOST, format!("position {position}: {name:?}"));
        }
    }
}
