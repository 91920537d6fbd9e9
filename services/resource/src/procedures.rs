//! The procedure `resource_admission` (S-209): the facts that its conditions read, and its effects.

use async_trait::async_trait;
use kernel::{
    Refusal, RpcError,
    id::{CaseId, ResourceId},
};
use process::{
    engine::{Case, Entry, Facts, Opening, Value, What},
    keeper::{Owner, Question},
};
use storage::Tx;

use crate::{admission, app::App, store::resources};

/// What resource says and does for its procedures.
pub struct Admission(pub App);

#[async_trait]
impl Owner for Admission {
    fn procedures(&self) -> &'static [&'static str] {
        &[admission::PROCEDURE]
    }

    /// The offering is in the library of the organization that proposes it.
    async fn may_be_about(&self, opening: &Opening) -> Result<(), RpcError> {
        let offering = resources::get(&self.0.store.own(), ResourceId(opening.subject)).await?;
        match offering {
            Some(offering) if offering.card.owner == opening.organization => Ok(()),
            _ => Err(Refusal::not_found().into()),
        }
    }

    async fn facts(&self, question: &Question<'_>) -> Result<Facts, RpcError> {
        let resource = ResourceId(question.case.opening().subject);
        let offering = resources::get(&self.0.store.own(), resource).await?;
        let given = |item: &str| {
            question
                .given
                .get(item)
                .and_then(Value::text)
                .is_some_and(|text| !text.is_empty())
        };
        let mut facts = Facts::default();
        for fact in &question.facts {
            let value = match *fact {
                // The reviewer's own finding: the review says so or there is none.
                "content_cleared" => Value::Flag(offering.is_some() && given("quality_review")),
                "course_complete" => Value::Flag(offering.is_some() && given("course_outline")),
                "site_exists" => Value::Flag(
                    offering
                        .as_ref()
                        .is_some_and(|offering| offering.card.site.is_some()),
                ),
                _ => continue,
            };
            facts.0.insert((*fact).to_owned(), value);
        }
        Ok(facts)
    }

    /// What is booked ahead is looked at where it decides, when nobody can book any more.
    async fn own_facts(&self, tx: &Tx, question: &Question<'_>) -> Result<Facts, RpcError> {
        let mut facts = Facts::default();
        if question.facts.contains("future_bookings") {
            let resource = ResourceId(question.case.opening().subject);
            let ahead = admission::booked_ahead(tx, resource, self.0.clock.now()).await?;
            facts
                .0
                .insert("future_bookings".to_owned(), Value::Int(i64::from(ahead)));
        }
        Ok(facts)
    }

    async fn on_entry(&self, tx: &Tx, _id: CaseId, case: &Case, entry: &Entry) -> Result<(), RpcError> {
        if !matches!(entry.what, What::Step { .. }) {
            return Ok(());
        }
        admission::on_step(tx, ResourceId(case.opening().subject), &entry.state).await
    }
}
