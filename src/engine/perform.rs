//! Carrying out a run: making its streams, setting up the interpreter, and returning its end.

use super::engine::Shared;
use super::error::{Error, ErrorKind};
use super::io::{Input, Output};
use super::plumbing::Plumbing;
use super::{AuditLog, Report, Session};
use crate::check::program::{FunctionId, Program, Slot};
use crate::diag::{Diagnostic, code, quote_word, reason, visible};
use crate::eval::{
    Budget, Eval, FinishedRun, Interpreter, Observer, RunOptions, SIGPIPE_STATUS, Setup, Unwind,
};
use crate::process::{Environment, FileTable, GRACE, Interrupt};
use crate::value::Value;
use std::borrow::Cow;
use std::ffi::CStr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The inputs of a run.
pub(super) struct Request {
    /// Values of the script's inputs.
    pub arguments: Vec<(Slot, Value)>,
    pub args: Vec<Vec<u8>>,
    /// The first mistake of the host.
    pub refused: Option<Diagnostic>,
    /// Variables of this run only.
    pub environment: Vec<(Vec<u8>, Vec<u8>)>,
    pub directory: Option<PathBuf>,
    pub stdin: Input,
    pub stdout: Output,
    pub stderr: Output,
    /// Whether the host keeps standard output, and standard error, in memory.
    pub kept: [bool; 2],
    pub timeout: Option<Duration>,
    pub grace: Option<Duration>,
    pub cancel: Interrupt,
    /// The observer of this run only.
    pub observer: Option<Arc<dyn Observer>>,
    /// The options of `with` around this run, within those of the engine.
    pub options: Vec<RunOptions>,
    pub audit: Option<AuditLog>,
    pub dry_run: bool,
    pub keep_result: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            arguments: Vec::new(),
            args: Vec::new(),
            refused: None,
            environment: Vec::new(),
            directory: None,
            stdin: Input::Null,
            stdout: Output::Inherit,
            stderr: Output::Inherit,
            kept: [false; 2],
            timeout: None,
            grace: None,
            cancel: Interrupt::none(),
            observer: None,
            options: Vec::new(),
            audit: None,
            dry_run: false,
            keep_result: false,
        }
    }
}

/// The work of a run.
pub(super) enum Work<'s> {
    /// Borrowed if possible: the cost of a small run is mostly the reference counts that it changes.
    Run(Cow<'s, Arc<Program>>),
    /// A call of a function of the last script that ran in the session.
    Call(String, Vec<Value>),
}

/// Work that has begun.
enum Begun<'s> {
    Run(Cow<'s, Arc<Program>>),
    Call(FinishedRun, FunctionId, Vec<Value>),
}

/// How a successful run ended.
pub(super) struct Done {
    pub status: u8,
    pub value: Value,
    started: Instant,
}

impl Done {
    /// The clock is read only if the caller wants it: for a small run that is a tenth of the time.
    pub fn report(&self) -> Report {
        Report { status: self.status, wall: self.started.elapsed() }
    }
}

