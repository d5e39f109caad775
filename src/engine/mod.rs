//! The interpreter for programs that embed it: a [`Script`] is checked text, a [`Session`] is the state that scripts
//! share, and a [`Run`] is one execution. None of them touches the working directory, the environment, the signals or
//! the terminal of the process, unless [`EngineBuilder::own_process`] is used.

pub mod build;
mod cancel;
#[cfg(feature = "dialog")]
pub mod dialog;
#[expect(clippy::module_inception, reason = "its main type is Engine")]
mod engine;
mod error;
mod guard;
mod io;
mod kept;
mod literal;
#[cfg(feature = "miette")]
mod miette;
mod missing;
#[cfg(feature = "policy-toml")]
mod options_file;
mod perform;
mod plumbing;
mod porting;
#[cfg(feature = "program")]
pub mod program;
mod report;
mod rewriting;
mod run;
mod running;
mod script;
mod session;
pub mod tools;
#[cfg(feature = "tracing")]
mod traced;

use crate::diag::Source;
use std::sync::Arc;

pub use crate::eval::Limits;
pub use crate::eval::effects::audit::{Fault as AuditFault, Log as AuditLog, Summary as AuditSummary};
pub use crate::eval::{
    ActionError, Board, Event, Observer, PipelineReport, Place, Progress, ResizeError, RunOptions,
    RunningInstance, RunningLoop, RunningQueue, RunningService, RunningWorker, ServiceAction, ServiceChange,
    TurnEnd,
};
pub use crate::host::{ContextFunction, Function, FunctionCx, Method, StageCx, StageError, Streams};
pub use crate::process::{Signal, StageEnd, StageReport};
pub use cancel::CancelToken;
pub use engine::{BuildError, Engine, EngineBuilder};
pub use error::{Error, ErrorKind, ParseError};
pub use io::{Input, LineSink, Output};
#[doc(hidden)]
pub use literal::__script;
pub use report::{Captured, Report};
pub use run::Run;
pub use running::{Running, StageInfo, Waiting};
pub use script::{Script, ScriptBuilder};
pub use session::Session;
#[cfg(feature = "tracing")]
pub use traced::Tracing;

fn source(name: &str, text: Vec<u8>) -> Result<Arc<Source>, ParseError> {
    crate::syntax::decode(name, text).map_err(|error| ParseError(vec![*error]))
}
