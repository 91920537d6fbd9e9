//! What a database says of itself, in the `mark` table: where its audit trail ends, with which keys it is kept.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr};
use seal::Keyring;

use crate::{
    pool,
    row::{cell, sql, tuples},
    settings::{Settings, StartError},
};

/// What the marks of keys begin with; the name of the key's file comes behind it.
const KEY: &str = "key ";

/// A mark that is there. What cannot be read is empty, which no mark is.
pub(crate) async fn get(db: &impl ConnectionTrait, name: &str) -> Result<Option<Vec<u8>>, DbErr> {
    let text = "SELECT value FROM mark WHERE name = $1";
    let row = db.query_one_raw(sql(db, text, [name.into()])).await?;
    Ok(row.map(|row| cell(&row, 0).unwrap_or_default()))
}

/// Changes a mark that is there.
pub(crate) async fn set(db: &impl ConnectionTrait, name: &str, value: Vec<u8>) -> Result<(), DbErr> {
    let text = "UPDATE mark SET value = $2 WHERE name = $1";
    db.execute_raw(sql(db, text, [name.into(), value.into()])).await?;
    Ok(())
}

/// A name and its value.
pub(crate) type Mark = (String, Vec<u8>);

/// Sets the first marks of a database that holds nothing yet: no entry, no event, no organization and no other mark.
pub(crate) async fn begin(db: &impl ConnectionTrait, marks: Vec<Mark>) -> Result<(), DbErr> {
    let nothing =
        ["audit", "feed", "org_scope", "mark"].map(|table| format!("NOT EXISTS (SELECT 1 FROM {table})"));
    insert(db, marks, &nothing.join(" AND ")).await
}

/// Sets the marks that are not there yet.
pub(crate) async fn note(db: &impl ConnectionTrait, marks: Vec<Mark>) -> Result<(), DbErr> {
    insert(db, marks, "true").await
}

/// In one statement: of two that come at once, one sets all of its marks and the other none of them.
async fn insert(db: &impl ConnectionTrait, marks: Vec<Mark>, when: &str) -> Result<(), DbErr> {
    let rows = tuples(1, marks.len(), 2);
    let text = format!(
        "INSERT INTO mark (name, value) SELECT column1, column2 FROM (VALUES {rows}) AS new WHERE {when} \
         ON CONFLICT (name) DO NOTHING"
    );
    let values = marks
        .into_iter()
        .flat_map(|(name, value)| [name.into(), value.into()]);
    db.execute_raw(sql(db, text, values)).await?;
    Ok(())
}

/// What a database notes of the keys with which it is kept.
pub(crate) fn of_keys(keys: &Keyring) -> Vec<Mark> {
    keys.fingerprints()
        .map(|(file, print)| (format!("{KEY}{file}"), print.to_vec()))
        .collect()
}

/// Whether a database that has its schema may be opened with these keys, before anything is begun with them: refuses
/// another key than it was kept with, and a key that is gone.
pub async fn fit(settings: &Settings, service: &'static str, keys: &Keyring) -> Result<(), StartError> {
    let db = pool::connect(settings, service).await?;
    let fit = check_keys(&db, service, keys).await;
    let _ = db.close().await;
    fit
}

/// Refuses keys with which what lies in the database is lost: another one than it was kept with, and one that is gone. A
/// key that the database does not know yet is no such key.
pub(crate) async fn check_keys(
    db: &impl ConnectionTrait,
    service: &'static str,
    keys: &Keyring,
) -> Result<(), StartError> {
    let text = "SELECT name, value FROM mark WHERE name LIKE 'key %' ORDER BY name";
    let held: BTreeMap<&str, &[u8; 32]> = keys.fingerprints().collect();
    let read = db.query_all_raw(sql(db, text, [])).await;
    for row in read.map_err(|source| StartError::Database { service, source })? {
        let name: String = cell(&row, 0).unwrap_or_default();
        let print: Vec<u8> = cell(&row, 1).unwrap_or_default();
        let file = name.strip_prefix(KEY).unwrap_or_default().to_owned();
        match held.get(file.as_str()) {
            None => return Err(StartError::KeyGone { service, file }),
            Some(held) if held[..] != print => return Err(StartError::OtherKey { service, file }),
            Some(_) => {}
        }
    }
    Ok(())
}
