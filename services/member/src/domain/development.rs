//! Steps of development cases that a branch owes, by the version of the rules in force
//! on the day of the event from which the deadline counts. Steps that the superior owes are not the branch's.

use kernel::{Day, day::add_months, id::OrganizationId};

use crate::error::MemberError;

/// A step that a branch owes, as a version of the rules has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// Step of the procedure `development`.
    pub step: &'static str,
    /// Its number in the procedure's order.
    pub no: u32,
    /// Months from the event to the last day that is in time.
    pub months: i32,
    /// The norm.
    pub norm: &'static str,
}

/// A version of the rules. It never changes in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Its name.
    pub version: &'static str,
    /// First day in force.
    pub from: Day,
    /// The steps that a branch owes by a day.
    pub steps: &'static [Owed],
}

const fn owed(step: &'static str, no: u32, months: i32, norm: &'static str) -> Owed {
    Owed {
        step,
        no,
        months,
        norm,
    }
}

const fn day(year: i32, month: u32, day: u32) -> Day {
    match Day::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => Day::MIN,
    }
}

const TALK: Owed = owed("talk", 2, 1, "R-131");
const REVIEW: Owed = owed("review_activist", 6, 6, "R-134");
const DISCUSSION: Owed = owed("assembly_full", 23, 1, "R-147");

/// The versions, oldest first: 发展党员工作细则 of 2014, and as revised in May 2026 (to be confirmed).
const VERSIONS: [Rules; 2] = [
    Rules {
        version: "2014",
        from: day(2014, 5, 28),
        steps: &[TALK, REVIEW, DISCUSSION],
    },
    Rules {
        version: "2026.05",
        from: day(2026, 5, 11),
        steps: &[
            TALK,
            REVIEW,
            owed("assembly_admit", 15, 1, "R-141"),
            owed("oath", 20, 1, "R-145"),
            DISCUSSION,
        ],
    },
];

/// The version in force on a day.
#[must_use]
pub fn in_force(on: Day) -> Option<&'static Rules> {
    VERSIONS.iter().rev().find(|rules| rules.from <= on)
}

/// A step that a branch owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The branch that owes it.
    pub branch: OrganizationId,
    /// Step of the procedure `development`.
    pub step: String,
    /// Version of the rules under which it fell due.
    pub rule_version: String,
    /// The case in the system that it comes from; empty where it was not said.
    pub case: String,
    /// Day of the event from which the deadline counts.
    pub since_on: Day,
    /// Last day that is in time.
    pub due_on: Day,
    /// Day on which it was done.
    pub done_on: Option<Day>,
}

impl Step {
    /// Whether it was done by its deadline.
    #[must_use]
    pub fn in_time(&self) -> bool {
        self.done_on.is_some_and(|done| done <= self.due_on)
    }

    /// Refuses with `STEP_OF_ANOTHER_BRANCH` when the step is known as another branch's.
    pub fn may_replace(&self, known: &Self) -> Result<(), MemberError> {
        if self.branch == known.branch {
            Ok(())
        } else {
            Err(MemberError::StepOfAnotherBranch)
        }
    }

    /// Whether it is owed so: under the version in force on the day of the event, as a step of the branch, with the
    /// deadline of the rule, after an event that has come, and done after it.
    pub fn check(&self, today: Day) -> Result<(), MemberError> {
        if self.since_on > today {
            return Err(MemberError::DayInFuture);
        }
        let rules = in_force(self.since_on).filter(|rules| rules.version == self.rule_version);
        let rules = rules.ok_or(MemberError::RuleNotInForce)?;
        let owed = rules.steps.iter().find(|owed| owed.step == self.step);
        let owed = owed.ok_or(MemberError::StepNotOwed)?;
        if self.due_on != add_months(self.since_on, owed.months) {
            return Err(MemberError::DeadlineNotByRule);
        }
        match self.done_on {
            Some(done) if done > today => Err(MemberError::DoneInFuture),
            Some(done) if done < self.since_on => Err(MemberError::StepOutOfOrder),
            _ => Ok(()),
        }
    }

    /// Its number in the procedure's order; none for a step that no version knows.
    fn no(&self) -> Option<u32> {
        let mut all = VERSIONS.iter().flat_map(|rules| rules.steps);
        all.find(|owed| owed.step == self.step).map(|owed| owed.no)
    }

