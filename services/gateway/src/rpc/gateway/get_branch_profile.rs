//! Everything about one branch, from all services at the same time.

use std::time::Duration;

use access::Authorized;
use chrono::Datelike;
use kernel::{Kind, Refusal, RpcError};
use proto::{
    activity::v1::ListOwedRequest,
    gateway::v1::{
        ActivityPart, Freshness, GetBranchProfileRequest, GetBranchProfileResponse, MemberPart, ResourcePart,
    },
    member::v1::CountMembersRequest,
    organization::v1::{GetOrganizationRequest, GetOrganizationResponse},
    rating::v1::{GetResultRequest, GetResultResponse},
    resource::v1::{BookingState, ListBookingsRequest},
};
use tonic::{Code, Status};

use crate::{
    app::App,
    peers::{Asker, nonsense},
};

/// How long each service is waited for: one that is slow is shown as of before, and the page is there.
const PATIENCE: Duration = Duration::from_millis(600);
const OWED: i32 = 500;
const BOOKINGS: i32 = 1000;

/// Asks the five services at once. A part whose owner does not answer is stale or missing; only a branch that
/// organization does not know, or does not show to this caller, is NOT_FOUND.
pub async fn run(
    app: App,
    request: Authorized<GetBranchProfileRequest>,
) -> Result<GetBranchProfileResponse, RpcError> {
    let branch = request.branch_id.to_lowercase();
    let today = app.clock.today();
    let year = if request.year == 0 {
        today.year()
    } else {
        request.year
    };
    let asker = Asker::of(&app, &request).await?;
    let caller = Asker::key(&request, today);
    let profile = app
        .kept
        .composition(&caller, &format!("profile {branch} {year}"), PATIENCE);

    let (organization, member, activity, rating, resource) = tokio::try_join!(
        profile.part("organization", organization(&app, &asker, &branch)),
        profile.part("member", member(&app, &asker, &branch)),
        profile.part("activity", activity(&app, &asker, &branch, year)),
        profile.part("rating", rating(&app, &asker, &branch)),
        profile.part("resource", resource(&app, &asker, &branch)),
    )?;

    let hidden = |answer: &GetOrganizationResponse| answer.organization.is_none();
    if organization.1.as_ref().is_some_and(hidden) {
        return Err(Refusal::not_found().into());
    }
    let parts = vec![organization.0, member.0, activity.0, rating.0, resource.0];
    if parts.iter().all(|part| part.freshness() == Freshness::Missing) {
        let zh = "各项服务都暂时没有回应，请稍后重试。";
        return Err(Refusal::new(Kind::Unavailable, "ALL_PARTS_MISSING", zh).into());
    }
    Ok(GetBranchProfileResponse {
        parts,
        organization: organization.1.and_then(|answer| answer.organization),
        member: member.1,
        activity: activity.1.and_then(|answer| answer.activity),
        rating: rating.1.and_then(|answer| answer.result),
        resource: resource.1,
    })
}

/// A branch that is hidden from the caller is absent: an answer, which has no branch in it.
async fn organization(app: &App, asker: &Asker, branch: &str) -> Result<GetOrganizationResponse, Status> {
    let message = GetOrganizationRequest {
        organization_id: branch.to_owned(),
        ..Default::default()
    };
    let answer = app.organization().get_organization(asker.ask(message)).await;
    match answer.map(tonic::Response::into_inner) {
        Err(status) if status.code() == Code::NotFound => Ok(GetOrganizationResponse::default()),
        Ok(answer) if answer.organization.as_ref().is_none_or(|one| one.id != branch) => {
            Err(nonsense("organization"))
        }
        answer => answer,
    }
}

async fn member(app: &App, asker: &Asker, branch: &str) -> Result<MemberPart, Status> {
    let message = CountMembersRequest {
        organization_id: branch.to_owned(),
        ..Default::default()
    };
    let counts = app.member().count_members(asker.ask(message)).await?.into_inner();
    Ok(MemberPart {
        full: counts.full,
        probationary: counts.probationary,
        exempt: counts.exempt,
    })
}

/// A branch that did not exist in the year owes nothing that could be summed up.
async fn activity(
    app: &App,
    asker: &Asker,
    branch: &str,
    year: i32,
) -> Result<GetBranchProfileResponse, Status> {
    let message = ListOwedRequest {
        organization_id: branch.to_owned(),
        first_day: format!("{year:04}-01-01"),
        last_day: format!("{year:04}-12-31"),
        page_size: OWED,
        ..Default::default()
    };
    let owed = app.activity().list_owed(asker.ask(message)).await?.into_inner();
    let own = owed.branches.iter().find(|one| one.branch_id == branch);
    let activity = own.map(|own| {
        let applicable = own.duties.iter().filter(|duty| duty.applicable);
        applicable.fold(ActivityPart::default(), |sum, duty| ActivityPart {
            expected: sum.expected.saturating_add(duty.expected),
            kept: sum.kept.saturating_add(duty.held),
        })
    });
    Ok(GetBranchProfileResponse {
        activity,
        ..Default::default()
    })
}

/// A branch that was never rated has no result: that is an answer, not a failure.
async fn rating(app: &App, asker: &Asker, branch: &str) -> Result<GetResultResponse, Status> {
    let message = GetResultRequest {
        branch_id: branch.to_owned(),
        result_only: true,
        ..Default::default()
    };
    let answer = app.rating().get_result(asker.ask(message)).await;
    match answer.map(tonic::Response::into_inner) {
        Err(status) if status.code() == Code::NotFound => Ok(GetResultResponse::default()),
        Ok(answer) if answer.result.as_ref().is_none_or(|one| one.branch_id != branch) => {
            Err(nonsense("rating"))
        }
        answer => answer,
    }
}

async fn resource(app: &App, asker: &Asker, branch: &str) -> Result<ResourcePart, Status> {
    let mut resource = app.resource();
    let (mut part, mut page_token) = (ResourcePart::default(), String::new());
    loop {
        let message = ListBookingsRequest {
            organization_id: branch.to_owned(),
            page_size: BOOKINGS,
            page_token,
            ..Default::default()
        };
        let page = resource.list_bookings(asker.ask(message)).await?.into_inner();
        for booking in &page.bookings {
            match booking.state() {
                BookingState::Confirmed => part.coming = part.coming.saturating_add(1),
                BookingState::Missed => part.missed = part.missed.saturating_add(1),
                _ => {}
            }
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(part);
        }
    }
}
