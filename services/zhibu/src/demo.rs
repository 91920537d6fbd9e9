//! `zhibu demo`: a real county through a whole year, through the public RPCs, and then it goes on serving.
//!
//! - [`rows`], [`ids`]: the county as requests that come out the same in every run;
//! - [`suite`]: the services, in this process or each in its own; [`clock`], [`folder`]: the driven clock;
//! - [`door`], [`actors`], [`cases`], [`imports`]: calls in the name of the person who acts;
//! - [`journey`]: the script; [`load`], [`library`], [`cycle`], [`stars`], [`naming`]: its parts;
//! - [`recall`]: a year that is over, which is read and not played again;
//! - [`summary`]: what comes out.

use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use gateway::tokens::BuiltIn;

pub mod actors;
pub mod cases;
pub mod clock;
pub mod cycle;
pub mod door;
pub mod error;
pub mod folder;
pub mod ids;
pub mod imports;
pub mod journey;
pub mod library;
pub mod load;
pub mod naming;
pub mod news;
pub mod recall;
pub mod rows;
pub mod stars;
pub mod suite;
pub mod summary;

use crate::county::{
    County, Options,
    divisions::{BadRow, Divisions, NotACounty, SHIPPED},
};
use door::Door;
use error::DemoError;
use folder::Folder;
use ids::Ids;
use journey::{Journey, Tally};
use news::News;
use suite::Suite;
use summary::{Summary, document::Document, page::Example};

const STOPPED: &str = "已停止。再次启动时从停下的地方接着走";

/// What is played, where, and what comes out; the text of each is its help.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// 数据目录；再次启动从停下的地方接着走
    #[arg(long, value_name = "DIR", default_value = "./.zhibu")]
    pub data: PathBuf,
    /// 一切虚构内容的种子；不写时用数据目录中那次演示的，没有则为 1
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// 县域文件，列为 code,name,parent_code,level，可用 gzip 压缩；不写时用自带的县
    #[arg(long, value_name = "FILE")]
    pub county: Option<PathBuf>,
    /// gRPC、gRPC-Web 和 JSON 的监听地址
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// 打印结果后结束
    #[arg(long)]
    pub exit: bool,
    /// 结果以一个 JSON 文档打印到标准输出
    #[arg(long)]
    pub json: bool,
    /// 每个服务一个进程
    #[arg(long)]
    pub processes: bool,
    /// 数据存到 Postgres，每个服务一个 schema
    #[arg(long, value_name = "URL")]
    pub postgres: Option<String>,
    /// 经 Redis 唤醒等候变更的一方
    #[arg(long, value_name = "URL")]
    pub redis: Option<String>,
}

/// Plays the year, prints the summary, and goes on serving until Ctrl-C.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let seed = args.seed.or_else(|| Folder::seed_in(&args.data)).unwrap_or(1);
    let county = match county(args, seed) {
        Ok(county) => county,
        Err(error) => return failed(&error),
    };
    let runtime = match crate::serve::tokio_with(0) {
        Ok(runtime) => runtime,
        Err(error) => return failed(&DemoError::Start(error.to_string())),
    };
    runtime
        .block_on(play(args, county, seed))
        .unwrap_or_else(|error| failed(&error))
}

fn failed(error: &DemoError) -> ExitCode {
    let _ = writeln!(io::stderr(), "zhibu demo: {error}");
    ExitCode::from(error.exit_code())
}

/// The county of the file, or the shipped one. Wrong rows are named and left out.
fn county(args: &Args, seed: u64) -> Result<County, DemoError> {
    let named = args.county.clone().unwrap_or_else(|| PathBuf::from("county.csv"));
    let wrong = |what: String| DemoError::CountyFile(named.clone(), what);
    let read = match &args.county {
        None => Divisions::read(SHIPPED),
        Some(path) => {
            let bytes = fs::read(path);
            Divisions::read(
                &bytes.map_err(|error| wrong(format!("读不出（{error}）。请检查 --county 的路径。")))?,
            )
        }
    };
    let name_rows = |rows: &[BadRow]| {
        for row in rows {
            let _ = writeln!(io::stderr(), "{}: {row}", named.display());
        }
    };
    let reading = read.map_err(|error| {
        if let NotACounty::Empty(rows) = &error {
            name_rows(rows);
        }
        wrong(error.to_string())
    })?;
    name_rows(&reading.bad);
    County::generate(&reading.divisions, seed, Options::default()).map_err(|unplayable| {
        let line = reading.lines.get(&unplayable.division_code);
        wrong(match line {
            Some(line) => format!("第 {line} 行：{unplayable}"),
            None => unplayable.to_string(),
        })
    })
}

