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

use crate::diag::Source;
#[cfg(feature = "cli")]
use crate::diag::{Diagnostic, code};
use std::sync::Arc;

pub use crate::eval::Limits;
pub use crate::eval::audit::{Log as AuditLog, verify as verify_audit};
pub use crate::eval::{Event, Observer, PipelineReport, Place, process_table};
pub use crate::host::{Function, IntoResult, Stage, StageCx, StageError, Streams};
pub use crate::process::{Signal, StageEnd, StageReport};
pub use cancel::CancelToken;
pub use engine::{BuildError, Engine, EngineBuilder};
pub use error::{Error, ErrorKind, ParseError};
pub use io::{Input, LineSink, Output};
pub use report::{Captured, Report};
pub use run::Run;
pub use running::{Running, StageInfo, Waiting};
pub use script::{Script, ScriptBuilder};
pub use session::Session;

/// The syntax tree of a script as JSON.
///
/// # Errors
/// What stops the reading of the text.
#[cfg(feature = "cli")]
pub fn syntax_tree(name: &str, text: Vec<u8>) -> Result<String, ParseError> {
    let source = source(name, text)?;
    let parsed = crate::syntax::parse(&source);
    match parsed.error {
        Some(error) => Err(ParseError(vec![*error])),
        None => serde_json::to_string_pretty(&parsed.script).map_err(|error| {
            let message = format!("the tree can't be written: {error}");
            ParseError(vec![Diagnostic::new(code::INTERNAL, message)])
        }),
    }
}

fn source(name: &str, text: Vec<u8>) -> Result<Arc<Source>, ParseError> {
    crate::syntax::decode(name, text).map_err(|error| ParseError(vec![*error]))
}
