use access::{Node, Range, Ranges};
use kernel::id::{OrganizationId, RecordId};
use sea_orm::{EntityTrait, QueryFilter};
use storage::{Reading, Store, within, within_then};
use testkit::{
    database::Database,
    stage::{day, since},
};
use uuid::Uuid;

use crate::stage::{NAME, learn, own, put};

pub(crate) mod note {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "note")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) organization_id: Uuid,
        pub(crate) version: i64,
        pub(crate) said: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

async fn seen(store: &Store, ranges: &Ranges) -> Vec<String> {
    let own = store.own();
    let query = note::Entity::find().filter(within(note::Column::OrganizationId, ranges));
    let mut said: Vec<String> = query
        .all(own.db())
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.said)
        .collect();
    said.sort();
    said
}

/// An id that follows another one directly: what a prefix of text would take for a child.
fn next(id: OrganizationId) -> OrganizationId {
    OrganizationId(Uuid::from_u128(id.0.as_u128() + 1))
}

testkit::on_both! {
    async fn ranges_never_show_a_sibling(database: Database) {
        let store = database.open(NAME, own).await;
        let [root, county, town, branch] = std::array::from_fn(|_| OrganizationId::new());
        let (sibling, last) = (next(county), OrganizationId(Uuid::max()));
        let paths = [
            ("root", vec![root]),
            ("county", vec![root, county]),
            ("town", vec![root, county, town]),
            ("branch", vec![root, county, town, branch]),
            ("sibling", vec![root, sibling]),
            ("nephew", vec![root, sibling, town]),
            ("last", vec![root, last]),
        ];
        // The nephew would have the town's id: give it its own.
        let nephew = OrganizationId::new();
        for (name, mut path) in paths.clone() {
            if name == "nephew" {
                path = vec![root, sibling, nephew];
            }
            learn(&store, &path).await;
            let tx = store.work("note").await.unwrap();
            put(&tx, RecordId::new().0, *path.last().unwrap(), 1, name).await.unwrap();
            tx.commit(()).await.unwrap();
        }
        let stranger = store.work("note").await.unwrap();
        put(&stranger, RecordId::new().0, OrganizationId::new(), 1, "unknown").await.unwrap();
        stranger.commit(()).await.unwrap();

        let path = |ids: &[OrganizationId]| -> Vec<u8> { ids.iter().flat_map(|id| id.bytes()).collect() };
        let county_path = path(&[root, county]);
        assert_eq!(seen(&store, &Ranges::none()).await, Vec::<String>::new());
        assert_eq!(seen(&store, &Ranges::of([Range::only(&county_path)])).await, ["county"]);
        assert_eq!(seen(&store, &Ranges::of([Range::below(&county_path)])).await, ["branch", "town"]);
        let subtree = Ranges::of([Range::subtree(&county_path)]);
        assert_eq!(seen(&store, &subtree).await, ["branch", "county", "town"]);
        let two = Ranges::of([Range::only(&path(&[root, county, town])), Range::subtree(&path(&[root, sibling]))]);
        assert_eq!(seen(&store, &two).await, ["nephew", "sibling", "town"]);
        assert_eq!(seen(&store, &Ranges::of([Range::subtree(&path(&[root, last]))])).await, ["last"]);
        assert_eq!(seen(&store, &Ranges::of([Range::subtree(&path(&[root]))])).await.len(), 7, "all that are known");
        assert_eq!(seen(&store, store.own().ranges()).await.len(), 8, "the system's own work sees all");
    }

    async fn rows_of_a_day_are_those_of_the_subtree_as_it_stood_for_whoever_sees_the_whole_of_it(database: Database) {
        let store = database.open(NAME, own).await;
        let [root, old, new, town, branch, other] = std::array::from_fn(|_| OrganizationId::new());
        let path = |ids: &[OrganizationId]| ids.iter().map(|id| crate::stage::node(&[*id]).path).collect::<Vec<_>>().concat();
        for known in [vec![root], vec![root, old], vec![root, new], vec![root, old, other]] {
            learn(&store, &known).await;
        }
        let moved = |below: &[OrganizationId]| {
            let [was, is] = [old, new].map(|at| crate::stage::node(&[&[root, at], below].concat()));
            since("2025-06-01", &was, is)
        };
        let tx = store.work("learn").await.unwrap();
        tx.learn(moved(&[town]));
        tx.learn(moved(&[town, branch]));
        for (name, at) in [("old", old), ("new", new), ("town", town), ("branch", branch), ("other", other)] {
            put(&tx, RecordId::new().0, at, 1, name).await.unwrap();
        }
        tx.commit(()).await.unwrap();

        let seen = async |top, on, ranges: &Ranges| {
            let then = store.scopes().then(top, day(on)).unwrap();
            let query = note::Entity::find().filter(within_then(note::Column::OrganizationId, ranges, &then));
            let own = store.own();
            let mut said: Vec<_> = query.all(own.db()).await.unwrap().into_iter().map(|row| row.said).collect();
            said.sort();
            said
        };
        let whole = |ids: &[OrganizationId]| Ranges::of([Range::subtree(&path(ids))]);
        let (before, after) = ("2025-05-31", "2025-06-01");
        for on in [before, after] {
            assert_eq!(seen(town, on, &whole(&[root])).await, ["branch", "town"], "with all that moved along");
        }
        assert_eq!(seen(old, before, &whole(&[root, old])).await, ["branch", "old", "other", "town"]);
        assert_eq!(seen(old, after, &whole(&[root, old])).await, ["old", "other"]);
        assert_eq!(seen(new, before, &whole(&[root, new])).await, ["new"]);
        assert_eq!(seen(new, after, &whole(&[root, new])).await, ["branch", "new", "town"]);
        let part = whole(&[root, new, town, branch]);
        assert_eq!(seen(old, before, &part).await, ["branch"], "what is in the part today");
        assert_eq!(seen(new, before, &part).await, Vec::<String>::new());
        assert_eq!(seen(old, before, &Ranges::none()).await, Vec::<String>::new());
    }

    async fn a_store_that_opens_again_knows_the_organizations(database: Database) {
        let store = database.open(NAME, own).await;
        let [root, branch] = std::array::from_fn(|_| OrganizationId::new());
        let node = Node {
            kind: kernel::OrganizationKind::JointBranch,
            domain: Some(kernel::Domain::Private),
            dissolved_on: Some("2026-12-31".parse().unwrap()),
            ..crate::stage::node(&[root, branch])
        };
        let node = since("2025-06-01", &crate::stage::node(&[OrganizationId::new(), branch]), node);
        let tx = store.work("learn").await.unwrap();
        tx.learn(crate::stage::node(&[root]));
        tx.learn(node.clone());
        assert!(store.scopes().is_empty(), "not before the commit");
        tx.commit(()).await.unwrap();
        assert_eq!(store.scopes().len(), 2);
        let replica = database.replica(NAME, own).await;
        assert_eq!(replica.scopes().get(branch).as_deref(), Some(&node));
    }
}
