//! A branch evaluated and explained from its frozen facts: the same for the base part, with the marks, and with its
//! place in the quota.

use kernel::{Fault, Refusal, RpcError};

use crate::{
    domain::{
        explanation::{Explanation, ExplanationRefused, Fact, Rated, explain, explanation_hash},
        outcome::Outcome,
        quota,
        rule::Purpose,
        template::FrozenTemplate,
    },
    error::RatingError,
    store::{cycles::Cycle, explanations::Explained},
};

/// An explanation with its canonical bytes and their hash.
pub struct Evaluation<'a> {
    /// The tree.
    pub explanation: Explanation<'a>,
    /// What is kept.
    pub kept: Explained,
}

/// Evaluates a branch for its cycle.
pub fn evaluate<'a>(
    template: &'a FrozenTemplate,
    cycle: &Cycle,
    outcome: &Outcome,
    facts: impl IntoIterator<Item = &'a Fact>,
    standing: Option<quota::Standing>,
) -> Result<Evaluation<'a>, RpcError> {
    explained(
        template,
        rated(cycle, outcome, Purpose::Rating)?,
        facts,
        standing,
        outcome,
    )
}

/// The evaluation that decides about leaving rectification: the open case itself does not stand in the way (S-315).
pub fn evaluate_exit<'a>(
    template: &'a FrozenTemplate,
    cycle: &Cycle,
    outcome: &Outcome,
    facts: &'a [Fact],
) -> Result<Evaluation<'a>, RpcError> {
    explained(
        template,
        rated(cycle, outcome, Purpose::RectificationExit)?,
        facts,
        None,
        outcome,
    )
}

fn rated(cycle: &Cycle, outcome: &Outcome, purpose: Purpose) -> Result<Rated, RatingError> {
    Ok(Rated {
        cycle: cycle.year.to_string(),
        branch: outcome.branch.to_string(),
        domain: outcome.domain.ok_or(RatingError::NotRated)?,
        purpose,
    })
}

fn explained<'a>(
    template: &'a FrozenTemplate,
    rated: Rated,
    facts: impl IntoIterator<Item = &'a Fact>,
    standing: Option<quota::Standing>,
    outcome: &Outcome,
) -> Result<Evaluation<'a>, RpcError> {
    let explanation = explain(template, rated, facts, standing).map_err(impossible)?;
    let body = explanation.canonical_bytes();
    let kept = Explained {
        branch: outcome.branch,
        hash: explanation_hash(&body),
        body,
    };
    Ok(Evaluation { explanation, kept })
}

/// Reads a kept explanation.
pub fn read(body: Option<&[u8]>) -> Result<Explanation<'static>, RpcError> {
    let body = body.ok_or_else(Refusal::not_found)?;
    Ok(serde_json::from_slice(body).map_err(|e| Fault::from("an unreadable explanation", e))?)
}

/// A fact that cannot be is the fault of whoever counted it.
fn impossible(refused: ExplanationRefused) -> RpcError {
    Fault::from("facts that cannot be evaluated", refused).into()
}
