//! Everything about one branch, from all services at the same time.

use access::Authorized;
use chrono::Datelike;
use kernel::{Kind, Refusal, RpcError};
use proto::{
    activity::v1::ListOwedRequest,
    gateway::v1::{
        ActivityPart, Freshness, GetBranchProfileRequest, GetBranchProfileResponse, MemberPart, ResourcePart,
    },
    member::v1::CountMembersRequest,
    organization::v1::{GetOrganizationRequest, Organization},
    rating::v1::{GetResultRequest, Result as RatingResult},
    resource::v1::{BookingState, ListBookingsRequest},
};
use tonic::{Code, Status};

use crate::{app::App, peers::Asker};

/// Asks the five services at once. A part whose owner does not answer is stale or missing; only a branch that
/// organization does not know is NOT_FOUND.
pub async fn run(
    app: App,
    request: Authorized<GetBranchProfileRequest>,
) -> Result<GetBranchProfileResponse, RpcError> {
    let branch = request.branch_id.to_lowercase();
    let year = if request.year == 0 {
        app.clock.today().year()
    } else {
        request.year
    };
    let asker = Asker::of(&app, &request).await?;
    let caller = Asker::key(&request);
    let question = format!("profile {branch} {year}");

    let (organization, member, activity, rating, resource) = tokio::join!(
        app.kept.part(
            "organization",
            &caller,
            &question,
            organization(&app, &asker, &branch)
        ),
        app.kept
            .part("member", &caller, &question, member(&app, &asker, &branch)),
        app.kept.part(
            "activity",
            &caller,
            &question,
            activity(&app, &asker, &branch, year)
        ),
        app.kept
            .part("rating", &caller, &question, rating(&app, &asker, &branch)),
        app.kept
            .part("resource", &caller, &question, resource(&app, &asker, &branch)),
    );

    let parts = vec![organization.0, member.0, activity.0, rating.0, resource.0];
    if parts.iter().all(|part| part.freshness() == Freshness::Missing) {
        let zh = "各项服务都暂时没有回应，请稍后重试。";
        return Err(Refusal::new(Kind::Unavailable, "ALL_PARTS_MISSING", zh).into());
    }
    Ok(GetBranchProfileResponse {
        parts,
        organization: organization.1,
        member: member.1,
        activity: activity.1,
        rating: rating.1.flatten(),
        resource: resource.1,
    })
}

async fn organization(app: &App, asker: &Asker, branch: &str) -> Result<Organization, Status> {
    let message = GetOrganizationRequest {
        organization_id: branch.to_owned(),
        ..Default::default()
    };
    let answer = app
        .organization()?
        .get_organization(asker.ask(message))
        .await?
        .into_inner();
    answer.organization.ok_or_else(|| Status::internal(""))
}

async fn member(app: &App, asker: &Asker, branch: &str) -> Result<MemberPart, Status> {
    let message = CountMembersRequest {
        organization_id: branch.to_owned(),
        ..Default::default()
    };
    let counts = app
        .member()?
        .count_members(asker.ask(message))
        .await?
        .into_inner();
    Ok(MemberPart {
        full: counts.full,
        probationary: counts.probationary,
        exempt: counts.exempt,
    })
}

async fn activity(app: &App, asker: &Asker, branch: &str, year: i32) -> Result<ActivityPart, Status> {
    let message = ListOwedRequest {
        organization_id: branch.to_owned(),
        first_day: format!("{year}-01-01"),
        last_day: format!("{year}-12-31"),
        ..Default::default()
    };
    let owed = app.activity()?.list_owed(asker.ask(message)).await?.into_inner();
    let duties = owed
        .branches
        .iter()
        .filter(|one| one.branch_id == branch)
        .flat_map(|one| &one.duties);
    let applicable: Vec<_> = duties.filter(|duty| duty.applicable).collect();
    Ok(ActivityPart {
        expected: applicable.iter().map(|duty| duty.expected).sum(),
        kept: applicable.iter().map(|duty| duty.held).sum(),
    })
}

/// A branch that was never rated has no result: that is an answer, not a failure.
async fn rating(app: &App, asker: &Asker, branch: &str) -> Result<Option<RatingResult>, Status> {
    let message = GetResultRequest {
        branch_id: branch.to_owned(),
        ..Default::default()
    };
    match app.rating()?.get_result(asker.ask(message)).await {
        Ok(answer) => Ok(answer.into_inner().result),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status),
    }
}

async fn resource(app: &App, asker: &Asker, branch: &str) -> Result<ResourcePart, Status> {
    let message = ListBookingsRequest {
        organization_id: branch.to_owned(),
        page_size: 1000,
        ..Default::default()
    };
    let bookings = app
        .resource()?
        .list_bookings(asker.ask(message))
        .await?
        .into_inner()
        .bookings;
    let count =
        |state| u32::try_from(bookings.iter().filter(|b| b.state() == state).count()).unwrap_or(u32::MAX);
    Ok(ResourcePart {
        coming: count(BookingState::Confirmed),
        missed: count(BookingState::Missed),
    })
}
