//! The RPCs of resource: open, run, reply. Each use case is a file below.

use proto::resource::v1::{self as contract, resource_service_server::ResourceService};
use runtime::desk::Desk;
use tonic::{Request, Response, Status};

use crate::app::App;

pub mod booking;
pub mod catalogue;

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
impl ResourceService for Rpc {
    async fn import_resources(
        &self,
        request: Request<contract::ImportResourcesRequest>,
    ) -> Reply<contract::ImportResourcesResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| catalogue::import_resources::run(app, request))
            .await
    }

    async fn get_resource(
        &self,
        request: Request<contract::GetResourceRequest>,
    ) -> Reply<contract::GetResourceResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| catalogue::get_resource::run(app, request))
            .await
    }

    async fn search_resources(
        &self,
        request: Request<contract::SearchResourcesRequest>,
    ) -> Reply<contract::SearchResourcesResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| catalogue::search_resources::run(app, request))
            .await
    }

    async fn get_availability(
        &self,
        request: Request<contract::GetAvailabilityRequest>,
    ) -> Reply<contract::GetAvailabilityResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| catalogue::get_availability::run(app, request))
            .await
    }

    async fn hold_booking(
        &self,
        request: Request<contract::HoldBookingRequest>,
    ) -> Reply<contract::HoldBookingResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| booking::hold_booking::run(app, request))
            .await
    }

    async fn confirm_booking(
        &self,
        request: Request<contract::ConfirmBookingRequest>,
    ) -> Reply<contract::ConfirmBookingResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| booking::confirm_booking::run(app, request))
            .await
    }

    async fn cancel_booking(
        &self,
        request: Request<contract::CancelBookingRequest>,
    ) -> Reply<contract::CancelBookingResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| booking::cancel_booking::run(app, request))
            .await
    }

    async fn keep_booking(
        &self,
        request: Request<contract::KeepBookingRequest>,
    ) -> Reply<contract::KeepBookingResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| booking::keep_booking::run(app, request))
            .await
    }

    async fn get_booking(
        &self,
        request: Request<contract::GetBookingRequest>,
    ) -> Reply<contract::GetBookingResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| booking::get_booking::run(app, request))
            .await
    }

    async fn list_bookings(
        &self,
        request: Request<contract::ListBookingsRequest>,
    ) -> Reply<contract::ListBookingsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| booking::list_bookings::run(app, request))
            .await
    }

    async fn join_waitlist(
        &self,
        request: Request<contract::JoinWaitlistRequest>,
    ) -> Reply<contract::JoinWaitlistResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| booking::join_waitlist::run(app, request))
            .await
    }

    async fn leave_feedback(
        &self,
        request: Request<contract::LeaveFeedbackRequest>,
    ) -> Reply<contract::LeaveFeedbackResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| booking::leave_feedback::run(app, request))
            .await
    }
}
