//! `zhibu.process.v1` of a service that keeps procedures: open, run, reply. One file a use case.

mod adjust_case;
mod answer_objection;
mod edit_evidence;
mod get_case;
mod get_chart;
mod get_procedure;
mod list_cases;
mod list_work;
mod object;
mod open_case;
mod take_step;

use access::{Authorized, Range, Ranges};
use kernel::{Day, Kind, Refusal, id::CaseId, id::OrganizationId};
use proto::process::v1::{self as wire, process_service_server::ProcessService};
use runtime::desk::Desk;
use tonic::{Request, Response, Status};

use super::Keeper;

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
            .serve(request, |request| open_case::run(keeper, request))
            .await
    }

    async fn take_step(&self, request: Request<wire::TakeStepRequest>) -> Reply<wire::TakeStepResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| take_step::run(keeper, request))
            .await
    }

    async fn object(&self, request: Request<wire::ObjectRequest>) -> Reply<wire::ObjectResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| object::run(keeper, request))
            .await
    }

    async fn answer_objection(
        &self,
        request: Request<wire::AnswerObjectionRequest>,
    ) -> Reply<wire::AnswerObjectionResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| answer_objection::run(keeper, request))
            .await
    }

    async fn edit_evidence(
        &self,
        request: Request<wire::EditEvidenceRequest>,
    ) -> Reply<wire::EditEvidenceResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| edit_evidence::run(keeper, request))
            .await
    }

    async fn adjust_case(
        &self,
        request: Request<wire::AdjustCaseRequest>,
    ) -> Reply<wire::AdjustCaseResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| adjust_case::run(keeper, request))
            .await
    }

    async fn get_case(&self, request: Request<wire::GetCaseRequest>) -> Reply<wire::GetCaseResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| get_case::run(keeper, request))
            .await
    }

    async fn list_cases(&self, request: Request<wire::ListCasesRequest>) -> Reply<wire::ListCasesResponse> {
        let (keeper, pages) = (self.keeper.clone(), self.pages.clone());
        self.desk
            .serve(request, |request| list_cases::run(keeper, pages, request))
            .await
    }

    async fn list_work(&self, request: Request<wire::ListWorkRequest>) -> Reply<wire::ListWorkResponse> {
        let (keeper, pages) = (self.keeper.clone(), self.pages.clone());
        self.desk
            .serve(request, |request| list_work::run(keeper, pages, request))
            .await
    }

    async fn get_procedure(
        &self,
        request: Request<wire::GetProcedureRequest>,
    ) -> Reply<wire::GetProcedureResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| get_procedure::run(keeper, request))
            .await
    }

    async fn get_chart(&self, request: Request<wire::GetChartRequest>) -> Reply<wire::GetChartResponse> {
        let keeper = self.keeper.clone();
        self.desk
            .serve(request, |request| get_chart::run(keeper, request))
            .await
    }
}

fn case_id(text: &str) -> Result<CaseId, Refusal> {
    let mut fields = ::wire::Fields::new();
    let id: Option<CaseId> = fields.parse("case_id", text);
    fields.build(id)
}

/// The part of an organization's subtree that the caller sees; absent and hidden are one answer.
fn subtree<T>(keeper: &Keeper, request: &Authorized<T>, top: &str) -> Result<Ranges, Refusal> {
    let mut fields = ::wire::Fields::new();
    let top: Option<OrganizationId> = fields.parse("organization_id", top);
    let path = keeper.store.scopes().path(fields.build(top)?);
    let path = path.filter(|path| request.ranges().contains(path));
    let path = path.ok_or_else(Refusal::not_found)?;
    Ok(request.ranges().clip(&Range::subtree(&path)))
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

/// Rows of a page: 100 when the request does not say.
fn page_size(asked: i32) -> usize {
    match usize::try_from(asked) {
        Ok(0) | Err(_) => 100,
        Ok(size) => size.min(1000),
    }
}
