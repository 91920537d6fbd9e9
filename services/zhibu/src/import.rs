//! `zhibu import KIND FILE`: rows of a file into the suite, through the gateway. One JSON object a line, in the
//! contract's JSON form, UTF-8. A wrong row is named with its line; the good ones go in. What went in before is found
//! again by its external id, so a file that was cut, or mended, is simply sent again.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use indicatif::ProgressBar;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use proto::{
    activity::v1 as activity,
    kernel::v1::{ExternalId, ImportResult, RowError},
    member::v1 as member,
    organization::v1 as organization,
    rating::v1 as rating,
    resource::v1 as resource,
};
use serde::de::Error as _;
use serde_json::error::Category;
use tonic::{Request, transport::Endpoint};

use crate::demo::{
    error::DemoError,
    imports::{Chunk, Imported, chunks},
};

/// What, from where, to where.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// 导入什么
    #[arg(value_parser = KINDS, display_order = 1)]
    kind: String,
    /// 文件，每行一个 JSON 对象
    #[arg(display_order = 2)]
    file: PathBuf,
    /// 各行所在的组织（其本身或下级）的编号
    #[arg(long, value_name = "ID")]
    organization: uuid::Uuid,
    /// 只说会怎样，不写入
    #[arg(long)]
    dry_run: bool,
    /// 网关地址
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    api: String,
    /// 登录得到的令牌
    #[arg(long, value_name = "TOKEN", env = "ZHIBU_TOKEN", hide_env_values = true)]
    token: String,
}

/// What some editors put before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
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
    let unread = |error| {
        format!(
            "文件 {} 读不出（{error}）。请检查路径和权限。",
            args.file.display()
        )
    };
    if args.token.trim().is_empty() {
        return Err("没有令牌。请用 --token 或环境变量 ZHIBU_TOKEN 给出，演示启动后会打印一个。".to_owned());
    }
    let bytes = fs::read(&args.file).map_err(unread)?;
    let (rows, mut wrong) = once(read::<R>(&bytes));
    if rows.is_empty() && wrong.is_empty() {
        let file = args.file.display();
        return Err(format!(
            "文件 {file} 中没有数据行，没有导入任何内容。请检查文件。"
        ));
    }
    let runtime = crate::serve::tokio_with(0).map_err(|error| error.to_string())?;
    let outcome = runtime.block_on(send(args, rows, &mut wrong));
    // Where it stopped half-way, they were not all told.
    wrong.iter().for_each(|error| tell(args, error));
    outcome
}

/// What is wrong with lines up to one, in the order of the lines: what a service said of them, and what the file itself
/// told, which is told no more.
fn in_order(wrong: &mut Vec<RowError>, last: u32, mut said: Vec<RowError>) -> Vec<RowError> {
    let until = wrong.partition_point(|error| error.line <= last);
    said.extend(wrong.drain(..until));
    said.sort_by_key(|error| error.line);
    said
}

/// The rows of a file, and the lines that are none.
fn read<R: Imported + ReflectMessage + Default>(bytes: &[u8]) -> (Vec<R>, Vec<RowError>) {
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let lines = (1u32..)
        .zip(bytes.split(|byte| *byte == b'\n'))
        .filter(|(_, line)| !line.trim_ascii().is_empty());
    for (line, bytes) in lines {
        match row(line, bytes) {
            Ok(row) => rows.push(row),
            Err(message) => wrong.push(wire::rows::wrong(line, "", "ROW_UNREADABLE", message)),
        }
    }
    (rows, wrong)
}

fn row<R: Imported + ReflectMessage + Default>(line: u32, bytes: &[u8]) -> Result<R, String> {
    let json = str::from_utf8(bytes).map_err(|_| "本行不是 UTF-8 编码，请把文件另存为 UTF-8 后再导入。")?;
    let mut parser = serde_json::Deserializer::from_str(json);
    let read = DynamicMessage::deserialize(R::default().descriptor(), &mut parser);
    let mut read = read.map_err(|error| unreadable(json, &error))?;
    parser.end().map_err(|error| unreadable(json, &error))?;
    read.set_field_by_name("line", Value::U32(line));
    read.transcode_to::<R>()
        .map_err(|error| unreadable(json, &serde_json::Error::custom(error)))
}

/// What is wrong with a line: a column where it is no JSON, else what its reader says, without the place, which counts
/// from this line as if it were the whole file.
fn unreadable(json: &str, error: &serde_json::Error) -> String {
    let why = match error.classify() {
        Category::Data => {
            let mut why = error.to_string();
            why.truncate(why.rfind(" at line ").unwrap_or(why.len()));
            why
        }
        _ => {
            // The reader counts bytes, people characters.
            let before = json.char_indices().take_while(|(at, _)| at + 1 < error.column());
            format!("第 {} 列起不合 JSON 的写法", before.count() + 1)
        }
    };
    format!("本行不是可读的 JSON 记录（{why}），请对照接口定义中的字段名和取值改正。")
}

