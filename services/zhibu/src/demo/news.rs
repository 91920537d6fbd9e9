//! What the person at the terminal sees while it runs: progress bars on a terminal, plain lines elsewhere, always
//! on stderr.

use std::{
    io::{self, IsTerminal, Write},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Tells how far it is, and keeps how long each stage took.
#[derive(Debug)]
pub struct News {
    bars: bool,
    bar: ProgressBar,
    plain: Plain,
    running: Option<(String, std::time::Instant)>,
    took: Vec<(String, Duration)>,
}

/// How far a stage is where there is no bar: told at each tenth.
#[derive(Debug, Default)]
struct Plain {
    total: AtomicU64,
    done: AtomicU64,
    told: AtomicU64,
}

impl Plain {
    /// So much more is done: how much of how much, at a tenth that was not told.
    fn done(&self, many: u64) -> Option<(u64, u64)> {
        let done = self.done.fetch_add(many, Ordering::Relaxed) + many;
        let total = self.total.load(Ordering::Relaxed).max(1);
        let tenth = 10 * done / total;
        (self.told.fetch_max(tenth, Ordering::Relaxed) < tenth).then_some((done, total))
    }
}

impl News {
    /// On a terminal with bars, elsewhere with lines.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bars: io::stderr().is_terminal(),
            bar: ProgressBar::hidden(),
            plain: Plain::default(),
            running: None,
            took: Vec::new(),
        }
    }

    /// A stage begins; the one before has ended.
    pub fn stage(&mut self, name: &str) {
        self.end();
        self.running = Some((name.to_owned(), std::time::Instant::now()));
        if self.bars {
            self.bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {prefix} {wide_bar} {pos}/{len} {msg}");
            self.bar
                .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.set_prefix(name.to_owned());
            self.bar.set_length(0);
        } else {
            self.plain = Plain::default();
            say(&format!("{name} …"));
        }
    }

    /// So much more is to be done in this stage.
    pub fn more(&self, many: usize) {
        self.bar.inc_length(many as u64);
        self.plain.total.fetch_add(many as u64, Ordering::Relaxed);
    }

    /// So much more is done.
    pub fn done(&self, many: usize) {
        self.bar.inc(many as u64);
        if !self.bars
            && let Some((done, total)) = self.plain.done(many as u64)
        {
            say(&format!("  {done}/{total}"));
        }
    }

    /// What is being done just now.
    pub fn now(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        if !self.bars {
            say(&format!("  {what}"));
        }
    }

    /// The last stage has ended.
    pub fn end(&mut self) {
        let Some((name, since)) = self.running.take() else {
            return;
        };
        let took = since.elapsed();
        self.bar.finish_and_clear();
        say(&format!("{name}：{} 秒", seconds(took)));
        self.took.push((name, took));
    }

    /// A line that stays.
    pub fn line(&self, text: &str) {
        self.bar.suspend(|| say(text));
    }

    /// The stages that have ended and how long each took.
    #[must_use]
    pub fn took(&self) -> &[(String, Duration)] {
        &self.took
    }
}

impl Default for News {
    fn default() -> Self {
        Self::new()
    }
}

/// Seconds with three places.
#[must_use]
pub fn seconds(took: Duration) -> String {
    format!("{}.{:03}", took.as_secs(), took.subsec_millis())
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_each_tenth_is_told_once() {
        let plain = Plain::default();
        plain.total.store(40, Ordering::Relaxed);
        let told: Vec<_> = (0..40).filter_map(|_| plain.done(1)).collect();
        assert_eq!(told.len(), 10);
        assert_eq!((told[0], told[9]), ((4, 40), (40, 40)));
    }
}
