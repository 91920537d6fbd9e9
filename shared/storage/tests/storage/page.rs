use kernel::id::{OrganizationId, RecordId};
use sea_orm::EntityTrait;
use storage::page;
use testkit::database::Database;
use uuid::Uuid;

use crate::{
    scope::note::{Column, Entity},
    stage::{NAME, own, put},
};

testkit::on_both! {
    async fn pages_go_on_behind_the_last_row_in_both_directions(database: Database) {
        let store = database.open(NAME, own).await;
        let tx = store.work("notes").await.unwrap();
        let organization = OrganizationId::new();
        for number in 0..7_u64 {
            // Equal versions: the id decides.
            put(&tx, RecordId::new().0, organization, number / 3, &number.to_string()).await.unwrap();
        }
        tx.commit(()).await.unwrap();

        let own = store.own();
        let by = (Column::Version, Column::Id);
        let (mut last, mut said): (Option<(i64, Uuid)>, Vec<String>) = (None, Vec::new());
        loop {
            let page = page::first(&own, Entity::find(), by, last, 3).await.unwrap();
            last = page.rows.last().map(|row| (row.version, row.id));
            said.extend(page.rows.into_iter().map(|row| row.said));
            if !page.more {
                break;
            }
        }
        assert_eq!(said.concat(), "0123456");
        let newest = page::newest(&own, Entity::find(), by, None::<(i64, Uuid)>, 2).await.unwrap();
        assert_eq!(newest.rows.iter().map(|row| row.said.as_str()).collect::<String>(), "65");
        let before = newest.rows.last().map(|row| (row.version, row.id));
        let older = page::newest(&own, Entity::find(), by, before, 9).await.unwrap();
        assert_eq!(older.rows.iter().map(|row| row.said.as_str()).collect::<String>(), "43210");
        assert!(!older.more);
    }
}
