//! Screening: which rules fire for a branch on a day, each with the sub-condition and an evidence snapshot
//! (S-105 to S-107). Rating keeps the ledger of findings.

use kernel::{
    Day, OrganizationKind, Period,
    day::{add_days, add_months},
};
use serde_json::{Value, json};

use super::{
    branch::Branch,
    office::{vacant_for, vacant_since},
    setup::{deregistered, main_unit, rules},
    term,
};

/// Version of the rules below that stand in no norm table.
pub const VERSION: &str = "2022";

/// What activity says of the branch's organizational life in the [`year_to`] the day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Life {
    /// Longest run of full quarters without assembly, lecture or theme day.
    pub silent_quarters: u32,
    /// First days of full quarters without a held assembly.
    pub assemblies_missed: Vec<String>,
    /// First days of full months without a held theme day.
    pub theme_days_missed: Vec<String>,
}

/// A rule that fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// Its code.
    pub rule: &'static str,
    /// The norm behind it, with the version.
    pub norm: String,
    /// Why, in Chinese.
    pub why: String,
    /// What was seen.
    pub evidence: Value,
}

/// The days whose organizational life is looked at: the twelve months that end on the day. New Year mends nothing: what
/// was missed counts until it is a year ago (S-105), and two silent quarters may lie in two calendar years (S-107).
#[must_use]
pub fn year_to(on: Day) -> Option<Period> {
    Period::new(add_months(add_days(on, 1), -12), on)
}

/// The rules that fire for a branch; none for branches that are not screened (temporary, mobile, functional:
/// S-107) or do not exist on the day.
#[must_use]
pub fn fire(branch: &Branch, life: &Life, on: Day) -> Vec<Firing> {
    let screened = matches!(
        branch.kind,
        OrganizationKind::Branch | OrganizationKind::JointBranch
    );
    if !screened || !branch.exists.holds(on) {
        return Vec::new();
    }
    let mut firings = setup(branch, on);
    firings.extend(secretary(branch, on));
    firings.extend(election(branch, on));
    firings.extend(meetings(life));
    firings
}

fn firing(rule: &'static str, norm: &str, why: String, evidence: Value) -> Firing {
    of_version(rule, format!("{norm}@{VERSION}"), why, evidence)
}

fn of_version(rule: &'static str, norm: String, why: String, evidence: Value) -> Firing {
    Firing {
        rule,
        norm,
        why,
        evidence,
    }
}

/// The set-up rules that do not hold and are not exempted (S-105): those of size, of the committee, of the host unit.
fn setup(branch: &Branch, on: Day) -> Vec<Firing> {
    let (full, probationary) = branch.strength_on(on);
    let seen = json!({ "on": on, "full": full, "probationary": probationary });
    let broken = rules(branch, on).into_iter().filter(|rule| !rule.counts());
    let fired = broken.filter_map(|broken| {
        let limit = broken.norm.limit;
        let (rule, why, seen) = match broken.norm.id {
            "R-101" => {
                let why = format!("正式党员 {full} 名，不足 {limit} 名，应与邻近支部联合设置。");
                ("hollow.members", why, seen.clone())
            }
            "R-102" => {
                let all = full + probationary;
                let why = format!("党员 {all} 名，超过 {limit} 名，建议分设支部或设党小组。");
                ("oversized", why, seen.clone())
            }
            "R-119" => {
                let why = format!("正式党员 {full} 名，应设支部委员会而未设。");
                ("committee.missing", why, seen.clone())
            }
            "S-107" => {
                let unit = main_unit(branch, on).filter(|unit| deregistered(unit, on))?;
                let seen = json!({ "on": on, "unit": unit.id, "deregistered_on": unit.deregistered_on });
                (
                    "hollow.unit",
                    "所依托单位已经注销，应调整或撤销支部。".to_owned(),
                    seen,
                )
            }
            _ => return None,
        };
        Some(of_version(rule, broken.norm.version(), why, seen))
    });
    fired.collect()
}

fn secretary(branch: &Branch, on: Day) -> Vec<Firing> {
    let Some(since) = vacant_since(branch, on) else {
        return Vec::new();
    };
    let seen = json!({ "on": on, "vacant_since": since });
    let mut firings = Vec::new();
    if vacant_for(branch, on, 6) {
        let why = format!("书记自 {since} 起空缺已满六个月。");
        firings.push(firing("hollow.secretary", "S-107", why, seen.clone()));
    }
    if vacant_for(branch, on, 3) {
        let why = format!("书记自 {since} 起空缺已满三个月，请尽快配备。");
        firings.push(firing("secretary.vacant", "R-504", why, seen));
    }
    firings
}

fn election(branch: &Branch, on: Day) -> Vec<Firing> {
    let mut firings = Vec::new();
    if let Some(latest) = term::latest(branch, on).filter(|_| term::overdue(branch, on)) {
        let ended = term::last_day(latest);
        let seen = json!({ "on": on, "term": latest.id, "ended_on": ended });
        let why = format!("本届任期已于 {ended} 届满，尚未换届。");
        firings.push(firing("election.overdue", "R-122", why, seen));
    }
    firings
}

