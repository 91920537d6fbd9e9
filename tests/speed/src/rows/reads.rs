//! P2: one organization, member, meeting, result, resource read from Postgres through its service, against bare tonic
//! with the same selects.

use std::sync::Arc;

use prost::Message;
use proto::{
    activity::v1::GetMeetingRequest, member::v1::GetMemberRequest, organization::v1::GetOrganizationRequest,
    rating::v1::GetResultRequest, resource::v1::GetResourceRequest,
};
use tonic::metadata::MetadataMap;

use crate::{
    bare::Bare,
    figure::{Figure, Goal},
    lab::{Lab, Trouble},
    limits::plan::{Plan, Read, Statement},
    raw::Wire,
    reader::{Asking, Reader},
    rounds::{Load, in_turn},
    suite::Suite,
};

const AT_ONCE: u64 = 16;

/// A read.
struct Kind {
    name: &'static str,
    service: &'static str,
    path: &'static str,
    field: u32,
    ids: &'static str,
    message: fn(&Reader, String) -> Vec<u8>,
    statements: fn(&Reader) -> Vec<Statement>,
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "organization",
        service: "organization",
        path: "/zhibu.organization.v1.OrganizationService/GetOrganization",
        field: 1,
        ids: "SELECT branch_id FROM rating.outcome ORDER BY 1 DESC",
        message: |_, organization_id| {
            let request = GetOrganizationRequest {
                organization_id,
                ..Default::default()
            };
            request.encode_to_vec()
        },
        statements: crate::statements::organization,
    },
    Kind {
        name: "member",
        service: "member",
        path: "/zhibu.member.v1.MemberService/GetMember",
        field: 1,
        ids: "SELECT person_id FROM member.stay WHERE until_on IS NULL ORDER BY 1 DESC",
        message: |_, person_id| {
            let request = GetMemberRequest {
                person_id,
                ..Default::default()
            };
            request.encode_to_vec()
        },
        statements: crate::statements::member,
    },
    Kind {
        name: "meeting",
        service: "activity",
        path: "/zhibu.activity.v1.ActivityService/GetMeeting",
        field: 1,
        ids: "SELECT id FROM activity.meeting ORDER BY 1 DESC",
        message: |_, meeting_id| GetMeetingRequest { meeting_id }.encode_to_vec(),
        statements: crate::statements::meeting,
    },
    Kind {
        name: "rating",
        service: "rating",
        path: "/zhibu.rating.v1.RatingService/GetResult",
        field: 1,
        ids: "SELECT branch_id FROM rating.outcome WHERE stage = 'evaluated' ORDER BY 1 DESC",
        message: |_, branch_id| {
            let request = GetResultRequest {
                branch_id,
                ..Default::default()
            };
            request.encode_to_vec()
        },
        statements: crate::statements::explained,
    },
    Kind {
        name: "resource",
        service: "resource",
        path: "/zhibu.resource.v1.ResourceService/GetResource",
        field: 2,
        ids: "SELECT id FROM resource.resource WHERE owner_id = $committee ORDER BY 1 DESC",
        message: |reader, resource_id| {
            let request = GetResourceRequest {
                organization_id: reader.root(),
                resource_id,
            };
            request.encode_to_vec()
        },
        statements: crate::statements::resource,
    },
];

/// Runs it on a suite that is up; the figure is the worst of the five.
///
/// # Errors
/// When something refuses.
pub async fn run(lab: &Lab, reader: &Reader, suite: &Suite) -> Result<Vec<Figure>, Trouble> {
    let presented = reader.presented()?;
    let (mut plan, mut asked) = (Plan::default(), Vec::new());
    for kind in &KINDS {
        let ids = reader.ids(kind.ids).await?;
        let messages = ids.into_iter().map(|id| (kind.message)(reader, id).into());
        let ours = Asking {
            wire: Wire::to(suite.address(kind.service)?, AT_ONCE).await?,
            path: kind.path,
            messages: Arc::new(messages.collect()),
        };
        let read = Read {
            field: kind.field,
            statements: (kind.statements)(reader),
            answer: ours.length(&presented.headers()?).await?,
        };
        plan.reads.insert(kind.path.to_owned(), read);
        asked.push(ours);
    }
    let bare = Bare::selects(lab, "reads", reader.url(), &plan).await?;
    let load = Load {
        at_once: AT_ONCE,
        ..lab.load()
    };
    let mut figures = Vec::new();
    for (kind, ours) in KINDS.iter().zip(asked) {
        let limit = Asking {
            wire: Wire::to(bare.address, AT_ONCE).await?,
            ..ours.clone()
        };
        let presented = presented.clone();
        let ours = ours.side(move || presented.headers());
        let limit = limit.side(|| Ok(MetadataMap::new()));
        let rounds = in_turn(load, ours, limit).await?;
        let what = format!("reads a second, the slowest of five: {}", kind.name);
        figures.push(Figure::beside("P2", what, &rounds.rates(), Goal::least(0.75)));
    }
    bare.stop().await;
    figures.sort_by(|a, b| a.judged().total_cmp(&b.judged()));
    figures.truncate(1);
    Ok(figures)
}
