//! The explanation of a score (X1): every thousandth of a point back to the norm, the indicator, its two
//! numbers and what they refer to. It holds all that is needed to evaluate it again.

use std::borrow::Cow;

use kernel::{Domain, Milli};
use serde::{Deserialize, Serialize};

use super::{
    digest::digest,
    earn::Count,
    indicator::CountRefused,
    prepared::{Prepared, PreparedItem},
    quota::{Quota, Standing},
    results::Results,
    rule::{Effect, Purpose, Rule},
    score::{Row, Score},
    template::FrozenTemplate,
};

/// Why a fact that was never given does not apply.
pub const NO_FACT: &str = "NO_FACT";

/// One indicator of one branch as its service counted it, with what it refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The indicator's id.
    pub indicator: String,
    /// What was done; 0 when not applicable.
    pub numerator: u64,
    /// What was owed; 0 when not applicable.
    pub denominator: u64,
    /// Whether anything was owed.
    pub applicable: bool,
    /// Why it does not apply; empty when it does.
    pub reason: String,
    /// Ids and counts that it refers to, never contents.
    pub evidence: Vec<String>,
    /// The service and feed position that it was counted at.
    pub cursor: String,
}

impl Fact {
    /// Whether its evidence has what goes by this id; what made it count may follow the id after a space.
    pub fn shows(&self, id: &str) -> bool {
        self.evidence.iter().any(|one| one.split(' ').next() == Some(id))
    }

    fn absent(indicator: &str) -> Self {
        Self {
            indicator: indicator.to_owned(),
            numerator: 0,
            denominator: 0,
            applicable: false,
            reason: NO_FACT.to_owned(),
            evidence: Vec::new(),
            cursor: String::new(),
        }
    }

    /// In the one form that a fact has: no numbers where it does not apply, no reason where it does.
    fn canonical(&self) -> Cow<'_, Self> {
        let is = match self.applicable {
            true => self.reason.is_empty(),
            false => self.numerator == 0 && self.denominator == 0,
        };
        if is {
            return Cow::Borrowed(self);
        }
        let kept = u64::from(self.applicable);
        Cow::Owned(Self {
            numerator: self.numerator * kept,
            denominator: self.denominator * kept,
            reason: if self.applicable {
                String::new()
            } else {
                self.reason.clone()
            },
            ..self.clone()
        })
    }

    /// Of a canonical fact.
    fn count(&self) -> Count {
        Count {
            numerator: self.numerator,
            denominator: self.denominator,
        }
    }
}

/// Who is evaluated, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rated {
    /// The cycle, such as `2025`.
    pub cycle: String,
    /// The branch.
    pub branch: String,
    /// Its domain in the cycle.
    pub domain: Domain,
    /// Why it is evaluated.
    pub purpose: Purpose,
}

/// What an item offered and earned, and from what. Its name, formula and points stand in the template, which
/// the hash binds; they are not repeated for every branch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItemTrace<'a> {
    /// The item's id.
    pub item: Cow<'a, str>,
    /// The indicator, whose fact stands among the facts.
    pub indicator: Cow<'a, str>,
    /// Offered; the cap for plus and minus.
    pub offered: Milli,
    /// Earned.
    pub earned: Milli,
    /// The norms that it follows from, in the versions that the template's hash binds.
    pub norms: Cow<'a, [String]>,
}

/// A dimension or sub-item with its sums.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GroupTrace<'a, T> {
    /// English code.
    pub code: Cow<'a, str>,
    /// Sum of what its items offered.
    pub offered: Milli,
    /// Sum of what they earned.
    pub earned: Milli,
    /// What it is made of.
    pub parts: Vec<T>,
}

/// A rule that decided or limited the star.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleTrace<'a> {
    /// The rule's id.
    pub rule: Cow<'a, str>,
    /// Its condition, which held.
    pub condition: String,
    /// What it does.
    pub effect: Cow<'a, Effect>,
    /// The norms that it follows from.
    pub norms: Cow<'a, [String]>,
}

