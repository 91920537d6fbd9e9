//! One run of the year: what it stands on, and the script by which the clock is driven.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::Datelike;
use kernel::{
    Day, Instant, Role,
    day::{add_months, month_end},
};
use runtime::Link;

use super::{
    actors::Actors,
    clock::Driver,
    door::Door,
    error::DemoError,
    folder::Folder,
    ids::Ids,
    news::News,
    rows::{Known, Sight, library::at_hour},
};
use crate::county::County;

/// What the run has done so far that no service is asked for again.
#[derive(Debug, Default)]
pub struct Tally {
    /// The bookings as they were confirmed, or as they are.
    pub bookings: HashMap<usize, proto::resource::v1::Booking>,
    /// Who had been refused a booking when this run began.
    pub refused: Vec<String>,
    /// Who reads everything; the first clerk of the root's organization department where nobody was looked for.
    pub reader: Option<String>,
    /// The record of the superior debrief of each branch.
    pub debriefs: HashMap<usize, String>,
    /// The cycle of each county.
    pub cycles: BTreeMap<usize, String>,
}

/// One run of the year.
pub struct Journey {
    /// Everything that is loaded.
    pub county: County,
    /// Ids that come out the same in every run.
    pub ids: Ids,
    /// Ids that the services gave.
    pub known: Known,
    /// The gateway's door.
    pub door: Door,
    /// Organization, in the name of the program itself: only to found the root.
    pub inside: Link,
    /// The clock.
    pub clock: Driver,
    /// The data folder.
    pub folder: Folder,
    /// The business time that a run before this one reached: all that was to be done earlier is done, for the clock
    /// only moves on after it. The persons who did it may have left their posts since; nobody is asked again.
    pub reached: Instant,
    /// Progress.
    pub news: News,
    /// What was done.
    pub tally: Tally,
}

/// What is done at a moment of the year; those of one moment in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Roles that begin today are given, so that whoever holds one from a day on may act on that day.
    Give,
    /// A booking is given back.
    Cancel(usize),
    /// A booking is held and confirmed.
    Hold(usize),
    /// A booking was kept.
    Keep(usize),
    /// An organization is listed for rectification, for a criterion.
    List(usize),
    /// The rating cycle opens.
    OpenCycle,
    /// What became known since the stage before is imported.
    Load(usize),
    /// The branches are screened.
    Screen,
}

impl Journey {
    /// The people who act.
    #[must_use]
    pub fn actors(&self) -> Actors<'_> {
        Actors {
            county: &self.county,
            known: &self.known,
        }
    }

    /// Moves the clock to an hour of a day.
    pub async fn to(&mut self, day: Day, hour: u32) -> Result<(), DemoError> {
        self.clock.advance(at_hour(day, hour), &mut self.folder).await
    }

    /// What is seen at a stage of the loading.
    #[must_use]
    pub fn sight(&self, stage: usize) -> Sight<'_> {
        let days = load_days(self.county.year);
        Sight {
            county: &self.county,
            known: &self.known,
            sent: stage.checked_sub(1).map(|before| days[before]),
            today: days[stage],
            last: stage + 1 == days.len(),
        }
    }

    /// The day that a run before this one reached; none where this one began the year.
    #[must_use]
    pub fn taken_up(&self) -> Option<Day> {
        (self.reached > self.clock_start()).then(|| kernel::day::day_of(self.reached))
    }

    /// The time at which a new demo begins.
    fn clock_start(&self) -> Instant {
        beginning(self.county.year)
    }

    /// Who reads everything: a clerk of the root's organization department.
    pub fn reader(&self) -> Result<String, DemoError> {
        if let Some(reader) = &self.tally.reader {
            return Ok(reader.clone());
        }
        self.actors()
            .holder(Role::OrgDept, 0, 0, self.county.freeze_day())
    }

    /// Whether what is done at an hour of a day is still to be done: all or a part of it.
    #[must_use]
    pub fn is_to_do(&self, day: Day, hour: u32) -> bool {
        at_hour(day, hour) >= self.reached
    }

    /// The whole year, from founding the root to naming. When it is over, nothing of it is done again: the data are those
    /// of whoever uses the suite.
    pub async fn year(&mut self) -> Result<(), DemoError> {
        if self.folder.is_over() {
            self.news.stage("查看已有数据");
            return self.recall_year().await;
        }
        self.news.stage("建立组织体系");
        if self.reached > self.clock_start() {
            self.news.stage("导入期初数据");
            self.recall(0).await?;
        } else {
            self.found().await?;
            self.news.stage("导入期初数据");
            self.load(0).await?;
        }
        self.news.stage("四库入库");
        self.admit_resources().await?;
        self.months().await?;
        self.year_end().await?;
        self.folder.close_year()
    }

    async fn months(&mut self) -> Result<(), DemoError> {
        let year = self.county.year;
        let mut stage = String::new();
        self.recall_bookings().await?;
        for (at, acts) in script(&self.county) {
            let month = kernel::day::day_of(at).format("%-m").to_string();
            if month != stage {
                self.news.stage(&format!("{year}年{month}月"));
                stage = month;
            }
            self.clock.advance(at, &mut self.folder).await?;
            let today = kernel::day::day_of(at);
            for act in acts {
                match (at < self.reached, act) {
                    (false, _) => self.act(act, today).await?,
                    (true, Act::Load(stage)) => self.recall(stage).await?,
                    (true, Act::OpenCycle) => self.recall_cycles(today).await?,
                    (true, _) => {}
                }
            }
        }
        Ok(())
    }

    async fn act(&mut self, act: Act, today: Day) -> Result<(), DemoError> {
        match act {
            Act::Give => self.give_todays_roles(today).await,
            Act::Cancel(booking) => self.cancel(booking, today).await,
            Act::Hold(booking) => self.hold(booking, today).await,
            Act::Keep(booking) => self.keep(booking, today).await,
            Act::List(case) => self.list_for_criterion(case, today).await,
            Act::OpenCycle => self.open_cycles(today).await,
            Act::Load(stage) => self.load(stage).await,
            Act::Screen => self.screen(today).await,
        }
    }
}

