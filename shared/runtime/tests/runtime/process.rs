//! A process: what it checks at its start, what it says about its health, its end.

use std::{sync::Arc, time::Duration};

use runtime::{Host, Link, Service, Settings, StartError, start_one};
use tokio::sync::{Notify, watch};
use tonic::transport::Channel;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::fake::{Fake, READ, call};

const ANY_PORT: &str = "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n";

fn settings(folder: &tempfile::TempDir, more: &[(&str, &str)]) -> Settings {
    let data = folder.path().join("data").display().to_string();
    let environment = [
        ("ZHIBU_SHARED__DATA", data.as_str()),
        ("ZHIBU_SHARED__DURABILITY", "test"),
    ];
    let environment = environment
        .iter()
        .chain(more)
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let services = [
        ("organization", ANY_PORT),
        ("gateway", ANY_PORT),
        ("clock", ANY_PORT),
    ];
    let file = folder.path().join("zhibu.toml");
    std::fs::write(&file, "").expect("file");
    Settings::load(Some(&file), &services, environment).expect("settings")
}

async fn health(address: std::net::SocketAddr, service: &str) -> Option<ServingStatus> {
    let channel = Channel::from_shared(format!("http://{address}"))
        .expect("uri")
        .connect()
        .await
        .ok()?;
    let asked = HealthCheckRequest {
        service: service.to_owned(),
    };
    HealthClient::new(channel)
        .check(asked)
        .await
        .ok()
        .map(|answer| answer.into_inner().status())
}

/// `organization` offers what its package says; the rest is the test's.
fn organization() -> Service {
    Service::new("organization").offer(Fake::new(|_| async { Ok(()) }))
}

#[tokio::test]
async fn health_follows_what_the_service_says_and_the_end_comes_in_order() {
    let folder = tempfile::tempdir().expect("folder");
    let settings = settings(&folder, &[]);
    let host = Host::open("test", &settings, &["organization"])
        .await
        .expect("host");
    let (say, ready) = watch::channel(false);
    let (begun, ended) = (Arc::new(Notify::new()), watch::channel(false).0);
    let (begins, ends) = (begun.clone(), ended.clone());
    let service = organization().ready_when(ready).background("waits", move |stop| {
        let (begins, ends) = (begins.clone(), ends.clone());
        async move {
            begins.notify_one();
            stop.cancelled().await;
            ends.send_replace(true);
            Ok(())
        }
    });
    let running = start_one(
        &host,
        service,
        settings.service("organization").expect("settings"),
    )
    .await
    .expect("up");
    let (admin, address) = (running.admin, running.addresses[0]);
    begun.notified().await;
    assert_eq!(health(admin, "").await, Some(ServingStatus::Serving), "it lives");
    assert_eq!(
        health(admin, "ready").await,
        Some(ServingStatus::NotServing),
        "and is not ready"
    );
    say.send_replace(true);
    while health(admin, "organization").await != Some(ServingStatus::Serving) {
        tokio::task::yield_now().await;
    }
    assert_eq!(health(admin, "ready").await, Some(ServingStatus::Serving));
    assert_eq!(
        health(address, "").await,
        None,
        "health is not on the public port"
    );
    let link = Link::remote(
        "organization",
        vec![format!("http://{address}").parse().expect("uri")],
        None,
    );
    call(&link, READ, &[]).await.expect("answered");
    drop(link);
    host.stop.cancel();
    tokio::time::timeout(Duration::from_secs(20), running.until_stopped())
        .await
        .expect("it ends");
    assert!(*ended.borrow(), "background work was asked to end, and did");
    host.close().await;
}

#[tokio::test]
async fn a_service_that_differs_from_the_policy_table_does_not_start() {
    let folder = tempfile::tempdir().expect("folder");
    let settings = settings(&folder, &[]);
    let host = Host::open("test", &settings, &[]).await.expect("host");
    let own = settings.service("organization").expect("settings");
    let lacking = start_one(&host, Service::new("organization"), own)
        .await
        .expect_err("lacks its own service");
    let (_, server) = tonic_health::server::health_reporter();
    let foreign = start_one(&host, organization().offer(server), own)
        .await
        .expect_err("has no policy");
    for (error, named) in [
        (lacking, "zhibu.organization.v1.OrganizationService"),
        (foreign, "grpc.health.v1.Health"),
    ] {
        assert!(
            matches!(error, StartError::Policy { .. }) && error.to_string().contains(named),
            "{error}"
        );
        assert_eq!(error.exit_code(), 78);
        assert_eq!(error.to_string().lines().count(), 1);
    }
}

#[tokio::test]
async fn background_work_that_fails_or_panics_is_begun_again() {
    let mut tasks = tokio::task::JoinSet::new();
    let stop = tokio_util::sync::CancellationToken::new();
    let (count, mut third) = watch::channel(0);
    let service = Service::new("organization").background("stumbles", move |_| {
        count.send_modify(|count| *count += 1);
        let now = *count.borrow();
        async move {
            match now {
                1 => Err(kernel::Fault::new("a planted fault")),
                2 => panic!("a planted panic"),
                _ => Ok(()),
            }
        }
    });
    tokio::time::pause();
    service.begin(&mut tasks, &stop);
    third
        .wait_for(|count| *count == 3)
        .await
        .expect("begun three times");
    tasks.join_next().await.expect("one").expect("it returned");
}

#[tokio::test]
async fn a_redis_that_does_not_answer_stops_the_start_and_a_second_process_is_kept_out() {
    let folder = tempfile::tempdir().expect("folder");
    let redis = settings(&folder, &[("ZHIBU_SHARED__REDIS", "redis://127.0.0.1:1")]);
    let error = Host::open("test", &redis, &[]).await.err().expect("no redis");
    assert_eq!(
        (error.exit_code(), error.to_string().lines().count()),
        (69, 1),
        "{error}"
    );
    let plain = settings(&folder, &[]);
    let _first = Host::open("test", &plain, &[]).await.expect("free");
    let error = Host::open("test", &plain, &[]).await.err().expect("taken");
    assert_eq!(error.exit_code(), 75, "{error}");
}
