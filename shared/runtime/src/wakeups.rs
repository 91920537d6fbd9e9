//! Wake-ups: somebody who waits for a feed is told that there is more, at once. In this process always, between
//! processes through Redis where it is set. They carry nothing and may be lost: whoever waits looks by himself
//! from time to time, and goes on doing so when Redis is gone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use redis::{AsyncCommands, Client};
use tokio::sync::{mpsc, watch};

/// The topic of the driven clock: it has moved.
pub const CLOCK: &str = "clock";
const CHANNEL: &str = "zhibu:wake";
const REACHED_WITHIN: Duration = Duration::from_secs(3);
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Redis is set and does not answer.
#[derive(Debug, thiserror::Error)]
#[error("redis (shared.redis) does not answer: {0}")]
pub struct RedisError(String);

/// Tells those who wait. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Wakeups {
    topics: Arc<Mutex<HashMap<String, watch::Sender<()>>>>,
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
        let told = |error: redis::RedisError| RedisError(format!("{:?}", error.kind()));
        let client = Client::open(url).map_err(told)?;
        let reach = async {
            client
                .get_multiplexed_async_connection()
                .await?
                .ping::<String>()
                .await
        };
        match tokio::time::timeout(REACHED_WITHIN, reach).await {
            Err(_) => return Err(RedisError("no answer in time".into())),
            Ok(Err(error)) => return Err(told(error)),
            Ok(Ok(_)) => {}
        }
        let (others, to_others) = mpsc::channel(64);
        let wakeups = Self {
            others: Some(others),
            ..Self::local()
        };
        tokio::spawn(publish(client.clone(), to_others));
        tokio::spawn(listen(client, Arc::downgrade(&wakeups.topics)));
        Ok(wakeups)
    }

    /// There is more under the topic, such as a service's name for its feed.
    pub fn wake(&self, topic: &str) {
        wake(&self.topics, topic);
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
    /// Until there is more, or the time is over; many wake-ups at once are one.
    pub async fn woken_within(&mut self, time: Duration) {
        let _ = tokio::time::timeout(time, async {
            if self.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await;
    }
}

type Topics = Mutex<HashMap<String, watch::Sender<()>>>;

fn wake(topics: &Topics, topic: &str) {
    if let Some(waiting) = topics.lock().unwrap_or_else(PoisonError::into_inner).get(topic) {
        waiting.send_replace(());
    }
}

async fn publish(client: Client, mut topics: mpsc::Receiver<String>) {
    let mut connection = None;
    while let Some(topic) = topics.recv().await {
        if connection.is_none() {
            connection = client.get_multiplexed_async_connection().await.ok();
        }
        let Some(open) = &mut connection else { continue };
        if open.publish::<_, _, ()>(CHANNEL, topic).await.is_err() {
            tracing::info!("redis is gone, waiting services look by themselves");
            connection = None;
        }
    }
}

async fn listen(client: Client, topics: std::sync::Weak<Topics>) {
    while topics.strong_count() > 0 {
        if let Ok(mut subscription) = client.get_async_pubsub().await
            && subscription.subscribe(CHANNEL).await.is_ok()
        {
            let mut messages = subscription.on_message();
            while let (Some(message), Some(topics)) = (messages.next().await, topics.upgrade()) {
                wake(&topics, &message.get_payload::<String>().unwrap_or_default());
            }
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}
