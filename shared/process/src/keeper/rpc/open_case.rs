//! Opens a case.

use std::collections::BTreeMap;

use access::Authorized;
use kernel::{Refusal, RpcError, id::CaseId, id::OrganizationId};
use proto::process::v1 as wire;
use uuid::Uuid;

use crate::{
    engine::{Act, Opening, Saw},
    keeper::{Done, Keeper, Kept, acting::Deed, convert, not_kept, rows},
};

/// By one of the procedure's opening steps; of two that open for one subject at once one lands.
pub(super) async fn run(
    keeper: Keeper,
    request: Authorized<wire::OpenCaseRequest>,
) -> Result<wire::OpenCaseResponse, RpcError> {
    if !keeper.owner.procedures().contains(&request.procedure.as_str()) {
        return Err(not_kept(&request.procedure).into());
    }
    let on = super::optional_day(&request.on)?;
    let opening = opening(&keeper, &request)?;
    let act = Act::Step {
        step: request.step.clone(),
        evidence: convert::evidence(keeper.definitions, &request.evidence)?,
        vote: None,
        saw: Saw::Nothing,
    };
    let kept = Kept::new(CaseId::new(), opening);
    let request = keeper.admitted(request, &kept.case)?;
    keeper.owner.may_be_about(kept.case.opening()).await?;
    let subject = kept.case.opening().subject;
    let deed = Deed { on, ..Deed::of(act) };
    let definitions = keeper.definitions;
    let answer = |done: &Done| wire::OpenCaseResponse {
        case: Some(convert::case(definitions, &done.kept)),
    };
    match keeper.act(&request, kept, deed, answer).await {
        Err(RpcError::Refused(refusal)) if refusal.reason == "ONE_OPEN_CASE" => {
            Err(with_open_case(&keeper, &request, subject, refusal).await?.into())
        }
        answer => answer,
    }
}

fn opening(keeper: &Keeper, request: &wire::OpenCaseRequest) -> Result<Opening, Refusal> {
    let mut fields = ::wire::Fields::new();
    let subject: Option<Uuid> = fields.parse("subject_id", &request.subject_id);
    let organization: Option<OrganizationId> = fields.parse("organization_id", &request.organization_id);
    let versions = keeper.definitions.versions(&request.procedure);
    let allowed = |anchor: &str| versions.iter().any(|p| p.anchors.iter().any(|own| own == anchor));
    let (mut target, mut sides) = (None, BTreeMap::new());
    for (key, id) in &request.anchors {
        let field = format!("anchors[{key}]");
        let anchor = if key.starts_with(convert::SIDE) {
            convert::SIDE
        } else {
            key
        };
        fields.known(&field, allowed(anchor).then_some(()));
        // Whether there is such an organization is the owner's to say, to whoever may take the step.
        let named: Option<OrganizationId> = fields.parse(&field, id);
        match anchor {
            convert::TARGET => target = named,
            _ => sides.extend(named.map(|id| (key.clone(), id))),
        }
    }
    let (subject, organization) = fields.build(subject.zip(organization))?;
    let about_person = versions.first().is_some_and(|p| p.subject == "person");
    Ok(Opening {
        procedure: request.procedure.clone(),
        variant: Some(request.variant.clone()).filter(|variant| !variant.is_empty()),
        subject,
        organization,
        person: about_person.then(|| subject.into()),
        target,
        sides: sides.into_values().collect(),
    })
}

/// The refusal with the case that is open already, where the caller sees it.
async fn with_open_case(
    keeper: &Keeper,
    request: &Authorized<wire::OpenCaseRequest>,
    subject: Uuid,
    refusal: Refusal,
) -> Result<Refusal, RpcError> {
    let group = keeper.definitions.group(&request.procedure);
    let all = keeper
        .definitions
        .procedures()
        .filter(|p| p.exclusive.as_deref() == group);
    let procedures: Vec<&str> = all.map(|p| p.id.as_str()).collect();
    let open = rows::open_among(&keeper.store.read(request).await?, &procedures, subject).await?;
    Ok(match open {
        Some(id) => refusal.with("case_id", id),
        None => refusal,
    })
}
