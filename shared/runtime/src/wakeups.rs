//! Wake-ups: somebody who waits for a feed is told that there is more, at once. In this process always, between
//! processes through Redis where it is set. They carry nothing and may be lost: whoever waits looks by himself
//! from time to time, and goes on doing so when Redis is gone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use kernel::id::RecordId;
use redis::{AsyncCommands, Client};
use tokio::sync::{mpsc, watch};

use crate::database::{cause, place};

/// The topic of the driven clock: it has moved.
pub const CLOCK: &str = "clock";
const CHANNEL: &str = "zhibu:wake";
const REACHED_WITHIN: Duration = Duration::from_secs(3);
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Redis is set and does not answer.
#[derive(Debug, thiserror::Error)]
#[error(
    "Redis {place} 连不上（{cause}）。请确认 Redis 已启动、地址和口令正确（shared.redis 或 --redis）；不用 Redis 时留空。"
)]
pub struct RedisError {
    /// Its address without the password.
    place: String,
    /// What the system or Redis says.
    cause: String,
}

/// Replicas of a service tell each other that its feed has moved, so that those who read it at another replica hear
/// of it at once. Does nothing where each process is alone.
pub(crate) async fn between_replicas(
    wakeups: Wakeups,
    topic: &str,
    mut head: watch::Receiver<u64>,
    look: impl Fn(),
) {
    let mut said = wakeups.wait_for(topic);
    loop {
        tokio::select! {
            moved = head.changed() => match moved {
                Ok(()) => wakeups.wake_others(topic),
                Err(_) => return,
            },
            () = said.woken() => look(),
        }
    }
}

/// Tells those who wait. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Wakeups {
    topics: Arc<Topics>,
    others: Option<mpsc::Sender<String>>,
}

/// Waits for one topic.
#[derive(Debug)]
pub struct Waiter(watch::Receiver<()>);

impl Wakeups {
    /// Inside this process alone.
    #[must_use]
    pub fn local() -> Self {
        Self::default()
    }

    /// Between processes too. Fails when Redis cannot be reached now; later it may come and go.
    pub async fn connect(url: &str) -> Result<Self, RedisError> {
        let client = reach(url).await?;
        let (others, to_others) = mpsc::channel(64);
        let wakeups = Self {
            others: Some(others),
            ..Self::local()
        };
        let own = RecordId::new().to_string();
        tokio::spawn(publish(client.clone(), own.clone(), to_others));
        tokio::spawn(listen(client, own, Arc::downgrade(&wakeups.topics)));
        Ok(wakeups)
    }

    /// Whether there may be other processes that hear.
    #[must_use]
    pub fn between_processes(&self) -> bool {
        self.others.is_some()
    }

    /// There is more under the topic: whoever waits for it, here and in other processes, looks.
    pub fn wake(&self, topic: &str) {
        wake(&self.topics, topic);
        self.wake_others(topic);
    }

    /// There is more under the topic, and this process knows.
    pub fn wake_others(&self, topic: &str) {
        if let Some(others) = &self.others {
            // A full channel means that Redis is slow or gone; those who wait look by themselves.
            let _ = others.try_send(topic.to_owned());
        }
    }

    /// Waits for the topic from now on.
    #[must_use]
    pub fn wait_for(&self, topic: &str) -> Waiter {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        Waiter(
            topics
                .entry(topic.to_owned())
                .or_insert_with(|| watch::channel(()).0)
                .subscribe(),
        )
    }
}

