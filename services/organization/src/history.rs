//! What the feed did not tell of the past before it could: told once more.

use kernel::{RpcError, id::OrganizationId};

use crate::{
    app::App,
    convert::Standing,
    events,
    store::{histories, organizations},
};

/// Organizations in one unit of work.
const BATCH: usize = 500;

/// Tells again each organization that was something else before and of which nobody was told so: what was moved or
/// renamed by a version of this program whose events held the present alone. Finds nothing to do ever after.
pub async fn tell(app: &App) -> Result<(), RpcError> {
    let untold = |id: &OrganizationId| app.scopes.get(*id).is_some_and(|node| node.earlier.is_empty());
    let mut ids = histories::changed(&app.store.own()).await?;
    ids.retain(untold);
    for some in ids.chunks(BATCH) {
        let tx = app.store.work("organization.history").await?;
        organizations::hold(&tx, some.iter().copied()).await?;
        let earlier = histories::of(&tx, some).await?;
        let mut some = some.to_vec();
        some.retain(|id| earlier.contains_key(id));
        organizations::raise(&tx, &some).await?;
        let all: Vec<Standing> = organizations::present(&tx, &some).await?;
        events::organizations(&tx, &all, app.clock.today()).await?;
        tx.commit(()).await?;
    }
    Ok(())
}
