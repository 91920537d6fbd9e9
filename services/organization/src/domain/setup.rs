//! The set-up rules of a branch (R-101 to, S-107), in the versions in force on the day that is judged.

use kernel::{Day, OrganizationKind};

use super::{
    branch::{Branch, Exemption, Unit},
    office::has_committee,
};

/// A version of a set-up norm. A norm never changes in place: another text is another line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Norm {
    /// Its id.
    pub id: &'static str,
    /// First day in force.
    pub from: Day,
    /// Last day in force.
    pub until: Option<Day>,
    /// The number that it names, in members or units; 0 for none.
    pub limit: u32,
    /// The text that it stands in, with the article.
    pub source: &'static str,
}

impl Norm {
    /// Id and version: `R-101@2018-10-28`.
    #[must_use]
    pub fn version(&self) -> String {
        format!("{}@{}", self.id, self.from)
    }
}

const fn day(year: i32, month: u32, day: u32) -> Day {
    match Day::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => Day::MIN,
    }
}

const fn of_2018(id: &'static str, limit: u32, source: &'static str) -> Norm {
    let (from, until) = (day(2018, 10, 28), None);
    Norm {
        id,
        from,
        until,
        limit,
        source,
    }
}

/// The norms, oldest first: 以上含本数, 不超过含本数.
const NORMS: [Norm; 6] = [
    of_2018("R-101", 3, "中国共产党支部工作条例（试行）第四条"),
    of_2018("R-102", 50, "中国共产党支部工作条例（试行）第四条"),
    of_2018("R-104", 5, "中国共产党支部工作条例（试行）第五条"),
    of_2018("R-119", 7, "中国共产党支部工作条例（试行）第二十条"),
    of_2018("R-120", 7, "中国共产党支部工作条例（试行）第二十条"),
    of_2018("S-107", 0, "中国共产党支部工作条例（试行）第七条"),
];

/// The version of a set-up norm in force on a day; the oldest one before that.
#[must_use]
pub fn norm(id: &str, on: Day) -> Option<&'static Norm> {
    let mut versions = NORMS.iter().filter(|norm| norm.id == id).rev();
    let oldest = NORMS.iter().find(|norm| norm.id == id);
    versions
        .find(|norm| norm.from <= on)
        .or(oldest)
        .filter(|norm| norm.until.is_none_or(|last| on <= last))
}

/// A set-up rule and whether it holds for a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The norm, in the version in force.
    pub norm: &'static Norm,
    /// Whether it holds.
    pub holds: bool,
    /// The unexpired approved exemption, where there is one.
    pub exemption: Option<String>,
}

impl Judged {
    /// Whether it counts as held: it holds, or is exempted.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.holds || self.exemption.is_some()
    }
}

/// The exemption of a rule that is in force on a day.
pub fn exemption<'b>(branch: &'b Branch, norm: &str, on: Day) -> Option<&'b Exemption> {
    branch
        .exemptions
        .iter()
        .find(|exemption| exemption.rule == norm && exemption.span.holds(on))
}

/// The set-up rules that apply to a branch on a day, each with whether it holds.
#[must_use]
pub fn rules(branch: &Branch, on: Day) -> Vec<Judged> {
    let (full, probationary) = branch.strength_on(on);
    let mut rules = Vec::new();
    let mut judge = |id: &str, holds: &dyn Fn(u32) -> bool| {
        rules.extend(norm(id, on).map(|norm| Judged {
            norm,
            holds: holds(norm.limit),
            exemption: exemption(branch, id, on).map(|one| one.id.clone()),
        }));
    };
    judge("R-101", &|least| full >= least);
    judge("R-102", &|most| full + probationary <= most);
    let owed = norm("R-119", on).is_some_and(|norm| full >= norm.limit);
    judge(if owed { "R-119" } else { "R-120" }, &|_| {
        has_committee(branch, on) == owed
    });
    if branch.kind == OrganizationKind::JointBranch {
        let covered = branch.units.iter().filter(|unit| unit.span.holds(on)).count();
        judge("R-104", &|most| {
            u32::try_from(covered).is_ok_and(|covered| covered <= most)
        });
    }
    if let Some(unit) = main_unit(branch, on) {
        judge("S-107", &|_| !deregistered(unit, on));
    }
    rules
}

/// The main unit on a day: the first of those that are covered; while none is, the one that was covered last.
#[must_use]
pub fn main_unit(branch: &Branch, on: Day) -> Option<&Unit> {
    let covered = branch.units.iter().find(|unit| unit.span.holds(on));
    let before = || {
        branch
            .units
            .iter()
            .filter(|unit| unit.span.until.is_some_and(|last| last < on))
    };
    covered.or_else(|| before().max_by_key(|unit| unit.span.until))
}

