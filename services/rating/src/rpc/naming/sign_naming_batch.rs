//! Signs a naming batch.

use std::collections::{HashMap, HashSet};

use access::Authorized;
use kernel::{
    Fault, Refusal, Relation, RpcError,
    id::{CycleId, OrganizationId, RecordId},
};
use proto::rating::v1::{SignNamingBatchRequest, SignNamingBatchResponse};
use wire::Fields;

use crate::{
    app::App,
    domain::{
        naming::{Batch, Certificate, batch_hash, number},
        outcome::Outcome,
    },
    error::RatingError,
    events,
    store::{
        cycles::{self, Cycle},
        namings::{self, SignedBatch, SignedCertificate},
        outcomes,
    },
};

/// All of the branches or none: each with its publicity over, no open objection, by whoever names its star, and each
/// decision once (S-311).
pub async fn run(
    app: App,
    request: Authorized<SignNamingBatchRequest>,
) -> Result<SignNamingBatchResponse, RpcError> {
    let named_by = request.organization().ok_or_else(Refusal::not_found)?;
    let (cycle, branches) = asked(&request)?;

    let tx = app.store.begin(&request).await?;
    // Held: two batches of one cycle are signed one after the other.
    let cycle = cycles::lock(&tx, cycle).await?.ok_or_else(Refusal::not_found)?;
    let found = outcomes::some_to_name(&tx, cycle.id, &branches).await?;
    let mut found: HashMap<OrganizationId, Outcome> =
        found.into_iter().map(|one| (one.branch, one)).collect();
    let mut outcomes = Vec::<Outcome>::with_capacity(branches.len());
    for branch in &branches {
        let superior = app.scopes.related(*branch, Relation::Superior);
        outcomes.push(may_be_named(found.remove(branch), named_by, superior)?);
    }
    let before = namings::last(&tx, cycle.id).await?;
    let (batch, certificates) = sign(&app, &cycle, named_by, &outcomes, before)?;

    namings::insert(&tx, &batch, &certificates).await?;
    let signed: Vec<Outcome> = outcomes.into_iter().map(|one| one.signed_in(batch.id)).collect();
    outcomes::put(&tx, &signed).await?;
    events::naming_batch(&tx, &batch, &certificates);
    tx.concerns(named_by, batch.id.into());
    let answer = SignNamingBatchResponse {
        batch_id: batch.id.to_string(),
        signature: hex::encode(&batch.signature),
    };
    tx.commit(answer).await
}

fn asked(request: &SignNamingBatchRequest) -> Result<(CycleId, Vec<OrganizationId>), Refusal> {
    let mut fields = Fields::new();
    let cycle: Option<CycleId> = fields.parse("cycle_id", &request.cycle_id);
    let ids = request.branch_ids.iter().enumerate();
    let branches: Vec<OrganizationId> = ids
        .filter_map(|(k, id)| fields.parse(&format!("branch_ids[{k}]"), id))
        .collect();
    let cycle = fields.build(cycle)?;
    let mut seen = HashSet::new();
    match branches.iter().find(|branch| !seen.insert(**branch)) {
        Some(twice) => Err(RatingError::BranchRepeated(*twice).into()),
        None => Ok((cycle, branches)),
    }
}

fn may_be_named(
    outcome: Option<Outcome>,
    named_by: OrganizationId,
    superior: Option<OrganizationId>,
) -> Result<Outcome, Refusal> {
    let outcome = outcome.ok_or_else(Refusal::not_found)?;
    if !outcome.is_nameable() {
        return Err(RatingError::PublicityNotEnded(outcome.branch).into());
    }
    if outcome.objections > 0 {
        return Err(RatingError::ObjectionOpen(outcome.branch).into());
    }
    outcome.named_by(named_by, superior)?;
    if outcome.batch.is_some() {
        return Err(RatingError::AlreadyInBatch(outcome.branch).into());
    }
    Ok(outcome)
}

fn sign(
    app: &App,
    cycle: &Cycle,
    named_by: OrganizationId,
    outcomes: &[Outcome],
    before: Option<(u32, String)>,
) -> Result<(SignedBatch, Vec<SignedCertificate>), RpcError> {
    let signature = |text: &str| {
        app.keys
            .sign(crate::NAME, text.as_bytes())
            .map_err(|e| RpcError::from(Fault::from("signing a naming", e)))
    };
    let signed_on = app.clock.today();
    let (last, before) = before.map_or((0, String::new()), |(number, text)| (number, batch_hash(&text)));
    let mut batch = Batch {
        id: RecordId::new(),
        cycle: cycle.id,
        number: last + 1,
        before,
        certificates: Vec::new(),
    };
    let mut certificates = Vec::with_capacity(outcomes.len());
    for (place, outcome) in outcomes.iter().enumerate() {
        let certificate = Certificate {
            number: number(cycle.year, batch.number, place),
            branch: outcome.branch,
            domain: outcome.domain.ok_or(RatingError::NotRated)?,
            year: cycle.year,
            star: outcome.proposed_star,
            explanation: outcome.explanation_hash.clone(),
            named_by,
            signed_on,
        };
        let text = certificate.text();
        let (star, signature) = (certificate.star, signature(&text)?);
        certificates.push(SignedCertificate {
            branch: outcome.branch,
            batch: batch.id,
            star,
            text,
            signature,
        });
        batch.certificates.push(certificate);
    }
    let text = batch.text();
    let signed = SignedBatch {
        id: batch.id,
        organization: named_by,
        cycle: cycle.id,
        number: batch.number,
        signed_on,
        signature: signature(&text)?,
        public_key: app.public_key.to_string(),
        text,
    };
    Ok((signed, certificates))
}
