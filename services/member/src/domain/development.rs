//! Steps of development cases that a branch owes.

use kernel::Day;

/// Whether a step was done by its deadline.
#[must_use]
pub fn in_time(due_on: Day, done_on: Option<Day>) -> bool {
    done_on.is_some_and(|done| done <= due_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_itself_is_in_time_and_an_open_step_is_not() {
        let due: Day = "2025-06-30".parse().expect("day");
        assert!(in_time(due, Some(due)));
        assert!(!in_time(due, due.succ_opt()));
        assert!(!in_time(due, None));
    }
}
