//! `zhibu import KIND FILE`: rows of a file into the suite, through the gateway. One JSON object a line, in the
//! contract's JSON form. A wrong row is named with its line; the good ones go in. The same file sent again for the
//! same organization is the same import, so a cut one is simply started again.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use proto::{
    activity::v1 as activity, kernel::v1::RowError, member::v1 as member, organization::v1 as organization,
    rating::v1 as rating, resource::v1 as resource,
};
use tonic::{Request, transport::Endpoint};

use crate::demo::{
    error::DemoError,
    imports::{Chunk, Imported, chunks},
};

/// What, from where, to where.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the rows are.
    #[arg(value_parser = KINDS)]
    kind: String,
    /// One JSON object a line.
    file: PathBuf,
    /// The organization below which the rows lie.
    #[arg(long, value_name = "ID")]
    organization: uuid::Uuid,
    /// Only says what would happen.
    #[arg(long)]
    dry_run: bool,
    /// The gateway.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    api: String,
    /// A token, as sign-in gives it.
    #[arg(long, value_name = "TOKEN", env = "ZHIBU_TOKEN", hide_env_values = true)]
    token: String,
}

const KINDS: [&str; 12] = [
    "organizations",
    "units",
    "posts",
    "guarantees",
    "members",
    "development-steps",
    "dues-sheets",
    "training-hours",
    "meetings",
    "records",
    "findings",
    "resources",
];

/// Imports the file. Ends with failure when a row was not taken.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let outcome = match args.kind.as_str() {
        "organizations" => drive::<organization::OrganizationRow>(args),
        "units" => drive::<organization::UnitRow>(args),
        "posts" => drive::<organization::PostRow>(args),
        "guarantees" => drive::<organization::GuaranteeRow>(args),
        "members" => drive::<member::MemberRow>(args),
        "development-steps" => drive::<member::DevelopmentStepRow>(args),
        "dues-sheets" => drive::<member::DuesSheetRow>(args),
        "training-hours" => drive::<member::TrainingHoursRow>(args),
        "meetings" => drive::<activity::MeetingRow>(args),
        "records" => drive::<activity::RecordRow>(args),
        "findings" => drive::<rating::FindingRow>(args),
        _ => drive::<resource::ResourceRow>(args),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(text) => {
            let _ = writeln!(io::stderr(), "zhibu: {text}");
            ExitCode::FAILURE
        }
    }
}

fn drive<R: Imported + ReflectMessage + Default>(args: &Args) -> Result<bool, String> {
    let bytes = fs::read(&args.file).map_err(|error| format!("{}: {error}", args.file.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let (rows, wrong) = read::<R>(&text);
    wrong.iter().for_each(|error| tell(args, error));
    let runtime = crate::serve::tokio_with(0).map_err(|error| error.to_string())?;
    let taken = runtime.block_on(send(args, &bytes, rows))?;
    Ok(taken && wrong.is_empty())
}

/// The rows of a file, and the lines that are none.
fn read<R: Imported + ReflectMessage + Default>(text: &str) -> (Vec<R>, Vec<RowError>) {
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    let lines = (1u32..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    for (line, json) in lines {
        match row(line, json) {
            Ok(row) => rows.push(row),
            Err(message) => wrong.push(wire::rows::wrong(line, "", "ROW_UNREADABLE", message)),
        }
    }
    (rows, wrong)
}

fn row<R: Imported + ReflectMessage + Default>(line: u32, json: &str) -> Result<R, String> {
    let mut parser = serde_json::Deserializer::from_str(json);
    let read = DynamicMessage::deserialize(R::default().descriptor(), &mut parser);
    let mut read = read.map_err(|error| error.to_string())?;
    parser.end().map_err(|error| error.to_string())?;
    read.set_field_by_name("line", Value::U32(line));
    read.transcode_to::<R>().map_err(|error| error.to_string())
}

async fn send<R: Imported>(args: &Args, file: &[u8], rows: Vec<R>) -> Result<bool, String> {
    let endpoint = Endpoint::from_shared(args.api.clone()).map_err(|error| error.to_string())?;
    let channel = endpoint
        .connect()
        .await
        .map_err(|error| format!("{}: {error}", args.api))?;
    let mut sum = [0u32; 4];
    for (number, rows) in (0u32..).zip(chunks(rows)) {
        let mut request = Request::new(Chunk {
            organization_id: args.organization.to_string(),
            import_id: import_id(args, file),
            chunk: number,
            rows,
            dry_run: args.dry_run,
        });
        let token = format!("Bearer {}", args.token)
            .parse()
            .map_err(|_| "the token is no header".to_owned())?;
        request.metadata_mut().insert("authorization", token);
        let answer = R::send(channel.clone(), request).await;
        let answer = answer.map_err(|status| DemoError::refused(R::KIND, &status).to_string())?;
        let result = R::result(answer.get_ref()).cloned().unwrap_or_default();
        result.errors.iter().for_each(|error| tell(args, error));
        let errors = u32::try_from(result.errors.len()).unwrap_or(u32::MAX);
        for (sum, more) in sum
            .iter_mut()
            .zip([result.created, result.updated, result.unchanged, errors])
        {
            *sum += more;
        }
    }
    let [created, updated, unchanged, errors] = sum;
    let tried = if args.dry_run {
        " (nothing was written)"
    } else {
        ""
    };
    let _ = writeln!(
        io::stdout(),
        "created {created}, updated {updated}, unchanged {unchanged}, not taken {errors}{tried}"
    );
    Ok(errors == 0)
}

/// The same file for the same organization is the same import; a dry run is another one.
fn import_id(args: &Args, file: &[u8]) -> String {
    let file = hex::encode(seal::sm3(file));
    crate::demo::ids::Ids::new(&args.organization.to_string(), 0)
        .of(&format!("{} {}", args.kind, args.dry_run), file)
}

fn tell(args: &Args, error: &RowError) {
    let RowError {
        line,
        field,
        reason,
        message,
    } = error;
    let _ = writeln!(
        io::stderr(),
        "{}:{line}: {field} {reason} {message}",
        args.file.display()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_row_is_named_and_the_others_go_on() {
        let text = "{\"name\":\"甲\",\"organizationId\":\"x\"}\n\nnot json\n{\"nmae\":\"乙\"}\n{\"name\":\"丙\"} x\n";
        let (rows, wrong) = read::<organization::UnitRow>(text);
        assert_eq!(
            rows.iter()
                .map(|row| (row.line, row.name.as_str()))
                .collect::<Vec<_>>(),
            [(1, "甲")]
        );
        assert_eq!(
            wrong.iter().map(|error| error.line).collect::<Vec<_>>(),
            [3, 4, 5]
        );
        assert!(wrong[1].message.contains("nmae"), "{}", wrong[1].message);
    }
}
