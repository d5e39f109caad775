//! The decisions of a service, a program that stays up: when each instance starts, what its end leads to, and in which
//! order instances are replaced. This module knows neither syntax nor processes. Its callers pass the time in, so tests
//! can simulate it.

mod instance;
mod machine;
#[cfg(test)]
mod simulation;

pub use instance::{RunId, Stage};
pub use machine::{Action, End, Event, GivenUp, Machine, Reason, ReloadError, Restart, Rules};
