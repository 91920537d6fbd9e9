//! Reading a template from its four sheets.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    codes::{Dimension, Domains, SubItem, Tag},
    indicator::{Counts, Indicator},
    item::{Item, ItemKind, Method, NotApplicable},
    problem::Problem,
    rule::{Effect, Rule, RuleKind},
    sheet::{Row, Sheet},
    template::Template,
};
use kernel::{Domain, Milli};

/// The four sheets of a template, as text.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The catalogue.
    pub indicators: &'a str,
    /// The items.
    pub items: &'a str,
    /// The rules.
    pub rules: &'a str,
    /// The codes.
    pub codes: &'a str,
}

impl Sources<'static> {
    /// The shipped root template.
    pub const ROOT: Self = Self {
        indicators: kernel::indicator::CATALOGUE_TEXT,
        items: include_str!("../../data/template-root.csv"),
        rules: include_str!("../../data/rules.csv"),
        codes: include_str!("../../data/codes.csv"),
    };
}

/// Names of the sheets in the places of problems.
pub(super) const INDICATORS: &str = "indicators.csv";
pub(super) const ITEMS: &str = "template-root.csv";
pub(super) const RULES: &str = "rules.csv";
pub(super) const CODES: &str = "codes.csv";

/// Reads all four sheets; the error is every row that cannot be read.
pub(super) fn parse(sources: &Sources<'_>) -> Result<Template, Vec<Problem>> {
    let mut problems = Vec::new();
    let (outline, tags) = codes(sources.codes, &mut problems);
    let indicators = indicators(sources.indicators, &mut problems);
    let items = items(sources.items, &outline, &tags, &mut problems);
    let rules = rules(sources.rules, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Template {
        parent: None,
        outline,
        tags,
        indicators,
        items,
        rules,
    })
}

/// Reads fields of one row and remembers what could not be read.
struct Fields<'a> {
    sheet: &'a Sheet,
    row: &'a Row,
    problems: &'a mut Vec<Problem>,
}

impl Fields<'_> {
    fn text(&self, column: &str) -> String {
        self.sheet.get(self.row, column).to_owned()
    }

    fn list(&self, column: &str) -> Vec<String> {
        self.sheet.list(self.row, column)
    }

    fn refuse(&mut self, column: &str, reason: &'static str, zh: String) {
        self.problems
            .push(Problem::new(self.sheet.place(self.row, column), reason, zh));
    }

    /// A word out of a closed list.
    fn word<T>(&mut self, column: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(column);
        let found = parse(&text);
        if found.is_none() {
            self.refuse(column, "WORD_UNKNOWN", format!("不认识的取值“{text}”。"));
        }
        found
    }

    fn points(&mut self, column: &str) -> Option<Milli> {
        let text = self.text(column);
        let found = text.parse::<u32>().ok().map(|points| Milli(points.into()));
        if found.is_none() {
            self.refuse(
                column,
                "NOT_A_NUMBER",
                format!("“{text}”不是非负整数（千分之一分）。"),
            );
        }
        found
    }

    fn domains(&mut self) -> Option<Domains> {
        let found = Domains::parse(&self.text("domains"));
        if let Err(code) = &found {
            self.refuse(
                "domains",
                "DOMAIN_UNKNOWN",
                format!("领域“{code}”不存在或者重复。"),
            );
        }
        found.ok()
    }

    /// A typed effect or method: the name in one column, its parameters as JSON in another.
    fn typed<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let found = serde_json::from_str::<Value>(&self.text("parameters")).and_then(|parameters| {
            serde_json::from_value(json!({name: self.text(name), "parameters": parameters}))
        });
        if let Err(error) = &found {
            self.refuse(
                "parameters",
                "PARAMETERS_INVALID",
                format!("{name}={} 的参数无法读取：{error}。", self.text(name)),
            );
        }
        found.ok()
    }

    /// The code of a Chinese name; empty is none.
    fn code(&mut self, column: &str, find: impl Fn(&str) -> Option<String>) -> Option<String> {
        if self.text(column).is_empty() {
            return None;
        }
        self.word(column, find)
    }
}

fn codes(text: &str, problems: &mut Vec<Problem>) -> (Vec<Dimension>, Vec<Tag>) {
    let columns = ["axis", "code", "name_zh", "parent", "order"];
    let sheet = Sheet::read(CODES, text, &columns, &[], problems);
    let mut outline: Vec<Dimension> = Vec::new();
    let mut tags = Vec::new();
    for row in &sheet.rows {
        let mut fields = Fields {
            sheet: &sheet,
            row,
            problems,
        };
        let (code, name_zh) = (fields.text("code"), fields.text("name_zh"));
        match sheet.get(row, "axis") {
            "domain" => {
                let known = |code: &str| Domain::from_code(code).filter(|domain| domain.name_zh() == name_zh);
                fields.word("code", known);
            }
            "kind" => {
                fields.word("code", ItemKind::parse);
            }
            "dimension" => outline.push(Dimension {
                code,
                name_zh,
                sub_items: Vec::new(),
            }),
            "sub_item" => {
                let parent = outline
                    .iter_mut()
                    .find(|dimension| dimension.code == sheet.get(row, "parent"));
                match parent {
                    Some(dimension) => dimension.sub_items.push(SubItem { code, name_zh }),
                    None => fields.refuse("parent", "DIMENSION_UNKNOWN", "没有这个内容维度。".into()),
                }
            }
            axis @ ("basic4" | "five" | "chapter") => tags.push(Tag {
                axis: axis.to_owned(),
                code,
                name_zh,
            }),
            axis => fields.refuse("axis", "WORD_UNKNOWN", format!("不认识的取值“{axis}”。")),
        }
    }
    (outline, tags)
}

