//! Pipewright: shell pipelines that cannot be injected, and the engine that runs them.
#![allow(dead_code)]
mod builtins;
mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod diag;
pub mod engine;
mod eval;
mod expand;
mod process;
pub mod span;
mod syntax;
mod sys;
pub mod value;
