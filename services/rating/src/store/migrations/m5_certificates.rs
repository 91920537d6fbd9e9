//! A branch may have certificates of several batches in a cycle, of which one stands; each batch keeps the public key
//! that verifies it. The table `certificate` is read no more.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum NamingCertificate {
    Table,
    BatchId,
    BranchId,
    Star,
    Body,
    Signature,
}

#[derive(DeriveIden)]
enum NamingBatch {
    Table,
    PublicKey,
}

#[derive(DeriveIden)]
enum Outcome {
    Table,
    BatchId,
}

const COPY: &str = "INSERT INTO naming_certificate (batch_id, branch_id, star, body, signature)
    SELECT batch_id, branch_id, star, body, signature FROM certificate";

/// Of what was signed before, a batch stands for the star that was decided, five stars that are not named yet only when
/// the county signed them.
const STANDS: &str = "UPDATE outcome SET batch_id = (
        SELECT c.batch_id FROM certificate c JOIN naming_batch b ON b.id = c.batch_id
        WHERE c.cycle_id = outcome.cycle_id AND c.branch_id = outcome.branch_id AND c.star = outcome.proposed_star
            AND (c.star < 5 OR outcome.case_state = 'named' OR b.organization_id = outcome.county_id)
    ) WHERE case_state IN ('decided', 'to_name', 'named')";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(naming_certificate()).await?;
        let key = Table::alter()
            .table(NamingBatch::Table)
            .add_column(text(NamingBatch::PublicKey).default(""))
            .to_owned();
        manager.alter_table(key).await?;
        let batch = Table::alter()
            .table(Outcome::Table)
            .add_column(uuid_null(Outcome::BatchId))
            .to_owned();
        manager.alter_table(batch).await?;
        for text in [COPY, STANDS] {
            manager.get_connection().execute_unprepared(text).await?;
        }
        Ok(())
    }
}

fn naming_certificate() -> TableCreateStatement {
    Table::create()
        .table(NamingCertificate::Table)
        .col(uuid(NamingCertificate::BatchId))
        .col(uuid(NamingCertificate::BranchId))
        .col(integer(NamingCertificate::Star))
        .col(text(NamingCertificate::Body))
        .col(blob(NamingCertificate::Signature))
        .primary_key(
            Index::create()
                .name("naming_certificate_key")
                .col(NamingCertificate::BatchId)
                .col(NamingCertificate::BranchId),
        )
        .to_owned()
}
