//! The ledger of findings: opened when a rule fires, closed when it no longer does, reopened when it recurs; those
//! of inspections are closed by one person and confirmed by another (S-105, S-121).

use std::collections::{BTreeMap, HashSet};

use kernel::{
    Day,
    day::add_days,
    id::{FindingId, OrganizationId},
    indicator::Count,
};

use crate::error::RatingError;

/// Days after the deadline from which an open finding costs points.
const GRACE_DAYS: i64 = 30;

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
    /// The rule that fires; empty for inspections.
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
        reopened: 0,
        version: 1,
    }
}

fn reopened(finding: Finding, firing: Firing, due_on: Day) -> Finding {
    Finding {
        title: firing.why,
        evidence: firing.evidence,
        norm: firing.norm,
        due_on,
        closed_on: None,
        reopened: finding.reopened + 1,
        ..next(finding)
    }
}

/// Whether a finding of an inspection can stand so.
///
/// # Errors
/// `DUE_BEFORE_FOUND`, `CLOSED_BEFORE_FOUND`, `SECOND_PERSON_MISSING`, `CONFIRMED_BY_SAME_PERSON`.
pub fn stands(finding: &Finding) -> Result<(), RatingError> {
    if finding.due_on < finding.opened_on {
        return Err(RatingError::DueBeforeFound);
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
    Ok(())
}

/// `rating.finding.closed`: of the findings that fell due, those closed in time. What the rule itself closes
/// needs no second person (S-105). `due` are the branch's findings whose deadline lies in the period.
#[must_use]
pub fn closed_in_time(due: &[Finding]) -> Count {
    let in_time = due
        .iter()
        .filter(|finding| finding.closed_on.is_some_and(|closed| closed <= finding.due_on));
    let evidence = due.iter().map(|finding| finding.id.to_string()).collect();
    Count::of(
        length(in_time.count()),
        length(due.len()),
        "NO_FINDING_DUE",
        evidence,
    )
}

/// `rating.finding.overdue`: those that were still open 30 days after their deadline, as known on `as_of`.
#[must_use]
pub fn overdue(due: &[Finding], as_of: Day) -> Count {
    let late = due.iter().filter(|finding| {
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
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn firing(branch: OrganizationId, rule: &str) -> Firing {
        let text = |text: &str| text.to_owned();
        Firing {
            branch,
            rule: rule.into(),
            norm: text("R-101@2018"),
            why: text("不足三人"),
            evidence: text("{}"),
        }
    }

    fn screen(branch: OrganizationId, fires: bool, known: &[Finding], on: &str) -> Changes {
        let firings = if fires {
            vec![firing(branch, "hollow.members")]
        } else {
            vec![]
        };
        let due = day("2026-12-31");
        screened(&HashSet::from([branch]), firings, known.to_vec(), day(on), due)
    }

    #[test]
    fn a_finding_opens_closes_and_reopens_with_its_rule() {
        let branch = OrganizationId::new();
        let first = screen(branch, true, &[], "2025-06-30").opened.remove(0);
        assert_eq!(
            (first.opened_on, first.closed_on, first.version),
            (day("2025-06-30"), None, 1)
        );

        let again = screen(branch, true, std::slice::from_ref(&first), "2025-07-01");
        assert!(again.opened.is_empty() && again.closed.is_empty() && again.reopened.is_empty());

        let closed = screen(branch, false, &[first], "2025-09-30").closed.remove(0);
        assert_eq!(closed.closed_on, Some(day("2025-09-30")), "S-105");

        let back = screen(branch, true, std::slice::from_ref(&closed), "2025-12-31")
            .reopened
            .remove(0);
        assert_eq!(
            (back.id, back.closed_on, back.reopened, back.version),
            (closed.id, None, 1, 3)
        );
    }

    #[test]
    fn who_was_not_screened_is_left_alone() {
        let branch = OrganizationId::new();
        let known = screen(branch, true, &[], "2025-06-30").opened;
        let elsewhere = HashSet::from([OrganizationId::new()]);
        let changes = screened(&elsewhere, vec![], known, day("2025-07-01"), day("2025-10-01"));
        assert!(changes.closed.is_empty());
    }

    #[test]
    fn a_screening_of_an_earlier_day_closes_nothing_that_was_opened_later() {
        let branch = OrganizationId::new();
        let known = screen(branch, true, &[], "2025-06-30").opened;
        assert!(screen(branch, false, &known, "2025-06-29").closed.is_empty());
    }

    fn inspection(closed: Option<&str>, by: &str, confirmed: &str) -> Finding {
        let mut finding = screen(OrganizationId::new(), true, &[], "2025-03-01")
            .opened
            .remove(0);
        finding.origin = Origin::Inspection;
        finding.due_on = day("2025-06-01");
        finding.closed_on = closed.map(day);
        (finding.closed_by, finding.confirmed_by) = (by.into(), confirmed.into());
        finding
    }

    #[test]
    fn closing_an_inspection_finding_needs_a_second_person() {
        assert_eq!(stands(&inspection(None, "", "")), Ok(()));
        assert_eq!(stands(&inspection(Some("2025-05-01"), "a", "b")), Ok(()));
        assert_eq!(
            stands(&inspection(Some("2025-05-01"), "a", "a")),
            Err(RatingError::ConfirmedBySamePerson)
        );
        assert_eq!(
            stands(&inspection(Some("2025-05-01"), "a", "")),
            Err(RatingError::SecondPersonMissing)
        );
        assert_eq!(
            stands(&inspection(None, "a", "b")),
            Err(RatingError::SecondPersonMissing)
        );
        assert_eq!(
            stands(&inspection(Some("2025-02-01"), "a", "b")),
            Err(RatingError::ClosedBeforeFound)
        );
        let late = Finding {
            due_on: day("2025-02-28"),
            ..inspection(None, "", "")
        };
        assert_eq!(stands(&late), Err(RatingError::DueBeforeFound));
    }

    #[test]
    fn a_finding_counts_as_closed_in_time_and_as_overdue_after_thirty_days() {
        let of = |closed| inspection(closed, "a", "b");
        let due = [
            of(Some("2025-06-01")),
            of(Some("2025-06-02")),
            of(Some("2025-07-02")),
            of(None),
        ];
        let Count::Applies {
            numerator,
            denominator,
            ..
        } = closed_in_time(&due)
        else {
            panic!("applies")
        };
        assert_eq!((numerator, denominator), (1, 4));
        let late = |as_of: &str| match overdue(&due, day(as_of)) {
            Count::Applies { numerator, .. } => numerator,
            Count::NotApplicable { .. } => panic!("always applies"),
        };
        assert_eq!(late("2025-07-01"), 0, "the thirtieth day is not over");
        assert_eq!(
            late("2025-07-02"),
            2,
            "closed on 2 July was open 30 days after 1 June"
        );
        assert_eq!(closed_in_time(&[]), Count::none("NO_FINDING_DUE"));
    }

    #[test]
    fn every_origin_is_read_from_its_word() {
        for origin in [Origin::Screening, Origin::Inspection, Origin::Procedure] {
            assert_eq!(Origin::from_code(origin.code()), Some(origin));
        }
    }
}
