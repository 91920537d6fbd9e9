//! P12: from start to ready, memory when idle, size of the program.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use kernel::id::PersonId;
use tokio::{io::AsyncReadExt, time::sleep};
use tonic::metadata::MetadataMap;

use crate::{
    county::County,
    figure::{Figure, Goal, mebibytes, median, millis},
    lab::{Lab, Trouble},
    people::signed_in,
    process::Process,
    raw::Wire,
    suite::{Form, Suite},
};

const WHO_AM_I: &str = "/zhibu.gateway.v1.GatewayService/WhoAmI";
const STARTS: usize = 5;
/// What was needed to start is given back by then.
const SETTLES: Duration = Duration::from_secs(2);

/// Runs it on a county that lies on Postgres, for the services, and on one that lies in files, for all in one.
///
/// # Errors
/// When something does not start.
pub async fn run(lab: &Lab, on_postgres: &County, in_files: &County) -> Result<Vec<Figure>, Trouble> {
    let (mut ready, mut memory) = (BTreeMap::new(), BTreeMap::new());
    let mut suite = Suite::start(lab, on_postgres, &Form::default()).await?;
    for _ in 0..lab.size.of(STARTS, 3) {
        for service in suite.services() {
            let times: &mut Vec<f64> = ready.entry(service.name).or_default();
            times.push(millis(service.again().await?));
        }
    }
    sleep(SETTLES).await;
    for service in suite.services() {
        memory.insert(service.name, vec![mebibytes(service.memory())]);
    }
    suite.stop().await;
    let mut figures = vec![
        worst(
            "milliseconds from start to ready, the slowest of six services, the others up",
            &ready,
            300.0,
        ),
        worst("MiB resident of an idle service, the largest", &memory, 25.0),
    ];
    let (times, sizes) = all_in_one(lab, in_files).await?;
    let alone = |what: &str, value, most| Figure::alone("P12", what, value, Goal::most(most));
    figures.push(alone(
        "milliseconds from start to the first answer, all in one",
        median(times.into_iter()),
        1000.0,
    ));
    figures.push(alone(
        "MiB resident, all in one, idle",
        median(sizes.into_iter()),
        150.0,
    ));
    let size = fs::metadata(&lab.program)?.len();
    figures.push(alone("MiB of the one program", mebibytes(size), 40.0));
    Ok(figures)
}

fn worst(what: &str, of: &BTreeMap<&str, Vec<f64>>, most: f64) -> Figure {
    let mut worst = 0.0f64;
    for (name, values) in of {
        let middle = median(values.iter().copied());
        eprintln!("    {name}: {middle:.1} {what}");
        worst = worst.max(middle);
    }
    Figure::alone("P12", what, worst, Goal::most(most))
}

/// The demo started again on its folder: until its door answers, and when it is idle.
async fn all_in_one(lab: &Lab, county: &County) -> Result<(Vec<f64>, Vec<f64>), Trouble> {
    let headers = signed_in(&county.keys(), &PersonId::new().to_string())?;
    let (mut times, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..lab.size.of(3, 1) {
        let plan = county.demo(lab)?;
        let door: Option<SocketAddr> = plan.arguments.last().and_then(|door| door.parse().ok());
        let door = door.ok_or_else(|| Trouble("the demo has no door".into()))?;
        let begun = Instant::now();
        let mut process = Process::start(&plan)?;
        process.until(async || answers(door, &headers).await).await?;
        times.push(millis(begun.elapsed()));
        // Its summary is the last thing that it says before it only serves.
        summary(&mut process).await?;
        sleep(SETTLES).await;
        sizes.push(mebibytes(process.memory().unwrap_or_default()));
        process.kill().await;
    }
    Ok((times, sizes))
}

/// Whether somebody who is signed in is told who he is: the gateway knows the tree, organization his roles.
async fn answers(door: SocketAddr, headers: &MetadataMap) -> bool {
    let Ok(wire) = Wire::to(door, 1).await else {
        return false;
    };
    wire.ask(0, WHO_AM_I, headers.clone(), Bytes::new()).await.is_ok()
}

/// Waits for the one JSON document on the demo's standard output.
///
/// # Errors
/// When the demo ends before.
pub async fn summary(demo: &mut Process) -> Result<(), Trouble> {
    let mut output = demo.output().ok_or_else(|| Trouble("no output".into()))?;
    let mut said = Vec::new();
    while !said.ends_with(b"\n}\n") {
        if output.read_buf(&mut said).await? == 0 {
            return Err(Trouble("the demo ended without its summary".into()));
        }
    }
    Ok(())
}
