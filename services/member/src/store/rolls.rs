//! The rolls of branches: who belongs to them, their strength from day to day, and the lock that keeps two writers of
//! one branch apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::{
    Day, Period, RpcError,
    id::{OrganizationId, PersonId, RecordId},
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait,
    sea_query::{Alias, CaseStatement, Expr, OnConflict, Order, Query},
};
use storage::{Reading, Tx, fault};
use uuid::Uuid;

use super::entities::{person, stay, strength};
use crate::domain::{
    membership::{Dates, Stay},
    strength::{Steps, Strength},
};

const BATCH: usize = 500;

/// Locks branches until the unit of work ends, always in the same order: whoever changes the members of a branch, or
/// a person in it, does so alone.
pub async fn lock(tx: &Tx, branches: &BTreeSet<OrganizationId>) -> Result<(), RpcError> {
    let ids: Vec<Uuid> = branches.iter().map(|id| Uuid::from(*id)).collect();
    for some in ids.chunks(BATCH) {
        let (table, branch, version) = (Alias::new("roll"), Alias::new("branch_id"), Alias::new("version"));
        let mut insert = Query::insert();
        insert
            .into_table(table.clone())
            .columns([branch.clone(), version.clone()]);
        for id in some {
            insert.values_panic([(*id).into(), 1i64.into()]);
        }
        let raised = Expr::col((table, version.clone())).add(1);
        insert.on_conflict(OnConflict::column(branch).value(version, raised).to_owned());
        tx.db().execute(&insert).await.map_err(fault)?;
    }
    Ok(())
}

/// A member of a branch, as far as the rules of its roll need him.
#[derive(Debug, Clone, Copy, FromQueryResult)]
pub struct OnRoll {
    /// Who.
    pub person_id: Uuid,
    /// The branch.
    pub branch_id: Uuid,
    /// First day there.
    pub from_on: Day,
    /// Last day there.
    pub until_on: Option<Day>,
    /// Day of the assembly that admitted.
    pub joined_on: Day,
    /// First day as full member.
    pub full_on: Option<Day>,
    /// First day of an exemption.
    pub exempt_from: Option<Day>,
    /// Its last day.
    pub exempt_until: Option<Day>,
    /// First day as leading cadre.
    pub cadre_from: Option<Day>,
    /// The last one.
    pub cadre_until: Option<Day>,
}

impl OnRoll {
    /// Who.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person_id.into()
    }

    /// His stay in the branch.
    #[must_use]
    pub fn stay(&self) -> Stay {
        Stay {
            branch: self.branch_id.into(),
            from: self.from_on,
            until: self.until_on,
        }
    }

    /// The days that decide what he is.
    #[must_use]
    pub fn dates(&self) -> Dates {
        Dates {
            joined_on: self.joined_on,
            full_on: self.full_on,
            exempt_from: self.exempt_from,
            exempt_until: self.exempt_until,
            cadre_from: self.cadre_from,
            cadre_until: self.cadre_until,
        }
    }
}

/// Everybody who was in one of these branches on a day of the period, or ever, by branch and person.
pub async fn members(
    read: &impl Reading,
    branches: impl IntoIterator<Item = OrganizationId>,
    when: Option<Period>,
) -> Result<Vec<OnRoll>, RpcError> {
    use person::Column as P;
    let ids: Vec<Uuid> = branches.into_iter().map(Uuid::from).collect();
    let mut found = Vec::new();
    for some in ids.chunks(BATCH) {
        let rows = stay::Entity::find()
            .select_only()
            .columns([
                stay::Column::PersonId,
                stay::Column::BranchId,
                stay::Column::FromOn,
                stay::Column::UntilOn,
            ])
            .columns([
                P::JoinedOn,
                P::FullOn,
                P::ExemptFrom,
                P::ExemptUntil,
                P::CadreFrom,
                P::CadreUntil,
            ])
            .join(JoinType::InnerJoin, stay::Relation::Person.def())
            .filter(stay::Column::BranchId.is_in(some.iter().copied()))
            .filter(when.map_or_else(Condition::all, during))
            .order_by(stay::Column::BranchId, Order::Asc)
            .order_by(stay::Column::PersonId, Order::Asc)
            .into_model::<OnRoll>()
            .all(read.db())
            .await
            .map_err(fault)?;
        found.extend(rows);
    }
    Ok(found)
}

