//! The interpreter for those who embed it: a [`Script`] is checked text, a [`Session`] the state that scripts share, a
//! [`Run`] one go. Nothing here is the process's: neither directory nor environment, signals nor terminal.

mod cancel;
#[expect(clippy::module_inception, reason = "its main type is Engine")]
mod engine;
mod error;
mod guard;
mod io;
mod perform;
mod report;
mod run;
mod running;
mod script;
mod session;

use crate::diag::{Diagnostic, Source};
use crate::eval::{Interpreter, Setup, Unwind};
use crate::policy::Policy;
use std::sync::Arc;

pub use crate::eval::Limits;
pub use crate::eval::audit::{Log as AuditLog, verify as verify_audit};
pub use crate::eval::{Event, Observer};
pub use crate::host::{Function, IntoResult, Stage, StageCx, StageError, Streams};
pub use crate::process::Signal;
pub use cancel::CancelToken;
pub use engine::{BuildError, Engine, EngineBuilder};
pub use error::{Error, ErrorKind, ParseError};
#[cfg(feature = "cli")]
pub use guard::check_policy;
pub use io::{Input, LineSink, Output};
pub use report::{Captured, Report};
pub use run::Run;
pub use running::{Running, Waiting};
pub use script::{Script, ScriptBuilder};
pub use session::Session;

/// What a run is given.
#[derive(Default)]
pub struct Options {
    /// The elements of `args`.
    pub args: Vec<Vec<u8>>,
    /// Catch INT, TERM and HUP, to end the script's processes before this one. The handlers are the whole process's.
    pub handle_signals: bool,
    /// Become the parent of what programs leave behind (`PR_SET_CHILD_SUBREAPER`), and end it when the run ends; have a
    /// second process end what is left should SIGKILL end this one. Both are the whole process's.
    pub adopt_orphans: bool,
    /// The text of the script came by standard input, so its commands can't read that.
    pub input_is_script: bool,
    /// At the end a table of all processes goes to standard error.
    pub stats: bool,
    /// Where everything is recorded that it does: what can't be is not done.
    pub audit: Option<AuditLog>,
    /// Nothing is done: what would be is printed on standard output.
    pub dry_run: bool,
    /// Is told of every process that starts and ends.
    pub observer: Option<Observer>,
    /// What it may do, if not everything.
    pub policy: Option<Arc<dyn Policy>>,
}

/// How a run ended.
pub enum Outcome {
    /// With this status.
    Exit(u8),
    /// By an error, which gives the status.
    Error(Box<Diagnostic>, u8),
    /// The script was asked for `--help`, and this is its text.
    Help(String),
    /// A signal asked it to.
    Signal(Signal),
    /// Nobody reads its output.
    PipeClosed,
}

/// Runs a script as the program `pipewright` does: with the streams, directory, environment and signals of this process.
pub fn run(script: Script, options: Options) -> Outcome {
    let Options {
        args,
        handle_signals,
        adopt_orphans,
        input_is_script,
        stats,
        audit,
        dry_run,
        observer,
        policy,
    } = options;
    let setup = Setup {
        policy,
        args,
        handle_signals,
        adopt_orphans,
        input_is_script,
        stats,
        audit,
        dry_run,
        observer,
        ..Setup::default()
    };
    let mut interpreter = Interpreter::new(script.program, setup);
    let outcome = interpreter.run();
    let redactions = interpreter.redactions();
    match outcome {
        Ok(()) => Outcome::Exit(0),
        Err(Unwind::Exit(status)) => Outcome::Exit(status),
        Err(Unwind::Interrupted(signal)) => Outcome::Signal(signal),
        Err(Unwind::PipeClosed) => Outcome::PipeClosed,
        Err(Unwind::Error(error)) => {
            let status = error.status;
            Outcome::Error(Box::new(error.into_page().redact(redactions)), status)
        }
        // No block is open any more whose limit it could be.
        Err(Unwind::TimedOut(timed_out)) => {
            let error = timed_out.into_error();
            let status = error.status;
            Outcome::Error(Box::new(error.into_page().redact(redactions)), status)
        }
        Err(Unwind::Help(text)) => Outcome::Help(text),
        // There is no limit of a run here.
        Err(Unwind::Break | Unwind::Continue | Unwind::Return | Unwind::Exhausted) => Outcome::Exit(0),
    }
}

/// The syntax tree of a script as JSON.
///
/// # Errors
/// What stops the reading of the text.
#[cfg(feature = "cli")]
pub fn syntax_tree(name: &str, text: Vec<u8>) -> Result<String, Vec<Diagnostic>> {
    let source = source(name, text)?;
    let parsed = crate::syntax::parse(&source);
    match parsed.error {
        Some(error) => Err(vec![*error]),
        None => serde_json::to_string_pretty(&parsed.script).map_err(|error| {
            vec![Diagnostic::new(crate::diag::code::INTERNAL, format!("the tree can't be written: {error}"))]
        }),
    }
}

fn source(name: &str, text: Vec<u8>) -> Result<Arc<Source>, Vec<Diagnostic>> {
    crate::syntax::decode(name, text).map_err(|error| vec![*error])
}
