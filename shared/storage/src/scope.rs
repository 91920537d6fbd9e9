//! The organization scope in the database: what [`within`] filters by, and what [`Scopes`] is loaded from.

use access::{Node, Range, Ranges, Scopes, Then, range::STEP};
use kernel::{Day, id::OrganizationId};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, QueryResult,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;
use wire::words;

use crate::{
    earlier,
    row::{cell, signed, sql, tuples},
};

/// Rows in one statement: 9 variables each stay under what both databases take.
const BATCH: usize = 500;
const COLUMNS: usize = 9;

/// Rows whose organization lies in the ranges, by index on both databases. An organization that is not known
/// here yet lies in nobody's range but the system's own.
///
/// `column` holds the id of the organization that a row belongs to.
#[must_use]
pub fn within(column: impl ColumnTrait, ranges: &Ranges) -> Condition {
    inside(Expr::col(column.as_column_ref()), ranges)
}

/// Rows whose organization stood in a subtree on a day. Whoever may see the whole subtree today sees it as it was;
/// whoever may see a part of it sees what is in that part today.
#[must_use]
pub fn within_then(column: impl ColumnTrait, ranges: &Ranges, then: &Then) -> Condition {
    let id = || Expr::col(column.as_column_ref());
    let ids = |some: &[OrganizationId]| some.iter().map(|id| Uuid::from(*id)).collect::<Vec<_>>();
    let mut stood = Condition::all().add(inside(id(), &then.around));
    if !then.without.is_empty() {
        stood = stood.add(id().is_not_in(ids(&then.without)));
    }
    if !then.with.is_empty() {
        stood = Condition::any().add(stood).add(id().is_in(ids(&then.with)));
    }
    if ranges.covers(&then.now) {
        stood
    } else {
        Condition::all().add(stood).add(inside(id(), ranges))
    }
}

/// The same for a column that no entity has.
pub(crate) fn inside(column: Expr, ranges: &Ranges) -> Condition {
    if ranges.is_empty() {
        return Condition::all().add(Expr::value(false));
    }
    if ranges.iter().any(whole) {
        return Condition::all();
    }
    let mut any = Condition::any();
    let mut paths = Condition::any();
    for range in ranges.iter() {
        match single(range) {
            Some(id) => any = any.add(column.clone().eq(id)),
            None => paths = paths.add(path_in(range)),
        }
    }
    if paths.is_empty() {
        return any;
    }
    let inside = Query::select()
        .column(Alias::new("organization_id"))
        .from(Alias::new("org_scope"))
        .cond_where(paths)
        .to_owned();
    any.add(column.in_subquery(inside))
}

fn whole(range: &Range) -> bool {
    range.start.is_empty() && range.end.is_none()
}

/// The one organization that a range holds, when its bounds say so: a clerk's own, which needs no look-up.
fn single(range: &Range) -> Option<Uuid> {
    let end = range.end.as_deref()?;
    let only = end.len() == range.start.len() + 1 && end.starts_with(&range.start) && end.last() == Some(&0);
    let own = range.start.len().checked_sub(STEP)?;
    only.then(|| Uuid::from_slice(range.start.get(own..)?).ok())
        .flatten()
}

fn path_in(range: &Range) -> Condition {
    let path = || Expr::col((Alias::new("org_scope"), Alias::new("path")));
    let from = Condition::all().add(path().gte(range.start.clone()));
    match &range.end {
        Some(end) => from.add(path().lt(end.clone())),
        None => from,
    }
}

/// An organization with the version of the record that it was read from.
pub(crate) struct Known {
    pub(crate) node: Node,
    pub(crate) version: u64,
}

/// Takes organizations over; an older version never replaces a newer one.
pub(crate) async fn upsert(db: &impl ConnectionTrait, all: &[Known]) -> Result<(), DbErr> {
    for some in all.chunks(BATCH) {
        let text = format!(
            "INSERT INTO org_scope (organization_id, path, kind, level, domain, founded_on, dissolved_on, version, \
             earlier) \
             VALUES {} ON CONFLICT (organization_id) DO UPDATE SET path = excluded.path, kind = excluded.kind, \
             level = excluded.level, domain = excluded.domain, founded_on = excluded.founded_on, \
             dissolved_on = excluded.dissolved_on, version = excluded.version, earlier = excluded.earlier \
             WHERE org_scope.version <= excluded.version",
            tuples(1, some.len(), COLUMNS)
        );
        let values = some.iter().flat_map(|Known { node, version }| {
            [
                Uuid::from(node.id).into(),
                node.path.to_vec().into(),
                words::kind_number(node.kind).into(),
                node.level.map_or(0, words::level_number).into(),
                node.domain.map_or(0, words::domain_number).into(),
                node.founded_on.into(),
                node.dissolved_on.into(),
                signed(*version).into(),
                earlier::kept(&node.earlier).into(),
            ]
        });
        db.execute_raw(sql(db, text, values)).await?;
    }
    Ok(())
}

/// Loads all organizations into memory; says how many.
pub(crate) async fn load(db: &impl ConnectionTrait, scopes: &Scopes) -> Result<usize, DbErr> {
    let text = "SELECT organization_id, path, kind, level, domain, founded_on, dissolved_on, earlier FROM org_scope \
        ORDER BY path";
    let rows = db.query_all_raw(sql(db, text, [])).await?;
    let nodes = rows.iter().map(node).collect::<Result<Vec<_>, _>>()?;
    let count = nodes.len();
    scopes.apply(nodes);
    Ok(count)
}

fn node(row: &QueryResult) -> Result<Node, DbErr> {
    let kind: i32 = cell(row, 2)?;
    let unreadable = || DbErr::Type("org_scope.earlier".to_owned());
    Ok(Node {
        id: cell::<Uuid>(row, 0)?.into(),
        path: cell::<Vec<u8>>(row, 1)?.into(),
        kind: words::kind(kind).ok_or_else(|| DbErr::Type(format!("org_scope.kind {kind}")))?,
        level: words::level(cell(row, 3)?),
        domain: words::domain(cell(row, 4)?),
        founded_on: cell::<Day>(row, 5)?,
        dissolved_on: cell::<Option<Day>>(row, 6)?,
        earlier: earlier::recalled(&cell::<Vec<u8>>(row, 7)?).ok_or_else(unreadable)?,
    })
}
