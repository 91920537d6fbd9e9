//! `zhibu.process.v1` of a service that keeps procedures: open, run, reply.

use access::Authorized;
use kernel::{
    Day, Kind, Refusal, RpcError,
    id::{CaseId, OrganizationId},
};
use proto::process::v1::{self as wire, process_service_server::ProcessService};
use runtime::desk::Desk;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    Deed, Done, Keeper, Kept, convert,
    listing::{list_cases, list_work},
    not_kept,
    reach::Reach,
};
use crate::{
    chart,
    engine::{Act, Opening},
};

/// The procedures of one service.
#[derive(Clone)]
pub struct Procedures {
    /// The path of every request.
    pub desk: Desk,
    /// The cases.
    pub keeper: Keeper,
    /// Page tokens.
    pub pages: ::wire::Pages,
}

type Reply<A> = Result<Response<A>, Status>;

#[tonic::async_trait]
impl ProcessService for Procedures {
    async fn open_case(&self, request: Request<wire::OpenCaseRequest>) -> Reply<wire::OpenCaseResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| open_case(keeper, request))
            .await
    }

    async fn take_step(&self, request: Request<wire::TakeStepRequest>) -> Reply<wire::TakeStepResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| take_step(keeper, request))
            .await
    }

    async fn object(&self, request: Request<wire::ObjectRequest>) -> Reply<wire::ObjectResponse> {
        let keeper = self.keeper.clone();
        self.desk.serve(request, |request| object(keeper, request)).await
    }

    async fn answer_objection(
        &self,
        request: Request<wire::AnswerObjectionRequest>,
    ) -> Reply<wire::AnswerObjectionResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| answer_objection(keeper, request))
            .await
    }

    async fn edit_evidence(
        &self,
        request: Request<wire::EditEvidenceRequest>,
    ) -> Reply<wire::EditEvidenceResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| edit_evidence(keeper, request))
            .await
    }

    async fn adjust_case(
        &self,
        request: Request<wire::AdjustCaseRequest>,
    ) -> Reply<wire::AdjustCaseResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| adjust_case(keeper, request))
            .await
    }

    async fn get_case(&self, request: Request<wire::GetCaseRequest>) -> Reply<wire::GetCaseResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| get_case(keeper, request))
            .await
    }

    async fn list_cases(&self, request: Request<wire::ListCasesRequest>) -> Reply<wire::ListCasesResponse> {
        let (keeper, pages) = (self.keeper.clone(), self.pages.clone());
        self.desk
            .serve(request, |request| list_cases(keeper, pages, request))
            .await
    }

    async fn list_work(&self, request: Request<wire::ListWorkRequest>) -> Reply<wire::ListWorkResponse> {
        let (keeper, pages) = (self.keeper.clone(), self.pages.clone());
        self.desk
            .serve(request, |request| list_work(keeper, pages, request))
            .await
    }

    async fn get_procedure(
        &self,
        request: Request<wire::GetProcedureRequest>,
    ) -> Reply<wire::GetProcedureResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| get_procedure(keeper, request))
            .await
    }

    async fn get_chart(&self, request: Request<wire::GetChartRequest>) -> Reply<wire::GetChartResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| get_chart(keeper, request))
            .await
    }
}

async fn open_case(
    keeper: Keeper,
    request: Authorized<wire::OpenCaseRequest>,
) -> Result<wire::OpenCaseResponse, RpcError> {
    if !keeper.owner.procedures().contains(&request.procedure.as_str()) {
        return Err(not_kept(&request.procedure).into());
    }
    let mut fields = ::wire::Fields::new();
    let subject: Option<Uuid> = fields.parse("subject_id", &request.subject_id);
    let organization: Option<OrganizationId> = fields.parse("organization_id", &request.organization_id);
    let target = request.anchors.get("target");
    let target = target.and_then(|id| fields.parse::<OrganizationId>("anchors[target]", id));
    let on = fields.optional_day("on", &request.on);
    let (subject, organization) = fields.build((|| Some((subject?, organization?)))())?;
    let visible = keeper
        .store
        .scopes()
        .path(organization)
        .is_some_and(|path| request.ranges().contains(&path));
    if !visible {
        return Err(Refusal::not_found().into());
    }
    let evidence = convert::evidence(keeper.definitions, &request.evidence)?;
    let about_person = keeper
        .definitions
        .versions(&request.procedure)
        .first()
        .is_some_and(|p| p.subject == "person");
    let opening = Opening {
        procedure: request.procedure.clone(),
        variant: Some(request.variant.clone()).filter(|variant| !variant.is_empty()),
        subject,
        organization,
        person: about_person.then(|| subject.into()),
        target,
        sides: Vec::new(),
    };
    let act = Act::Step {
        step: request.step.clone(),
        evidence,
        vote: None,
        saw: Default::default(),
    };
    let kept = Kept::new(CaseId::new(), opening);
    let definitions = keeper.definitions;
    let answer = |done: &Done| wire::OpenCaseResponse {
        case: Some(convert::case(definitions, &done.kept)),
    };
    keeper.act(&request, kept, done_on(on, act), answer).await
}

