//! Takes over guarantees: terms, sites, fund lines with movements, governance slots.

use access::Authorized;
use kernel::{Fen, Refusal, RpcError};
use proto::{
    kernel::v1::ImportResult,
    organization::v1::{
        GuaranteeRow, ImportGuaranteesRequest, ImportGuaranteesResponse, guarantee_row::Record,
    },
};
use wire::Fields;

use super::records::{Given, key, take};
use crate::{app::App, domain::record::Body};

/// Each row is one dated record; a line's balance never falls below zero.
pub async fn run(
    app: App,
    request: Authorized<ImportGuaranteesRequest>,
) -> Result<ImportGuaranteesResponse, RpcError> {
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
    take(&app, &request, &tx, rows, &mut result).await?;
    if request.dry_run {
        return Ok(ImportGuaranteesResponse { result: Some(result) });
    }
    tx.concerns(top, top.into());
    tx.imported(&result);
    tx.commit(ImportGuaranteesResponse { result: Some(result) }).await
}

fn read(row: &GuaranteeRow) -> Result<Given, Refusal> {
    let mut fields = Fields::new();
    let organization = fields.parse("organization_id", &row.organization_id);
    let record = fields.known("record", row.record.as_ref());
    let body = record.and_then(|record| body(&mut fields, record));
    let given = (|| {
        Some(Given {
            line: row.line,
            key: key(&row.external_id),
            organization: organization?,
            body: body?,
        })
    })();
    fields.build(given)
}

fn body(fields: &mut Fields, record: &Record) -> Option<Body> {
    Some(match record {
        Record::Term(term) => {
            let (from, until) = (
                fields.day("term.from", &term.from),
                fields.day("term.until", &term.until),
            );
            let extended_until = fields.optional_day("term.extended_until", &term.extended_until);
            Body::Term {
                from: from?,
                until: until?,
                extended_until,
                committee: term.committee,
                election: term.election_id.clone(),
                approval: term.extension_approval.trim().to_owned(),
            }
        }
        Record::Site(site) => {
            let from = fields.day("site.from", &site.from);
            let until = fields.optional_day("site.until", &site.until);
            let (name, functions) = (site.name.clone(), site.functions.clone());
            Body::Site {
                name,
                functions,
                from: from?,
                until,
                shared_under: site.shared_under.clone(),
            }
        }
        Record::FundLine(line) => Body::FundLine {
            line: line.line.clone(),
            year: line.year,
            standard: Fen(line.standard_fen),
        },
        Record::FundMovement(movement) => Body::FundMovement {
            line: movement.line.clone(),
            on: fields.day("fund_movement.on", &movement.on)?,
            amount: Fen(movement.amount_fen),
            purpose: movement.purpose.clone(),
            voucher: movement.voucher.clone(),
        },
        Record::InstructorRequirement(required) => {
            let from = fields.day("instructor_requirement.from", &required.from);
            let until = fields.optional_day("instructor_requirement.until", &required.until);
            Body::InstructorRequirement {
                from: from?,
                until,
                reference: required.reference.clone(),
            }
        }
        Record::SetupExemption(exemption) => {
            let from = fields.day("setup_exemption.from", &exemption.from);
            let until = fields.day("setup_exemption.until", &exemption.until);
            Body::SetupExemption {
                rule: exemption.rule.clone(),
                from: from?,
                until: until?,
                approval: exemption.approval.clone(),
                reason: exemption.reason.clone(),
            }
        }
        Record::Slot(slot) => {
            let from = fields.day("slot.from", &slot.from);
            let until = fields.optional_day("slot.until", &slot.until);
            Body::Slot {
                slot: slot.kind.clone(),
                body: slot.body.clone(),
                head: Some(slot.head_person_id.clone()).filter(|head| !head.is_empty()),
                from: from?,
                until,
                not_formed_reason: slot.not_formed_reason.clone(),
            }
        }
    })
}
