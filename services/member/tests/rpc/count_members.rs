//! CountMembers: by subtree and date, small cells hidden.

use access::Node;
use kernel::{OrganizationKind, Role, id::OrganizationId};
use proto::member::v1::{
    CountMembersRequest, CountMembersResponse, MemberRow, Standing, member_service_server::MemberService,
};
use testkit::database::Database;
use testkit::stage::{Person, node, reason, since};

use crate::scene::{Scene, row};

async fn count(
    scene: &Scene,
    caller: &Person,
    of: OrganizationId,
    as_of: &str,
) -> Result<CountMembersResponse, tonic::Status> {
    let request = CountMembersRequest {
        organization_id: of.to_string(),
        as_of: as_of.into(),
    };
    Ok(scene.rpc.count_members(caller.asks(request)).await?.into_inner())
}

/// Two towns of the county: below the old one a branch, and a committee with another branch.
struct Town {
    above: [OrganizationId; 2],
    old: OrganizationId,
    new: OrganizationId,
    branch: OrganizationId,
    committee: OrganizationId,
    below: OrganizationId,
}

impl Town {
    fn of(scene: &Scene) -> Self {
        let [old, new, branch, committee, below] = std::array::from_fn(|_| OrganizationId::new());
        Self {
            above: [scene.root, scene.county],
            old,
            new,
            branch,
            committee,
            below,
        }
    }

    fn node(&self, below: &[OrganizationId]) -> Node {
        let own = below.last().copied();
        let branch = own == Some(self.branch) || own == Some(self.below);
        let kind = if branch {
            OrganizationKind::Branch
        } else {
            OrganizationKind::Committee
        };
        node(&[&self.above, below].concat(), kind)
    }

    fn before(&self) -> Vec<Node> {
        let all: [&[OrganizationId]; 5] = [
            &[self.old],
            &[self.new],
            &[self.old, self.branch],
            &[self.old, self.committee],
            &[self.old, self.committee, self.below],
        ];
        all.map(|below| self.node(below)).into()
    }

    fn moved(&self, on: &str, from: &[OrganizationId], to: &[OrganizationId]) -> Node {
        since(on, &self.node(from), self.node(to))
    }
}

