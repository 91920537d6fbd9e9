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
        for clock in &self.clocks {
            let request = AdvanceRequest {
                to: Some(wire::words::timestamp(to)),
            };
            let answer = ClockServiceClient::new(clock.clone()).advance(request).await;
            answer.map_err(|status| DemoError::refused("拨动业务时钟", &status))?;
        }
        self.now = to;
        self.settle().await
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
    use super::*;

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
