//! The RPCs of activity: open, run, reply. Each use case is a file below.

use proto::activity::v1::{self as contract, activity_service_server::ActivityService};
use runtime::desk::Desk;
use tonic::{Request, Response, Status};

use crate::app::App;

pub mod activity;

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
impl ActivityService for Rpc {
    async fn record_meeting(
        &self,
        request: Request<contract::RecordMeetingRequest>,
    ) -> Reply<contract::RecordMeetingResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| activity::record_meeting::run(app, request))
            .await
    }

    async fn import_meetings(
        &self,
        request: Request<contract::ImportMeetingsRequest>,
    ) -> Reply<contract::ImportMeetingsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| activity::import_meetings::run(app, request))
            .await
    }

    async fn complete_meeting(
        &self,
        request: Request<contract::CompleteMeetingRequest>,
    ) -> Reply<contract::CompleteMeetingResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| activity::complete_meeting::run(app, request))
            .await
    }

    async fn annul_meeting(
        &self,
        request: Request<contract::AnnulMeetingRequest>,
    ) -> Reply<contract::AnnulMeetingResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| activity::annul_meeting::run(app, request))
            .await
    }

    async fn get_meeting(
        &self,
        request: Request<contract::GetMeetingRequest>,
    ) -> Reply<contract::GetMeetingResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| activity::get_meeting::run(app, request))
            .await
    }

    async fn list_meetings(
        &self,
        request: Request<contract::ListMeetingsRequest>,
    ) -> Reply<contract::ListMeetingsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| activity::list_meetings::run(app, request))
            .await
    }

    async fn list_owed(
        &self,
        request: Request<contract::ListOwedRequest>,
    ) -> Reply<contract::ListOwedResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| activity::list_owed::run(app, request))
            .await
    }

    async fn collect_owed(
        &self,
        request: Request<contract::CollectOwedRequest>,
    ) -> Reply<contract::CollectOwedResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| activity::collect_owed::run(app, request))
            .await
    }

    async fn import_records(
        &self,
        request: Request<contract::ImportRecordsRequest>,
    ) -> Reply<contract::ImportRecordsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| activity::import_records::run(app, request))
            .await
    }
}
