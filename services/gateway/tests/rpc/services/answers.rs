//! What the services answer when they are well.

use std::{pin::Pin, sync::Arc, sync::OnceLock};

use access::{Issuer, Node, range::ids};
use futures::{Stream, StreamExt, stream};
use kernel::OrganizationKind;
use proto::{
    activity::v1::{self as activity, activity_service_server as activity_server},
    audit::v1::{self as audit, audit_service_server as audit_server},
    feed::v1::{self as feed, feed_service_server as feed_server},
    member::v1::{self as member, member_service_server as member_server},
    organization::v1::{self as organization, organization_service_server as organization_server},
    process::v1::{self as process, process_service_server as process_server},
    rating::v1::{self as rating, rating_service_server as rating_server},
    resource::v1::{self as resource, resource_service_server as resource_server},
};
use runtime::{Link, admission::Admitted, door::Door};
use tonic::{Request, Response, Status, service::Routes};

use super::{Mood, Moody, Services};

type Reply<A> = Result<Response<A>, Status>;
type Answers<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// One service as the server sees it.
#[derive(Clone)]
struct Fake {
    services: Services,
    service: &'static str,
}

impl Fake {
    fn astray(&self) -> bool {
        self.services.state().moods.get(self.service) == Some(&Mood::Astray)
    }

    /// The id that was asked for, or another one.
    fn about(&self, asked: &str) -> String {
        match self.astray() {
            true => kernel::id::OrganizationId::new().to_string(),
            false => asked.to_owned(),
        }
    }
}

pub(super) fn link(services: &Services, service: &'static str, issuer: &Issuer) -> Link {
    let fake = Fake {
        services: services.clone(),
        service,
    };
    macro_rules! moody {
        ($server:expr) => {
            Moody {
                services: services.clone(),
                service,
                inner: $server,
            }
        };
    }
    let routes = Routes::new(moody!(audit_server::AuditServiceServer::new(fake.clone())))
        .add_service(moody!(process_server::ProcessServiceServer::new(fake.clone())))
        .add_service(moody!(feed_server::FeedServiceServer::new(fake.clone())));
    let routes = match service {
        "organization" => {
            routes.add_service(moody!(organization_server::OrganizationServiceServer::new(fake)))
        }
        "member" => routes.add_service(moody!(member_server::MemberServiceServer::new(fake))),
        "activity" => routes.add_service(moody!(activity_server::ActivityServiceServer::new(fake))),
        "rating" => routes.add_service(moody!(rating_server::RatingServiceServer::new(fake))),
        _ => routes.add_service(moody!(resource_server::ResourceServiceServer::new(fake))),
    };
    let door = Door::new(service, routes, Admitted::default());
    Link::local(service, Arc::new(OnceLock::from(door)), Some(issuer.clone()))
}

pub(super) fn organization(node: &Node) -> organization::Organization {
    let path: Vec<String> = ids(&node.path).map(|id| id.to_string()).collect();
    let kind = match node.kind {
        OrganizationKind::LocalCommittee => organization::OrganizationKind::LocalCommittee,
        OrganizationKind::Committee => organization::OrganizationKind::Committee,
        _ => organization::OrganizationKind::Branch,
    };
    organization::Organization {
        id: node.id.to_string(),
        name: "某某支部".into(),
        kind: kind.into(),
        path,
        founded_on: node.founded_on.to_string(),
        ..Default::default()
    }
}

/// Implements a trait: what is asked of it, and everything else with an empty answer.
macro_rules! fake {
    ($server:ident::$trait:ident, $wire:ident: {$($asked:item)*} $($name:ident($request:ident) -> $answer:ident;)*) => {
        #[tonic::async_trait]
        impl $server::$trait for Fake {
            $($asked)*
            $(async fn $name(&self, _: Request<$wire::$request>) -> Reply<$wire::$answer> {
                Ok(Response::new($wire::$answer::default()))
            })*
        }
    };
}

