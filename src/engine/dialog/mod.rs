//! Front-ends (feature `dialog`): a prompt, the kernel of a notebook, an editor. A [`Dialog`] runs a script that
//! arrives in parts, each before the next is known, and lists its names, jobs and directory. [`Typed`] analyses a text
//! while the user types it, and [`words`] lists the words of the language. The prompt of `pipewright` uses only this
//! module and the rest of the library.
//!
//! ```
//! use pipewright::Session;
//! use pipewright::dialog::{Dialog, Ended, Typed};
//!
//! let mut dialog = Dialog::new(Session::new())?;
//! let mut values = Vec::new();
//! for text in ["let host = 'web1'", "fn greet(who) { return \"hello $who\" }", "greet(host)"] {
//!     assert!(!Typed::new(text).is_incomplete());
//!     match dialog.run(dialog.check("cell", text)?) {
//!         Ended::Value(value) => values.push(format!("{value:?}")),
//!         Ended::Failed(error) => eprint!("{}", error.render(false, 100)),
//!         _ => break,
//!     }
//! }
//! assert_eq!(values, ["null", "null", "'hello web1'"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod directory;
mod ended;
mod entry;
mod jobs;
mod key_queue;
mod key_text;
mod keys;
mod names;
mod quiet;
mod terminal;
mod typed;
mod typing;
mod unquote;
mod words;

use super::error::{Error, ErrorKind};
use super::perform::failed;
use super::{CancelToken, ParseError, Session};
use crate::check::{Earlier, Meaning};
use crate::diag::{Diagnostic, code, visible};
use crate::eval::{Interpreter, Setup, Unwind};
use crate::host::Hosted;
use crate::process::{self, FileTable, Interrupt, Readers, Signal};
use crate::value::Value;
use std::cell::RefCell;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use terminal::Terminal;
use typing::Typing;

pub use ended::{Ended, News};
pub use entry::{Entry, Rewritten};
pub use jobs::Job;
pub use key_queue::KeyQueue;
pub use names::{Kind, Signature};
pub use typed::{Look, Mark, Place, Typed, WordStart};
pub use unquote::unquote;
pub use words::{Word, WordKind, words};

/// A script that arrives in parts. Its entries share variables, functions, used files, working directory, environment
/// and jobs. Dropping it ends the running jobs.
///
/// It starts with the directory, the environment and the variables of a [`Session`], and has the functions, stages,
/// observers and policy of its [`Engine`](crate::Engine). The limits of the engine apply to the whole dialog.
///
/// It does not touch the state of the process. Its programs have empty input and print where this process does, unless
/// an entry sets other streams. With [`own_process`](crate::EngineBuilder::own_process) it is a prompt: it has the
/// terminal on standard input, lends it to the foreground job, suspends that job on Ctrl-Z, and ends it on Ctrl-C.
/// Processes that programs leave behind, such as the server of tmux(1), stay.
///
/// ```
/// use pipewright::dialog::{Dialog, Ended};
/// use pipewright::{Engine, FromValue};
///
/// let engine = Engine::builder().function("port", |name: String| name.len() as i64).build()?;
/// let mut session = engine.session();
/// session.set("service", "web");
/// let mut dialog = Dialog::new(session)?;
/// dialog.run(dialog.check("1", "let p = port(service)")?);
/// let Some(value) = dialog.value("p") else { panic!("it is declared") };
/// assert_eq!(i64::from_value(&value)?, 3);
/// // What is refused has run nothing.
/// assert!(dialog.check("2", "echo $q").is_err());
/// let Ended::Failed(error) = dialog.run(dialog.check("3", "false; let q = 1")?) else { panic!("it fails") };
/// assert_eq!(error.exit_code(), 1);
/// assert_eq!(dialog.kind("q"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Dialog {
    interpreter: Interpreter,
    earlier: Earlier,
    /// The terminal of this process, if it belongs to the dialog.
    terminal: Option<Terminal>,
    cancel: Interrupt,
    /// Replaced after each entry that has run: entries that were checked earlier may lack newer names.
    era: Arc<()>,
    typing: RefCell<Typing>,
    /// Whether the directory of an entry was removed.
    is_lost: bool,
}

