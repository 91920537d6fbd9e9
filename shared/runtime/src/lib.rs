//! What every process of the suite runs on: settings, telemetry, the server with its limits, the door around a
//! service's routes, links to peers, the admin port, the end that always comes.
//!
//! A process: [`Settings::of_process`], [`Host::open`], then for each service `start(host.parts(..))`, then
//! [`run_one`] or [`run_local`]. A request: [`Server`] → [`door::Door`] → the desk → the use case → [`Link`].

pub mod admin;
pub mod admission;
pub mod assembly;
pub mod database;
pub mod desk;
pub mod door;
pub mod error;
pub mod folder;
pub mod host;
pub mod link;
pub mod run;
pub mod server;
pub mod service;
pub mod settings;
pub mod telemetry;
pub mod wakeups;

pub use assembly::Assembly;
pub use error::StartError;
pub use host::{Host, Parts};
pub use link::{Link, Links, Mesh};
pub use run::{run_local, run_one, start_local, start_one};
pub use server::Server;
pub use service::Service;
pub use settings::Settings;
pub use telemetry::Telemetry;
pub use wakeups::Wakeups;
