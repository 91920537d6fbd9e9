//! Branches with everything that is judged about them, a batch at a time: a handful of selects, whatever their number.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use access::Node;
use kernel::{Day, OrganizationKind, RpcError, id::OrganizationId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use storage::{Reading, fault};
use uuid::Uuid;

use super::{entities::organization, organizations, posts, records, strengths};
use crate::domain::{
    branch::{Branch, Exemption, FundLine, Holding, Movement, Requirement, Site, Slot, Span, Term, Unit},
    record::Body,
};

/// The branches given, in the order given, each of the kind and domain that it had on a day, or on its last one.
pub async fn load(read: &impl Reading, nodes: &[Arc<Node>], on: Day) -> Result<Vec<Branch>, RpcError> {
    let ids: Vec<OrganizationId> = nodes.iter().map(|node| node.id).collect();
    let leading = leading(read, &ids).await?;
    let mut by_branch: HashMap<OrganizationId, Branch> = nodes
        .iter()
        .map(|node| (node.id, bare(node, leading.contains(&node.id))))
        .collect();
    for (branch, kind, domain) in organizations::kinds(read, &ids, on).await? {
        if let Some(branch) = by_branch.get_mut(&branch) {
            (branch.kind, branch.domain) = (kind, domain);
        }
    }
    // Posts of a group concern each branch below which it ever stood.
    let mut concerned: BTreeMap<OrganizationId, BTreeSet<OrganizationId>> =
        ids.iter().map(|id| (*id, BTreeSet::from([*id]))).collect();
    for (branch, group, span) in groups(read, &ids).await? {
        if let Some(above) = by_branch.get_mut(&branch) {
            above.groups.push((group, span));
            concerned.entry(group).or_default().insert(branch);
        }
    }
    for (branch, strength) in strengths::of(read, &ids).await? {
        if let Some(branch) = by_branch.get_mut(&branch) {
            branch.strength.push(strength);
        }
    }
    let everyone: Vec<OrganizationId> = concerned.keys().copied().collect();
    for post in posts::of(read, &everyone).await? {
        for branch in concerned.get(&post.organization).into_iter().flatten() {
            if let Some(branch) = by_branch.get_mut(branch) {
                branch.holdings.push(holding(&post));
            }
        }
    }
    for record in records::of(read, &ids).await? {
        if let Some(branch) = by_branch.get_mut(&record.organization) {
            add(branch, record);
        }
    }
    Ok(ids.iter().filter_map(|id| by_branch.remove(id)).collect())
}

/// The party groups that ever stood below some branches, each with its branch and when.
async fn groups(
    read: &impl Reading,
    branches: &[OrganizationId],
) -> Result<Vec<(OrganizationId, OrganizationId, Span)>, RpcError> {
    let below = organizations::below(read, branches).await?;
    let groups = below
        .into_iter()
        .filter(|one| one.who.kind == OrganizationKind::PartyGroup);
    Ok(groups
        .map(|one| {
            let span = Span {
                from: one.from,
                until: one.who.dissolved_on,
            };
            (one.parent, one.id, span)
        })
        .collect())
}

async fn leading(read: &impl Reading, ids: &[OrganizationId]) -> Result<HashSet<OrganizationId>, RpcError> {
    let rows = organization::Entity::find()
        .filter(organization::Column::Id.is_in(ids.iter().map(|id| Uuid::from(*id))))
        .filter(organization::Column::LeadsArea.eq(true))
        .all(read.db())
        .await
        .map_err(fault)?;
    Ok(rows.into_iter().map(|row| row.id.into()).collect())
}

fn existence(node: &Node) -> Span {
    Span {
        from: node.founded_on,
        until: node.dissolved_on,
    }
}

fn bare(node: &Node, leads_area: bool) -> Branch {
    Branch {
        id: node.id,
        kind: node.kind,
        domain: node.domain,
        exists: existence(node),
        leads_area,
        strength: Vec::new(),
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

fn holding(post: &posts::Kept) -> Holding {
    Holding {
        id: post.id.to_string(),
        organization: post.organization,
        office: post.office,
        person: post.person,
        span: post.span,
        filing: post.filing.clone(),
    }
}

fn add(branch: &mut Branch, record: records::Kept) {
    let id = record.id.to_string();
    match record.body {
        Body::Unit {
            from,
            until,
            deregistered_on,
            ..
        } => {
            branch.units.push(Unit {
                id,
                span: Span { from, until },
                deregistered_on,
            });
        }
        Body::Term {
            from,
            until,
            extended_until,
            election,
            approval,
            ..
        } => {
            branch.terms.push(Term {
                id,
                from,
                until,
                extended_until,
                election,
                approval,
            });
        }
        Body::InstructorRequirement { from, until, .. } => {
            branch.requirements.push(Requirement {
                id,
                span: Span { from, until },
            });
        }
        Body::SetupExemption {
            rule, from, until, ..
        } => {
            branch.exemptions.push(Exemption {
                id,
                rule,
                span: Span {
                    from,
                    until: Some(until),
                },
            });
        }
        Body::Site {
            functions,
            from,
            until,
            shared_under,
            ..
        } => {
            branch.sites.push(Site {
                id,
                span: Span { from, until },
                functions,
                shared_under,
            });
        }
        Body::FundLine { line, year, standard } => branch.fund_lines.push(FundLine {
            id,
            line,
            year,
            standard,
        }),
        Body::FundMovement {
            line,
            on,
            amount,
            purpose,
            voucher,
        } => {
            branch.movements.push(Movement {
                id,
                line,
                on,
                amount,
                purpose,
                voucher,
            });
        }
        Body::Slot {
            slot,
            from,
            until,
            not_formed_reason,
            ..
        } => {
            let not_formed = !not_formed_reason.is_empty();
            branch.slots.push(Slot {
                id,
                kind: slot,
                span: Span { from, until },
                not_formed,
            });
        }
    }
}
