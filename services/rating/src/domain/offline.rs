//! Rating a file of facts without any service: the form is that of `tests/data/cases.csv`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::{Domain, Milli};
use serde::Serialize;

use super::{
    earn::Count,
    prepared::Prepared,
    problem::Problem,
    quota::{Candidate, Quota},
    results::Results,
    rule::Purpose,
    score::Row as Points,
    sheet::{Row, Sheet},
    template::FrozenTemplate,
};

/// Stands for the file in the places of problems.
pub const FILE: &str = "facts";

/// What one case of the file comes to.
#[derive(Debug, Clone, Serialize)]
pub struct CaseResult {
    /// The case.
    pub case: String,
    /// Its domain.
    pub domain: Domain,
    /// Sums, total and stars.
    #[serde(flatten)]
    pub results: Results,
    /// Every item in file order.
    pub items: Vec<ItemResult>,
}

/// What an item offered and earned, in thousandths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemResult {
    /// The item.
    pub item: String,
    /// Offered; the cap for plus and minus.
    pub offered: Milli,
    /// Earned.
    pub earned: Milli,
}

/// Rates every case of a file by the root template, in the order of the file. Rows `rated` are the county's
/// population by domain, whatever the file holds; rows `input` are the facts; rows `item` and `result` are
/// ignored. Branches that are equal to the end are drawn with an empty seed.
///
/// # Errors
/// Every wrong row with its line, and every case that lacks a fact that its domain's items or rules read.
pub fn evaluate_file(text: &str) -> Result<Vec<CaseResult>, Vec<Problem>> {
    let template = FrozenTemplate::root();
    let file = Reader::read(text, template)?;
    let mut results: Vec<CaseResult> = file.cases.iter().map(|case| case.rate(template)).collect();
    if let Some(quota) = Quota::of(template.template()) {
        apply_quota(&quota, &file.rated, &mut results);
    }
    Ok(results)
}

/// Every pool of the county once: those that meet the five-star standard, in the published order.
fn apply_quota(quota: &Quota, rated: &BTreeMap<Domain, u64>, results: &mut [CaseResult]) {
    let at: HashMap<String, usize> = results
        .iter()
        .enumerate()
        .map(|(at, result)| (result.case.clone(), at))
        .collect();
    for pool in quota.pools(rated) {
        let inside =
            |result: &&CaseResult| result.results.five_star_standard && pool.domains.contains(&result.domain);
        let candidate = |result: &CaseResult| Candidate {
            branch: result.case.clone(),
            total_exact: result.results.total_exact,
            minus: result.results.minus.0,
        };
        let candidates = results.iter().filter(inside).map(candidate).collect();
        for (candidate, standing) in quota.stand(&pool, candidates, b"") {
            let result = &mut results[at[&candidate.branch]].results;
            *result = result.clone().placed(quota, &standing);
        }
    }
}

#[derive(Debug)]
struct Case {
    name: String,
    domain: Domain,
    line: u64,
    facts: HashMap<String, (Count, u64)>,
}

impl Case {
    fn rate(&self, template: &FrozenTemplate) -> CaseResult {
        let prepared = template.prepared(self.domain);
        let count = |id: &String| {
            self.facts
                .get(id)
                .map_or_else(Count::default, |(count, _)| *count)
        };
        let counts: Vec<Count> = prepared.indicators().iter().map(count).collect();
        let mut rows = vec![Points::default(); prepared.items().len()];
        let score = prepared.score(Purpose::Rating, &counts, &mut rows);
        let item = |(id, row): (&str, &Points)| ItemResult {
            item: id.to_owned(),
            offered: Milli(row.offered.into()),
            earned: Milli(row.earned.into()),
        };
        CaseResult {
            case: self.name.clone(),
            domain: self.domain,
            results: Results::new(&score, prepared),
            items: prepared.items().zip(&rows).map(item).collect(),
        }
    }

    /// The facts that its domain reads and the file does not hold. A missing row says nothing; that nothing
    /// was owed is said by `applicable` 0.
    fn missing<'a>(&self, prepared: &'a Prepared) -> Vec<&'a str> {
        let missing = prepared
            .indicators()
            .iter()
            .filter(|id| !self.facts.contains_key(*id));
        missing.map(String::as_str).collect()
    }
}

