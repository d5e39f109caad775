//! Stages of the host: its own code in a pipeline, between programs.

use crate::process::Environment;
use crate::span::Span;
use crate::value::Value;
use std::ffi::OsStr;
use std::fmt;
use std::io::{BufRead, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The context of a stage of the host, as [`EngineBuilder::stage`](crate::EngineBuilder::stage) adds one: its arguments, streams, directory and environment.
///
/// ```
/// use pipewright::{Engine, FromValue, StageCx, StageError};
/// use std::fs;
///
/// // `stored NAME`: keeps what it reads in a file below the session's directory.
/// let stored = |cx: &mut StageCx<'_>| {
///     let [name] = cx.args() else { return Err(StageError::new("takes one name").with_status(2)) };
///     let path = cx.cwd().join(<&str>::from_value(name)?);
///     let count = std::io::copy(cx.stdin(), &mut fs::File::create(path)?)?;
///     writeln!(cx.stderr(), "{count} bytes")?;
///     Ok(0)
/// };
/// let engine = Engine::builder().stage("stored", stored).build()?;
/// let directory = tempfile::tempdir()?;
/// let mut session = engine.session();
/// session.set_cwd(directory.path())?;
/// let captured = session.run(&engine.script("t", "echo hello | stored note")?).capture()?;
/// assert_eq!(captured.stderr, b"6 bytes\n");
/// assert_eq!(fs::read_to_string(directory.path().join("note"))?, "hello\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct StageCx<'a> {
    pub(crate) args: &'a [Value],
    pub(crate) streams: Streams<'a>,
    pub(crate) directory: &'a Path,
    pub(crate) environment: &'a Environment,
    pub(crate) cancelled: &'a dyn Fn() -> bool,
    pub(crate) span: Span,
}

/// The three streams of a stage, for use at the same time.
///
/// ```
/// use pipewright::{Engine, StageCx, StageError};
/// use std::io::{BufRead, Write};
///
/// // `numbers`: passes numbers on, and names what is none.
/// let numbers = |cx: &mut StageCx<'_>| -> Result<u8, StageError> {
///     let streams = cx.streams();
///     for line in streams.stdin.lines() {
///         let line = line?;
///         match line.parse::<f64>() {
///             Ok(number) => writeln!(streams.stdout, "{number}")?,
///             Err(_) => writeln!(streams.stderr, "no number: {line}")?,
///         }
///     }
///     Ok(0)
/// };
/// let engine = Engine::builder().stage("numbers", numbers).build()?;
/// let captured = engine.session().run(&engine.script("t", "numbers | sort -n")?).stdin("7\nx\n1.5\n").capture()?;
/// assert_eq!(captured.stdout, b"1.5\n7\n");
/// assert_eq!(captured.stderr, b"no number: x\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub struct Streams<'a> {
    /// Its standard input.
    pub stdin: &'a mut dyn BufRead,
    /// Its standard output. Data is buffered until there are 64 KiB of it, the stage flushes it or reads more
    /// standard input, or the stage ends.
    pub stdout: &'a mut dyn Write,
    /// Its standard error, which is not buffered.
    pub stderr: &'a mut dyn Write,
}

impl fmt::Debug for StageCx<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("StageCx");
        shown
            .field("args", &self.args)
            .field("cwd", &self.directory)
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}

impl StageCx<'_> {
    /// Returns its arguments, without its name, as the strings that a program would get.
    pub fn args(&self) -> &[Value] {
        self.args
    }

    /// Returns its standard input.
    pub fn stdin(&mut self) -> &mut dyn BufRead {
        self.streams.stdin
    }

    /// Returns its standard output; see [`Streams::stdout`].
    pub fn stdout(&mut self) -> &mut dyn Write {
        self.streams.stdout
    }

    /// Returns its standard error.
    pub fn stderr(&mut self) -> &mut dyn Write {
        self.streams.stderr
    }

    /// Returns all three streams, to read and write in turn.
    pub fn streams(&mut self) -> Streams<'_> {
        let Streams { stdin, stdout, stderr } = &mut self.streams;
        Streams { stdin: &mut **stdin, stdout: &mut **stdout, stderr: &mut **stderr }
    }

    /// Returns its working directory, which differs from that of the process. Relative paths in arguments refer to
    /// it.
    pub fn cwd(&self) -> &Path {
        self.directory
    }

    /// Returns an environment variable, including those that `NAME=value` before the stage sets.
    pub fn env(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(name.as_bytes()).map(OsStr::from_bytes)
    }

    /// Returns whether it should end, because the run is stopped or its time limit has passed.
    pub fn cancelled(&self) -> bool {
        (self.cancelled)()
    }

    /// Returns its place in the script.
    pub fn span(&self) -> Span {
        self.span
    }
}

/// The error of a stage. Every error type converts to it with `?`; for that it is not an [`Error`](std::error::Error) itself.
///
/// ```
/// use pipewright::StageError;
///
/// let error = StageError::new("no such table").with_status(3);
/// assert_eq!((error.to_string().as_str(), error.status()), ("no such table", 3));
/// let from_io: StageError = std::io::Error::other("the disk is gone").into();
/// assert_eq!(from_io.status(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageError {
    message: String,
    status: u8,
}

impl StageError {
    /// Creates an error with this message and status 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), status: 1 }
    }

    /// Sets another status. 0 would mean success, so it becomes 1.
    #[must_use]
    pub fn with_status(self, status: u8) -> Self {
        Self { status: status.max(1), ..self }
    }

    /// Returns its status.
    pub fn status(&self) -> u8 {
        self.status
    }
}

impl fmt::Display for StageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error> From<E> for StageError {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}

/// A stage with its name.
pub struct HostStage {
    pub name: Box<str>,
    pub stage: Box<StageFunction>,
}

/// The function of a stage.
type StageFunction = dyn Fn(&mut StageCx<'_>) -> Result<u8, StageError> + Send + Sync;

impl fmt::Debug for HostStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