/// Each row once: a service sees one chunk at a time, and would take a row that comes again in another one as a
/// change of the first.
fn once<R: ReflectMessage>((rows, mut wrong): (Vec<R>, Vec<RowError>)) -> (Vec<R>, Vec<RowError>) {
    let mut first = HashMap::new();
    let kept = rows.into_iter().filter(|row| {
        let Some(id) = external(row, "external_id") else {
            return true;
        };
        let line = line(row);
        let before = *first.entry(id).or_insert(line);
        if before != line {
            let message = format!("本行与第 {before} 行重复，请删去一行。");
            wrong.push(wire::rows::wrong(line, "external_id", "ROW_REPEATED", message));
        }
        before == line
    });
    let kept = kept.collect();
    wrong.sort_by_key(|error| error.line);
    (kept, wrong)
}

fn line<R: ReflectMessage>(row: &R) -> u32 {
    let line = row.transcode_to_dynamic();
    line.get_field_by_name("line")
        .and_then(|line| line.as_u32())
        .unwrap_or_default()
}

/// System and value of a field that holds an external id.
fn external<R: ReflectMessage>(row: &R, field: &str) -> Option<(String, String)> {
    let row = row.transcode_to_dynamic();
    let id = row
        .get_field_by_name(field)
        .filter(|_| row.has_field_by_name(field))?;
    let id = id.as_message()?.transcode_to::<ExternalId>().ok()?;
    Some((id.system, id.value))
}

/// Sends what is to be sent and says how it went. Each run is an import of its own: rows that went in before are found
/// again by their external ids, and what was refused before is looked at anew.
async fn send<R: Imported + ReflectMessage>(
    args: &Args,
    rows: Vec<R>,
    wrong: &mut Vec<RowError>,
) -> Result<bool, String> {
    let unreached = |error: tonic::transport::Error| {
        let cause = runtime::database::cause(&error);
        format!(
            "连不上网关 {}（{cause}）。请确认网关已启动，地址（--api）写作 http://主机:端口。",
            args.api
        )
    };
    let endpoint = Endpoint::from_shared(args.api.clone()).map_err(unreached)?;
    let channel = endpoint.connect().await.map_err(unreached)?;
    let import_id = kernel::id::RecordId::new().to_string();
    let mut sum = [0, 0, 0, u32::try_from(wrong.len()).unwrap_or(u32::MAX)];
    // Rows that would have gone in, of which later ones may speak.
    let mut tried = HashSet::new();
    let bar = ProgressBar::new(rows.len() as u64);
    for (number, rows) in (0u32..).zip(chunks(rows)) {
        let (many, last) = (rows.len() as u64, rows.last().map_or(0, line));
        let kept = args.dry_run.then(|| rows.clone());
        let mut request = Request::new(Chunk {
            organization_id: args.organization.to_string(),
            import_id: import_id.clone(),
            chunk: number,
            rows,
            dry_run: args.dry_run,
        });
        let token = format!("Bearer {}", args.token)
            .parse()
            .map_err(|_| "令牌（--token 或 ZHIBU_TOKEN）中有不能发送的字符，请重新取得令牌。".to_owned())?;
        request.metadata_mut().insert("authorization", token);
        let answer = R::send(channel.clone(), request).await;
        let answer =
            answer.map_err(|status| DemoError::refused(format!("导入{}", R::TITLE), &status).to_string())?;
        let mut result = R::result(answer.get_ref()).cloned().unwrap_or_default();
        if let Some(rows) = kept {
            with_what_would_be_there(&rows, &mut tried, &mut result);
        }
        let told = in_order(wrong, last, result.errors.clone());
        bar.suspend(|| told.iter().for_each(|error| tell(args, error)));
        let lines: HashSet<u32> = result.errors.iter().map(|error| error.line).collect();
        let errors = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        for (sum, more) in sum
            .iter_mut()
            .zip([result.created, result.updated, result.unchanged, errors])
        {
            *sum += more;
        }
        bar.inc(many);
    }
    bar.finish_and_clear();
    wrong.drain(..).for_each(|error| tell(args, &error));
    let [created, updated, unchanged, errors] = sum;
    let tried = if args.dry_run {
        "（试算，没有写入）"
    } else {
        ""
    };
    let _ = writeln!(
        io::stdout(),
        "新建 {created} 行，更新 {updated} 行，未变 {unchanged} 行，未导入 {errors} 行{tried}"
    );
    Ok(errors == 0)
}

