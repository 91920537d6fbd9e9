use activity::indicators::Indicators;
use futures::StreamExt;
use kernel::{
    Domain, OrganizationKind,
    id::{OrganizationId, RecordId},
};
use proto::{
    activity::v1::{DatedRecord, Duty, MeetingContent, record_row::Record},
    indicator::v1::{
        BranchCounts, CollectRequest, Count, ListIndicatorsRequest, collect_response::Part,
        indicator_service_server::IndicatorService,
    },
    member::v1::Cadre,
    organization::v1::Office,
};
use testkit::{
    database::Database,
    stage::{Person, node, reason},
};

use crate::{
    import_records::{chunk, contact, dated, import, outage, review, row},
    world::World,
};

fn served(world: &World) -> runtime::desk::indicator::Indicators<Indicators> {
    runtime::desk::indicator::Indicators {
        desk: world.stage.desk.clone(),
        store: world.stage.store.clone(),
        counter: Indicators(world.rpc.app.clone()),
    }
}

fn request(world: &World, indicators: &[&str]) -> CollectRequest {
    CollectRequest {
        organization_id: world.county.to_string(),
        first_day: "2025-01-01".into(),
        last_day: "2025-12-31".into(),
        freeze_day: "2026-01-15".into(),
        indicators: indicators.iter().map(|id| (*id).to_owned()).collect(),
        branch_ids: Vec::new(),
    }
}

/// A meeting of the branch whose record was complete on the day itself.
pub(crate) fn past(
    world: &World,
    duties: &[Duty],
    held_on: &str,
    present: std::ops::Range<usize>,
) -> MeetingContent {
    MeetingContent {
        completed_on: held_on.into(),
        ..world.content(duties, held_on, present)
    }
}

/// The counts of the branch.
async fn counted(world: &World, indicators: &[&str]) -> Vec<Count> {
    counted_at(world, world.branch, indicators).await
}

pub(crate) async fn counted_at(world: &World, branch: OrganizationId, indicators: &[&str]) -> Vec<Count> {
    counted_in(world, branch, request(world, indicators)).await
}

async fn counted_in(world: &World, branch: OrganizationId, asked: CollectRequest) -> Vec<Count> {
    let head = world.head().await;
    let asked = Person::service("rating").asks(asked);
    let stream = served(world).collect(asked).await.expect("a stream").into_inner();
    let parts: Vec<Part> = stream
        .filter_map(|part| async { part.expect("a part").part })
        .collect()
        .await;
    let [Part::Source(source), Part::Batch(batch)] = parts.as_slice() else {
        panic!("{parts:?}")
    };
    assert_eq!((source.service.as_str(), source.position), ("activity", head));
    let of = |one: &&BranchCounts| one.branch_id == branch.to_string();
    batch.branches.iter().find(of).expect("the branch").counts.clone()
}

async fn share(world: &World, indicator: &str) -> (i64, i64) {
    let counts = counted(world, &[indicator]).await;
    assert!(counts[0].applicable, "{indicator}: {}", counts[0].reason);
    (counts[0].numerator, counts[0].denominator)
}

