use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, sync::Arc};

use access::Scopes;
use kernel::id::OrganizationId;
use sea_orm_migration::MigrationTrait;
use seal::Keyring;
use storage::{Durability, Settings, StartError, Store, migrate};
use testkit::database::{Database, keys, new_keys};

use crate::stage::{NAME, Stage, learn, own};

fn none() -> Vec<Box<dyn MigrationTrait>> {
    Vec::new()
}

async fn open(settings: &Settings, own: Vec<Box<dyn MigrationTrait>>) -> Result<Store, StartError> {
    Store::open(settings, NAME, own, keys(), Scopes::default()).await
}

testkit::on_both! {
    async fn four_replicas_that_migrate_at_once_all_start(database: Database) {
        let replicas: Vec<_> = (0..4)
            .map(|_| {
                let settings = database.settings.clone();
                tokio::spawn(async move {
                    migrate(&settings, NAME, own()).await?;
                    open(&settings, own()).await
                })
            })
            .collect();
        for replica in replicas {
            replica.await.unwrap().expect("a replica that starts");
        }
    }

    async fn a_newer_schema_is_refused_by_name(database: Database) {
        migrate(&database.settings, NAME, own()).await.unwrap();
        let error = open(&database.settings, none()).await.unwrap_err();
        assert!(matches!(&error, StartError::Newer { unknown, .. } if unknown == "notes_0001"), "{error}");
        let error = migrate(&database.settings, NAME, none()).await.unwrap_err();
        assert!(matches!(error, StartError::Newer { .. }), "{error}");
    }

    async fn a_database_that_knew_the_present_alone_takes_a_snapshot_of_the_organizations_once_more(database: Database) {
        migrate(&database.settings, NAME, own()).await.unwrap();
        let store = open(&database.settings, own()).await.unwrap();
        let known = OrganizationId::new();
        learn(&store, &[known]).await;
        for sql in [
            "INSERT INTO feed_cursor (source, position) VALUES ('organization', 7), ('member', 5)",
            "ALTER TABLE org_scope DROP COLUMN earlier",
            "DELETE FROM schema_version WHERE name = 'storage_0002_earlier'",
        ] {
            database.meddle(&store, sql).await;
        }
        store.close().await.unwrap();

        migrate(&database.settings, NAME, own()).await.unwrap();
        let store = open(&database.settings, own()).await.unwrap();
        assert!(store.scopes().get(known).unwrap().earlier.is_empty());
        let cursors = storage::feed::positions(&store).await.unwrap().cursors;
        assert_eq!(cursors, BTreeMap::from([("member".to_owned(), 5)]));
    }

    async fn a_key_that_is_another_or_gone_is_refused_by_its_file_and_a_new_one_is_noted(database: Database) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        Keyring::create(&path).expect("keys");
        let put = |file: &str, text: &str| {
            let _ = fs::remove_file(path.join(file));
            fs::write(path.join(file), text).expect("written");
            fs::set_permissions(path.join(file), fs::Permissions::from_mode(0o400)).expect("its owner's");
        };
        let held = || Arc::new(Keyring::load(&path).expect("keys"));
        let with = async || {
            let opened = Store::open(&database.settings, NAME, own(), held(), Scopes::default()).await;
            let opened = opened.map(drop);
            let fit = storage::keys_fit(&database.settings, NAME, &held()).await;
            assert_eq!(opened.is_ok(), fit.is_ok(), "{opened:?} {fit:?}");
            opened
        };
        migrate(&database.settings, NAME, own()).await.unwrap();
        with().await.expect("the first keys");
        for file in ["audit.key", "index.key", "field-1.key"] {
            let text = fs::read_to_string(path.join(file)).unwrap();
            put(file, &"7".repeat(text.trim_end().len()));
            let error = with().await.unwrap_err();
            assert!(matches!(&error, StartError::OtherKey { file: named, .. } if named == file), "{error}");
            put(file, &text);
            with().await.expect("the right one is back");
        }
        put("token.key", &"7".repeat(64));
        put("field-2.key", &"8".repeat(32));
        with().await.expect("a new field key");
        put("field-2.key", &"9".repeat(32));
        let error = with().await.unwrap_err();
        assert!(matches!(&error, StartError::OtherKey { file, .. } if file == "field-2.key"), "{error}");
        fs::remove_file(path.join("field-2.key")).unwrap();
        let error = with().await.unwrap_err();
        assert!(matches!(&error, StartError::KeyGone { file, .. } if file == "field-2.key"), "{error}");
    }

    async fn of_two_replicas_that_bring_two_sets_of_keys_one_starts_and_its_head_holds(database: Database) {
        migrate(&database.settings, NAME, own()).await.unwrap();
        let both = [new_keys(), new_keys()].map(|keys| {
            let settings = database.settings.clone();
            tokio::spawn(async move { Store::open(&settings, NAME, own(), keys, Scopes::default()).await })
        });
        let mut stores = Vec::new();
        for one in both {
            stores.extend(one.await.unwrap().ok());
        }
        assert_eq!(stores.len(), 1);
        assert_eq!(storage::audit::check(&stores[0]).await.unwrap().broken_at, 0);
    }

    async fn an_entry_that_was_bent_is_no_other_key_and_left_to_a_verification(database: Database) {
        let stage = Stage::on(&database).await;
        stage.note(kernel::id::RecordId::new().0, 1, "kept").await.unwrap();
        storage::feed::advance(&stage.store).await.unwrap();
        database.meddle(&stage.store, "UPDATE audit SET purpose = 'another' WHERE number = 1").await;
        open(&database.settings, own()).await.expect("one entry was bent");
    }

    async fn an_older_schema_is_refused_with_the_command_that_helps(database: Database) {
        let error = open(&database.settings, own()).await.unwrap_err();
        assert!(matches!(error, StartError::Older { .. }), "{error}");
        migrate(&database.settings, NAME, none()).await.unwrap();
        let error = open(&database.settings, own()).await.unwrap_err();
        assert_eq!(error.to_string(), "schema of organization lacks notes_0001: run `zhibu migrate organization` first");
    }
}