/// A dry run writes nothing, so that a chunk does not find the parents that an earlier one would have made: a row whose
/// parent is one of these is one that would be made.
fn with_what_would_be_there<R: ReflectMessage>(
    rows: &[R],
    tried: &mut HashSet<(String, String)>,
    result: &mut ImportResult,
) {
    for row in rows {
        let line = line(row);
        let wrong = |error: &RowError| error.line == line;
        let of_parent = |error: &RowError| wrong(error) && error.reason == "PARENT_UNKNOWN";
        let found = external(row, "parent").is_some_and(|parent| tried.contains(&parent));
        if found && result.errors.iter().any(of_parent) {
            result.errors.retain(|error| !of_parent(error));
            result.created += u32::from(!result.errors.iter().any(wrong));
        }
        if !result.errors.iter().any(wrong) {
            tried.extend(external(row, "external_id"));
        }
    }
}

fn tell(args: &Args, error: &RowError) {
    let _ = writeln!(io::stderr(), "{}:{}", args.file.display(), told(error));
}

/// The line, and the words that there are: what is wrong with a whole row names no field.
fn told(error: &RowError) -> String {
    let words = [&error.field, &error.reason, &error.message].map(String::as_str);
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    format!("{}: {}", error.line, words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_row_is_named_and_the_others_go_on() {
        let text = "\u{feff}{\"name\":\"甲\",\"organizationId\":\"x\"}\n\nnot json\n{\"nmae\":\"乙\"}\n{\"name\":\"丙\"} x\n";
        let (rows, wrong) = read::<organization::UnitRow>(text.as_bytes());
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
        assert!(
            wrong[0].message.contains("（第 2 列起不合 JSON 的写法）"),
            "{}",
            wrong[0].message
        );
        assert!(
            wrong[2].message.contains("（第 14 列起不合 JSON 的写法）"),
            "{}",
            wrong[2].message
        );
        assert_eq!(
            told(&wrong[1]),
            "4: ROW_UNREADABLE 本行不是可读的 JSON 记录（unrecognized field name 'nmae'），\
             请对照接口定义中的字段名和取值改正。"
        );
    }

    #[test]
    fn a_line_in_another_encoding_is_named_and_the_others_go_on() {
        let (rows, wrong) =
            read::<organization::UnitRow>(b"{\"name\":\"\xd6\xa7\xb2\xbf\"}\r\n{\"name\":\"a\"}\r\n");
        assert_eq!((rows.len(), wrong.len(), wrong[0].line), (1, 1, 1));
        assert!(wrong[0].message.contains("UTF-8"), "{}", wrong[0].message);
    }

    fn organization(line: u32, id: &str, parent: &str) -> organization::OrganizationRow {
        let external = |value: &str| {
            Some(ExternalId {
                system: "test".into(),
                value: value.into(),
            })
        };
        organization::OrganizationRow {
            line,
            external_id: external(id),
            parent: external(parent),
            ..Default::default()
        }
    }

    #[test]
    fn a_row_that_comes_twice_in_a_file_of_any_length_is_named_with_the_first() {
        let rows = vec![
            organization(1, "a", "r"),
            organization(2, "b", "r"),
            organization(9, "a", "b"),
        ];
        let (kept, wrong) = once((rows, Vec::new()));
        assert_eq!(kept.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((wrong[0].line, wrong[0].reason.as_str()), (9, "ROW_REPEATED"));
        assert!(wrong[0].message.contains("第 1 行"));
    }

    #[test]
    fn what_is_wrong_is_told_in_the_order_of_the_lines_whoever_found_it() {
        let lines = |all: &[RowError]| all.iter().map(|error| error.line).collect::<Vec<_>>();
        let error = |line| wire::rows::wrong(line, "", "X", "");
        let mut wrong = vec![error(2), error(5), error(900)];
        let told = in_order(&mut wrong, 500, vec![error(4), error(7), error(1)]);
        assert_eq!((lines(&told), lines(&wrong)), (vec![1, 2, 4, 5, 7], vec![900]));
    }

    #[test]
    fn a_dry_run_knows_what_its_earlier_chunks_would_have_made() {
        let mut tried = HashSet::new();
        let mut first = ImportResult {
            created: 1,
            errors: vec![wire::rows::wrong(2, "name", "REQUIRED", "")],
            ..Default::default()
        };
        with_what_would_be_there(
            &[organization(1, "a", "r"), organization(2, "b", "r")],
            &mut tried,
            &mut first,
        );
        assert_eq!((first.created, first.errors.len()), (1, 1));
        let unknown = |line| wire::rows::wrong(line, "parent", "PARENT_UNKNOWN", "");
        let mut second = ImportResult {
            errors: vec![unknown(3), unknown(4), unknown(5)],
            ..Default::default()
        };
        let rows = [
            organization(3, "c", "a"),
            organization(4, "d", "b"),
            organization(5, "e", "c"),
        ];
        with_what_would_be_there(&rows, &mut tried, &mut second);
        assert_eq!(second.created, 2, "below a, and below what is below it");
        assert_eq!(
            second.errors,
            [unknown(4)],
            "its parent would not be taken either"
        );
    }
}
