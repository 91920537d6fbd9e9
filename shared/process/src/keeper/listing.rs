//! What is listed: cases of a subtree, and what waits for the caller.

use access::{Authorized, Range, Ranges};
use kernel::{Refusal, RpcError, id::OrganizationId};
use proto::process::v1 as wire;
use uuid::Uuid;

use super::{Keeper, Kept, actor, convert, rows};
use crate::{
    engine::{Actor, Facts, Parameters},
    work::{Prompt, prompts},
};

/// Cases looked at together.
const TOGETHER: u64 = 500;

impl Keeper {
    /// Everything at and below an organization that lies in the caller's ranges; absent and hidden are one answer.
    fn subtree(&self, ranges: &Ranges, top: OrganizationId) -> Result<Range, Refusal> {
        let path = self.store.scopes().path(top);
        let path = path.filter(|path| ranges.contains(path));
        path.map(|path| Range::subtree(&path))
            .ok_or_else(Refusal::not_found)
    }
}

/// Cases below an organization.
pub(super) async fn list_cases(
    keeper: Keeper,
    pages: ::wire::Pages,
    request: Authorized<wire::ListCasesRequest>,
) -> Result<wire::ListCasesResponse, RpcError> {
    let mut fields = ::wire::Fields::new();
    let top: Option<OrganizationId> = fields.parse("organization_id", &request.organization_id);
    let top = fields.build(top)?;
    let below = keeper.subtree(request.ranges(), top)?;
    let question = format!(
        "ListCases {top} {} {} {}",
        request.procedure, request.state, request.open_only
    );
    let after = pages
        .open(&question, &request.page_token)?
        .and_then(|last| Uuid::from_slice(&last).ok());
    let size = storage::page::size(request.page_size, 1000);
    let limits = rows::Limits {
        procedure: &request.procedure,
        state: &request.state,
        open_only: request.open_only,
        within: &request.ranges().clip(&below),
        concerned: None,
        after,
        size: size + 1,
    };
    let mut found = rows::list(&keeper.store.read(&request).await?, limits).await?;
    let more = found.len() as u64 > size;
    found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let last = found.last().filter(|_| more).map(|kept| kept.id.bytes());
    Ok(wire::ListCasesResponse {
        cases: found
            .iter()
            .map(|kept| convert::case(keeper.definitions, kept))
            .collect(),
        next_page_token: last.map(|last| pages.token(&question, &last)).unwrap_or_default(),
    })
}

/// What waits, the most urgent first. For the caller himself: in cases of his ranges, in those that go to an
/// organization of his, and in those about himself.
pub(super) async fn list_work(
    keeper: Keeper,
    pages: ::wire::Pages,
    request: Authorized<wire::ListWorkRequest>,
) -> Result<wire::ListWorkResponse, RpcError> {
    let question = format!("ListWork {}", request.organization_id);
    let after = pages.open(&question, &request.page_token)?.unwrap_or_default();
    let today = keeper.clock.today();
    let mut all = match request.organization_id.as_str() {
        "" => {
            let by = actor(request.caller(), None, today);
            waiting(&keeper, &request, request.ranges(), Some(&by)).await?
        }
        top => {
            let mut fields = ::wire::Fields::new();
            let top: Option<OrganizationId> = fields.parse("organization_id", top);
            let path = keeper.subtree(request.ranges(), fields.build(top)?)?;
            waiting(&keeper, &request, &request.ranges().clip(&path), None).await?
        }
    };
    all.sort_by_cached_key(key);
    let total = u32::try_from(all.len()).unwrap_or(u32::MAX);
    let size = usize::try_from(storage::page::size(request.page_size, 1000)).unwrap_or(usize::MAX);
    let mut page: Vec<(Kept, Prompt)> = all
        .into_iter()
        .filter(|one| key(one).into_bytes() > after)
        .collect();
    let more = page.len() > size;
    page.truncate(size);
    let last = page.last().filter(|_| more).map(key);
    Ok(wire::ListWorkResponse {
        work: page
            .iter()
            .map(|(kept, prompt)| convert::work(keeper.definitions, kept, prompt, today))
            .collect(),
        next_page_token: last
            .map(|last| pages.token(&question, last.as_bytes()))
            .unwrap_or_default(),
        total,
    })
}

async fn waiting(
    keeper: &Keeper,
    request: &Authorized<wire::ListWorkRequest>,
    within: &Ranges,
    by: Option<&Actor>,
) -> Result<Vec<(Kept, Prompt)>, RpcError> {
    let read = keeper.store.read(request).await?;
    let today = keeper.clock.today();
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let limits = rows::Limits {
            open_only: true,
            within,
            concerned: by.and_then(|by| by.person).map(Uuid::from),
            size: TOGETHER,
            after,
            procedure: "",
            state: "",
        };
        let some = rows::list(&read, limits).await?;
        after = some.last().map(|kept| Uuid::from(kept.id));
        let whole = some.len() as u64 == TOGETHER;
        for kept in some {
            let tree = keeper.tree(&kept.case);
            let (parameters, facts) = (Parameters::default(), Facts::default());
            let circumstances = keeper.circumstances(&tree, &parameters, &facts);
            let found = prompts(&circumstances, &kept.case, today, by);
            let found = found.map_err(|out| kernel::Fault::new(format!("parameter {out:?}")))?;
            all.extend(found.into_iter().map(|prompt| (kept.clone(), prompt)));
        }
        if !whole {
            return Ok(all);
        }
    }
}

/// By last day; the case and the step make the order whole.
fn key((kept, prompt): &(Kept, Prompt)) -> String {
    format!("{} {} {}", prompt.last_day.day, kept.id, prompt.step)
}
