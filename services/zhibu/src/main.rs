//! The one program of the suite: the demo, one service, and the operator's commands.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub mod county;
pub mod demo;
pub mod evaluate;
pub mod import;
pub mod procedures;
pub mod serve;
pub mod services;
pub mod signin;

/// 支部: Party branches, their life and their rating.
#[derive(Debug, Parser)]
#[command(name = "zhibu", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    demo: demo::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Takes a real county through a whole year and goes on serving; the default.
    Demo(demo::Args),
    /// Runs one service.
    Serve(serve::Args),
    /// Brings the database of one service to the schema of this program.
    Migrate(serve::Args),
    /// Rates a file of facts offline.
    Evaluate(evaluate::Args),
    /// Checks procedure definitions offline.
    #[command(subcommand)]
    Procedures(procedures::Action),
    /// Takes rows of a file over, through the gateway.
    Import(import::Args),
    /// Makes a token of the built-in issuer.
    Token(signin::TokenArgs),
    /// Makes the key folder.
    Keys(signin::KeysArgs),
}

/// A fifth of what a service computes is small buffers taken and given back, which the system's own allocator makes dear.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let Arguments { command, demo } = Arguments::parse();
    match command.unwrap_or(Command::Demo(demo)) {
        Command::Demo(args) => demo::run(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Migrate(args) => serve::migrate(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Procedures(action) => procedures::run(&action),
        Command::Import(args) => import::run(&args),
        Command::Token(args) => signin::token(&args),
        Command::Keys(args) => signin::keys(&args),
    }
}
