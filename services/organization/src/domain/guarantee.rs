//! Guarantees: sites and their functions (S-404 to S-406), funds (S-402, S-407), governance slots (S-108, S-109).

use std::collections::BTreeSet;

use kernel::{Day, Domain, Fen, Period};

use super::branch::{Branch, Slot};

/// Purposes for which a line's money may move: the allotment itself, and those of R-309.
pub const PURPOSES: [&str; 6] = [
    "allotment",
    "training",
    "materials",
    "commendation",
    "aid",
    "relief",
];

/// Functions that a site must have in a domain (code table of `organization.site.functions`).
#[must_use]
pub fn required_functions(domain: Domain) -> [&'static str; 3] {
    match domain {
        Domain::Rural => ["convenience", "livelihood_security", "farm_economy"],
        Domain::Community => ["party_affairs", "government_affairs", "services"],
        _ => ["meeting", "study", "notice"],
    }
}

/// Kinds of slots of a village (五位一体) or community (六位一体); none elsewhere.
#[must_use]
pub fn slot_kinds(domain: Domain) -> &'static [&'static str] {
    match domain {
        Domain::Rural => &[
            "party",
            "committee",
            "supervision",
            "service_station",
            "cooperative",
        ],
        Domain::Community => &[
            "party",
            "committee",
            "owners",
            "doors",
            "property",
            "service_station",
        ],
        _ => &[],
    }
}

/// Whether several bodies may hold a kind of slot at a time: doors and property firms do (S-109), of the others each
/// has one holder (S-108).
#[must_use]
pub fn has_many_holders(kind: &str) -> bool {
    matches!(kind, "doors" | "property")
}

/// Kinds that are held on the day, and kinds that must be: an owners' committee recorded as not yet formed is
/// not owed (S-109).
#[must_use]
pub fn slots(slots: &[Slot], domain: Domain, on: Day) -> (i64, i64) {
    let current: Vec<&Slot> = slots.iter().filter(|slot| slot.span.holds(on)).collect();
    let has = |kind: &str, not_formed| {
        current
            .iter()
            .any(|s| s.kind == kind && s.not_formed == not_formed)
    };
    let unformed = |kind: &str| kind == "owners" && has(kind, true) && !has(kind, false);
    let owed: Vec<&str> = slot_kinds(domain)
        .iter()
        .copied()
        .filter(|kind| !unformed(kind))
        .collect();
    let held = owed.iter().filter(|kind| has(kind, false)).count();
    (whole(held), whole(owed.len()))
}

/// Required functions that the sites of the day have, and how many are required. A branch without a site has
/// none of them; it is not left out.
#[must_use]
pub fn functions(branch: &Branch, on: Day) -> (i64, i64) {
    let required: Vec<&str> = branch
        .domain
        .map(required_functions)
        .into_iter()
        .flatten()
        .collect();
    let has: BTreeSet<&str> = branch
        .sites
        .iter()
        .filter(|site| site.span.holds(on))
        .flat_map(|site| site.functions.iter().map(String::as_str))
        .collect();
    let kept = required
        .iter()
        .filter(|function| has.contains(**function))
        .count();
    (whole(kept), whole(required.len()))
}

/// Fen allotted until the period's last day, each line up to its standard, and the standards themselves, by full
/// months of existence where the branch did not exist all year. `None` when no line has a standard.
#[must_use]
pub fn allotted(branch: &Branch, period: Period, year: i32) -> Option<(i64, i64)> {
    let months = whole(period.full_months().count());
    let (mut came, mut owed) = (0, 0);
    for line in branch
        .fund_lines
        .iter()
        .filter(|line| line.year == year && line.standard > Fen(0))
    {
        let standard = line.standard.0 * months / 12;
        let moved = branch
            .movements
            .iter()
            .filter(|m| m.line == line.line && period.contains(m.on));
        let sum: i64 = moved.map(|m| m.amount.0.max(0)).sum();
        came += sum.min(standard);
        owed += standard;
    }
    (owed > 0).then_some((came, owed))
}

/// Movements of the period with an allowed purpose and a voucher, and all of them.
#[must_use]
pub fn evidenced(branch: &Branch, period: Period) -> (i64, i64) {
    let moved = || branch.movements.iter().filter(|m| period.contains(m.on));
    let evident = moved()
        .filter(|m| PURPOSES.contains(&m.purpose.as_str()) && !m.voucher.is_empty())
        .count();
    (whole(evident), whole(moved().count()))
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::branch::{FundLine, Movement, Site, tests::*};

    fn slot(kind: &str, not_formed: bool) -> Slot {
        Slot {
            id: kind.into(),
            kind: kind.into(),
            span: span("2020-01-01", None),
            not_formed,
        }
    }

    #[test]
    fn an_owners_committee_that_is_not_formed_is_not_owed() {
        let on = day("2025-12-31");
        let held = [
            slot("party", false),
            slot("committee", false),
            slot("owners", true),
        ];
        assert_eq!(slots(&held, Domain::Community, on), (2, 5), "S-109");
        assert_eq!(slots(&held[..2], Domain::Community, on), (2, 6));
        assert_eq!(
            slots(&held, Domain::Rural, on),
            (2, 5),
            "S-108: five kinds in a village"
        );
        let formed = [slot("owners", true), slot("owners", false)];
        assert_eq!(
            slots(&formed, Domain::Community, on),
            (1, 6),
            "formed, though the old record was not ended"
        );
    }

    #[test]
    fn a_branch_without_a_site_has_none_of_three_functions() {
        let mut one = branch();
        assert_eq!(functions(&one, day("2025-12-31")), (0, 3));
        let site = |functions: &[&str]| Site {
            id: "s".into(),
            span: span("2020-01-01", None),
            functions: functions.iter().map(|f| (*f).to_owned()).collect(),
            shared_under: String::new(),
        };
        one.sites = vec![site(&["convenience", "meeting"]), site(&["farm_economy"])];
        assert_eq!(functions(&one, day("2025-12-31")), (2, 3));
    }

    #[test]
    fn money_counts_up_to_the_standard_and_by_full_months_of_existence() {
        let mut one = branch();
        one.exists.from = day("2025-05-20");
        one.fund_lines = vec![FundLine {
            id: "l".into(),
            line: "activity".into(),
            year: 2025,
            standard: Fen(1_000_000),
        }];
        let movement = |on: &str, amount, purpose: &str, voucher: &str| Movement {
            id: on.into(),
            line: "activity".into(),
            on: day(on),
            amount: Fen(amount),
            purpose: purpose.into(),
            voucher: voucher.into(),
        };
        one.movements = vec![
            movement("2025-06-01", 700_000, "allotment", "v1"),
            movement("2025-07-01", -5_000, "training", "v2"),
            movement("2025-07-02", -5_000, "banquet", "v3"),
            movement("2025-07-03", -5_000, "aid", ""),
        ];
        let period = one.period(Period::year(2025).expect("year")).expect("exists");
        assert_eq!(
            allotted(&one, period, 2025),
            Some((583_333, 583_333)),
            "7 of 12 months, floored to the fen"
        );
        assert_eq!(
            evidenced(&one, period),
            (2, 4),
            "R-309: an allowed purpose and a voucher"
        );
        one.fund_lines.clear();
        assert_eq!(allotted(&one, period, 2025), None);
    }
}
