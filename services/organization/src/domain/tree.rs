//! Which organization may stand where.

use kernel::{Day, Domain, Level, OrganizationKind};

use crate::error::OrganizationError;

/// What is to stand below a parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its kind.
    pub kind: OrganizationKind,
    /// Its level, for local committees.
    pub level: Option<Level>,
    /// Its domain, for branches.
    pub domain: Option<Domain>,
    /// First day.
    pub founded_on: Day,
    /// Last day.
    pub dissolved_on: Option<Day>,
}

impl Candidate {
    /// As what stands above others.
    #[must_use]
    pub fn above(&self) -> Above {
        Above {
            kind: self.kind,
            level: self.level,
            founded_on: self.founded_on,
            dissolved_on: self.dissolved_on,
        }
    }
}

/// What is known of the parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Above {
    /// Its kind.
    pub kind: OrganizationKind,
    /// Its level, for local committees.
    pub level: Option<Level>,
    /// First day.
    pub founded_on: Day,
    /// Last day.
    pub dissolved_on: Option<Day>,
}

/// Whether the candidate may stand below the parent.
///
/// A party group stands below a branch and nothing else does; a branch has a domain and nothing else has; a
/// local committee has a level, lower than that of the one above; the parent's existence covers the child's (global
/// invariant 1).
pub fn may_stand(candidate: &Candidate, above: &Above) -> Result<(), OrganizationError> {
    let ends_before_it_starts = candidate
        .dissolved_on
        .is_some_and(|last| last < candidate.founded_on);
    if ends_before_it_starts {
        return Err(OrganizationError::EndBeforeStart);
    }
    if candidate.kind.is_branch() != candidate.domain.is_some() {
        return Err(if candidate.domain.is_none() {
            OrganizationError::DomainMissing
        } else {
            OrganizationError::DomainNotApplicable
        });
    }
    if (candidate.kind == OrganizationKind::LocalCommittee) != candidate.level.is_some()
        || !fits(candidate, above)
    {
        return Err(OrganizationError::KindNotAllowedHere);
    }
    let starts_too_early = candidate.founded_on < above.founded_on;
    let lasts_too_long = above
        .dissolved_on
        .is_some_and(|last| candidate.dissolved_on.is_none_or(|own| own > last));
    if starts_too_early || lasts_too_long {
        return Err(OrganizationError::ChildOutlivesParent);
    }
    Ok(())
}

fn fits(candidate: &Candidate, above: &Above) -> bool {
    use OrganizationKind::{GeneralBranch, LocalCommittee, PartyGroup};
    match (candidate.kind, above.kind) {
        (PartyGroup, parent) => parent.is_branch(),
        (_, PartyGroup) => false,
        (_, parent) if parent.is_branch() => false,
        (LocalCommittee, parent) => parent == LocalCommittee && above.level < candidate.level,
        (kind, GeneralBranch) => kind.is_branch(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().expect("day")
    }

    fn branch() -> Candidate {
        Candidate {
            kind: OrganizationKind::Branch,
            level: None,
            domain: Some(Domain::Rural),
            founded_on: day("2010-01-01"),
            dissolved_on: None,
        }
    }

    fn town() -> Above {
        Above {
            kind: OrganizationKind::Committee,
            level: None,
            founded_on: day("2000-01-01"),
            dissolved_on: None,
        }
    }

    #[test]
    fn a_branch_has_a_domain_and_nothing_else_has() {
        assert_eq!(may_stand(&branch(), &town()), Ok(()));
        let without = Candidate {
            domain: None,
            ..branch()
        };
        assert_eq!(
            may_stand(&without, &town()),
            Err(OrganizationError::DomainMissing)
        );
        let committee = Candidate {
            kind: OrganizationKind::Committee,
            ..branch()
        };
        assert_eq!(
            may_stand(&committee, &town()),
            Err(OrganizationError::DomainNotApplicable)
        );
    }

    #[test]
    fn a_parent_covers_its_child_in_time() {
        let early = Candidate {
            founded_on: day("1999-12-31"),
            ..branch()
        };
        assert_eq!(
            may_stand(&early, &town()),
            Err(OrganizationError::ChildOutlivesParent)
        );
        let ended = Above {
            dissolved_on: Some(day("2020-01-01")),
            ..town()
        };
        assert_eq!(
            may_stand(&branch(), &ended),
            Err(OrganizationError::ChildOutlivesParent)
        );
        let in_time = Candidate {
            dissolved_on: Some(day("2019-12-31")),
            ..branch()
        };
        assert_eq!(may_stand(&in_time, &ended), Ok(()));
        let backward = Candidate {
            dissolved_on: Some(day("2009-12-31")),
            ..branch()
        };
        assert_eq!(
            may_stand(&backward, &town()),
            Err(OrganizationError::EndBeforeStart)
        );
    }

    #[test]
    fn a_county_stands_below_a_city_or_the_province_and_never_below_a_county() {
        let local = |level| Above {
            kind: OrganizationKind::LocalCommittee,
            level: Some(level),
            ..town()
        };
        let county = Candidate {
            kind: OrganizationKind::LocalCommittee,
            level: Some(Level::County),
            domain: None,
            ..branch()
        };
        assert_eq!(may_stand(&county, &local(Level::City)), Ok(()));
        assert_eq!(may_stand(&county, &local(Level::Province)), Ok(()));
        for above in [local(Level::County), town()] {
            assert_eq!(
                may_stand(&county, &above),
                Err(OrganizationError::KindNotAllowedHere)
            );
        }
    }

    #[test]
    fn nothing_but_a_party_group_stands_below_a_branch() {
        let below = Above {
            kind: OrganizationKind::Branch,
            ..town()
        };
        assert_eq!(
            may_stand(&branch(), &below),
            Err(OrganizationError::KindNotAllowedHere)
        );
        let group = Candidate {
            kind: OrganizationKind::PartyGroup,
            domain: None,
            ..branch()
        };
        assert_eq!(may_stand(&group, &below), Ok(()));
        assert_eq!(
            may_stand(&group, &town()),
            Err(OrganizationError::KindNotAllowedHere)
        );
    }
}