testkit::on_both! {
    async fn seventeen_indicators_are_kept_and_the_others_say_that_they_are_not(database: Database) {
        let world = World::open(&database).await;
        let asked = Person::service("rating").asks(ListIndicatorsRequest {});
        let listed = served(&world).list_indicators(asked).await.expect("a list").into_inner().indicators;
        assert_eq!(listed.iter().filter(|one| one.kept).count(), 17);
        let counts = counted(&world, &[]).await;
        for (line, count) in listed.iter().zip(&counts) {
            assert_eq!((&line.id, line.kept), (&count.indicator, count.reason != "NOT_KEPT_YET"));
        }
    }

    async fn leaders_are_counted_at_the_meetings_of_their_own_branch(database: Database) {
        let world = World::open(&database).await;
        world.post(Office::Secretary, world.people[2], "2024-01-01").await;
        world.post(Office::GroupLeader, world.people[5], "2024-01-01").await;
        let cadre = |person: usize| Cadre {
            person_id: world.people[person].to_string(),
            branch_id: world.branch.to_string(),
            from: "2024-01-01".into(),
            until: String::new(),
        };
        world.told("member.cadre", RecordId::new(), 1, Some(&cadre(9))).await;
        let mut lecture = past(&world, &[Duty::Lecture, Duty::Theme], "2025-03-14", 2..9);
        lecture.lecturer_ids = vec![world.people[2].to_string()];
        world.take_over(world.branch, lecture).await;
        let mut excused = past(&world, &[Duty::Theme], "2025-04-14", 2..9);
        excused.leave_ids = vec![world.people[9].to_string()];
        world.take_over(world.branch, excused).await;
        let mut late = past(&world, &[Duty::Theme], "2025-05-14", 2..10);
        late.completed_on = "2026-01-16".into();
        world.take_over(world.branch, late).await;
        assert_eq!(share(&world, "activity.leader.attendance").await, (2, 3), "S-322; complete after the freeze");
        assert_eq!(share(&world, "activity.leader.lecture").await, (1, 2));
        assert_eq!(share(&world, "activity.record.timely").await, (2, 3));
        assert_eq!(share(&world, "activity.theme.held").await, (2, 12));
    }

    async fn a_leader_lectures_at_his_contact_point_too_and_owes_nothing_where_his_relation_is_not(database: Database) {
        let world = World::open(&database).await;
        let sent_here = world.fake.add(world.neighbour, true, false);
        world.post(Office::Secretary, sent_here, "2024-01-01").await;
        let cadre = Cadre {
            person_id: world.people[9].to_string(),
            branch_id: world.branch.to_string(),
            from: "2024-01-01".into(),
            until: String::new(),
        };
        world.told("member.cadre", RecordId::new(), 1, Some(&cadre)).await;
        world.take_over(world.branch, past(&world, &[Duty::Theme], "2025-03-14", 2..9)).await;
        world.take_over(world.branch, past(&world, &[Duty::Theme], "2025-04-14", 2..10)).await;
        // Two theme days, owed by the cadre alone: the secretary's relation lies with the neighbour.
        assert_eq!(share(&world, "activity.leader.attendance").await, (1, 2), "S-322");

        let listener = world.fake.add(world.neighbour, true, false);
        let lecture = |on: &str| {
            let mut content = past(&world, &[Duty::Lecture], on, 0..0);
            content.present_ids = vec![listener.to_string(), sent_here.to_string()];
            content.lecturer_ids = vec![world.people[9].to_string()];
            world.take_over(world.neighbour, content)
        };
        lecture("2025-06-10").await;
        let there = lecture("2025-09-10").await;
        assert_eq!(share(&world, "activity.leader.lecture").await, (0, 2), "no contact point");
        let rows = vec![row(1, world.neighbour, contact(&world, "2025-07-01", "2025-12-31"))];
        assert_eq!(import(&world, chunk(&world, rows)).await.created, 1);
        let counts = counted(&world, &["activity.leader.lecture"]).await;
        assert_eq!((counts[0].numerator, counts[0].denominator), (1, 2));
        assert_eq!(counts[0].evidence, [there.id], "the one in June was before");
    }

    async fn meetings_under_a_recorded_outage_are_no_late_records(database: Database) {
        let world = World::open(&database).await;
        // Ten working days after Friday 14 March end on Friday 28 March.
        for (on, completed) in [("2025-03-14", "2025-05-30"), ("2025-06-16", "2025-08-30"), ("2025-09-15", "2025-09-16")] {
            let mut content = past(&world, &[Duty::Theme], on, 2..9);
            content.completed_on = completed.into();
            world.take_over(world.branch, content).await;
        }
        assert_eq!(share(&world, "activity.record.timely").await, (1, 3));
        let rows = vec![row(1, world.branch, outage("2025-03-28", "2025-04-02"))];
        assert_eq!(import(&world, chunk(&world, rows)).await.created, 1);
        assert_eq!(share(&world, "activity.record.timely").await, (1, 2));
    }

    async fn study_debriefs_and_reviews_show_what_they_rest_upon(database: Database) {
        let world = World::open(&database).await;
        let mut study = past(&world, &[Duty::Theme, Duty::Study], "2025-03-14", 2..10);
        study.study_item_ids = vec!["i1".into(), "i2".into()];
        let study = world.take_over(world.branch, study).await;
        let mut debrief = past(&world, &[Duty::DebriefAssembly, Duty::Review], "2026-01-08", 2..10);
        (debrief.for_year, debrief.assessed, debrief.assessment_id) = (2025, true, "t1".into());
        let debrief = world.take_over(world.branch, debrief).await;
        world.strength(world.branch, "2020-01-01", 10).await;
        let unheld = row(1, world.branch, Record::Review(review("2026-01-09", 10, 3, 7)));
        assert_eq!(import(&world, chunk(&world, vec![unheld])).await.created, 1);
        assert_eq!(share(&world, "activity.review.graded").await, (0, 10), "no meeting was held for it");
        let held = row(2, world.branch, Record::Review(review("2026-01-08", 9, 3, 5)));
        assert_eq!(import(&world, chunk(&world, vec![held])).await.created, 1);
        let ids = ["activity.study.held", "activity.debrief.held", "activity.review.graded"];
        let counts = counted(&world, &ids).await;
        let found: Vec<_> = counts.iter().map(|count| (count.numerator, count.denominator)).collect();
        assert_eq!(found, [(1, 12), (1, 2), (8, 9)]);
        assert_eq!(counts[0].evidence, [format!("{} i1+i2", study.id)]);
        assert_eq!(counts[1].evidence, [format!("{} t1", debrief.id)]);
        assert!(counts[2].evidence[0].starts_with(&debrief.id));
        assert_eq!(counts[2].evidence[1..], ["grades=8", "left_out=d9"]);
    }

    async fn in_the_middle_of_a_year_the_review_of_the_year_before_counts(database: Database) {
        let world = World::open(&database).await;
        world.strength(world.branch, "2020-01-01", 10).await;
        world.record(world.content(&[Duty::Review], "2025-06-10", 2..10)).await.expect("recorded");
        let held = row(1, world.branch, Record::Review(review("2025-06-10", 10, 3, 5)));
        assert_eq!(import(&world, chunk(&world, vec![held])).await.created, 1);
        let plan = DatedRecord {
            plan_hash: "h1".into(),
            plan_confirmed_on: "2025-01-20".into(),
            ..dated("2025-01-20", "2025-06-30", "2025-06-20")
        };
        assert_eq!(import(&world, chunk(&world, vec![row(2, world.branch, Record::Goal(plan))])).await.created, 1);
        let asked = CollectRequest {
            first_day: "2025-09-16".into(),
            last_day: "2026-09-15".into(),
            freeze_day: "2026-09-15".into(),
            ..request(&world, &["activity.review.graded", "activity.goal.reached"])
        };
        let counts = counted_in(&world, world.branch, asked).await;
        let found: Vec<_> = counts.iter().map(|count| (count.numerator, count.denominator)).collect();
        assert_eq!(found, [(8, 10), (1, 1)], "S-315: the meeting and the goal lie before the twelve months");
    }

    async fn records_count_when_they_fell_due_and_are_shown_to_be_done_in_time(database: Database) {
        let world = World::open(&database).await;
        let of = dated;
        let unconfirmed = DatedRecord { confirmed: false, ..of("2025-03-01", "2025-04-01", "2025-03-30") };
        let unshown = DatedRecord { evidence: String::new(), ..of("2025-03-01", "2025-04-01", "2025-03-30") };
        let bypassed = DatedRecord { programme: String::new(), ..of("2025-03-01", "2025-04-01", "2025-03-30") };
        let planned = |confirmed_on: &str| DatedRecord {
            plan_hash: "h1".into(),
            plan_confirmed_on: confirmed_on.into(),
            ..of("2025-03-01", "2025-12-20", "2025-12-20")
        };
        let rows = vec![
            row(1, world.branch, Record::Task(of("2025-03-01", "2025-04-01", "2025-04-01"))),
            row(2, world.branch, Record::Task(of("2025-03-01", "2025-04-01", "2025-04-02"))),
            row(3, world.branch, Record::Task(of("2025-03-01", "2026-04-01", "2025-04-02"))),
            row(4, world.branch, Record::Ticket(unconfirmed)),
            row(5, world.branch, Record::Resolution(of("2025-03-01", "2025-04-01", "2025-03-03"))),
            row(6, world.branch, Record::Goal(planned("2025-01-31"))),
            row(7, world.branch, Record::Goal(planned("2025-07-01"))),
            row(8, world.branch, Record::Task(unshown.clone())),
            row(9, world.branch, Record::Task(bypassed)),
            row(10, world.branch, Record::Resolution(unshown)),
            row(11, world.branch, Record::Ticket(of("2025-03-01", "2025-04-01", "2025-04-01"))),
        ];
        assert_eq!(import(&world, chunk(&world, rows)).await.created, 11);
        // Of the tasks one was late, one is not shown, one falls due next year, one stands on no programme.
        assert_eq!(share(&world, "activity.task.done").await, (1, 3));
        assert_eq!(share(&world, "activity.ticket.closed").await, (1, 2));
        assert_eq!(share(&world, "activity.resolution.done").await, (1, 2));
        assert_eq!(share(&world, "activity.goal.reached").await, (1, 1), "in July no plan is at its start");
        let counts = counted(&world, &["activity.goal.reached", "activity.resolution.done"]).await;
        assert!(counts[0].evidence[0].ends_with("evidence=e1 plan=h1"));
        assert_eq!(counts[1].evidence.iter().filter(|one| one.ends_with("evidence=e1")).count(), 1);
    }

    async fn a_village_is_not_judged_on_tasks_that_bypassed_admission(database: Database) {
        let world = World::open(&database).await;
        let school = OrganizationId::new();
        let mut known = node(&[world.county, world.town, school], OrganizationKind::Branch);
        known.domain = Some(Domain::School);
        world.stage.learn([known]).await;
        let task = |admission: &str| Record::Task(DatedRecord {
            admission: admission.into(),
            ..dated("2025-03-01", "2025-04-01", "2025-04-01")
        });
        let rows = vec![row(1, world.branch, task("")), row(2, world.branch, task("a7")), row(3, school, task(""))];
        assert_eq!(import(&world, chunk(&world, rows)).await.created, 3);
        assert_eq!(counted_at(&world, school, &["activity.task.done"]).await[0].denominator, 1);
        let counts = counted(&world, &["activity.task.done"]).await;
        assert_eq!((counts[0].numerator, counts[0].denominator), (1, 1), "S-408");
        assert!(counts[0].evidence[0].ends_with("admission=a7 evidence=e1"));
    }

    async fn position_and_counts_are_of_one_moment_whatever_is_written_while_they_are_read(database: Database) {
        let world = World::open(&database).await;
        world.take_over(world.branch, past(&world, &[Duty::Theme], "2025-03-14", 2..9)).await;
        let head = world.head().await;
        let asked = Person::service("rating").asks(request(&world, &["activity.theme.held"]));
        let mut stream = served(&world).collect(asked).await.expect("a stream").into_inner();
        world.take_over(world.branch, past(&world, &[Duty::Theme], "2025-04-14", 2..9)).await;
        assert!(world.head().await > head);
        let Some(Part::Source(source)) = stream.next().await.expect("a message").expect("a part").part else {
            panic!("no source")
        };
        let Some(Part::Batch(batch)) = stream.next().await.expect("a message").expect("a part").part else {
            panic!("no batch")
        };
        let of = |one: &&BranchCounts| one.branch_id == world.branch.to_string();
        let counted = &batch.branches.iter().find(of).expect("the branch").counts[0];
        assert_eq!((source.position, counted.numerator, counted.denominator), (head, 1, 12));
        assert_eq!(share(&world, "activity.theme.held").await, (2, 12));
    }

    async fn people_do_not_collect_and_indicators_of_others_are_unknown(database: Database) {
        let world = World::open(&database).await;
        let Err(person) = served(&world).collect(world.org_dept.asks(request(&world, &[]))).await else {
            panic!("a person collects")
        };
        assert_eq!(reason(&person), "SERVICE_ONLY");
        let foreign = Person::service("rating").asks(request(&world, &["member.dues.paid"]));
        let Err(unknown) = served(&world).collect(foreign).await else { panic!("counted") };
        assert_eq!(reason(&unknown), "INDICATOR_UNKNOWN");
    }
}