fn meetings(life: &Life) -> Vec<Firing> {
    let mut firings = Vec::new();
    if life.silent_quarters >= 2 {
        let why = format!("连续 {} 个季度没有开展组织生活。", life.silent_quarters);
        let seen = json!({ "silent_quarters": life.silent_quarters });
        firings.push(firing("hollow.silent", "S-107", why, seen));
    }
    let (assemblies, themes) = (life.assemblies_missed.len(), life.theme_days_missed.len());
    if assemblies + themes > 0 {
        let why = format!("有 {assemblies} 个季度未开党员大会，{themes} 个月未开展主题党日。");
        let seen = json!({ "assembly": life.assemblies_missed, "theme": life.theme_days_missed });
        firings.push(firing("meetings.missed", "R-109", why, seen));
    }
    firings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::branch::{Office, Strength, Term, Unit, tests::*};

    fn codes(branch: &Branch, life: &Life) -> Vec<&'static str> {
        fire(branch, life, day("2025-12-31"))
            .into_iter()
            .map(|firing| firing.rule)
            .collect()
    }

    fn sound() -> Branch {
        let mut one = branch();
        one.holdings = [Office::Secretary, Office::Organisation]
            .map(|office| holding(one.id, office, "2020-01-01", None))
            .into();
        one
    }

    #[test]
    fn a_sound_branch_fires_nothing() {
        assert_eq!(codes(&sound(), &Life::default()), Vec::<&str>::new());
    }

    #[test]
    fn each_sub_condition_is_named_apart() {
        let mut one = sound();
        one.strength = vec![Strength {
            from: day("2010-01-01"),
            full: 2,
            probationary: 49,
        }];
        assert_eq!(codes(&one, &Life::default()), ["hollow.members", "oversized"]);
        let mut vacant = sound();
        vacant.holdings[0].span.until = Some(day("2025-05-31"));
        assert_eq!(
            codes(&vacant, &Life::default()),
            ["hollow.secretary", "secretary.vacant"]
        );
        vacant.holdings[0].span.until = Some(day("2025-07-31"));
        assert_eq!(codes(&vacant, &Life::default()), ["secretary.vacant"]);
        let mut lost = sound();
        lost.units = vec![Unit {
            id: "u".into(),
            span: span("2010-01-01", None),
            deregistered_on: Some(day("2025-12-31")),
        }];
        lost.terms = vec![Term {
            id: "t".into(),
            from: day("2020-01-01"),
            until: day("2025-12-30"),
            extended_until: None,
            election: String::new(),
            approval: String::new(),
        }];
        assert_eq!(
            codes(&lost, &Life::default()),
            ["hollow.unit", "election.overdue"]
        );
        let life = Life {
            silent_quarters: 2,
            assemblies_missed: vec!["2025-01-01".into(), "2025-04-01".into()],
            theme_days_missed: Vec::new(),
        };
        assert_eq!(codes(&sound(), &life), ["hollow.silent", "meetings.missed"]);
    }

    #[test]
    fn a_year_is_looked_back_on_whichever_day_it_is() {
        for (on, first, quarters) in [
            ("2025-12-31", "2025-01-01", 4),
            ("2026-02-28", "2025-03-01", 3),
            ("2024-02-29", "2023-03-01", 3),
            ("2026-04-01", "2025-04-02", 3),
        ] {
            let looked = year_to(day(on)).expect("a year");
            assert_eq!((looked.first(), looked.last()), (day(first), day(on)));
            assert_eq!(
                looked.full_quarters().count(),
                quarters,
                "{on}: two at least (S-107)"
            );
        }
    }

    #[test]
    fn temporary_branches_and_branches_that_are_gone_are_not_screened() {
        let mut one = branch();
        one.kind = OrganizationKind::TemporaryBranch;
        assert_eq!(codes(&one, &Life::default()), Vec::<&str>::new());
        one.kind = OrganizationKind::Branch;
        one.exists.until = Some(day("2025-12-30"));
        assert_eq!(codes(&one, &Life::default()), Vec::<&str>::new());
    }

    #[test]
    fn what_is_exempted_does_not_fire_until_the_exemption_expires_s_105() {
        let mut one = sound();
        one.strength[0].probationary = 60;
        assert_eq!(codes(&one, &Life::default()), ["oversized"]);
        let fired = fire(&one, &Life::default(), day("2025-12-31"));
        assert_eq!(fired[0].norm, "R-102@2018-10-28");
        one.exemptions = vec![crate::domain::branch::Exemption {
            id: "x1".into(),
            rule: "R-102".into(),
            span: span("2025-01-01", Some("2025-12-31")),
        }];
        assert_eq!(codes(&one, &Life::default()), Vec::<&str>::new());
    }
}
