//! Drives the business clock of all services and waits until everything that follows from the new time, and
//! from what was written before, has been done everywhere.

use std::{collections::BTreeMap, time::Duration};

use access::Issuer;
use kernel::Instant;
use proto::clock::v1::{
    AdvanceRequest, PositionsRequest, PositionsResponse, clock_service_client::ClockServiceClient,
};
use runtime::{Link, service::Positions};

use super::{error::DemoError, folder::Folder};

const LOOK_EVERY: Duration = Duration::from_millis(4);
const LONGEST: Duration = Duration::from_secs(300);
/// How often the clock of a suite that serves is moved.
const TICK: Duration = Duration::from_secs(1);
/// For how long ahead the time of a suite that serves is made durable: killed without warning it begins so much later at
/// most, and never before what it has said.
const AHEAD: Duration = Duration::from_secs(60);

/// How far one service is.
enum Gauge {
    /// In this process.
    Here(Positions),
    /// At its admin port.
    There(Link),
}

/// The clocks of all services, and their feeds.
pub struct Driver {
    clocks: Vec<Link>,
    gauges: Vec<(String, Gauge)>,
    now: Instant,
}

impl Driver {
    /// All services in this process: one admin port, each service's positions by themselves.
    #[must_use]
    pub fn here(admin: Link, positions: Vec<(String, Positions)>, now: Instant) -> Self {
        let gauges = positions
            .into_iter()
            .map(|(name, positions)| (name, Gauge::Here(positions)))
            .collect();
        Self {
            clocks: vec![admin],
            gauges,
            now,
        }
    }

    /// Each service in a process of its own, at its admin port.
    #[must_use]
    pub fn there(admins: Vec<(String, Link)>, now: Instant) -> Self {
        Self {
            clocks: admins.iter().map(|(_, link)| link.clone()).collect(),
            gauges: admins
                .into_iter()
                .map(|(name, link)| (name, Gauge::There(link)))
                .collect(),
            now,
        }
    }

    /// The business time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Moves all clocks to a time, unless they are there or beyond. The time is made durable first, so that a
    /// run that is cut off goes on from there.
    pub async fn advance(&mut self, to: Instant, folder: &mut Folder) -> Result<(), DemoError> {
        if to <= self.now {
            return Ok(());
        }
        self.settle().await?;
        folder.remember(to)?;
        self.move_to(to).await?;
        self.settle().await
    }

    async fn move_to(&mut self, to: Instant) -> Result<(), DemoError> {
        // Cut off in the middle, some clocks are there.
        self.now = to;
        for clock in &self.clocks {
            let request = AdvanceRequest {
                to: Some(wire::words::timestamp(to)),
            };
            let answer = ClockServiceClient::new(clock.clone()).advance(request).await;
            answer.map_err(|status| DemoError::refused("拨动业务时钟", &status))?;
        }
        Ok(())
    }

    /// Lets all clocks go on with real time from where they stand, until it is dropped. What hinders it is told once and
    /// tried again.
    pub async fn go_on(&mut self, folder: &mut Folder) {
        let (from, since) = (self.now, tokio::time::Instant::now());
        let mut hindered = false;
        loop {
            tokio::time::sleep(TICK).await;
            let moved = self.go_to(from + since.elapsed(), folder).await;
            if let Err(error) = &moved
                && !hindered
            {
                tracing::warn!(%error, "the clock does not go on, once more in a moment");
            }
            hindered = moved.is_err();
        }
    }

    async fn go_to(&mut self, to: Instant, folder: &mut Folder) -> Result<(), DemoError> {
        if to > folder.now() {
            folder.remember(to + AHEAD)?;
        }
        self.move_to(to).await
    }

    /// Makes durable where the clock stands: from there it goes on next time.
    pub fn stop(&self, folder: &mut Folder) -> Result<(), DemoError> {
        folder.remember(self.now)
    }

