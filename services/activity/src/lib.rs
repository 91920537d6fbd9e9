//! Organizational life (组织生活): meetings, attendance, and what a branch owes and has held.
//!
//! - [`rpc`]: the use cases, one file each; [`convert`] between them and the contract.
//! - [`domain`]: the rules. [`store`]: the rows. [`peers`]: what is asked of member.
//! - [`branches`]: branches as the rules of what is owed see them, for lists, screening and indicators alike.
//! - [`indicators`]: the counts that activity answers for. [`events`]: what it tells the others.

pub mod app;
pub mod branches;
pub mod convert;
pub mod domain;
pub mod error;
pub mod events;
pub mod indicators;
pub mod peers;
pub mod rpc;
pub mod store;

use proto::activity::v1::activity_service_server::ActivityServiceServer;
use runtime::{Assembly, Parts, Service, StartError};

use crate::{
    app::App,
    indicators::Indicators,
    peers::member::Member,
    rpc::Rpc,
    store::projections::{Cadres, Posts, Strengths},
};

pub use store::migrations::all as migrations;

/// The service's name.
pub const NAME: &str = "activity";
/// Its settings with their defaults.
pub const SETTINGS: &str = include_str!("../settings.toml");

/// Starts the service.
/// Fails with one clear line when its database cannot be used.
pub async fn start(parts: Parts) -> Result<Service, StartError> {
    let assembly = Assembly::open(&parts, NAME, migrations, vec![Box::new(Posts)]).await?;
    let assembly = assembly.follow("member", vec![Box::new(Strengths), Box::new(Cadres)]);
    let app = App {
        store: assembly.store.clone(),
        clock: parts.clock.clone(),
        pages: assembly.pages.clone(),
        scopes: assembly.store.scopes().clone(),
        member: Member(parts.links.link("member")),
        organizations: assembly.consumer("organization"),
    };
    let rpc = Rpc {
        desk: assembly.desk.clone(),
        app: app.clone(),
    };
    Ok(assembly
        .service(Indicators(app))
        .offer(ActivityServiceServer::new(rpc)))
}
