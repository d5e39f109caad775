//! The decisions of a loop whose turns run side by side: when each turn starts, in which order their output is passed
//! on, and what a failure ends. This module knows neither syntax nor processes. Its callers pass the time in, so tests
//! can simulate it.

mod backoff;
pub mod line;
pub mod log;
pub mod progress;
mod scheduler;
pub mod screen;
#[cfg(test)]
mod simulation;
pub mod snapshot;
pub mod watched;

pub use scheduler::{After, Condition, End, Halt, Order, Rules, Scheduler, Start, Turn, Verdict};
