//! The ledger of findings: opened when a rule fires, closed when it no longer does, reopened when it recurs; those
//! of inspections are closed by one person and confirmed by another (S-105, S-121).

use std::collections::{BTreeMap, HashSet};

use kernel::{
    Day,
    day::{add_days, add_months},
    id::{CaseId, FindingId, OrganizationId},
    indicator::Count,
};

use crate::error::RatingError;

/// Days after the deadline from which an open finding costs points.
const GRACE_DAYS: i64 = 30;
/// Months of the longest deadline of an inspection's finding; a later one is a slip of the pen.
const LONGEST_MONTHS: i32 = 36;

/// Where a finding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A rule of organization.
    Screening,
    /// An inspection or audit.
    Inspection,
    /// A late effect of a procedure.
    Procedure,
}

impl Origin {
    /// The word of the contract.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Screening => "screening",
            Self::Inspection => "inspection",
            Self::Procedure => "procedure",
        }
    }

    /// The origin of a word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Screening, Self::Inspection, Self::Procedure]
            .into_iter()
            .find(|origin| origin.code() == code)
    }
}

/// A finding in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Opaque.
    pub id: FindingId,
    /// The branch.
    pub branch: OrganizationId,
    /// Where it comes from.
    pub origin: Origin,
    /// The rule that fires, or what is late in a procedure; empty for inspections.
    pub rule: String,
    /// In words.
    pub title: String,
    /// What was seen when it was opened, canonical JSON.
    pub evidence: String,
    /// Norm and version.
    pub norm: String,
    /// Day on which it was opened.
    pub opened_on: Day,
    /// Last day that is in time.
    pub due_on: Day,
    /// Day on which it was closed.
    pub closed_on: Option<Day>,
    /// Who closed it; empty when the rule did.
    pub closed_by: String,
    /// Who confirmed it; empty when the rule did.
    pub confirmed_by: String,
    /// What shows that it is mended; empty while open.
    pub closing_evidence: String,
    /// How often it was reopened.
    pub reopened: u32,
    /// Rises with each change.
    pub version: u64,
}

/// A rule that fires for a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// The branch.
    pub branch: OrganizationId,
    /// The rule.
    pub rule: String,
    /// Norm and version.
    pub norm: String,
    /// Why, in Chinese.
    pub why: String,
    /// Evidence snapshot, canonical JSON.
    pub evidence: String,
}

/// What a screening changes.
#[derive(Debug, Default)]
pub struct Changes {
    /// New findings.
    pub opened: Vec<Finding>,
    /// Findings whose rule no longer fires.
    pub closed: Vec<Finding>,
    /// Findings that recur.
    pub reopened: Vec<Finding>,
}

/// Compares what fires with the findings of screening that the ledger holds of the screened branches. Whoever
/// was not screened is left as he is, and so is what was opened after the day of the screening.
#[must_use]
pub fn screened(
    screened: &HashSet<OrganizationId>,
    firings: Vec<Firing>,
    known: Vec<Finding>,
    on: Day,
    due_on: Day,
) -> Changes {
    let mut changes = Changes::default();
    let mut known: BTreeMap<(OrganizationId, String), Finding> = known
        .into_iter()
        .map(|finding| ((finding.branch, finding.rule.clone()), finding))
        .collect();
    for firing in firings {
        match known.remove(&(firing.branch, firing.rule.clone())) {
            None => changes.opened.push(opened(firing, on, due_on)),
            Some(finding) if finding.closed_on.is_some_and(|closed| closed <= on) => {
                changes.reopened.push(reopened(finding, firing, due_on));
            }
            Some(_) => {}
        }
    }
    let silent = known
        .into_values()
        .filter(|finding| screened.contains(&finding.branch));
    let open = silent.filter(|finding| finding.closed_on.is_none() && finding.opened_on <= on);
    changes.closed = open
        .map(|finding| Finding {
            closed_on: Some(on),
            closing_evidence: format!(r#"{{"screened_on":"{on}"}}"#),
            ..next(finding)
        })
        .collect();
    changes
}

fn next(finding: Finding) -> Finding {
    Finding {
        version: finding.version + 1,
        ..finding
    }
}

fn opened(firing: Firing, on: Day, due_on: Day) -> Finding {
    Finding {
        id: FindingId::new(),
        branch: firing.branch,
        origin: Origin::Screening,
        rule: firing.rule,
        title: firing.why,
        evidence: firing.evidence,
        norm: firing.norm,
        opened_on: on,
        due_on,
        closed_on: None,
        closed_by: String::new(),
        confirmed_by: String::new(),
        closing_evidence: String::new(),
        reopened: 0,
        version: 1,
    }
}

/// What a procedure records when a deadline passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lateness {
    /// The branch of the case.
    pub branch: OrganizationId,
    /// The case.
    pub case: CaseId,
    /// What is late, such as `DEBRIEF_LATE`.
    pub code: String,
    /// The step that was not taken, or the objection that was not answered.
    pub step: String,
    /// In Chinese.
    pub step_zh: String,
    /// Norms of the procedure.
    pub norm: String,
    /// The last day that was in time.
    pub due: Day,
}

