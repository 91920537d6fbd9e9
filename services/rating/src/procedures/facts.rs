//! The facts that rating supplies to its procedures. What is not known is left out: it refuses, it never passes.

use std::collections::BTreeMap;

use kernel::{Day, Refusal, RpcError, id::OrganizationId, id::RecordId};
use process::{
    engine::{Facts, Value},
    keeper::Question,
};
use storage::{Reading, Tx};

use crate::{
    app::App,
    debriefs::Debriefs,
    domain::{cycle::participation, explanation::Fact, outcome::Outcome, rule::RuleKind},
    evaluating, freezing, indicators,
    store::{
        cycles, facts as frozen, findings,
        marks::{self, Entered},
        outcomes,
    },
};

/// What others are asked for, before any unit of work.
const OF_OTHERS: [&str; 2] = ["debrief_held", "live_star"];

/// Answers a question of the engine: what rating holds, and what it asks of the others.
pub async fn supply(app: &App, question: &Question<'_>) -> Result<Facts, RpcError> {
    answer(app, &app.store.own(), question, |_| true).await
}

/// The same of what rating itself holds, as the unit of work reads it that appends.
pub async fn held(app: &App, tx: &Tx, question: &Question<'_>) -> Result<Facts, RpcError> {
    answer(app, tx, question, |name| !OF_OTHERS.contains(&name)).await
}

async fn answer(
    app: &App,
    read: &impl Reading,
    question: &Question<'_>,
    wanted: impl Fn(&str) -> bool,
) -> Result<Facts, RpcError> {
    let asked = Asked {
        app,
        read,
        question,
        branch: question.case.organization(),
    };
    let outcome = asked.outcome().await?;
    let mut known = BTreeMap::new();
    for name in question.facts.iter().filter(|name| wanted(name)) {
        let value = match &outcome {
            Some(outcome) => asked.in_cycle(name, outcome).await?,
            None => None,
        };
        let value = match value {
            Some(value) => Some(value),
            None => asked.at_any_time(name).await?,
        };
        if let Some(value) = value {
            known.insert((*name).to_owned(), value);
        }
    }
    Ok(Facts(known))
}

struct Asked<'a, R> {
    app: &'a App,
    read: &'a R,
    question: &'a Question<'a>,
    branch: OrganizationId,
}

