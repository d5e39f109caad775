//! Pipewright: shell pipelines that cannot be injected, and the engine that runs them.
//!
//! Pipelines look as in sh. Values from the host reach programs as single arguments, whatever they contain. A failure
//! of any stage is an error with its place in the script. When a run has ended, so have all processes that it started.
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
//! | task | see |
//! | --- | --- |
//! | read and check a text | [`Script`], [`script!`], [`build::check`] |
//! | run it: arguments, streams, time limits, cancellation | [`Session::run`], [`Run`] |
//! | run it in the background, or async | [`Run::start`], [`Running`] |
//! | pass values of Rust to scripts, and back | [`Value`], [`FromValue`] |
//! | offer functions and commands of Rust to scripts | [`EngineBuilder::function`], [`EngineBuilder::stage`] |
//! | limit what scripts may do, and how much | [`policy`], [`Limits`] |
//! | watch runs as they happen | [`Observer`], [`Event`] |
//! | show errors | [`Error`], [`ParseError`], [`diag`] |
//! | build a prompt, a notebook, an editor | `dialog` (a feature) |
//!
//! The page `docs/EMBEDDING.md` explains this step by step, and `examples/` has whole programs.

#![deny(missing_docs)]
#![warn(missing_debug_implementations)]
// Only `sys` may use unsafe code: see docs/ARCHITECTURE.md.
#![deny(unsafe_code)]
// Code that a release build omits must have no effect: once, a release build of the prompt ended at its start because
// of such code.
#![warn(clippy::debug_assert_with_mut_call)]

mod builtins;
mod channel;
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
#[cfg_attr(
    not(feature = "queue-sqlite"),
    allow(dead_code, reason = "a store uses all of it, and the library stands without one")
)]
mod queue;
mod service;
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
#[cfg(feature = "program")]
pub mod top;
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
    ActionError, AuditFault, AuditLog, AuditSummary, Board, BuildError, CancelToken, Captured,
    ContextFunction, Engine, EngineBuilder, Error, ErrorKind, Event, Function, FunctionCx, Input, Limits,
    LineSink, Method, Observer, Output, ParseError, PipelineReport, Place, Progress, Report, ResizeError,
    Run, RunOptions, Running, RunningInstance, RunningLoop, RunningQueue, RunningService, RunningWorker,
    Script, ScriptBuilder, ServiceAction, ServiceChange, Session, Signal, StageCx, StageEnd, StageError,
    StageInfo, StageReport, Streams, TurnEnd, Waiting,
};
pub use engine::{build, tools};
/// Derives the conversion from a value. A struct with named fields is a map with their names as keys, a struct with one
/// unnamed field is that field, and an enum of names is a string, `ReadOnly` being `"read_only"`.
///
/// A missing key is null, so that an `Option` is then `None`; other keys of the map are ignored. `#[value(rename = "…")]`
/// gives a field or name another text, and `#[value(default)]` a field the default of its type if its key is missing.
///
/// ```
/// use pipewright::{FromValue, IntoValue, Script, Session};
///
/// #[derive(FromValue, IntoValue, Debug, PartialEq)]
/// struct Host {
///     name: String,
///     port: Port,
///     user: Option<String>,
///     #[value(rename = "tls-mode", default)]
///     tls: Tls,
/// }
///
/// #[derive(FromValue, IntoValue, Debug, PartialEq)]
/// struct Port(u16);
///
/// #[derive(FromValue, IntoValue, Debug, Default, PartialEq)]
/// enum Tls {
///     #[default]
///     Off,
///     VerifyFull,
/// }
///
/// let script = Script::parse("t", "fn main() { return {name: 'db1', port: 5432, 'tls-mode': 'verify_full'} }")?;
/// let host: Host = Session::new().run(&script).value()?.to()?;
/// assert_eq!(host, Host { name: "db1".into(), port: Port(5432), user: None, tls: Tls::VerifyFull });
///
/// let script = Script::builder("t").input("host").parse(r#"echo "${host.name}:${host.port} $[host['tls-mode']]""#)?;
/// assert_eq!(Session::new().run(&script).arg("host", host).read()?, "db1:5432 verify_full");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "derive")]
pub use pipewright_derive::FromValue;
/// Derives the conversion to a value, in the form that the derived `FromValue` reads. A field that is `None` is a key with
/// null.
#[cfg(feature = "derive")]
pub use pipewright_derive::IntoValue;
pub use span::Span;
pub use value::{FromValue, IntoValue, Value, ValueError};

/// The examples of that page, as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/EMBEDDING.md")]
mod embedding {}

/// The entry points of the fuzz targets.
#[doc(hidden)]
pub mod fuzzing {
    use crate::diag::Source;
    use std::sync::Arc;

    /// Reads a text, and renders its errors.
    pub fn parse(bytes: &[u8]) {
        let source = match crate::syntax::decode("fuzz", bytes.to_vec()) {
            Ok(source) => source,
            Err(error) => return drop(error.render(false, 80)),
        };
        if let Some(error) = crate::syntax::parse(&source).error {
            drop(error.render(false, 80));
        }
    }

    /// Reads and checks a text, and renders its errors.
    pub fn check(bytes: &[u8]) {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        let source = Arc::new(Source::new("fuzz", text));
        let errors = crate::check::check(&source, crate::check::CheckOptions::default()).err();
        for error in errors.unwrap_or_default() {
            drop(error.render(false, 80));
        }
    }
}
