//! Every code that anybody may be told has its Chinese text.

use super::{Found, texts::is_chinese};
use crate::{definition::uses, engine::REFUSALS};

pub(super) fn lint(found: &mut Found<'_>) {
    let definitions = found.definitions;
    let texts = &definitions.tables.code;
    let has_text = |code: &str| texts.get(code).is_some_and(|text| is_chinese(text));
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
    for (code, text) in texts {
        if !is_chinese(text) {
            found.in_table("CODE_WITHOUT_TEXT", ("code", code), "说明不是中文");
        }
    }
}
