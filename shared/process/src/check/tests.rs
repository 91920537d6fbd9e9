//! What the check promises.

use kernel::Calendar;

use super::{SHIPPED_WALKS, run};
use crate::definition::SHIPPED;

#[test]
fn the_81_worked_cases_agree_to_the_day_and_to_the_reason_code() {
    let report = run(None, None, Calendar::official());
    assert!(
        report.differences.is_empty() && report.broken.is_empty(),
        "{report}"
    );
    assert_eq!((report.walks, report.events), (81, 661));
}

#[test]
fn a_wrong_date_in_the_definitions_is_named_with_its_line() {
    let broken = SHIPPED.replacen("effective_from = 2022-01-01", "effective_from = 2022-13-01", 1);
    let report = run(Some(&broken), None, Calendar::official());
    assert!(
        !report.is_clean() && report.to_string().contains("line "),
        "{report}"
    );
}

#[test]
fn a_walk_that_expects_something_else_is_a_difference() {
    let other = SHIPPED_WALKS.replacen("state = \"approved\"", "state = \"refused\"", 1);
    assert_ne!(other, SHIPPED_WALKS);
    let report = run(None, Some(&other), Calendar::official());
    assert!(!report.differences.is_empty() && !report.is_clean(), "{report}");
}

#[test]
fn a_mistake_of_the_linter_makes_the_check_fail() {
    let unused = SHIPPED.replacen("[code]", "[code]\nNOBODY_SAYS_SO = \"无人使用\"", 1);
    let report = run(Some(&unused), None, Calendar::official());
    assert!(
        report.mistakes.iter().any(|mistake| mistake.code == "UNUSED") && !report.is_clean(),
        "{report}"
    );
}
