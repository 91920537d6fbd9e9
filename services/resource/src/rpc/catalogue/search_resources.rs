//! Offerings that serve an organization, found by words.

use access::Authorized;
use kernel::{Refusal, RpcError, id::ResourceId};
use proto::resource::v1::{SearchResourcesRequest, SearchResourcesResponse};
use uuid::Uuid;
use wire::Fields;

use crate::{
    app::App,
    convert,
    domain::words::wanted,
    store::resources::{self, Search},
};

const PAGE: u64 = 50;

/// Admitted offerings with all of the words, in order of coming into the libraries: never by people's points.
pub async fn run(
    app: App,
    request: Authorized<SearchResourcesRequest>,
) -> Result<SearchResourcesResponse, RpcError> {
    let mut fields = Fields::new();
    let tokens = wanted(&request.words);
    if tokens.is_none() {
        fields.wrong("words", "WORD_TOO_SHORT", "每个检索词至少两个字。");
    }
    let tokens = fields.build(tokens)?;
    let lineage = app.lineage(request.organization().ok_or_else(Refusal::not_found)?)?;
    let asked = format!(
        "search/{}/{}/{}",
        request.organization_id.to_lowercase(),
        request.kind,
        request.words
    );
    let after = app.pages.open(&asked, &request.page_token)?;
    let size = u64::try_from(request.page_size)
        .ok()
        .filter(|size| *size > 0)
        .unwrap_or(PAGE);
    let search = Search {
        owners: lineage,
        kind: convert::kind(request.kind),
        tokens,
        after: after
            .and_then(|last| Uuid::from_slice(&last).ok())
            .map(ResourceId),
        limit: size + 1,
    };

    let read = app.store.read(&request).await?;
    let mut found = resources::search(&read, &search).await?;

    let more = found.len() as u64 > size;
    found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let last = found.last().filter(|_| more);
    Ok(SearchResourcesResponse {
        next_page_token: last
            .map(|one| app.pages.token(&asked, &one.id.bytes()))
            .unwrap_or_default(),
        resources: found.iter().map(convert::resource).collect(),
    })
}
