//! The interpreter for those who hold it: a checked [`Script`], and a run of it.

use crate::check::program::Program;
use crate::diag::{Diagnostic, Source};
use crate::eval::{Interpreter, Setup, Unwind};
use crate::process::Signal;
use std::sync::Arc;

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
    /// The text of the script came by standard input, so its commands can't read that.
    pub input_is_script: bool,
    /// Is told of every process that starts and ends.
    pub observer: Option<Observer>,
}

/// How a run ended.
pub enum Outcome {
    /// With this status.
    Exit(u8),
    /// By an error, which gives the status.
    Error(Box<Diagnostic>, u8),
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
        crate::check::check(&source).map(Self)
    }

    /// Runs it to its end.
    pub fn run(self, options: Options) -> Outcome {
        let Options { args, handle_signals, input_is_script, observer } = options;
        let setup = Setup { args, handle_signals, input_is_script, observer };
        let mut interpreter = Interpreter::new(self.0, setup);
        match interpreter.run() {
            Ok(()) => Outcome::Exit(0),
            Err(Unwind::Exit(status)) => Outcome::Exit(status),
            Err(Unwind::Interrupted(signal)) => Outcome::Signal(signal),
            Err(Unwind::PipeClosed) => Outcome::PipeClosed,
            Err(Unwind::Error(error)) => Outcome::Error(Box::new(error.diagnostic), error.status),
            Err(Unwind::Break | Unwind::Continue) => Outcome::Exit(0),
        }
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
