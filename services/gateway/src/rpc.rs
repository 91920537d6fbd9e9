//! The gateway's own RPCs: open, run, reply.

use proto::gateway::v1::{self as wire, gateway_service_server::GatewayService};
use runtime::desk::Desk;
use tonic::{Request, Response, Status};

use crate::app::App;

pub mod gateway;

/// The compositions as the server sees them.
#[derive(Clone)]
pub struct Rpc {
    /// The path of every request.
    pub desk: Desk,
    /// What use cases may touch.
    pub app: App,
}

type Reply<A> = Result<Response<A>, Status>;

#[tonic::async_trait]
impl GatewayService for Rpc {
    async fn who_am_i(&self, request: Request<wire::WhoAmIRequest>) -> Reply<wire::WhoAmIResponse> {
        let today = self.app.clock.today();
        self.desk
            .serve(request, move |request| gateway::who_am_i::run(today, request))
            .await
    }

    async fn get_branch_profile(
        &self,
        request: Request<wire::GetBranchProfileRequest>,
    ) -> Reply<wire::GetBranchProfileResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| gateway::get_branch_profile::run(app, request))
            .await
    }

    async fn list_desk(&self, request: Request<wire::ListDeskRequest>) -> Reply<wire::ListDeskResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| gateway::list_desk::run(app, request))
            .await
    }

    async fn get_county_page(
        &self,
        request: Request<wire::GetCountyPageRequest>,
    ) -> Reply<wire::GetCountyPageResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| gateway::get_county_page::run(app, request))
            .await
    }
}
