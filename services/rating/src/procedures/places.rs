//! Steps that take a place or leave it, checked against the quota as it ran (S-312). The quota is rating's own: no
//! definition of the procedure can say otherwise.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    Kind, Refusal, RpcError,
    id::{CaseId, CycleId},
};
use process::{Case, Definitions, Entry, engine::What};
use storage::{Reading, Tx};

use crate::{domain::outcome::Outcome, store::outcomes};

/// Steps that take a place.
const TAKING: [&str; 2] = ["propose_naming", "call_up"];
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

/// Of the steps that wait, those that find no place now, whatever comes with them: `QUOTA_FULL`, `NO_PLACE_FREE`,
/// `OTHERS_WAIT_BEFORE`. One select for the branches of all of them and one for each of their cycles.
pub async fn forbidden(
    read: &impl Reading,
    waiting: &[(CaseId, &str)],
) -> Result<Vec<Option<Refusal>>, RpcError> {
    let taking = waiting.iter().filter(|(_, step)| TAKING.contains(step));
    let cases: BTreeSet<CaseId> = taking.map(|(case, _)| *case).collect();
    let branches = outcomes::of_cases(read, &cases).await?;
    let mut placed: BTreeMap<CycleId, Vec<Outcome>> = BTreeMap::new();
    for cycle in branches.values().map(|one| one.cycle).collect::<BTreeSet<_>>() {
        placed.insert(cycle, outcomes::placed(read, cycle).await?);
    }
    let refused = |(case, step): &(CaseId, &str)| {
        let one = branches.get(case)?;
        let all = placed.get(&one.cycle).into_iter().flatten();
        let before = all.filter(|other| other.stands_before(one));
        match *step {
            "call_up" => one.is_next(before).err().map(Refusal::from),
            "propose_naming" => (!one.is_within_quota(before)).then(quota_full),
            _ => None,
        }
    };
    Ok(waiting.iter().map(refused).collect())
}

/// As the procedure's own condition says it.
fn quota_full() -> Refusal {
    let code = "QUOTA_FULL";
    Refusal::new(Kind::Precondition, code, Definitions::shipped().text(code))
}