    /// Refuses with `STEP_OUT_OF_ORDER` when it cannot stand beside another step of its case: what comes later in the
    /// procedure begins after what comes earlier began and was done.
    pub fn follows_order(&self, other: &Self) -> Result<(), MemberError> {
        let (earlier, later) = match self.no().cmp(&other.no()) {
            std::cmp::Ordering::Less => (self, other),
            std::cmp::Ordering::Greater => (other, self),
            std::cmp::Ordering::Equal => return Ok(()),
        };
        if earlier.done_on.unwrap_or(earlier.since_on).max(earlier.since_on) <= later.since_on {
            Ok(())
        } else {
            Err(MemberError::StepOutOfOrder)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn step(name: &str, version: &str, since: &str, due: &str, done: Option<&str>) -> Step {
        Step {
            branch: OrganizationId::new(),
            step: name.into(),
            rule_version: version.into(),
            case: "c1".into(),
            since_on: day(since),
            due_on: day(due),
            done_on: done.map(day),
        }
    }

    fn talk(done_on: Option<&str>) -> Step {
        step("talk", "2014", "2025-05-30", "2025-06-30", done_on)
    }

    #[test]
    fn the_deadline_itself_is_in_time_and_an_open_step_is_not() {
        assert!(talk(Some("2025-06-30")).in_time());
        assert!(!talk(Some("2025-07-01")).in_time());
        assert!(!talk(None).in_time());
    }

    #[test]
    fn a_step_stays_with_its_branch() {
        let known = talk(None);
        let done = Step {
            done_on: Some(known.due_on),
            ..known.clone()
        };
        assert_eq!(done.may_replace(&known), Ok(()));
        assert_eq!(
            talk(None).may_replace(&known),
            Err(MemberError::StepOfAnotherBranch)
        );
    }

    #[test]
    fn a_deadline_is_that_of_the_rule_in_force_on_the_day_of_the_event_x_6() {
        let judged = |name: &str, version: &str, since: &str, due: &str| {
            step(name, version, since, due, None).check(day("2027-01-01"))
        };
        for (name, version, since, due) in [
            ("talk", "2014", "2025-01-31", "2025-02-28"),
            ("review_activist", "2014", "2025-06-30", "2025-12-30"),
            ("assembly_full", "2014", "2025-06-30", "2025-07-30"),
            ("talk", "2014", "2026-05-10", "2026-06-10"),
            ("assembly_admit", "2026.05", "2026-05-11", "2026-06-11"),
            ("oath", "2026.05", "2026-07-01", "2026-08-01"),
        ] {
            assert_eq!(judged(name, version, since, due), Ok(()), "{name} {since}");
        }
        for (name, version, since, due, broken) in [
            (
                "talk",
                "2014",
                "2025-01-31",
                "2025-03-01",
                MemberError::DeadlineNotByRule,
            ),
            (
                "talk",
                "2014",
                "2026-05-11",
                "2026-06-11",
                MemberError::RuleNotInForce,
            ),
            (
                "talk",
                "2026.05",
                "2026-05-10",
                "2026-06-10",
                MemberError::RuleNotInForce,
            ),
            (
                "talk",
                "2014",
                "2014-05-27",
                "2014-06-27",
                MemberError::RuleNotInForce,
            ),
            // The old version names no day for the assembly, and what the superior owes is not the branch's.
            (
                "assembly_admit",
                "2014",
                "2025-03-01",
                "2025-04-01",
                MemberError::StepNotOwed,
            ),
            (
                "approve_full",
                "2014",
                "2025-03-01",
                "2025-06-01",
                MemberError::StepNotOwed,
            ),
        ] {
            assert_eq!(judged(name, version, since, due), Err(broken), "{name} {since}");
        }
    }

    #[test]
    fn a_step_is_done_after_its_event_and_not_in_the_future() {
        let today = day("2025-06-15");
        assert_eq!(talk(Some("2025-05-30")).check(today), Ok(()));
        assert_eq!(
            talk(Some("2025-05-29")).check(today),
            Err(MemberError::StepOutOfOrder)
        );
        assert_eq!(
            talk(Some("2025-06-16")).check(today),
            Err(MemberError::DoneInFuture)
        );
    }

    #[test]
    fn the_steps_of_a_case_follow_the_order_of_the_procedure() {
        let review = |since| step("review_activist", "2014", since, "2026-01-01", None);
        let talked = talk(Some("2025-06-20"));
        assert_eq!(review("2025-06-20").follows_order(&talked), Ok(()));
        assert_eq!(talked.follows_order(&review("2025-06-20")), Ok(()));
        assert_eq!(
            review("2025-06-19").follows_order(&talked),
            Err(MemberError::StepOutOfOrder)
        );
        assert_eq!(
            talked.follows_order(&review("2025-06-19")),
            Err(MemberError::StepOutOfOrder)
        );
        assert_eq!(review("2024-06-19").follows_order(&review("2025-06-19")), Ok(()));
        assert_eq!(
            review("2025-05-29").follows_order(&talk(None)),
            Err(MemberError::StepOutOfOrder)
        );
    }
}
