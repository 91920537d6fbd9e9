//! The counts that organization answers for, exactly as the catalogue defines them (`organization.*`).

use chrono::Datelike;
use kernel::{
    Day, Domain, OrganizationKind, Period,
    indicator::{Count, NOT_KEPT_YET, Span},
};

use super::{
    branch::{Branch, Office, Term},
    guarantee, office, setup, term,
};

/// The indicators that are kept.
pub const KEPT: [&str; 13] = [
    "organization.setup.rules",
    "organization.term.current",
    "organization.governance.slots",
    "organization.group.leaders",
    "organization.post.filled",
    "organization.secretary.days",
    "organization.site.assigned",
    "organization.site.functions",
    "organization.fund.allotted",
    "organization.fund.evidenced",
    "organization.worker.days",
    "organization.term.overdue",
    "organization.secretary.vacancy",
];

/// One indicator of a branch. A branch that does not exist in the period counts nothing.
#[must_use]
pub fn count(indicator: &str, branch: &Branch, span: Span) -> Count {
    let Some(period) = branch.period(span.period) else {
        return Count::none("NOT_IN_EXISTENCE");
    };
    let last = period.last();
    match indicator {
        "organization.setup.rules" => setup_rules(branch, last),
        "organization.term.current" => term_current(branch, last),
        "organization.term.overdue" => term_overdue(branch, last),
        "organization.post.filled" => post_filled(branch, last),
        "organization.group.leaders" => group_leaders(branch, last),
        "organization.governance.slots" => governance(branch, last),
        "organization.secretary.days" => secretary_days(branch, period),
        "organization.secretary.vacancy" => vacancy(branch, last),
        "organization.worker.days" => worker_days(branch, period),
        "organization.site.assigned" => site_assigned(branch, last),
        "organization.site.functions" => site_functions(branch, last),
        "organization.fund.allotted" => fund_allotted(branch, span),
        "organization.fund.evidenced" => fund_evidenced(branch, period),
        _ => Count::none(NOT_KEPT_YET),
    }
}

