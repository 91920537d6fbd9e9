//! How often one may call: who is signed in by his name, everybody else by his address. Counted in this process;
//! each replica counts for itself.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use http::HeaderMap;
use kernel::{Kind, Refusal};
use moka::sync::Cache;

use crate::callers::SignedIn;

/// How long an address with too many wrong tokens is not listened to.
const DEAF: Duration = Duration::from_secs(1);
const DEAF_TO: u64 = 100_000;
/// After so many calls those who have not called for a while are forgotten.
const TIDY_EVERY: u32 = 4096;

const FORWARDED: &str = "x-forwarded-for";

/// Rate limits of the door. Cheap to clone.
#[derive(Clone)]
pub struct Limits(Arc<Counts>);

struct Counts {
    callers: DefaultKeyedRateLimiter<String>,
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    deaf_to: Cache<IpAddr, ()>,
    proxies: Vec<Network>,
    calls: AtomicU32,
}

impl Limits {
    /// So many calls a second for each caller who is signed in, and for each address of those who are not. What the
    /// `proxies` say about addresses is believed.
    #[must_use]
    pub fn new(caller: NonZeroU32, stranger: NonZeroU32, proxies: Vec<Network>) -> Self {
        Self(Arc::new(Counts {
            callers: RateLimiter::keyed(Quota::per_second(caller)),
            strangers: RateLimiter::keyed(Quota::per_second(stranger)),
            deaf_to: Cache::builder().max_capacity(DEAF_TO).time_to_live(DEAF).build(),
            proxies,
            calls: AtomicU32::new(0),
        }))
    }

    /// Counts a call of somebody who is signed in. Refuses with `RATE_LIMITED`.
    pub fn caller(&self, who: &SignedIn) -> Result<(), Refusal> {
        self.tidy();
        let within = self.0.callers.check_key(&who.subject);
        within.map_err(|until| limited(until.wait_time_from(DefaultClock::default().now())))
    }

    /// Counts a call of somebody who is not, by his address. Refuses with `RATE_LIMITED`.
    pub fn stranger(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        self.tidy();
        let within = self.0.strangers.check_key(&self.source(headers));
        within.map_err(|until| limited(until.wait_time_from(DefaultClock::default().now())))
    }

    /// Counts a wrong token as a stranger's call. Refuses with `RATE_LIMITED`.
    pub fn wrong_token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        self.stranger(headers)
            .inspect_err(|_| self.0.deaf_to.insert(self.source(headers), ()))
    }

    /// Whether a token of the address is looked at: a signature check costs more than a refusal.
    /// Refuses with `RATE_LIMITED` after too many wrong ones.
    pub fn may_show_tokens(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        match self.0.deaf_to.contains_key(&self.source(headers)) {
            true => Err(limited(DEAF)),
            false => Ok(()),
        }
    }

    /// The caller's address as the runner noted it, or as our own proxies tell it: the last one in their list that is
    /// no proxy of ours. Of an IPv6 address the network, since one caller has all of it.
    fn source(&self, headers: &HeaderMap) -> IpAddr {
        let noted = headers.get(runtime::server::PEER);
        let mut source = noted
            .and_then(|value| value.to_str().ok()?.parse::<IpAddr>().ok())
            .unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
            .to_canonical();
        let told = headers.get_all(FORWARDED).iter();
        let told: Vec<&str> = told
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        for told in told.iter().rev() {
            let ours = self.0.proxies.iter().any(|proxy| proxy.holds(source));
            match told.trim().parse::<IpAddr>() {
                Ok(address) if ours => source = address.to_canonical(),
                _ => break,
            }
        }
        match source {
            IpAddr::V4(_) => source,
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
        }
    }

    /// Forgets those whose share is whole again, or each address that ever called would be kept.
    fn tidy(&self) {
        if self.0.calls.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.0.callers.retain_recent();
            self.0.strangers.retain_recent();
        }
    }
}

fn limited(pause: Duration) -> Refusal {
    Refusal::new(Kind::Exhausted, "RATE_LIMITED", "请求过于频繁，请稍等片刻再试。").again_after(pause)
}

/// Addresses with a common beginning, such as `10.0.0.0/8`; one address without a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    length: u32,
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.length
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.length
            }
            _ => false,
        }
    }
}

