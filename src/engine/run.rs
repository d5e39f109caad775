//! One go of a script.

use super::error::{Error, ErrorKind, Failed};
use super::io::{Input, Output, Plumbing};
use super::{CancelToken, Captured, Report, Script, Session};
use crate::diag::{Diagnostic, code};
use crate::eval::{Eval, Interpreter, Setup, Unwind};
use crate::process::{FileTable, Interrupt};
use crate::value::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A run that is yet to begin: what it reads, where it writes, how long it may take; then one verb.
///
/// Unless told otherwise it reads nothing and prints where this process does.
#[must_use = "nothing runs before status(), capture() or read()"]
pub struct Run<'s> {
    session: &'s mut Session,
    script: &'s Script,
    arguments: Vec<(String, Value)>,
    args: Vec<Vec<u8>>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    timeout: Option<Duration>,
    cancel: Interrupt,
    max_output: usize,
}

/// How much a captured stream may hold, unless it is said: 256 MiB.
const MAX_OUTPUT: usize = 256 << 20;

impl<'s> Run<'s> {
    pub(super) fn new(session: &'s mut Session, script: &'s Script) -> Self {
        Self {
            session,
            script,
            arguments: Vec::new(),
            args: Vec::new(),
            stdin: Input::Null,
            stdout: Output::Inherit,
            stderr: Output::Inherit,
            timeout: None,
            cancel: Interrupt::none(),
            max_output: MAX_OUTPUT,
        }
    }

    /// Gives an input a value for this run only. Values are data: nothing in one is ever code.
    pub fn arg(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.arguments.push((name.to_string(), value.into()));
        self
    }