fn temporary(branch: &Branch) -> bool {
    branch.kind == OrganizationKind::TemporaryBranch
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn setup_rules(branch: &Branch, last: Day) -> Count {
    if temporary(branch) {
        return Count::none("TEMPORARY_BRANCH");
    }
    let rules = setup::rules(branch, last);
    let held = rules.iter().filter(|rule| rule.counts()).count();
    let told = |rule: &setup::Judged| {
        let version = rule.norm.version();
        match &rule.exemption {
            Some(exemption) if !rule.holds => format!("{version} exempt {exemption}"),
            _ if rule.holds => format!("{version} ok"),
            _ => format!("{version} broken"),
        }
    };
    let evidence = rules.iter().map(told).collect();
    Count::of(whole(held), whole(rules.len()), "NO_RULE_APPLIES", evidence)
}

fn term_current(branch: &Branch, last: Day) -> Count {
    if temporary(branch) {
        return Count::none("TEMPORARY_BRANCH");
    }
    let latest = term::latest(branch, last);
    let current = latest.is_some() && !term::overdue(branch, last);
    let told = |term: &Term| {
        joined(
            &term.id,
            &[("election", &term.election), ("approval", &term.approval)],
        )
    };
    Count::number(i64::from(current), latest.map(told).into_iter().collect())
}

/// An id with the ids beside it that are on record.
fn joined(id: &str, beside: &[(&str, &str)]) -> String {
    let there = beside.iter().filter(|(_, id)| !id.is_empty());
    there.fold(id.to_owned(), |told, (word, id)| format!("{told} {word}={id}"))
}

fn term_overdue(branch: &Branch, last: Day) -> Count {
    if temporary(branch) {
        return Count::none("TEMPORARY_BRANCH");
    }
    let latest = term::latest(branch, last).map(|t| t.id.clone());
    Count::number(term::overdue_months(branch, last), latest.into_iter().collect())
}

fn post_filled(branch: &Branch, last: Day) -> Count {
    if temporary(branch) {
        return Count::none("TEMPORARY_BRANCH");
    }
    let required = office::required(branch.strength_on(last).0);
    let mut evidence = Vec::new();
    for post in required {
        let holders: Vec<_> = branch.holders(*post, last).collect();
        if let [holder] = holders.as_slice()
            && !holder.filing.is_empty()
        {
            evidence.push(joined(&holder.id, &[("filing", &holder.filing)]));
        }
    }
    Count::of(
        whole(evidence.len()),
        whole(required.len()),
        "NO_POST_REQUIRED",
        evidence,
    )
}

fn group_leaders(branch: &Branch, last: Day) -> Count {
    let groups = || branch.groups.iter().filter(|(_, exists)| exists.holds(last));
    let leaders: Vec<String> = groups()
        .filter_map(|(group, _)| {
            let leads = |h: &&super::branch::Holding| {
                h.organization == *group && h.office == Office::GroupLeader && h.span.holds(last)
            };
            let leader = branch.holdings.iter().find(leads)?;
            Some(format!("{group} {}", leader.id))
        })
        .collect();
    Count::of(whole(leaders.len()), whole(groups().count()), "NO_GROUP", leaders)
}

fn governance(branch: &Branch, last: Day) -> Count {
    match branch.domain {
        Some(domain @ (Domain::Rural | Domain::Community)) if branch.leads_area => {
            let (held, owed) = guarantee::slots(&branch.slots, domain, last);
            let current = branch.slots.iter().filter(|slot| slot.span.holds(last));
            Count::of(
                held,
                owed,
                "NO_SLOT_OWED",
                current.map(|slot| slot.id.clone()).collect(),
            )
        }
        _ => Count::none("NOT_LEADING_AREA"),
    }
}

fn secretary_days(branch: &Branch, period: Period) -> Count {
    let held = |on| branch.holders(Office::Secretary, on).next().is_some();
    let days = office::days(period.first(), period.last(), held);
    Count::of(
        days,
        period.days(),
        "NO_DAY",
        held_ids(branch, Office::Secretary, period),
    )
}

fn worker_days(branch: &Branch, period: Period) -> Count {
    let required = branch
        .requirements
        .iter()
        .find(|one| one.span.holds(period.last()));
    if branch.strength_on(period.last()).0 < office::COMMITTEE_FROM && required.is_none() {
        return Count::none("NO_WORKER_OWED");
    }
    let works = |on| {
        let secretaries = || branch.holders(Office::Secretary, on);
        [Office::Organisation, Office::Worker]
            .iter()
            .flat_map(|post| branch.holders(*post, on))
            .any(|one| secretaries().all(|secretary| secretary.person != one.person))
    };
    let mut evidence = held_ids(branch, Office::Organisation, period);
    evidence.extend(held_ids(branch, Office::Worker, period));
    evidence.extend(required.map(|one| format!("required={}", one.id)));
    Count::of(
        office::days(period.first(), period.last(), works),
        period.days(),
        "NO_DAY",
        evidence,
    )
}

fn held_ids(branch: &Branch, post: Office, period: Period) -> Vec<String> {
    let touches = |h: &&super::branch::Holding| {
        h.organization == branch.id
            && h.office == post
            && h.span.from <= period.last()
            && h.span.until.is_none_or(|until| until >= period.first())
    };
    branch
        .holdings
        .iter()
        .filter(touches)
        .map(|h| h.id.clone())
        .collect()
}

fn vacancy(branch: &Branch, last: Day) -> Count {
    let mut evidence = Vec::new();
    if let Some(since) = office::vacant_since(branch, last) {
        evidence.push(format!("vacant since {since}"));
        evidence.extend(office::left_before(branch, since).map(|post| post.id.clone()));
    }
    Count::number(office::vacancy_months(branch, last), evidence)
}

fn site_assigned(branch: &Branch, last: Day) -> Count {
    let sites: Vec<String> = branch
        .sites
        .iter()
        .filter(|s| s.span.holds(last))
        .map(|s| format!("{} {}", s.id, s.shared_under).trim_end().to_owned())
        .collect();
    Count::number(i64::from(!sites.is_empty()), sites)
}

fn site_functions(branch: &Branch, last: Day) -> Count {
    let (has, required) = guarantee::functions(branch, last);
    let sites = branch.sites.iter().filter(|s| s.span.holds(last));
    Count::of(
        has,
        required,
        "NO_DOMAIN",
        sites
            .map(|s| format!("{} {}", s.id, s.functions.join("+")))
            .collect(),
    )
}

/// A standard is a year's: of the year that ends in the period, with what came in it.
fn fund_allotted(branch: &Branch, span: Span) -> Count {
    let Some(whole) = span.closing_year() else {
        return Count::none("NO_YEAR_ENDS");
    };
    let Some(period) = branch.period(whole) else {
        return Count::none("NOT_IN_EXISTENCE");
    };
    let year = whole.first().year();
    let (came, owed) = guarantee::allotted(branch, period, year).unwrap_or((0, 0));
    let lines = branch.fund_lines.iter().filter(|line| line.year == year);
    let allotted = branch
        .movements
        .iter()
        .filter(|m| m.amount.0 > 0 && period.contains(m.on));
    let evidence = lines
        .map(|line| line.id.clone())
        .chain(allotted.map(|m| m.id.clone()));
    Count::of(came, owed, "NO_STANDARD", evidence.collect())
}

fn fund_evidenced(branch: &Branch, period: Period) -> Count {
    let (evident, moved) = guarantee::evidenced(branch, period);
    let movements = branch.movements.iter().filter(|m| period.contains(m.on));
    Count::of(
        evident,
        moved,
        "NO_MOVEMENT",
        movements.map(|m| m.id.clone()).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::branch::{FundLine, Movement, Requirement, tests::*};
    use kernel::Fen;

    fn year() -> Span {
        Span {
            period: Period::year(2025).expect("year"),
            freeze_day: day("2026-01-15"),
        }
    }

    fn numbers(indicator: &str, branch: &Branch) -> Option<(i64, i64)> {
        match count(indicator, branch, year()) {
            Count::Applies {
                numerator,
                denominator,
                ..
            } => Some((numerator, denominator)),
            Count::NotApplicable { .. } => None,
        }
    }

    #[test]
    fn a_missing_committee_is_one_of_four_posts_and_a_committee_not_owed_is_not_asked() {
        let mut one = branch();
        one.holdings = vec![holding(one.id, Office::Secretary, "2020-01-01", None)];
        assert_eq!(numbers("organization.post.filled", &one), Some((1, 4)));
        one.strength[0].full = 5;
        assert_eq!(numbers("organization.post.filled", &one), Some((1, 1)), "trap 4");
        one.holdings[0].filing.clear();
        assert_eq!(
            numbers("organization.post.filled", &one),
            Some((0, 1)),
            "R-123: neither approved nor filed"
        );
    }

    #[test]
    fn days_are_clipped_to_the_branch_s_existence() {
        let mut one = branch();
        one.exists.from = day("2025-05-20");
        one.holdings = vec![holding(one.id, Office::Secretary, "2025-06-01", None)];
        assert_eq!(numbers("organization.secretary.days", &one), Some((214, 226)));
    }

    #[test]
    fn the_secretary_himself_is_no_worker() {
        let mut one = branch();
        let secretary = holding(one.id, Office::Secretary, "2020-01-01", None);
        let mut same = holding(one.id, Office::Organisation, "2020-01-01", None);
        same.person = secretary.person;
        one.holdings = vec![secretary, same];
        assert_eq!(numbers("organization.worker.days", &one), Some((0, 365)));
        one.holdings
            .push(holding(one.id, Office::Worker, "2025-12-01", None));
        assert_eq!(numbers("organization.worker.days", &one), Some((31, 365)));
        one.holdings[0].span.until = Some(day("2025-01-31"));
        assert_eq!(
            numbers("organization.worker.days", &one),
            Some((334, 365)),
            "from February on he is secretary no more"
        );
        one.strength[0].full = 6;
        assert_eq!(numbers("organization.worker.days", &one), None);
        let required = |until| Requirement {
            id: "q1".into(),
            span: span("2025-06-01", until),
        };
        one.requirements = vec![required(Some("2025-12-30"))];
        assert_eq!(
            numbers("organization.worker.days", &one),
            None,
            "required until the day before"
        );
        one.requirements = vec![required(None)];
        assert_eq!(
            numbers("organization.worker.days", &one),
            Some((334, 365)),
            "S-104"
        );
    }

    #[test]
    fn twelve_months_ask_for_the_standard_of_the_year_that_ended_in_them() {
        let mut one = branch();
        let line = |year, standard| FundLine {
            id: format!("l{year}"),
            line: "activity".into(),
            year,
            standard: Fen(standard),
        };
        one.fund_lines = vec![line(2025, 500_000), line(2026, 900_000)];
        one.movements = vec![Movement {
            id: "m".into(),
            line: "activity".into(),
            on: day("2025-03-01"),
            amount: Fen(500_000),
            purpose: "allotment".into(),
            voucher: "v".into(),
        }];
        let period = |first: &str, last: &str| Span {
            period: Period::new(day(first), day(last)).expect("period"),
            freeze_day: day(last),
        };
        let allotted = |span| count("organization.fund.allotted", &one, span);
        let Count::Applies {
            numerator,
            denominator,
            evidence,
        } = allotted(period("2025-09-16", "2026-09-15"))
        else {
            panic!("a standard")
        };
        assert_eq!((numerator, denominator), (500_000, 500_000), "S-315");
        assert_eq!(evidence, ["l2025", "m"]);
        assert_eq!(
            allotted(period("2026-01-01", "2026-09-15")),
            Count::none("NO_YEAR_ENDS")
        );
    }

    #[test]
    fn a_group_counts_for_the_branch_below_which_it_stood_that_day() {
        let mut one = branch();
        let group = kernel::id::OrganizationId::new();
        one.groups = vec![(group, span("2020-01-01", Some("2025-12-30")))];
        assert_eq!(
            numbers("organization.group.leaders", &one),
            None,
            "it left the day before"
        );
    }

    #[test]
    fn a_branch_without_groups_is_not_asked_for_their_leaders() {
        let mut one = branch();
        assert_eq!(numbers("organization.group.leaders", &one), None);
        let group = kernel::id::OrganizationId::new();
        one.groups = vec![(group, span("2020-01-01", None))];
        assert_eq!(numbers("organization.group.leaders", &one), Some((0, 1)));
        one.holdings = vec![holding(group, Office::GroupLeader, "2020-01-01", None)];
        assert_eq!(numbers("organization.group.leaders", &one), Some((1, 1)));
    }

    #[test]
    fn every_kept_indicator_stands_in_the_catalogue_and_the_rest_say_so() {
        let catalogue = kernel::indicator::Catalogue::shipped();
        let one = branch();
        for indicator in KEPT {
            assert!(catalogue.get(indicator).is_some(), "{indicator}");
            assert_ne!(
                count(indicator, &one, year()),
                Count::none(NOT_KEPT_YET),
                "{indicator}"
            );
        }
        let rest = catalogue
            .of_owner("organization")
            .filter(|line| !KEPT.contains(&line.id.as_str()));
        for line in rest {
            assert_eq!(
                count(&line.id, &one, year()),
                Count::none(NOT_KEPT_YET),
                "{}",
                line.id
            );
        }
    }
}
