//! Moves a member to another branch inside the county.

use std::collections::BTreeSet;

use access::Authorized;
use kernel::{
    Day, Refusal, RpcError,
    id::{OrganizationId, PersonId, RecordId},
};
use proto::member::v1::{TransferMemberRequest, TransferMemberResponse};
use storage::Tx;
use wire::Fields;

use crate::{
    app::App,
    convert::members,
    domain::{
        membership::Stay,
        person::{Person, Placed},
        transfer::{Move, transfer},
    },
    error::MemberError,
    events,
    store::{
        persons::{self, Kept, Written},
        rolls,
    },
};

/// Ends the stay in the origin on the day before, so that it is responsible until then.
pub async fn run(
    app: App,
    request: Authorized<TransferMemberRequest>,
) -> Result<TransferMemberResponse, RpcError> {
    let (id, to, on) = asked(&request)?;
    app.meet(request.ranges(), [request.to_branch_id.as_str()])
        .await?;
    let to = Move {
        to,
        kind: app.branch(&request, to)?.kind,
        on,
    };

    let tx = app.store.begin(&request).await?;
    let kept = locked(&app, &tx, id, to.to).await?;
    let before = members::person(&kept, &app.keys)?;
    wire::etag::check(&request.etag, id.into(), before.version)?;
    let (left, joined) = transfer(&before.spans(), &before.particulars.dates, &to, app.clock.today())?;
    let now = moved(&before, left, joined);

    persons::update(
        &tx,
        &[Written {
            id,
            version: now.version,
            particulars: &now.particulars,
            identity_sealed: kept.person.identity_sealed.clone(),
            index: now.index,
            phone_sealed: kept.person.phone_sealed.clone(),
        }],
    )
    .await?;
    let changed: Vec<_> = now
        .stays
        .iter()
        .filter(|placed| !before.stays.contains(placed))
        .collect();
    persons::place(
        &tx,
        &changed.iter().map(|placed| (id, **placed)).collect::<Vec<_>>(),
    )
    .await?;
    events::strengths(&tx, &BTreeSet::from([left.branch, joined.branch])).await?;
    events::person(&tx, Some(&before), &now, app.clock.today());
    tx.concerns(left.branch, id.into());
    tx.concerns(joined.branch, id.into());
    let member = members::told(&now, on);
    tx.commit(TransferMemberResponse { member }).await
}

fn asked(request: &TransferMemberRequest) -> Result<(PersonId, OrganizationId, Day), Refusal> {
    let mut fields = Fields::new();
    let id = fields.parse("person_id", &request.person_id);
    let to = fields.parse("to_branch_id", &request.to_branch_id);
    let on = fields.day("on", &request.on);
    fields.build((|| Some((id?, to?, on?)))())
}

/// The person, his branches and the new one locked. Hidden when his last branch lies outside the request's part of
/// the tree.
async fn locked(app: &App, tx: &Tx, id: PersonId, to: OrganizationId) -> Result<Kept, RpcError> {
    let branches_of = |kept: &Kept| {
        kept.stays
            .iter()
            .map(|placed| placed.stay.branch)
            .collect::<BTreeSet<_>>()
    };
    let seen = persons::whole(tx, id).await?.ok_or_else(Refusal::not_found)?;
    let mut branches = branches_of(&seen);
    branches.insert(to);
    rolls::lock(tx, &branches).await?;
    let kept = persons::whole(tx, id).await?.ok_or_else(Refusal::not_found)?;
    if !branches_of(&kept).is_subset(&branches) {
        return Err(MemberError::Outrun.into());
    }
    let last = kept
        .stays
        .last()
        .and_then(|placed| app.scopes.path(placed.stay.branch));
    if last.is_some_and(|path| tx.ranges().contains(&path)) {
        Ok(kept)
    } else {
        Err(Refusal::not_found().into())
    }
}

fn moved(before: &Person, left: Stay, joined: Stay) -> Person {
    let mut now = Person {
        version: before.version + 1,
        ..before.clone()
    };
    if let Some(last) = now.stays.last_mut() {
        last.stay = left;
    }
    now.stays.push(Placed {
        id: RecordId::new(),
        stay: joined,
    });
    now
}
