//! The decisions of a service, a program that stays up, and of a pool of workers: when each instance starts, what its
//! end leads to, in which order instances are replaced, and how many there are. This module knows neither syntax nor processes. Its callers pass the time in, so tests
//! can simulate it.

mod growth;
mod instance;
mod machine;
#[cfg(test)]
mod simulation;

pub use growth::{Growth, Load};
pub use instance::{RunId, Stage};
pub use machine::{Action, End, Event, GivenUp, Machine, Reason, ReloadError, Restart, Rules};