fake! {
    organization_server::OrganizationService, organization: {
        type ScreenStream = Answers<organization::ScreenResponse>;

        async fn screen(&self, _: Request<organization::ScreenRequest>) -> Reply<Self::ScreenStream> {
            Ok(Response::new(stream::empty().boxed()))
        }

        async fn resolve_caller(
            &self,
            request: Request<organization::ResolveCallerRequest>,
        ) -> Reply<organization::ResolveCallerResponse> {
            let state = self.services.state();
            let held = state.grants.get(&request.get_ref().subject).cloned();
            let (grants, epoch) = held.unwrap_or_default();
            Ok(Response::new(organization::ResolveCallerResponse { grants, epoch }))
        }

        async fn get_organization(
            &self,
            request: Request<organization::GetOrganizationRequest>,
        ) -> Reply<organization::GetOrganizationResponse> {
            let asked = &request.get_ref().organization_id;
            let known = self.services.state().organizations.get(asked).cloned();
            let known = known.ok_or_else(|| wire::status(kernel::Refusal::not_found().into()))?;
            let organization = organization::Organization { id: self.about(&known.id), ..known };
            Ok(Response::new(organization::GetOrganizationResponse { organization: Some(organization) }))
        }
    }
    found_root(FoundRootRequest) -> FoundRootResponse;
    import_organizations(ImportOrganizationsRequest) -> ImportOrganizationsResponse;
    resolve_external_ids(ResolveExternalIdsRequest) -> ResolveExternalIdsResponse;
    list_organizations(ListOrganizationsRequest) -> ListOrganizationsResponse;
    assign_roles(AssignRolesRequest) -> AssignRolesResponse;
    revoke_role(RevokeRoleRequest) -> RevokeRoleResponse;
    import_units(ImportUnitsRequest) -> ImportUnitsResponse;
    import_posts(ImportPostsRequest) -> ImportPostsResponse;
    import_guarantees(ImportGuaranteesRequest) -> ImportGuaranteesResponse;
    list_posts(ListPostsRequest) -> ListPostsResponse;
}

fake! {
    member_server::MemberService, member: {
        async fn count_members(&self, _: Request<member::CountMembersRequest>) -> Reply<member::CountMembersResponse> {
            Ok(Response::new(member::CountMembersResponse {
                full: self.services.state().members,
                probationary: 2,
                exempt: 1,
                ..Default::default()
            }))
        }
    }
    import_members(ImportMembersRequest) -> ImportMembersResponse;
    get_member(GetMemberRequest) -> GetMemberResponse;
    reveal_member(RevealMemberRequest) -> RevealMemberResponse;
    find_member(FindMemberRequest) -> FindMemberResponse;
    list_members(ListMembersRequest) -> ListMembersResponse;
    transfer_member(TransferMemberRequest) -> TransferMemberResponse;
    get_rolls(GetRollsRequest) -> GetRollsResponse;
    import_development_steps(ImportDevelopmentStepsRequest) -> ImportDevelopmentStepsResponse;
    import_dues_sheets(ImportDuesSheetsRequest) -> ImportDuesSheetsResponse;
    get_dues_sheet(GetDuesSheetRequest) -> GetDuesSheetResponse;
    quote_dues(QuoteDuesRequest) -> QuoteDuesResponse;
    import_training_hours(ImportTrainingHoursRequest) -> ImportTrainingHoursResponse;
}

fake! {
    activity_server::ActivityService, activity: {
        async fn list_owed(&self, request: Request<activity::ListOwedRequest>) -> Reply<activity::ListOwedResponse> {
            let duty = |expected, held, applicable| activity::DutyOwed { expected, held, applicable, ..Default::default() };
            let branch = activity::BranchOwed {
                branch_id: self.about(&request.get_ref().organization_id),
                duties: vec![duty(12, 11, true), duty(4, 4, true), duty(9, 0, false)],
                ..Default::default()
            };
            Ok(Response::new(activity::ListOwedResponse { branches: vec![branch], ..Default::default() }))
        }
    }
    record_meeting(RecordMeetingRequest) -> RecordMeetingResponse;
    import_meetings(ImportMeetingsRequest) -> ImportMeetingsResponse;
    complete_meeting(CompleteMeetingRequest) -> CompleteMeetingResponse;
    annul_meeting(AnnulMeetingRequest) -> AnnulMeetingResponse;
    get_meeting(GetMeetingRequest) -> GetMeetingResponse;
    list_meetings(ListMeetingsRequest) -> ListMeetingsResponse;
    collect_owed(CollectOwedRequest) -> CollectOwedResponse;
    import_records(ImportRecordsRequest) -> ImportRecordsResponse;
}

