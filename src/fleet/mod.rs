//! Turns of a loop that run side by side: which starts when, in which order their output is passed on, and what a failure
//! ends. Nothing here knows syntax or processes, and time is handed in, so that tests simulate it.

mod backoff;
mod scheduler;
#[cfg(test)]
mod simulation;

pub use scheduler::{After, Condition, End, Halt, Order, Rules, Scheduler, Start, Turn, Verdict};
