//! Cases opened before a column existed lose nothing by it.

use process::keeper::migration::{self, Cases};
use storage::{Reading, Store};
use testkit::{
    database::{Database, keys},
    stage::{Stage, new_id},
};
use uuid::Uuid;

testkit::on_both! {
    async fn open_cases_of_before_are_looked_at_once_and_found_from_their_sides(database: Database) {
        let before = || -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> { vec![Box::new(Cases)] };
        storage::migrate(&database.settings, "resource", before()).await.expect("the first tables");
        let old = Store::open(&database.settings, "resource", before(), keys(), access::Scopes::default()).await.expect("open");
        let (open, ended, side) = (Uuid::parse_str(&new_id()), Uuid::parse_str(&new_id()), Uuid::parse_str(&new_id()));
        let [open, ended, side] = [open, ended, side].map(|id| id.expect("an id"));
        let word = |id: Uuid| match database.is_postgres() {
            true => format!("'{id}'"),
            false => format!("X'{}'", id.simple()),
        };
        let opening = format!(
            r#"{{"procedure":"org_change","variant":"merge","subject":"{side}","organization":"{side}","person":null,"target":null,"sides":["{side}"]}}"#
        );
        for (id, ended) in [(open, "NULL"), (ended, "'done'")] {
            let row = format!(
                "INSERT INTO process_case (id, procedure, subject_id, organization_id, opening, state, ended, exclusive, entries) \
                 VALUES ({}, 'org_change', {}, {}, '{opening}', 'draft', {ended}, NULL, 0)",
                word(id), word(side), word(side)
            );
            database.meddle(&old, &row).await;
        }
        old.close().await.expect("closed");
        let stage = Stage::open(&database, "resource", migration::all).await;
        let count = |sql: &'static str| {
            let read = stage.store.own();
            async move {
                use sea_orm::ConnectionTrait;
                let select = sea_orm::Statement::from_string(read.db().get_database_backend(), sql);
                let row = read.db().query_one_raw(select).await.expect("rows").expect("a row");
                row.try_get_by_index::<i64>(0).expect("a number")
            }
        };
        assert_eq!(count("SELECT count(*) FROM process_party").await, 2);
        assert_eq!(count("SELECT count(*) FROM process_case WHERE next_due < '2000-01-02'").await, 1, "the open one");
    }
}