    /// Waits until no feed head moves and every cursor equals its head.
    pub async fn settle(&self) -> Result<(), DemoError> {
        let mut before: Option<BTreeMap<String, PositionsResponse>> = None;
        let until = tokio::time::Instant::now() + LONGEST;
        loop {
            let now = self.look().await?;
            let lagging = lagging(&now);
            if lagging.is_none() && before.as_ref() == Some(&now) {
                return Ok(());
            }
            if tokio::time::Instant::now() > until {
                let who = lagging.unwrap_or_else(|| "变更流一直在增长".into());
                return Err(DemoError::answer(format!("各服务没有赶上业务时钟：{who}")));
            }
            before = Some(now);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Whether a service has told anything yet.
    pub async fn has_told(&self, service: &str) -> Result<bool, DemoError> {
        Ok(self
            .look()
            .await?
            .get(service)
            .is_some_and(|positions| positions.head > 0))
    }

    async fn look(&self) -> Result<BTreeMap<String, PositionsResponse>, DemoError> {
        let mut all = BTreeMap::new();
        for (name, gauge) in &self.gauges {
            let positions = match gauge {
                Gauge::Here(positions) => positions()
                    .await
                    .map_err(|error| DemoError::answer(format!("{name}：{error}")))?,
                Gauge::There(link) => {
                    let answer = ClockServiceClient::new(link.clone())
                        .positions(PositionsRequest {})
                        .await;
                    answer
                        .map_err(|status| DemoError::refused(format!("{name} 的变更流位置"), &status))?
                        .into_inner()
                }
            };
            all.insert(name.clone(), positions);
        }
        Ok(all)
    }
}

/// Who still has something to do, in words; nobody when everything is quiet.
fn lagging(all: &BTreeMap<String, PositionsResponse>) -> Option<String> {
    all.iter().find_map(|(name, positions)| {
        let behind = positions
            .cursors
            .iter()
            .find(|(from, at)| all.get(*from).is_some_and(|of| of.head != **at));
        match (positions.pending, positions.due, behind) {
            (0, 0, None) => None,
            (0, 0, Some((from, at))) => Some(format!("{name} 读 {from} 的变更流到 {at}")),
            (pending, due, _) => Some(format!("{name} 还有 {pending} 条待排序、{due} 项到期未办")),
        }
    })
}

/// A link to an admin port, in the name of the driver.
#[must_use]
pub fn admin(address: std::net::SocketAddr, issuer: Issuer) -> Link {
    let uri: http::Uri = format!("http://{address}").parse().unwrap_or_default();
    Link::remote("admin", vec![uri], Some(issuer))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use proto::clock::v1::{
        AdvanceResponse,
        clock_service_server::{ClockService, ClockServiceServer},
    };
    use tonic::{Request, Response, Status};

    use super::*;

    /// Where it was moved to.
    #[derive(Clone, Default)]
    struct Moved(Arc<Mutex<Vec<Instant>>>);

    #[tonic::async_trait]
    impl ClockService for Moved {
        async fn advance(&self, asked: Request<AdvanceRequest>) -> Result<Response<AdvanceResponse>, Status> {
            let to = asked.into_inner().to.expect("a time");
            let to = Instant::from_timestamp(to.seconds, to.nanos.unsigned_abs()).expect("an instant");
            self.0.lock().expect("unpoisoned").push(to);
            Ok(Response::new(Default::default()))
        }

        async fn positions(
            &self,
            _: Request<PositionsRequest>,
        ) -> Result<Response<PositionsResponse>, Status> {
            Ok(Response::new(Default::default()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_suite_that_serves_goes_on_with_real_time_and_next_time_from_where_it_stopped() {
        let root = tempfile::tempdir().expect("a folder");
        let start: Instant = "2026-02-28T02:00:00Z".parse().expect("instant");
        let mut folder = Folder::open(root.path(), "610323", 1, start).expect("new");
        let moved = Moved::default();
        let routes = tonic::service::Routes::new(ClockServiceServer::new(moved.clone()));
        let mut driver = Driver::here(Link::to_routes("admin", routes), Vec::new(), start);
        let serving = Duration::from_millis(150_500);
        let ended = tokio::time::timeout(serving, driver.go_on(&mut folder)).await;
        assert!(ended.is_err(), "it goes on until it is stopped");

        let times = moved.0.lock().expect("unpoisoned").clone();
        assert_eq!(
            (times.len(), times.last()),
            (150, Some(&(start + Duration::from_secs(150))))
        );
        assert!(
            times.is_sorted_by(|one, next| *next == *one + TICK),
            "second by second"
        );
        let killed = Folder::open(root.path(), "610323", 1, start)
            .expect("again")
            .now();
        assert!(
            driver.now() <= killed && killed <= driver.now() + AHEAD,
            "{killed}"
        );
        driver.stop(&mut folder).expect("kept");
        let stopped = Folder::open(root.path(), "610323", 1, start)
            .expect("again")
            .now();
        assert_eq!(stopped, start + Duration::from_secs(150));
    }

    fn at(head: u64, pending: u64, due: u64, cursors: &[(&str, u64)]) -> PositionsResponse {
        PositionsResponse {
            head,
            pending,
            due,
            cursors: cursors
                .iter()
                .map(|(name, at)| ((*name).to_owned(), *at))
                .collect(),
        }
    }

    #[test]
    fn quiet_means_nothing_pending_nothing_due_and_every_cursor_at_its_head() {
        let quiet = |organization, member| {
            lagging(&BTreeMap::from([
                ("organization".into(), organization),
                ("member".into(), member),
            ]))
            .is_none()
        };
        assert!(quiet(
            at(7, 0, 0, &[("member", 3)]),
            at(3, 0, 0, &[("organization", 7)])
        ));
        assert!(
            !quiet(at(7, 0, 0, &[("member", 2)]), at(3, 0, 0, &[("organization", 7)])),
            "a cursor behind"
        );
        assert!(
            !quiet(at(7, 1, 0, &[]), at(3, 0, 0, &[])),
            "rows not yet in the feed"
        );
        assert!(!quiet(at(7, 0, 0, &[]), at(3, 0, 2, &[])), "timers not yet done");
    }
}
