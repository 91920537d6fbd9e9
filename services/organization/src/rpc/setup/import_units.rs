//! Takes over host units and which organizations they carry.

use access::Authorized;
use kernel::{Refusal, RpcError};
use proto::{
    kernel::v1::ImportResult,
    organization::v1::{ImportUnitsRequest, ImportUnitsResponse, UnitRow},
};
use wire::Fields;

use super::records::{Given, take};
use crate::{app::App, domain::record::Body};

/// A unit is named by the organization that it carries and by its own name: importing again changes nothing.
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
    take(&app, &request, rows, result, |result| ImportUnitsResponse {
        result: Some(result),
    })
    .await
}

fn read(row: &UnitRow) -> Result<Given, Refusal> {
    let mut fields = Fields::new();
    let organization = fields.parse("organization_id", &row.organization_id);
    let from = fields.day("from", &row.from);
    let until = fields.optional_day("until", &row.until);
    let deregistered_on = fields.optional_day("deregistered_on", &row.deregistered_on);
    let given = (|| {
        Some(Given {
            line: row.line,
            key: ("unit".to_owned(), format!("{} {}", row.organization_id, row.name)),
            organization: organization?,
            body: Body::Unit {
                name: row.name.clone(),
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
