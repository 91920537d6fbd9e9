//! A small county with two towns, and a member service that is faked.

#![expect(
    clippy::disallowed_methods,
    reason = "a peer that is faked answers as the test says"
)]

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use activity::{
    app::App,
    migrations,
    peers::member::Member,
    rpc::Rpc,
    store::projections::{Cadres, Posts, Strengths},
};
use kernel::{
    OrganizationKind, Role,
    day::start_of,
    id::{OrganizationId, PersonId, RecordId},
};
use prost::Message;
use proto::{
    activity::v1::{
        Duty, ImportMeetingsRequest, ListMeetingsRequest, Meeting, MeetingContent, MeetingRow,
        RecordMeetingRequest, activity_service_server::ActivityService,
    },
    feed::v1::Event,
    kernel::v1::ExternalId,
    member::v1::{
        self as m, GetRollsRequest, GetRollsResponse, Roll, RollMember, Standing,
        member_service_server::{MemberService, MemberServiceServer},
    },
    organization::v1::{Office, Post},
};
use runtime::link::Link;
use storage::consumer::Projection;
use testkit::{
    database::Database,
    stage::{Person, Stage, day, new_id, node},
};
use tonic::{Request, Response, Status};

/// The day on which a world begins.
pub(crate) const TODAY: &str = "2026-01-20";

/// Activity on a private database. The branch has ten full members of whom two are exempt, and two probationary
/// ones; a group; a neighbour in the same town, a stranger in another one.
pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) rpc: Rpc,
    pub(crate) county: OrganizationId,
    pub(crate) town: OrganizationId,
    pub(crate) branch: OrganizationId,
    pub(crate) group: OrganizationId,
    pub(crate) neighbour: OrganizationId,
    pub(crate) stranger: OrganizationId,
    pub(crate) clerk: Person,
    pub(crate) org_dept: Person,
    pub(crate) people: Vec<PersonId>,
    pub(crate) fake: Fake,
}

/// Somebody on the roll of a branch: who, whether full, whether exempt.
type Somebody = (OrganizationId, PersonId, bool, bool);

/// What the faked member knows: everybody of every branch.
#[derive(Clone, Default)]
pub(crate) struct Fake {
    people: Arc<Mutex<Vec<Somebody>>>,
    asked: Arc<AtomicUsize>,
    away: Arc<AtomicBool>,
}

