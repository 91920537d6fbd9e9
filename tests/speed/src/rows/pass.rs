//! P1: a unary call that the gateway passes on, with sign-in, limits, traces and metrics, against a bare proxy hop of
//! the same bytes to the same service.

use std::{collections::BTreeMap, sync::Arc};

use prost::Message;
use proto::activity::v1::GetMeetingRequest;

use crate::{
    bare::Bare,
    county::County,
    figure::{Figure, Goal},
    lab::{Lab, Trouble},
    raw::Wire,
    reader::{Asking, Reader},
    rounds::{Load, in_turn},
    suite::{Form, Suite},
};

const AT_ONCE: u64 = 64;
const PATH: &str = "/zhibu.activity.v1.ActivityService/GetMeeting";
/// As long as a meeting with its attendance is.
const ANSWER: usize = 1_000;

/// Runs it: a bare service stands in for activity, so that the hop alone differs.
///
/// # Errors
/// When something refuses.
pub async fn run(lab: &Lab, county: &County, reader: &Reader) -> Result<Vec<Figure>, Trouble> {
    let behind = Bare::leaf(lab, "behind", ANSWER).await?;
    let collector = Bare::leaf(lab, "collector", 0).await?;
    let form = Form {
        instead: BTreeMap::from([("activity", behind.address)]),
        collector: Some(collector.address),
        only: vec!["organization", "member", "gateway"],
    };
    let suite = Suite::start(lab, county, &form).await?;
    let hop = Bare::hop(lab, "hop", behind.address).await?;
    let ids = reader
        .ids("SELECT id FROM activity.meeting ORDER BY 1 DESC")
        .await?;
    let messages = ids
        .into_iter()
        .map(|meeting_id| GetMeetingRequest { meeting_id }.encode_to_vec().into());
    let ours = Asking {
        wire: Wire::to(suite.address("gateway")?, AT_ONCE).await?,
        path: PATH,
        messages: Arc::new(messages.collect()),
    };
    let limit = Asking {
        wire: Wire::to(hop.address, AT_ONCE).await?,
        ..ours.clone()
    };
    let headers = reader.signed_in()?;
    let same = headers.clone();
    let load = Load {
        at_once: AT_ONCE,
        ..lab.load()
    };
    let (ours, limit) = (
        ours.side(move || Ok(headers.clone())),
        limit.side(move || Ok(same.clone())),
    );
    let rounds = in_turn(load, ours, limit).await?;
    suite.stop().await;
    for bare in [behind, collector, hop] {
        bare.stop().await;
    }
    let what = format!("calls passed on a second, {AT_ONCE} at once, {ANSWER} bytes");
    Ok(vec![Figure::beside(
        "P1",
        what,
        &rounds.rates(),
        Goal::least(0.75),
    )])
}