/// Two pages, the second one behind this token.
const SECOND: &str = "second";

fn first_page(token: &str) -> bool {
    assert!(["", SECOND].contains(&token), "{token:?} was never given");
    token.is_empty()
}

fn next(first: bool) -> String {
    if first { SECOND.to_owned() } else { String::new() }
}

fake! {
    rating_server::RatingService, rating: {
        async fn get_result(&self, request: Request<rating::GetResultRequest>) -> Reply<rating::GetResultResponse> {
            let result = rating::Result {
                branch_id: self.about(&request.get_ref().branch_id),
                star: 4,
                total: 91_000,
                ..Default::default()
            };
            Ok(Response::new(rating::GetResultResponse { result: Some(result), ..Default::default() }))
        }

        async fn list_results(&self, request: Request<rating::ListResultsRequest>) -> Reply<rating::ListResultsResponse> {
            let first = first_page(&request.get_ref().page_token);
            let result = |star, star_decided| rating::Result { domain: 1, star, star_decided, ..Default::default() };
            let results = if first { vec![result(5, 4), result(3, 0)] } else { vec![result(3, 3), result(0, 0)] };
            Ok(Response::new(rating::ListResultsResponse { results, next_page_token: next(first) }))
        }

        async fn list_findings(&self, request: Request<rating::ListFindingsRequest>) -> Reply<rating::ListFindingsResponse> {
            let first = first_page(&request.get_ref().page_token);
            let findings = vec![rating::Finding::default(); if first { 3 } else { 2 }];
            Ok(Response::new(rating::ListFindingsResponse { findings, next_page_token: next(first) }))
        }

        async fn list_rectifications(
            &self,
            request: Request<rating::ListRectificationsRequest>,
        ) -> Reply<rating::ListRectificationsResponse> {
            let first = first_page(&request.get_ref().page_token);
            let cases = vec![Default::default(); usize::from(first)];
            Ok(Response::new(rating::ListRectificationsResponse { cases, next_page_token: next(first) }))
        }
    }
    get_template(GetTemplateRequest) -> GetTemplateResponse;
    open_cycle(OpenCycleRequest) -> OpenCycleResponse;
    freeze_cycle(FreezeCycleRequest) -> FreezeCycleResponse;
    get_cycle(GetCycleRequest) -> GetCycleResponse;
    enter_review_marks(EnterReviewMarksRequest) -> EnterReviewMarksResponse;
    evaluate(EvaluateRequest) -> EvaluateResponse;
    run_quota(RunQuotaRequest) -> RunQuotaResponse;
    sign_naming_batch(SignNamingBatchRequest) -> SignNamingBatchResponse;
    get_certificate(GetCertificateRequest) -> GetCertificateResponse;
    run_screening(RunScreeningRequest) -> RunScreeningResponse;
    import_findings(ImportFindingsRequest) -> ImportFindingsResponse;
}

