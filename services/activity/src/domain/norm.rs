//! Norms as versioned data (principle 1): how often a duty is owed, by whom, and with what quorum. A case is
//! judged by the version in force on its date, and the verdict names it. A norm never changes in place: a new
//! text is a new line.

use std::sync::LazyLock;

use kernel::{Day, Period};

use super::duty::Duty;

const SHIPPED: &str = include_str!("../../data/norms.csv");

/// How often a duty is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Each full month.
    Month,
    /// Each full quarter.
    Quarter,
    /// Each year.
    Year,
}

/// When a session fulfils the duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quorum {
    /// At least half of the full members with voting right.
    HalfFull,
    /// At least half of the committee's members.
    HalfCommittee,
    /// At least half of the members who are not exempt.
    HalfNotExempt,
    /// The norm names none: somebody was there.
    Somebody,
}

/// Who owes the duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwedWhen {
    /// Every branch, in every full span of its existence.
    Always,
    /// Branches with so many full members, and those that have a committee anyway (R-119, trap 4).
    Committee {
        /// Full members from which on a committee is owed.
        full: u32,
    },
    /// Each party group.
    Groups,
    /// Branches founded by this day of the year.
    FoundedBy {
        /// Month.
        month: u32,
        /// Day of the month.
        day: u32,
    },
}

/// A version of a norm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Norm {
    /// The norm's id and the day from which this version holds: `R-109@2018-10-28`.
    pub name: String,
    /// The duty.
    pub duty: Duty,
    /// How often.
    pub every: Every,
    /// With what quorum.
    pub quorum: Quorum,
    /// By whom.
    pub owed_when: OwedWhen,
    /// First day in force.
    pub from: Day,
    /// Last day in force.
    pub until: Option<Day>,
}

impl Norm {
    /// Whether this version is in force on the day.
    #[must_use]
    pub fn in_force(&self, on: Day) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }

    /// The spans of a period in which the duty may fall due, by their last day under this version. Yearly duties
    /// fall due on the year's last day.
    pub fn spans(&self, period: Period) -> impl Iterator<Item = Period> {
        let spans: Vec<Period> = match self.every {
            Every::Month => period.full_months().collect(),
            Every::Quarter => period.full_quarters().collect(),
            Every::Year => period.years_ending().collect(),
        };
        spans.into_iter().filter(|span| self.in_force(span.last()))
    }
}

/// The norm table.
#[derive(Debug, Default)]
pub struct Norms(Vec<Norm>);

static NORMS: LazyLock<Norms> =
    LazyLock::new(|| Norms::read(SHIPPED).unwrap_or_else(|e| unreachable!("shipped norms: {e}")));

impl Norms {
    /// The norms shipped with the suite.
    #[must_use]
    pub fn shipped() -> &'static Norms {
        &NORMS
    }

    /// Reads a table; the error names the line. Two versions for one duty must not overlap.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut norms: Vec<Norm> = Vec::new();
        for row in csv::Reader::from_reader(text.as_bytes()).records() {
            let row = row.map_err(|e| e.to_string())?;
            let line = row.position().map_or(0, csv::Position::line);
            let norm = norm(&row).ok_or_else(|| format!("line {line}: not a norm"))?;
            let overlaps = |other: &Norm| {
                other.duty == norm.duty
                    && other.until.is_none_or(|until| norm.from <= until)
                    && norm.until.is_none_or(|until| other.from <= until)
            };
            if norms.iter().any(overlaps) {
                return Err(format!("line {line}: two versions for one duty on one day"));
            }
            norms.push(norm);
        }
        Ok(Self(norms))
    }

    /// The version for a duty in force on a day.
    #[must_use]
    pub fn on(&self, duty: Duty, day: Day) -> Option<&Norm> {
        self.of(duty).find(|norm| norm.in_force(day))
    }

    /// All versions for a duty, oldest first as listed.
    pub fn of(&self, duty: Duty) -> impl Iterator<Item = &Norm> {
        self.0.iter().filter(move |norm| norm.duty == duty)
    }
}

fn norm(row: &csv::StringRecord) -> Option<Norm> {
    let from: Day = row.get(5)?.parse().ok()?;
    let until = match row.get(6)? {
        "" => None,
        day => Some(day.parse().ok()?),
    };
    Some(Norm {
        name: format!("{}@{from}", row.get(0)?),
        duty: Duty::from_code(row.get(1)?)?,
        every: match row.get(2)? {
            "month" => Every::Month,
            "quarter" => Every::Quarter,
            "year" => Every::Year,
            _ => return None,
        },
        quorum: match row.get(3)? {
            "half_full" => Quorum::HalfFull,
            "half_committee" => Quorum::HalfCommittee,
            "half_not_exempt" => Quorum::HalfNotExempt,
            "somebody" => Quorum::Somebody,
            _ => return None,
        },
        owed_when: owed_when(row.get(4)?)?,
        from,
        until,
    })
}

fn owed_when(text: &str) -> Option<OwedWhen> {
    match text.split_once(':') {
        None if text == "always" => Some(OwedWhen::Always),
        None if text == "groups" => Some(OwedWhen::Groups),
        Some(("committee", full)) => Some(OwedWhen::Committee {
            full: full.parse().ok()?,
        }),
        Some(("founded_by", day)) => {
            let (month, day) = day.split_once('-')?;
            Some(OwedWhen::FoundedBy {
                month: month.parse().ok()?,
                day: day.parse().ok()?,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    #[test]
    fn every_duty_has_a_norm_today_and_none_before_the_regulation() {
        for duty in Duty::ALL {
            assert!(
                Norms::shipped().on(*duty, day("2025-06-30")).is_some(),
                "{}",
                duty.code()
            );
            assert!(
                Norms::shipped().on(*duty, day("2018-10-27")).is_none(),
                "{}",
                duty.code()
            );
        }
        let assembly = Norms::shipped()
            .on(Duty::Assembly, day("2025-06-30"))
            .expect("norm");
        assert_eq!(
            (assembly.name.as_str(), assembly.every),
            ("R-109@2018-10-28", Every::Quarter)
        );
    }

    #[test]
    fn two_versions_for_one_day_and_unknown_words_are_refused_by_line() {
        let head = "norm,duty,every,quorum,owed_when,effective_from,effective_to,source,article,status\n";
        let line = "R-114,lecture,quarter,half_not_exempt,always,2018-10-28,,x,y,z\n";
        let twice = Norms::read(&format!(
            "{head}{line}R-114,lecture,month,somebody,always,2026-01-01,,x,y,z\n"
        ));
        assert!(twice.expect_err("refused").starts_with("line 3"));
        assert!(Norms::read(&format!("{head}{}", line.replace("quarter", "week"))).is_err());
        assert!(Norms::read(&format!("{head}{}", line.replace("always", "founded_by:x"))).is_err());
    }

    #[test]
    fn a_span_is_judged_by_the_version_in_force_on_its_last_day() {
        let head = "norm,duty,every,quorum,owed_when,effective_from,effective_to,source,article,status\n";
        let text = format!(
            "{head}R-114,lecture,quarter,somebody,always,2018-10-28,2025-06-30,x,y,z\n\
             R-114,lecture,month,somebody,always,2025-07-01,,x,y,z\n"
        );
        let norms = Norms::read(&text).expect("norms");
        let year = Period::year(2025).expect("year");
        let spans: Vec<_> = norms
            .of(Duty::Lecture)
            .map(|norm| norm.spans(year).count())
            .collect();
        assert_eq!(spans, [2, 6]);
    }
}