/// The explanation tree. Its canonical bytes are its JSON with fields in this order and no blanks. What is the template's
/// and the facts' is borrowed from them: a province has 150 000 of these.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Explanation<'a> {
    /// Content hash of the frozen template, which binds items, rules and norms.
    pub template: Cow<'a, str>,
    /// Who was evaluated, and why.
    pub rated: Rated,
    /// Every fact that an item or a rule read, in the order of reading.
    pub facts: Vec<Cow<'a, Fact>>,
    /// The base part: dimension, sub-item, item.
    pub base: Vec<GroupTrace<'a, GroupTrace<'a, ItemTrace<'a>>>>,
    /// Plus items.
    pub plus: Vec<ItemTrace<'a>>,
    /// Minus items.
    pub minus: Vec<ItemTrace<'a>>,
    /// Review items.
    pub review: Vec<ItemTrace<'a>>,
    /// The threshold that was met, and all caps, vetoes and quotas that fired.
    pub rules: Vec<RuleTrace<'a>>,
    /// Where the branch stands in its pool, once the quota ran.
    pub standing: Option<Standing>,
    /// Sums, total and stars.
    pub results: Results,
}

/// Why facts or a stored explanation cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplanationRefused {
    /// The bytes are no explanation.
    #[error("EXPLANATION_UNREADABLE: {0}")]
    Unreadable(String),
    /// It was made under another template.
    #[error("TEMPLATE_DIFFERS: explained under {explained}, given {given}")]
    TemplateDiffers {
        /// The template's hash in the explanation.
        explained: String,
        /// The hash of the template that was given.
        given: String,
    },
    /// The catalogue has no such indicator.
    #[error("INDICATOR_UNKNOWN: {0}")]
    IndicatorUnknown(String),
    /// The same indicator is given twice.
    #[error("FACT_REPEATED: {0}")]
    FactRepeated(String),
    /// A value that the indicator cannot have.
    #[error("{reason}: {indicator}")]
    CountRefused {
        /// The indicator.
        indicator: String,
        /// The bound that it breaks.
        reason: CountRefused,
    },
}

/// Evaluates a branch from its facts and explains the score. Facts that the template does not read are left
/// out; a fact that is read and not given does not apply, with the reason [`NO_FACT`]. `standing` is given
/// once the quota ran.
///
/// # Errors
/// Names the first fact that cannot be.
pub fn explain<'a>(
    template: &'a FrozenTemplate,
    rated: Rated,
    facts: impl IntoIterator<Item = &'a Fact>,
    standing: Option<Standing>,
) -> Result<Explanation<'a>, ExplanationRefused> {
    let prepared = template.prepared(rated.domain);
    let facts = facts_read(template, prepared, facts)?;
    let counts: Vec<Count> = facts.iter().map(|fact| fact.count()).collect();
    let mut rows = vec![Row::default(); prepared.items.len()];
    let score = prepared.score(rated.purpose, &counts, &mut rows);
    let mut results = Results::new(&score, prepared);
    if let (Some(quota), Some(standing)) = (Quota::of(template.template()), &standing) {
        results = results.placed(&quota, standing);
    }
    let traces =
        |first: usize, end: usize| (first..end).map(|at| trace(template, &prepared.items[at], rows[at]));
    Ok(Explanation {
        template: template.hash().into(),
        rated,
        base: base(prepared, &traces),
        plus: traces(prepared.plus_from, prepared.minus_from).collect(),
        minus: traces(prepared.minus_from, prepared.review_from).collect(),
        review: traces(prepared.review_from, prepared.items.len()).collect(),
        rules: rules(template, prepared, &score, &results),
        facts,
        standing,
        results,
    })
}

/// The facts that an evaluation reads, in the order in which it reads them.
fn facts_read<'a>(
    template: &FrozenTemplate,
    prepared: &Prepared,
    facts: impl IntoIterator<Item = &'a Fact>,
) -> Result<Vec<Cow<'a, Fact>>, ExplanationRefused> {
    let mut given: Vec<&Fact> = facts.into_iter().collect();
    given.sort_by(|one, other| one.indicator.cmp(&other.indicator));
    for (at, fact) in given.iter().enumerate() {
        let indicator = template
            .indicator(&fact.indicator)
            .ok_or_else(|| ExplanationRefused::IndicatorUnknown(fact.indicator.clone()))?;
        if fact.applicable {
            let admitted = indicator.admits(fact.numerator, fact.denominator);
            admitted.map_err(|reason| ExplanationRefused::CountRefused {
                indicator: fact.indicator.clone(),
                reason,
            })?;
        }
        if at > 0 && given[at - 1].indicator == fact.indicator {
            return Err(ExplanationRefused::FactRepeated(fact.indicator.clone()));
        }
    }
    let read = |slot: &String| {
        given
            .binary_search_by(|fact| fact.indicator.cmp(slot))
            .map_or_else(|_| Cow::Owned(Fact::absent(slot)), |at| given[at].canonical())
    };
    Ok(prepared.slots.iter().map(read).collect())
}