impl Fake {
    fn people(&self) -> MutexGuard<'_, Vec<Somebody>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, branch: OrganizationId, full: bool, exempt: bool) -> PersonId {
        let person = PersonId::new();
        self.people().push((branch, person, full, exempt));
        person
    }

    /// Activity on a stage, which asks this member.
    fn rpc(&self, stage: &Stage) -> Rpc {
        let routes = tonic::service::Routes::new(MemberServiceServer::new(self.clone()));
        let app = App {
            store: stage.store.clone(),
            clock: stage.clock.clone(),
            pages: stage.pages.clone(),
            scopes: stage.scopes().clone(),
            member: Member(Link::to_routes("member", routes)),
            organizations: None,
        };
        let desk = stage.desk.clone();
        Rpc { desk, app }
    }

    /// Member answers nobody from now on.
    pub(crate) fn leave(&self) {
        self.away.store(true, Ordering::SeqCst);
    }

    /// How often member was asked for rolls.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl World {
    pub(crate) async fn open(database: &Database) -> Self {
        let stage = Stage::open(database, "activity", migrations).await;
        let [county, town, branch, group, neighbour, other, stranger] =
            std::array::from_fn(|_| OrganizationId::new());
        let mut founded = node(&[county, town, neighbour], OrganizationKind::Branch);
        founded.founded_on = day("2025-05-20");
        stage
            .learn([
                node(&[county], OrganizationKind::LocalCommittee),
                node(&[county, town], OrganizationKind::Committee),
                node(&[county, town, branch], OrganizationKind::Branch),
                node(&[county, town, branch, group], OrganizationKind::PartyGroup),
                founded,
                node(&[county, other], OrganizationKind::Committee),
                node(&[county, other, stranger], OrganizationKind::Branch),
            ])
            .await;
        let fake = Fake::default();
        let people = (0..12).map(|k| fake.add(branch, k < 10, k < 2)).collect();
        let rpc = fake.rpc(&stage);
        let world = Self {
            rpc,
            county,
            town,
            branch,
            group,
            neighbour,
            stranger,
            clerk: Person::with(&[(Role::Clerk, branch)]),
            org_dept: Person::with(&[(Role::OrgDept, county)]),
            people,
            fake,
            stage,
        };
        world.advance(TODAY);
        world
    }

    /// One more replica of the service on the same database.
    pub(crate) async fn replica(&self, database: &Database) -> Rpc {
        let stage = Stage::replica(database, "activity", migrations).await;
        stage.clock.advance(start_of(day(TODAY))).expect("forward");
        self.fake.rpc(&stage)
    }

    /// Moves the business clock forward.
    pub(crate) fn advance(&self, to: &str) {
        self.stage.clock.advance(start_of(day(to))).expect("forward");
    }

    /// A meeting of the branch, attended by the persons with these numbers, its record complete today.
    pub(crate) fn content(
        &self,
        duties: &[Duty],
        held_on: &str,
        present: std::ops::Range<usize>,
    ) -> MeetingContent {
        MeetingContent {
            duties: duties.iter().map(|duty| *duty as i32).collect(),
            held_on: held_on.into(),
            topic: "学习讨论".into(),
            present_ids: self.people[present].iter().map(ToString::to_string).collect(),
            completed_on: TODAY.into(),
            ..Default::default()
        }
    }

    /// A meeting of earlier days as the branch's papers have it, taken over by the department.
    pub(crate) async fn take_over(&self, branch: OrganizationId, content: MeetingContent) -> Meeting {
        let held_on = content.held_on.clone();
        let row = MeetingRow {
            line: 1,
            external_id: Some(ExternalId {
                system: "papers".into(),
                value: new_id(),
            }),
            branch_id: branch.to_string(),
            content: Some(content),
        };
        let import = ImportMeetingsRequest {
            organization_id: self.county.to_string(),
            import_id: new_id(),
            rows: vec![row],
            ..Default::default()
        };
        let asked = self.rpc.import_meetings(self.org_dept.asks(import)).await;
        let result = asked.expect("an answer").into_inner().result.expect("a result");
        assert_eq!(result.created, 1, "{result:?}");
        let day = ListMeetingsRequest {
            organization_id: branch.to_string(),
            first_day: held_on.clone(),
            last_day: held_on,
            ..Default::default()
        };
        let page = self.rpc.list_meetings(self.org_dept.asks(day)).await;
        page.expect("a page").into_inner().meetings.pop().expect("it")
    }

    pub(crate) async fn record(&self, content: MeetingContent) -> Result<Meeting, Status> {
        self.record_at(self.branch, content).await
    }

    pub(crate) async fn record_at(
        &self,
        branch: OrganizationId,
        content: MeetingContent,
    ) -> Result<Meeting, Status> {
        let request = RecordMeetingRequest {
            branch_id: branch.to_string(),
            content: Some(content),
            request_id: new_id(),
        };
        let person = Person::with(&[(Role::Clerk, branch)]);
        let answer = self.rpc.record_meeting(person.asks(request)).await?.into_inner();
        Ok(answer.meeting.expect("a meeting"))
    }

    /// The head of the feed.
    pub(crate) async fn head(&self) -> u64 {
        storage::feed::advance(&self.stage.store).await.expect("a pass")
    }

    /// Applies a record of another service, as its feed would tell it.
    pub(crate) async fn told(&self, kind: &str, id: RecordId, version: u64, body: Option<&impl Message>) {
        let event = Event {
            position: 1,
            kind: kind.into(),
            id: id.to_string(),
            version,
            deleted: body.is_none(),
            body: body.map(Message::encode_to_vec).unwrap_or_default(),
            ..Default::default()
        };
        let projections: [&dyn Projection; 3] = [&Posts, &Strengths, &Cadres];
        let projection = projections
            .into_iter()
            .find(|one| one.kinds().contains(&kind))
            .expect("a projection");
        let tx = self.stage.store.work("test").await.expect("a unit of work");
        projection.apply(&tx, &[&event]).await.expect("applied");
        tx.commit(()).await.expect("commit");
    }

    /// A strength of the branch from a day on.
    pub(crate) async fn strength(&self, branch: OrganizationId, from: &str, full: u32) {
        let told = m::Strength {
            branch_id: branch.to_string(),
            from: from.into(),
            full,
            ..Default::default()
        };
        self.told("member.strength", RecordId::new(), 1, Some(&told))
            .await;
    }

    /// A post at the branch, held from a day on.
    pub(crate) async fn post(&self, office: Office, person: PersonId, from: &str) -> RecordId {
        let id = RecordId::new();
        self.told(
            "organization.post",
            id,
            1,
            Some(&self.holding(office, person, from)),
        )
        .await;
        id
    }

    pub(crate) fn holding(&self, office: Office, person: PersonId, from: &str) -> Post {
        Post {
            organization_id: self.branch.to_string(),
            office: office.into(),
            person_id: person.to_string(),
            from: from.into(),
            ..Default::default()
        }
    }
}

