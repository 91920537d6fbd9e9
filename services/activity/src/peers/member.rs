//! What activity asks of member: who should attend.

use std::{collections::HashMap, time::Instant};

use kernel::{Day, Fault, RpcError, id::OrganizationId};
use proto::member::v1::{
    GetRollsRequest, Roll as WireRoll, RollDay, Standing, member_service_client::MemberServiceClient,
};
use runtime::link::Link;
use tonic::Request;

use crate::domain::roll::{OnRoll, Roll};

/// Member, reached over its link.
#[derive(Clone)]
pub struct Member(pub Link);

impl Member {
    /// The rolls of at most 500 branches and days. What member does not know has an empty roll.
    pub async fn rolls(
        &self,
        days: &[(OrganizationId, Day)],
        deadline: Instant,
    ) -> Result<HashMap<(OrganizationId, Day), Roll>, RpcError> {
        if days.is_empty() {
            return Ok(HashMap::new());
        }
        let asked = days.iter().map(|(branch, on)| RollDay {
            branch_id: branch.to_string(),
            on: on.to_string(),
        });
        let mut request = Request::new(GetRollsRequest {
            days: asked.collect(),
        });
        request
            .extensions_mut()
            .insert(runtime::admission::Deadline(deadline));
        let answer = MemberServiceClient::new(self.0.clone()).get_rolls(request).await;
        let answer = answer.map_err(|status| wire::refusal_of(&status))?.into_inner();
        if answer.rolls.len() != days.len() {
            return Err(Fault::new("member answered another number of rolls than asked for").into());
        }
        days.iter()
            .zip(&answer.rolls)
            .map(|(day, told)| Ok((*day, roll(told)?)))
            .collect()
    }
}

fn roll(told: &WireRoll) -> Result<Roll, RpcError> {
    let members = told.members.iter().map(|member| {
        let person = member
            .person_id
            .parse()
            .map_err(|e| Fault::from("a person on a roll", e))?;
        let full = member.standing() == Standing::Full;
        Ok((
            person,
            OnRoll {
                full,
                exempt: member.exempt,
            },
        ))
    });
    Ok(Roll {
        full: told.full,
        probationary: told.probationary,
        exempt: told.exempt,
        members: members.collect::<Result<_, RpcError>>()?,
    })
}
