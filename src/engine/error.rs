//! The errors of scripts and runs.

use super::{Captured, Report};
use crate::diag::{Diagnostic, code, reason};
use crate::policy::{Denial, OwnedRequest};
use crate::process::Signal;
use std::fmt;
use std::io;
use std::time::Instant;

/// A script that was refused, with all its errors. They were found before anything ran.
///
/// Its [`Debug`](fmt::Debug) form, which Rust prints for an error of `main` and of `unwrap`, is the error pages:
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
    /// Returns all errors, in the order of the text; never empty.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0
    }

    /// Renders the pages as the binary prints them, for a terminal with this many columns.
    pub fn render(&self, color: bool, width: usize) -> String {
        self.0.iter().map(|error| error.render(color, width)).collect()
    }
}

impl fmt::Debug for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // On its own line, after the text that Rust prints first.
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
/// Its [`Debug`](fmt::Debug) form, which Rust prints for an error of `main` and of `unwrap`, is the error page.
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
    pub denial: Option<Box<(Denial, OwnedRequest)>>,
    pub captured: Option<Captured>,
}

/// The kind of an [`Error`].
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
    /// A command of the script failed, the script called `fail`, or a value was wrong.
    Script,
    /// The time limit of [`super::Run::timeout`] has passed.
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// The policy of its [`super::Engine`] refused a request.
    Policy,
    /// The run reached one of the [`super::Limits`] of its [`super::Engine`], other than the time limit.
    Limit,
    /// The call of the library was wrong: an input of the script has no value, [`super::Run::arg`] named an input that the
    /// script does not have, a value does not fit, or [`super::Run::env`] or [`super::Run::cwd`] is invalid.
    Input,
    /// A reader, writer or file of the host failed, or one of its functions or stages.
    Host,
    /// [`super::Session::call`] named a function that does not exist.
    UnknownFunction,
    /// A bug in this library.
    Internal,
}

impl Error {
    /// Creates an error that does not belong to a pipeline, for a run that began at this time.
    pub(super) fn new(kind: ErrorKind, diagnostic: Diagnostic, status: u8, started: Instant) -> Self {
        let report = Report { status, wall: started.elapsed() };
        let statuses = vec![status];
        Self(Box::new(Failed {
            kind,
            diagnostic,
            report,
            statuses,
            signal: None,
            denial: None,
            captured: None,
        }))
    }

    /// Creates the error of a stream of the host.
    pub(super) fn of_stream(error: &io::Error, started: Instant) -> Self {
        let message = format!("the host's stream: {}", reason(error));
        Self::new(ErrorKind::Host, Diagnostic::new(code::CANNOT_OPEN, message), 126, started)
    }

    /// Returns its kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the page with its place in the script.
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

    /// Returns the report of the run up to the failure.
    pub fn report(&self) -> &Report {
        &self.0.report
    }

    /// Returns the status that the binary would exit with.
    pub fn exit_code(&self) -> u8 {
        self.0.report.status()
    }

    /// Returns the signal that ended the run, in a program that belongs to the script
    /// ([`own_process`](super::EngineBuilder::own_process)). After its clean-up, the program should end by this
    /// signal: [`die_of`](super::program::die_of).
    pub fn signal(&self) -> Option<Signal> {
        self.0.signal
    }

    /// Returns the statuses of the stages of the failed pipeline, in order. If the failure was not that of a
    /// pipeline, returns only the exit status.
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

    /// Returns the output up to the failure, if the run was to keep it: [`Run::capture`](super::Run::capture),
    /// [`Run::read`](super::Run::read) and the like.
    ///
    /// ```
    /// use pipewright::{Script, Session};
    ///
    /// let script = Script::parse("t", "echo building; sh -c 'echo no disk >&2; exit 3'")?;
    /// let error = Session::new().run(&script).capture().unwrap_err();
    /// let captured = error.captured().ok_or("it was kept")?;
    /// assert_eq!((&*captured.stdout, &*captured.stderr), (&b"building\n"[..], &b"no disk\n"[..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn captured(&self) -> Option<&Captured> {
        self.0.captured.as_ref()
    }

    /// Returns the refusal of a policy and the refused request, for [`ErrorKind::Policy`].
    ///
    /// ```
    /// use pipewright::policy::Rules;
    /// use pipewright::{Engine, Script};
    ///
    /// let engine = Engine::builder().policy(Rules::new()).build()?;
    /// let error = engine.session().run(&Script::parse("t", "cd /srv")?).status().unwrap_err();
    /// let (denial, request) = error.denial().ok_or("it was refused")?;
    /// assert_eq!(format!("{request}: {}", denial.rule()), "working in /srv: no rule allows it");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn denial(&self) -> Option<(&Denial, &OwnedRequest)> {
        self.0.denial.as_deref().map(|(denial, request)| (denial, request))
    }

    /// Renders the page as the binary prints it, for a terminal with this many columns.
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
