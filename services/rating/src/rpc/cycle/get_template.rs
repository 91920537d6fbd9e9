//! The template in force, or one that a cycle was opened with.

use access::Authorized;
use kernel::RpcError;
use proto::rating::v1::{GetTemplateRequest, GetTemplateResponse};

use crate::{app::App, domain::template::FrozenTemplate};

/// Gives the canonical text with its hash (S-303).
pub async fn run(app: App, request: Authorized<GetTemplateRequest>) -> Result<GetTemplateResponse, RpcError> {
    let root = FrozenTemplate::root();
    if request.hash.is_empty() || request.hash == root.hash() {
        return Ok(answer(root));
    }
    let read = app.store.read(&request).await?;
    let template = app.templates.get(&read, &request.hash).await?;
    Ok(answer(&template))
}

fn answer(template: &FrozenTemplate) -> GetTemplateResponse {
    let bytes = template.template().canonical_bytes();
    GetTemplateResponse {
        hash: template.hash().to_owned(),
        template_json: String::from_utf8_lossy(&bytes).into_owned(),
    }
}
