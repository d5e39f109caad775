//! What went wrong with a script or a run of it.

use super::Report;
use crate::diag::{Diagnostic, code, reason};
use crate::process::Signal;
use std::fmt;
use std::io;
use std::time::Instant;

/// A script that can't be run: all that is wrong with it, found before anything ran.
///
/// Its [`Debug`](fmt::Debug) form, which Rust shows of the error of a `main` and of an `unwrap`, are the pages:
///
/// ```
/// use pipewright::Script;
///
/// let error = Script::parse("backup", "let file = 'a b'\ntar -cf x.tar -- $fil").unwrap_err();
/// assert_eq!(error.to_string(), "`fil` is not declared");
/// assert!(format!("{error:?}").contains("
/// 2 | tar -cf x.tar -- $fil
///   |                  ^^^^ no such variable here
/// help: did you mean `file`?"));
/// ```
pub struct ParseError(pub(super) Vec<Diagnostic>);

impl ParseError {
    /// Each mistake, in the order of the text; never empty.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0
    }

    /// The pages as the binary shows them, for a terminal of so many columns.
    pub fn render(&self, color: bool, width: usize) -> String {
        self.0.iter().map(|error| error.render(color, width)).collect()
    }
}

impl fmt::Debug for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // On a line of its own, behind what Rust prints before it.
        write!(f, "{self}\n{}", self.render(false, 100))
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => f.write_str(&only.message),
            [first, rest @ ..] => write!(f, "{} (and {} more)", first.message, rest.len()),
            [] => f.write_str("the script is refused"),
        }
    }
}

impl std::error::Error for ParseError {}

/// A run that failed.
///
/// Its [`Debug`](fmt::Debug) form, which Rust shows of the error of a `main` and of an `unwrap`, is the page.
///
/// ```
/// use pipewright::{ErrorKind, Script, Session};
///
/// let script = Script::parse("job", "true\nsh -c 'exit 7' | cat")?;
/// let error = Session::new().run(&script).status().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Script);
/// assert_eq!(error.exit_code(), 7);
/// assert_eq!(error.to_string(), "job:2:1: `sh` exited with 7");
/// assert!(format!("{error:?}").contains("^^^^^^^^^^^^^^ exited with 7"));
/// # Ok::<(), pipewright::ParseError>(())
/// ```
#[derive(Clone)]
pub struct Error(pub(super) Box<Failed>);

#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub kind: ErrorKind,
    pub diagnostic: Diagnostic,
    pub report: Report,
    pub statuses: Vec<u8>,
    pub signal: Option<Signal>,
}

/// Of what kind an [`Error`] is.
///
/// ```
/// use pipewright::{ErrorKind, Script, Session};
/// use std::time::Duration;
///
/// /// Whether to try it again.
/// fn is_temporary(error: &pipewright::Error) -> bool {
///     match error.kind() {
///         ErrorKind::TimedOut => true,
///         // EX_TEMPFAIL of sysexits.h.
///         ErrorKind::Script => error.exit_code() == 75,
///         _ => false,
///     }
/// }
///
/// let run = |text| Session::new().run(&Script::parse("t", text).unwrap()).timeout(Duration::from_secs(9)).status();
/// assert!(is_temporary(&run("sh -c 'exit 75'").unwrap_err()));
/// assert!(!is_temporary(&run("fail 'never'").unwrap_err()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A command of the script failed, it said `fail`, or it has a wrong value.
    Script,
    /// The time that [`super::Run::timeout`] gave is up.
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// The policy of its [`super::Engine`] refused something.
    Policy,
    /// It met one of the [`super::Limits`] of its [`super::Engine`], other than that of time.
    Limit,
    /// An input of the script was given no value.
    MissingInput,
    /// The host's own reader, writer or file failed, or a function or stage that it gave the script.
    Host,
    /// [`super::Session::call`] was asked for a function that there is not.
    UnknownFunction,
    /// A bug of this library.
    Internal,
}

impl Error {
    /// One that is no pipeline's, of what began then.
    pub(super) fn new(kind: ErrorKind, diagnostic: Diagnostic, status: u8, started: Instant) -> Self {
        let report = Report { status, wall: started.elapsed() };
        Self(Box::new(Failed { kind, diagnostic, report, statuses: vec![status], signal: None }))
    }

    /// Of a stream that the host gave.
    pub(super) fn of_stream(error: &io::Error, started: Instant) -> Self {
        let message = format!("the host's stream: {}", reason(error));
        Self::new(ErrorKind::Host, Diagnostic::new(code::CANNOT_OPEN, message), 126, started)
    }

    /// Of what kind it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The page with its place in the script.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let error = Session::new().run(&Script::parse("t", "echo a\nfail 'no disk'")?).status().unwrap_err();
    /// let page = error.diagnostic();
    /// let place = page.primary().ok_or("no place")?;
    /// assert_eq!((page.message.as_str(), place.source.line_col(place.span.start as usize).0), ("no disk", 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.0.diagnostic
    }

    /// How the run went until then.
    pub fn report(&self) -> &Report {
        &self.0.report
    }

    /// The status that the binary would exit with.
    pub fn exit_code(&self) -> u8 {
        self.0.report.status()
    }

    /// The signal that ended the run, in a program whose process is the script's
    /// ([`own_process`](super::EngineBuilder::own_process)). After all has been cleaned up it should end by it:
    /// [`die_of`](super::program::die_of).
    pub fn signal(&self) -> Option<Signal> {
        self.0.signal
    }

    /// The statuses of the stages of the pipeline that failed, in their order; the exit code alone where it was none.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let error = Session::new().run(&Script::parse("t", "true | sh -c 'exit 3' | cat")?).status().unwrap_err();
    /// assert_eq!(error.statuses(), [0, 3, 0]);
    /// # Ok::<(), pipewright::ParseError>(())
    /// ```
    pub fn statuses(&self) -> &[u8] {
        &self.0.statuses
    }

    /// The page as the binary shows it, for a terminal of so many columns.
    pub fn render(&self, color: bool, width: usize) -> String {
        self.0.diagnostic.render(color, width)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}\n{}", self.render(false, 100))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let page = &self.0.diagnostic;
        let message = page.redactions.apply_text(&page.message);
        match page.primary() {
            Some(label) => {
                write!(f, "{}: {message}", label.source.position(label.span.start as usize))
            }
            None => f.write_str(&message),
        }
    }
}

impl std::error::Error for Error {}
