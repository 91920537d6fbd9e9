//! A template prepared for one domain: indexes instead of names, so that a branch is scored without
//! hashing or allocation.

use kernel::Domain;

use super::{
    condition::{Comparison, Condition, Subject},
    earn::Formula,
    item::{Item, ItemKind, Method, NotApplicable},
    rule::{Effect, Purpose, Rule, RuleKind},
    template::Template,
};

/// The evaluator of one domain under one frozen template.
#[derive(Debug)]
pub struct Prepared {
    pub(super) domain: Domain,
    /// The indicators that are read, by slot.
    pub(super) slots: Vec<String>,
    /// The items of the domain in file order: base, plus, minus, review.
    pub(super) items: Vec<PreparedItem>,
    /// How many of them are base items, and where plus, minus and review begin.
    pub(super) plus_from: usize,
    pub(super) minus_from: usize,
    pub(super) review_from: usize,
    /// A bit for each base item.
    pub(super) every_base: u64,
    pub(super) dimensions: Vec<Group>,
    pub(super) weight_scored: i64,
    pub(super) weight_review: i64,
    pub(super) plus_at_most: i64,
    pub(super) scored_between: (i64, i64),
    /// Limits of the exact total and their stars, falling; the last is met by all.
    pub(super) thresholds: Vec<Threshold>,
    /// Caps and vetoes on the star, in file order.
    pub(super) rules: Vec<PreparedRule>,
}

/// A dimension, or a sub-item of one: a run of base items.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) code: String,
    pub(super) points: u64,
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) mask: u64,
    /// The sub-items of a dimension; none in a sub-item.
    pub(super) parts: Vec<Group>,
}

#[derive(Debug)]
pub(super) struct PreparedItem {
    pub(super) id: String,
    /// Where it stands in the template.
    pub(super) index: usize,
    pub(super) slot: usize,
    pub(super) points: u64,
    pub(super) cap: u64,
    /// Earns what it is offered where it does not apply.
    pub(super) full: bool,
    pub(super) formula: Formula,
    pub(super) turnout: Option<Turnout>,
}

/// What a ballot needs to be valid.
#[derive(Debug)]
pub(super) struct Turnout {
    pub(super) slot: usize,
    pub(super) min_bp: u64,
    pub(super) min_ballots: u64,
}

#[derive(Debug)]
pub(super) struct Threshold {
    pub(super) rule: String,
    /// The condition on the exact total; none is always met.
    pub(super) condition: Option<(Comparison, i64)>,
    pub(super) star: u8,
}

#[derive(Debug)]
pub(super) struct PreparedRule {
    pub(super) id: String,
    pub(super) veto: bool,
    pub(super) star: u8,
    pub(super) except: Option<Purpose>,
    pub(super) opens_rectification: bool,
    pub(super) clauses: Vec<PreparedClause>,
}

#[derive(Debug)]
pub(super) struct PreparedClause {
    pub(super) look: Look,
    pub(super) comparison: Comparison,
    pub(super) limit: u64,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    Numerator(usize),
    Denominator(usize),
    Ratio(usize),
    LowestDimension,
}

impl Prepared {
    /// Prepares a template that passed the linter.
    pub(super) fn new(template: &Template, domain: Domain) -> Self {
        let mut prepared = Self {
            domain,
            slots: Vec::new(),
            items: Vec::new(),
            plus_from: 0,
            minus_from: 0,
            review_from: 0,
            every_base: 0,
            dimensions: Vec::new(),
            weight_scored: 0,
            weight_review: 0,
            plus_at_most: 0,
            scored_between: (0, 0),
            thresholds: Vec::new(),
            rules: Vec::new(),
        };
        for (index, item) in template.items.iter().enumerate() {
            if item.domains.contains(domain) {
                prepared.add_item(index, item);
            }
        }
        prepared.group(template);
        for rule in &template.rules {
            if rule.domains.contains(domain) {
                prepared.add_rule(rule);
            }
        }
        prepared
    }

    /// The domain that it evaluates.
    #[must_use]
    pub fn domain(&self) -> Domain {
        self.domain
    }

    /// The indicators that an evaluation reads; counts stand in this order.
    #[must_use]
    pub fn indicators(&self) -> &[String] {
        &self.slots
    }

    /// The ids of its items in file order; the rows of a score stand in this order.
    pub fn items(&self) -> impl ExactSizeIterator<Item = &str> {
        self.items.iter().map(|item| item.id.as_str())
    }

    fn slot(&mut self, indicator: &str) -> usize {
        let known = self.slots.iter().position(|slot| slot == indicator);
        known.unwrap_or_else(|| {
            self.slots.push(indicator.to_owned());
            self.slots.len() - 1
        })
    }

