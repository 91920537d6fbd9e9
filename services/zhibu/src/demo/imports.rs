//! Rows into import requests: in chunks, each with its number, and what the answer says of them.

use futures::{StreamExt, TryStreamExt, stream};
use prost::Message;
use proto::{
    activity::v1 as activity, kernel::v1::ImportResult, member::v1 as member,
    organization::v1 as organization, rating::v1 as rating, resource::v1 as resource,
};
use tonic::{Request, Response, Status, transport::Channel};

use super::{door::Door, error::DemoError, news::News};

/// The contract's limit of rows a chunk.
const MOST_ROWS: usize = 500;
/// Chunks stay well below the least body limit of an import.
const MOST_BYTES: usize = 1_000_000;
/// Chunks of one import that are under way at the same time, where their order does not matter.
const TOGETHER: usize = 3;

/// A chunk of an import.
#[derive(Debug, Clone)]
pub struct Chunk<R> {
    /// The organization below which the rows lie.
    pub organization_id: String,
    /// The import.
    pub import_id: String,
    /// Its number.
    pub chunk: u32,
    /// Its rows.
    pub rows: Vec<R>,
    /// Only say what would happen.
    pub dry_run: bool,
}

/// A row that an import RPC takes.
pub trait Imported: Message + Clone + Send + Sync + 'static {
    /// The word of the command line.
    const KIND: &'static str;
    /// The word that people read.
    const TITLE: &'static str;
    /// Whether a row may refer to one before it, so that chunks go one after the other.
    const IN_ORDER: bool;
    /// The answer.
    type Answer: Send + 'static;
    /// Sends a chunk.
    fn send(
        channel: Channel,
        chunk: Request<Chunk<Self>>,
    ) -> impl Future<Output = Result<Response<Self::Answer>, Status>> + Send;
    /// What it did.
    fn result(answer: &Self::Answer) -> Option<&ImportResult>;
}

macro_rules! imported {
    ($($kind:literal $title:literal $in_order:literal $row:ty => $client:path, $method:ident, $request:path, $answer:ty;)*) => {$(
        impl Imported for $row {
            const KIND: &'static str = $kind;
            const TITLE: &'static str = $title;
            const IN_ORDER: bool = $in_order;
            type Answer = $answer;

            async fn send(channel: Channel, chunk: Request<Chunk<Self>>) -> Result<Response<$answer>, Status> {
                use $client as Client;
                use $request as Body;
                let (metadata, extensions, chunk) = chunk.into_parts();
                let Chunk { organization_id, import_id, chunk, rows, dry_run } = chunk;
                let body = Body { organization_id, import_id, chunk, rows, dry_run };
                Client::new(channel).$method(Request::from_parts(metadata, extensions, body)).await
            }

            fn result(answer: &$answer) -> Option<&ImportResult> {
                answer.result.as_ref()
            }
        }
    )*};
}

imported! {
    "organizations" "组织" true organization::OrganizationRow => organization::organization_service_client::OrganizationServiceClient, import_organizations, organization::ImportOrganizationsRequest, organization::ImportOrganizationsResponse;
    "units" "依托单位" true organization::UnitRow => organization::organization_service_client::OrganizationServiceClient, import_units, organization::ImportUnitsRequest, organization::ImportUnitsResponse;
    "posts" "任职" true organization::PostRow => organization::organization_service_client::OrganizationServiceClient, import_posts, organization::ImportPostsRequest, organization::ImportPostsResponse;
    "guarantees" "任期、阵地与经费" true organization::GuaranteeRow => organization::organization_service_client::OrganizationServiceClient, import_guarantees, organization::ImportGuaranteesRequest, organization::ImportGuaranteesResponse;
    "members" "党员" false member::MemberRow => member::member_service_client::MemberServiceClient, import_members, member::ImportMembersRequest, member::ImportMembersResponse;
    "development-steps" "发展党员" false member::DevelopmentStepRow => member::member_service_client::MemberServiceClient, import_development_steps, member::ImportDevelopmentStepsRequest, member::ImportDevelopmentStepsResponse;
    "dues-sheets" "党费" false member::DuesSheetRow => member::member_service_client::MemberServiceClient, import_dues_sheets, member::ImportDuesSheetsRequest, member::ImportDuesSheetsResponse;
    "training-hours" "培训学时" false member::TrainingHoursRow => member::member_service_client::MemberServiceClient, import_training_hours, member::ImportTrainingHoursRequest, member::ImportTrainingHoursResponse;
    "meetings" "组织生活" false activity::MeetingRow => activity::activity_service_client::ActivityServiceClient, import_meetings, activity::ImportMeetingsRequest, activity::ImportMeetingsResponse;
    "records" "工作记录" false activity::RecordRow => activity::activity_service_client::ActivityServiceClient, import_records, activity::ImportRecordsRequest, activity::ImportRecordsResponse;
    "findings" "问题清单" false rating::FindingRow => rating::rating_service_client::RatingServiceClient, import_findings, rating::ImportFindingsRequest, rating::ImportFindingsResponse;
    "resources" "四库资源" true resource::ResourceRow => resource::resource_service_client::ResourceServiceClient, import_resources, resource::ImportResourcesRequest, resource::ImportResourcesResponse;
}

