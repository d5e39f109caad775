//! The interpreter for those who hold it: a checked [`Script`], and a run of it.

use crate::check::program::Program;
use crate::check::{Loaded, Loader};
use crate::diag::{Diagnostic, Source, reason};
use crate::eval::{Interpreter, Setup, Unwind};
use crate::process::Signal;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

pub use crate::eval::audit::{Log as AuditLog, verify as verify_audit};
pub use crate::eval::{Event, Observer};

/// A script that has passed the check.
pub struct Script(Program);

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

impl Script {
    /// Reads and checks a script; `name` stands in its messages.
    ///
    /// # Errors
    /// All that is wrong with it, in the order of the text; never empty.
    pub fn parse(name: &str, text: Vec<u8>) -> Result<Self, Vec<Diagnostic>> {
        let source = source(name, text)?;
        crate::check::check(&source, Some(Rc::new(Files))).map(Self)
    }

    /// What in it is allowed, and probably not meant.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.0.warnings
    }

    /// Runs it to its end.
    pub fn run(self, options: Options) -> Outcome {
        let Options { args, handle_signals, adopt_orphans, input_is_script, stats, audit, dry_run, observer } =
            options;
        let setup =
            Setup { args, handle_signals, adopt_orphans, input_is_script, stats, audit, dry_run, observer };
        let mut interpreter = Interpreter::new(self.0, setup);
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
            Err(Unwind::Break | Unwind::Continue | Unwind::Return) => Outcome::Exit(0),
        }
    }
}

/// Reads the files that a script uses, relative to the file that names them.
struct Files;

impl Loader for Files {
    fn load(&self, from: &str, path: &str) -> Result<Loaded, String> {
        let path = Path::new(from).parent().unwrap_or(Path::new("")).join(path);
        let bytes = std::fs::read(&path).map_err(|error| reason(&error))?;
        let name = path.to_string_lossy().into_owned();
        let key = self.key(&name).unwrap_or_else(|| name.clone());
        Ok(Loaded { key, name, bytes })
    }

    fn key(&self, name: &str) -> Option<String> {
        std::fs::canonicalize(name).ok().map(|path| path.to_string_lossy().into_owned())
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
