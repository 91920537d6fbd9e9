//! What the services read, as statements: a bare program makes the same ones.

use crate::{
    limits::plan::{Statement, Value},
    reader::Reader,
};

fn statement(sql: impl Into<String>, values: Vec<Value>) -> Statement {
    Statement {
        sql: sql.into(),
        values,
    }
}

/// An organization as it stands, its other ids, the units that it covers.
#[must_use]
pub fn organization(reader: &Reader) -> Vec<Statement> {
    let stands = "SELECT s.*, o.* FROM organization.standing s \
        LEFT JOIN organization.organization o ON s.organization_id = o.id WHERE s.organization_id = $1 \
        AND s.valid_from <= $2 AND (s.valid_until IS NULL OR s.valid_until > $2) LIMIT 1";
    vec![
        statement(stands, vec![Value::Day(reader.today)]),
        statement(
            "SELECT * FROM organization.external_id WHERE organization_id = $1 ORDER BY system, value",
            Vec::new(),
        ),
        statement(
            "SELECT * FROM organization.record WHERE organization_id = $1 AND kind = 'unit' ORDER BY id",
            Vec::new(),
        ),
    ]
}

/// A member where he is today, in the reader's part of the tree.
#[must_use]
pub fn member(reader: &Reader) -> Vec<Statement> {
    let sql = format!(
        "SELECT s.*, p.*, e.* FROM member.stay s LEFT JOIN member.person p ON s.person_id = p.id \
         LEFT JOIN member.person_external_id e ON s.person_id = e.person_id \
         WHERE s.person_id = $1 AND {} AND s.from_on <= $4 AND (s.until_on IS NULL OR s.until_on >= $4)",
        within("member", "s.branch_id")
    );
    let mut values = paths(reader);
    values.push(Value::Day(reader.today));
    vec![statement(sql, values)]
}

/// A meeting with its attendance, in the reader's part of the tree.
#[must_use]
pub fn meeting(reader: &Reader) -> Vec<Statement> {
    let sql = format!(
        "SELECT m.*, a.* FROM activity.meeting m LEFT JOIN activity.attendance a ON m.id = a.meeting_id \
         WHERE m.id = $1 AND {} LIMIT 1",
        within("activity", "m.branch_id")
    );
    vec![statement(sql, paths(reader))]
}

/// A branch's latest result.
#[must_use]
pub fn result(reader: &Reader) -> Vec<Statement> {
    let sql = format!(
        "SELECT o.* FROM rating.outcome o JOIN rating.cycle c ON o.cycle_id = c.id WHERE o.branch_id = $1 AND {} \
         ORDER BY c.year DESC, c.id DESC LIMIT 1",
        within("rating", "o.branch_id")
    );
    vec![statement(sql, paths(reader))]
}

/// A branch's latest result with its explanation.
#[must_use]
pub fn explained(reader: &Reader) -> Vec<Statement> {
    let mut all = result(reader);
    let cycle = "SELECT * FROM rating.cycle WHERE id IN (SELECT cycle_id FROM rating.outcome WHERE branch_id = $1) \
        ORDER BY year DESC, id DESC LIMIT 1";
    let explanation = "SELECT e.* FROM rating.explanation e WHERE e.branch_id = $1 \
        AND (e.cycle_id, e.hash) IN (SELECT cycle_id, explanation_hash FROM rating.outcome WHERE branch_id = $1) LIMIT 1";
    all.push(statement(cycle, Vec::new()));
    all.push(statement(explanation, Vec::new()));
    all
}

/// An offering.
#[must_use]
pub fn resource(_: &Reader) -> Vec<Statement> {
    vec![statement(
        "SELECT * FROM resource.resource WHERE id = $1 LIMIT 1",
        Vec::new(),
    )]
}

/// The members of a branch by age, education and standing.
#[must_use]
pub fn heads(reader: &Reader) -> Vec<Statement> {
    let bands: String = (0..7)
        .map(|band| {
            format!(
                "WHEN p.born_on >= $2 - interval '{} years' THEN '{band}' ",
                31 + 5 * band
            )
        })
        .collect();
    let sql = format!(
        "SELECT band, education, is_full, is_exempt, count(band) FROM (SELECT CASE {bands} ELSE '7' END AS band, \
         p.education, CASE WHEN p.full_on IS NOT NULL AND p.full_on <= $2 THEN 1 ELSE 0 END AS is_full, \
         CASE WHEN p.exempt_from IS NOT NULL AND p.exempt_from <= $2 \
         AND (p.exempt_until IS NULL OR p.exempt_until >= $2) THEN 1 ELSE 0 END AS is_exempt \
         FROM member.stay s JOIN member.person p ON s.person_id = p.id WHERE s.branch_id = $1 AND s.from_on <= $2 \
         AND (s.until_on IS NULL OR s.until_on >= $2)) everyone GROUP BY band, education, is_full, is_exempt"
    );
    vec![statement(sql, vec![Value::Day(reader.today)])]
}

/// The meetings of a branch since a day, its strength and its committee.
#[must_use]
pub fn life(reader: &Reader, since: chrono::NaiveDate) -> Vec<Statement> {
    let meetings = "SELECT id, branch_id, held_on, for_year, group_id, quorate, completed_on FROM activity.meeting \
        WHERE branch_id = $1 AND held_on BETWEEN $2 AND $3 AND annulled = false ORDER BY branch_id, held_on, id";
    vec![
        statement(meetings, vec![Value::Day(since), Value::Day(reader.today)]),
        statement(
            "SELECT * FROM activity.strength WHERE branch_id = $1 ORDER BY branch_id, valid_from",
            Vec::new(),
        ),
        statement(
            "SELECT id, organization_id, office, person_id, valid_from, valid_until, version FROM activity.post \
             WHERE organization_id = $1 AND office BETWEEN 1 AND 5",
            Vec::new(),
        ),
    ]
}

/// What a branch has booked.
#[must_use]
pub fn bookings(_: &Reader) -> Vec<Statement> {
    vec![statement(
        "SELECT * FROM resource.booking WHERE organization_id = $1 ORDER BY id DESC LIMIT 1001",
        Vec::new(),
    )]
}

/// In the reader's part of the tree, as `$2` and `$3` have it.
fn within(service: &str, column: &str) -> String {
    format!("{column} IN (SELECT organization_id FROM {service}.org_scope WHERE path >= $2 AND path < $3)")
}

fn paths(reader: &Reader) -> Vec<Value> {
    vec![
        Value::Bytes(reader.paths.0.clone()),
        Value::Bytes(reader.paths.1.clone()),
    ]
}
