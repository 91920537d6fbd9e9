//! The RPCs of member: open, run, reply. Each use case is a file below.

use proto::member::v1::{self as wire, member_service_server::MemberService};
use runtime::desk::Desk;
use tonic::{Request, Response, Status};

use crate::app::App;

pub mod development;
pub mod dues;
pub mod member;
pub mod training;

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
impl MemberService for Rpc {
    async fn import_members(
        &self,
        request: Request<wire::ImportMembersRequest>,
    ) -> Reply<wire::ImportMembersResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| member::import_members::run(app, request))
            .await
    }

    async fn get_member(&self, request: Request<wire::GetMemberRequest>) -> Reply<wire::GetMemberResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| member::get_member::run(app, request))
            .await
    }

    async fn reveal_member(
        &self,
        request: Request<wire::RevealMemberRequest>,
    ) -> Reply<wire::RevealMemberResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| member::reveal_member::run(app, request))
            .await
    }

    async fn find_member(
        &self,
        request: Request<wire::FindMemberRequest>,
    ) -> Reply<wire::FindMemberResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| member::find_member::run(app, request))
            .await
    }

    async fn list_members(
        &self,
        request: Request<wire::ListMembersRequest>,
    ) -> Reply<wire::ListMembersResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| member::list_members::run(app, request))
            .await
    }

    async fn count_members(
        &self,
        request: Request<wire::CountMembersRequest>,
    ) -> Reply<wire::CountMembersResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| member::count_members::run(app, request))
            .await
    }

    async fn transfer_member(
        &self,
        request: Request<wire::TransferMemberRequest>,
    ) -> Reply<wire::TransferMemberResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| member::transfer_member::run(app, request))
            .await
    }

    async fn get_rolls(&self, request: Request<wire::GetRollsRequest>) -> Reply<wire::GetRollsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| member::get_rolls::run(app, request))
            .await
    }

    async fn import_development_steps(
        &self,
        request: Request<wire::ImportDevelopmentStepsRequest>,
    ) -> Reply<wire::ImportDevelopmentStepsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| {
                development::import_development_steps::run(app, request)
            })
            .await
    }

    async fn import_dues_sheets(
        &self,
        request: Request<wire::ImportDuesSheetsRequest>,
    ) -> Reply<wire::ImportDuesSheetsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| dues::import_dues_sheets::run(app, request))
            .await
    }

    async fn get_dues_sheet(
        &self,
        request: Request<wire::GetDuesSheetRequest>,
    ) -> Reply<wire::GetDuesSheetResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| dues::get_dues_sheet::run(app, request))
            .await
    }

    async fn quote_dues(&self, request: Request<wire::QuoteDuesRequest>) -> Reply<wire::QuoteDuesResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| dues::quote_dues::run(app, request))
            .await
    }

    async fn import_training_hours(
        &self,
        request: Request<wire::ImportTrainingHoursRequest>,
    ) -> Reply<wire::ImportTrainingHoursResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| {
                training::import_training_hours::run(app, request)
            })
            .await
    }
}
