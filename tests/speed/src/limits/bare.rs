//! The limits: the least work of the same shape, with tonic, prost and sqlx alone.

#![expect(
    clippy::disallowed_methods,
    reason = "a bare limit is a server without our wire: it makes its own statuses"
)]

pub mod gather;
pub mod hop;
pub mod leaf;
pub mod plan;
pub mod raw;
pub mod selects;

use std::{error::Error, net::SocketAddr, path::PathBuf, sync::Arc};

use clap::{Parser, Subcommand};
use tonic::transport::Server;

use crate::{gather::Gather, hop::Hop, leaf::Leaf, plan::Plan, raw::Answers, selects::Selects};

/// The one that the program has: what is measured is what stands around a call.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A bare program of the shape of one of ours.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where it answers.
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
    #[command(subcommand)]
    shape: Shape,
}

#[derive(Debug, Subcommand)]
enum Shape {
    /// Answers every call with so many bytes.
    Leaf {
        /// How many.
        bytes: usize,
    },
    /// Passes every call on.
    Hop {
        /// To whom.
        to: SocketAddr,
    },
    /// Answers calls from Postgres.
    Selects {
        /// The database.
        url: String,
        /// Which statements for which call.
        plan: PathBuf,
    },
    /// Answers one call from what several others answer.
    Gather {
        /// Which call is made of which.
        plan: PathBuf,
        /// Who answers the others, in their order; nobody when they are answered here.
        to: Vec<SocketAddr>,
        /// The database, when they are answered here.
        #[arg(long)]
        url: Option<String>,
    },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { listen, shape } = Arguments::parse();
    match shape {
        Shape::Leaf { bytes } => serve(listen, Answers(Leaf::new(bytes))).await,
        Shape::Hop { to } => serve(listen, Hop::new(to)?).await,
        Shape::Selects { url, plan } => {
            let selects = Selects::new(&url, Plan::read(&plan)?)?;
            serve(listen, Answers(Arc::new(selects))).await
        }
        Shape::Gather { plan, to, url } => {
            let gather = Gather::new(Plan::read(&plan)?, &to, url.as_deref())?;
            serve(listen, Answers(Arc::new(gather))).await
        }
    }
}

async fn serve<S>(listen: SocketAddr, service: S) -> Result<(), Box<dyn Error>>
where
    S: tower::Service<
            http::Request<tonic::body::Body>,
            Response = http::Response<tonic::body::Body>,
            Error = std::convert::Infallible,
        > + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
{
    let router = tonic::service::Routes::default().into_axum_router();
    let inside = tower::ServiceBuilder::new()
        .map_request(|request: http::Request<_>| request.map(tonic::body::Body::new))
        .service(service);
    let routes = tonic::service::Routes::from(router.fallback_service(inside)).prepare();
    Server::builder()
        .tcp_nodelay(true)
        .add_routes(routes)
        .serve(listen)
        .await?;
    Ok(())
}
