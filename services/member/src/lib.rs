//! Members: persons and their primary branch through time, development, dues, training hours.
//!
//! - [`rpc`]: the use cases, one file each; [`convert`] between them and the contract.
//! - [`domain`]: the rules. [`store`]: the rows. [`sealing`]: which fields are sealed, and where.
//! - [`indicators`]: the counts that member answers for. [`events`]: what it tells the others.
//! - [`projections`]: what it keeps of organization's feed.

pub mod app;
pub mod convert;
pub mod domain;
pub mod error;
pub mod events;
pub mod indicators;
pub mod projections;
pub mod rpc;
pub mod sealing;
pub mod store;

use proto::member::v1::member_service_server::MemberServiceServer;
use runtime::{Assembly, Parts, Service, StartError};

use crate::{app::App, indicators::Indicators, projections::Posts, rpc::Rpc};

pub use store::migrations::all as migrations;

/// The service's name.
pub const NAME: &str = "member";
/// Its settings with their defaults.
pub const SETTINGS: &str = include_str!("../settings.toml");

/// Starts the service.
/// Fails with one clear line when its database cannot be used, or when the keys of sealed fields are not there.
pub async fn start(parts: Parts) -> Result<Service, StartError> {
    parts.keys.can_seal()?;
    let index = parts.keys.index()?;
    let assembly = Assembly::open(&parts, NAME, migrations, vec![Box::new(Posts)]).await?;
    let app = App {
        store: assembly.store.clone(),
        clock: parts.clock.clone(),
        pages: assembly.pages.clone(),
        scopes: assembly.store.scopes().clone(),
        keys: parts.keys.clone(),
        index,
        organizations: assembly.consumer("organization"),
    };
    let rpc = Rpc {
        desk: assembly.desk.clone(),
        app: app.clone(),
    };
    Ok(assembly
        .service(Indicators(app))
        .offer(MemberServiceServer::new(rpc)))
}
