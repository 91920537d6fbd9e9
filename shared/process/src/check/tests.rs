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
fn the_shipped_files_are_clean() {
    let report = run(None, None, Calendar::official());
    assert!(report.is_clean(), "{report}");
}

#[test]
fn a_broken_file_of_definitions_is_told_with_its_line_and_nothing_is_played() {
    let text = SHIPPED.replacen("subject = \"organization\"\n", "subjekt = \"organization\"\n", 1);
    let line = text
        .lines()
        .position(|line| line.starts_with("subjekt"))
        .map(|at| at + 1);
    let report = run(Some(&text), None, Calendar::official());
    assert!(!report.is_clean() && report.walks == 0);
    let (file, broken) = &report.broken[0];
    assert_eq!((*file, broken.place.line), ("definitions", line));
    assert!(report.to_string().contains("subjekt"), "{report}");
}

#[test]
fn a_broken_file_of_walks_is_told_with_its_line_and_the_definitions_are_linted() {
    let text = SHIPPED_WALKS.replacen("procedure = \"org_change\"\n", "procedur = \"org_change\"\n", 1);
    let line = text
        .lines()
        .position(|line| line.starts_with("procedur "))
        .map(|at| at + 1);
    let report = run(None, Some(&text), Calendar::official());
    let (file, broken) = &report.broken[0];
    assert_eq!((*file, broken.place.line, report.versions), ("walks", line, 22));
}

#[test]
fn a_mistake_of_a_definition_is_told_and_the_walks_are_played_all_the_same() {
    let text = SHIPPED.replacen(
        "fields = [\"org_name\", \"grade\"",
        "fields = [\"org_name\", \"score\"",
        1,
    );
    let report = run(Some(&text), None, Calendar::official());
    let codes: Vec<&str> = report.mistakes.iter().map(|mistake| mistake.code).collect();
    assert_eq!((codes, report.walks), (vec!["PRIVATE_FIELD"], 81));
    assert!(report.to_string().contains("definitions: line "), "{report}");
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
