//! Refusals at the gate, on record (N-20, X18): who was refused what, for which organization, and why; never what he sent.
//! A caller has so many of them recorded in an hour, in each service and process: whoever tries on and on fills no disk
//! with it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const HOUR: Duration = Duration::from_secs(3600);
/// More than anybody comes to by mistake; some ten kilobytes an hour.
const MOST: u32 = 60;

/// How many were recorded of whom.
#[derive(Debug)]
pub(super) struct Denials(Mutex<Hour>);

#[derive(Debug)]
struct Hour {
    began: Instant,
    recorded: HashMap<String, u32>,
}

impl Default for Denials {
    fn default() -> Self {
        Self(Mutex::new(Hour::of(Instant::now())))
    }
}

impl Denials {
    /// Whether one more of this caller is recorded.
    pub(super) fn record(&self, subject: &str) -> bool {
        let mut hour = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hour.record(subject, Instant::now())
    }
}

impl Hour {
    fn of(began: Instant) -> Self {
        Self {
            began,
            recorded: HashMap::new(),
        }
    }

    fn record(&mut self, subject: &str, now: Instant) -> bool {
        if now.duration_since(self.began) >= HOUR {
            *self = Self::of(now);
        }
        let recorded = self.recorded.entry(subject.to_owned()).or_default();
        let more = *recorded < MOST;
        *recorded += u32::from(more);
        if more && *recorded == MOST {
            // Who it is stands in the trail, and in no log.
            tracing::warn!("a caller was refused so often that no more of it is recorded this hour");
        }
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_so_many_recorded_in_an_hour_and_takes_none_of_anothers() {
        let began = Instant::now();
        let mut hour = Hour::of(began);
        let recorded = |hour: &mut Hour, who: &str, at: Instant| {
            (0..1000).filter(|_| hour.record(who, at)).count() as u32
        };
        assert_eq!(recorded(&mut hour, "one", began), MOST);
        assert_eq!(recorded(&mut hour, "one", began + HOUR / 2), 0);
        assert_eq!(recorded(&mut hour, "other", began + HOUR / 2), MOST);
        assert_eq!(recorded(&mut hour, "one", began + HOUR), MOST, "the next hour");
    }
}