impl Request {
    /// Carries it out, and waits until all its output has arrived.
    pub fn perform(mut self, session: &mut Session, work: Work<'_>) -> Result<Done, Error> {
        let started = Instant::now();
        let host = |error: std::io::Error| Error::of_stream(&error, started);
        let (environment, directory) = self.surroundings(session);
        if let Some(page) = self.refused.take() {
            return Err(Error::new(ErrorKind::Input, page, 2, started));
        }
        let (work, variables) = match work {
            Work::Run(program) => {
                let variables = self.variables(session, &program, started)?;
                (Begun::Run(program), variables)
            }
            Work::Call(function, values) => (called(session, &function, values, started)?, Vec::new()),
        };
        let shared = session.engine.shared.clone();
        let limits = &shared.guard.limits;
        let budget = Budget::of(limits.clone());
        // The token may be that of several runs.
        let is_own = !self.cancel.is_none() || budget.is_some();
        let cancel = if is_own { self.cancel.child().map_err(host)? } else { Interrupt::none() };
        let _entered = Budget::enter(budget.as_ref());
        let grace = self.grace(&shared);
        let mut plumbing = Plumbing::default();
        plumbing.budget = budget.clone().map(|budget| (budget, cancel.clone()));
        let counts_output = limits.output.is_some();
        let unreadable_input = matches!(self.stdin, Input::Unreadable);
        let files = match (self.stdin, self.stdout, self.stderr) {
            (Input::Null, Output::Inherit, Output::Inherit) if !counts_output => {
                session.usual.files().map_err(host)?.clone()
            }
            (stdin, stdout, stderr) => FileTable::of([
                plumbing.input(stdin, &session.usual).map_err(host)?,
                plumbing.output(1, stdout, self.kept[0]).map_err(host)?,
                plumbing.output(2, stderr, self.kept[1]).map_err(host)?,
            ]),
        };
        let mut observers = shared.observers.clone();
        if let Some(observer) = self.observer {
            observers.add(observer);
        }
        // Another script will replace it, or the session has none.
        let former = session.ran.take();
        let setup = Setup {
            own_process: shared.own_process,
            without_terminal: shared.without_terminal,
            interactive: false,
            observers,
            board: shared.board.clone(),
            audit: self.audit,
            dry_run: self.dry_run,
            unreadable_input,
            args: self.args,
            variables,
            room: crate::eval::Room::default(),
            files: Some(files),
            directory_named: session.without_pwd,
            directory,
            environment: Some(environment),
            interrupt: cancel,
            timeout: self.timeout,
            grace,
            keep_result: self.keep_result,
            policy: shared.guard.policy.clone(),
            options: [shared.guard.options.clone(), self.options].concat(),
            limits: limits.clone(),
            budget,
        };
        let (mut interpreter, done, called) = match work {
            Begun::Run(program) => {
                let mut interpreter = Interpreter::reuse(former, &program, setup);
                let done = interpreter.run(&program).map(|()| interpreter.result());
                (interpreter, done, false)
            }
            Begun::Call(ran, function, values) => {
                let mut interpreter = Interpreter::after(ran, setup);
                let done = interpreter.call(function, &values);
                (interpreter, done, true)
            }
        };
        // If the text ended early, variables that functions use have no value.
        let callable = done.is_ok() || called;
        let done = match plumbing.readers() {
            Some(readers) => interpreter.last_output(readers, done),
            None => done,
        };
        interpreter.end_left_groups(&done);
        let unread = plumbing.unread();
        let plumbed = plumbing.end(grace.unwrap_or(GRACE), || interpreter.stop_request());
        if plumbed.abandoned {
            interpreter.report_abandoned();
        }
        // A limit or a token may have ended this wait, too.
        let done = if plumbed.abandoned {
            done.and_then(|done| interpreter.stop_request().map(|()| done))
        } else {
            done
        };
        let plumbed = unread.map_or(plumbed.result, Err);
        let ended = ended(done, &interpreter, started);
        let ran = interpreter.into_ran();
        for (name, slot) in &ran.program().variables {
            let value = ran.value_of(*slot);
            match session.variables.get_mut(&**name) {
                Some(variable) => *variable = value,
                None => drop(session.variables.insert(name.to_string(), value)),
            }
        }
        session.ran = callable.then_some(ran);
        match (ended, plumbed) {
            (Ok((status, value)), Ok(())) => Ok(Done { status, value, started }),
            (Err(error), plumbed) if error.kind() != ErrorKind::Script || plumbed.is_ok() => Err(error),
            // A failed writer is the reason that a program of the script died of SIGPIPE, not the
            // reverse.
            (_, plumbed) => plumbed.map(|()| Done { status: 0, value: Value::Null, started }).map_err(host),
        }
    }

    /// Notes a mistake of the host. The first one counts.
    pub fn refuse(&mut self, message: String, help: Option<String>) {
        let page = Diagnostic::new(code::UNDECLARED_NAME, message);
        self.refused.get_or_insert(help.into_iter().fold(page, Diagnostic::help));
    }

    /// Returns the environment and the directory of the run.
    fn surroundings(&mut self, session: &Session) -> (Environment, Option<Arc<CStr>>) {
        let mut environment = session.environment.clone();
        for (name, value) in std::mem::take(&mut self.environment) {
            if let Err(error) = environment.set(&name, &value) {
                self.refuse(format!("the variable {} can't be set: {error}", quote_word(&name)), None);
            }
        }
        let Some(directory) = self.directory.take() else { return (environment, session.directory.clone()) };
        match session.directory_at(&directory) {
            Ok(directory) => (environment, Some(directory)),
            Err(error) => {
                let name = quote_word(directory.as_os_str().as_encoded_bytes());
                self.refuse(format!("can't work in {name}: {}", reason(&error)), None);
                (environment, None)
            }
        }
    }

    /// Returns the most time that programs have to end, if the script does not decide. Otherwise a script could outlive
    /// its time limit.
    fn grace(&self, shared: &Shared) -> Option<Duration> {
        let most = shared.guard.limits.grace;
        if shared.own_process && self.grace.is_none() && most.is_none() {
            return None;
        }
        let grace = self.grace.unwrap_or(GRACE);
        Some(most.map_or(grace, |most| most.min(grace)))
    }

