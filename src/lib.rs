//! Pipewright: shell pipelines that cannot be injected, and the engine that runs them.
#![allow(dead_code)]
pub mod diag;
mod expand;
mod builtins;
pub mod check;
pub mod span;
mod sys;
mod process;
mod syntax;
pub mod value;
