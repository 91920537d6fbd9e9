//! Cases of procedures: opening, stepping, and whose turn it is. A step is taken of those cases that stand in
//! the state from which it goes, so that a run that was cut off takes only what is still to be taken.

use kernel::{Day, Fault};
use proto::process::v1::{
    Case, Entry, Evidence, GetCaseRequest, ListCasesRequest, OpenCaseRequest, TakeStepRequest, Vote,
    process_service_client::ProcessServiceClient as Process,
};
use tonic::Status;

use super::{
    door::{Door, answer_limit},
    error::DemoError,
    ids::Ids,
    rows::text,
};

const PAGE: i32 = 1000;

/// The procedures of one service.
#[derive(Clone, Copy)]
pub struct Cases<'a> {
    /// The service.
    pub service: &'static str,
    /// The gateway's door.
    pub door: &'a Door,
    /// Ids of requests.
    pub ids: &'a Ids,
}

/// A step of one person.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// Its id in the procedure.
    pub step: &'static str,
    /// Who takes it.
    pub who: String,
    /// With what.
    pub evidence: Vec<Evidence>,
    /// The vote, where it has one.
    pub vote: Option<Vote>,
}

impl Step {
    /// A step without a vote.
    #[must_use]
    pub fn new(step: &'static str, who: String, evidence: Vec<Evidence>) -> Self {
        Self {
            step,
            who,
            evidence,
            vote: None,
        }
    }

    /// The same, voted on by a committee.
    #[must_use]
    pub fn voted(self) -> Self {
        let vote = Vote {
            entitled: 9,
            present: 8,
            approve: 7,
            against: 0,
            abstain: 1,
            ..Vote::default()
        };
        Self {
            vote: Some(vote),
            ..self
        }
    }
}

impl Cases<'_> {
    /// Opens a case; sent again it is the same case.
    pub async fn open(&self, step: Step, mut case: OpenCaseRequest, on: Day) -> Result<Case, DemoError> {
        let key = format!("open {} {}", case.procedure, case.subject_id);
        case.step = step.step.into();
        case.evidence = step.evidence;
        case.on = text(on);
        case.request_id = self.ids.of(&key, on);
        let what = format!("{} {}", case.procedure, step.step);
        let call = |channel, request| async move { Process::new(channel).open_case(request).await };
        let answer = self.door.ask_of(self.service, &step.who, case, call).await;
        let answer = answer.map_err(|status| DemoError::refused(&what, &status))?;
        answer
            .case
            .ok_or_else(|| DemoError::answer(format!("{what}：答复中没有案件")))
    }

    /// Takes a step and gives the case after it.
    pub async fn take(&self, case: &Case, step: Step, on: Day) -> Result<Case, DemoError> {
        let what = format!("{} {}", case.procedure, step.step);
        let answer = self.attempt(case, step, on).await;
        answer.map_err(|status| DemoError::refused(format!("{what}（{}）", case.subject_id), &status))
    }

    /// The same, where a refusal is an answer too.
    pub async fn attempt(&self, case: &Case, step: Step, on: Day) -> Result<Case, Status> {
        // A case may come back to a state on the same day: another step then, not the same one sent again.
        let key = format!("{} {} {}", step.step, case.id, case.revision);
        let request = TakeStepRequest {
            case_id: case.id.clone(),
            revision: case.revision,
            step: step.step.into(),
            evidence: step.evidence,
            vote: step.vote,
            on: text(on),
            as_organization_id: String::new(),
            saw: String::new(),
            request_id: self.ids.of(&key, on),
        };
        let call = |channel, request| async move { Process::new(channel).take_step(request).await };
        let answer = self.door.ask_of(self.service, &step.who, request, call).await?;
        answer
            .case
            .ok_or_else(|| wire::status(Fault::new("an answer without its case").into()))
    }

    /// The cases of a procedure below an organization, in a state; in any when it is empty.
    pub async fn standing(
        &self,
        who: &str,
        organization_id: &str,
        procedure: &str,
        state: &str,
    ) -> Result<Vec<Case>, DemoError> {
        let mut request = ListCasesRequest {
            organization_id: organization_id.into(),
            procedure: procedure.into(),
            state: state.into(),
            open_only: false,
            page_size: PAGE,
            page_token: String::new(),
        };
        let mut cases = Vec::new();
        loop {
            let call = |channel, request| async move {
                Process::new(channel)
                    .max_decoding_message_size(answer_limit())
                    .list_cases(request)
                    .await
            };
            let answer = self.door.ask_of(self.service, who, request.clone(), call).await;
            let answer =
                answer.map_err(|status| DemoError::refused(format!("列出案件 {procedure}"), &status))?;
            cases.extend(answer.cases);
            if answer.next_page_token.is_empty() {
                return Ok(cases);
            }
            request.page_token = answer.next_page_token;
        }
    }

    /// The last case of a subject in a procedure, whatever became of it: what a run before this one opened.
    pub async fn of_subject(
        &self,
        who: &str,
        procedure: &str,
        organization_id: &str,
    ) -> Result<Option<Case>, DemoError> {
        let cases = self.standing(who, organization_id, procedure, "").await?;
        let of = |case: &Case| case.subject_id == organization_id;
        Ok(cases
            .into_iter()
            .filter(of)
            .max_by(|one, other| one.id.cmp(&other.id)))
    }

    /// Whether a case has had a step or an objection.
    pub async fn had(&self, who: &str, case: &Case, what: &str) -> Result<bool, DemoError> {
        let entries = self.entries(who, case).await?;
        Ok(entries.iter().any(|entry| entry.what == what))
    }

    /// Whether an objection to a case waits for its answer.
    pub async fn is_objected(&self, who: &str, case: &Case) -> Result<bool, DemoError> {
        let entries = self.entries(who, case).await?;
        let many = |kind: &str| entries.iter().filter(|entry| entry.kind == kind).count();
        Ok(many("objection") > many("answer"))
    }

    async fn entries(&self, who: &str, case: &Case) -> Result<Vec<Entry>, DemoError> {
        let request = GetCaseRequest {
            case_id: case.id.clone(),
        };
        let call = |channel, request| async move { Process::new(channel).get_case(request).await };
        let answer = self.door.ask_of(self.service, who, request, call).await;
        let answer = answer.map_err(|status| DemoError::refused("查看案件", &status))?;
        Ok(answer.entries)
    }
}
