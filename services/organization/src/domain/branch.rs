//! A branch as the rules see it: everything dated, so that any day can be judged.

use kernel::{
    Day, Domain, Fen, OrganizationKind, Period,
    id::{OrganizationId, PersonId},
};
use serde::{Deserialize, Serialize};

/// Something that holds from a day until a day, both included; no end while it still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Option<Day>,
}

impl Span {
    /// Whether it holds on the day.
    #[must_use]
    pub fn holds(self, on: Day) -> bool {
        self.from <= on && self.until.is_none_or(|last| on <= last)
    }

    /// Whether both hold on some day.
    #[must_use]
    pub fn meets(self, other: Span) -> bool {
        other.until.is_none_or(|last| self.from <= last) && self.until.is_none_or(|last| other.from <= last)
    }
}

/// Posts (支委职务 and others).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Office {
    /// 书记
    Secretary,
    /// 副书记
    Deputy,
    /// 组织委员
    Organisation,
    /// 宣传委员
    Publicity,
    /// 纪检委员
    Discipline,
    /// 党小组组长
    GroupLeader,
    /// 党务工作者、指导员、联络员
    Worker,
}

/// One holding of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Of what it is the record.
    pub id: String,
    /// The organization: the branch or one of its groups.
    pub organization: OrganizationId,
    /// Which post.
    pub office: Office,
    /// Who.
    pub person: PersonId,
    /// When.
    pub span: Span,
    /// Reference of its approval or filing; empty when it was neither approved nor filed.
    pub filing: String,
}

/// A term of the committee, or of the secretary where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Of what it is the record.
    pub id: String,
    /// First day.
    pub from: Day,
    /// Last day by the norm.
    pub until: Day,
    /// Last day of an approved extension.
    pub extended_until: Option<Day>,
    /// Id of the election; empty when none is on record.
    pub election: String,
    /// Reference of the approval of the extension; empty when there is none.
    pub approval: String,
}

/// The superior requires an instructor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Of what it is the record.
    pub id: String,
    /// When.
    pub span: Span,
}

/// An approved exemption from a set-up rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// Of what it is the record.
    pub id: String,
    /// The norm of the rule.
    pub rule: String,
    /// When; it always expires.
    pub span: Span,
}

/// A host unit that the branch covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Of what it is the record.
    pub id: String,
    /// When it is covered.
    pub span: Span,
    /// Day of its deregistration.
    pub deregistered_on: Option<Day>,
}

/// A site assigned to the branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Of what it is the record.
    pub id: String,
    /// When it is assigned.
    pub span: Span,
    /// Words of the code table.
    pub functions: Vec<String>,
    /// Reference of the sharing agreement; empty for an own site.
    pub shared_under: String,
}

/// A fund line with a year's standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundLine {
    /// Of what it is the record.
    pub id: String,
    /// The line.
    pub line: String,
    /// The year.
    pub year: i32,
    /// Its standard for a whole year.
    pub standard: Fen,
}

/// A movement of a fund line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Of what it is the record.
    pub id: String,
    /// The line.
    pub line: String,
    /// The day.
    pub on: Day,
    /// Allotted above zero, spent below.
    pub amount: Fen,
    /// What for; empty when missing.
    pub purpose: String,
    /// Voucher; empty when missing.
    pub voucher: String,
}

/// A slot of the governance structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Of what it is the record.
    pub id: String,
    /// Kind, a word of the code table.
    pub kind: String,
    /// When it is held.
    pub span: Span,
    /// Whether the body is recorded as not yet formed, with its reason.
    pub not_formed: bool,
}

/// How many members a branch has from a day on, as member says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    /// First day.
    pub from: Day,
    /// Full members.
    pub full: u32,
    /// Probationary members.
    pub probationary: u32,
}

/// A branch and everything that is judged about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The branch.
    pub id: OrganizationId,
    /// Its kind.
    pub kind: OrganizationKind,
    /// Its domain.
    pub domain: Option<Domain>,
    /// When it exists.
    pub exists: Span,
    /// Whether it leads its village or community.
    pub leads_area: bool,
    /// Its members through time, by first day.
    pub strength: Vec<Strength>,
    /// Its party groups, each with the time in which it stood below the branch.
    pub groups: Vec<(OrganizationId, Span)>,
    /// Holdings of posts, of its groups too.
    pub holdings: Vec<Holding>,
    /// Terms.
    pub terms: Vec<Term>,
    /// Units, the main one first.
    pub units: Vec<Unit>,
    /// Sites.
    pub sites: Vec<Site>,
    /// Fund lines.
    pub fund_lines: Vec<FundLine>,
    /// Movements.
    pub movements: Vec<Movement>,
    /// Governance slots.
    pub slots: Vec<Slot>,
    /// When the superior requires an instructor.
    pub requirements: Vec<Requirement>,
    /// Exemptions from set-up rules.
    pub exemptions: Vec<Exemption>,
}

impl Branch {
    /// The part of a period in which the branch exists.
    #[must_use]
    pub fn period(&self, year: Period) -> Option<Period> {
        year.clip(self.exists.from, self.exists.until)
    }

    /// Full and probationary members on a day.
    #[must_use]
    pub fn strength_on(&self, on: Day) -> (u32, u32) {
        let now = self
            .strength
            .iter()
            .filter(|s| s.from <= on)
            .max_by_key(|s| s.from);
        now.map_or((0, 0), |s| (s.full, s.probationary))
    }

    /// Who holds a post of the branch on a day.
    pub fn holders(&self, office: Office, on: Day) -> impl Iterator<Item = &Holding> {
        let own = self.id;
        self.holdings
            .iter()
            .filter(move |h| h.organization == own && h.office == office && h.span.holds(on))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::domain) fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    pub(in crate::domain) fn span(from: &str, until: Option<&str>) -> Span {
        Span {
            from: day(from),
            until: until.map(day),
        }
    }

    pub(in crate::domain) fn branch() -> Branch {
        Branch {
            id: OrganizationId::new(),
            kind: OrganizationKind::Branch,
            domain: Some(Domain::Rural),
            exists: span("2010-01-01", None),
            leads_area: true,
            strength: vec![Strength {
                from: day("2010-01-01"),
                full: 12,
                probationary: 1,
            }],
            groups: Vec::new(),
            holdings: Vec::new(),
            terms: Vec::new(),
            units: Vec::new(),
            sites: Vec::new(),
            fund_lines: Vec::new(),
            movements: Vec::new(),
            slots: Vec::new(),
            requirements: Vec::new(),
            exemptions: Vec::new(),
        }
    }

    pub(in crate::domain) fn holding(
        at: OrganizationId,
        office: Office,
        from: &str,
        until: Option<&str>,
    ) -> Holding {
        let id = format!("{office:?} {from}");
        Holding {
            id,
            organization: at,
            office,
            person: PersonId::new(),
            span: span(from, until),
            filing: "f1".into(),
        }
    }

    #[test]
    fn strength_is_that_of_the_last_change() {
        let mut one = branch();
        one.strength.push(Strength {
            from: day("2025-06-01"),
            full: 2,
            probationary: 0,
        });
        assert_eq!(one.strength_on(day("2025-05-31")), (12, 1));
        assert_eq!(one.strength_on(day("2025-06-01")), (2, 0));
        assert_eq!(one.strength_on(day("2009-01-01")), (0, 0));
    }
}
