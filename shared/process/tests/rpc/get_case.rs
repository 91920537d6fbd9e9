//! `GetCase`.

use kernel::Role;
use proto::process::v1::ObjectRequest;
use testkit::{
    database::Database,
    stage::{Person, new_id, reason},
};

use crate::world::{World, objecting};

testkit::on_both! {
    async fn the_history_says_who_did_what_when_and_by_which_right(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        world.take(&world.reviewer, &case, "review", "quality_review").await;
        let whole = world.seen(&world.keeper, &case).await.expect("a case");
        let steps: Vec<_> = whole.entries.iter().map(|entry| (entry.revision, entry.what.as_str(), entry.what_zh.as_str())).collect();
        assert_eq!(steps, [(1, "submit", "申报"), (2, "review", "内容与质量审核")]);
        let review = &whole.entries[1];
        assert_eq!(review.person_id, world.reviewer.id.to_string());
        assert_eq!(review.right, format!("library@{}", world.county));
        assert_eq!((review.on.as_str(), review.state.as_str(), review.version.as_str()), ("2025-06-01", "reviewed", "2022"));
        assert!(review.recorded_at.is_some());
        let contents: Vec<_> = whole.contents.iter().map(|content| (content.item.as_str(), content.name_zh.as_str())).collect();
        assert_eq!(contents, [("quality_review", "审核意见"), ("resource_card", "资源卡片"), ("rights_statement", "版权声明")]);
    }

    async fn the_history_is_chained_and_only_grows(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let before = world.seen(&world.keeper, &case).await.expect("a case").entries;
        let case = world.take(&world.reviewer, &case, "review", "quality_review").await;
        world.edit(&world.keeper, &case, "resource_card", "sm3:2222").await.expect("edited");
        let after = world.seen(&world.keeper, &case).await.expect("a case").entries;
        assert_eq!(after.len(), 3);
        assert_eq!(after[..1], before[..], "what stood there stands there");
        let hashes: std::collections::BTreeSet<_> = after.iter().map(|entry| entry.hash.clone()).collect();
        assert!(hashes.len() == 3 && hashes.iter().all(|hash| hash.len() == 64));
        // The same entries after another first one have other hashes: each covers the one before.
        let kept = world.served.keeper.get(&world.stage.store.own(), case.id.parse().expect("an id")).await.expect("kept");
        let mut last = String::new();
        for (entry, hash) in kept.case.entries().iter().zip(&kept.hashes) {
            last = entry.hash(&last);
            assert_eq!(&last, hash);
        }
        assert_ne!(kept.case.entries()[1].hash(""), kept.hashes[1]);
    }

    async fn grounds_and_answer_are_told_to_who_raised_it_and_who_may_answer_it_and_to_nobody_else(database: Database) {
        let world = World::open(&database).await;
        let case = world.public().await;
        let clerk = Person::with(&[(Role::Clerk, world.town)]);
        for (who, grounds) in [(&world.outsider, "业绩不实"), (&clerk, "来信反映证书过期")] {
            let request = ObjectRequest { grounds: grounds.into(), ..objecting(&case) };
            world.object(who, request).await.expect("taken");
        }
        let read = async |who: &Person| -> Vec<String> {
            let entries = world.seen(who, &case).await.expect("a case").entries;
            entries.into_iter().filter(|entry| !entry.kind.starts_with("step")).map(|entry| entry.text).collect()
        };
        assert_eq!(read(&world.org_dept).await, ["业绩不实", "来信反映证书过期"]);
        world.rejected(&world.org_dept, &case).await;
        assert_eq!(read(&world.org_dept).await, ["业绩不实", "来信反映证书过期", "经核实"]);
        assert_eq!(read(&clerk).await, ["", "来信反映证书过期", ""], "his own alone");
        // Whoever reviewed it does not answer, in whatever role; others look on.
        let reviewer = Person::known(world.reviewer.id, &[(Role::OrgDept, world.county)]);
        for other in [&reviewer, &world.keeper] {
            assert_eq!(read(other).await, ["", "", ""]);
        }
        let entries = world.seen(&world.keeper, &case).await.expect("a case").entries;
        let [.., first, _, answer] = entries.as_slice() else { unreachable!("{entries:?}") };
        assert_eq!((answer.answers, answer.upheld), (first.revision, false), "which one it answers is no secret");
        assert_eq!((first.what_zh.as_str(), answer.what_zh.as_str()), ("对拟入库对象的异议", "对拟入库对象的异议"));
    }

    async fn absent_and_hidden_are_one_answer(database: Database) {
        let world = World::open(&database).await;
        let case = world.submitted("material").await;
        let hidden = world.seen(&world.outsider, &case).await.expect_err("hidden");
        let absent = proto::process::v1::Case { id: new_id(), ..case };
        let absent = world.seen(&world.outsider, &absent).await.expect_err("absent");
        assert_eq!((hidden.code(), hidden.message(), hidden.details()), (absent.code(), absent.message(), absent.details()));
        assert_eq!(reason(&hidden), "NOT_FOUND");
    }

    async fn a_case_is_seen_from_above_its_organization_and_from_its_sides(database: Database) {
        let world = World::open(&database).await;
        let case = world.merging().await;
        for at in [world.branch, world.town, world.county, world.other_branch, world.other_town] {
            let who = Person::with(&[(Role::Secretary, at)]);
            world.seen(&who, &case).await.expect("inside");
        }
        let beside = Person::with(&[(Role::Secretary, kernel::id::OrganizationId::new())]);
        assert_eq!(reason(&world.seen(&beside, &case).await.expect_err("beside")), "NOT_FOUND");
    }

    async fn a_side_takes_its_step_though_the_case_lies_outside_its_subtree_x15(database: Database) {
        let world = World::open(&database).await;
        let case = world.merging().await;
        let secretary = Person::with(&[(Role::Secretary, world.other_branch)]);
        let case = world.take(&secretary, &case, "consent_side", "consent_side").await;
        let whole = world.seen(&secretary, &case).await.expect("a case");
        let last = whole.entries.last().expect("an entry");
        assert_eq!(last.right, format!("secretary@{}", world.other_branch));
        let other = world.attempt(&secretary, crate::world::taking(&case, "submit_merge", &["request_letter"])).await;
        assert_eq!(reason(&other.expect_err("not his")), "ROLE_NOT_ENTITLED");
    }
}
