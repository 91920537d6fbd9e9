//! The tree, its groups, the units that carry it, and who holds which post.

use kernel::{Day, OrganizationKind};
use proto::organization::v1::{Office, OrganizationRow, PostRow, RoleAssignment, UnitRow};
use wire::words;

use super::{Known, Sight, external, known, line, text};
use crate::county::{County, posts::PostKind, roles::Grant};

/// Edition of the administrative codes (data/README.md).
const EDITION: i32 = 2023;

/// Organizations below the root, then the party groups of branches; parents first.
#[must_use]
pub fn organizations(sight: &Sight<'_>) -> Vec<OrganizationRow> {
    let own = sight.changed(sight.county.organizations.len(), |at, on| {
        organization(sight, at, on)
    });
    let groups = sight.changed(sight.county.groups.len(), |at, on| group(sight, at, on));
    own.into_iter().chain(groups).collect()
}

fn organization(sight: &Sight<'_>, at: usize, on: Day) -> Option<OrganizationRow> {
    let organization = &sight.county.organizations[at];
    let parent = &sight.county.organizations[organization.parent?];
    (organization.founded <= on).then(|| OrganizationRow {
        line: line(at),
        external_id: external(&organization.external_id),
        parent: external(&parent.external_id),
        name: organization.name.clone(),
        kind: words::kind_number(organization.kind),
        level: organization.level.map(words::level_number).unwrap_or_default(),
        domain: organization.domain.map(words::domain_number).unwrap_or_default(),
        founded_on: text(organization.founded),
        dissolved_on: String::new(),
        admin_code: organization.division_code.clone(),
        admin_edition: EDITION,
        leads_area: organization.leads_area,
    })
}

fn group(sight: &Sight<'_>, at: usize, on: Day) -> Option<OrganizationRow> {
    let group = &sight.county.groups[at];
    let branch = &sight.county.organizations[group.branch];
    (group.founded <= on).then(|| OrganizationRow {
        line: line(sight.county.organizations.len() + at),
        external_id: external(&group.external_id),
        parent: external(&branch.external_id),
        name: group.name.clone(),
        kind: words::kind_number(OrganizationKind::PartyGroup),
        founded_on: text(group.founded),
        ..OrganizationRow::default()
    })
}

/// Units, each with the organization that it carries, the main one of an organization first. A unit that lost
/// its registration is sent again with the day.
#[must_use]
pub fn units(sight: &Sight<'_>) -> Vec<(usize, UnitRow)> {
    let carried: Vec<(usize, usize)> = sight
        .county
        .organizations
        .iter()
        .enumerate()
        .flat_map(|(at, organization)| organization.units.iter().map(move |unit| (at, *unit)))
        .collect();
    sight.changed(carried.len(), |nth, on| {
        let (at, unit) = carried[nth];
        let unit = &sight.county.units[unit];
        let since = sight.county.organizations[at].founded;
        (since <= on).then(|| {
            let row = UnitRow {
                line: line(nth),
                organization_id: sight.known.organization(at),
                name: unit.name.clone(),
                credit_code: unit.uscc.clone(),
                carrier: unit.kind.code().into(),
                from: text(since),
                until: String::new(),
                deregistered_on: known(unit.deregistered_on, on),
            };
            (at, row)
        })
    })
}

/// Posts of branches and committees, leaders of groups, and those who do Party work.
#[must_use]
pub fn posts(sight: &Sight<'_>) -> Vec<(usize, PostRow)> {
    let (posts, groups) = (&sight.county.posts, &sight.county.groups);
    let workers = &sight.county.workers;
    let mut rows = sight.changed(posts.len(), |at, on| post(sight, at, on));
    rows.extend(sight.changed(groups.len(), |at, on| leader(sight, at, on)));
    rows.extend(sight.changed(workers.len(), |at, on| worker(sight, at, on)));
    rows
}

fn post(sight: &Sight<'_>, at: usize, on: Day) -> Option<(usize, PostRow)> {
    let post = &sight.county.posts[at];
    let office = match post.kind {
        PostKind::Secretary => Office::Secretary,
        PostKind::Deputy => Office::Deputy,
        PostKind::Organisation => Office::Organisation,
        PostKind::Publicity => Office::Publicity,
        PostKind::Discipline => Office::Discipline,
    };
    (post.from <= on).then(|| {
        let row = PostRow {
            line: line(at),
            external_id: external(format!("{}-p{at:06}", sight.county.code)),
            organization_id: sight.known.organization(post.organization),
            office: office.into(),
            person_id: sight.known.person(post.person),
            from: text(post.from),
            until: known(post.until, on),
            filing: post.filing.clone().unwrap_or_default(),
        };
        (post.organization, row)
    })
}

fn leader(sight: &Sight<'_>, at: usize, on: Day) -> Option<(usize, PostRow)> {
    let group = &sight.county.groups[at];
    let leader = group.leader.filter(|_| group.founded <= on)?;
    let row = PostRow {
        line: line(sight.county.posts.len() + at),
        external_id: external(format!("{}-leader", group.external_id)),
        organization_id: sight.known.groups[at].clone(),
        office: Office::GroupLeader.into(),
        person_id: sight.known.person(leader),
        from: text(group.founded),
        ..PostRow::default()
    };
    Some((group.branch, row))
}

fn worker(sight: &Sight<'_>, at: usize, on: Day) -> Option<(usize, PostRow)> {
    let worker = &sight.county.workers[at];
    (worker.from <= on).then(|| {
        let row = PostRow {
            line: line(sight.county.posts.len() + sight.county.groups.len() + at),
            external_id: external(format!("{}-w{at:05}", sight.county.code)),
            organization_id: sight.known.organization(worker.branch),
            office: Office::Worker.into(),
            person_id: sight.known.person(worker.person),
            from: text(worker.from),
            until: known(worker.until, on),
            filing: String::new(),
        };
        (worker.branch, row)
    })
}

/// Roles that begin at this stage; an end that is known is sent along.
#[must_use]
pub fn roles(sight: &Sight<'_>) -> Vec<RoleAssignment> {
    let grants = sight.county.grants.iter().filter(|grant| sight.now(grant.from));
    grants.map(|grant| role(sight.known, grant)).collect()
}

/// Roles that begin on a day, of persons and at organizations that are known by then.
#[must_use]
pub fn roles_of(county: &County, known: &Known, day: Day) -> Vec<RoleAssignment> {
    let grants = county.grants.iter().filter(|grant| grant.from == day);
    let grants = grants.map(|grant| role(known, grant));
    grants
        .filter(|role| !role.subject.is_empty() && !role.organization_id.is_empty())
        .collect()
}

fn role(known: &Known, grant: &Grant) -> RoleAssignment {
    RoleAssignment {
        subject: known.person(grant.person),
        role: grant.role.code().into(),
        organization_id: known.organization(grant.organization),
        from: text(grant.from),
        until: grant.until.map(text).unwrap_or_default(),
    }
}
