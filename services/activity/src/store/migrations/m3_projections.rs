//! What the feeds of organization and member tell: posts, strength, leading cadres.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Post {
    Table,
    Id,
    OrganizationId,
    Office,
    PersonId,
    ValidFrom,
    ValidUntil,
    Version,
}

#[derive(DeriveIden)]
enum Strength {
    Table,
    Id,
    BranchId,
    ValidFrom,
    FullMembers,
    Probationary,
    Exempt,
    Version,
}

#[derive(DeriveIden)]
enum Cadre {
    Table,
    Id,
    PersonId,
    BranchId,
    ValidFrom,
    ValidUntil,
    Version,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(post()).await?;
        manager.create_table(strength()).await?;
        manager.create_table(cadre()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn post() -> TableCreateStatement {
    Table::create()
        .table(Post::Table)
        .col(uuid(Post::Id))
        .col(uuid(Post::OrganizationId))
        .col(integer(Post::Office))
        .col(uuid(Post::PersonId))
        .col(date(Post::ValidFrom))
        .col(date_null(Post::ValidUntil))
        .col(big_integer(Post::Version))
        .primary_key(Index::create().name("post_key").col(Post::Id))
        .to_owned()
}

fn strength() -> TableCreateStatement {
    Table::create()
        .table(Strength::Table)
        .col(uuid(Strength::Id))
        .col(uuid(Strength::BranchId))
        .col(date(Strength::ValidFrom))
        .col(integer(Strength::FullMembers))
        .col(integer(Strength::Probationary))
        .col(integer(Strength::Exempt))
        .col(big_integer(Strength::Version))
        .primary_key(Index::create().name("strength_key").col(Strength::Id))
        .to_owned()
}

fn cadre() -> TableCreateStatement {
    Table::create()
        .table(Cadre::Table)
        .col(uuid(Cadre::Id))
        .col(uuid(Cadre::PersonId))
        .col(uuid(Cadre::BranchId))
        .col(date(Cadre::ValidFrom))
        .col(date_null(Cadre::ValidUntil))
        .col(big_integer(Cadre::Version))
        .primary_key(Index::create().name("cadre_key").col(Cadre::Id))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 3] {
    [
        Index::create()
            .name("post_of_organization")
            .table(Post::Table)
            .col(Post::OrganizationId)
            .to_owned(),
        Index::create()
            .name("strength_of_branch")
            .table(Strength::Table)
            .col(Strength::BranchId)
            .col(Strength::ValidFrom)
            .to_owned(),
        Index::create()
            .name("cadre_of_branch")
            .table(Cadre::Table)
            .col(Cadre::BranchId)
            .to_owned(),
    ]
}
