//! What rating answers about the branches whose scores are explained, and by which template.

use std::collections::BTreeMap;

use kernel::Domain;
use proto::rating::v1::{
    GetResultRequest, GetTemplateRequest, Result as Score,
    rating_service_client::RatingServiceClient as Rating,
};

use super::{
    Explained,
    explained::{template, ways},
};
use crate::demo::{error::DemoError, journey::Journey};

impl Journey {
    /// The first rated branch of each domain.
    pub(super) async fn explanations(
        &self,
        results: &[Score],
        reader: &str,
    ) -> Result<Vec<Explained>, DemoError> {
        let names: BTreeMap<&str, &str> = self
            .county
            .branches()
            .map(|(at, one)| (self.known.organizations[at].as_str(), one.name.as_str()))
            .collect();
        let mut explained = Vec::new();
        for domain in Domain::ALL {
            let of = |one: &&Score| wire::words::domain(one.domain) == Some(domain);
            let Some(score) = results.iter().find(of) else {
                continue;
            };
            let request = GetResultRequest {
                branch_id: score.branch_id.clone(),
                cycle_id: score.cycle_id.clone(),
                ..Default::default()
            };
            let call = |channel, request| async move { Rating::new(channel).get_result(request).await };
            let answer = self.door.ask(reader, request, call).await;
            explained.push(Explained {
                branch: score.branch_id.clone(),
                name: names
                    .get(score.branch_id.as_str())
                    .copied()
                    .unwrap_or_default()
                    .to_owned(),
                domain,
                answer: answer.map_err(|status| DemoError::refused("查看得分", &status))?,
            });
        }
        Ok(explained)
    }

    pub(super) async fn ways(
        &self,
        explained: Option<&Explained>,
        reader: &str,
    ) -> Result<BTreeMap<String, String>, DemoError> {
        let Some(one) = explained else {
            return Ok(BTreeMap::new());
        };
        let request = GetTemplateRequest {
            hash: template(&one.answer.explanation_json),
        };
        let call = |channel, request| async move { Rating::new(channel).get_template(request).await };
        let answer = self.door.ask(reader, request, call).await;
        let answer = answer.map_err(|status| DemoError::refused("查看评定模板", &status))?;
        Ok(ways(&answer.template_json))
    }
}
