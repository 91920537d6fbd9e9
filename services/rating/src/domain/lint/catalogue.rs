//! The catalogue: known owners, no usage of the system counted (S-323).

use super::{Findings, repeated};
use crate::domain::template::Template;

const OWNERS: [&str; 5] = ["organization", "member", "activity", "rating", "resource"];
const PERIODS: [&str; 7] = ["date", "month", "quarter", "half", "year", "cycle", "event"];

pub(super) fn check(template: &Template, findings: &mut Findings) {
    for indicator in repeated(&template.indicators, |indicator| &indicator.id) {
        findings.indicator(
            indicator,
            "id",
            "INDICATOR_REPEATED",
            "指标编号重复，请删去一个。",
        );
    }
    for indicator in &template.indicators {
        if !OWNERS.contains(&indicator.owner.as_str()) {
            findings.indicator(indicator, "owner", "OWNER_UNKNOWN", "提供指标的服务不存在。");
        } else if indicator.id.split('.').next() != Some(&indicator.owner) {
            findings.indicator(
                indicator,
                "id",
                "OWNER_MISMATCH",
                "指标编号应以提供它的服务开头。",
            );
        }
        if !PERIODS.contains(&indicator.period.as_str()) {
            findings.indicator(
                indicator,
                "period",
                "WORD_UNKNOWN",
                format!("不认识的周期“{}”。", indicator.period),
            );
        }
        let said = [
            ("name_zh", &indicator.name_zh),
            ("numerator", &indicator.numerator),
            ("denominator", &indicator.denominator),
            ("unit", &indicator.unit),
            ("applicable_when", &indicator.applicable_when),
        ];
        for (column, text) in said {
            if text.is_empty() {
                findings.indicator(
                    indicator,
                    column,
                    "FIELD_EMPTY",
                    "不能为空：每个指标都要写明数什么、何时适用。",
                );
            }
        }
        if indicator.norms.is_empty() {
            findings.indicator(indicator, "norms", "NORM_MISSING", "没有依据条款。");
        }
        if let Some(word) = indicator.counts_usage() {
            findings.indicator(
                indicator,
                "id",
                "USAGE_COUNTED",
                format!("指标统计系统的使用情况（“{word}”），不得用于评定：不以登录、在线时长、点击等作为考核内容。"),
            );
        }
    }
}
