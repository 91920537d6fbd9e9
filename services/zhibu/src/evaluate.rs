//! `zhibu evaluate`: rates a file of facts offline, by the shipped template and without any service.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use rating::{
    CaseResult,
    domain::{
        explanation::{ExplanationRefused, explanation_hash, reevaluate},
        offline,
        template::FrozenTemplate,
    },
    evaluate_file,
};
use serde::Serialize;

use crate::demo::summary::page::{columns, left, padded};

/// What the points of a case are called, in the order of the table.
const POINTS: [&str; 6] = ["基础分", "加分", "减分", "得分", "评议分", "总分"];
/// Columns of the table.
const DOMAIN: usize = 12;
const STARS: usize = 36;
const ITEM: usize = 36;

/// Rates every branch of a file of facts offline, or evaluates an explanation again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// 事实文件（CSV）：rated 行是全县各领域的支部数，input 行是各支部的指标（分子、分母、是否适用）；item 和 result
    /// 行不看
    #[arg(long, value_name = "FILE", required_unless_present = "explanation")]
    facts: Option<PathBuf>,
    /// 得分解释文件（GetResult 的 explanationJson，或它的整个 JSON 回答）：重新评一遍，逐字节比对，并给出哈希
    #[arg(long, value_name = "FILE", conflicts_with = "facts")]
    explanation: Option<PathBuf>,
    /// 以 JSON 打印到标准输出：评分是一个数组，每个支部一个对象；重评是一个对象
    #[arg(long)]
    json: bool,
}

/// Rates the file and prints the results; every mistake in it goes to stderr with its line, and nothing is
/// rated then.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let results = match (&args.facts, &args.explanation) {
        (Some(facts), _) => read(facts)
            .and_then(|text| rate(facts, &text))
            .map(|results| Printed::Cases(results, args.json)),
        (None, Some(file)) => read(file)
            .and_then(|text| again(file, &text))
            .map(|again| Printed::Again(again, args.json)),
        (None, None) => unreachable!("one of them is required"),
    };
    let results = match results {
        Ok(results) => results,
        Err(lines) => {
            for line in lines {
                let _ = writeln!(io::stderr(), "{line}");
            }
            return ExitCode::FAILURE;
        }
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let printed = match &results {
        Printed::Cases(results, true) => json(&mut out, results),
        Printed::Cases(results, false) => table(&mut out, results),
        Printed::Again(again, true) => json(&mut out, again),
        Printed::Again(again, false) => writeln!(out, "{}", again.line()),
    };
    let code = match &results {
        Printed::Again(again, _) if !again.same => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    };
    match printed.and_then(|()| out.flush()) {
        Ok(()) => code,
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "zhibu: 结果没有写完（{error}）。");
            ExitCode::FAILURE
        }
    }
}

fn read(file: &Path) -> Result<String, Vec<String>> {
    let unread = |error| {
        vec![format!(
            "{}：读不出（{error}）。请检查文件的路径。",
            file.display()
        )]
    };
    let bytes = fs::read(file).map_err(unread)?;
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

/// What is printed, and whether as JSON.
enum Printed {
    Cases(Vec<CaseResult>, bool),
    Again(Again, bool),
}

/// A stored explanation, evaluated again from what stands in it (X1).
#[derive(Serialize)]
struct Again {
    /// The hash of the bytes given, as results and cases name it.
    hash: String,
    /// Whether the same bytes came out.
    same: bool,
    /// The first byte that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    differs_at: Option<usize>,
}

impl Again {
    fn line(&self) -> String {
        match self.differs_at {
            None => format!("{}  重新评分结果逐字节一致。", self.hash),
            Some(at) => format!(
                "{}  不一致：从第 {} 个字节起不同，这份解释被改动过。",
                self.hash,
                at + 1
            ),
        }
    }
}

fn again(file: &Path, text: &str) -> Result<Again, Vec<String>> {
    let text = match serde_json::from_str::<serde_json::Value>(text) {
        Ok(serde_json::Value::Object(answer)) => match answer.get("explanationJson") {
            Some(serde_json::Value::String(explanation)) => explanation.clone(),
            _ => text.trim_end().to_owned(),
        },
        _ => text.trim_end().to_owned(),
    };
    let bytes = text.as_bytes();
    let made = reevaluate(bytes, FrozenTemplate::root())
        .map_err(|refused| vec![format!("{}：{}", file.display(), refusal(&refused))])?;
    let differs = bytes.iter().zip(&made).position(|(given, made)| given != made);
    let differs_at = differs.or_else(|| (bytes.len() != made.len()).then(|| bytes.len().min(made.len())));
    Ok(Again {
        hash: explanation_hash(bytes),
        same: differs_at.is_none(),
        differs_at,
    })
}

fn refusal(refused: &ExplanationRefused) -> String {
    let zh = match refused {
        ExplanationRefused::Unreadable(_) => "不是一份得分解释，请给 GetResult 的 explanationJson",
        ExplanationRefused::TemplateDiffers { .. } => "是按另一个评分模板作的，本程序没有那个模板",
        ExplanationRefused::IndicatorUnknown(_) => "含有指标目录里没有的指标",
        ExplanationRefused::FactRepeated(_) => "同一指标出现两次",
        ExplanationRefused::CountRefused { .. } => "含有不可能的数",
    };
    format!("{zh}（{refused}）。")
}

fn json(out: &mut impl Write, results: &(impl Serialize + ?Sized)) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, results)?;
    writeln!(out)
}

