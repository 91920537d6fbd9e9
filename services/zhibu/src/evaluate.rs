//! `zhibu evaluate`: rates a file of facts offline, by the shipped template and without any service.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use kernel::{Domain, Milli};
use rating::{CaseResult, domain::offline, evaluate_file};

/// Rates every branch of a file of facts offline.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The facts, as CSV: rows `rated` (branches of the county by domain) and `input` (numerator,
    /// denominator, applicable); rows `item` and `result` are ignored.
    #[arg(long, value_name = "FILE")]
    facts: PathBuf,
    /// Prints one JSON array on stdout, one object for each case.
    #[arg(long)]
    json: bool,
}

/// Rates the file and prints the results; every mistake in it goes to stderr with its line, and nothing is
/// rated then.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let results = match read(&args.facts).and_then(|text| rate(&args.facts, &text)) {
        Ok(results) => results,
        Err(lines) => {
            for line in lines {
                let _ = writeln!(io::stderr(), "{line}");
            }
            return ExitCode::FAILURE;
        }
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let printed = if args.json {
        json(&mut out, &results)
    } else {
        table(&mut out, &results)
    };
    match printed.and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "stdout: {error}");
            ExitCode::FAILURE
        }
    }
}

fn read(file: &Path) -> Result<String, Vec<String>> {
    let bytes = fs::read(file).map_err(|error| vec![format!("{}: {error}", file.display())])?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        vec![format!(
            "{}:{line}: NOT_UTF8 文件须为 UTF-8 编码。",
            file.display()
        )]
    })
}

fn rate(file: &Path, text: &str) -> Result<Vec<CaseResult>, Vec<String>> {
    let named = |problem: rating::domain::problem::Problem| {
        let place = problem
            .place
            .strip_prefix(offline::FILE)
            .unwrap_or(&problem.place);
        format!("{}{place}: {} {}", file.display(), problem.reason, problem.zh)
    };
    evaluate_file(text).map_err(|problems| problems.into_iter().map(named).collect())
}

fn json(out: &mut impl Write, results: &[CaseResult]) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, results)?;
    writeln!(out)
}

/// One line for each case, then each case item by item. Thousandths stand beside every star, since two
/// rounded places can read one star more.
fn table(out: &mut impl Write, results: &[CaseResult]) -> io::Result<()> {
    let width = results
        .iter()
        .map(|case| case.case.chars().count())
        .max()
        .unwrap_or(0)
        .max(4);
    writeln!(
        out,
        "{:width$}  {:11}  {:>8}  {:>7}  {:>7}  {:>8}  {:>8}  {:>8}  stars (threshold, caps, vetoes, quota)  rules",
        "case", "domain", "base", "plus", "minus", "scored", "review", "total",
    )?;
    for CaseResult {
        case,
        domain,
        results,
        ..
    } in results
    {
        let [base, plus, minus, scored, review, total] = [
            results.base,
            results.plus,
            results.minus,
            results.scored,
            results.review,
            results.total,
        ]
        .map(Milli::points);
        let (threshold, caps, vetoes, star) = (
            results.star_threshold,
            results.star_caps,
            results.star_vetoes,
            results.star,
        );
        let waits = match results.waiting {
            0 => String::new(),
            place => format!(" waits, place {place}"),
        };
        let stars = format!("{threshold} → {caps} → {vetoes} → {star}{waits}");
        let rules = if results.rules.is_empty() {
            "-".to_owned()
        } else {
            results.rules.join(";")
        };
        writeln!(
            out,
            "{case:width$}  {:11}  {base:>8}  {plus:>7}  {minus:>7}  {scored:>8}  {review:>8}  {total:>8}  {stars:38}  {rules}",
            Domain::code(*domain),
        )?;
    }
    results.iter().try_for_each(|case| items(out, case))
}

fn items(out: &mut impl Write, case: &CaseResult) -> io::Result<()> {
    let width = case.items.iter().map(|item| item.item.len()).max().unwrap_or(0);
    writeln!(out, "\n{}", case.case)?;
    for item in &case.items {
        let (offered, earned) = (item.offered.points(), item.earned.points());
        writeln!(out, "  {:width$}  {earned:>7} of {offered:>7}", item.item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASES: &str = include_str!("../../rating/tests/data/cases.csv");

    #[test]
    fn the_json_is_an_array_with_the_results_under_their_names() {
        let results = rate(Path::new("cases.csv"), CASES).unwrap();
        let mut out = Vec::new();
        json(&mut out, &results).unwrap();
        let cases: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(cases.as_array().unwrap().len(), 12);
        assert_eq!(cases[0]["case"], "rural-01");
        assert_eq!(cases[0]["domain"], "rural");
        assert_eq!(cases[0]["total_exact"], 984_265_000);
        assert_eq!(cases[0]["rules"], serde_json::json!([]));
        assert_eq!(cases[6]["rules"], serde_json::json!(["quota.five"]));
        assert_eq!(cases[6]["waiting"], 1);
        let first =
            serde_json::json!({"item": "leadership.political.study", "offered": 3500, "earned": 3500});
        assert_eq!(cases[0]["items"][0], first);
    }

    #[test]
    fn the_table_shows_thousandths_every_star_and_every_item() {
        let results = rate(Path::new("cases.csv"), CASES).unwrap();
        let mut out = Vec::new();
        table(&mut out, &results).unwrap();
        let text = String::from_utf8(out).unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with("institution-04"))
            .unwrap();
        assert!(
            line.contains("79.999") && line.contains("3 → 3 → 3 → 3"),
            "{line}"
        );
        let line = text.lines().find(|line| line.starts_with("soe-07")).unwrap();
        assert!(
            line.contains("5 → 5 → 5 → 4 waits, place 1") && line.ends_with("quota.five"),
            "{line}"
        );
        assert_eq!(text.lines().filter(|line| line.contains(" of ")).count(), 12 * 64);
    }

    #[test]
    fn a_mistake_is_named_with_the_file_and_its_line() {
        let wrong = CASES.replacen("activity.study.held,12,12", "activity.study.held,13,12", 1);
        let lines = rate(Path::new("my.csv"), &wrong).unwrap_err();
        assert_eq!(lines.len(), 1);
        assert!(
            lines[0].starts_with("my.csv:11, numerator: NUMERATOR_ABOVE_DENOMINATOR "),
            "{}",
            lines[0]
        );
        assert!(read(Path::new("/nowhere/at/all.csv")).unwrap_err()[0].starts_with("/nowhere/at/all.csv: "));
    }
}
