//! Conversion of a request's fields, all wrong ones answered at once.

use std::{ops::RangeInclusive, str::FromStr};

use chrono::Datelike;
use kernel::{Day, FieldError, Period, Refusal};

/// The years of all days that anybody may name.
const YEARS: RangeInclusive<i32> = 1900..=2200;

/// A day `YYYY-MM-DD` that exists, of a year in which a person of today can mean it: 9999-12-31 for "no end" is an empty
/// field, and what is computed from a day stays a day that both databases order alike. Otherwise the reason and the
/// sentence.
pub(crate) fn day(text: &str) -> Result<Day, (&'static str, &'static str)> {
    let day = text.parse::<Day>().ok().filter(|_| text.len() == 10);
    let day = day.ok_or(("NOT_A_DAY", "没有这一天，请按 2025-01-31 的样式填写。"))?;
    if YEARS.contains(&day.year()) {
        Ok(day)
    } else {
        let zh = "请填写 1900 年至 2200 年之间的日期；没有结束日期的，此项留空。";
        Err(("DAY_OUT_OF_RANGE", zh))
    }
}

/// Collects what is wrong while a request is taken apart.
#[derive(Debug, Default)]
pub struct Fields {
    wrong: Vec<FieldError>,
}

impl Fields {
    /// Nothing wrong yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Names a wrong field.
    pub fn wrong(&mut self, field: impl Into<String>, reason: &'static str, zh: impl Into<String>) {
        self.wrong.push(FieldError {
            field: field.into(),
            reason: reason.into(),
            zh: zh.into(),
        });
    }

    /// Adds a wrong field found elsewhere.
    pub fn push(&mut self, wrong: FieldError) {
        self.wrong.push(wrong);
    }

    /// A typed id, or any other word that reads itself.
    pub fn parse<T: FromStr>(&mut self, field: &str, text: &str) -> Option<T> {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.wrong(field, "NOT_READABLE", "无法识别，请按要求的格式填写。");
        }
        parsed
    }

    /// A typed id that may be left empty.
    pub fn optional<T: FromStr>(&mut self, field: &str, text: &str) -> Option<T> {
        if text.is_empty() {
            None
        } else {
            self.parse(field, text)
        }
    }

    /// A day; what the contract calls one, the rules have judged already.
    pub fn day(&mut self, field: &str, text: &str) -> Option<Day> {
        day(text)
            .map_err(|(reason, zh)| self.wrong(field, reason, zh))
            .ok()
    }

    /// A day that may be left empty.
    pub fn optional_day(&mut self, field: &str, text: &str) -> Option<Day> {
        if text.is_empty() {
            None
        } else {
            self.day(field, text)
        }
    }

    /// A period of two days, the first not after the last.
    pub fn period(&mut self, first: (&str, &str), last: (&str, &str)) -> Option<Period> {
        let (from, to) = (self.day(first.0, first.1), self.day(last.0, last.1));
        let period = Period::new(from?, to?);
        if period.is_none() {
            self.wrong(last.0, "END_BEFORE_START", "结束日期早于开始日期。");
        }
        period
    }

    /// A value out of a table; `None` from the table is a wrong field.
    pub fn known<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.wrong(field, "UNKNOWN_CODE", "不是已知的代码，请从代码表中选择。");
        }
        value
    }

    /// Refuses when anything was wrong.
    pub fn done(self) -> Result<(), Refusal> {
        if self.wrong.is_empty() {
            Ok(())
        } else {
            Err(Refusal::fields(self.wrong))
        }
    }

    /// What was wrong.
    #[must_use]
    pub fn into_errors(self) -> Vec<FieldError> {
        self.wrong
    }

    /// Refuses when anything was wrong, and otherwise hands out what was built from the fields. Building
    /// returns `None` exactly when a field was wrong.
    pub fn build<T>(self, value: Option<T>) -> Result<T, Refusal> {
        self.done()?;
        value.ok_or_else(|| Refusal::fields(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use kernel::id::OrganizationId;

    use super::*;

    #[test]
    fn every_wrong_field_is_collected() {
        let mut fields = Fields::new();
        assert_eq!(fields.day("held_on", "2025-02-30"), None);
        assert_eq!(fields.parse::<OrganizationId>("organization_id", "x"), None);
        assert_eq!(
            fields.period(("first_day", "2025-02-02"), ("last_day", "2025-02-01")),
            None
        );
        assert_eq!(fields.day("until", "9999-12-31"), None);
        let refusal = fields.done().expect_err("refused");
        assert_eq!(refusal.fields[3].reason, "DAY_OUT_OF_RANGE");
        let names: Vec<_> = refusal.fields.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(names, ["held_on", "organization_id", "last_day", "until"]);
    }

    #[test]
    fn days_are_of_the_years_1900_to_2200() {
        let day = |text| Fields::new().day("on", text).is_some();
        assert!(day("1900-01-01") && day("2200-12-31"));
        assert!(!day("1899-12-31") && !day("2201-01-01") && !day("0001-01-01") && !day("9999-12-31"));
    }
}
