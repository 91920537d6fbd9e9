//! What the person at the terminal sees while it runs: progress bars on a terminal, plain lines elsewhere, always
//! on stderr.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Without numbers, as long as it is not known how much is to be done.
const OPEN: &str = "{spinner} {prefix} {msg}";
const COUNTED: &str = "{spinner} {prefix} {wide_bar} {pos}/{len} {msg}";

/// Tells how far it is, and keeps how long each stage took.
#[derive(Debug)]
pub struct News {
    bars: bool,
    bar: ProgressBar,
    /// Tasks that run together count here.
    count: Mutex<Count>,
    running: Option<(String, std::time::Instant)>,
    took: Vec<(String, Duration)>,
}

/// How far one piece of work is; where there is no bar, told at each tenth.
#[derive(Debug, Default)]
struct Count {
    what: String,
    total: u64,
    done: u64,
    told: u64,
}

impl Count {
    fn of(what: &str) -> Self {
        Self {
            what: what.to_owned(),
            ..Self::default()
        }
    }

    /// So much more is to be done: what was told falls back with the share, or the rest would stay untold.
    fn more(&mut self, many: u64) {
        self.total += many;
        self.told = self.tenth();
    }

    /// So much more is done: a line, at a tenth that was not told.
    fn done(&mut self, many: u64) -> Option<String> {
        self.done += many;
        let tenth = self.tenth();
        let tells = self.told < tenth;
        self.told = tenth;
        tells.then(|| format!("  {} {}/{}", self.what, self.done, self.total))
    }

    fn tenth(&self) -> u64 {
        (10 * self.done).checked_div(self.total).unwrap_or(0)
    }
}

impl News {
    /// On a terminal with bars, elsewhere with lines.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bars: io::stderr().is_terminal(),
            bar: ProgressBar::hidden(),
            count: Mutex::default(),
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
            self.bar.set_prefix(name.to_owned());
        } else {
            say(&format!("{name} …"));
        }
        self.begin(name);
    }

    /// So much more is to be done of what is being done now.
    pub fn more(&self, many: usize) {
        let mut count = self.count();
        count.more(many as u64);
        if count.total > 0 {
            self.bar.set_length(count.total);
            self.bar.set_style(style(COUNTED));
        }
    }

    /// So much more of it is done.
    pub fn done(&self, many: usize) {
        let mut count = self.count();
        let line = count.done(many as u64);
        self.bar.set_position(count.done);
        if let Some(line) = line.filter(|_| !self.bars) {
            say(&line);
        }
    }

    /// What is being done just now; it is counted from nothing.
    pub fn now(&self, what: &str) {
        self.begin(what);
        self.beside(what);
    }

    /// What is being done just now beside other things, and counted with them.
    pub fn beside(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        if !self.bars {
            say(&format!("  {what}"));
        }
    }

    fn begin(&self, what: &str) {
        let mut count = self.count();
        *count = Count::of(what);
        self.bar.set_style(style(OPEN));
        self.bar.set_length(0);
        self.bar.set_position(0);
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
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

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_each_tenth_is_told_once_with_what_it_is() {
        let mut count = Count::of("党员");
        count.more(40);
        let told: Vec<_> = (0..40).filter_map(|_| count.done(1)).collect();
        assert_eq!(told.len(), 10);
        assert_eq!((&*told[0], &*told[9]), ("  党员 4/40", "  党员 40/40"));
        count.more(40);
        let told: Vec<_> = (0..40).filter_map(|_| count.done(1)).collect();
        assert_eq!((told.len(), &*told[4]), (5, "  党员 80/80"));
    }

    #[test]
    fn what_is_done_now_is_counted_from_nothing() {
        let mut news = News::new();
        news.stage("导入期初数据");
        let counted = |news: &News| {
            let count = news.count();
            (count.what.clone(), count.done, count.total)
        };
        for (what, many) in [("党组织", 1096), ("党员", 10_346)] {
            news.now(what);
            assert_eq!(counted(&news), (what.to_owned(), 0, 0));
            news.more(many);
            news.done(many);
            assert_eq!(counted(&news), (what.to_owned(), many as u64, many as u64));
        }
        assert_eq!(news.count().done(0), None);
        for (what, many) in [("党费", 290), ("会议", 316)] {
            news.beside(what);
            news.more(many);
        }
        for many in [290, 316] {
            news.done(many);
        }
        let all = 10_346 + 290 + 316;
        assert_eq!(counted(&news), ("党员".to_owned(), all, all), "together");
    }
}
