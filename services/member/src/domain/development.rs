//! Steps of development cases that a branch owes.

use kernel::{Day, id::OrganizationId};

use crate::error::MemberError;

/// A step that a branch owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The branch that owes it.
    pub branch: OrganizationId,
    /// Step of the procedure `development`.
    pub step: String,
    /// Version of the rules under which it fell due.
    pub rule_version: String,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(done_on: Option<&str>) -> Step {
        Step {
            branch: OrganizationId::new(),
            step: "talk".into(),
            rule_version: "2014".into(),
            due_on: "2025-06-30".parse().expect("day"),
            done_on: done_on.map(|day| day.parse().expect("day")),
        }
    }

    #[test]
    fn the_deadline_itself_is_in_time_and_an_open_step_is_not() {
        assert!(step(Some("2025-06-30")).in_time());
        assert!(!step(Some("2025-07-01")).in_time());
        assert!(!step(None).in_time());
    }

    #[test]
    fn a_step_stays_with_its_branch() {
        let known = step(None);
        let done = Step {
            done_on: Some(known.due_on),
            ..known.clone()
        };
        assert_eq!(done.may_replace(&known), Ok(()));
        assert_eq!(
            step(None).may_replace(&known),
            Err(MemberError::StepOfAnotherBranch)
        );
    }
}