async fn take_step(
    keeper: Keeper,
    request: Authorized<wire::TakeStepRequest>,
) -> Result<wire::TakeStepResponse, RpcError> {
    let mut fields = ::wire::Fields::new();
    let at = fields.optional("as_organization_id", &request.as_organization_id);
    let on = fields.optional_day("on", &request.on);
    fields.done()?;
    let id = case_id(&request.case_id)?;
    let (request, kept) = keeper.reached(request, id).await?;
    let evidence = convert::evidence(keeper.definitions, &request.evidence)?;
    let vote = request.vote.as_ref().map(convert::vote);
    let act = Act::Step {
        step: request.step.clone(),
        evidence,
        vote,
        saw: Default::default(),
    };
    let definitions = keeper.definitions;
    let answer = |done: &Done| wire::TakeStepResponse {
        case: Some(convert::case(definitions, &done.kept)),
        findings: done.findings.clone(),
    };
    keeper
        .act(
            &request,
            kept,
            Deed {
                on,
                seen: seen(request.revision)?,
                at,
                act,
            },
            answer,
        )
        .await
}

async fn object(
    keeper: Keeper,
    request: Authorized<wire::ObjectRequest>,
) -> Result<wire::ObjectResponse, RpcError> {
    let on = optional_day(&request.on)?;
    let id = case_id(&request.case_id)?;
    let objection = request.objection.clone();
    let day = keeper.day(on)?;
    let (request, kept, reach) = keeper.reached_to_object(request, id, (&objection, day)).await?;
    let act = Act::Object {
        objection: Some(objection),
        grounds: request.grounds.clone(),
    };
    let definitions = keeper.definitions;
    let case = match reach {
        Reach::Inside => convert::case,
        Reach::Outside => convert::public_case,
    };
    let answer = |done: &Done| wire::ObjectResponse {
        case: Some(case(definitions, &done.kept)),
    };
    let answer = keeper.act(&request, kept, done_on(on, act), answer).await;
    answer.map_err(|error| match (error, reach) {
        (RpcError::Refused(mut refusal), Reach::Outside) => {
            refusal.metadata.retain(|(key, _)| *key != "revision");
            refusal.into()
        }
        (error, _) => error,
    })
}

async fn answer_objection(
    keeper: Keeper,
    request: Authorized<wire::AnswerObjectionRequest>,
) -> Result<wire::AnswerObjectionResponse, RpcError> {
    let on = optional_day(&request.on)?;
    let id = case_id(&request.case_id)?;
    let (request, kept) = keeper.reached(request, id).await?;
    let act = Act::Answer {
        objection: Some(request.objection.clone()),
        upheld: request.upheld,
        answer: request.answer.clone(),
    };
    let definitions = keeper.definitions;
    let answer = |done: &Done| wire::AnswerObjectionResponse {
        case: Some(convert::case(definitions, &done.kept)),
    };
    keeper
        .act(
            &request,
            kept,
            Deed {
                on,
                seen: seen(request.revision)?,
                at: None,
                act,
            },
            answer,
        )
        .await
}

async fn edit_evidence(
    keeper: Keeper,
    request: Authorized<wire::EditEvidenceRequest>,
) -> Result<wire::EditEvidenceResponse, RpcError> {
    let on = optional_day(&request.on)?;
    let id = case_id(&request.case_id)?;
    let (request, kept) = keeper.reached(request, id).await?;
    let given: Vec<wire::Evidence> = request.evidence.iter().cloned().collect();
    let edited = convert::evidence(keeper.definitions, &given)?.into_iter().next();
    let (item, value) =
        edited.ok_or_else(|| Refusal::field("evidence", "REQUIRED", "请填写要修改的材料。"))?;
    let definitions = keeper.definitions;
    let answer = |done: &Done| wire::EditEvidenceResponse {
        case: Some(convert::case(definitions, &done.kept)),
        voided: done.voided.clone(),
    };
    keeper
        .act(
            &request,
            kept,
            Deed {
                on,
                seen: seen(request.revision)?,
                at: None,
                act: Act::Edit { item, value },
            },
            answer,
        )
        .await
}