/// One line for each case, then each case item by item. Thousandths stand beside every star, since two
/// rounded places can read one star more.
fn table(out: &mut impl Write, results: &[CaseResult]) -> io::Result<()> {
    let cases = results.iter().map(|case| columns(&case.case));
    let width = cases.max().unwrap_or(0).max(4) + 2;
    let head: String = POINTS.iter().map(|name| left(name, 9)).collect();
    writeln!(
        out,
        "{}{}{head}  {}规则",
        padded("支部", width),
        padded("领域", DOMAIN),
        padded("星级（分数线→封顶→否决→名额）", STARS)
    )?;
    for CaseResult {
        case,
        domain,
        results,
        ..
    } in results
    {
        let points = [
            results.base,
            results.plus,
            results.minus,
            results.scored,
            results.review,
            results.total,
        ];
        let points: String = points.iter().map(|milli| left(&milli.points(), 9)).collect();
        let (threshold, caps, vetoes, star) = (
            results.star_threshold,
            results.star_caps,
            results.star_vetoes,
            results.star,
        );
        let waits = match results.waiting {
            0 => String::new(),
            place => format!("，候补第 {place} 位"),
        };
        let stars = format!("{threshold} → {caps} → {vetoes} → {star}{waits}");
        let rules = if results.rules.is_empty() {
            "-".to_owned()
        } else {
            results.rules.join(";")
        };
        writeln!(
            out,
            "{}{}{points}  {}{rules}",
            padded(case, width),
            padded(domain.name_zh(), DOMAIN),
            padded(&stars, STARS)
        )?;
    }
    results.iter().try_for_each(|case| items(out, case))
}

fn items(out: &mut impl Write, case: &CaseResult) -> io::Result<()> {
    let template = FrozenTemplate::root().template();
    let name = |id: &str| {
        template
            .items
            .iter()
            .find(|item| item.id == id)
            .map(|item| item.name_zh.as_str())
    };
    writeln!(
        out,
        "\n{}{}{}",
        padded(&case.case, ITEM),
        left("得分", 9),
        left("应得", 9)
    )?;
    for item in &case.items {
        let (offered, earned) = (item.offered.points(), item.earned.points());
        writeln!(
            out,
            "  {}{}{}  {}",
            padded(name(&item.item).unwrap_or_default(), ITEM - 2),
            left(&earned, 9),
            left(&offered, 9),
            item.item
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rating::domain::{
        explanation::{Fact, Rated, explain},
        rule::Purpose,
    };

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

    /// An explanation as it is served, of the branch `rural-01` of the worked cases.
    fn explanation() -> String {
        let template = FrozenTemplate::root();
        let results = rate(Path::new("cases.csv"), CASES).unwrap();
        let rated = Rated {
            cycle: "2025".into(),
            branch: results[0].case.clone(),
            domain: results[0].domain,
            purpose: Purpose::Rating,
        };
        let facts: Vec<Fact> = CASES
            .lines()
            .filter(|line| line.starts_with("rural-01,") && line.contains(",input,"))
            .map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                let applicable = cells[6] == "1";
                Fact {
                    indicator: cells[3].into(),
                    numerator: cells[4].parse().unwrap_or(0),
                    denominator: cells[5].parse().unwrap_or(0),
                    applicable,
                    reason: if applicable {
                        String::new()
                    } else {
                        "NOTHING_OWED".into()
                    },
                    evidence: vec!["record 1".into()],
                    cursor: "source@1".into(),
                }
            })
            .collect();
        assert!(facts.len() > 60);
        let explained = explain(template, rated, &facts, None).unwrap();
        assert_eq!(explained.results.total_exact, results[0].results.total_exact);
        String::from_utf8(explained.canonical_bytes()).unwrap()
    }

    #[test]
    fn an_explanation_evaluates_again_to_the_same_bytes_and_a_changed_one_does_not() {
        let file = Path::new("explanation.json");
        let given = explanation();
        let same = again(file, &format!("{given}\n")).unwrap();
        assert_eq!(
            (same.same, same.hash.as_str()),
            (true, explanation_hash(given.as_bytes()).as_str())
        );
        let answer = serde_json::json!({"explanationJson": given, "facts": []}).to_string();
        assert_eq!(
            again(file, &answer).unwrap().hash,
            same.hash,
            "the whole answer will do"
        );

        let changed = given.replacen("\"earned\":3500", "\"earned\":3501", 1);
        let changed = again(file, &changed).unwrap();
        assert!(!changed.same && changed.hash != same.hash);
        assert!(changed.line().contains("不一致"), "{}", changed.line());
        let refused = again(file, "{}").err().unwrap();
        assert!(
            refused[0].starts_with("explanation.json：不是一份得分解释"),
            "{refused:?}"
        );
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
            line.contains("5 → 5 → 5 → 4，候补第 1 位") && line.ends_with("quota.five"),
            "{line}"
        );
        assert!(line.contains("国有企业"), "{line}");
        let item = |line: &&str| line.contains("理论学习") && line.ends_with("leadership.political.study");
        assert_eq!(text.lines().filter(item).count(), 12, "each has its Chinese name");
        assert_eq!(
            text.lines().filter(|line| line.starts_with("  ")).count(),
            12 * 64
        );
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
        assert!(read(Path::new("/nowhere/at/all.csv")).unwrap_err()[0].starts_with("/nowhere/at/all.csv："));
    }
}
