//! Organizations: their tree through time, posts and terms, guarantees, role assignments, screening.
//!
//! - [`rpc`]: the use cases, one file each; [`convert`] between them and the contract.
//! - [`domain`]: the rules. [`store`]: the rows. [`peers`]: what is asked of activity.
//! - [`procedures`]: moving an organization below another parent, as a procedure.
//! - [`indicators`]: the counts that organization answers for. [`events`]: what it tells the others.
//! - [`projections`]: what it keeps of member's feed. [`history`]: what the feed did not tell of the past at first.

pub mod app;
pub mod convert;
pub mod domain;
pub mod error;
pub mod events;
pub mod history;
pub mod indicators;
pub mod peers;
pub mod procedures;
pub mod projections;
pub mod rpc;
pub mod store;

use std::sync::Arc;

use process::keeper::{Keeper, rpc::Procedures};
use proto::{
    organization::v1::organization_service_server::OrganizationServiceServer,
    process::v1::process_service_server::ProcessServiceServer,
};
use runtime::{Assembly, Parts, Service, StartError};

use crate::{
    app::App, indicators::Indicators, peers::activity::Activity, procedures::Changes, projections::Strengths,
    rpc::Rpc,
};

pub use store::migrations::all as migrations;

/// The service's name.
pub const NAME: &str = "organization";
/// Its settings with their defaults.
pub const SETTINGS: &str = include_str!("../settings.toml");

/// Starts the service.
/// Fails with one clear line when its database cannot be used.
pub async fn start(parts: Parts) -> Result<Service, StartError> {
    let assembly = Assembly::open(&parts, NAME, migrations, Vec::new()).await?;
    let assembly = assembly.follow("member", vec![Box::new(Strengths)]);
    let app = App {
        store: assembly.store.clone(),
        clock: parts.clock.clone(),
        pages: assembly.pages.clone(),
        scopes: assembly.store.scopes().clone(),
        activity: Activity(parts.links.link("activity")),
    };
    history::tell(&app).await.map_err(|error| StartError::Database {
        service: NAME,
        what: error.to_string(),
    })?;
    let rpc = Rpc {
        desk: assembly.desk.clone(),
        app: app.clone(),
    };
    let keeper = Keeper::new(
        app.store.clone(),
        app.clock.clone(),
        Arc::new(Changes(app.clone())),
    );
    let procedures = Procedures {
        desk: assembly.desk.clone(),
        keeper: keeper.clone(),
        pages: assembly.pages.clone(),
    };
    let service = assembly
        .service(Indicators(app))
        .offer(OrganizationServiceServer::new(rpc))
        .offer(ProcessServiceServer::new(procedures));
    Ok(keeper.timed(service, &parts.wakeups))
}