fn trace<'a>(template: &'a FrozenTemplate, prepared: &PreparedItem, row: Row) -> ItemTrace<'a> {
    let item = &template.template().items[prepared.index];
    ItemTrace {
        item: item.id.as_str().into(),
        indicator: item.indicator.as_str().into(),
        offered: Milli(row.offered.into()),
        earned: Milli(row.earned.into()),
        norms: item.norms.as_slice().into(),
    }
}

fn base<'a, I: Iterator<Item = ItemTrace<'a>>>(
    prepared: &'a Prepared,
    traces: &impl Fn(usize, usize) -> I,
) -> Vec<GroupTrace<'a, GroupTrace<'a, ItemTrace<'a>>>> {
    let mut dimensions = Vec::new();
    for dimension in &prepared.dimensions {
        let mut parts = Vec::new();
        for sub_item in &dimension.parts {
            let items: Vec<_> = traces(sub_item.first, sub_item.end).collect();
            parts.push(GroupTrace {
                code: sub_item.code.as_str().into(),
                offered: items.iter().map(|item| item.offered).sum(),
                earned: items.iter().map(|item| item.earned).sum(),
                parts: items,
            });
        }
        dimensions.push(GroupTrace {
            code: dimension.code.as_str().into(),
            offered: parts.iter().map(|part| part.offered).sum(),
            earned: parts.iter().map(|part| part.earned).sum(),
            parts,
        });
    }
    dimensions
}

fn rules<'a>(
    template: &'a FrozenTemplate,
    prepared: &Prepared,
    score: &Score,
    results: &Results,
) -> Vec<RuleTrace<'a>> {
    let threshold = prepared
        .threshold(score.total_exact)
        .map(|threshold| &threshold.rule);
    let named = threshold.into_iter().chain(&results.rules);
    let find = |id: &String| template.template().rules.iter().find(|rule| rule.id == *id);
    let trace = |rule: &'a Rule| RuleTrace {
        rule: rule.id.as_str().into(),
        condition: rule.condition.to_string(),
        effect: Cow::Borrowed(&rule.effect),
        norms: rule.norms.as_slice().into(),
    };
    named.filter_map(find).map(trace).collect()
}

impl Explanation<'_> {
    /// The canonical bytes, which are stored and hashed.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an explanation has string keys only")
    }

    /// All items in file order.
    pub fn items(&self) -> impl Iterator<Item = &ItemTrace<'_>> {
        let base = self.base.iter().flat_map(|dimension| &dimension.parts);
        let base = base.flat_map(|sub_item| &sub_item.parts);
        base.chain(&self.plus).chain(&self.minus).chain(&self.review)
    }
}

/// The hash of an explanation's canonical bytes, to which approvals bind.
#[must_use]
pub fn explanation_hash(canonical_bytes: &[u8]) -> String {
    digest("zhibu.rating.explanation.v1", &[canonical_bytes])
}

/// Evaluates a stored explanation again, from its own facts and the template that it names. The bytes are
/// the same as the stored ones exactly when nothing in them was changed.
///
/// # Errors
/// When the bytes are no explanation, name another template, or hold a fact that cannot be.
pub fn reevaluate(explanation: &[u8], template: &FrozenTemplate) -> Result<Vec<u8>, ExplanationRefused> {
    let stored: Explanation<'_> = serde_json::from_slice(explanation)
        .map_err(|error| ExplanationRefused::Unreadable(error.to_string()))?;
    if stored.template != template.hash() {
        return Err(ExplanationRefused::TemplateDiffers {
            explained: stored.template.into_owned(),
            given: template.hash().to_owned(),
        });
    }
    let again = explain(
        template,
        stored.rated,
        stored.facts.iter().map(Cow::as_ref),
        stored.standing,
    )?;
    Ok(again.canonical_bytes())
}
