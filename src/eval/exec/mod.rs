//! Commands: pipelines, stages, redirections, captures and substitutions, and the work of builtins and the host's
//! stages.

pub mod builtin;
pub mod capture;
pub mod command;
mod find;
pub mod held;
pub mod host;
pub mod lines;
pub mod opening;
mod outcome;
pub mod output;
pub mod own_descriptor;
pub mod pipeline;
pub mod pipes;
pub mod reach;
pub mod redirect;
pub mod replace;
pub mod shared_lines;
pub mod stage;
pub mod start_error;
pub mod started_stages;
mod subshell;
pub mod substitution;
pub mod terminal;
pub mod written;
