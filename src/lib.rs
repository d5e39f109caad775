//! Pipewright: shell pipelines that cannot be injected, and the engine that runs them.
//!
//! A pipeline reads as it does in sh. Values that come from the host reach programs as single arguments, whatever they
//! hold; a failure of any stage is an error with its place in the script; and when a run is over, so is all that it has
//! started.
//!
//! ```
//! use pipewright::{Script, Session};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let script = Script::builder("top").input("word").parse("grep -cF -- $word | tr -d ' '")?;
//! let count = Session::new().run(&script).arg("word", "; rm -rf /").stdin("a\n; rm -rf / b\n").read()?;
//! assert_eq!(count, "1");
//! # Ok(())
//! # }
//! ```
//!
//! | to | see |
//! | --- | --- |
//! | read and check a text | [`Script`], [`script!`], [`build::check`] |
//! | run it: arguments, streams, time, cancelling | [`Session::run`], [`Run`] |
//! | in the background, or async | [`Run::start`], [`Running`] |
//! | have values of Rust in scripts, and back | [`Value`], [`FromValue`] |
//! | have functions and commands of Rust in scripts | [`EngineBuilder::function`], [`Stage`] |
//! | bound what scripts may do, and how much of it | [`policy`], [`Limits`] |
//! | see what runs do as it happens | [`Observer`], [`Event`] |
//! | show what went wrong | [`Error`], [`ParseError`], [`diag`] |
//! | make a prompt, a notebook, an editor | `dialog` (a feature) |
//!
//! The page `docs/EMBEDDING.md` goes there step by step, and `examples/` holds whole programs.

#![deny(missing_docs)]
// Only `sys` may: see docs/ARCHITECTURE.md.
#![deny(unsafe_code)]
// What a release build leaves out must do nothing: the prompt once ended at its start in one.
#![warn(clippy::debug_assert_with_mut_call)]

mod builtins;
mod check;
pub mod diag;
mod engine;
mod eval;
mod expand;
mod fleet;
mod host;
#[cfg(feature = "program")]
mod layout;
mod methods;
pub mod policy;
#[cfg_attr(
    not(all(feature = "program", feature = "dialog")),
    allow(dead_code, unused_imports, reason = "the features use all of it together")
)]
mod process;
mod programs;
pub mod span;
mod syntax;
#[cfg_attr(
    not(all(feature = "program", feature = "dialog", target_os = "linux", target_arch = "x86_64")),
    allow(
        dead_code,
        unused_imports,
        reason = "the features use all of it together, and some is for Linux alone"
    )
)]
#[allow(unsafe_code)]
mod sys;
pub mod value;

#[doc(hidden)]
pub use engine::__script;
#[cfg(feature = "tracing")]
pub use engine::Tracing;
#[cfg(feature = "dialog")]
pub use engine::dialog;
#[cfg(feature = "program")]
pub use engine::program;
pub use engine::{
    AuditLog, BuildError, CancelToken, Captured, Engine, EngineBuilder, Error, ErrorKind, Event, Function,
    Input, IntoResult, Limits, LineSink, Observer, Output, ParseError, PipelineReport, Place, Progress,
    Report, Run, Running, Script, ScriptBuilder, Session, Signal, Stage, StageCx, StageEnd, StageError,
    StageInfo, StageReport, Streams, TurnEnd, Waiting, verify_audit,
};
pub use engine::{build, tools};
pub use span::Span;
pub use value::{FromValue, Value, ValueError};

/// The examples of the page are run.
#[cfg(doctest)]
#[doc = include_str!("../docs/EMBEDDING.md")]
mod embedding {}

/// What the fuzz targets call.
#[doc(hidden)]
pub mod fuzzing {
    use crate::diag::Source;
    use std::sync::Arc;

    /// Reads a text, and renders what is wrong with it.
    pub fn parse(bytes: &[u8]) {
        let source = match crate::syntax::decode("fuzz", bytes.to_vec()) {
            Ok(source) => source,
            Err(error) => return drop(error.render(false, 80)),
        };
        if let Some(error) = crate::syntax::parse(&source).error {
            drop(error.render(false, 80));
        }
    }

    /// Reads and checks a text, and renders what is wrong with it.
    pub fn check(bytes: &[u8]) {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let source = Arc::new(Source::new("fuzz", text));
        let errors = crate::check::check(&source, crate::check::CheckOptions::default()).err();
        for error in errors.unwrap_or_default() {
            drop(error.render(false, 80));
        }
    }
}