impl<R: Reading> Asked<'_, R> {
    async fn outcome(&self) -> Result<Option<Outcome>, RpcError> {
        outcomes::of_case(self.read, self.question.id).await
    }

    /// Facts of the case's own cycle.
    async fn in_cycle(&self, name: &str, outcome: &Outcome) -> Result<Option<Value>, RpcError> {
        let flag = match name {
            "branch_is_rated" => outcome.is_rated(),
            "branch_not_rated" => !self.is_rated_today(outcome).await?,
            "computed_facts_untouched" => self.is_untouched(outcome).await?,
            "debrief_held" => self.debrief_held(outcome).await?,
            "star_fits_rule" => self.star_fits(outcome),
            "within_quota" => self.within_quota(outcome).await?,
            "no_veto" => self.no_veto(outcome).await?,
            "batch_signed" => self.batch_signed(outcome),
            _ => return Ok(None),
        };
        Ok(Some(Value::Flag(flag)))
    }

    /// Facts that need no cycle of the case.
    async fn at_any_time(&self, name: &str) -> Result<Option<Value>, RpcError> {
        match name {
            "open_problems" => {
                let open = findings::open(self.read, self.branch).await?;
                Ok(Some(Value::Int(i64::try_from(open).unwrap_or(i64::MAX))))
            }
            "live_star" => Ok(self.live_star().await?.map(|star| Value::Int(star.into()))),
            _ => Ok(None),
        }
    }

    async fn cycle(&self, outcome: &Outcome) -> Result<cycles::Cycle, RpcError> {
        cycles::whoevers(self.read, outcome.cycle)
            .await?
            .ok_or_else(|| Refusal::not_found().into())
    }

    /// Whether the branch, as it was in the year, still takes part (S-301): it may be no more today.
    async fn is_rated_today(&self, outcome: &Outcome) -> Result<bool, RpcError> {
        let cycle = self.cycle(outcome).await?;
        let Some(node) = self.app.scopes.get(self.branch) else {
            return Ok(false);
        };
        let day: Day = self.question.on.max(cycle.freeze_day);
        let year = freezing::span(&cycle)?.period;
        let takes_part = participation(&freezing::branch(&node, year), year, day);
        Ok(matches!(takes_part, Some(Ok(_))) && outcome.is_rated())
    }

    /// Evaluates the base part again from the facts as they lie in the tables: the same hash as on the freeze day
    /// (S-308).
    async fn is_untouched(&self, outcome: &Outcome) -> Result<bool, RpcError> {
        let cycle = self.cycle(outcome).await?;
        let template = self.app.templates.get(self.read, &cycle.template).await?;
        let facts = frozen::get(self.read, cycle.id, self.branch).await?;
        let again = evaluating::evaluate(&template, &cycle, outcome, &facts, None)?;
        Ok(again.kept.hash == outcome.prefilled_hash)
    }

    /// As it was frozen; a debrief that was held later is asked of activity. A branch that owed none held what it
    /// owed.
    async fn debrief_held(&self, outcome: &Outcome) -> Result<bool, RpcError> {
        let held = |fact: &Fact| !fact.applicable || fact.numerator > 0;
        let cycle = self.cycle(outcome).await?;
        let debriefs = Debriefs {
            app: self.app,
            cycle: &cycle,
            on: self.question.on,
            deadline: self.question.deadline,
        };
        let known = debriefs
            .of(self.read, &[self.branch], |_, fact| held(fact))
            .await?;
        Ok(known.get(&self.branch).is_some_and(held))
    }

    fn evidence(&self, item: &str) -> Option<&Value> {
        let kept = || self.question.case.content(item).map(|content| &content.value);
        self.question.given.get(item).or_else(kept)
    }

    fn star_fits(&self, outcome: &Outcome) -> bool {
        let star = self.evidence("proposed_star").and_then(Value::int);
        let explanation = self.evidence("score_explanation").and_then(Value::text);
        star.zip(explanation)
            .is_some_and(|(star, explanation)| outcome.star_fits(star, explanation))
    }

    async fn within_quota(&self, outcome: &Outcome) -> Result<bool, RpcError> {
        let before = outcomes::before(self.read, outcome).await?;
        Ok(outcome.is_within_quota(&before))
    }

    async fn no_veto(&self, outcome: &Outcome) -> Result<bool, RpcError> {
        let Some(results) = outcome.evaluation() else {
            return Ok(false);
        };
        let cycle = self.cycle(outcome).await?;
        let template = self.app.templates.get(self.read, &cycle.template).await?;
        let vetoes = template
            .template()
            .rules
            .iter()
            .filter(|rule| rule.kind == RuleKind::Veto);
        Ok(vetoes.map(|rule| &rule.id).all(|id| !results.rules.contains(id)))
    }

    /// Whether the batch that the step names is the one whose certificate stands: for the star that was decided, by
    /// whoever names that star (S-311).
    fn batch_signed(&self, outcome: &Outcome) -> bool {
        let batch = self.evidence("naming_batch").and_then(Value::text);
        let batch: Option<RecordId> = batch.and_then(|text| text.parse().ok());
        batch.is_some() && batch == outcome.batch
    }

    /// The latest cycle of the branch whose marks were entered, and those: one that was frozen since has none yet.
    async fn latest_marked(&self) -> Result<Option<(Outcome, Entered)>, RpcError> {
        let all = outcomes::of_branch(self.read, self.branch).await?;
        for outcome in all.into_iter().filter(|outcome| outcome.domain.is_some()) {
            let mut entered = marks::get(self.read, outcome.cycle, &[self.branch]).await?;
            if let Some(entered) = entered.remove(&self.branch) {
                return Ok(Some((outcome, entered)));
            }
        }
        Ok(None)
    }

    /// The star of the last twelve months with the latest marks, the open rectification left out (S-315). Unknown for
    /// a branch that was never evaluated.
    async fn live_star(&self) -> Result<Option<u8>, RpcError> {
        let Some((outcome, entered)) = self.latest_marked().await? else {
            return Ok(None);
        };
        let cycle = self.cycle(&outcome).await?;
        let template = self.app.templates.get(self.read, &cycle.template).await?;
        let span = freezing::last_year(self.question.on)?;
        let deadline = Some(self.question.deadline);
        let counted = freezing::collect(self.app, &[self.branch], span, deadline).await?;
        let mut facts: Vec<Fact> = counted.into_iter().flat_map(|one| one.facts).collect();
        facts.extend(indicators::review(&entered));
        let live = evaluating::evaluate_exit(&template, &cycle, &outcome, &facts)?;
        Ok(Some(live.explanation.results.star_vetoes))
    }
}
