//! Services: programs that stay up. `service` holds the decisions; this room starts the instances, hands them their
//! sockets, reads their output and asks for their health.
//!
//! One thread supervises all services of a run: a poll(2) over the output, the channels and the sockets of all
//! instances. Each instance has a thread of its own, since its block is code of the script.

mod begin;
mod errors;
mod instance;
mod meter;
mod node;
mod output;
mod posted;
mod readiness;
mod requests;
mod state;
mod stats;
mod supervisor;
mod work;

pub use requests::OwnServices;
pub use state::ServiceState;
pub use supervisor::{Supervised, Supervisor};