    /// Returns the values of the script's inputs. Those of this run override those of the session.
    fn variables(
        &mut self,
        session: &Session,
        program: &Program,
        started: Instant,
    ) -> Result<Vec<(Slot, Value)>, Error> {
        let mut variables = std::mem::take(&mut self.arguments);
        for (name, slot) in &program.inputs {
            if variables.iter().any(|(given, _)| given == slot) {
                continue;
            }
            if let Some(error) = session.refused.get(&**name) {
                let message = format!("the variable `{name}` of the session does not fit: {error}");
                return Err(Error::new(
                    ErrorKind::Input,
                    Diagnostic::new(code::UNDECLARED_NAME, message),
                    2,
                    started,
                ));
            }
            let Some(value) = session.value(name) else {
                let message = format!("the input `{name}` of the script was given no value");
                let page = Diagnostic::new(code::UNDECLARED_NAME, message);
                return Err(Error::new(ErrorKind::Input, page, 2, started));
            };
            variables.push((*slot, value.clone()));
        }
        Ok(variables)
    }
}

/// Returns the function of the last script that ran in a session.
fn called(
    session: &Session,
    function: &str,
    values: Vec<Value>,
    started: Instant,
) -> Result<Begun<'static>, Error> {
    let found = session.ran.as_ref().and_then(|ran| Some((ran.clone(), ran.function(function)?)));
    let (ran, id) = found.ok_or_else(|| {
        let name = visible(function.as_bytes());
        let message = format!("no function `{name}` in a script that ran to its end");
        Error::new(ErrorKind::UnknownFunction, Diagnostic::new(code::UNDECLARED_NAME, message), 2, started)
    })?;
    Ok(Begun::Call(ran, id, values))
}

/// Returns the status and value of a run, or its failure.
fn ended(outcome: Eval<Value>, interpreter: &Interpreter, started: Instant) -> Result<(u8, Value), Error> {
    match outcome {
        // The threads that pass output on note that a limit was reached, and then stop the run.
        _ if interpreter.exhausted().is_some() => Err(failed(Unwind::Exhausted, interpreter, started)),
        Ok(value) => Ok((interpreter.final_status(), value)),
        Err(Unwind::Break | Unwind::Continue | Unwind::Return) => Ok((0, Value::Null)),
        Err(Unwind::Exit(status)) => Ok((status, Value::Null)),
        Err(Unwind::PipeClosed) => Ok((SIGPIPE_STATUS, Value::Null)),
        Err(unwind) => Err(failed(unwind, interpreter, started)),
    }
}

/// Returns the failure for a non-local exit.
pub(super) fn failed(unwind: Unwind, interpreter: &Interpreter, started: Instant) -> Error {
    let new = |kind, page, status| Error::new(kind, page, status, started);
    let mut error = match unwind {
        Unwind::Error(error) => of_error(*error, started),
        Unwind::TimedOut(timed_out) => new(ErrorKind::TimedOut, timed_out.into_error().into_page(), 124),
        Unwind::Exhausted => match interpreter.exhausted() {
            Some(error) => new(ErrorKind::Limit, error.diagnostic, error.status),
            None => {
                let page = Diagnostic::new(code::INTERNAL, "a limit was met that there is not");
                new(ErrorKind::Internal, page, 125)
            }
        },
        Unwind::Interrupted(signal) => {
            let page = Diagnostic::new(code::CANCELLED, "the run was cancelled");
            let mut error = new(ErrorKind::Cancelled, page, 128_u8.saturating_add(signal.number() as u8));
            error.0.signal = Some(signal).filter(|_| interpreter.is_own_process());
            error
        }
        // In a run whose value was requested.
        Unwind::Exit(_) | Unwind::PipeClosed | Unwind::Break | Unwind::Continue | Unwind::Return => {
            new(ErrorKind::Script, Diagnostic::new(code::CANCELLED, "it ended without a value"), 1)
        }
    };
    error.0.diagnostic = interpreter.with_suggestion(error.0.diagnostic).redact(interpreter.redactions());
    error
}

fn of_error(mut error: crate::eval::Error, started: Instant) -> Error {
    let (status, statuses) = (error.status, error.statuses());
    let denial = error.denial.take();
    let page = error.into_page();
    let kind = match page.code {
        bug if bug == code::INTERNAL => ErrorKind::Internal,
        policy if policy == code::POLICY => ErrorKind::Policy,
        host if host == code::HOST_FAILED || host == code::STATUS_TAKEN => ErrorKind::Host,
        _ => ErrorKind::Script,
    };
    let mut error = Error::new(kind, page, status, started);
    error.0.statuses = statuses;
    error.0.denial = denial;
    error
}
