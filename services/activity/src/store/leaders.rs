//! Holders of branch posts and leading cadres, as the feeds told them.

use std::collections::HashMap;

use kernel::{RpcError, id::OrganizationId};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use storage::{Reading, fault};
use uuid::Uuid;

use super::entities::{cadre, post};
use crate::domain::{
    leader::{Leader, Standing},
    meeting::Existence,
};

/// Offices as the contract numbers them: the secretary, the last one with a seat beside him, and those of a
/// committee's members, who make a committee.
const SECRETARY: i32 = 1;
const DEPUTY: i32 = 2;
const DISCIPLINE: i32 = 5;

/// Posts of a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posts {
    /// Who leads it: secretary, deputy, members of the committee.
    pub leaders: Vec<Leader>,
    /// When somebody held a seat that only a committee has.
    pub committee: Vec<Existence>,
}

/// The posts of some branches.
pub async fn posts(
    read: &impl Reading,
    branches: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Posts>, RpcError> {
    let rows = post::Entity::find()
        .filter(post::Column::OrganizationId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(post::Column::Office.between(SECRETARY, DISCIPLINE))
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut found: HashMap<OrganizationId, Posts> = HashMap::with_capacity(branches.len());
    for row in rows {
        let days = Existence {
            from: row.valid_from,
            until: row.valid_until,
        };
        let standing = if row.office == SECRETARY {
            Standing::Secretary
        } else {
            Standing::Officer
        };
        let posts = found.entry(row.organization_id.into()).or_default();
        posts.leaders.push(Leader {
            person: row.person_id.into(),
            standing,
            days,
        });
        if row.office > DEPUTY {
            posts.committee.push(days);
        }
    }
    Ok(found)
}

/// The leading cadres of some branches.
pub async fn cadres(
    read: &impl Reading,
    branches: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Vec<Leader>>, RpcError> {
    let rows = cadre::Entity::find()
        .filter(cadre::Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .all(read.db())
        .await
        .map_err(fault)?;
    let mut found: HashMap<OrganizationId, Vec<Leader>> = HashMap::new();
    for row in rows {
        let days = Existence {
            from: row.valid_from,
            until: row.valid_until,
        };
        let leader = Leader {
            person: row.person_id.into(),
            standing: Standing::Cadre,
            days,
        };
        found.entry(row.branch_id.into()).or_default().push(leader);
    }
    Ok(found)
}
