use activity::store::leaders;
use kernel::id::RecordId;
use proto::organization::v1::{Office, Post};
use testkit::database::Database;

use crate::world::World;

async fn posts(world: &World) -> Vec<(kernel::id::PersonId, Option<kernel::Day>)> {
    let found = leaders::posts(&world.stage.store.own(), &[world.branch])
        .await
        .expect("read");
    let leaders = found
        .get(&world.branch)
        .map(|posts| posts.leaders.clone())
        .unwrap_or_default();
    leaders
        .iter()
        .map(|leader| (leader.person, leader.days.until))
        .collect()
}

testkit::on_both! {
    async fn an_older_version_never_replaces_a_newer_one_and_what_is_gone_is_gone(database: Database) {
        let world = World::open(&database).await;
        let (id, person) = (RecordId::new(), world.people[3]);
        let held = world.holding(Office::Secretary, person, "2024-01-01");
        let left = Post { until: "2025-06-30".into(), ..held.clone() };
        world.told("organization.post", id, 2, Some(&left)).await;
        world.told("organization.post", id, 1, Some(&held)).await;
        assert_eq!(posts(&world).await, [(person, Some(testkit::stage::day("2025-06-30")))]);
        world.told("organization.post", id, 3, None::<&Post>).await;
        assert_eq!(posts(&world).await, []);
    }
}
