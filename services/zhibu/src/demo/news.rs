//! What the person at the terminal sees while it runs: progress bars on a terminal, plain lines elsewhere, always
//! on stderr.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Tells how far it is, and keeps how long each stage took.
#[derive(Debug)]
pub struct News {
    bars: bool,
    bar: ProgressBar,
    running: Option<(String, std::time::Instant)>,
    took: Vec<(String, Duration)>,
}

impl News {
    /// On a terminal with bars, elsewhere with lines.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bars: io::stderr().is_terminal(),
            bar: ProgressBar::hidden(),
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
            say(&format!("{name} …"));
        }
    }

    /// So much more is to be done in this stage.
    pub fn more(&self, many: usize) {
        self.bar.inc_length(many as u64);
    }

    /// So much more is done.
    pub fn done(&self, many: usize) {
        self.bar.inc(many as u64);
    }

    /// What is being done just now.
    pub fn now(&self, what: &str) {
        self.bar.set_message(what.to_owned());
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
