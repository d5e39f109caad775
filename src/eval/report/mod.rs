//! How a run ends early, and the reports of failures.

pub mod last_output;
pub mod print;
pub mod progress;
pub mod stats;
pub mod suggest;
pub mod timer;
pub mod unwind;
