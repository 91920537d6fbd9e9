//! Records findings of inspections and audits.

use std::collections::HashSet;

use access::Authorized;
use kernel::{Day, Refusal, RpcError, id::FindingId, id::OrganizationId};
use proto::{
    kernel::v1::{ImportResult, RowError},
    rating::v1::{FindingRow, ImportFindingsRequest, ImportFindingsResponse},
};
use wire::Fields;

use crate::{
    app::App,
    domain::ledger::{Finding, Origin, stands},
    error::RatingError,
    events,
    rpc::is_outrun,
    store::findings::{self, Key},
};

/// Judges each row alone; a finding is closed by one person and confirmed by another (S-121). Whoever was outrun by
/// another import of the same findings looks again, once.
pub async fn run(
    app: App,
    request: Authorized<ImportFindingsRequest>,
) -> Result<ImportFindingsResponse, RpcError> {
    match attempt(&app, &request).await {
        Err(error) if is_outrun(&error) => attempt(&app, &request).await,
        outcome => outcome,
    }
}

async fn attempt(
    app: &App,
    request: &Authorized<ImportFindingsRequest>,
) -> Result<ImportFindingsResponse, RpcError> {
    let top = request.organization().ok_or_else(Refusal::not_found)?;
    let mut result = ImportResult {
        dry_run: request.dry_run,
        ..Default::default()
    };
    let rows = readable(app, request, &mut result.errors);

    let tx = app.store.begin(request).await?;
    let keys: Vec<Key> = rows.iter().map(|(_, key, _)| key.clone()).collect();
    let mut known = findings::known(&tx, &keys).await?;
    let (mut opened, mut changed) = (Vec::new(), Vec::new());
    for (line, key, row) in rows {
        match known.remove(&key) {
            None => {
                result.created += 1;
                opened.push((key, row));
            }
            Some(before) if before.branch != row.branch => {
                result
                    .errors
                    .extend(wire::rows::refused(line, &RatingError::BranchChanged.into()));
            }
            Some(before) => {
                let after = renewed(&before, row);
                if after == before {
                    result.unchanged += 1;
                } else {
                    result.updated += 1;
                    changed.push((
                        key,
                        Finding {
                            version: before.version + 1,
                            ..after
                        },
                    ));
                }
            }
        }
    }
    result.errors.sort_by_key(|error| error.line);
    if request.dry_run {
        return Ok(ImportFindingsResponse { result: Some(result) });
    }
    findings::insert(&tx, &opened).await?;
    findings::update(&tx, &changed).await?;
    for (_, finding) in opened.iter().chain(&changed) {
        events::finding(&tx, finding);
    }
    tx.concerns(top, top.into());
    tx.imported(&result);
    tx.commit(ImportFindingsResponse { result: Some(result) }).await
}

/// The finding as the row says it now; one that was closed and is open again counts as reopened.
fn renewed(before: &Finding, row: Finding) -> Finding {
    let again = before.closed_on.is_some() && row.closed_on.is_none();
    let reopened = before.reopened + u32::from(again);
    Finding {
        id: before.id,
        reopened,
        version: before.version,
        ..row
    }
}

fn readable(
    app: &App,
    request: &Authorized<ImportFindingsRequest>,
    errors: &mut Vec<RowError>,
) -> Vec<(u32, Key, Finding)> {
    let today = app.clock.today();
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(request.rows.len());
    for given in &request.rows {
        let read = wire::rows::read(given.line, given, row(given, today)).and_then(|(key, finding)| {
            let judged = may_stand(app, request, &finding).and_then(|()| {
                let first = seen.insert(key.clone());
                if first {
                    Ok(())
                } else {
                    Err(RatingError::RowRepeated)
                }
            });
            judged.map_err(|broken| wire::rows::refused(given.line, &broken.into()))?;
            Ok((given.line, key, finding))
        });
        match read {
            Ok(row) => rows.push(row),
            Err(wrong) => errors.extend(wrong),
        }
    }
    rows
}

fn may_stand(
    app: &App,
    request: &Authorized<ImportFindingsRequest>,
    finding: &Finding,
) -> Result<(), RatingError> {
    let branch = app
        .scopes
        .get(finding.branch)
        .filter(|node| node.kind.is_branch());
    let branch = branch
        .filter(|node| request.ranges().contains(&node.path))
        .ok_or(RatingError::BranchUnknown)?;
    if !branch.exists_on(finding.opened_on) {
        return Err(RatingError::DayOutsideExistence);
    }
    stands(finding)
}

fn row(given: &FindingRow, today: Day) -> Result<(Key, Finding), Refusal> {
    let mut fields = Fields::new();
    // `rule` and `procedure` name the findings of screening and of procedures: nobody imports into them.
    let external = given
        .external_id
        .as_ref()
        .filter(|id| ![findings::RULE, findings::PROCEDURE].contains(&id.system.as_str()));
    let key = fields.known(
        "external_id",
        external.map(|id| (id.system.clone(), id.value.clone())),
    );
    let branch: Option<OrganizationId> = fields.parse("branch_id", &given.branch_id);
    let opened_on = fields.day("found_on", &given.found_on);
    let due_on = fields.day("due_on", &given.due_on);
    let closed_on = fields.optional_day("closed_on", &given.closed_on);
    for (field, on) in [("found_on", opened_on), ("closed_on", closed_on)] {
        if on.is_some_and(|on| on > today) {
            let ahead = Refusal::from(RatingError::DayInFuture);
            fields.wrong(field, "DAY_IN_FUTURE", ahead.zh);
        }
    }
    let read = (|| {
        let finding = Finding {
            id: FindingId::new(),
            branch: branch?,
            origin: Origin::Inspection,
            rule: String::new(),
            title: given.title.trim().to_owned(),
            evidence: String::new(),
            norm: "S-121".to_owned(),
            opened_on: opened_on?,
            due_on: due_on?,
            closed_on,
            closed_by: given.closed_by.clone(),
            confirmed_by: given.confirmed_by.clone(),
            closing_evidence: given.closing_evidence.trim().to_owned(),
            reopened: 0,
            version: 1,
        };
        Some((key?, finding))
    })();
    fields.build(read)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_row_says_what_the_ledger_keeps() {
        let given = FindingRow {
            external_id: Some(proto::kernel::v1::ExternalId {
                system: "rule".into(),
                value: "x".into(),
            }),
            branch_id: OrganizationId::new().to_string(),
            found_on: "2025-03-01".into(),
            due_on: "2025-06-31".into(),
            closed_on: "2025-03-02".into(),
            ..Default::default()
        };
        let refused = row(&given, "2025-02-28".parse().expect("a day")).expect_err("refused");
        let fields: HashMap<_, _> = refused
            .fields
            .iter()
            .map(|f| (f.field.as_str(), &*f.reason))
            .collect();
        assert_eq!(
            fields.get("external_id"),
            Some(&"UNKNOWN_CODE"),
            "screening's own keys"
        );
        assert_eq!(fields.get("due_on"), Some(&"NOT_A_DAY"));
        assert_eq!(fields.get("found_on"), Some(&"DAY_IN_FUTURE"));
        assert_eq!(fields.get("closed_on"), Some(&"DAY_IN_FUTURE"));
    }
}