fn indicators(text: &str, problems: &mut Vec<Problem>) -> Vec<Indicator> {
    let columns = [
        "id",
        "name_zh",
        "owner",
        "subject",
        "period",
        "numerator",
        "denominator",
        "counts",
        "unit",
        "applicable_when",
        "evidence",
        "norms",
        "note",
    ];
    let sheet = Sheet::read(INDICATORS, text, &columns, &[], problems);
    let mut read = |row| {
        let mut fields = Fields {
            sheet: &sheet,
            row,
            problems,
        };
        Some(Indicator {
            counts: fields.word("counts", Counts::parse)?,
            id: fields.text("id"),
            name_zh: fields.text("name_zh"),
            owner: fields.text("owner"),
            subject: fields.text("subject"),
            period: fields.text("period"),
            numerator: fields.text("numerator"),
            denominator: fields.text("denominator"),
            unit: fields.text("unit"),
            applicable_when: fields.text("applicable_when"),
            evidence: fields.text("evidence"),
            norms: fields.list("norms"),
            note: fields.text("note"),
            line: row.line,
        })
    };
    sheet.rows.iter().filter_map(&mut read).collect()
}

fn items(text: &str, outline: &[Dimension], tags: &[Tag], problems: &mut Vec<Problem>) -> Vec<Item> {
    let columns = [
        "item",
        "dimension",
        "sub_item",
        "kind",
        "name_zh",
        "indicator",
        "method",
        "parameters",
        "points",
        "cap",
        "domains",
        "mandatory",
        "not_applicable",
        "tags_basic4",
        "tags_five",
        "tags_chapter",
        "norms",
    ];
    let sheet = Sheet::read(ITEMS, text, &columns, &[], problems);
    let mut read = |row| {
        let mut fields = Fields {
            sheet: &sheet,
            row,
            problems,
        };
        item(&mut fields, outline, tags)
    };
    sheet.rows.iter().filter_map(&mut read).collect()
}

fn item(fields: &mut Fields<'_>, outline: &[Dimension], tags: &[Tag]) -> Option<Item> {
    // All columns are read before the first missing one ends it, so that one pass names every mistake.
    let dimension = fields.code("dimension", |name| {
        let found = outline.iter().find(|dimension| dimension.name_zh == name);
        found.map(|dimension| dimension.code.clone())
    });
    let sub_item = fields.code("sub_item", |name| {
        let mut all = outline.iter().flat_map(|dimension| &dimension.sub_items);
        all.find(|sub_item| sub_item.name_zh == name)
            .map(|sub_item| sub_item.code.clone())
    });
    let kind = fields.word("kind", ItemKind::parse);
    let method = fields.typed::<Method>("method");
    let (points, cap) = (fields.points("points"), fields.points("cap"));
    let domains = fields.domains();
    let mandatory = fields.word("mandatory", |word| match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    });
    let not_applicable = fields.word("not_applicable", NotApplicable::parse);
    let tags = item_tags(fields, tags);
    Some(Item {
        id: fields.text("item"),
        dimension,
        sub_item,
        kind: kind?,
        name_zh: fields.text("name_zh"),
        indicator: fields.text("indicator"),
        method: method?,
        points: points?,
        cap: cap?,
        domains: domains?,
        mandatory: mandatory?,
        not_applicable: not_applicable?,
        tags,
        norms: fields.list("norms"),
        line: fields.row.line,
    })
}

fn item_tags(fields: &mut Fields<'_>, tags: &[Tag]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (axis, column) in [
        ("basic4", "tags_basic4"),
        ("five", "tags_five"),
        ("chapter", "tags_chapter"),
    ] {
        for name in fields.list(column) {
            match tags.iter().find(|tag| tag.axis == axis && tag.name_zh == name) {
                Some(tag) => found.push((axis.to_owned(), tag.code.clone())),
                None => fields.refuse(column, "WORD_UNKNOWN", format!("不认识的取值“{name}”。")),
            }
        }
    }
    found
}

fn rules(text: &str, problems: &mut Vec<Problem>) -> Vec<Rule> {
    let columns = [
        "id",
        "kind",
        "domains",
        "condition",
        "effect",
        "parameters",
        "norms",
    ];
    let sheet = Sheet::read(RULES, text, &columns, &[], problems);
    let mut read = |row| {
        let mut fields = Fields {
            sheet: &sheet,
            row,
            problems,
        };
        rule(&mut fields)
    };
    sheet.rows.iter().filter_map(&mut read).collect()
}

fn rule(fields: &mut Fields<'_>) -> Option<Rule> {
    let kind = fields.word("kind", RuleKind::parse);
    let domains = fields.domains();
    let condition = fields.text("condition").parse();
    if let Err(part) = &condition {
        fields.refuse(
            "condition",
            "CONDITION_UNREADABLE",
            format!("看不懂条件 {part}。"),
        );
    }
    let effect = fields.typed::<Effect>("effect");
    Some(Rule {
        id: fields.text("id"),
        kind: kind?,
        domains: domains?,
        condition: condition.ok()?,
        effect: effect?,
        norms: fields.list("norms"),
        line: fields.row.line,
    })
}
