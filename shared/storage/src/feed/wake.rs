//! Wake-ups inside a process: from commits to the sequencer, from the sequencer to watchers.

use std::time::Duration;

use tokio::sync::{Notify, watch};

/// Both bells of a store.
pub(crate) struct Wake {
    committed: Notify,
    head: watch::Sender<u64>,
}

impl Default for Wake {
    fn default() -> Self {
        Self {
            committed: Notify::new(),
            head: watch::Sender::new(0),
        }
    }
}

impl Wake {
    /// Something was committed.
    pub(crate) fn committed(&self) {
        self.committed.notify_one();
    }

    /// Until something is committed in this process, or for so long.
    pub(crate) async fn wait(&self, longest: Duration) {
        // Timing out is one of the two ways on.
        let _ = tokio::time::timeout(longest, self.committed.notified()).await;
    }

    /// The feed reaches to `head` now.
    pub(crate) fn reached(&self, head: u64) {
        self.head.send_if_modified(|known| {
            let further = head > *known;
            *known = head.max(*known);
            further
        });
    }

    /// The head as it moves.
    pub(crate) fn head(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }
}
