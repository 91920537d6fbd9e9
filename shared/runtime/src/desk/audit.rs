//! `zhibu.audit.v1` of a service: the door to what storage keeps.

use proto::audit::v1::{
    ListEntriesRequest, ListEntriesResponse, VerifyChainRequest, VerifyChainResponse,
    audit_service_server::AuditService,
};
use storage::Store;
use tonic::{Request, Response, Status};
use wire::Pages;

use super::Desk;

/// The audit trail of one service.
#[derive(Clone)]
pub struct Audit {
    /// The path of every request.
    pub desk: Desk,
    /// Whose trail it is.
    pub store: Store,
    /// Page tokens.
    pub pages: Pages,
}

#[tonic::async_trait]
impl AuditService for Audit {
    async fn list_entries(
        &self,
        request: Request<ListEntriesRequest>,
    ) -> Result<Response<ListEntriesResponse>, Status> {
        let (store, pages) = (self.store.clone(), self.pages.clone());
        let run = |request| async move { storage::audit::list_entries(store, &pages, request).await };
        self.desk.serve(request, run).await
    }

    async fn verify_chain(
        &self,
        request: Request<VerifyChainRequest>,
    ) -> Result<Response<VerifyChainResponse>, Status> {
        let store = self.store.clone();
        self.desk
            .serve(request, |request| storage::audit::verify_chain(store, request))
            .await
    }
}