/// Whether the unit's registration has ended on or before the day.
#[must_use]
pub fn deregistered(unit: &Unit, on: Day) -> bool {
    unit.deregistered_on.is_some_and(|ended| ended <= on)
}

#[cfg(test)]
mod tests {
    use super::{Exemption, NORMS, Norm, norm, rules};
    use crate::domain::branch::{Branch, Office, Strength, Unit, tests::*};

    fn broken(branch: &Branch) -> Vec<&'static str> {
        rules(branch, day("2025-12-31"))
            .into_iter()
            .filter(|rule| !rule.counts())
            .map(|rule| rule.norm.id)
            .collect()
    }

    #[test]
    fn size_counts_probationary_members_and_the_least_counts_full_ones_only() {
        let mut one = branch();
        one.holdings = vec![holding(one.id, Office::Organisation, "2020-01-01", None)];
        one.strength = vec![Strength {
            from: day("2010-01-01"),
            full: 49,
            probationary: 1,
        }];
        assert_eq!(broken(&one), Vec::<&str>::new());
        one.strength[0].probationary = 2;
        assert_eq!(broken(&one), ["R-102"], "51 with the probationary (trap 1)");
        one.holdings.clear();
        one.strength[0] = Strength {
            from: day("2010-01-01"),
            full: 2,
            probationary: 9,
        };
        assert_eq!(broken(&one), ["R-101"]);
    }

    #[test]
    fn a_committee_is_owed_from_seven_on_and_not_below() {
        let mut one = branch();
        one.strength[0].full = 7;
        assert_eq!(broken(&one), ["R-119"]);
        one.holdings = vec![holding(one.id, Office::Publicity, "2020-01-01", None)];
        assert_eq!(broken(&one), Vec::<&str>::new());
        one.strength[0].full = 6;
        assert_eq!(broken(&one), ["R-120"], "none below seven");
    }

    #[test]
    fn only_a_joint_branch_is_asked_for_its_units_and_a_lost_host_breaks_the_rule() {
        let unit = |gone: Option<&str>| Unit {
            id: "u".into(),
            span: span("2010-01-01", None),
            deregistered_on: gone.map(day),
        };
        let mut one = branch();
        one.strength[0].full = 5;
        one.units = vec![unit(None); 6];
        assert_eq!(broken(&one), Vec::<&str>::new());
        one.kind = kernel::OrganizationKind::JointBranch;
        assert_eq!(broken(&one), ["R-104"]);
        one.units = vec![unit(Some("2025-12-31"))];
        assert_eq!(broken(&one), ["S-107"]);
    }

    #[test]
    fn a_new_host_takes_the_place_of_one_that_is_gone_and_a_gone_one_without_successor_is_named() {
        let mut one = branch();
        one.strength[0].full = 5;
        let unit = |from, until, gone: Option<&str>| Unit {
            id: "u".into(),
            span: span(from, until),
            deregistered_on: gone.map(day),
        };
        let left = unit("2010-01-01", Some("2024-12-31"), Some("2024-12-31"));
        one.units = vec![left.clone(), unit("2025-01-01", None, None)];
        assert_eq!(broken(&one), Vec::<&str>::new());
        one.units = vec![left, unit("2026-01-01", None, None)];
        assert_eq!(broken(&one), ["S-107"], "the new one is not there yet");
    }

    #[test]
    fn an_exemption_counts_until_it_expires_and_for_its_rule_alone_s_106() {
        let mut one = branch();
        one.strength[0].probationary = 90;
        assert_eq!(broken(&one), ["R-102", "R-119"]);
        let exempt = |rule: &str, until: &str| Exemption {
            id: "x1".into(),
            rule: rule.into(),
            span: span("2024-01-01", Some(until)),
        };
        one.exemptions = vec![exempt("R-102", "2025-12-31")];
        assert_eq!(broken(&one), ["R-119"]);
        one.exemptions = vec![exempt("R-102", "2025-12-30")];
        assert_eq!(broken(&one), ["R-102", "R-119"], "it ran out the day before");
        one.exemptions = vec![exempt("R-101", "2025-12-31")];
        assert_eq!(broken(&one), ["R-102", "R-119"]);
    }

    #[test]
    fn the_version_in_force_on_the_day_is_named() {
        let version = |id| norm(id, day("2025-12-31")).map(Norm::version);
        assert_eq!(version("R-102").as_deref(), Some("R-102@2018-10-28"));
        assert_eq!(version("R-103"), None, "no set-up rule");
        let texts: Vec<_> = NORMS.iter().map(|norm| (norm.id, norm.source)).collect();
        assert!(texts.iter().all(|(_, source)| source.contains("支部工作条例")));
    }
}