fake! {
    resource_server::ResourceService, resource: {
        async fn list_bookings(&self, request: Request<resource::ListBookingsRequest>) -> Reply<resource::ListBookingsResponse> {
            use resource::BookingState::{Cancelled, Confirmed, Missed};
            let first = first_page(&request.get_ref().page_token);
            let states = if first { vec![Confirmed, Cancelled] } else { vec![Confirmed, Missed] };
            let booking = |state: resource::BookingState| resource::Booking { state: state.into(), ..Default::default() };
            let bookings = states.into_iter().map(booking).collect();
            Ok(Response::new(resource::ListBookingsResponse { bookings, next_page_token: next(first) }))
        }
    }
    import_resources(ImportResourcesRequest) -> ImportResourcesResponse;
    get_resource(GetResourceRequest) -> GetResourceResponse;
    search_resources(SearchResourcesRequest) -> SearchResourcesResponse;
    get_availability(GetAvailabilityRequest) -> GetAvailabilityResponse;
    hold_booking(HoldBookingRequest) -> HoldBookingResponse;
    confirm_booking(ConfirmBookingRequest) -> ConfirmBookingResponse;
    cancel_booking(CancelBookingRequest) -> CancelBookingResponse;
    keep_booking(KeepBookingRequest) -> KeepBookingResponse;
    get_booking(GetBookingRequest) -> GetBookingResponse;
    join_waitlist(JoinWaitlistRequest) -> JoinWaitlistResponse;
    leave_feedback(LeaveFeedbackRequest) -> LeaveFeedbackResponse;
}

fake! {
    process_server::ProcessService, process: {
        async fn list_work(&self, request: Request<process::ListWorkRequest>) -> Reply<process::ListWorkResponse> {
            let mut work = self.services.state().work.get(self.service).cloned().unwrap_or_default();
            let total = work.len().try_into().expect("few");
            work.truncate(request.get_ref().page_size.try_into().expect("a size"));
            Ok(Response::new(process::ListWorkResponse { work, total, ..Default::default() }))
        }

        async fn get_procedure(&self, request: Request<process::GetProcedureRequest>) -> Reply<process::GetProcedureResponse> {
            let procedure = format!("{} of {}", request.get_ref().procedure, self.service);
            Ok(Response::new(process::GetProcedureResponse { procedure, ..Default::default() }))
        }
    }
    open_case(OpenCaseRequest) -> OpenCaseResponse;
    take_step(TakeStepRequest) -> TakeStepResponse;
    object(ObjectRequest) -> ObjectResponse;
    answer_objection(AnswerObjectionRequest) -> AnswerObjectionResponse;
    edit_evidence(EditEvidenceRequest) -> EditEvidenceResponse;
    adjust_case(AdjustCaseRequest) -> AdjustCaseResponse;
    get_case(GetCaseRequest) -> GetCaseResponse;
    list_cases(ListCasesRequest) -> ListCasesResponse;
    get_chart(GetChartRequest) -> GetChartResponse;
}

fake! {
    audit_server::AuditService, audit: {}
    list_entries(ListEntriesRequest) -> ListEntriesResponse;
    verify_chain(VerifyChainRequest) -> VerifyChainResponse;
}

#[tonic::async_trait]
impl feed_server::FeedService for Fake {
    type WatchStream = Answers<feed::WatchResponse>;
    type SnapshotStream = Answers<feed::SnapshotResponse>;

    /// What is new, then that this is all, and so again after each change.
    async fn watch(&self, request: Request<feed::WatchRequest>) -> Reply<Self::WatchStream> {
        let (services, after) = (self.services.clone(), request.get_ref().after);
        let head = services.head.subscribe();
        let messages = stream::unfold(
            (services, after, head, true),
            |(services, after, mut head, first)| async move {
                if !first {
                    head.changed().await.ok()?;
                }
                let events: Vec<_> = {
                    let state = services.state();
                    state
                        .events
                        .iter()
                        .filter(|event| event.position > after)
                        .cloned()
                        .collect()
                };
                let reached = events.last().map_or(after, |event| event.position);
                let all = [
                    Ok(feed::WatchResponse {
                        events,
                        head: reached,
                    }),
                    Ok(feed::WatchResponse {
                        events: vec![],
                        head: reached,
                    }),
                ];
                Some((stream::iter(all), (services, reached, head, false)))
            },
        );
        Ok(Response::new(messages.flatten().boxed()))
    }

    async fn snapshot(&self, _: Request<feed::SnapshotRequest>) -> Reply<Self::SnapshotStream> {
        let events = self.services.state().events.clone();
        let position = events.len() as u64;
        let message = feed::SnapshotResponse { events, position };
        Ok(Response::new(stream::iter([Ok(message)]).boxed()))
    }
}
