//! What the feed tells of the past, and what others know of it: where an organization stood, and what it was.

use std::collections::BTreeSet;

use kernel::{Day, Domain, id::OrganizationId};
use organization::{history, migrations};
use proto::organization::v1::OrganizationKind;
use sea_orm_migration::MigrationTrait;
use testkit::{
    database::Database,
    stage::{Stage, day},
};

use crate::{
    change::{County, TODAY, YESTERDAY},
    org_change::follower,
    world::{row, rpc},
};

fn none() -> Vec<Box<dyn MigrationTrait>> {
    Vec::new()
}

fn another(database: &Database) -> Database {
    if database.is_postgres() {
        Database::postgres()
    } else {
        Database::sqlite()
    }
}

fn below(stage: &Stage, top: OrganizationId, on: &str) -> BTreeSet<OrganizationId> {
    let found = stage.scopes().subtree_on(top, day(on));
    found.iter().map(|node| node.id).collect()
}

/// The domain until yesterday and since today.
fn domains(stage: &Stage, of: OrganizationId) -> [Option<Domain>; 2] {
    let node = stage.scopes().get(of).expect("known");
    [YESTERDAY, TODAY].map(|on| node.on(day(on)).domain)
}

testkit::on_both! {
    async fn who_follows_knows_what_stood_where_before_and_of_which_domain_it_was(database: Database) {
        let county = County::open(&database).await;
        let elsewhere = another(&database);
        let other = Stage::open(&elsewhere, "member", none).await;
        let consumer = follower(&county, &other);
        let (town, town2, b1, g1) = (county.town, county.town2, county.b1, county.g1);
        let (b2, b3) = (county.world.id("b2").await, county.world.id("b3").await);
        county.moved(b1, town2).await;
        let mut school = row(1, "b2", "town", OrganizationKind::Branch);
        school.domain = proto::kernel::v1::Domain::School.into();
        let mut renamed = row(2, "b3", "town2", OrganizationKind::Branch);
        renamed.name = "新名支部".into();
        county.world.add(vec![school, renamed]).await;
        storage::feed::advance(&county.world.stage.store).await.expect("a pass");
        consumer.pull_now().await.expect("a pull");

        let again = Stage::replica(&elsewhere, "member", none).await;
        for stage in [&county.world.stage, &other, &again] {
            assert_eq!(below(stage, town, YESTERDAY), BTreeSet::from([town, b1, g1, b2]));
            assert_eq!(below(stage, town, TODAY), BTreeSet::from([town, b2]));
            assert_eq!(below(stage, town2, YESTERDAY), BTreeSet::from([town2, b3]));
            assert_eq!(below(stage, town2, TODAY), BTreeSet::from([town2, b1, g1, b3]));
            assert_eq!(domains(stage, b2), [Some(Domain::Rural), Some(Domain::School)]);
            assert!(stage.scopes().get(b3).expect("known").earlier.is_empty(), "another name is no other place");
        }
        assert_eq!(county.read(b1, "").await.expect("read").earlier, [], "answers are of one day");
    }

    async fn what_changed_before_the_feed_told_of_the_past_is_told_once_more(database: Database) {
        let county = County::open(&database).await;
        county.moved(county.b1, county.town2).await;
        let mut renamed = row(1, "b3", "town2", OrganizationKind::Branch);
        renamed.name = "新名支部".into();
        county.world.add(vec![renamed]).await;
        let store = &county.world.stage.store;
        let nothing = if database.is_postgres() { "''" } else { "x''" };
        database.meddle(store, &format!("UPDATE org_scope SET earlier = {nothing}")).await;
        let head = storage::feed::advance(store).await.expect("a pass");

        let stage = Stage::replica(&database, "organization", migrations).await;
        assert_eq!(below(&stage, county.town, YESTERDAY).len(), 2, "as an older program left it");
        let app = rpc(&stage, &county.world.lives).app;
        for _ in 0..2 {
            history::tell(&app).await.expect("told");
            assert_eq!(storage::feed::advance(store).await.expect("a pass"), head + 2, "the branch and its group, once");
        }
        assert_eq!(below(&stage, county.town, YESTERDAY).len(), 4);
        let elsewhere = another(&database);
        let other = Stage::open(&elsewhere, "member", none).await;
        follower(&county, &other).pull_now().await.expect("a snapshot");
        let was = |on: Day| other.scopes().get(county.b1).expect("known").on(on).parent();
        assert_eq!([YESTERDAY, TODAY].map(|on| was(day(on))), [Some(county.town), Some(county.town2)]);
    }
}
