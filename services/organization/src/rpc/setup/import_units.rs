//! Takes over host units and which organizations they carry.

use std::collections::BTreeSet;

use access::Authorized;
use kernel::{Refusal, RpcError, id::OrganizationId};
use proto::{
    kernel::v1::ImportResult,
    organization::v1::{ImportUnitsRequest, ImportUnitsResponse, UnitRow},
};
use wire::Fields;

use super::records::{Given, take};
use crate::{app::App, domain::record::Body, events, store::organizations};

/// A unit is named by the organization that it carries and by its own name: importing again changes nothing. How many
/// units an organization covers stands in its record, which changes with them.
pub async fn run(app: App, request: Authorized<ImportUnitsRequest>) -> Result<ImportUnitsResponse, RpcError> {
    let mut result = ImportResult {
        dry_run: request.dry_run,
        ..Default::default()
    };
    let mut rows = Vec::with_capacity(request.rows.len());
    for row in &request.rows {
        let wrong = wire::rows::check(row.line, row);
        match (wrong.is_empty(), read(row)) {
            (true, Ok(given)) => rows.push(given),
            (true, Err(refusal)) => result.errors.extend(wire::rows::refused(row.line, &refusal)),
            (false, _) => result.errors.extend(wrong),
        }
    }
    let top = request.organization().ok_or_else(Refusal::not_found)?;

    let tx = app.store.begin(&request).await?;
    let saved = take(&app, &request, &tx, rows, &mut result).await?;
    if request.dry_run {
        return Ok(ImportUnitsResponse { result: Some(result) });
    }
    if !saved.is_empty() {
        let covered: BTreeSet<OrganizationId> = saved.iter().map(|one| one.organization).collect();
        let covered: Vec<OrganizationId> = covered.into_iter().collect();
        organizations::raise(&tx, &covered).await?;
        let covered = organizations::present(&tx, &covered).await?;
        events::organizations(&tx, &covered, app.clock.today()).await?;
    }
    tx.concerns(top, top.into());
    tx.imported(&result);
    tx.commit(ImportUnitsResponse { result: Some(result) }).await
}

fn read(row: &UnitRow) -> Result<Given, Refusal> {
    let mut fields = Fields::new();
    let organization = fields.parse("organization_id", &row.organization_id);
    let from = fields.day("from", &row.from);
    let until = fields.optional_day("until", &row.until);
    let deregistered_on = fields.optional_day("deregistered_on", &row.deregistered_on);
    let name = row.name.trim();
    let given = (|| {
        Some(Given {
            line: row.line,
            key: ("unit".to_owned(), format!("{} {name}", row.organization_id)),
            organization: organization?,
            body: Body::Unit {
                name: name.to_owned(),
                credit_code: row.credit_code.clone(),
                carrier: row.carrier.clone(),
                from: from?,
                until,
                deregistered_on,
            },
        })
    })();
    fields.build(given)
}
