//! ImportMembers: each row judged alone, written once, the same ids for ever.

use proto::member::v1::{ListMembersRequest, MemberRow, Standing, member_service_server::MemberService};
use testkit::database::Database;
use testkit::stage::{new_id, reason};

use crate::scene::{Scene, counts, errors, identity_number, row};

async fn members(scene: &Scene) -> usize {
    let request = ListMembersRequest {
        organization_id: scene.county.to_string(),
        ..Default::default()
    };
    let page = scene
        .rpc
        .list_members(scene.department.asks(request))
        .await
        .expect("listed");
    page.into_inner().members.len()
}

fn broken(n: u32, scene: &Scene, change: impl FnOnce(&mut MemberRow)) -> MemberRow {
    let mut row = row(n, scene.home);
    change(&mut row);
    row
}

testkit::on_both! {
    async fn good_rows_go_in_and_each_wrong_one_is_named(database: Database) {
        let scene = Scene::open(&database).await;
        let rows = vec![
            row(1, scene.home),
            broken(2, &scene, |row| row.identity_number = "619900198001010020".into()),
            broken(3, &scene, |row| row.branch_id = scene.county.to_string()),
            broken(4, &scene, |row| row.branch_id = scene.far.to_string()),
            broken(5, &scene, |row| row.branch_id = new_id()),
            broken(6, &scene, |row| { row.name.clear(); row.joined_on = "2010-02-30".into(); row.education = "55".into(); }),
            broken(7, &scene, |row| row.full_on = "2010-06-30".into()),
            broken(8, &scene, |row| row.full_on.clear()),
            broken(9, &scene, |row| row.branch_since = "2010-06-30".into()),
            broken(10, &scene, |row| row.branch_until = "2011-12-31".into()),
            MemberRow { line: 11, ..row(1, scene.home) },
            broken(12, &scene, |row| { row.identity_number = identity_number(1); row.sex = 1; }),
            MemberRow { line: 13, ..row(1, scene.next) },
            row(14, scene.next),
        ];
        let done = scene.imports(rows).await;
        let expected = [
            (2, "identity_number", "IDENTITY_CHECK_DIGIT"),
            (3, "", "BRANCH_NOT_A_BRANCH"),
            (4, "", "BRANCH_UNKNOWN"),
            (5, "", "BRANCH_UNKNOWN"),
            (6, "name", "STRING_MIN_LEN"),
            (6, "joined_on", "NOT_A_DAY"),
            (6, "education", "UNKNOWN_CODE"),
            (7, "", "FULL_BEFORE_JOINED"),
            (8, "", "FULL_DAY_MISSING"),
            (9, "", "BRANCH_BEFORE_JOINED"),
            (10, "", "END_BEFORE_START"),
            (11, "", "ROW_REPEATED"),
            (12, "", "IDENTITY_TAKEN"),
            (13, "", "SECOND_PRIMARY_BRANCH"),
        ];
        assert_eq!(errors(&done.result), expected.map(|(l, f, r)| (l, f.to_owned(), r.to_owned())));
        assert_eq!(counts(&done.result), (2, 0, 0));
        assert_eq!(members(&scene).await, 2);
    }

    async fn every_wrong_field_of_a_row_is_named_at_once(database: Database) {
        let scene = Scene::open(&database).await;
        let row = broken(6, &scene, |row| {
            row.identity_number = "619900198001010020".into();
            row.joined_on = "2010-02-30".into();
            row.education = "55".into();
            row.exempt_from = "2025-13-01".into();
        });
        let done = scene.imports(vec![row]).await;
        let fields: Vec<_> = errors(&done.result).into_iter().map(|(_, field, _)| field).collect();
        assert_eq!(fields, ["joined_on", "exempt_from", "identity_number", "education"]);
    }

    async fn what_cannot_be_true_of_a_member_is_refused_by_row(database: Database) {
        let scene = Scene::open(&database).await;
        let rows = vec![
            broken(1, &scene, |row| row.sex = 2),
            broken(2, &scene, |row| row.sex = 1),
            broken(3, &scene, |row| row.sex = 9),
            broken(4, &scene, |row| row.joined_on = "1997-12-31".into()),
            broken(5, &scene, |row| row.joined_on = "1970-07-01".into()),
            broken(6, &scene, |row| row.joined_on = "1998-01-01".into()),
            broken(7, &scene, |row| {
                for day in [&mut row.joined_on, &mut row.full_on, &mut row.branch_since, &mut row.branch_until] {
                    *day = "2025-06-02".into();
                }
            }),
            broken(8, &scene, |row| {
                row.standing = Standing::Probationary.into();
                row.joined_on = "2025-06-01".into();
                row.full_on.clear();
                row.branch_since = "2025-06-01".into();
            }),
            broken(9, &scene, |row| row.standing = Standing::Probationary.into()),
            broken(10, &scene, |row| row.exempt_until = "2025-12-31".into()),
        ];
        let mut request = scene.import(rows);
        let expected = [
            (1, "sex", "SEX_NOT_BY_IDENTITY"),
            (2, "sex", "SEX_NOT_BY_IDENTITY"),
            (4, "", "JOINED_UNDER_AGE"),
            (5, "", "JOINED_UNDER_AGE"),
            (7, "joined_on", "DAY_IN_FUTURE"),
            (7, "full_on", "DAY_IN_FUTURE"),
            (7, "branch_since", "DAY_IN_FUTURE"),
            (7, "branch_until", "DAY_IN_FUTURE"),
            (9, "", "FULL_DAY_OF_PROBATIONARY"),
            (10, "exempt_from", "START_MISSING"),
        ].map(|(line, field, reason)| (line, field.to_owned(), reason.to_owned()));
        for dry_run in [true, false] {
            request.dry_run = dry_run;
            let done = scene.rpc.import_members(scene.department.asks(request.clone())).await.expect("answered").into_inner();
            assert_eq!(errors(&done.result), expected, "dry run: {dry_run}");
            assert_eq!(counts(&done.result), (3, 0, 0), "the good rows go in");
        }
        assert_eq!(members(&scene).await, 3);
        scene.advance("2025-06-02");
        let come = scene.imports(vec![broken(7, &scene, |row| row.branch_since = "2025-06-02".into())]).await;
        assert_eq!(counts(&come.result), (1, 0, 0), "once the day has come");
    }

    async fn no_error_repeats_a_name_a_number_or_a_phone(database: Database) {
        let scene = Scene::open(&database).await;
        let rows = vec![
            row(1, scene.home),
            broken(2, &scene, |row| { row.identity_number = identity_number(1); row.sex = 1; }),
            broken(3, &scene, |row| { row.identity_number = "619900198001010020".into(); row.phone = "电话".into(); }),
        ];
        let done = scene.imports(rows).await;
        let told = format!("{:?}", done);
        for secret in [identity_number(1), "619900198001010020".into(), "样例".into(), "160000".into(), "电话".into()] {
            assert!(!told.contains(&secret), "{secret}");
        }
    }

    async fn a_dry_run_says_the_same_and_writes_nothing(database: Database) {
        let scene = Scene::open(&database).await;
        let mut request = scene.import(vec![row(1, scene.home), broken(2, &scene, |row| row.full_on.clear())]);
        request.dry_run = true;
        let tried = scene.rpc.import_members(scene.department.asks(request.clone())).await.expect("tried").into_inner();
        assert_eq!(counts(&tried.result), (1, 0, 0));
        assert_eq!(errors(&tried.result).len(), 1);
        assert!(tried.persons.is_empty() && tried.result.is_some_and(|result| result.dry_run));
        assert_eq!(members(&scene).await, 0);
        request.dry_run = false;
        let done = scene.rpc.import_members(scene.department.asks(request)).await.expect("the key is still free");
        assert_eq!(counts(&done.into_inner().result), (1, 0, 0));
    }

    async fn importing_again_gives_the_same_ids_and_a_changed_row_is_updated(database: Database) {
        let scene = Scene::open(&database).await;
        let first = scene.settle(vec![row(1, scene.home), row(2, scene.home)]).await;
        let turned = broken(2, &scene, |row| {
            row.education = "30".into();
            row.phone.clear();
            row.identity_number = row.identity_number.to_lowercase();
        });
        let again = scene.imports(vec![row(1, scene.home), turned]).await;
        assert_eq!(counts(&again.result), (0, 1, 1));
        let ids: Vec<_> = again.persons.into_iter().map(|person| person.person_id).collect();
        assert_eq!(ids, first);
        scene.imports(vec![row(1, scene.home)]).await;
        assert_eq!(scene.stage.audited("ImportMembers").await, ["done", "done", "unchanged"]);
        let member = scene.get(&scene.department, &first[1], "").await.expect("there");
        assert_eq!((member.education.as_str(), member.phone_masked.as_str(), member.version), ("30", "", 2));
    }

    async fn the_same_chunk_again_gives_the_same_answer_and_another_body_is_refused(database: Database) {
        let scene = Scene::open(&database).await;
        let request = scene.import(vec![row(1, scene.home)]);
        let ask = |request| scene.rpc.import_members(scene.department.asks(request));
        let first = ask(request.clone()).await.expect("imported").into_inner();
        assert_eq!(ask(request.clone()).await.expect("replayed").into_inner(), first);
        let other = ask(proto::member::v1::ImportMembersRequest { rows: vec![row(2, scene.home)], ..request }).await;
        assert_eq!(reason(&other.expect_err("refused")), "CHUNK_REUSED");
        assert_eq!(members(&scene).await, 1);
    }

    async fn a_stay_can_end_and_another_one_begin_but_not_overlap(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        let second = broken(1, &scene, |row| {
            row.branch_id = scene.next.to_string();
            row.branch_since = "2020-01-01".into();
        });
        let refused = scene.imports(vec![second.clone()]).await;
        assert_eq!(errors(&refused.result)[0].2, "SECOND_PRIMARY_BRANCH");
        let ended = broken(1, &scene, |row| row.branch_until = "2019-12-31".into());
        let done = scene.imports(vec![ended, MemberRow { line: 2, ..second }]).await;
        assert_eq!(counts(&done.result), (0, 2, 0), "{:?}", done.result);
        let then = scene.get(&scene.department, &ids[0], "2019-12-31").await.expect("then");
        let now = scene.get(&scene.department, &ids[0], "2020-01-01").await.expect("now");
        assert_eq!((then.branch_id, now.branch_id), (scene.home.to_string(), scene.next.to_string()));
    }

    async fn a_person_of_another_county_cannot_be_taken_over(database: Database) {
        let scene = Scene::open(&database).await;
        scene.settle(vec![row(1, scene.home)]).await;
        let request = proto::member::v1::ImportMembersRequest {
            organization_id: scene.far_county.to_string(),
            ..scene.import(vec![row(1, scene.far), broken(2, &scene, |row| {
                row.branch_id = scene.far.to_string();
                row.identity_number = identity_number(1);
                row.sex = 1;
            })])
        };
        let done = scene.rpc.import_members(scene.far_department.asks(request)).await.expect("answered").into_inner();
        let reasons: Vec<_> = errors(&done.result).into_iter().map(|(_, _, reason)| reason).collect();
        assert_eq!(reasons, ["IDENTITY_TAKEN", "IDENTITY_TAKEN"]);
    }

    async fn a_foreign_county_and_a_clerk_may_not_import(database: Database) {
        let scene = Scene::open(&database).await;
        let request = scene.import(vec![row(1, scene.home)]);
        let far = scene.rpc.import_members(scene.far_department.asks(request.clone())).await.expect_err("refused");
        assert_eq!(reason(&far), "NOT_FOUND");
        let clerk = scene.rpc.import_members(scene.clerk.asks(request)).await.expect_err("refused");
        assert_eq!(reason(&clerk), "ROLE_MISSING");
        assert_eq!(members(&scene).await, 0);
    }

    async fn two_imports_of_one_identity_number_make_one_person(database: Database) {
        let scene = Scene::open(&database).await;
        let other = scene.replica(&database).await;
        for n in 0..8 {
            let mine = row(2 * n, scene.home);
            let mut theirs = row(2 * n + 1, scene.next);
            theirs.identity_number = mine.identity_number.clone();
            theirs.sex = mine.sex;
            let (one, two) = tokio::join!(scene.imports(vec![mine]), other.imports(vec![theirs]));
            let (one, two) = (counts(&one.result).0, counts(&two.result).0);
            assert_eq!(one + two, 1, "round {n}");
        }
        assert_eq!(members(&scene).await, 8);
    }

    async fn two_imports_into_two_branches_leave_one_primary_branch(database: Database) {
        let scene = Scene::open(&database).await;
        let other = scene.replica(&database).await;
        let ended = |n: u32| broken(n, &scene, |row| row.branch_until = "2020-12-31".into());
        let again = |n, branch| MemberRow { branch_since: "2021-01-01".into(), ..row(n, branch) };
        scene.settle((0..8).map(ended).collect()).await;
        for n in 0..8 {
            let (one, two) = tokio::join!(
                scene.imports(vec![again(n, scene.home)]),
                other.imports(vec![again(n, scene.next)])
            );
            assert_eq!(counts(&one.result).1 + counts(&two.result).1, 1, "round {n}");
            assert_eq!(errors(&one.result).len() + errors(&two.result).len(), 1, "round {n}");
        }
        assert_eq!(members(&scene).await, 8);
    }

    async fn a_full_chunk_goes_in_and_no_row_alone_decides_its_fate(database: Database) {
        let scene = Scene::open(&database).await;
        let mut rows: Vec<_> = (0..500).map(|n| row(n, if n % 2 == 0 { scene.home } else { scene.next })).collect();
        rows[77].standing = Standing::Unspecified.into();
        let done = scene.imports(rows).await;
        assert_eq!(counts(&done.result), (499, 0, 0));
        assert_eq!(errors(&done.result), [(77, "standing".to_owned(), "ENUM_NOT_IN".to_owned())]);
    }
}
