//! The RPCs of rating: open, run, reply. Each use case is a file below.

use kernel::RpcError;
use proto::rating::v1::{self as wire, rating_service_server::RatingService};
use runtime::desk::Desk;
use tonic::{Request, Response, Status};

use crate::app::App;

pub mod cycle;
pub mod ledger;
pub mod naming;
pub mod result;

/// Rows on a page when the request does not say.
const PAGE: i32 = 100;

/// How many rows a page has; the contract bounds what may be asked for.
fn page_size(asked: i32) -> usize {
    let size = if asked == 0 { PAGE } else { asked };
    size.unsigned_abs() as usize
}

/// Whether somebody else was quicker with the same rows: what is known is read again, and decided again.
fn is_outrun(error: &RpcError) -> bool {
    error
        .refusal()
        .is_some_and(|refusal| refusal.reason == "CONCURRENT_CHANGE")
}

/// The service as the server sees it.
#[derive(Clone)]
pub struct Rpc {
    /// The path of every request.
    pub desk: Desk,
    /// What use cases may touch.
    pub app: App,
}

type Reply<A> = Result<Response<A>, Status>;

#[tonic::async_trait]
impl RatingService for Rpc {
    async fn get_template(
        &self,
        request: Request<wire::GetTemplateRequest>,
    ) -> Reply<wire::GetTemplateResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| cycle::get_template::run(app, request))
            .await
    }

    async fn open_cycle(&self, request: Request<wire::OpenCycleRequest>) -> Reply<wire::OpenCycleResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| cycle::open_cycle::run(app, request))
            .await
    }

    async fn freeze_cycle(
        &self,
        request: Request<wire::FreezeCycleRequest>,
    ) -> Reply<wire::FreezeCycleResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| cycle::freeze_cycle::run(app, request))
            .await
    }

    async fn get_cycle(&self, request: Request<wire::GetCycleRequest>) -> Reply<wire::GetCycleResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| cycle::get_cycle::run(app, request))
            .await
    }

    async fn enter_review_marks(
        &self,
        request: Request<wire::EnterReviewMarksRequest>,
    ) -> Reply<wire::EnterReviewMarksResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| result::enter_review_marks::run(app, request))
            .await
    }

    async fn evaluate(&self, request: Request<wire::EvaluateRequest>) -> Reply<wire::EvaluateResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| result::evaluate::run(app, request))
            .await
    }

    async fn run_quota(&self, request: Request<wire::RunQuotaRequest>) -> Reply<wire::RunQuotaResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| cycle::run_quota::run(app, request))
            .await
    }

    async fn get_result(&self, request: Request<wire::GetResultRequest>) -> Reply<wire::GetResultResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| result::get_result::run(app, request))
            .await
    }

    async fn list_results(
        &self,
        request: Request<wire::ListResultsRequest>,
    ) -> Reply<wire::ListResultsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| result::list_results::run(app, request))
            .await
    }

    async fn sign_naming_batch(
        &self,
        request: Request<wire::SignNamingBatchRequest>,
    ) -> Reply<wire::SignNamingBatchResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| naming::sign_naming_batch::run(app, request))
            .await
    }

    async fn get_certificate(
        &self,
        request: Request<wire::GetCertificateRequest>,
    ) -> Reply<wire::GetCertificateResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| naming::get_certificate::run(app, request))
            .await
    }

    async fn run_screening(
        &self,
        request: Request<wire::RunScreeningRequest>,
    ) -> Reply<wire::RunScreeningResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| ledger::run_screening::run(app, request))
            .await
    }

    async fn import_findings(
        &self,
        request: Request<wire::ImportFindingsRequest>,
    ) -> Reply<wire::ImportFindingsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| ledger::import_findings::run(app, request))
            .await
    }

    async fn list_findings(
        &self,
        request: Request<wire::ListFindingsRequest>,
    ) -> Reply<wire::ListFindingsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| ledger::list_findings::run(app, request))
            .await
    }

    async fn list_rectifications(
        &self,
        request: Request<wire::ListRectificationsRequest>,
    ) -> Reply<wire::ListRectificationsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| ledger::list_rectifications::run(app, request))
            .await
    }
}
