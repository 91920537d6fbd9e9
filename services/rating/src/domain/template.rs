//! The rating template: catalogue, items and rules as data, its content hash, and its frozen form (S-303).

use std::{collections::HashMap, sync::LazyLock};

use kernel::Domain;
use serde::{Deserialize, Serialize};

use super::{
    codes::{Dimension, Tag},
    digest::digest,
    indicator::Indicator,
    item::Item,
    lint,
    prepared::Prepared,
    problem::Problem,
    rule::Rule,
    source::{self, Sources},
};

/// A template as it is drafted, published and compared: nothing but data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Template {
    /// Content hash of the template that it refines; none for the root.
    pub parent: Option<String>,
    /// The six dimensions with their sub-items.
    pub outline: Vec<Dimension>,
    /// Tags of items.
    pub tags: Vec<Tag>,
    /// The catalogue of indicators.
    pub indicators: Vec<Indicator>,
    /// The items, in the order in which points are poured.
    pub items: Vec<Item>,
    /// The rules, in the order in which they are named.
    pub rules: Vec<Rule>,
}

impl Template {
    /// Reads a template from its four sheets.
    ///
    /// # Errors
    /// Every row that cannot be read, each with its place. Bounds are the linter's ([`lint::lint`]).
    pub fn parse(sources: &Sources<'_>) -> Result<Self, Vec<Problem>> {
        source::parse(sources)
    }

    /// The canonical bytes: every fact of the template, without line numbers, blanks or quoting.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a template has string keys only")
    }

    /// SM3 over the canonical bytes, as `sm3:` and 64 hex digits.
    #[must_use]
    pub fn hash(&self) -> String {
        digest("zhibu.rating.template.v1", &[&self.canonical_bytes()])
    }

    /// Lints, hashes and prepares the template for evaluation. A cycle starts with a frozen template.
    ///
    /// # Errors
    /// Everything that the linter finds.
    pub fn freeze(self) -> Result<FrozenTemplate, Vec<Problem>> {
        let problems = lint::lint(&self);
        if !problems.is_empty() {
            return Err(problems);
        }
        let prepared = Domain::ALL.map(|domain| Prepared::new(&self, domain));
        let indicators = self.indicators.iter().enumerate();
        Ok(FrozenTemplate {
            hash: self.hash(),
            by_id: indicators
                .map(|(at, indicator)| (indicator.id.clone(), at))
                .collect(),
            template: self,
            prepared,
        })
    }
}

/// A template that passed the linter, with its content hash, ready to evaluate. It cannot be changed.
#[derive(Debug)]
pub struct FrozenTemplate {
    hash: String,
    template: Template,
    by_id: HashMap<String, usize>,
    prepared: [Prepared; 9],
}

static ROOT: LazyLock<FrozenTemplate> = LazyLock::new(|| {
    let template = Template::parse(&Sources::ROOT).unwrap_or_else(|problems| broken(&problems));
    template.freeze().unwrap_or_else(|problems| broken(&problems))
});

fn broken(problems: &[Problem]) -> ! {
    let lines: Vec<_> = problems.iter().map(Problem::to_string).collect();
    unreachable!("the shipped template is tested: {}", lines.join("\n"))
}

impl FrozenTemplate {
    /// The shipped root template.
    #[must_use]
    pub fn root() -> &'static Self {
        &ROOT
    }

    /// Its content hash.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What it says.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The evaluator of one domain.
    #[must_use]
    pub fn prepared(&self, domain: Domain) -> &Prepared {
        &self.prepared[domain as usize]
    }

    /// The item with this id: its name, formula and points, which an explanation does not repeat.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.template.items.iter().find(|item| item.id == id)
    }

    /// The indicator with this id.
    #[must_use]
    pub fn indicator(&self, id: &str) -> Option<&Indicator> {
        self.by_id.get(id).map(|&at| &self.template.indicators[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_ignores_form_and_notices_every_fact() {
        let hash = FrozenTemplate::root().hash();
        let spaced = Sources::ROOT.items.replace("yes_no,{},", "yes_no,\"{ }\", ");
        assert_ne!(spaced, Sources::ROOT.items);
        let spaced = Sources {
            items: &spaced,
            ..Sources::ROOT
        };
        assert_eq!(Template::parse(&spaced).unwrap().hash(), hash);

        let note = Sources::ROOT
            .indicators
            .replace("counts from the end", "counts after the end");
        assert_ne!(note, Sources::ROOT.indicators);
        let noted = Sources {
            indicators: &note,
            ..Sources::ROOT
        };
        assert_ne!(Template::parse(&noted).unwrap().hash(), hash);
    }

    #[test]
    fn a_template_survives_its_own_canonical_bytes() {
        let root = FrozenTemplate::root();
        let again: Template = serde_json::from_slice(&root.template().canonical_bytes()).unwrap();
        assert_eq!(again.freeze().unwrap().hash(), root.hash());
    }
}
