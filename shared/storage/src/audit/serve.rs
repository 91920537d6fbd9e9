//! What `zhibu.audit.v1.AuditService` answers.

use access::{Authorized, Ranges, range::STEP};
use kernel::{RpcError, id::RecordId};
use proto::audit::v1::{
    Entry as Wire, ListEntriesRequest, ListEntriesResponse, VerifyChainRequest, VerifyChainResponse,
};
use sea_orm::{
    Condition,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;
use wire::{Pages, words::timestamp};

use super::{
    chain::{Anchor, Link, Verdict, Verification},
    head::{self, Head},
    rows,
};
use crate::{fault::fault, page, scope, store::Store};

const ASKED: &str = "zhibu.audit.v1.AuditService/ListEntries";
/// Entries read at once for a verification.
const STRIDE: u64 = 5000;

/// Entries of the caller's range, newest first. Entries that concern no organization, or one that is not known here, are
/// shown to whoever oversees the root.
pub async fn list_entries(
    store: Store,
    pages: &Pages,
    request: Authorized<ListEntriesRequest>,
) -> Result<ListEntriesResponse, RpcError> {
    let before = pages
        .open(ASKED, &request.page_token)?
        .and_then(|last| last.try_into().ok())
        .map(u64::from_be_bytes);
    let size = page::size(request.page_size, 500);
    let mut links = rows::newest(store.own_db(), visible(request.ranges()), before, size + 1)
        .await
        .map_err(fault)?;
    let more = links.len() as u64 > size;
    links.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let last = links.last().filter(|_| more).map(|link| link.entry.number);
    Ok(ListEntriesResponse {
        entries: links.into_iter().map(wire).collect(),
        next_page_token: last
            .map(|number| pages.token(ASKED, &number.to_be_bytes()))
            .unwrap_or_default(),
    })
}

/// Recomputes the whole chain, up to the head that is kept beside it.
pub async fn verify_chain(
    store: Store,
    _request: Authorized<VerifyChainRequest>,
) -> Result<VerifyChainResponse, RpcError> {
    let verdict = check(&store).await?;
    Ok(VerifyChainResponse {
        entries: verdict.entries,
        intact: verdict.broken_at == 0,
        broken_at: verdict.broken_at,
    })
}

/// Verifies the store's own chain up to its head; pure verification is [`verify`](super::verify).
pub async fn check(store: &Store) -> Result<Verdict, RpcError> {
    // Before the entries: those that come meanwhile stand behind it.
    let head = head::read(store.own_db(), &store.inner.chain)
        .await
        .map_err(fault)?;
    let mut verification = store.inner.chain.verification();
    let is_head = |verification: &Verification<'_>| matches!(&head, Head::At(at) if verification.reaches(at));
    let (mut after, mut reached) = (None, is_head(&verification));
    loop {
        let links = read(store, after).await?;
        for link in &links {
            verification.take(link);
            reached |= is_head(&verification);
        }
        // A number that cannot be read is 0, and nothing comes behind it.
        match links.last().map(|last| last.entry.number) {
            None | Some(0) => break,
            last => after = last,
        }
    }
    Ok(match (reached, head) {
        (true, _) => verification.finish(),
        (false, Head::At(anchor)) => verification.missing(anchor.number),
        (false, Head::Bent) => verification.missing(u64::MAX),
    })
}

/// The next links behind a number, or the first ones, at most 5000: to keep a copy outside of the database.
pub async fn read(store: &Store, after: Option<u64>) -> Result<Vec<Link>, RpcError> {
    rows::after(store.own_db(), after, STRIDE).await.map_err(fault)
}

/// Where the chain stands: to be kept outside of the database.
pub async fn anchor(store: &Store) -> Result<Option<Anchor>, RpcError> {
    rows::last(store.own_db()).await.map_err(fault)
}

fn visible(ranges: &Ranges) -> Condition {
    let organization = || Expr::col(Alias::new("organization_id"));
    let inside = Condition::any().add(scope::inside(organization(), ranges));
    // Only a range that holds a root begins with a path of one step.
    if ranges.iter().any(|range| range.start.len() <= STEP) {
        let known = Query::select()
            .column(Alias::new("organization_id"))
            .from(Alias::new("org_scope"))
            .to_owned();
        inside
            .add(organization().is_null())
            .add(organization().not_in_subquery(known))
    } else {
        inside
    }
}

fn wire(Link { entry, chain }: Link) -> Wire {
    let id = |id: Option<Uuid>| id.map(|id| RecordId(id).to_string()).unwrap_or_default();
    Wire {
        number: entry.number,
        organization_id: id(entry.organization()),
        record_id: id(entry.record()),
        recorded_at: Some(timestamp(entry.recorded())),
        subject: entry.subject,
        method: entry.method,
        result: entry.result,
        purpose: entry.purpose,
        chain,
    }
}