testkit::on_both! {
    async fn heads_of_a_subtree_add_up_on_any_date(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle(vec![
            row(1, scene.home),
            MemberRow {
                standing: Standing::Probationary.into(),
                joined_on: "2025-01-10".into(),
                full_on: String::new(),
                branch_since: "2025-01-10".into(),
                ..row(2, scene.home)
            },
            MemberRow { exempt_from: "2025-02-01".into(), ..row(3, scene.next) },
        ]).await;
        let heads = |c: CountMembersResponse| (c.full, c.probationary, c.exempt);
        let at = |of, day: &'static str| count(&scene, &scene.department, of, day);
        assert_eq!(heads(at(scene.county, "2025-01-09").await.expect("counted")), (2, 0, 0));
        assert_eq!(heads(at(scene.county, "").await.expect("counted")), (2, 1, 1));
        assert_eq!(heads(at(scene.home, "").await.expect("counted")), (1, 1, 0));
        assert_eq!(heads(at(scene.next, "").await.expect("counted")), (1, 0, 1));
    }

    async fn a_branch_that_moved_counts_where_it_stood_on_the_day(database: Database) {
        let scene = Scene::open(&database).await;
        let town = Town::of(&scene);
        scene.stage.learn(town.before()).await;
        scene.settle(vec![row(1, scene.home), row(2, town.branch), row(3, town.branch)]).await;
        let [old, new] = [town.old, town.new].map(|at| Person::with(&[(Role::OrgDept, at)]));
        assert_eq!(count(&scene, &old, town.old, "").await.expect("counted").full, 2);

        scene.stage.learn([town.moved("2025-05-10", &[town.old, town.branch], &[town.new, town.branch])]).await;
        let again = scene.replica(&database).await;
        for scene in [&scene, &again] {
            let heads = async |caller: &Person, of, day: &str| count(scene, caller, of, day).await.expect("counted").full;
            for (day, at) in [("2025-05-09", [2, 0]), ("2025-05-10", [0, 2]), ("", [0, 2])] {
                let counted = [heads(&old, town.old, day).await, heads(&new, town.new, day).await];
                assert_eq!(counted, at, "{day}: whoever sees the whole subtree today sees it as it was");
                assert_eq!(heads(&scene.department, scene.county, day).await, 3, "above both nothing changes");
            }
            let own = Person::with(&[(Role::Clerk, town.branch)]);
            assert_eq!(heads(&own, town.branch, "2025-05-09").await, 2, "wherever it stood");
        }
    }

    async fn a_committee_that_moved_takes_its_branches_along_from_the_day_on(database: Database) {
        let scene = Scene::open(&database).await;
        let town = Town::of(&scene);
        scene.stage.learn(town.before()).await;
        scene.settle((1..=6).map(|n| row(n, if n < 3 { town.branch } else { town.below })).collect()).await;
        let moved = [
            town.moved("2025-05-10", &[town.old, town.committee], &[town.new, town.committee]),
            town.moved("2025-05-10", &[town.old, town.committee, town.below], &[town.new, town.committee, town.below]),
        ];
        scene.stage.learn(moved).await;
        let heads = async |of, day| count(&scene, &scene.department, of, day).await.expect("counted").full;
        for (day, at) in [("2025-05-09", [6, 0, 4]), ("2025-05-10", [2, 4, 4])] {
            let counted = [heads(town.old, day).await, heads(town.new, day).await, heads(town.committee, day).await];
            assert_eq!(counted, at, "{day}");
        }
        let seen = count(&scene, &scene.department, town.old, "2025-05-09").await.expect("counted");
        let cells: Vec<_> = seen.by_age.iter().map(|cell| cell.count).collect();
        assert_eq!(cells, [Some(5)], "six of the same day, to the nearest five");
    }

    async fn cells_under_five_are_hidden_x18(database: Database) {
        let scene = Scene::open(&database).await;
        let educated = |n: u32| if n < 12 { "20" } else if n < 19 { "30" } else { "60" };
        scene.settle((0..21).map(|n| MemberRow { education: educated(n).into(), ..row(n, scene.home) }).collect()).await;
        let counted = count(&scene, &scene.department, scene.county, "").await.expect("counted");
        let told: Vec<_> = counted.by_education.into_iter().map(|cell| (cell.code, cell.count)).collect();
        assert_eq!(told, [("20".to_owned(), Some(10)), ("30".to_owned(), None), ("60".to_owned(), None)]);
        let ages: Vec<_> = counted.by_age.into_iter().map(|cell| cell.count).collect();
        assert_eq!((counted.full, ages), (21, vec![Some(20)]), "all born in 1980");
    }

    async fn a_branch_of_four_has_no_cells_and_its_parent_gives_none_away_x18(database: Database) {
        let scene = Scene::open(&database).await;
        let rows = (0..22).map(|n| row(n, if n < 4 { scene.next } else { scene.home }));
        scene.settle(rows.collect()).await;
        let cells = async |of| {
            let counted = count(&scene, &scene.department, of, "").await.expect("counted");
            let ages: Vec<_> = counted.by_age.into_iter().map(|cell| cell.count).collect();
            (counted.full, ages)
        };
        assert_eq!(cells(scene.next).await, (4, vec![]));
        assert_eq!(cells(scene.county).await, (22, vec![Some(20)]));
        assert_eq!(cells(scene.home).await, (18, vec![Some(20)]));
    }

    async fn a_foreign_subtree_is_absent(database: Database) {
        let scene = Scene::open(&database).await;
        let refused = count(&scene, &scene.far_department, scene.county, "").await.expect_err("hidden");
        assert_eq!(reason(&refused), "NOT_FOUND");
    }
}
