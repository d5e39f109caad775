//! How a run ends early, and what is said of it.

pub mod advice;
pub mod say;
pub mod stats;
pub mod unwind;
