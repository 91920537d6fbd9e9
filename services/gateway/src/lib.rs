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
};

use access::{Gate, Scopes};
use proto::gateway::v1::gateway_service_server::GatewayServiceServer;
use runtime::{
    Links, Parts, Service, StartError,
    desk::Desk,
    link::Link,
    settings::{Keys, ServiceSettings},
};
use tokio::sync::watch;

use crate::{
    app::App,
    callers::Callers,
    limits::Limits,
    rpc::Rpc,
    tokens::{BuiltIn, TokenError, Tokens},
};

/// The service's name.
pub const NAME: &str = "gateway";
/// Its settings with their defaults.
pub const SETTINGS: &str = include_str!("../settings.toml");

const SERVICES: [&str; 5] = ["organization", "member", "activity", "rating", "resource"];

/// Starts the gateway.
/// Fails with one clear line when tokens cannot be verified.
pub async fn start(parts: Parts) -> Result<Service, StartError> {
    let failed = |error: TokenError| StartError::Other(error.to_string());
    let tokens = tokens(&parts)?;
    let scopes = Scopes::default();
    let door = Arc::new(OnceLock::new());
    let own = Link::local(NAME, door.clone(), None);
    let links = Links::of(SERVICES.iter().map(|name| parts.links.link(name)).chain([own]));
    let app = App {
        links,
        callers: Callers::new(tokens.map_err(failed)?, parts.issuer.clone()),
        limits: limits(&parts.settings)?,
        scopes: scopes.clone(),
        clock: parts.clock.clone(),
        kept: parts::Kept::default(),
    };
    let desk = Desk::without_store(
        Gate::new(scopes.clone()),
        parts.verifier.clone(),
        parts.clock.clone(),
    );
    let rpc = GatewayServiceServer::new(Rpc {
        desk,
        app: app.clone(),
    });
    let inside = Service::new(NAME)
        .offer(rpc.clone())
        .door(parts.settings.admitted);
    if door.set(inside).is_err() {
        return Err(StartError::Other("the gateway's own door is open already".into()));
    }
    let (said, ready) = watch::channel(false);
    let organization = parts.links.link("organization");
    let service = Service::new(NAME)
        .offer(rpc)
        .front(door::router(app))
        .ready_when(ready);
    Ok(service.background("tree", move |stop| {
        let (link, scopes, said) = (organization.clone(), scopes.clone(), said.clone());
        async move {
            match stop.run_until_cancelled(tree::follow(link, scopes, said)).await {
                Some(ended) => ended,
                None => Ok(()),
            }
        }
    }))
}

fn tokens(parts: &Parts) -> Result<Result<Tokens, TokenError>, StartError> {
    let read = |keys: &mut Keys| {
        (
            keys.optional("sign_in.jwks"),
            keys.text("sign_in.issuer"),
            keys.text("sign_in.audience"),
        )
    };
    let (jwks, issuer, audience) = parts.settings.own(read)?;
    Ok(match jwks {
        None => BuiltIn::open(&parts.shared.keys).and_then(|built_in| built_in.tokens()),
        Some(path) => std::fs::read_to_string(&path)
            .map_err(|e| TokenError::NotAKeySet(path, e.to_string()))
            .and_then(|text| Tokens::by_jwks(&text, &issuer, &audience)),
    })
}

fn limits(settings: &ServiceSettings) -> Result<Limits, StartError> {
    let read = |keys: &mut Keys| {
        (
            keys.count("rate.caller", 1..=1_000_000),
            keys.count("rate.stranger", 1..=1_000_000),
        )
    };
    let (caller, stranger) = settings.own(read)?;
    let whole = |count: usize| {
        u32::try_from(count)
            .ok()
            .and_then(NonZeroU32::new)
            .unwrap_or(NonZeroU32::MIN)
    };
    Ok(Limits::new(whole(caller), whole(stranger)))
}