/// What the rows read so far come to.
struct Reader<'a> {
    template: &'a FrozenTemplate,
    cases: Vec<Case>,
    index: HashMap<String, usize>,
    rated: BTreeMap<Domain, u64>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    fn read(text: &str, template: &'a FrozenTemplate) -> Result<Self, Vec<Problem>> {
        let columns = [
            "case",
            "domain",
            "row",
            "id",
            "numerator",
            "denominator",
            "applicable",
            "value",
        ];
        let mut reader = Self {
            template,
            cases: Vec::new(),
            index: HashMap::new(),
            rated: BTreeMap::new(),
            problems: Vec::new(),
        };
        let sheet = Sheet::read(FILE, text, &columns, &["offered", "earned"], &mut reader.problems);
        for row in &sheet.rows {
            reader.row(&sheet, row);
        }
        if reader.cases.is_empty() && reader.problems.is_empty() {
            let zh = "文件中没有一个支部的数据行（input），没有可以评分的内容。";
            reader.problems.push(Problem::new(FILE, "FILE_EMPTY", zh));
        }
        reader.complete();
        if reader.problems.is_empty() {
            Ok(reader)
        } else {
            Err(reader.problems)
        }
    }

    fn row(&mut self, sheet: &Sheet, row: &Row) {
        let code = sheet.get(row, "domain");
        let Some(domain) = Domain::from_code(code) else {
            let zh = format!(
                "没有领域“{code}”，应为 rural、community、organ、institution、school、soe、private、social、retired 之一。"
            );
            return self.refuse(sheet, row, "domain", "DOMAIN_UNKNOWN", zh);
        };
        match sheet.get(row, "row") {
            "rated" => self.rated(sheet, row, domain),
            "input" => self.input(sheet, row, domain),
            "item" | "result" => {
                self.case(sheet, row, domain);
            }
            other => {
                let zh = format!("不认识的行类型“{other}”，应为 rated、input、item、result 之一。");
                self.refuse(sheet, row, "row", "ROW_KIND_UNKNOWN", zh);
            }
        }
    }

    fn rated(&mut self, sheet: &Sheet, row: &Row, domain: Domain) {
        let id = sheet.get(row, "id");
        if id != "branches" {
            return self.refuse(
                sheet,
                row,
                "id",
                "RATED_UNKNOWN",
                format!("rated 行的 id 应为 branches，不是“{id}”。"),
            );
        }
        let Some(branches) = self.number(sheet, row, "value") else {
            return;
        };
        if self.rated.insert(domain, branches).is_some() {
            self.refuse(
                sheet,
                row,
                "domain",
                "ROW_REPEATED",
                format!("领域 {} 的 rated 行重复。", domain.code()),
            );
        }
    }

    fn input(&mut self, sheet: &Sheet, row: &Row, domain: Domain) {
        let id = sheet.get(row, "id");
        let known = self.template.indicator(id).is_some();
        if !known {
            self.refuse(
                sheet,
                row,
                "id",
                "INDICATOR_UNKNOWN",
                format!("指标目录中没有“{id}”。"),
            );
        }
        let count = self.count(sheet, row);
        let (Some(case), true) = (self.case(sheet, row, domain), known) else {
            return;
        };
        // A wrong value is a problem of its own; the fact is there all the same.
        let value = (count.unwrap_or_default(), row.line);
        if let Some((_, first)) = self.cases[case].facts.insert(id.to_owned(), value) {
            let zh = format!("{} 的指标 {id} 在第 {first} 行已经给出。", sheet.get(row, "case"));
            self.refuse(sheet, row, "id", "ROW_REPEATED", zh);
        }
    }

    fn count(&mut self, sheet: &Sheet, row: &Row) -> Option<Count> {
        let applicable = sheet.get(row, "applicable");
        match applicable {
            "1" => {}
            // Numbers beside it say nothing, but they must be numbers.
            "0" => {
                for column in ["numerator", "denominator"] {
                    if !sheet.get(row, column).is_empty() {
                        self.number(sheet, row, column);
                    }
                }
                return Some(Count::default());
            }
            other => {
                let zh = format!("applicable 应为 1（适用）或者 0（不适用），不是“{other}”。");
                self.refuse(sheet, row, "applicable", "APPLICABLE_UNKNOWN", zh);
                return None;
            }
        }
        let (numerator, denominator) = (
            self.number(sheet, row, "numerator"),
            self.number(sheet, row, "denominator"),
        );
        let (numerator, denominator) = (numerator?, denominator?);
        let indicator = self.template.indicator(sheet.get(row, "id"))?;
        if let Err(reason) = indicator.admits(numerator, denominator) {
            let zh = format!(
                "{} 的值 {numerator}/{denominator} 不成立：{}",
                indicator.id,
                reason.zh()
            );
            self.refuse(sheet, row, reason.column(), reason.reason(), zh);
            return None;
        }
        Some(Count {
            numerator,
            denominator,
        })
    }

    /// The case of a row; the first row of a case makes it.
    fn case(&mut self, sheet: &Sheet, row: &Row, domain: Domain) -> Option<usize> {
        let name = sheet.get(row, "case");
        if name.is_empty() {
            self.refuse(
                sheet,
                row,
                "case",
                "CASE_MISSING",
                "没有写明是哪个支部。".to_owned(),
            );
            return None;
        }
        let known = self.index.get(name).copied();
        let case = known.unwrap_or_else(|| {
            self.index.insert(name.to_owned(), self.cases.len());
            self.cases.push(Case {
                name: name.to_owned(),
                domain,
                line: row.line,
                facts: HashMap::new(),
            });
            self.cases.len() - 1
        });
        let first = &self.cases[case];
        if first.domain != domain {
            let zh = format!("{name} 在第 {} 行属于领域 {}。", first.line, first.domain.code());
            self.refuse(sheet, row, "domain", "DOMAIN_DIFFERS", zh);
            return None;
        }
        Some(case)
    }

    /// A whole number from 0.
    fn number(&mut self, sheet: &Sheet, row: &Row, column: &str) -> Option<u64> {
        let text = sheet.get(row, column);
        let digits = text.strip_prefix('-').unwrap_or(text);
        let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let (reason, zh) = match (whole, digits.len() < text.len(), text.parse::<u64>()) {
            (true, false, Ok(number)) => return Some(number),
            (true, true, _) => ("NUMBER_NEGATIVE", format!("“{text}”小于 0。")),
            (true, false, Err(_)) => ("NUMBER_TOO_LARGE", format!("“{text}”过大。")),
            (false, ..) if text.is_empty() && column == "denominator" => {
                ("DENOMINATOR_MISSING", "适用的指标须有分母，至少为 1。".to_owned())
            }
            (false, ..) if text.is_empty() => ("NUMBER_MISSING", format!("没有填写 {column}。")),
            (false, ..) => ("NOT_A_NUMBER", format!("“{text}”不是整数。")),
        };
        self.refuse(sheet, row, column, reason, zh);
        None
    }

    /// What only the whole file shows: facts and populations that are missing.
    fn complete(&mut self) {
        let mut without = BTreeSet::new();
        for case in &self.cases {
            let missing = case.missing(self.template.prepared(case.domain));
            let place = format!("{FILE}:{}, {}", case.line, case.name);
            if !missing.is_empty() {
                let zh = format!(
                    "缺少指标 {}；不适用的指标也要写明 applicable 为 0。",
                    missing.join("、")
                );
                self.problems.push(Problem::new(&place, "FACTS_MISSING", zh));
            }
            if !self.rated.contains_key(&case.domain) && without.insert(case.domain) {
                let zh = format!("没有领域 {} 的 rated 行，无法计算五星名额。", case.domain.code());
                self.problems.push(Problem::new(&place, "RATED_MISSING", zh));
            }
        }
    }

    fn refuse(&mut self, sheet: &Sheet, row: &Row, column: &str, reason: &'static str, zh: String) {
        self.problems
            .push(Problem::new(sheet.place(row, column), reason, zh));
    }
}