/// The time at which the demo of a year begins.
#[must_use]
pub fn beginning(year: i32) -> Instant {
    at_hour(Day::from_ymd_opt(year, 1, 1).unwrap_or_default(), 8)
}

/// The days of loading: the first day of the year, each month's end, the day of the freeze.
#[must_use]
pub fn load_days(year: i32) -> Vec<Day> {
    let first = Day::from_ymd_opt(year, 1, 1).unwrap_or_default();
    let ends = (0..12).map(|month| month_end(add_months(first, month)));
    let freeze = Day::from_ymd_opt(year + 1, 1, 15).unwrap_or_default();
    std::iter::once(first).chain(ends).chain([freeze]).collect()
}

/// The moments of the year and what is done at each, in the order of time.
#[must_use]
pub fn script(county: &County) -> BTreeMap<Instant, Vec<Act>> {
    let mut script = BTreeMap::<Instant, Vec<Act>>::new();
    let mut add = |day: Day, hour: u32, act: Act| script.entry(at_hour(day, hour)).or_default().push(act);
    for (at, booking) in county.bookings.iter().enumerate() {
        use crate::county::library::Outcome;
        add(booking.made_on, 10, Act::Hold(at));
        match booking.outcome {
            Outcome::Kept => add(booking.on, booking.to_hour, Act::Keep(at)),
            Outcome::Cancelled(on) => add(on, 8, Act::Cancel(at)),
            Outcome::Missed | Outcome::Refused => {}
        }
    }
    for (at, case) in county.rectifications.iter().enumerate() {
        add(case.listed_on, 11, Act::List(at));
    }
    let december = Day::from_ymd_opt(county.year, 12, 1).unwrap_or_default();
    add(december, 9, Act::OpenCycle);
    let begun: BTreeSet<Day> = county.grants.iter().map(|grant| grant.from).collect();
    for day in begun.into_iter().filter(|day| day.year() == county.year) {
        add(day, 8, Act::Give);
    }
    for (stage, day) in load_days(county.year).into_iter().enumerate().skip(1).take(12) {
        add(day, 20, Act::Load(stage));
    }
    add(county.screening_day(), 21, Act::Screen);
    for acts in script.values_mut() {
        acts.sort();
    }
    script
}

/// The stage of the last loading, on the day of the freeze.
pub const LAST_LOAD: usize = 13;

#[cfg(test)]
mod tests;
