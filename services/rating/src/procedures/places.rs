//! Steps that take a place or leave it, checked against the quota as it ran (S-312). The quota is rating's own: no
//! definition of the procedure can say otherwise.

use kernel::RpcError;
use process::{Case, Entry, engine::What};
use storage::Tx;

use crate::{domain::outcome::Outcome, store::outcomes};

/// The evidence that says at which place a branch waits.
const RANK: &str = "waiting_rank";

/// Refuses a place on the waiting list that the quota did not give, and a call out of turn.
pub async fn check(tx: &Tx, outcome: &Outcome, case: &Case, entry: &Entry) -> Result<(), RpcError> {
    match (&entry.what, entry.done()) {
        (_, Some("queue")) => {
            let rank = case.content(RANK).and_then(|content| content.value.int());
            outcome.waits_at(rank)?;
        }
        (What::Edit { item, value }, _) if item == RANK => outcome.waits_at(value.int())?,
        (_, Some("call_up")) => outcome.is_next(&outcomes::before(tx, outcome).await?)?,
        _ => {}
    }
    Ok(())
}