/// A finding on whoever is late in a procedure; it closes when the step is taken, or the case has ended. It says
/// nothing of how the branch itself does its work, so that no indicator counts it.
#[must_use]
pub fn late(one: &Lateness, on: Day, due_on: Day) -> Finding {
    let evidence = serde_json::json!({
        "case": one.case.to_string(), "step": one.step, "due": one.due.to_string(),
    });
    Finding {
        id: FindingId::new(),
        branch: one.branch,
        origin: Origin::Procedure,
        rule: one.code.clone(),
        title: format!("{}逾期未办", one.step_zh),
        evidence: evidence.to_string(),
        norm: one.norm.clone(),
        opened_on: on,
        due_on,
        closed_on: None,
        closed_by: String::new(),
        confirmed_by: String::new(),
        closing_evidence: String::new(),
        reopened: 0,
        version: 1,
    }
}

/// The same once what was late is done, by the entry with this number in the history of the case.
#[must_use]
pub fn caught_up(finding: Finding, on: Day, entry: u32) -> Finding {
    Finding {
        closed_on: Some(on),
        closing_evidence: format!(r#"{{"entry":{entry}}}"#),
        ..next(finding)
    }
}

/// Whether a finding of a procedure is about this step.
#[must_use]
pub fn is_about(finding: &Finding, step: &str) -> bool {
    let evidence: serde_json::Value = serde_json::from_str(&finding.evidence).unwrap_or_default();
    evidence["step"] == step
}

fn reopened(finding: Finding, firing: Firing, due_on: Day) -> Finding {
    Finding {
        title: firing.why,
        evidence: firing.evidence,
        norm: firing.norm,
        due_on,
        closed_on: None,
        closing_evidence: String::new(),
        reopened: finding.reopened + 1,
        ..next(finding)
    }
}

/// Whether a finding of an inspection can stand so.
///
/// # Errors
/// `DUE_BEFORE_FOUND`, `DUE_OUT_OF_REACH`, `CLOSED_BEFORE_FOUND`, `SECOND_PERSON_MISSING`,
/// `CONFIRMED_BY_SAME_PERSON`, `CLOSING_EVIDENCE_MISSING`.
pub fn stands(finding: &Finding) -> Result<(), RatingError> {
    if finding.due_on < finding.opened_on {
        return Err(RatingError::DueBeforeFound);
    }
    if finding.due_on > add_months(finding.opened_on, LONGEST_MONTHS) {
        return Err(RatingError::DueOutOfReach);
    }
    let told = [
        finding.closed_on.is_some(),
        !finding.closed_by.is_empty(),
        !finding.confirmed_by.is_empty(),
    ];
    if told.contains(&true) && told.contains(&false) {
        return Err(RatingError::SecondPersonMissing);
    }
    if finding.closed_on.is_some_and(|closed| closed < finding.opened_on) {
        return Err(RatingError::ClosedBeforeFound);
    }
    if told[0] && finding.closed_by == finding.confirmed_by {
        return Err(RatingError::ConfirmedBySamePerson);
    }
    if told[0] == finding.closing_evidence.is_empty() {
        return Err(RatingError::ClosingEvidenceMissing);
    }
    Ok(())
}

/// Whether a finding is on how the branch does its work: of an inspection, an audit or screening.
fn is_on_branch(finding: &&Finding) -> bool {
    finding.origin != Origin::Procedure
}

/// Whether it was closed as it has to be: with evidence, and confirmed by a second person; what a rule found, the rule
/// closes, which is the evidence and needs nobody (S-105).
fn is_well_closed(finding: &Finding) -> bool {
    let by_two = !finding.confirmed_by.is_empty() && finding.confirmed_by != finding.closed_by;
    let by_rule = finding.origin == Origin::Screening;
    !finding.closing_evidence.is_empty() && (by_rule || by_two)
}

/// `rating.finding.closed`: of the findings from inspection, audit or screening that fell due, those closed in time
/// with evidence and a second person. `due` are the branch's findings whose deadline lies in the period.
#[must_use]
pub fn closed_in_time(due: &[Finding]) -> Count {
    let due = || due.iter().filter(is_on_branch);
    let in_time = due().filter(|finding| {
        is_well_closed(finding) && finding.closed_on.is_some_and(|closed| closed <= finding.due_on)
    });
    let evidence: Vec<String> = due().map(|finding| finding.id.to_string()).collect();
    Count::of(
        length(in_time.count()),
        length(due().count()),
        "NO_FINDING_DUE",
        evidence,
    )
}

/// `rating.finding.overdue`: those that were still open 30 days after their deadline, as known on `as_of`.
#[must_use]
pub fn overdue(due: &[Finding], as_of: Day) -> Count {
    let late = due.iter().filter(is_on_branch).filter(|finding| {
        let last = add_days(finding.due_on, GRACE_DAYS);
        last < as_of && finding.closed_on.is_none_or(|closed| closed > last)
    });
    let evidence: Vec<String> = late.map(|finding| finding.id.to_string()).collect();
    Count::number(length(evidence.len()), evidence)
}

fn length(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
