//! How many members a subtree has on a date, as the tree stood on it.

use std::collections::BTreeMap;

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::member::v1::{Cell, CountMembersRequest, CountMembersResponse};

use crate::{
    app::App,
    convert::members,
    domain::cohort,
    store::cohorts::{self, Cohort},
};

/// Counts heads by standing, age and education; small cells stay hidden and cannot be worked out (X18).
pub async fn run(
    app: App,
    request: Authorized<CountMembersRequest>,
) -> Result<CountMembersResponse, RpcError> {
    let on = members::as_of(&request.as_of, app.clock.today())?;

    let read = app.store.read(&request).await?;
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let then = app.scopes.then(top, on).ok_or_else(Refusal::not_found)?;
    let cohorts = cohorts::of(&read, on, &then).await?;

    let heads = |which: fn(&Cohort) -> bool| sum(cohorts.iter().filter(|cohort| which(cohort)));
    Ok(CountMembersResponse {
        as_of: on.to_string(),
        full: heads(|cohort| cohort.full == 1),
        probationary: heads(|cohort| cohort.full == 0),
        exempt: heads(|cohort| cohort.exempt == 1),
        by_age: cells(&cohorts, |cohort| &cohort.band),
        by_education: cells(&cohorts, |cohort| &cohort.education),
    })
}

fn sum<'a>(cohorts: impl Iterator<Item = &'a Cohort>) -> u32 {
    u32::try_from(cohorts.map(|cohort| cohort.heads).sum::<i64>()).unwrap_or(u32::MAX)
}

fn cells(cohorts: &[Cohort], code: fn(&Cohort) -> &String) -> Vec<Cell> {
    let mut cells: BTreeMap<String, u32> = BTreeMap::new();
    for cohort in cohorts {
        *cells.entry(code(cohort).clone()).or_default() += sum([cohort].into_iter());
    }
    cohort::told(cells)
        .into_iter()
        .map(|(code, count)| Cell { code, count })
        .collect()
}