macro_rules! only_rolls {
    ($($method:ident($request:ident) -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl MemberService for Fake {
            async fn get_rolls(&self, request: Request<GetRollsRequest>) -> Result<Response<GetRollsResponse>, Status> {
                self.asked.fetch_add(1, Ordering::SeqCst);
                if self.away.load(Ordering::SeqCst) {
                    return Err(Status::unavailable("away"));
                }
                let days = request.into_inner().days;
                Ok(Response::new(GetRollsResponse { rolls: days.iter().map(|day| self.roll(&day.branch_id)).collect() }))
            }

            $(async fn $method(&self, _request: Request<m::$request>) -> Result<Response<m::$response>, Status> {
                Err(Status::unimplemented("not asked by activity"))
            })*
        }
    };
}

only_rolls! {
    import_members(ImportMembersRequest) -> ImportMembersResponse;
    get_member(GetMemberRequest) -> GetMemberResponse;
    reveal_member(RevealMemberRequest) -> RevealMemberResponse;
    find_member(FindMemberRequest) -> FindMemberResponse;
    list_members(ListMembersRequest) -> ListMembersResponse;
    count_members(CountMembersRequest) -> CountMembersResponse;
    transfer_member(TransferMemberRequest) -> TransferMemberResponse;
    import_development_steps(ImportDevelopmentStepsRequest) -> ImportDevelopmentStepsResponse;
    import_dues_sheets(ImportDuesSheetsRequest) -> ImportDuesSheetsResponse;
    get_dues_sheet(GetDuesSheetRequest) -> GetDuesSheetResponse;
    quote_dues(QuoteDuesRequest) -> QuoteDuesResponse;
    import_training_hours(ImportTrainingHoursRequest) -> ImportTrainingHoursResponse;
}

impl Fake {
    fn roll(&self, branch: &str) -> Roll {
        let people = self.people();
        let here: Vec<_> = people
            .iter()
            .filter(|(id, ..)| id.to_string() == branch)
            .collect();
        let count = |wanted: &dyn Fn(bool, bool) -> bool| {
            u32::try_from(
                here.iter()
                    .filter(|(_, _, full, exempt)| wanted(*full, *exempt))
                    .count(),
            )
            .expect("few")
        };
        Roll {
            full: count(&|full, _| full),
            probationary: count(&|full, _| !full),
            exempt: count(&|_, exempt| exempt),
            members: here
                .iter()
                .map(|(_, person, full, exempt)| RollMember {
                    person_id: person.to_string(),
                    standing: if *full {
                        Standing::Full
                    } else {
                        Standing::Probationary
                    }
                    .into(),
                    exempt: *exempt,
                    leading_cadre: false,
                })
                .collect(),
        }
    }
}
