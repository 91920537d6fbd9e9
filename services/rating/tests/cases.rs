//! The twelve worked branches (rating.md, cases.md) agree in every row, and a wrong file is refused by line.

use std::collections::BTreeMap;

use rating::{CaseResult, evaluate_file};
use serde_json::Value;

const CASES: &str = include_str!("data/cases.csv");

fn rows(kind: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(CASES.as_bytes());
    let rows = reader.records().map(|row| {
        row.expect("a readable row")
            .iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    rows.filter(|row| row[2] == kind).collect()
}

fn by_case() -> BTreeMap<String, CaseResult> {
    let results = evaluate_file(CASES).unwrap_or_else(|problems| panic!("{problems:?}"));
    results
        .into_iter()
        .map(|result| (result.case.clone(), result))
        .collect()
}

#[test]
fn every_item_of_the_worked_branches_offers_and_earns_what_is_written() {
    let cases = by_case();
    let written = rows("item");
    assert_eq!(written.len(), 12 * 64);
    for row in &written {
        let item = cases[&row[0]]
            .items
            .iter()
            .find(|item| item.item == row[3])
            .unwrap();
        let found = (item.offered.0.to_string(), item.earned.0.to_string());
        assert_eq!(found, (row[7].clone(), row[8].clone()), "{} {}", row[0], row[3]);
    }
    let items: usize = cases.values().map(|case| case.items.len()).sum();
    assert_eq!(items, written.len(), "no item beside those written");
}

#[test]
fn every_result_of_the_worked_branches_agrees_under_its_name() {
    let cases = by_case();
    let written = rows("result");
    assert_eq!(written.len(), 12 * 14);
    for row in &written {
        let json = serde_json::to_value(&cases[&row[0]]).unwrap();
        let found = match &json[&row[3]] {
            Value::Array(rules) if rules.is_empty() => "-".to_owned(),
            Value::Array(rules) => rules
                .iter()
                .map(|rule| rule.as_str().unwrap())
                .collect::<Vec<_>>()
                .join(";"),
            other => other.to_string(),
        };
        assert_eq!(found, row[9], "{} {}", row[0], row[3]);
    }
}

#[test]
fn the_five_star_standard_is_kept_by_who_waits() {
    let cases = by_case();
    let waiting = &cases["soe-07"].results;
    assert!(waiting.five_star_standard && waiting.star == 4);
    assert!(!cases["social-09"].results.five_star_standard);
    assert!(
        cases["rural-11"].results.opens_rectification,
        "a veto opens rectification (S-315)"
    );
    assert!(
        !cases["community-12"].results.opens_rectification,
        "no veto there: two stars and below open it"
    );
}

/// The file with one line of the text replaced, and the problems of that.
fn broken(line: &str, with: &str) -> Vec<String> {
    assert_eq!(CASES.matches(line).count(), 1, "{line}");
    let problems = evaluate_file(&CASES.replace(line, with)).expect_err("the row is wrong");
    problems
        .iter()
        .map(|problem| format!("{} {}", problem.place, problem.reason))
        .collect()
}

#[test]
fn a_wrong_row_is_named_with_its_line_and_what_is_wrong() {
    let line = "rural-01,rural,input,activity.study.held,12,12,1,,,";
    for (with, expected) in [
        (
            "rural-01,rural,input,activity.study.holding,12,12,1,,,",
            "id INDICATOR_UNKNOWN",
        ),
        (
            "rural-01,rural,input,activity.study.held,13,12,1,,,",
            "numerator NUMERATOR_ABOVE_DENOMINATOR",
        ),
        (
            "rural-01,rural,input,activity.study.held,12,,1,,,",
            "denominator DENOMINATOR_MISSING",
        ),
        (
            "rural-01,rural,input,activity.study.held,0,0,1,,,",
            "denominator DENOMINATOR_MISSING",
        ),
        (
            "rural-01,rural,input,activity.study.held,,12,1,,,",
            "numerator NUMBER_MISSING",
        ),
        (
            "rural-01,rural,input,activity.study.held,twelve,12,1,,,",
            "numerator NOT_A_NUMBER",
        ),
        (
            "rural-01,rural,input,activity.study.held,1.5,12,1,,,",
            "numerator NOT_A_NUMBER",
        ),
        (
            "rural-01,rural,input,activity.study.held,-1,12,1,,,",
            "numerator NUMBER_NEGATIVE",
        ),
        (
            "rural-01,rural,input,activity.study.held,99999999999999999999,12,1,,,",
            "numerator NUMBER_TOO_LARGE",
        ),
        (
            "rural-01,rural,input,activity.study.held,12,12,yes,,,",
            "applicable APPLICABLE_UNKNOWN",
        ),
        (
            "rural-01,village,input,activity.study.held,12,12,1,,,",
            "domain DOMAIN_UNKNOWN",
        ),
        (
            "rural-01,rural,inputs,activity.study.held,12,12,1,,,",
            "row ROW_KIND_UNKNOWN",
        ),
        (
            "rural-01,rural,input,activity.issue.closed,12,12,1,,,",
            "id ROW_REPEATED",
        ),
        (
            "rural-11,community,input,activity.study.held,12,12,1,,,",
            "domain DOMAIN_DIFFERS",
        ),
        (",rural,input,activity.study.held,12,12,1,,,", "case CASE_MISSING"),
    ] {
        let problems = broken(line, with);
        let named = problems.iter().any(|problem| {
            let at = problem.starts_with("facts:11, ") || problem.starts_with("facts:12, ");
            at && problem.ends_with(expected)
        });
        // Of `rural-11` the first row now comes before those of its own domain, which then differ.
        let turned =
            with.starts_with("rural-11") && problems.iter().any(|problem| problem.ends_with(expected));
        assert!(named || turned, "{with}: {problems:?}");
    }
    assert_eq!(
        broken(line, "rural-01,rural,input,activity.study.held,12,12"),
        ["facts:11 ROW_LENGTH", "facts:12, rural-01 FACTS_MISSING",]
    );
    assert_eq!(
        broken(
            "county,soe,rated,branches,,,,,,4",
            "county,soe,rated,people,,,,,,4"
        )[0],
        "facts:7, id RATED_UNKNOWN"
    );
    assert_eq!(
        broken(
            "county,soe,rated,branches,,,,,,4",
            "county,rural,rated,branches,,,,,,4"
        )[0],
        "facts:7, domain ROW_REPEATED"
    );
}

#[test]
fn a_missing_fact_is_not_taken_for_one_that_does_not_apply() {
    let line = "rural-01,rural,input,activity.study.held,12,12,1,,,\n";
    let problems = evaluate_file(&CASES.replace(line, "")).unwrap_err();
    assert_eq!((problems.len(), problems[0].reason), (1, "FACTS_MISSING"));
    assert!(problems[0].zh.contains("activity.study.held"));
    let problems = evaluate_file(&CASES.replace("county,soe,rated,branches,,,,,,4\n", "")).unwrap_err();
    assert_eq!((problems.len(), problems[0].reason), (1, "RATED_MISSING"));
    assert_eq!(evaluate_file("").unwrap_err()[0].reason, "COLUMN_MISSING");
}

#[test]
fn a_file_without_a_branch_is_refused_whatever_it_says_of_the_county() {
    let county = CASES
        .lines()
        .filter(|line| line.starts_with("case,") || line.contains(",rated,"));
    let county: Vec<&str> = county.collect();
    assert!(county.len() > 1);
    let refused = evaluate_file(&county.join("\n")).unwrap_err();
    assert_eq!((refused.len(), refused[0].reason), (1, "FILE_EMPTY"));
    assert_eq!(evaluate_file(county[0]).unwrap_err(), refused, "no row at all");
}

#[test]
fn the_order_of_rows_and_what_is_written_as_result_change_nothing() {
    let (header, body) = CASES.split_once('\n').unwrap();
    let mut lines: Vec<&str> = body
        .lines()
        .filter(|line| !line.contains(",result,") && !line.contains(",item,"))
        .collect();
    lines.reverse();
    let turned = evaluate_file(&format!("{header}\n{}\n", lines.join("\n"))).unwrap();
    assert_eq!(turned.len(), 12);
    let cases = by_case();
    for case in turned {
        assert_eq!(case.results, cases[&case.case].results);
        assert_eq!(case.items, cases[&case.case].items);
    }
}

#[test]
fn the_population_decides_the_places_whatever_the_file_holds() {
    let seven = CASES.replace(
        "county,soe,rated,branches,,,,,,4",
        "county,soe,rated,branches,,,,,,7",
    );
    let results = evaluate_file(&seven).unwrap();
    let soe = results.iter().find(|result| result.case == "soe-07").unwrap();
    assert_eq!((soe.results.star, soe.results.waiting), (5, 0));
    let one = CASES.replace(
        "county,soe,rated,branches,,,,,,4",
        "county,soe,rated,branches,,,,,,1",
    );
    let waiting: Vec<_> = evaluate_file(&one)
        .unwrap()
        .iter()
        .map(|result| result.results.waiting)
        .collect();
    assert_eq!(
        waiting,
        [0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0],
        "3 + 2 + 1 branches share one place, retired-10 takes it"
    );
}
