//! The monthly sheet of a branch.

use std::collections::BTreeSet;

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::member::v1::{DuesLine, GetDuesSheetRequest, GetDuesSheetResponse};
use wire::Fields;

use crate::{app::App, store::dues};

/// Reads the sheet without the bases: income is not shown.
pub async fn run(
    app: App,
    request: Authorized<GetDuesSheetRequest>,
) -> Result<GetDuesSheetResponse, RpcError> {
    let branch = request.organization().ok_or_else(Refusal::not_found)?;
    let mut fields = Fields::new();
    let month = fields.day("month", &request.month);
    let month = fields.build(month)?;

    let read = app.store.snapshot(&request).await?;
    let mut sheets = dues::sheets(&read, &BTreeSet::from([branch]), &BTreeSet::from([month])).await?;
    let (sheet, lines) = sheets.remove(&(branch, month)).ok_or_else(Refusal::not_found)?;

    let lines = lines.into_iter().map(|line| DuesLine {
        person_id: line.person_id.to_string(),
        class: line.class,
        base_fen: 0,
        due_fen: line.due_fen,
        paid_fen: line.paid_fen,
        paid_on: line.paid_on.map(|day| day.to_string()).unwrap_or_default(),
        relieved: line.relieved,
    });
    Ok(GetDuesSheetResponse {
        lines: lines.collect(),
        due_fen: sheet.due_fen,
        paid_fen: sheet.paid_fen,
        tier_version: sheet.tier_version,
        quarterly: sheet.quarterly,
    })
}