/// What the branch itself keeps of a person.
#[derive(FromQueryResult)]
pub struct Record {
    /// Who.
    pub person_id: Uuid,
    /// Whether a phone is recorded: 1 or 0.
    pub phone: i32,
    /// GB/T 4658 code; empty when missing.
    pub education: String,
    /// Work post or profession; empty when missing.
    pub occupation: String,
}

/// The records of everybody who was in one of these branches on a day of the period; at most 500 branches.
pub async fn records(
    read: &impl Reading,
    branches: &[OrganizationId],
    period: Period,
) -> Result<Vec<Record>, RpcError> {
    let has_phone = CaseStatement::new()
        .case(person::Column::PhoneSealed.is_not_null(), 1)
        .finally(0);
    stay::Entity::find()
        .select_only()
        .column(stay::Column::PersonId)
        .expr_as(has_phone, "phone")
        .columns([person::Column::Education, person::Column::Occupation])
        .join(JoinType::InnerJoin, stay::Relation::Person.def())
        .filter(stay::Column::BranchId.is_in(branches.iter().map(|id| Uuid::from(*id))))
        .filter(during(period))
        .into_model::<Record>()
        .all(read.db())
        .await
        .map_err(fault)
}

fn during(period: Period) -> Condition {
    Condition::all().add(stay::Column::FromOn.lte(period.last())).add(
        stay::Column::UntilOn
            .is_null()
            .or(stay::Column::UntilOn.gte(period.first())),
    )
}

/// A step as it is kept.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Of the record.
    pub id: RecordId,
    /// Rises with each change.
    pub version: u64,
}

/// The steps of some branches as they were told.
#[derive(Debug, Default)]
pub struct Told {
    /// The counts.
    pub steps: HashMap<OrganizationId, Steps>,
    /// The records.
    pub records: BTreeMap<(OrganizationId, Day), Step>,
}

/// What was told of these branches.
pub async fn told(tx: &Tx, branches: &BTreeSet<OrganizationId>) -> Result<Told, RpcError> {
    let ids: Vec<Uuid> = branches.iter().map(|id| Uuid::from(*id)).collect();
    let mut told = Told::default();
    for some in ids.chunks(BATCH) {
        let rows = strength::Entity::find()
            .filter(strength::Column::BranchId.is_in(some.iter().copied()))
            .all(tx.db())
            .await
            .map_err(fault)?;
        for row in rows {
            let branch = OrganizationId(row.branch_id);
            told.steps
                .entry(branch)
                .or_default()
                .insert(row.from_on, counts(&row));
            let step = Step {
                id: RecordId(row.id),
                version: row.version.unsigned_abs(),
            };
            told.records.insert((branch, row.from_on), step);
        }
    }
    Ok(told)
}

fn counts(row: &strength::Model) -> Strength {
    let number = |n: i32| u32::try_from(n).unwrap_or(0);
    Strength {
        full: number(row.full_members),
        probationary: number(row.probationary),
        exempt: number(row.exempt),
    }
}

/// A step to tell.
#[derive(Debug, Clone, Copy)]
pub struct Telling {
    /// Of the record.
    pub id: RecordId,
    /// The version that it has now.
    pub version: u64,
    /// The branch.
    pub branch: OrganizationId,
    /// From which day on.
    pub from: Day,
    /// The counts.
    pub strength: Strength,
}

/// Writes steps.
pub async fn tell(tx: &Tx, all: &[Telling]) -> Result<(), RpcError> {
    use strength::Column as C;
    for some in all.chunks(BATCH) {
        let rows = some.iter().map(|one| strength::ActiveModel {
            id: Set(one.id.into()),
            branch_id: Set(one.branch.into()),
            from_on: Set(one.from),
            full_members: Set(number(one.strength.full)),
            probationary: Set(number(one.strength.probationary)),
            exempt: Set(number(one.strength.exempt)),
            version: Set(i64::try_from(one.version).unwrap_or(i64::MAX)),
        });
        let replace = OnConflict::column(C::Id)
            .update_columns([C::FullMembers, C::Probationary, C::Exempt, C::Version])
            .to_owned();
        let insert = strength::Entity::insert_many(rows).on_conflict(replace);
        insert.exec_without_returning(tx.db()).await.map_err(fault)?;
    }
    Ok(())
}

fn number(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
