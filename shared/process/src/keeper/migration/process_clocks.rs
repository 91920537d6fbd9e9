//! When a clock next has an effect, and the organizations that a case names beside its own.

use sea_orm_migration::{
    prelude::*,
    schema::*,
    sea_orm::{ConnectionTrait, FromQueryResult, Statement},
};
use uuid::Uuid;

use crate::engine::Opening;

/// Rows in one statement: two variables each.
const BATCH: usize = 500;

/// Deadlines that run out though nobody acts, and work that is found from the target or a side of a case.
#[derive(DeriveMigrationName)]
pub struct Clocks;

#[derive(DeriveIden)]
enum ProcessCase {
    Table,
    NextDue,
    TargetId,
}

#[derive(DeriveIden)]
enum ProcessParty {
    Table,
    CaseId,
    OrganizationId,
}

#[derive(FromQueryResult)]
struct Opened {
    id: Uuid,
    opening: String,
}

#[async_trait::async_trait]
impl MigrationTrait for Clocks {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let due = Table::alter()
            .table(ProcessCase::Table)
            .add_column(date_null(ProcessCase::NextDue))
            .to_owned();
        manager.alter_table(due).await?;
        let party = Table::create()
            .table(ProcessParty::Table)
            .col(uuid(ProcessParty::CaseId))
            .col(uuid(ProcessParty::OrganizationId))
            .primary_key(
                Index::create()
                    .name("process_party_once")
                    .col(ProcessParty::CaseId)
                    .col(ProcessParty::OrganizationId),
            )
            .to_owned();
        manager.create_table(party).await?;
        let by_organization = Index::create()
            .name("process_party_by_organization")
            .table(ProcessParty::Table)
            .col(ProcessParty::OrganizationId)
            .to_owned();
        manager.create_index(by_organization).await?;
        for index in [
            // Only what is open is waited for and can run out.
            "CREATE INDEX process_case_open ON process_case (organization_id) WHERE ended IS NULL",
            "CREATE INDEX process_case_due ON process_case (next_due, id) WHERE next_due IS NOT NULL",
            // Every open case is looked at once, and gets its own day then.
            "UPDATE process_case SET next_due = '2000-01-01' WHERE ended IS NULL",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        name_parties(manager).await?;
        // The target is one of the parties.
        let by_target = Index::drop()
            .name("process_case_by_target")
            .table(ProcessCase::Table)
            .to_owned();
        manager.drop_index(by_target).await?;
        let target = Table::alter()
            .table(ProcessCase::Table)
            .drop_column(ProcessCase::TargetId)
            .to_owned();
        manager.alter_table(target).await
    }
}

/// Cases opened before are found from their target and sides too.
async fn name_parties(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let select = Statement::from_string(db.get_database_backend(), "SELECT id, opening FROM process_case");
    let mut parties = Vec::new();
    for case in Opened::find_by_statement(select).all(db).await? {
        let opening: Opening = serde_json::from_str(&case.opening).map_err(|e| DbErr::Json(e.to_string()))?;
        let mut named: Vec<Uuid> = opening
            .target
            .iter()
            .chain(&opening.sides)
            .map(|id| Uuid::from(*id))
            .collect();
        named.sort_unstable();
        named.dedup();
        parties.extend(named.into_iter().map(|organization| (case.id, organization)));
    }
    for some in parties.chunks(BATCH) {
        let mut insert = Query::insert()
            .into_table(ProcessParty::Table)
            .columns([ProcessParty::CaseId, ProcessParty::OrganizationId])
            .to_owned();
        for (case, organization) in some {
            insert.values_panic([(*case).into(), (*organization).into()]);
        }
        db.execute(&insert).await?;
    }
    Ok(())
}
