//! Enters the marks of the debrief review.

use std::collections::{HashMap, HashSet};

use access::Authorized;
use kernel::{
    Refusal, Relation, RpcError,
    id::{CycleId, MeetingId, OrganizationId},
};
use proto::{
    kernel::v1::{ImportResult, RowError},
    rating::v1::{EnterReviewMarksRequest, EnterReviewMarksResponse, ReviewMarksRow},
};
use wire::Fields;

use crate::{
    app::App,
    debriefs::Debriefs,
    domain::{explanation::Fact, marks::Marks, outcome::Outcome},
    error::RatingError,
    events,
    store::{
        cycles,
        marks::{self, Entered},
        outcomes,
    },
};

/// Judges each row alone; what was entered before is replaced, until the debrief is closed (S-306, R-125). A row names
/// the debrief at which the marks were given: one of the branch, held and assessed.
pub async fn run(
    app: App,
    request: Authorized<EnterReviewMarksRequest>,
) -> Result<EnterReviewMarksResponse, RpcError> {
    let committee = request.organization().ok_or_else(Refusal::not_found)?;
    let mut fields = Fields::new();
    let cycle: Option<CycleId> = fields.parse("cycle_id", &request.cycle_id);
    let cycle = fields.build(cycle)?;
    let mut result = ImportResult::default();
    let rows = readable(&request.rows, committee, &mut result.errors);
    let rows = debriefed(&app, &request, cycle, rows, &mut result.errors).await?;

    let tx = app.store.begin(&request).await?;
    cycles::whoevers(&tx, cycle)
        .await?
        .ok_or_else(Refusal::not_found)?;
    let branches: Vec<OrganizationId> = rows.iter().map(|(_, row)| row.branch).collect();
    let found = outcomes::some(&tx, cycle, &branches).await?;
    let mut found: HashMap<OrganizationId, Outcome> =
        found.into_iter().map(|one| (one.branch, one)).collect();
    let known = marks::get(&tx, cycle, &branches).await?;
    let (mut entered, mut changed) = (Vec::new(), Vec::new());
    for (line, row) in rows {
        let outcome = match may_enter(&app, found.remove(&row.branch), committee) {
            Ok(outcome) => outcome,
            Err(broken) => {
                result.errors.extend(wire::rows::refused(line, &broken.into()));
                continue;
            }
        };
        match known.get(&row.branch) {
            Some(before) if says_the_same(before, &row) => result.unchanged += 1,
            Some(before) => {
                result.updated += 1;
                entered.push(Entered {
                    version: before.version + 1,
                    ..row
                });
                changed.push(outcome);
            }
            None => {
                result.created += 1;
                entered.push(row);
                changed.push(outcome);
            }
        }
    }
    marks::put(&tx, cycle, &entered).await?;
    void(&tx, changed).await?;
    result.errors.sort_by_key(|error| error.line);
    tx.concerns(committee, cycle.into());
    tx.imported(&result);
    tx.commit(EnterReviewMarksResponse { result: Some(result) }).await
}

/// The rows but those whose meeting is no debrief of the branch. A branch that owed none shows none, and one whose facts
/// are not frozen is refused for that.
async fn debriefed(
    app: &App,
    request: &Authorized<EnterReviewMarksRequest>,
    cycle: CycleId,
    rows: Vec<(u32, Entered)>,
    errors: &mut Vec<RowError>,
) -> Result<Vec<(u32, Entered)>, RpcError> {
    let read = app.store.read(request).await?;
    let cycle = cycles::whoevers(&read, cycle)
        .await?
        .ok_or_else(Refusal::not_found)?;
    let meetings: HashMap<OrganizationId, String> = rows
        .iter()
        .map(|(_, row)| (row.branch, row.meeting.to_string()))
        .collect();
    let shows = |branch: OrganizationId, fact: &Fact| {
        let meeting = meetings.get(&branch);
        !fact.applicable || meeting.is_some_and(|meeting| fact.shows(meeting))
    };
    let debriefs = Debriefs {
        app,
        cycle: &cycle,
        on: app.clock.today(),
        deadline: request.deadline(),
    };
    let branches: Vec<OrganizationId> = rows.iter().map(|(_, row)| row.branch).collect();
    let known = debriefs.of(&read, &branches, shows).await?;
    let (right, wrong): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, row)| {
        let fact = known.get(&row.branch);
        fact.is_none_or(|fact| shows(row.branch, fact))
    });
    for (line, _) in wrong {
        errors.extend(wire::rows::refused(line, &RatingError::MeetingNotADebrief.into()));
    }
    Ok(right)
}

/// An evaluation with other marks is void.
async fn void(tx: &storage::Tx, changed: Vec<Outcome>) -> Result<(), RpcError> {
    let voided: Vec<Outcome> = changed
        .into_iter()
        .filter_map(|before| {
            let after = before.clone().marked();
            (after != before).then_some(after)
        })
        .collect();
    outcomes::put(tx, &voided).await?;
    for outcome in &voided {
        events::outcome(tx, outcome);
    }
    Ok(())
}

fn may_enter(app: &App, outcome: Option<Outcome>, committee: OrganizationId) -> Result<Outcome, RatingError> {
    let outcome = outcome.ok_or(RatingError::BranchUnknown)?;
    if app.scopes.related(outcome.branch, Relation::Superior) != Some(committee) {
        return Err(RatingError::NotItsSuperior);
    }
    if !outcome.is_rated() || outcome.case.is_none() {
        return Err(RatingError::NoOpenCase);
    }
    if outcome.is_debriefed() {
        Err(RatingError::DebriefTaken)
    } else {
        Ok(outcome)
    }
}

fn readable(
    rows: &[ReviewMarksRow],
    committee: OrganizationId,
    errors: &mut Vec<RowError>,
) -> Vec<(u32, Entered)> {
    let mut seen = HashSet::new();
    let mut read = Vec::with_capacity(rows.len());
    for given in rows {
        match row(given, committee) {
            Err(refusal) => errors.extend(wire::rows::refused(given.line, &refusal)),
            Ok(one) if !seen.insert(one.branch) => {
                errors.extend(wire::rows::refused(given.line, &RatingError::RowRepeated.into()));
            }
            Ok(one) => read.push((given.line, one)),
        }
    }
    read
}

fn row(given: &ReviewMarksRow, committee: OrganizationId) -> Result<Entered, Refusal> {
    let mut fields = Fields::new();
    let branch: Option<OrganizationId> = fields.parse("branch_id", &given.branch_id);
    let meeting: Option<MeetingId> = fields.parse("meeting_id", &given.meeting_id);
    let superior = fields.known(
        "superior_marks",
        <[u32; 5]>::try_from(given.superior_marks.as_slice()).ok(),
    );
    let reasons = fields.known(
        "superior_reasons",
        <[String; 5]>::try_from(given.superior_reasons.clone()).ok(),
    );
    let read = (|| {
        let ReviewMarksRow {
            good,
            fairly_good,
            fair,
            poor,
            ..
        } = given.clone();
        let marks = Marks {
            superior: superior?,
            reasons: reasons?,
            resolution: given.resolution_id.trim().to_owned(),
            good,
            fairly_good,
            fair,
            poor,
        };
        Some(Entered {
            branch: branch?,
            committee,
            marks,
            meeting: meeting?,
            version: 1,
        })
    })();
    let read = fields.build(read)?;
    read.marks.stand()?;
    Ok(read)
}

fn says_the_same(before: &Entered, row: &Entered) -> bool {
    (before.committee, &before.marks, before.meeting) == (row.committee, &row.marks, row.meeting)
}
