//! Who may. The policy table read from the contract, the caller and the signed context that carries him from
//! the gateway to the services, the organization scope in memory, and [`Authorized`], without which no use
//! case and no query type-checks (principle 3, X10).

pub mod authorized;
pub mod caller;
pub mod context;
pub mod node;
pub mod policy;
pub mod range;
pub mod scope;

pub use authorized::{Authorized, Call, Gate};
pub use caller::{Caller, Grant, Level, Standing};
pub use context::{Issuer, Verifier};
pub use node::{Days, Node, Stood};
pub use policy::{Policy, Scope, Table};
pub use range::{Range, Ranges};
pub use scope::{Scopes, Then};
