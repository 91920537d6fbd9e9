//! One question of the matrix and its answer.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tests::rights::Answer;
use tokio::time::sleep;
use tonic::{
    Code, Request, Status,
    metadata::AsciiMetadataValue,
    transport::{Channel, Endpoint},
};

use super::WRONG;
use crate::{county::reason, raw::call, row::Bad};

/// One question, and what it must be answered with.
pub(super) struct Cell {
    pub(super) at: http::Uri,
    pub(super) method: String,
    pub(super) body: Arc<Vec<u8>>,
    pub(super) headers: Vec<(&'static str, AsciiMetadataValue)>,
    pub(super) must: Answer,
    pub(super) said: String,
}

/// Asks one after the other, and says what was answered otherwise than it must be.
pub(super) async fn ask_all(cells: Vec<Cell>) -> Bad {
    let (mut bad, mut channels) = (Bad::default(), BTreeMap::new());
    for cell in cells {
        let at = cell.at.to_string();
        let channel = channels
            .entry(at)
            .or_insert_with(|| Endpoint::from(cell.at.clone()).connect_lazy());
        let answer = cell.ask(channel).await;
        match &answer {
            Ok(told) if *told == cell.must => {}
            Ok(told) => bad.add(WRONG, format!("{}: {told:?}, not {:?}", cell.said, cell.must)),
            Err(unclear) => bad.add("unclear cells", format!("{}: {unclear}", cell.said)),
        }
    }
    bad
}

impl Cell {
    /// What is told; asked again while the suite has no time.
    async fn ask(&self, channel: &Channel) -> Result<Answer, String> {
        let mut unclear = String::new();
        for _ in 0..5 {
            let mut request = Request::new(self.body.to_vec());
            for (name, value) in &self.headers {
                request.metadata_mut().insert(*name, value.clone());
            }
            match told(&call(channel, &self.method, request).await) {
                Ok(answer) => return Ok(answer),
                Err(why) => unclear = why,
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(unclear)
    }
}

/// What an answer tells about the right to ask.
fn told(answer: &Result<(), Status>) -> Result<Answer, String> {
    let Err(status) = answer else {
        return Ok(Answer::In);
    };
    let said = reason(status);
    let word = said.split(' ').nth(1).unwrap_or_default();
    match (status.code(), word) {
        (Code::Unimplemented, "METHOD_UNKNOWN") => Ok(Answer::NoMethod),
        (Code::Unauthenticated, "SIGN_IN_FIRST") => Ok(Answer::SignIn),
        (Code::Unauthenticated, "TOKEN_INVALID" | "TOKEN_EXPIRED" | "CONTEXT_INVALID") => {
            Ok(Answer::NotBelieved)
        }
        (Code::PermissionDenied, "STEP_UP_FIRST") => Ok(Answer::SecondFactor),
        (Code::PermissionDenied, "SERVICE_ONLY") => Ok(Answer::ServiceOnly),
        (Code::PermissionDenied, "PERSON_ONLY") => Ok(Answer::PersonOnly),
        (Code::PermissionDenied, "ROLE_MISSING") => Ok(Answer::RoleMissing),
        (Code::NotFound, "NOT_FOUND") => Ok(Answer::Hidden),
        (Code::InvalidArgument, _) => Ok(Answer::In),
        _ => Err(said),
    }
}
