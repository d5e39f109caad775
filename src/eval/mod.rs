//! The evaluation: from the resolved tree to values, control flow and pipelines.

mod advice;
mod arguments;
mod ask;
mod atomic;
pub mod audit;
mod builtin;
mod call;
mod capture;
mod code_guard;
mod command;
mod daemons;
mod dry;
mod early;
#[cfg(feature = "dialog")]
mod entry;
mod expression;
mod held;
mod host;
mod interpreter;
mod job;
mod limits;
mod lines;
mod measure;
mod method;
mod observe;
mod opening;
mod output;
mod own_descriptor;
mod permission;
mod pipeline;
mod pipes;
mod programs;
mod quote;
mod reach;
mod record;
mod redirect;
mod replace;
mod result;
mod say;
mod settings;
mod stage;
mod start_error;
mod statement;
mod stats;
mod substitution;
mod terminal;
mod thread;
mod unwind;
mod value_command;
mod variables;
mod with;
mod word;
mod written;

pub use interpreter::{Interpreter, Setup};
#[cfg(feature = "dialog")]
pub use job::{Job, JobState};
pub use observe::{Event, Observer, Observers, PipelineReport, Place};
pub use redirect::target_accesses;
pub use result::Ran;
pub use stats::table as process_table;
pub use thread::STACK;

pub use limits::Limits;
pub use unwind::{Error, Eval, SIGPIPE_STATUS, Unwind, page};
