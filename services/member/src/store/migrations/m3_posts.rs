//! Posts of branches, as organization tells them.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Post {
    Table,
    Id,
    OrganizationId,
    PersonId,
    Office,
    FromOn,
    UntilOn,
    Version,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [post()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn post() -> TableCreateStatement {
    Table::create()
        .table(Post::Table)
        .col(uuid(Post::Id).primary_key())
        .col(uuid(Post::OrganizationId))
        .col(uuid(Post::PersonId))
        .col(integer(Post::Office))
        .col(date(Post::FromOn))
        .col(date_null(Post::UntilOn))
        .col(big_integer(Post::Version))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        Index::create()
            .name("post_by_organization")
            .table(Post::Table)
            .col(Post::OrganizationId)
            .to_owned(),
    ]
}