impl Dialog {
    /// Creates a dialog with the state of a session.
    ///
    /// # Errors
    /// Fails with `EMFILE` when no descriptor is left (eventfd(2)), or if the null device can't be opened.
    pub fn new(session: Session) -> io::Result<Self> {
        let shared = &session.engine.shared;
        let hosted = Hosted { is_prompt: true, can_be_replaced: false, ..shared.hosted.clone() };
        let (earlier, variables) = Earlier::of(hosted, &session.variables);
        let program = earlier.program().map_err(|errors| {
            io::Error::other(errors.first().map(Diagnostic::to_string).unwrap_or_default())
        })?;
        let cancel = Interrupt::new()?;
        let own = shared.own_process;
        let files = if own { FileTable::default() } else { session.usual.files()?.clone() };
        let setup = Setup {
            own_process: own,
            interactive: true,
            without_terminal: shared.without_terminal,
            observers: shared.observers.clone(),
            board: shared.board.clone(),
            policy: shared.guard.policy.clone(),
            limits: shared.guard.limits.clone(),
            files: Some(files),
            directory_named: session.without_pwd,
            directory: session.directory.clone(),
            environment: Some(session.environment.clone()),
            interrupt: cancel.clone(),
            variables,
            ..Setup::default()
        };
        let terminal = own.then(|| {
            process::watched();
            Terminal::take()
        });
        let interpreter = Interpreter::new(Arc::new(program), setup);
        let mut dialog = Self {
            interpreter,
            earlier,
            terminal,
            cancel,
            era: Arc::default(),
            typing: RefCell::default(),
            is_lost: false,
        };
        dialog.adopt_directory();
        // In its own process, install handlers now, so that a signal between two entries does not end the prompt
        // silently.
        dialog.signal();
        Ok(dialog)
    }

    /// Runs an entry until it ends or is suspended. Its declarations, up to the point where it ended, are available to
    /// later entries; those of a suspended entry are not. If another entry has run since the check, or another dialog
    /// checked it, it is checked again.
    pub fn run(&mut self, entry: Entry) -> Ended {
        let started = Instant::now();
        let (mut entry, streams) = entry.into_parts();
        if !Arc::ptr_eq(&entry.era, &self.era) {
            let source = entry.program.source(entry.program.script);
            entry = match self.checked(source.name(), source.text()) {
                Ok(entry) => entry,
                Err(error) => return Ended::Failed(refused(error, started)),
            };
        }
        self.era = Arc::default();
        self.hold_directory();
        let ended = match streams {
            None => self.run_here(entry, started),
            Some(streams) => self.run_printing(entry, streams, started),
        };
        self.follow_directory();
        // Only after all its output has arrived: until then it may have to be ended.
        if matches!(ended, Ended::Suspended(_)) { ended } else { self.settle(ended) }
    }

    /// Runs an entry that has its own streams, and waits for the end of its output.
    fn run_printing(&mut self, entry: entry::Checked, streams: entry::Streams, started: Instant) -> Ended {
        let (files, plumbing) = match streams.open(self.interpreter.files()) {
            Ok(opened) => opened,
            Err(error) => return Ended::Failed(Error::of_stream(&error, started)),
        };
        let before = self.interpreter.exchange_files(files);
        let ended = self.run_here(entry, started);
        self.interpreter.exchange_files(before);
        // A suspended entry will continue to print to the same streams.
        if matches!(ended, Ended::Suspended(_)) {
            return ended;
        }
        let ended = match plumbing.readers() {
            Some(readers) => self.await_printed(readers, ended, started),
            None => ended,
        };
        let plumbed = plumbing.end(process::GRACE, || self.interpreter.stop_request());
        match plumbed.result {
            Err(error) if !matches!(ended, Ended::Exit(_)) => {
                Ended::Failed(Error::of_stream(&error, started))
            }
            _ => ended,
        }
    }

    /// Waits for late output of an entry. If the entry has left a job running, waits only for the entry itself.
    fn await_printed(&self, readers: &Readers, ended: Ended, started: Instant) -> Ended {
        if matches!(ended, Ended::Signal(_))
            || self.interpreter.jobs().iter().any(|job| job.state.status().is_none())
        {
            readers.stop();
            return ended;
        }
        match self.interpreter.await_output(readers, || "the entry".into()) {
            Ok(()) => ended,
            Err(unwind) => self.ended(unwind, started),
        }
    }

    fn run_here(&mut self, entry: entry::Checked, started: Instant) -> Ended {
        let terminal = self.terminal.as_ref();
        let lend = |control: &process::Control| {
            terminal.into_iter().for_each(|terminal| {
                terminal.lend(control);
                terminal.pass_keys(control);
            });
        };
        let running = match self.interpreter.begin(entry.program, lend) {
            Ok(running) => running,
            Err(unwind) => {
                self.terminal.as_ref().and_then(Terminal::take_back);
                return self.ended(unwind, started);
            }
        };
        if self.attend(&running.state) {
            let number = self.interpreter.part_with(running);
            return self.suspended(number);
        }
        let before = std::mem::replace(&mut self.earlier, entry.earlier);
        let ran = self.interpreter.finish(running);
        if ran.is_err() {
            self.earlier.forget(|slot| self.interpreter.has_value(slot), &before);
        }
        match ran {
            Ok(value) => Ended::Value(value),
            Err(unwind) => self.ended(unwind, started),
        }
    }

