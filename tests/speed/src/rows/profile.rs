//! P3a and P3b: the profile of a branch, composed from five services on Postgres with nothing cached: as processes
//! against a bare fan-out to as many, and all in one process against one bare service that makes the same selects.

use std::{net::SocketAddr, sync::Arc};

use prost::Message;
use proto::gateway::v1::{Freshness, GetBranchProfileRequest, GetBranchProfileResponse};
use tonic::metadata::MetadataMap;

use crate::{
    bare::Bare,
    county::County,
    figure::{Figure, Goal},
    lab::{Lab, Trouble},
    limits::plan::{Gathered, Plan, Read},
    process::Process,
    raw::Wire,
    reader::{Asking, Reader},
    rounds::{Load, Rounds, in_turn},
    rows::start::summary,
    statements,
    suite::Suite,
};

const AT_ONCE: u64 = 16;
const PATH: &str = "/zhibu.gateway.v1.GatewayService/GetBranchProfile";
/// The parts, as bare services name them, and how long their answers are.
const PARTS: [(&str, usize); 5] = [
    ("/organization", 500),
    ("/member", 150),
    ("/activity", 300),
    ("/rating", 300),
    ("/resource", 50),
];
/// The year that was played.
const YEAR: i32 = 2025;

/// P3a, on a suite that is up.
///
/// # Errors
/// When something refuses.
pub async fn as_processes(lab: &Lab, reader: &Reader, suite: &Suite) -> Result<Vec<Figure>, Trouble> {
    let ours = asking(reader, suite.address("gateway")?).await?;
    let plan = plan(reader, &ours).await?;
    let mut parts = Vec::new();
    for (path, _) in PARTS {
        parts.push(Bare::selects(lab, &path[1..], reader.url(), &plan).await?);
    }
    let bare = Bare::gather(lab, "gather", &plan, &parts).await?;
    let rounds = rounds(lab, reader, ours, bare.address).await?;
    for one in parts.into_iter().chain([bare]) {
        one.stop().await;
    }
    Ok(vec![
        Figure::beside(
            "P3a",
            "profiles a second, 16 at once, as processes",
            &rounds.rates(),
            Goal::least(0.75),
        ),
        Figure::beside(
            "P3a",
            "milliseconds, 99 of 100 profiles, as processes",
            &rounds.p99s(),
            Goal::most(1.5),
        ),
    ])
}

/// P3b: starts the one program on the county.
///
/// # Errors
/// When something refuses.
pub async fn in_one(lab: &Lab, county: &County, reader: &Reader) -> Result<Vec<Figure>, Trouble> {
    let demo = county.demo(lab)?;
    let door: Option<SocketAddr> = demo.arguments.last().and_then(|door| door.parse().ok());
    let door = door.ok_or_else(|| Trouble("the demo has no door".into()))?;
    let mut process = Process::start(&demo)?;
    summary(&mut process).await?;
    let ours = asking(reader, door).await?;
    let plan = plan(reader, &ours).await?;
    let bare = Bare::gather_here(lab, "gather-here", &plan, reader.url()).await?;
    let rounds = rounds(lab, reader, ours, bare.address).await?;
    bare.stop().await;
    process.kill().await;
    let what = "profiles a second, 16 at once, all in one process";
    Ok(vec![Figure::beside(
        "P3b",
        what,
        &rounds.rates(),
        Goal::least(0.7),
    )])
}

async fn asking(reader: &Reader, door: SocketAddr) -> Result<Asking, Trouble> {
    let ids = reader
        .ids("SELECT branch_id FROM rating.outcome WHERE stage = 'evaluated' ORDER BY 1 DESC")
        .await?;
    let messages = ids.into_iter().map(|branch_id| {
        let request = GetBranchProfileRequest {
            branch_id,
            year: YEAR,
        };
        request.encode_to_vec().into()
    });
    Ok(Asking {
        wire: Wire::to(door, AT_ONCE).await?,
        path: PATH,
        messages: Arc::new(messages.collect()),
    })
}

/// The same parts for a bare program, and an answer as long as ours; ours has all of its parts.
async fn plan(reader: &Reader, ours: &Asking) -> Result<Plan, Trouble> {
    let headers = reader.signed_in()?;
    let answer = ours.one(0, headers.clone()).await?;
    let profile = GetBranchProfileResponse::decode(answer).map_err(|error| Trouble(error.to_string()))?;
    if profile
        .parts
        .iter()
        .any(|part| part.freshness() != Freshness::Fresh)
    {
        return Err(Trouble("a part of the profile is missing".into()));
    }
    let first = chrono::NaiveDate::from_ymd_opt(YEAR, 1, 1).unwrap_or_default();
    let reads = [
        statements::organization(reader),
        statements::heads(reader),
        statements::life(reader, first),
        statements::result(reader),
        statements::bookings(reader),
    ];
    let gathered = Gathered {
        from: PARTS.map(|(path, _)| path.to_owned()).to_vec(),
        answer: ours.length(&headers).await?,
    };
    let read = |((path, answer), statements): ((&str, usize), _)| {
        let read = Read {
            field: 1,
            statements,
            answer,
        };
        (path.to_owned(), read)
    };
    Ok(Plan {
        reads: PARTS.into_iter().zip(reads).map(read).collect(),
        gathers: [(PATH.to_owned(), gathered)].into(),
    })
}

async fn rounds(lab: &Lab, reader: &Reader, ours: Asking, bare: SocketAddr) -> Result<Rounds, Trouble> {
    let limit = Asking {
        wire: Wire::to(bare, AT_ONCE).await?,
        ..ours.clone()
    };
    let headers = reader.signed_in()?;
    let load = Load {
        at_once: AT_ONCE,
        ..lab.load()
    };
    in_turn(
        load,
        ours.side(move || Ok(headers.clone())),
        limit.side(|| Ok(MetadataMap::new())),
    )
    .await
}