    fn add_item(&mut self, index: usize, item: &Item) {
        let slot = self.slot(&item.indicator);
        let turnout = match &item.method {
            Method::Judged {
                turnout: Some(indicator),
                min_turnout_bp,
                min_ballots,
            } => Some(Turnout {
                slot: self.slot(indicator),
                min_bp: min_turnout_bp.0.unsigned_abs(),
                min_ballots: *min_ballots,
            }),
            _ => None,
        };
        self.items.push(PreparedItem {
            id: item.id.clone(),
            index,
            slot,
            points: item.points.0.unsigned_abs(),
            cap: item.cap.0.unsigned_abs(),
            full: item.not_applicable == NotApplicable::Full,
            formula: Formula::new(&item.method),
            turnout,
        });
        let upto = self.items.len();
        // Kinds stand in this order (linter), so each begins where the one before ends.
        match item.kind {
            ItemKind::Base => (self.plus_from, self.minus_from, self.review_from) = (upto, upto, upto),
            ItemKind::Plus => (self.minus_from, self.review_from) = (upto, upto),
            ItemKind::Minus => self.review_from = upto,
            ItemKind::Review => {}
        }
    }

    /// Cuts the base items, which stand in the order of the outline (linter), into dimensions and sub-items.
    fn group(&mut self, template: &Template) {
        self.every_base = mask(0, self.plus_from);
        for dimension in &template.outline {
            let mut parts = Vec::new();
            for sub_item in &dimension.sub_items {
                let inside = |item: &&PreparedItem| {
                    let item = &template.items[item.index];
                    item.dimension.as_ref() == Some(&dimension.code)
                        && item.sub_item.as_ref() == Some(&sub_item.code)
                };
                let base = &self.items[..self.plus_from];
                let first = base.iter().position(|item| inside(&item)).unwrap_or(0);
                let end = first + base.iter().filter(inside).count();
                parts.push(Group {
                    code: sub_item.code.clone(),
                    points: base[first..end].iter().map(|item| item.points).sum(),
                    first,
                    end,
                    mask: mask(first, end),
                    parts: Vec::new(),
                });
            }
            self.dimensions.push(Group {
                code: dimension.code.clone(),
                points: parts.iter().map(|part| part.points).sum(),
                first: parts.first().map_or(0, |part| part.first),
                end: parts.last().map_or(0, |part| part.end),
                mask: parts.iter().fold(0, |all, part| all | part.mask),
                parts,
            });
        }
    }

    fn add_rule(&mut self, rule: &Rule) {
        match &rule.effect {
            Effect::WeightOfScored { bp, .. } => self.weight_scored = bp.0,
            Effect::WeightOfReview { bp, .. } => self.weight_review = bp.0,
            Effect::PlusAtMost { points } => self.plus_at_most = points.0,
            Effect::ScoredBetween { min, max } => self.scored_between = (min.0, max.0),
            Effect::Star { star } => self.thresholds.push(Threshold {
                rule: rule.id.clone(),
                condition: total_limit(&rule.condition),
                star: *star,
            }),
            Effect::StarAtMost {
                star,
                except,
                open_rectification,
            } => {
                let clauses = self.clauses(&rule.condition);
                self.rules.push(PreparedRule {
                    id: rule.id.clone(),
                    veto: rule.kind == RuleKind::Veto,
                    star: *star,
                    except: *except,
                    opens_rectification: *open_rectification,
                    clauses,
                });
            }
            // Points of dimensions are bounds for the linter; quota and order look at a whole pool.
            Effect::DimensionPoints { .. } | Effect::StarAtMostBeyondQuota { .. } | Effect::Order { .. } => {}
        }
    }

    fn clauses(&mut self, condition: &Condition) -> Vec<PreparedClause> {
        let mut clauses = Vec::new();
        for clause in &condition.0 {
            let look = match &clause.subject {
                Subject::Numerator(id) => Look::Numerator(self.slot(id)),
                Subject::Denominator(id) => Look::Denominator(self.slot(id)),
                Subject::Ratio(id) => Look::Ratio(self.slot(id)),
                Subject::LowestDimension => Look::LowestDimension,
                Subject::Total | Subject::Star => unreachable!("the linter allows them elsewhere only"),
            };
            clauses.push(PreparedClause {
                look,
                comparison: clause.comparison,
                limit: clause.limit,
            });
        }
        clauses
    }
}

/// The limit of a threshold against the exact total, which is counted in ten-thousandths of a thousandth.
fn total_limit(condition: &Condition) -> Option<(Comparison, i64)> {
    let clause = condition.0.first()?;
    let limit = i64::try_from(clause.limit).unwrap_or(i64::MAX);
    Some((clause.comparison, limit.saturating_mul(10_000)))
}

fn mask(first: usize, end: usize) -> u64 {
    (first..end).fold(0, |mask, bit| mask | 1 << bit)
}
