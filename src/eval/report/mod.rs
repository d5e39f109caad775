//! How a run ends early, and what is said of it.

pub mod print;
pub mod progress;
pub mod stats;
pub mod suggest;
pub mod timer;
pub mod unwind;
