//! Who acts as what in the procedures: enough different persons for every `apart` of star rating,
//! rectification and resource admission.
//!
//! | at | role and how many |
//! |---|---|
//! | a branch | secretary 1, clerk 1 (organisation member, else the secretary); where the post of secretary is empty, somebody stands in with the role alone, since posts tell the vacancy |
//! | a general branch | secretary 1, clerk 1 |
//! | a committee, work committee | secretary 1, clerk 3, library 1 |
//! | the county committee | secretary 1, clerk 2, org_dept 4, org_dept_lead 2, department 2, inspector 2, library 2, security 1, auditor 1 |
//! | the city committee | secretary 1, clerk 1, org_dept 3, org_dept_lead 1, library 2, auditor 1 |
//! | the province committee | secretary 1, org_dept 1 |

use kernel::{
    Day, Domain, Role,
    day::add_days,
    organization::{Level, OrganizationKind},
};

use super::{
    County, PersonIx, day,
    people::Crowd,
    posts::{Body, Post, PostKind, Term},
};

/// One role of a person at an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Where.
    pub organization: usize,
    /// What.
    pub role: Role,
    /// Who.
    pub person: PersonIx,
    /// First day.
    pub from: Day,
    /// Last day; none while it runs.
    pub until: Option<Day>,
}

/// Gives every organization the people that its procedures need.
pub(super) fn grant(county: &mut County, seed: u64) {
    for branch in 0..county.organizations.len() {
        if county.organizations[branch].is_branch() {
            at_branch(county, branch);
        }
    }
    let mut taken = vec![false; county.persons.len()];
    let in_posts = county.posts.iter().map(|post| post.person);
    let working = county.workers.iter().map(|worker| worker.person);
    let standing_in = county.grants.iter().map(|grant| grant.person);
    for person in in_posts.chain(working).chain(standing_in) {
        taken[person as usize] = true;
    }
    let mut crowd = Crowd::new(county, seed.rotate_left(17));
    let mut officers = Officers {
        taken,
        pools: pools(county),
        crowd: &mut crowd,
    };
    for at in 0..county.organizations.len() {
        officers.appoint(county, at);
    }
}

/// The roles follow the posts; the clerk is the organisation member, else the secretary.
fn at_branch(county: &mut County, branch: usize) {
    let posts: Vec<Post> = county.posts_of(branch).to_vec();
    let has_clerk = posts.iter().any(|post| post.kind == PostKind::Organisation);
    for post in &posts {
        let roles: &[Role] = match post.kind {
            PostKind::Secretary if has_clerk => &[Role::Secretary],
            PostKind::Secretary => &[Role::Secretary, Role::Clerk],
            PostKind::Organisation => &[Role::Clerk],
            _ => &[],
        };
        give(county, branch, roles, post.person, (post.from, post.until));
    }
    let secretaries = posts.iter().filter(|post| post.kind == PostKind::Secretary);
    let Some(last) = secretaries.max_by_key(|post| post.from) else {
        return;
    };
    let Some(until) = last.until else { return };
    let others = posts
        .iter()
        .map(|post| post.person)
        .chain(county.members(branch).iter().map(|m| m.person));
    if let Some(acting) = others.into_iter().find(|person| *person != last.person) {
        let roles: &[Role] = if has_clerk {
            &[Role::Secretary]
        } else {
            &[Role::Secretary, Role::Clerk]
        };
        give(county, branch, roles, acting, (add_days(until, 1), None));
    }
}

fn give(
    county: &mut County,
    organization: usize,
    roles: &[Role],
    person: PersonIx,
    days: (Day, Option<Day>),
) {
    let (from, until) = days;
    for role in roles {
        county.grants.push(Grant {
            organization,
            role: *role,
            person,
            from,
            until,
        });
    }
}

/// Whose members serve as officers of an organization: its own branches', else those of the county's organs.
fn pools(county: &County) -> Vec<Vec<PersonIx>> {
    let mut pools = vec![Vec::new(); county.organizations.len()];
    let start = day(county.year, 1, 1);
    for (branch, organization) in county.branches() {
        let full: Vec<PersonIx> = county
            .members(branch)
            .iter()
            .filter(|m| m.is_full(start))
            .map(|m| m.person)
            .collect();
        let own = organization.parent.filter(|above| {
            let above = &county.organizations[*above];
            let unit_committee = above.kind == OrganizationKind::Committee && !above.units.is_empty();
            let general = above.kind == OrganizationKind::GeneralBranch;
            unit_committee
                || general
                || (organization.domain == Some(Domain::Organ) && above.division_code.len() == 9)
        });
        let fallback = organization
            .county
            .filter(|_| organization.domain == Some(Domain::Organ));
        if let Some(at) = own.or(fallback) {
            pools[at].extend(full);
        }
    }
    pools
}

struct Officers<'a> {
    taken: Vec<bool>,
    pools: Vec<Vec<PersonIx>>,
    crowd: &'a mut Crowd,
}

impl Officers<'_> {
    fn appoint(&mut self, county: &mut County, at: usize) {
        let organization = &county.organizations[at];
        let wanted: &[(Role, usize)] = match (organization.level, organization.kind) {
            (Some(Level::Province), _) => &[(Role::Secretary, 1), (Role::OrgDept, 1)],
            (Some(Level::City), _) => &[
                (Role::Secretary, 1),
                (Role::Clerk, 1),
                (Role::OrgDept, 3),
                (Role::OrgDeptLead, 1),
                (Role::Library, 2),
                (Role::Auditor, 1),
            ],
            (Some(Level::County), _) => &[
                (Role::Secretary, 1),
                (Role::Clerk, 2),
                (Role::OrgDept, 4),
                (Role::OrgDeptLead, 2),
                (Role::Department, 2),
                (Role::Inspector, 2),
                (Role::Library, 2),
                (Role::Security, 1),
                (Role::Auditor, 1),
            ],
            (None, OrganizationKind::GeneralBranch) => &[(Role::Secretary, 1), (Role::Clerk, 1)],
            (None, kind) if kind.approves() => &[(Role::Secretary, 1), (Role::Clerk, 3), (Role::Library, 1)],
            _ => return,
        };
        let from = day(county.year - 3, 3, 1);
        for (role, many) in wanted {
            for _ in 0..*many {
                let person = self.next(county, at);
                county.grants.push(Grant {
                    organization: at,
                    role: *role,
                    person,
                    from,
                    until: None,
                });
                if *role == Role::Secretary {
                    seat(county, at, person, from);
                }
            }
        }
    }

    /// The next person of the pool who holds nothing yet; from outside these branches when it is empty.
    fn next(&mut self, county: &mut County, at: usize) -> PersonIx {
        let above = county.organizations[at].county.unwrap_or(at);
        for pool in [at, above] {
            while let Some(person) = self.pools[pool].pop() {
                if !self.taken[person as usize] {
                    self.taken[person as usize] = true;
                    return person;
                }
            }
        }
        self.crowd.outsider(county, Domain::Organ, 45)
    }
}

/// The secretary of a committee holds the post too, in a running term of five years.
fn seat(county: &mut County, at: usize, person: PersonIx, from: Day) {
    county.terms.push(Term {
        organization: at,
        body: Body::Committee,
        from,
        until: day(county.year + 2, 2, 28),
        extended_until: None,
    });
    let filing = Some(format!("任〔{}〕{at}号", county.year - 3));
    county.posts.push(Post {
        organization: at,
        kind: PostKind::Secretary,
        person,
        from,
        until: None,
        filing,
    });
}
