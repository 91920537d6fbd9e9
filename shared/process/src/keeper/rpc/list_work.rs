//! What waits for the caller.

use std::collections::HashMap;

use access::Authorized;
use kernel::{Day, Fault, Refusal, RpcError, id::CaseId};
use proto::process::v1 as wire;
use uuid::Uuid;

use crate::{
    definition::uses::OPEN_CASES,
    engine::{Actor, Facts, Parameters, Value},
    keeper::{
        Keeper, Kept,
        acting::actor,
        convert, rows,
        turns::{self, Turn},
    },
    work::{self, Missing, Work},
};

/// Whether something waits now. The caller is told some days before a last day; anybody's is what may be done by now, a
/// term of years only when it comes to its end.
fn is_shown(work: &Work, own: bool, today: Day) -> bool {
    let begun = work.first_day.is_none_or(|first| first <= today);
    match own {
        true => work.prompted || (begun && work.last_day.is_none()),
        false => begun && (work.prompted || !work.term),
    }
}

/// One thing that waits, in its place in the list.
struct Waiting<'a> {
    kept: &'a Kept,
    work: Work,
}

/// The most urgent first. For the caller himself what he may do, in cases of his ranges, in those that name an
/// organization of his, and in those about himself; for an organization what waits for anybody below it. Facts that
/// only the owner knows are asked when the step is taken, not here; what his own rows forbid is left out.
pub(super) async fn run(
    keeper: Keeper,
    pages: ::wire::Pages,
    request: Authorized<wire::ListWorkRequest>,
) -> Result<wire::ListWorkResponse, RpcError> {
    let today = keeper.clock.today();
    let question = format!(
        "ListWork {} {} {today}",
        request.caller().subject,
        request.organization_id
    );
    let after = pages.open(&question, &request.page_token)?;
    let by = request
        .organization_id
        .is_empty()
        .then(|| actor(request.caller(), None, today));
    let turns = turns(&keeper, &request, today)?;
    let read = keeper.store.read(&request).await?;
    let cases = match turns.is_empty() {
        true => Vec::new(),
        false => rows::awaiting(&read, &turns).await?,
    };
    let mut subjects: Vec<Uuid> = cases.iter().map(|kept| kept.case.opening().subject).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let open = rows::open_by_subject(&read, &subjects).await?;

    let mut all = Vec::new();
    for kept in &cases {
        let work = waiting(&keeper, kept, &open, (by.as_ref(), today))?;
        let shown = work
            .into_iter()
            .filter(|work| is_shown(work, by.is_some(), today));
        all.extend(shown.map(|work| Waiting { kept, work }));
    }
    let steps: Vec<(CaseId, &str)> = all.iter().map(|one| (one.kept.id, &*one.work.step)).collect();
    let forbidden = keeper.owner.forbidden(&steps).await?;
    let mut all: Vec<Waiting<'_>> = all
        .into_iter()
        .zip(forbidden)
        .filter_map(|(one, forbidden)| one.unless(forbidden))
        .collect();
    all.sort_by_cached_key(Waiting::place);
    let total = u32::try_from(all.len()).unwrap_or(u32::MAX);
    if let Some(after) = after {
        all.retain(|one| one.place().into_bytes() > after);
    }
    let size = super::page_size(request.page_size);
    let more = all.len() > size;
    all.truncate(size);
    let last = all.last().filter(|_| more).map(Waiting::place);
    Ok(wire::ListWorkResponse {
        work: all
            .into_iter()
            .map(|one| convert::work(keeper.definitions, one.kept, one.work))
            .collect(),
        next_page_token: last
            .map(|last| pages.token(&question, last.as_bytes()))
            .unwrap_or_default(),
        total,
    })
}

impl Waiting<'_> {
    /// What the owner forbids is asked of nobody; where a clock runs, it still is to be seen, and why.
    fn unless(mut self, forbidden: Option<Refusal>) -> Option<Self> {
        if let Some(refusal) = forbidden {
            self.work.last_day?;
            self.work.missing.push(Missing {
                code: refusal.reason.into_owned(),
                item: None,
                zh: refusal.zh,
            });
        }
        Some(self)
    }

    /// By last day, those without one at the end; the case and the step make the order whole.
    fn place(&self) -> String {
        let day = self.work.last_day.map(|day| day.to_string());
        let day = day.unwrap_or_else(|| "none".to_owned());
        format!("{day} {} {}", self.kept.id, self.work.step)
    }
}

/// Where it may be somebody's turn: the caller's own, or anybody's below an organization that he sees.
fn turns(
    keeper: &Keeper,
    request: &Authorized<wire::ListWorkRequest>,
    today: Day,
) -> Result<Vec<Turn>, Refusal> {
    let procedures = keeper.owner.procedures();
    if request.organization_id.is_empty() {
        let caller = (request.caller(), today);
        let scopes = keeper.store.scopes();
        return Ok(turns::of(keeper.definitions, procedures, scopes, caller));
    }
    let below = super::subtree(keeper, request, &request.organization_id)?;
    Ok(vec![turns::anybodys(keeper.definitions, procedures, below)])
}

fn waiting(
    keeper: &Keeper,
    kept: &Kept,
    open: &HashMap<Uuid, Vec<(CaseId, String)>>,
    (by, today): (Option<&Actor>, Day),
) -> Result<Vec<Work>, RpcError> {
    let others = open.get(&kept.case.opening().subject).into_iter().flatten();
    let others = others
        .filter(|(id, _)| *id != kept.id)
        .map(|(_, procedure)| procedure.clone());
    let mut facts = Facts::default();
    facts
        .0
        .insert(OPEN_CASES.to_owned(), Value::Codes(others.collect()));
    let (tree, parameters) = (keeper.tree(&kept.case), Parameters::default());
    let circumstances = keeper.circumstances(&tree, &parameters, &facts);
    work::of(&circumstances, &kept.case, today, by)
        .map_err(|refused| Fault::new(format!("work of case {}: {}", kept.id, refused.code)).into())
}
