//! Who should attend at branches on days.

use std::collections::{BTreeSet, HashMap};

use access::Authorized;
use kernel::{Day, Period, Refusal, RpcError, id::OrganizationId};
use proto::member::v1::{GetRollsRequest, GetRollsResponse, Roll, RollMember};
use wire::Fields;

use crate::{
    app::App,
    convert::members,
    domain::membership::Standing,
    store::rolls::{self, OnRoll},
};

/// Reads the rolls of all branches and days asked for with one select, and answers in their order.
pub async fn run(app: App, request: Authorized<GetRollsRequest>) -> Result<GetRollsResponse, RpcError> {
    let days = asked(&request)?;
    let branches: BTreeSet<OrganizationId> = days.iter().map(|(branch, _)| *branch).collect();
    let on = || days.iter().map(|(_, on)| *on);
    let span = on()
        .min()
        .zip(on().max())
        .and_then(|(first, last)| Period::new(first, last));

    let read = app.store.read(&request).await?;
    let mut by_branch: HashMap<OrganizationId, Vec<OnRoll>> = HashMap::new();
    for member in rolls::members(&read, branches, span).await? {
        by_branch.entry(member.stay().branch).or_default().push(member);
    }

    let nobody = Vec::new();
    let roll = |(branch, on): &(OrganizationId, Day)| roll(by_branch.get(branch).unwrap_or(&nobody), *on);
    Ok(GetRollsResponse {
        rolls: days.iter().map(roll).collect(),
    })
}

fn asked(request: &GetRollsRequest) -> Result<Vec<(OrganizationId, Day)>, Refusal> {
    let mut fields = Fields::new();
    let mut days = Vec::with_capacity(request.days.len());
    for (at, day) in request.days.iter().enumerate() {
        let branch = fields.parse(&format!("days[{at}].branch_id"), &day.branch_id);
        let on = fields.day(&format!("days[{at}].on"), &day.on);
        days.extend(branch.zip(on));
    }
    fields.done()?;
    Ok(days)
}

fn roll(members: &[OnRoll], on: Day) -> Roll {
    let mut roll = Roll::default();
    for member in members.iter().filter(|member| member.stay().covers(on)) {
        let dates = member.dates();
        let (standing, exempt) = (dates.standing(on), dates.exempt(on));
        match standing {
            Standing::Full => roll.full += 1,
            Standing::Probationary => roll.probationary += 1,
        }
        roll.exempt += u32::from(exempt);
        roll.members.push(RollMember {
            person_id: member.person().to_string(),
            standing: members::standing(standing).into(),
            exempt,
            leading_cadre: dates.cadre(on),
        });
    }
    roll
}