/// The text is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a network such as 10.0.0.0/8")]
pub struct NotANetwork;

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(whole), str::parse).map_err(|_| NotANetwork)?;
        (length <= whole)
            .then_some(Self { address, length })
            .ok_or(NotANetwork)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(stranger: u32, proxies: &[&str]) -> Limits {
        let count = |count| NonZeroU32::new(count).expect("a count");
        let proxies = proxies.iter().map(|text| text.parse().expect("a network"));
        Limits::new(count(2), count(stranger), proxies.collect())
    }

    fn from(peer: &str, forwarded: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(runtime::server::PEER, peer.parse().expect("a value"));
        for told in forwarded {
            headers.append(FORWARDED, told.parse().expect("a value"));
        }
        headers
    }

    fn source(limits: &Limits, peer: &str, forwarded: &[&str]) -> String {
        limits.source(&from(peer, forwarded)).to_string()
    }

    #[test]
    fn who_has_used_up_his_share_is_told_when_to_come_again_and_others_are_let_in() {
        let limits = limits(1, &[]);
        let who = |subject: &str| SignedIn {
            subject: subject.into(),
            session: "s".into(),
            two_factors: false,
        };
        assert!(limits.caller(&who("a")).is_ok() && limits.caller(&who("a")).is_ok());
        let refused = limits.caller(&who("a")).expect_err("too often");
        let pause = refused.again_after.expect("a pause");
        assert_eq!(
            (refused.kind, &*refused.reason),
            (Kind::Exhausted, "RATE_LIMITED")
        );
        assert!(
            pause > Duration::ZERO && pause <= Duration::from_secs(1),
            "{pause:?}"
        );
        assert!(limits.caller(&who("b")).is_ok());
        assert!(limits.stranger(&from("192.0.2.1", &[])).is_ok());
        assert!(limits.stranger(&from("192.0.2.1", &[])).is_err());
        assert!(limits.stranger(&from("192.0.2.2", &[])).is_ok());
    }

    #[test]
    fn after_too_many_wrong_tokens_an_address_is_not_listened_to() {
        let limits = limits(1, &[]);
        let (guesser, other) = (from("192.0.2.1", &[]), from("192.0.2.2", &[]));
        assert!(limits.wrong_token(&guesser).is_ok() && limits.may_show_tokens(&guesser).is_ok());
        assert!(limits.wrong_token(&guesser).is_err());
        assert_eq!(
            limits.may_show_tokens(&guesser).expect_err("deaf").reason,
            "RATE_LIMITED"
        );
        assert!(limits.may_show_tokens(&other).is_ok());
    }

    #[test]
    fn an_address_is_believed_from_our_own_proxies_alone() {
        let none = limits(1, &[]);
        assert_eq!(
            source(&none, "192.0.2.1", &["203.0.113.9"]),
            "192.0.2.1",
            "nobody is a proxy"
        );
        let behind = limits(1, &["10.0.0.0/8", "192.0.2.7"]);
        assert_eq!(
            source(&behind, "192.0.2.1", &["203.0.113.9"]),
            "192.0.2.1",
            "not one of ours"
        );
        assert_eq!(source(&behind, "10.1.2.3", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(
            source(&behind, "10.1.2.3", &["1.1.1.1, 203.0.113.9, 192.0.2.7"]),
            "203.0.113.9"
        );
        assert_eq!(
            source(&behind, "10.1.2.3", &["1.1.1.1", "203.0.113.9"]),
            "203.0.113.9",
            "two headers"
        );
        assert_eq!(source(&behind, "10.1.2.3", &["nonsense"]), "10.1.2.3");
        assert_eq!(source(&behind, "10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(
            source(&behind, "::ffff:10.1.2.3", &["203.0.113.9"]),
            "203.0.113.9"
        );
    }

    #[test]
    fn one_ipv6_network_is_one_caller() {
        let limits = limits(1, &[]);
        assert_eq!(
            source(&limits, "2001:db8:1:2:3:4:5:6", &[]),
            source(&limits, "2001:db8:1:2::9", &[])
        );
        assert_ne!(
            source(&limits, "2001:db8:1:2::9", &[]),
            source(&limits, "2001:db8:1:3::9", &[])
        );
    }

    #[test]
    fn addresses_that_called_once_are_forgotten() {
        let limits = limits(1_000_000, &[]);
        for n in 0..3 * TIDY_EVERY {
            let address = IpAddr::V4(n.into()).to_string();
            limits.stranger(&from(&address, &[])).expect("within");
        }
        let kept = limits.0.strangers.len();
        assert!(kept <= TIDY_EVERY as usize, "{kept} addresses kept");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129"] {
            assert_eq!(text.parse::<Network>(), Err(NotANetwork), "{text}");
        }
        let all: Network = "0.0.0.0/0".parse().expect("a network");
        assert!(all.holds("9.9.9.9".parse().expect("an address")));
    }
}
