//! The evaluation: from the resolved tree to values, control flow and pipelines.

mod dry;
pub mod effects;
mod exec;
mod interpreter;
mod lang;
mod queues;
mod report;
mod scope;
mod services;
mod setup;
mod shared;
mod tasks;
mod workers;

pub use effects::board::Board;
pub use effects::limits::{Budget, Limits};
pub use effects::observe::{
    Event, Observer, Observers, PipelineReport, Place, Progress, ServiceChange, TurnEnd,
};
pub use effects::running::{
    ActionError, ResizeError, RunningInstance, RunningLoop, RunningQueue, RunningService, RunningWorker,
    ServiceAction,
};
pub use exec::redirect::target_accesses;
pub use interpreter::Interpreter;
pub use lang::result::FinishedRun;
pub use report::stats::table as process_table;
pub use report::suggest::similar_programs;
pub use report::unwind::{Error, Eval, SIGPIPE_STATUS, Unwind, page};
pub use scope::with::RunOptions;
pub use setup::{Room, Setup};
#[cfg(feature = "dialog")]
pub use tasks::job::Job;
#[cfg(feature = "dialog")]
pub use tasks::job_state::JobState;
pub use tasks::task::STACK;