impl Waiter {
    /// Until there is more; many wake-ups at once are one.
    pub async fn woken(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Until there is more, or the time is over.
    pub async fn woken_within(&mut self, time: Duration) {
        let _ = tokio::time::timeout(time, self.woken()).await;
    }
}

/// Whether Redis answers now: for a process that starts others.
pub async fn answers(url: &str) -> Result<(), RedisError> {
    reach(url).await.map(drop)
}

async fn reach(url: &str) -> Result<Client, RedisError> {
    let failed = |cause| RedisError {
        place: place(url),
        cause,
    };
    let told = |error: redis::RedisError| failed(cause(&error));
    let client = Client::open(url).map_err(told)?;
    let reach = async {
        client
            .get_multiplexed_async_connection()
            .await?
            .ping::<String>()
            .await
    };
    match tokio::time::timeout(REACHED_WITHIN, reach).await {
        Err(_) => Err(failed(format!("{} 秒内没有应答", REACHED_WITHIN.as_secs()))),
        Ok(Err(error)) => Err(told(error)),
        Ok(Ok(_)) => Ok(client),
    }
}

type Topics = Mutex<HashMap<String, watch::Sender<()>>>;

fn wake(topics: &Topics, topic: &str) {
    if let Some(waiting) = topics.lock().unwrap_or_else(PoisonError::into_inner).get(topic) {
        waiting.send_replace(());
    }
}

/// A message is the process it comes from and the topic.
async fn publish(client: Client, own: String, mut topics: mpsc::Receiver<String>) {
    let mut connection = None;
    while let Some(topic) = topics.recv().await {
        if connection.is_none() {
            connection = client.get_multiplexed_async_connection().await.ok();
        }
        let Some(open) = &mut connection else { continue };
        if open
            .publish::<_, _, ()>(CHANNEL, format!("{own} {topic}"))
            .await
            .is_err()
        {
            tracing::info!("redis is gone, waiting services look by themselves");
            connection = None;
        }
    }
}

async fn listen(client: Client, own: String, topics: std::sync::Weak<Topics>) {
    while topics.strong_count() > 0 {
        if let Ok(mut subscription) = client.get_async_pubsub().await
            && subscription.subscribe(CHANNEL).await.is_ok()
        {
            let mut messages = subscription.on_message();
            while let (Some(message), Some(topics)) = (messages.next().await, topics.upgrade()) {
                let message = message.get_payload::<String>().unwrap_or_default();
                match message.split_once(' ') {
                    Some((from, topic)) if from != own => wake(&topics, topic),
                    _ => {}
                }
            }
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_woken_once_for_many_calls_and_by_his_topic_alone() {
        let wakeups = Wakeups::local();
        let mut member = wakeups.wait_for("member");
        let before = tokio::time::Instant::now();
        wakeups.wake("member");
        wakeups.wake("member");
        member.woken_within(LONG).await;
        assert_eq!(before.elapsed(), Duration::ZERO, "at once");
        wakeups.wake("rating");
        member.woken_within(LONG).await;
        assert_eq!(before.elapsed(), LONG, "nobody called: he looks by himself");
    }

    /// Two processes, as far as Redis can tell, of which each hears the other.
    async fn two() -> (Wakeups, Wakeups) {
        let url = testkit::database::redis();
        let (here, there) = (
            Wakeups::connect(&url).await.expect("here"),
            Wakeups::connect(&url).await.expect("there"),
        );
        for (from, to) in [(&here, &there), (&there, &here)] {
            let topic = RecordId::new().to_string();
            let mut waiting = to.wait_for(&topic);
            // The other side may not listen yet, and a wake-up may be lost: that is the promise.
            let mut again = tokio::time::interval(Duration::from_millis(10));
            let heard = async {
                loop {
                    tokio::select! {
                        () = waiting.woken() => return,
                        _ = again.tick() => from.wake(&topic),
                    }
                }
            };
            tokio::time::timeout(Duration::from_secs(20), heard)
                .await
                .expect("heard");
        }
        (here, there)
    }

    #[tokio::test]
    async fn a_feed_that_moves_in_one_replica_is_looked_at_in_the_other_and_not_again_in_the_first() {
        let (here, there) = two().await;
        let topic = RecordId::new().to_string();
        let (moving, head) = watch::channel(0u64);
        let (still, stays) = watch::channel(0u64);
        let (looked, mut seen) = mpsc::unbounded_channel();
        let told = looked.clone();
        let mover = between_replicas(here, &topic, head, || told.send("here").expect("heard"));
        let other = between_replicas(there, &topic, stays, || looked.send("there").expect("heard"));
        let until_seen = async {
            // Both wait for the topic before anything moves.
            tokio::task::yield_now().await;
            for position in 1..=3 {
                moving.send_replace(position);
                assert_eq!(seen.recv().await, Some("there"), "position {position}");
            }
            drop(still);
        };
        tokio::select! {
            () = until_seen => {}
            _ = async { tokio::join!(mover, other) } => panic!("both go on"),
            () = tokio::time::sleep(Duration::from_secs(20)) => panic!("never told"),
        }
        assert!(seen.try_recv().is_err(), "nobody is woken by himself");
    }

    #[tokio::test]
    async fn a_redis_out_of_reach_is_told_with_its_address_and_cause_and_without_its_password() {
        let error = Wakeups::connect("redis://:secret@127.0.0.1:1")
            .await
            .expect_err("nobody there");
        let told = error.to_string();
        assert!(
            told.contains("redis://127.0.0.1:1") && told.contains("refused") && told.contains("shared.redis"),
            "{told}"
        );
        assert!(!told.contains("secret"), "{told}");
    }
}
