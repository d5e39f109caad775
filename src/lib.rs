//! Pipewright: shell pipelines that cannot be injected, and the engine that runs them.
mod builtins;
mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod diag;
pub mod engine;
mod eval;
mod expand;
// The layer of processes can do more than the language asks for yet: limits, time-outs, suspension.
#[expect(dead_code, unused_imports, reason = "limits, time-outs and job control have no caller yet")]
mod process;
pub mod span;
mod syntax;
#[expect(dead_code, unused_imports, reason = "as for `process`")]
mod sys;
pub mod value;