    /// The script's `args`, and the words that its `main` is called with.
    pub fn args<A: AsRef<[u8]>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_vec()));
        self
    }

    /// What it reads.
    pub fn stdin(mut self, input: impl Into<Input>) -> Self {
        self.stdin = input.into();
        self
    }

    /// Where its standard output goes.
    pub fn stdout(mut self, output: impl Into<Output>) -> Self {
        self.stdout = output.into();
        self
    }

    /// Where its standard error goes.
    pub fn stderr(mut self, output: impl Into<Output>) -> Self {
        self.stderr = output.into();
        self
    }

    /// How long it may take. Then its processes get SIGTERM, and SIGKILL after 5 s, or the grace that the script gives;
    /// the run fails with [`ErrorKind::TimedOut`], also while a process that it left behind holds a pipe.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// What stops it from elsewhere.
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.cancel = token.0.clone();
        self
    }

    /// How many bytes [`Run::capture`] and [`Run::read`] hold of each stream; what is more is an error.
    pub fn max_output(mut self, bytes: usize) -> Self {
        self.max_output = bytes;
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// [`Error`]: a command failed, time was up, it was cancelled.
    pub fn status(self) -> Result<Report, Error> {
        let started = Instant::now();
        let report = |status| Report { status, wall: started.elapsed() };
        let failed = |kind, diagnostic, status| {
            Err(Error(Box::new(Failed { kind, diagnostic, report: report(status) })))
        };
        let host = |error: std::io::Error| {
            let page = Diagnostic::new(
                code::CANNOT_OPEN,
                format!("the host's stream: {}", crate::diag::reason(&error)),
            );
            Error(Box::new(Failed { kind: ErrorKind::Host, diagnostic: page, report: report(126) }))
        };
        let mut variables = Vec::new();
        for (name, slot) in &self.script.program.inputs {
            let given =
                self.arguments.iter().rev().find(|(given, _)| **given == **name).map(|(_, value)| value);
            match given.or_else(|| self.session.value(name)) {
                Some(value) => variables.push((*slot, value.clone())),
                None => {
                    let message = format!("the input `{name}` of the script was given no value");
                    let page = Diagnostic::new(code::UNDECLARED_NAME, message);
                    return failed(ErrorKind::MissingInput, page, 2);
                }
            }
        }
        let mut files = FileTable::empty();
        let mut plumbing = Plumbing::default();
        plumbing.input(&mut files, self.stdin).map_err(host)?;
        plumbing.output(&mut files, 1, self.stdout).map_err(host)?;
        plumbing.output(&mut files, 2, self.stderr).map_err(host)?;
        let setup = Setup {
            args: self.args,
            variables,
            files: Some(files),
            directory: self.session.directory_path(),
            environment: Some(self.session.environment.clone()),
            interrupt: Some(self.cancel),
            timeout: self.timeout,
            ..Setup::default()
        };
        let mut interpreter = Interpreter::new(self.script.program.clone(), setup);
        let ended = ended(interpreter.run());
        let ended =
            ended.map_err(|(kind, page, status)| (kind, page.redact(interpreter.redactions()), status));
        for (name, slot) in &self.script.program.variables {
            self.session.variables.insert(name.to_string(), interpreter.value_of(*slot));
        }
        // The run's own ends of the pipes go with it.
        drop(interpreter);
        let plumbed = plumbing.end();
        match (ended, plumbed) {
            (Ok(status), Ok(())) => Ok(report(status)),
            (Err((kind, diagnostic, status)), plumbed) if kind != ErrorKind::Script || plumbed.is_ok() => {
                failed(kind, diagnostic, status)
            }
            // That a writer failed is why a program of the script died of SIGPIPE, and not the other way.
            (_, plumbed) => plumbed.map(|()| report(0)).map_err(host),
        }
    }

    /// Runs it to its end and gives what it has printed.
    ///
    /// # Errors
    /// As of [`Run::status`]; more was printed than [`Run::max_output`] allows.
    pub fn capture(mut self) -> Result<Captured, Error> {
        let streams: [Arc<Mutex<Vec<u8>>>; 2] = Default::default();
        let max = self.max_output;
        let into =
            |stream: &Arc<Mutex<Vec<u8>>>| Output::Writer(Box::new(Bounded { bytes: stream.clone(), max }));
        self.stdout = into(&streams[0]);
        self.stderr = into(&streams[1]);
        let report = self.status()?;
        let [stdout, stderr] =
            streams.map(|stream| std::mem::take(&mut *stream.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(Captured { stdout, stderr, report })
    }

    /// Runs it to its end and gives its standard output as text, less its last line ends, as `$(…)` does. Bytes that
    /// are not UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// As of [`Run::capture`].
    pub fn read(mut self) -> Result<String, Error> {
        let stream: Arc<Mutex<Vec<u8>>> = Arc::default();
        self.stdout = Output::Writer(Box::new(Bounded { bytes: stream.clone(), max: self.max_output }));
        self.status()?;
        let bytes = std::mem::take(&mut *stream.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_string())
    }
}

/// The status of a run, or why it failed.
fn ended(outcome: Eval<()>) -> Result<u8, (ErrorKind, Diagnostic, u8)> {
    match outcome {
        Ok(()) | Err(Unwind::Break | Unwind::Continue | Unwind::Return) => Ok(0),
        Err(Unwind::Exit(status)) => Ok(status),
        // As of a program that SIGPIPE has ended.
        Err(Unwind::PipeClosed) => Ok(141),
        Err(Unwind::Interrupted(signal)) => {
            let page = Diagnostic::new(code::CANCELLED, "the run was cancelled");
            Err((ErrorKind::Cancelled, page, 128_u8.saturating_add(signal.number() as u8)))
        }
        Err(Unwind::TimedOut(timed_out)) => {
            Err((ErrorKind::TimedOut, timed_out.into_error().into_page(), 124))
        }
        Err(Unwind::Error(error)) => {
            let status = error.status;
            let page = error.into_page();
            let kind = match page.code {
                bug if bug == code::INTERNAL => ErrorKind::Internal,
                host if host == code::HOST_FAILED => ErrorKind::Host,
                _ => ErrorKind::Script,
            };
            Err((kind, page, status))
        }
        // What `--help` of its `main` prints is no result of a run.
        Err(Unwind::Help(text)) => Err((ErrorKind::Script, Diagnostic::new(code::BAD_ARGUMENTS, text), 2)),
    }
}

/// A stream that is kept, up to a limit.
struct Bounded {
    bytes: Arc<Mutex<Vec<u8>>>,
    max: usize,
}

impl std::io::Write for Bounded {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes.len() + part.len() > self.max {
            return Err(std::io::Error::other(format!("more than {} bytes were printed", self.max)));
        }
        bytes.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
