//! The promises of the runtime, over real sockets.

mod balance;
mod calls;
mod fake;
mod feed;
mod process;
mod raw;
mod server;
mod stream;