#[tokio::test]
async fn a_sqlite_file_is_opened_with_a_log_and_full_syncs_when_durability_is_required() {
    let mut database = Database::sqlite();
    database.settings.durability = Durability::Required;
    migrate(&database.settings, NAME, own()).await.unwrap();
    open(&database.settings, own()).await.expect("durable");
}

#[tokio::test]
async fn a_database_in_memory_is_not_durable() {
    let settings = Settings {
        url: "sqlite::memory:".into(),
        schema: None,
        pool: 1,
        durability: Durability::Required,
    };
    let error = open(&settings, none()).await.unwrap_err();
    assert!(
        matches!(&error, StartError::NotDurable { found, .. } if found == "journal_mode = memory"),
        "{error}"
    );
}

#[tokio::test]
async fn postgres_that_acknowledges_before_it_syncs_is_refused() {
    let mut database = Database::postgres();
    migrate(&database.settings, NAME, own()).await.unwrap();
    let sign = if database.settings.url.contains('?') {
        '&'
    } else {
        '?'
    };
    database.settings.url += &format!("{sign}options[synchronous_commit]=off");
    database.settings.durability = Durability::Required;
    let error = open(&database.settings, own()).await.unwrap_err();
    assert!(matches!(error, StartError::NotDurable { .. }), "{error}");
}

#[tokio::test]
async fn settings_that_cannot_be_right_are_refused_before_anything_is_opened() {
    let good = Database::sqlite().settings.clone();
    for wrong in [
        Settings {
            url: "mysql://x".into(),
            ..good.clone()
        },
        Settings {
            pool: 0,
            ..good.clone()
        },
        Settings {
            schema: Some("a\"; DROP".into()),
            ..good.clone()
        },
    ] {
        assert!(matches!(open(&wrong, none()).await, Err(StartError::Settings(_))));
    }
    let secret = Settings {
        url: "postgres://u:hush@h/d".into(),
        ..good
    };
    assert!(!format!("{secret:?}").contains("hush"));
}