    /// Calls a function that an entry has declared, outside any entry: the call can't be suspended.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::Dialog;
    ///
    /// let mut dialog = Dialog::new(Session::new())?;
    /// dialog.run(dialog.check("1", "fn prompt(status) { return \"[$status] \" }")?);
    /// assert_eq!(format!("{:?}", dialog.call("prompt", &[1.into()])?), "'[1] '");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails as the function does, or with [`ErrorKind::UnknownFunction`].
    pub fn call(&mut self, function: &str, arguments: &[Value]) -> Result<Value, Error> {
        let started = Instant::now();
        let Some(Meaning::Function(id)) = self.earlier.meaning(function) else {
            let message = format!("no function `{}`", visible(function.as_bytes()));
            let page = Diagnostic::new(code::UNDECLARED_NAME, message);
            return Err(Error::new(ErrorKind::UnknownFunction, page, 2, started));
        };
        let called = self.interpreter.call_beside(id, arguments);
        called.map_err(|unwind| failed(unwind, &self.interpreter, started))
    }

    /// Calls a function value only for its result: it works on a copy of the variables, has no input, output or
    /// terminal, and is ended when its time is up.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::Dialog;
    /// use std::time::Duration;
    ///
    /// let mut dialog = Dialog::new(Session::new())?;
    /// dialog.run(dialog.check("1", "let double = n => n * 2")?);
    /// let double = dialog.value("double").ok_or("it is declared")?;
    /// let doubled = dialog.consult(&double, &[21.into()], Duration::from_secs(1))?;
    /// assert_eq!(format!("{doubled:?}"), "42");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails as the function does, or with [`ErrorKind::TimedOut`].
    pub fn consult(&self, function: &Value, arguments: &[Value], time: Duration) -> Result<Value, Error> {
        let started = Instant::now();
        let consulted = self.interpreter.consult(function, arguments, time);
        consulted.map_err(|unwind| failed(unwind, &self.interpreter, started))
    }

    // -------------------------------------------------------------------------------------- being stopped

    /// Ends the running entry, or the next one if none is running, from any thread: its programs get SIGTERM, and
    /// SIGKILL after the grace. If the dialog has the process to itself, the request stands until
    /// [`Dialog::take_signal`], like a signal to the process.
    ///
    /// ```
    /// use pipewright::Session;
    /// use pipewright::dialog::{Dialog, Ended};
    ///
    /// let mut dialog = Dialog::new(Session::new())?;
    /// let token = dialog.cancel_token();
    /// let entry = dialog.check("1", "sleep 60")?;
    /// std::thread::spawn(move || token.cancel());
    /// assert!(matches!(dialog.run(entry), Ended::Signal(_)));
    /// assert!(matches!(dialog.run(dialog.check("2", "true")?), Ended::Value(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel_token(&self) -> CancelToken {
        CancelToken(self.cancel.clone())
    }

    /// Returns the signal (INT, TERM or HUP) that has asked this process to end and was not taken yet. While it is
    /// pending, foreground entries are ended.
    pub fn signal(&self) -> Option<Signal> {
        self.interpreter.request()
    }

    /// Returns that signal, and marks it as taken.
    pub fn take_signal(&self) -> Option<Signal> {
        let signal = self.interpreter.take_request();
        self.cancel.clear();
        signal
    }

    // -------------------------------------------------------------------------------------- how things end

    fn ended(&self, unwind: Unwind, started: Instant) -> Ended {
        match unwind {
            Unwind::Exit(status) => Ended::Exit(status),
            Unwind::Interrupted(signal) => Ended::Signal(signal),
            Unwind::PipeClosed => Ended::Signal(Signal::PIPE),
            // None of these can leave a file: the check refuses that.
            Unwind::Break | Unwind::Continue | Unwind::Return => Ended::Value(Value::Null),
            Unwind::Error(_) | Unwind::TimedOut(_) | Unwind::Exhausted => {
                Ended::Failed(failed(unwind, &self.interpreter, started))
            }
        }
    }
}

/// Returns the end of an entry that no longer passes the check.
fn refused(error: ParseError, started: Instant) -> Error {
    let bug = || Diagnostic::new(code::INTERNAL, "the entry was refused without a reason");
    let page = error.0.into_iter().next().unwrap_or_else(bug);
    Error::new(ErrorKind::Script, page, 2, started)
}

impl fmt::Debug for Dialog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialog").field("jobs", &self.jobs()).finish_non_exhaustive()
    }
}

impl Drop for Dialog {
    /// Ends the running jobs, and returns the terminal.
    fn drop(&mut self) {
        let terminal = self.terminal.as_ref();
        self.interpreter.leave(|job| terminal.into_iter().for_each(|terminal| terminal.lend(job)));
        if let Some(terminal) = terminal {
            process::unwatched();
            terminal.reset();
            terminal.give_back();
        }
    }
}