/// An import for one organization: whose it is, under which id.
#[derive(Debug, Clone)]
pub struct Import {
    /// Who sends it.
    pub who: String,
    /// The organization below which the rows lie.
    pub organization_id: String,
    /// Its id.
    pub import_id: String,
}

impl Import {
    /// Sends the rows and gives the answers in the order of the chunks. A row that is not taken ends it.
    pub async fn send<R: Imported>(
        self,
        door: &Door,
        news: &News,
        rows: Vec<R>,
    ) -> Result<Vec<R::Answer>, DemoError> {
        news.more(rows.len());
        let together = if R::IN_ORDER { 1 } else { TOGETHER };
        let numbered = (0u32..).zip(chunks(rows));
        let sending = numbered.map(|(number, rows)| {
            let many = rows.len();
            let chunk = Chunk {
                organization_id: self.organization_id.clone(),
                import_id: self.import_id.clone(),
                chunk: number,
                rows,
                dry_run: false,
            };
            let who = &self.who;
            async move {
                let answer = door.ask(who, chunk, R::send).await;
                let answer =
                    answer.map_err(|status| DemoError::refused(format!("导入{}", R::TITLE), &status))?;
                all_taken(R::TITLE, R::result(&answer))?;
                news.done(many);
                Ok(answer)
            }
        });
        stream::iter(sending).buffered(together).try_collect().await
    }
}

/// The rows in chunks, each within the limits of rows and bytes.
#[must_use]
pub fn chunks<R: Message>(rows: Vec<R>) -> Vec<Vec<R>> {
    let mut chunks: Vec<Vec<R>> = Vec::new();
    let mut bytes = 0;
    for row in rows {
        let more = row.encoded_len();
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < MOST_ROWS && bytes + more <= MOST_BYTES => {
                bytes += more;
                chunk.push(row);
            }
            _ => {
                bytes = more;
                chunks.push(vec![row]);
            }
        }
    }
    chunks
}

/// Fails with the first row that was not taken.
pub fn all_taken(title: &str, result: Option<&ImportResult>) -> Result<(), DemoError> {
    let errors = result.map(|result| result.errors.as_slice()).unwrap_or_default();
    match errors.first() {
        None => Ok(()),
        Some(first) => Err(DemoError::Rows {
            what: format!("导入{title}"),
            many: errors.len(),
            line: first.line,
            field: first.field.clone(),
            reason: first.reason.clone(),
            zh: first.message.clone(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bytes: usize) -> organization::UnitRow {
        organization::UnitRow {
            name: "x".repeat(bytes),
            ..organization::UnitRow::default()
        }
    }

    #[test]
    fn chunks_hold_at_most_500_rows_and_a_megabyte_and_keep_their_order() {
        let many: Vec<organization::UnitRow> = (0..1201)
            .map(|line| organization::UnitRow {
                line,
                ..organization::UnitRow::default()
            })
            .collect();
        let cut = chunks(many.clone());
        assert_eq!(cut.iter().map(Vec::len).collect::<Vec<_>>(), [500, 500, 201]);
        assert_eq!(cut.concat(), many);
        let heavy = chunks(vec![
            row(400_000),
            row(400_000),
            row(400_000),
            row(2_000_000),
            row(1),
        ]);
        assert_eq!(heavy.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1, 1]);
        assert!(chunks::<organization::UnitRow>(Vec::new()).is_empty());
    }

    #[test]
    fn a_row_that_is_not_taken_is_named_with_its_line_and_reason() {
        let error = proto::kernel::v1::RowError {
            line: 7,
            field: "name".into(),
            reason: "STRING_MIN_LEN".into(),
            message: "太短。".into(),
        };
        let result = ImportResult {
            errors: vec![error],
            ..ImportResult::default()
        };
        let said = all_taken("依托单位", Some(&result))
            .expect_err("named")
            .to_string();
        assert!(said.contains("第 7 行 name STRING_MIN_LEN"), "{said}");
        assert!(all_taken("依托单位", Some(&ImportResult::default())).is_ok());
    }
}
