//! Counts of the members of a part of the tree on a date: one select, whose answer does not grow with the tree.

use access::Then;
use kernel::{Day, RpcError};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, JoinType, QueryFilter,
    QuerySelect, QueryTrait, RelationTrait,
    sea_query::{Alias, CaseStatement, Cond, Expr, Func, Query},
};
use storage::{Reading, fault, within_then};

use super::{
    entities::{person, stay},
    persons::on_day,
};
use crate::domain::cohort::{OLDEST, born_since};

/// So many members of one band, education and standing.
#[derive(Debug, FromQueryResult)]
pub struct Cohort {
    /// Age band.
    pub band: String,
    /// GB/T 4658 code; empty when missing.
    pub education: String,
    /// 1 for full members.
    pub full: i32,
    /// 1 for exempt ones.
    pub exempt: i32,
    /// How many.
    pub heads: i64,
}

/// The cohorts of a subtree on a date, as far as the caller may see it.
pub async fn of(read: &impl Reading, on: Day, then: &Then) -> Result<Vec<Cohort>, RpcError> {
    use person::Column as P;
    let names = ["band", "education", "full", "exempt"].map(Alias::new);
    let is_full = Cond::all().add(P::FullOn.is_not_null()).add(P::FullOn.lte(on));
    let is_exempt = Cond::all()
        .add(P::ExemptFrom.is_not_null())
        .add(P::ExemptFrom.lte(on))
        .add(P::ExemptUntil.is_null().or(P::ExemptUntil.gte(on)));
    let yes = |condition| CaseStatement::new().case(condition, 1).finally(0);
    let everybody = stay::Entity::find()
        .select_only()
        .expr_as(bands(on), "band")
        .column_as(P::Education, "education")
        .expr_as(yes(is_full), "full")
        .expr_as(yes(is_exempt), "exempt")
        .join(JoinType::InnerJoin, stay::Relation::Person.def())
        .filter(within_then(stay::Column::BranchId, read.ranges(), then))
        .filter(on_day(on))
        .into_query();
    let everyone = Alias::new("everyone");
    let counted = Query::select()
        .columns(names.clone())
        .expr_as(Func::count(Expr::col(Alias::new("band"))), Alias::new("heads"))
        .from_subquery(everybody, everyone)
        .group_by_columns(names)
        .to_owned();
    let rows = read.db().query_all(&counted).await.map_err(fault)?;
    rows.iter()
        .map(|row| Cohort::from_query_result(row, "").map_err(fault))
        .collect()
}

fn bands(on: Day) -> CaseStatement {
    born_since(on)
        .into_iter()
        .fold(CaseStatement::new(), |case, (code, since)| {
            case.case(person::Column::BornOn.gte(since), code)
        })
        .finally(OLDEST)
}