async fn play(args: &Args, county: County, seed: u64) -> Result<ExitCode, DemoError> {
    let start = journey::beginning(county.year);
    let mut folder = Folder::open(&args.data, &county.code, seed, start)?;
    let (store, files) = suite::stores(args, start)?;
    folder.lies_in(store, &files)?;
    let mut news = News::new();
    news.stage("启动各服务");
    let reached = folder.now();
    let (suite, clock) = Suite::start(args, reached).await?;
    folder.remember(reached)?;
    let issuer = BuiltIn::open(suite.keys()).map_err(|error| DemoError::Start(error.to_string()))?;
    let ids = Ids::new(&county.code, seed);
    let mut journey = Journey {
        known: rows::Known::new(&county, &ids),
        door: Door::at(&suite.api(), issuer)?,
        inside: suite.organization(),
        tally: Tally::default(),
        county,
        ids,
        clock,
        folder,
        reached,
        news,
    };
    let outcome = tokio::select! {
        outcome = whole(args, &mut journey, &suite) => outcome.map(Some),
        () = suite.asked_to_stop() => Ok(None),
        which = suite.lost() => Err(DemoError::Lost(which)),
    };
    journey.news.end();
    match outcome {
        Ok(Some(())) if !args.exit => {
            journey
                .news
                .line(&format!("继续提供服务：{}，按 Ctrl-C 结束", suite.api()));
            let ended = tokio::select! {
                () = journey.clock.go_on(&mut journey.folder) => Ok(()),
                () = suite.asked_to_stop() => Ok(()),
                which = suite.lost() => Err(DemoError::Lost(which)),
            };
            let stopped = journey.clock.stop(&mut journey.folder);
            suite.stop().await;
            ended.and(stopped)?;
            journey.news.line(STOPPED);
            Ok(ExitCode::SUCCESS)
        }
        Ok(Some(())) => {
            suite.stop().await;
            Ok(ExitCode::SUCCESS)
        }
        Ok(None) => {
            suite.stop().await;
            journey.news.line(STOPPED);
            Ok(ExitCode::from(130))
        }
        Err(error) => {
            suite.stop().await;
            Err(error)
        }
    }
}

async fn whole(args: &Args, journey: &mut Journey, suite: &Suite) -> Result<(), DemoError> {
    let was_over = journey.folder.is_over();
    let (summary, example) = match told(journey, suite).await {
        // Roles may have been taken away since: the data are served, whoever may still read them.
        Err(error) if was_over && !args.exit => {
            journey.news.line(&format!("没有汇总：{error}"));
            return Ok(());
        }
        told => told?,
    };
    let example = (!args.exit).then_some(&example);
    let written = if args.json {
        summary::page::write(&mut io::stderr().lock(), &summary, example).and_then(|()| {
            let mut out = io::stdout().lock();
            serde_json::to_writer_pretty(&mut out, &Document::of(&summary))?;
            writeln!(out)
        })
    } else {
        summary::page::write(&mut io::stdout().lock(), &summary, example)
    };
    match written {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(DemoError::answer(format!("输出：{error}"))),
        Ok(()) => Ok(()),
    }?;
    // Whoever uses the suite may screen it again.
    match was_over {
        true => Ok(()),
        false => summary.judge(),
    }
}

async fn told(journey: &mut Journey, suite: &Suite) -> Result<(Summary, Example), DemoError> {
    journey.year().await?;
    let summary = journey.summary((suite.api(), suite.admin_addresses())).await?;
    let example = journey.example(&suite.api()).await?;
    Ok((summary, example))
}
