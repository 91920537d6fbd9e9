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
    assert!(report.to_string().contains("规程定义 第 "), "{report}");
}

#[test]
fn a_warning_is_told_and_counted_and_the_check_is_clean_all_the_same() {
    let text = SHIPPED.replacen("\"resend\", \"reissue\"]", "\"resend\"]", 1);
    let report = run(Some(&text), None, Calendar::official());
    let said = report.to_string();
    assert!(report.is_clean(), "{said}");
    assert!(
        said.contains("规程定义 注意：第 ") && said.contains("（UNTIMED_AGAIN）"),
        "{said}"
    );
    assert!(
        said.ends_with("错误 0 处，注意 2 处；例案 81 件、事项 661 项，不符 0 处"),
        "{said}"
    );
}

#[test]
fn a_wrong_date_in_the_definitions_is_named_with_its_line() {
    let broken = SHIPPED.replacen("effective_from = 2022-01-01", "effective_from = 2022-13-01", 1);
    let report = run(Some(&broken), None, Calendar::official());
    assert!(
        !report.is_clean() && report.to_string().contains("规程定义 第 "),
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

/// What a check says about a file, without what it says about the other one.
fn told(definitions: Option<&str>, walks: Option<&str>) -> String {
    let report = run(definitions, walks, Calendar::official());
    assert!(!report.is_clean(), "{report}");
    report.to_string()
}

#[test]
fn a_name_that_two_stand_under_is_told_with_both_places() {
    let first = |text: &'static str, head: &str| {
        let start = text.find(head).expect("one") + 1;
        let end = text[start..].find(head).expect("another") + start;
        &text[start..end]
    };
    let line = |text: &str, of: &str, nth: usize| {
        let (at, _) = text.match_indices(of).nth(nth).expect("there");
        text[..at].matches('\n').count() + 1
    };
    let walk = first(SHIPPED_WALKS, "\n[[walk]]");
    let twice = format!("{SHIPPED_WALKS}\n{walk}");
    let (one, two) = (line(&twice, walk, 0), line(&twice, walk.trim_end(), 1));
    let said = told(None, Some(&twice));
    assert!(said.contains(&format!("例案 第 {two} 行")), "{said}");
    assert!(said.contains(&format!("重复（第 {one} 行）")), "{said}");

    let procedure = first(SHIPPED, "\n[[procedure]]");
    let said = told(Some(&format!("{SHIPPED}\n{procedure}")), None);
    let one = line(SHIPPED, procedure, 0);
    assert!(
        said.contains(&format!("规程和版本与前面的重复（第 {one} 行）")),
        "{said}"
    );
}

#[test]
fn a_file_that_says_nothing_is_a_mistake() {
    assert!(told(None, Some("")).contains("例案 整个文件：其中没有任何例案"));
    assert!(told(Some("schema = 1\n"), None).contains("规程定义 整个文件：其中没有任何规程"));
    assert!(told(Some(""), None).contains("schema"));
}

#[test]
fn every_walk_that_cannot_be_played_is_told_with_its_line_and_the_others_are_played() {
    let walk = |id: &str, more: &str, event: &str| format!("[[walk]]\nid = \"{id}\"\n{more}\n{event}\n");
    let event = "event = [{ on = 2025-01-02, by = \"b1_clerk\", step = \"submit\" }]";
    let known = "procedure = \"resource_admission\"\nsubject = \"b1\"";
    let mut text = SHIPPED_WALKS.to_owned();
    for (id, more, event) in [
        ("w1", "procedure = \"nowhere\"\nsubject = \"b1\"", event),
        (
            "w2",
            "procedure = \"resource_admission\"\nsubject = \"b99\"",
            event,
        ),
        ("w3", known, "event = []"),
        (
            "w4",
            known,
            "event = [{ on = 2025-01-02, by = \"nobody\", step = \"submit\" }]",
        ),
        ("w5", known, "event = [{ on = 2025-01-02, by = \"b1_clerk\" }]"),
        ("w6", &format!("{known}\nparams = {{ dayz = 3 }}"), event),
        ("w7", &format!("{known}\nfacts = {{ weather = true }}"), event),
        ("w8", "like = \"w8\"", event),
    ] {
        text += &walk(id, more, event);
    }
    let report = run(None, Some(&text), Calendar::official());
    assert_eq!(report.broken.len(), 8, "{report}");
    assert!(
        report
            .broken
            .iter()
            .all(|(_, broken)| broken.place.line.is_some()),
        "{report}"
    );
    assert_eq!(report.events, 661, "the shipped ones");
}

#[test]
fn a_day_with_an_hour_is_no_day() {
    let hour = SHIPPED.replacen(
        "effective_from = 2022-01-01",
        "effective_from = 2022-01-01T08:00:00Z",
        1,
    );
    let end = SHIPPED.replacen(
        "effective_from = 2022-01-01",
        "effective_from = 2022-01-01\neffective_to = 2023-01-01T08:00:00Z",
        1,
    );
    for text in [hour, end] {
        assert!(
            told(Some(&text), None).contains("不带时刻"),
            "{}",
            told(Some(&text), None)
        );
    }
}
