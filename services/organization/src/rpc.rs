//! The RPCs of organization: open, run, reply. Each use case is a file below.

use proto::organization::v1::{self as wire, organization_service_server::OrganizationService};
use runtime::desk::{Answers, Desk};
use tonic::{Request, Response, Status};

use crate::app::App;

pub mod organization;
pub mod role;
pub mod setup;

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
impl OrganizationService for Rpc {
    async fn found_root(&self, request: Request<wire::FoundRootRequest>) -> Reply<wire::FoundRootResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| organization::found_root::run(app, request))
            .await
    }

    async fn import_organizations(
        &self,
        request: Request<wire::ImportOrganizationsRequest>,
    ) -> Reply<wire::ImportOrganizationsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| {
                organization::import_organizations::run(app, request)
            })
            .await
    }

    async fn resolve_external_ids(
        &self,
        request: Request<wire::ResolveExternalIdsRequest>,
    ) -> Reply<wire::ResolveExternalIdsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| {
                organization::resolve_external_ids::run(app, request)
            })
            .await
    }

    async fn get_organization(
        &self,
        request: Request<wire::GetOrganizationRequest>,
    ) -> Reply<wire::GetOrganizationResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| {
                organization::get_organization::run(app, request)
            })
            .await
    }

    async fn list_organizations(
        &self,
        request: Request<wire::ListOrganizationsRequest>,
    ) -> Reply<wire::ListOrganizationsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| {
                organization::list_organizations::run(app, request)
            })
            .await
    }

    async fn assign_roles(
        &self,
        request: Request<wire::AssignRolesRequest>,
    ) -> Reply<wire::AssignRolesResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| role::assign_roles::run(app, request))
            .await
    }

    async fn revoke_role(
        &self,
        request: Request<wire::RevokeRoleRequest>,
    ) -> Reply<wire::RevokeRoleResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| role::revoke_role::run(app, request))
            .await
    }

    async fn resolve_caller(
        &self,
        request: Request<wire::ResolveCallerRequest>,
    ) -> Reply<wire::ResolveCallerResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| role::resolve_caller::run(app, request))
            .await
    }

    type ScreenStream = Answers<wire::ScreenResponse>;

    async fn import_units(
        &self,
        request: Request<wire::ImportUnitsRequest>,
    ) -> Reply<wire::ImportUnitsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| setup::import_units::run(app, request))
            .await
    }

    async fn import_posts(
        &self,
        request: Request<wire::ImportPostsRequest>,
    ) -> Reply<wire::ImportPostsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| setup::import_posts::run(app, request))
            .await
    }

    async fn import_guarantees(
        &self,
        request: Request<wire::ImportGuaranteesRequest>,
    ) -> Reply<wire::ImportGuaranteesResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| setup::import_guarantees::run(app, request))
            .await
    }

    async fn list_posts(&self, request: Request<wire::ListPostsRequest>) -> Reply<wire::ListPostsResponse> {
        let app = self.app.clone();
        self.desk
            .serve(request, |request| setup::list_posts::run(app, request))
            .await
    }

    async fn screen(&self, request: Request<wire::ScreenRequest>) -> Reply<Self::ScreenStream> {
        let app = self.app.clone();
        self.desk
            .stream(request, |request| setup::screen::run(app, request))
            .await
    }
}