async fn adjust_case(
    keeper: Keeper,
    request: Authorized<wire::AdjustCaseRequest>,
) -> Result<wire::AdjustCaseResponse, RpcError> {
    let on = optional_day(&request.on)?;
    let id = case_id(&request.case_id)?;
    let (request, kept) = keeper.reached(request, id).await?;
    let act = Act::Adjust {
        note: request.note.clone(),
    };
    let definitions = keeper.definitions;
    let answer = |done: &Done| wire::AdjustCaseResponse {
        case: Some(convert::case(definitions, &done.kept)),
    };
    keeper.act(&request, kept, done_on(on, act), answer).await
}

async fn get_case(
    keeper: Keeper,
    request: Authorized<wire::GetCaseRequest>,
) -> Result<wire::GetCaseResponse, RpcError> {
    let id = case_id(&request.case_id)?;
    let (_, kept) = keeper.reached(request, id).await?;
    Ok(wire::GetCaseResponse {
        case: Some(convert::case(keeper.definitions, &kept)),
        entries: convert::entries(keeper.definitions, &kept),
    })
}

async fn get_procedure(
    keeper: Keeper,
    request: Authorized<wire::GetProcedureRequest>,
) -> Result<wire::GetProcedureResponse, RpcError> {
    let definitions = keeper.definitions;
    let found = match request.version.as_str() {
        "" => definitions.in_force(&request.procedure, keeper.clock.today()),
        version => definitions.version(&request.procedure, version),
    };
    let procedure = found.ok_or_else(|| not_kept(&request.procedure))?;
    Ok(wire::GetProcedureResponse {
        procedure: procedure.id.clone(),
        version: procedure.version.clone(),
        name_zh: procedure.name_zh.clone(),
        definition_json: definitions.canonical(procedure),
        hash: definitions.hash(procedure),
    })
}

/// Something that does not depend on the revision seen.
fn done_on(on: Option<Day>, act: Act) -> Deed {
    Deed {
        on,
        seen: None,
        at: None,
        act,
    }
}

fn case_id(text: &str) -> Result<CaseId, Refusal> {
    let mut fields = ::wire::Fields::new();
    let id: Option<CaseId> = fields.parse("case_id", text);
    fields.build(id)
}

fn optional_day(text: &str) -> Result<Option<Day>, Refusal> {
    let mut fields = ::wire::Fields::new();
    let day = fields.optional_day("on", text);
    fields.done()?;
    Ok(day)
}

fn seen(revision: u64) -> Result<Option<u32>, Refusal> {
    let small = u32::try_from(revision)
        .map_err(|_| Refusal::new(Kind::Conflict, "CASE_CHANGED", "此案修订号不符，请刷新后再办。"))?;
    Ok(Some(small))
}

async fn get_chart(
    keeper: Keeper,
    request: Authorized<wire::GetChartRequest>,
) -> Result<wire::GetChartResponse, RpcError> {
    let definitions = keeper.definitions;
    let kept = match request.case_id.as_str() {
        "" => None,
        id => {
            let id = case_id(id)?;
            Some(keeper.reached(request.clone(), id).await?.1)
        }
    };
    let procedure = match request.version.as_str() {
        "" => definitions.in_force(&request.procedure, keeper.clock.today()),
        version => definitions.version(&request.procedure, version),
    };
    let procedure = procedure.ok_or_else(|| not_kept(&request.procedure))?;
    let variant = Some(request.variant.as_str()).filter(|variant| !variant.is_empty());
    if !procedure.kinds().contains(&variant) {
        return Err(Refusal::field("variant", "NOT_LISTED", "这项规程没有此类型，请核对。").into());
    }
    let case = kept.as_ref().map(|kept| &kept.case);
    if case.is_some_and(|case| case.opening().procedure != procedure.id) {
        return Err(Refusal::field("case_id", "OTHER_PROCEDURE", "此案办理的是另一项规程，请核对。").into());
    }
    Ok(wire::GetChartResponse {
        svg: chart::draw(definitions, procedure, variant, case),
    })
}
