//! Every code that anybody may be told has its Chinese text.

use super::Found;
use crate::{definition::uses, engine::REFUSALS};

pub(super) fn lint(found: &mut Found<'_>) {
    let definitions = found.definitions;
    let is_chinese = |text: &String| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let has_text = |code: &str| definitions.tables.code.get(code).is_some_and(is_chinese);
    for code in REFUSALS.iter().filter(|code| !has_text(code)) {
        let what = format!("引擎会以 {code} 拒绝，却没有它的中文");
        found.in_table("CODE_WITHOUT_TEXT", ("code", code), what);
    }
    for procedure in definitions.procedures() {
        for code in uses::of(definitions, procedure).code {
            if !has_text(&code) {
                found.in_table(
                    "CODE_WITHOUT_TEXT",
                    ("code", &code),
                    format!("{} 用到它，却没有它的中文", procedure.title()),
                );
            }
        }
    }
    for (code, text) in &definitions.tables.code {
        if !is_chinese(text) {
            found.in_table("CODE_WITHOUT_TEXT", ("code", code), "说明不是中文");
        }
    }
}
