//! Rating: the template and its exact evaluation, the procedure to naming, the ledger of findings, rectification.
//!
//! - [`domain`]: the rules, pure; [`evaluate_file`] rates a file of facts without any service.
//! - [`rpc`]: the use cases, one file each; [`convert`] between them and the contract.
//! - [`freezing`]: collects the facts of a cycle in the background. [`evaluating`]: scores and explains a branch.
//!   [`debriefs`]: which debriefs of secretaries are known.
//! - [`procedures`]: what the engine of procedures asks rating, and what its steps do here.
//! - [`indicators`]: what rating itself counts. [`events`]: what it tells the others.
//! - [`store`]: the rows. [`peers`]: what is asked of the other four. [`templates`]: frozen templates by hash.

pub mod app;
pub mod convert;
pub mod debriefs;
pub mod domain;
pub mod error;
pub mod evaluating;
pub mod events;
pub mod freezing;
pub mod indicators;
pub mod peers;
pub mod procedures;
pub mod rpc;
pub mod store;
pub mod templates;

use std::{fs, sync::Arc};

use process::keeper::rpc::Procedures;
use proto::{
    process::v1::process_service_server::ProcessServiceServer,
    rating::v1::rating_service_server::RatingServiceServer,
};
use runtime::{Assembly, Parts, Service, StartError};

use crate::{
    app::{App, Settings},
    indicators::Indicators,
    peers::{counting::Counting, organization::Organization},
    rpc::Rpc,
    templates::Templates,
};

pub use domain::offline::{CaseResult, evaluate_file};
pub use store::migrations::all as migrations;

/// The service's name.
pub const NAME: &str = "rating";
/// Its settings with their defaults.
pub const SETTINGS: &str = include_str!("../settings.toml");
/// Whoever counts beside rating itself.
const COUNTING: [&str; 4] = ["activity", "member", "organization", "resource"];

/// Starts the service.
/// Fails with one clear line when its database, its settings or its public key cannot be used.
pub async fn start(parts: Parts) -> Result<Service, StartError> {
    let settings = parts.settings.own(Settings::read)?;
    let key = parts.shared.keys.join(format!("verify-{NAME}.pem"));
    let public_key = fs::read_to_string(&key).map_err(|e| {
        StartError::Other(format!(
            "公钥文件 {} 读不出（{e}）。请检查密钥目录。",
            key.display()
        ))
    })?;
    let assembly = Assembly::open(&parts, NAME, migrations, Vec::new()).await?;
    let counting = COUNTING.map(|service| Counting {
        service,
        link: parts.links.link(service),
    });
    let app = App {
        store: assembly.store.clone(),
        clock: parts.clock.clone(),
        pages: assembly.pages.clone(),
        scopes: assembly.store.scopes().clone(),
        keys: parts.keys.clone(),
        public_key: public_key.into(),
        templates: Templates::default(),
        organization: Organization(parts.links.link("organization")),
        counting: Arc::new(counting),
        settings,
        keeper: Arc::default(),
        freeze: Arc::default(),
    };
    let keeper = app.put_together();
    let desk = assembly.desk.clone();
    let procedures = Procedures {
        desk: desk.clone(),
        keeper: keeper.clone(),
        pages: assembly.pages.clone(),
    };
    let rpc = Rpc {
        desk,
        app: app.clone(),
    };
    let freezing = app.clone();
    let service = assembly.service(Indicators(app));
    let service = service
        .offer(RatingServiceServer::new(rpc))
        .offer(ProcessServiceServer::new(procedures))
        .background("freezing", move |stop| freezing::run(freezing.clone(), stop));
    Ok(keeper.timed(service, &parts.wakeups))
}
