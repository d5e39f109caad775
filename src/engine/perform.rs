//! A run being done: its streams made, the interpreter set up, and its end told.

use super::error::{Error, ErrorKind, Failed};
use super::io::{Input, Output, Plumbing};
use super::{Report, Script, Session};
use crate::check::program::{FunctionId, Slot};
use crate::diag::{Diagnostic, code};
use crate::eval::{Eval, Interpreter, Observer, Ran, Setup, Unwind};
use crate::process::{FileTable, Interrupt};
use crate::value::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a run is given.
pub(super) struct Request {
    pub arguments: Vec<(String, Value)>,
    pub args: Vec<Vec<u8>>,
    pub stdin: Input,
    pub stdout: Output,
    pub stderr: Output,
    pub timeout: Option<Duration>,
    pub cancel: Interrupt,
    pub observer: Option<Observer>,
    pub keep_result: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            arguments: Vec::new(),
            args: Vec::new(),
            stdin: Input::Null,
            stdout: Output::Inherit,
            stderr: Output::Inherit,
            timeout: None,
            cancel: Interrupt::none(),
            observer: None,
            keep_result: false,
        }
    }
}

/// What is done.
pub(super) enum Work<'a> {
    Run(&'a Script),
    Call(Arc<Ran>, FunctionId, &'a [Value]),
}

/// Why a run failed: its kind, its page, its status.
type Failure = (ErrorKind, Diagnostic, u8);

impl Request {
    /// Does it, and waits until all that it has printed has arrived.
    pub fn perform(self, session: &mut Session, work: &Work<'_>) -> Result<(Report, Value), Error> {
        let started = Instant::now();
        let report = |status| Report { status, wall: started.elapsed() };
        let failed = |(kind, diagnostic, status): Failure| {
            Error(Box::new(Failed { kind, diagnostic, report: report(status) }))
        };
        let host = |error: std::io::Error| {
            let message = format!("the host's stream: {}", crate::diag::reason(&error));
            failed((ErrorKind::Host, Diagnostic::new(code::CANNOT_OPEN, message), 126))
        };
        let variables = match work {
            Work::Run(script) => self.variables(session, script).map_err(failed)?,
            Work::Call(..) => Vec::new(),
        };
        let mut files = FileTable::empty();
        let mut plumbing = Plumbing::default();
        plumbing.input(&mut files, self.stdin).map_err(host)?;
        plumbing.output(&mut files, 1, self.stdout).map_err(host)?;
        plumbing.output(&mut files, 2, self.stderr).map_err(host)?;
        let guard = &session.engine.shared.guard;
        let setup = Setup {
            args: self.args,
            variables,
            files: Some(files),
            directory: session.directory_path(),
            environment: Some(session.environment.clone()),
            interrupt: Some(self.cancel),
            timeout: self.timeout,
            observer: self.observer,
            keep_result: self.keep_result,
            policy: guard.policy.clone(),
            limits: guard.limits.clone(),
            ..Setup::default()
        };
        let mut interpreter = match work {
            Work::Run(script) => Interpreter::new(script.program.clone(), setup),
            Work::Call(ran, ..) => Interpreter::after(ran, setup),
        };
        let done = match work {
            Work::Run(_) => interpreter.run().map(|()| interpreter.result()),
            Work::Call(_, function, values) => interpreter.call(*function, values),
        };
        // Where the text was left early, variables that functions use have no value.
        let callable = done.is_ok() || matches!(work, Work::Call(..));
        let ended = match done {
            Err(Unwind::Exhausted) => Err(exhausted(&interpreter)),
            done => ended(done),
        };
        let ended =
            ended.map_err(|(kind, page, status)| (kind, page.redact(interpreter.redactions()), status));
        let ran = Arc::new(interpreter.ran());
        for (name, slot) in &ran.program().variables {
            session.variables.insert(name.to_string(), interpreter.value_of(*slot));
        }
        session.ran = callable.then_some(ran);
        // The run's own ends of the pipes go with it.
        drop(interpreter);
        let plumbed = plumbing.end();
        match (ended, plumbed) {
            (Ok((status, value)), Ok(())) => Ok((report(status), value)),
            (Err(failure), plumbed) if failure.0 != ErrorKind::Script || plumbed.is_ok() => {
                Err(failed(failure))
            }
            // That a writer failed is why a program of the script died of SIGPIPE, and not the other way.
            (_, plumbed) => plumbed.map(|()| (report(0), Value::Null)).map_err(host),
        }
    }

    /// The values of the script's inputs: those of this run before those of the session.
    fn variables(&self, session: &Session, script: &Script) -> Result<Vec<(Slot, Value)>, Failure> {
        let value = |(name, slot): &(Box<str>, Slot)| {
            let mut given = self.arguments.iter().rev().filter(|(given, _)| **given == **name);
            match given.next().map(|(_, value)| value).or_else(|| session.value(name)) {
                Some(value) => Ok((*slot, value.clone())),
                None => {
                    let message = format!("the input `{name}` of the script was given no value");
                    let page = Diagnostic::new(code::UNDECLARED_NAME, message);
                    Err((ErrorKind::MissingInput, page, 2))
                }
            }
        };
        script.program.inputs.iter().map(value).collect()
    }
}

/// Of a run that met a limit.
fn exhausted(interpreter: &Interpreter) -> Failure {
    match interpreter.exhausted() {
        Some(error) => (ErrorKind::Limit, error.diagnostic, error.status),
        None => {
            (ErrorKind::Internal, Diagnostic::new(code::INTERNAL, "a limit was met that there is not"), 125)
        }
    }
}

/// The status of a run and what it gave, or why it failed.
fn ended(outcome: Eval<Value>) -> Result<(u8, Value), Failure> {
    match outcome {
        Ok(value) => Ok((0, value)),
        Err(Unwind::Break | Unwind::Continue | Unwind::Return | Unwind::Exhausted) => Ok((0, Value::Null)),
        Err(Unwind::Exit(status)) => Ok((status, Value::Null)),
        // As of a program that SIGPIPE has ended.
        Err(Unwind::PipeClosed) => Ok((141, Value::Null)),
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
                policy if policy == code::POLICY => ErrorKind::Policy,
                host if host == code::HOST_FAILED => ErrorKind::Host,
                _ => ErrorKind::Script,
            };
            Err((kind, page, status))
        }
        // What `--help` of its `main` prints is no result of a run.
        Err(Unwind::Help(text)) => Err((ErrorKind::Script, Diagnostic::new(code::BAD_ARGUMENTS, text), 2)),
    }
}
