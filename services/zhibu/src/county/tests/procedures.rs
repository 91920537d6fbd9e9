//! Enough people for the procedures, and bookings that go through as planned.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Role, organization::Level};

use super::{CITY, made, shipped};
use crate::county::{
    PersonIx,
    library::{Outcome, ResourceKind},
};

#[test]
fn every_committee_has_enough_different_people_for_each_apart_rule() {
    for county in [shipped(), made(CITY, 5)] {
        let mut holders: BTreeMap<(usize, Role), BTreeSet<PersonIx>> = BTreeMap::new();
        let mut everybody: BTreeMap<usize, Vec<PersonIx>> = BTreeMap::new();
        for grant in county.grants.iter().filter(|grant| grant.until.is_none()) {
            holders
                .entry((grant.organization, grant.role))
                .or_default()
                .insert(grant.person);
            everybody
                .entry(grant.organization)
                .or_default()
                .push(grant.person);
        }
        let many = |at, role| holders.get(&(at, role)).map_or(0, BTreeSet::len);
        for (at, organization) in county.organizations.iter().enumerate() {
            let wanted: &[(Role, usize)] = match organization.level {
                Some(Level::County) => &[
                    (Role::Clerk, 2),
                    (Role::OrgDept, 4),
                    (Role::OrgDeptLead, 2),
                    (Role::Department, 2),
                    (Role::Inspector, 2),
                    (Role::Library, 2),
                    (Role::Auditor, 1),
                ],
                None if organization.kind.approves() => {
                    &[(Role::Secretary, 1), (Role::Clerk, 3), (Role::Library, 1)]
                }
                None if organization.kind.is_rated() => &[(Role::Secretary, 1), (Role::Clerk, 1)],
                _ => &[],
            };
            for (role, least) in wanted {
                let alone = organization.is_branch() && county.members(at).len() < 2;
                assert!(
                    alone || many(at, *role) >= *least,
                    "{role} at {}",
                    organization.name
                );
            }
            if !organization.is_branch() {
                let people = everybody.get(&at).cloned().unwrap_or_default();
                let different: BTreeSet<PersonIx> = people.iter().copied().collect();
                assert_eq!(
                    different.len(),
                    people.len(),
                    "one role a person at {}",
                    organization.name
                );
            }
        }
    }
}

#[test]
fn whoever_administers_security_or_audit_does_nothing_else_n_20() {
    let county = shipped();
    let administers = |role: Role| matches!(role, Role::Security | Role::Auditor);
    let administrators: Vec<_> = county.grants.iter().filter(|one| administers(one.role)).collect();
    assert!(administrators.len() >= 3);
    for one in administrators {
        let held = county.grants.iter().filter(|other| other.person == one.person);
        assert_eq!(held.count(), 1, "{:?}", one.role);
    }
}

#[test]
fn bookings_conflict_exactly_where_one_must_be_refused_s_210() {
    let county = shipped();
    let mut taken = BTreeSet::new();
    let mut outcomes = BTreeMap::<&str, usize>::new();
    for booking in &county.bookings {
        assert!(booking.made_on < booking.on && booking.from_hour < booking.to_hour);
        for (resource, quantity) in &booking.lines {
            let resource = &county.resources[*resource];
            assert!(
                county.is_below(booking.branch, resource.owner),
                "inside the service area"
            );
            assert!((1..=resource.capacity()).contains(quantity));
        }
        let clash = booking
            .lines
            .iter()
            .any(|(resource, _)| taken.contains(&(*resource, booking.on)));
        assert_eq!(clash, booking.outcome == Outcome::Refused, "{booking:?}");
        if !clash {
            taken.extend(booking.lines.iter().map(|(resource, _)| (*resource, booking.on)));
        }
        let name = match booking.outcome {
            Outcome::Kept => "kept",
            Outcome::Missed => "missed",
            Outcome::Cancelled(_) => "cancelled",
            Outcome::Refused => "refused",
        };
        *outcomes.entry(name).or_default() += 1;
    }
    assert_eq!(outcomes["refused"], 1);
    assert!(
        outcomes["missed"] >= 10 && outcomes["cancelled"] >= 5 && outcomes["kept"] >= 80,
        "{outcomes:?}"
    );
    let bundle = county
        .bookings
        .iter()
        .find(|booking| booking.lines.len() == 4)
        .expect("a bundle");
    let libraries: BTreeSet<u8> = bundle
        .lines
        .iter()
        .map(|(resource, _)| match county.resources[*resource].kind {
            ResourceKind::Trainer { .. } => 0,
            ResourceKind::Venue { .. } => 1,
            ResourceKind::Material { .. } => 2,
            ResourceKind::Course { .. } => 3,
        })
        .collect();
    assert_eq!(libraries.len(), 4);
}
