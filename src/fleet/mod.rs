//! Turns of a loop that run side by side: which starts when, in which order their output is passed on, and what a failure
//! ends. Nothing here knows syntax or processes, and time is handed in, so that tests simulate it.

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
