//! The four libraries (四库) and their bookings: trainers, venues, materials, courses (S-209, S-210).
//!
//! - [`domain`]: the rules, pure.
//! - [`rpc`]: one file a use case.
//! - [`holding`]: takes a bundle whole or not at all, for bookings and for who was first in line.
//! - [`timers`]: what the business clock does: expire, miss, offer.
//! - [`admission`]: what the procedure does to an offering; [`procedures`]: its facts, asked by the engine.
//! - [`indicators`]: what is counted for rating.
//! - [`store`]: the only place that knows SQL.

pub mod admission;
pub mod app;
pub mod convert;
pub mod domain;
pub mod error;
pub mod events;
pub mod holding;
pub mod indicators;
pub mod procedures;
pub mod rpc;
pub mod store;
pub mod timers;

use std::sync::Arc;

use process::keeper::{Keeper, rpc::Procedures};
use proto::{
    clock::v1::PositionsResponse, process::v1::process_service_server::ProcessServiceServer,
    resource::v1::resource_service_server::ResourceServiceServer,
};
use runtime::{Assembly, Parts, Service, StartError, wakeups::CLOCK};

use crate::{
    app::{App, Settings},
    indicators::Indicators,
    procedures::Admission,
    rpc::Rpc,
};

pub use store::migrations::all as migrations;

/// The service's name.
pub const NAME: &str = "resource";
/// Its settings with their defaults.
pub const SETTINGS: &str = include_str!("../settings.toml");

/// Starts the service.
/// Fails with one clear line when a setting is out of range or its database cannot be used.
pub async fn start(parts: Parts) -> Result<Service, StartError> {
    let settings = parts.settings.own(Settings::read)?;
    let assembly = Assembly::open(&parts, NAME, migrations, Vec::new()).await?;
    let app = App {
        store: assembly.store.clone(),
        clock: parts.clock.clone(),
        pages: assembly.pages.clone(),
        scopes: assembly.store.scopes().clone(),
        settings: Arc::new(settings),
    };
    let rpc = Rpc {
        desk: assembly.desk.clone(),
        app: app.clone(),
    };
    let keeper = Keeper::new(
        app.store.clone(),
        app.clock.clone(),
        Arc::new(Admission(app.clone())),
    );
    let procedures = Procedures {
        desk: assembly.desk.clone(),
        keeper: keeper.clone(),
        pages: assembly.pages.clone(),
    };
    let service = assembly
        .service(Indicators(app.clone()))
        .offer(ResourceServiceServer::new(rpc))
        .offer(ProcessServiceServer::new(procedures));
    let wakeups = parts.wakeups.clone();
    Ok(keeper.timed(timed(service, app, parts), &wakeups))
}

/// The same service with its timers: they do what the clock says, and say what they have not done yet.
fn timed(service: Service, app: App, parts: Parts) -> Service {
    let feed = service.feed_positions();
    let asked = app.clone();
    let service = service.positions(Arc::new(move || {
        let (feed, app) = (feed.clone(), asked.clone());
        Box::pin(async move {
            let due = timers::due(&app).await?;
            let positions = match feed {
                Some(feed) => feed().await?,
                None => PositionsResponse::default(),
            };
            Ok(PositionsResponse { due, ..positions })
        })
    }));
    service.background("timers", move |stop| {
        let (app, moved) = (app.clone(), parts.wakeups.wait_for(CLOCK));
        async move {
            timers::run(app, moved, stop).await;
            Ok(())
        }
    })
}
