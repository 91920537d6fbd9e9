//! The six dimensions and sixteen sub-items, which no template may change (S-302).

use super::Findings;
use crate::domain::{codes::OUTLINE, source::CODES, template::Template};

pub(super) fn check(template: &Template, findings: &mut Findings) {
    let found: Vec<(&str, Vec<&str>)> = template
        .outline
        .iter()
        .map(|dimension| {
            let parts = dimension.sub_items.iter().map(|part| part.code.as_str());
            (dimension.code.as_str(), parts.collect())
        })
        .collect();
    for (index, (code, parts)) in OUTLINE.iter().enumerate() {
        match found.get(index) {
            Some((found_code, found_parts)) if found_code == code && found_parts == parts => {}
            _ => findings.add(
                format!("{CODES}, {code}"),
                "OUTLINE_CHANGED",
                format!(
                    "第 {} 个内容维度应为 {code}（{}），不得增删、改名或换序。",
                    index + 1,
                    parts.join("、")
                ),
            ),
        }
    }
    for (code, _) in found.iter().skip(OUTLINE.len()) {
        findings.add(
            format!("{CODES}, {code}"),
            "OUTLINE_CHANGED",
            "内容维度只有六个，不得增加。",
        );
    }
}
