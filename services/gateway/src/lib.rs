//! One door: who you are, how often you may call, three dialects from the descriptors, and what is composed. No
//! business rule, no database of its own.
//!
//! - [`door`]: gRPC, gRPC-Web and JSON on one port; [`connect`] and [`frame`] are how they are written.
//! - [`tokens`], [`callers`], [`limits`]: sign-in, caller context, how often.
//! - [`rpc`]: the compositions; [`parts`]: fresh, stale or missing; [`peers`]: calls in the caller's name.
//! - [`tree`]: the organizations in memory.

pub mod app;
pub mod callers;
pub mod connect;
pub mod door;
pub mod frame;
pub mod limits;
pub mod parts;
pub mod peers;
pub mod rpc;
pub mod tokens;
pub mod tree;

use std::{
    num::NonZeroU32,
    sync::{Arc, OnceLock},
    time::Duration,
};

use access::Gate;
use proto::gateway::v1::gateway_service_server::GatewayServiceServer;
use runtime::{
    Links, Parts, Service, StartError,
    desk::Desk,
    link::Link,
    settings::{Keys, ServiceSettings},
};

use crate::{
    app::App,
    callers::Callers,
    limits::{Limits, Network},
    rpc::Rpc,
    tokens::{BuiltIn, TokenError, Tokens},
    tree::Tree,
};

/// The service's name.
pub const NAME: &str = "gateway";
/// Its settings with their defaults.
pub const SETTINGS: &str = include_str!("../settings.toml");

/// How long organization's feed is waited for before an organization is one that does not exist.
const CATCHES_UP: Duration = Duration::from_millis(500);

const SERVICES: [&str; 5] = ["organization", "member", "activity", "rating", "resource"];

/// Starts the gateway.
/// Fails with one clear line when tokens cannot be verified.
pub async fn start(parts: Parts) -> Result<Service, StartError> {
    let tokens = tokens(&parts)?;
    let tree = Tree::new(
        parts.links.link("organization"),
        parts.verifier.clone(),
        parts.clock.clone(),
    );
    let door = Arc::new(OnceLock::new());
    let own = Link::local(NAME, door.clone(), None);
    // Callers' requests go in the callers' names, a stranger's in nobody's.
    let services = SERVICES
        .iter()
        .map(|name| parts.links.link(name).in_no_own_name());
    let app = App {
        links: Links::of(services.chain([own])),
        callers: Callers::new(tokens, parts.issuer.clone(), parts.links.link("organization")),
        limits: limits(&parts.settings)?,
        tree: tree.clone(),
        clock: parts.clock.clone(),
        kept: parts::Kept::new(parts.clock.clone()),
    };
    let looked = tree.clone();
    let desk = Desk::without_store(
        Gate::new(tree.scopes().clone()),
        parts.verifier.clone(),
        parts.clock.clone(),
    )
    .catching_up(Arc::new(move || Box::pin(catch_up(looked.clone()))));
    let rpc = GatewayServiceServer::new(Rpc {
        desk,
        app: app.clone(),
    });
    let inside = Service::new(NAME)
        .offer(rpc.clone())
        .door(parts.settings.admitted);
    if door.set(inside).is_err() {
        return Err(StartError::Other(
            "网关自己的门已经开着，这是程序自身的错误。".into(),
        ));
    }
    let service = Service::new(NAME)
        .offer(rpc)
        .front(door::router(app, parts.settings.admitted))
        .ready_when(tree.ready());
    Ok(service.background("tree", move |stop| {
        let tree = tree.clone();
        async move {
            match stop.run_until_cancelled(tree.follow()).await {
                Some(ended) => ended,
                None => Ok(()),
            }
        }
    }))
}

/// An organization that is not known here may have been made a moment ago.
async fn catch_up(tree: Tree) {
    let pulled = tokio::time::timeout(CATCHES_UP, tree.pull_now()).await;
    if !matches!(pulled, Ok(Ok(()))) {
        tracing::info!("organization's feed does not answer");
    }
}

fn tokens(parts: &Parts) -> Result<Tokens, StartError> {
    let failed = |error: TokenError| StartError::Other(error.to_string());
    let read = |keys: &mut Keys| {
        let jwks = keys.optional("sign_in.jwks");
        let (issuer, audience) = (keys.text("sign_in.issuer"), keys.text("sign_in.audience"));
        for (key, text) in [("sign_in.issuer", &issuer), ("sign_in.audience", &audience)] {
            if jwks.is_some() && text.trim().is_empty() {
                keys.wrong(key, "设了公钥集就不能留空，否则任何令牌都能通过");
            }
        }
        (jwks, issuer, audience)
    };
    let (jwks, issuer, audience) = parts.settings.own(read)?;
    let tokens = match jwks {
        None => BuiltIn::open(&parts.shared.keys).and_then(|built_in| built_in.tokens()),
        Some(path) => std::fs::read_to_string(&path)
            .map_err(|e| TokenError::NotAKeySet(path, e.to_string()))
            .and_then(|text| Tokens::by_jwks(&text, &issuer, &audience)),
    };
    tokens.map_err(failed)
}

fn limits(settings: &ServiceSettings) -> Result<Limits, StartError> {
    let read = |keys: &mut Keys| {
        let caller = keys.count("rate.caller", 1..=1_000_000);
        let stranger = keys.count("rate.stranger", 1..=1_000_000);
        let mut proxies = Vec::new();
        for text in keys.texts("rate.proxies") {
            match text.parse::<Network>() {
                Ok(network) => proxies.push(network),
                Err(error) => keys.wrong("rate.proxies", format!("{text:?} 不能使用（{error}）")),
            }
        }
        (caller, stranger, proxies)
    };
    let (caller, stranger, proxies) = settings.own(read)?;
    let whole = |count: usize| {
        u32::try_from(count)
            .ok()
            .and_then(NonZeroU32::new)
            .unwrap_or(NonZeroU32::MIN)
    };
    Ok(Limits::new(whole(caller), whole(stranger), proxies))
}
