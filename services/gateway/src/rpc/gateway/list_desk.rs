//! The work desk: what waits for the caller, from every service, the most urgent first.

use std::time::Duration;

use access::Authorized;
use kernel::RpcError;
use proto::{
    gateway::v1::{ListDeskRequest, ListDeskResponse},
    process::v1::{ListWorkRequest, ListWorkResponse, Work},
};
use tonic::Status;

use crate::{
    app::App,
    peers::{Asker, KEEPERS},
};

/// How long each service is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
const PAGE: i32 = 50;

/// Asks every service that keeps procedures at once and merges what waits.
pub async fn run(app: App, request: Authorized<ListDeskRequest>) -> Result<ListDeskResponse, RpcError> {
    let size = if request.page_size == 0 {
        PAGE
    } else {
        request.page_size
    };
    let asker = Asker::of(&app, &request).await?;
    let caller = Asker::key(&request, app.clock.today());
    let asked = app.kept.composition(&caller, &format!("desk {size}"), PATIENCE);
    let parts = KEEPERS.map(|keeper| asked.part(keeper, work(&app, &asker, keeper, size)));

    let mut desk = ListDeskResponse::default();
    for (part, answer) in futures::future::try_join_all(parts).await? {
        desk.parts.push(part);
        let answer = answer.unwrap_or_default();
        desk.total = desk.total.saturating_add(answer.total);
        desk.work.extend(answer.work);
    }
    desk.work.sort_by_key(urgency);
    desk.work.truncate(size.unsigned_abs() as usize);
    Ok(desk)
}

async fn work(app: &App, asker: &Asker, keeper: &str, size: i32) -> Result<ListWorkResponse, Status> {
    let message = ListWorkRequest {
        page_size: size,
        ..Default::default()
    };
    Ok(app
        .process(keeper)
        .list_work(asker.ask(message))
        .await?
        .into_inner())
}

/// By last day, those without one at the end; the case's id makes the order whole.
fn urgency(work: &Work) -> (bool, String, String) {
    let case = work.case.as_ref().map(|case| case.id.clone()).unwrap_or_default();
    (work.last_day.is_empty(), work.last_day.clone(), case)
}
