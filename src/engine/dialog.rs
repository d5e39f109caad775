//! A script that is given in parts, each run before the next is known: what the prompt works on.

use super::script::Files;
use super::source;
use super::terminal::Terminal;
use crate::check::program::{Function, Program};
use crate::check::{Earlier, Loaded, Loader, Meaning};
use crate::diag::quote_argv;
use crate::diag::{Code, Diagnostic, Redactions, code};
use crate::eval::{Interpreter, Job, JobState, Setup, Unwind};
use crate::host::Hosted;
use crate::process::{self, Attended, Control, Descriptor, Environment, FileTable, Signal};
use crate::span::Span;
use crate::value::Value;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// The state that entries share: variables, functions, directory, environment, jobs.
pub(crate) struct Dialog {
    interpreter: Interpreter,
    earlier: Earlier,
    terminal: Terminal,
}

/// An entry that has passed the check.
pub(crate) struct Entry {
    program: Arc<Program>,
    earlier: Earlier,
}

/// How an entry ended.
pub(crate) enum Ended {
    /// With the value of the call that it ends with, else null.
    Value(Value),
    /// By an error, with the statuses of the stages of the pipeline that it comes from.
    Error { page: Box<Diagnostic>, status: u8, statuses: Vec<u8> },
    /// `exit`: the dialog is over.
    Exit(u8),
    /// By a signal.
    Signal(Signal),
    /// Not at all: it is suspended.
    Suspended(Told),
}

/// A job, as it is told of.
pub(crate) struct Told {
    pub number: usize,
    /// What started it.
    pub text: String,
}

/// What has become of a job beside.
pub(crate) enum News {
    Ended(Ended),
    Suspended,
    /// By somebody else than the prompt.
    Continued,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Variable,
    Function,
    File,
}

impl Dialog {
    /// One that works on the streams, signals, directory and environment of this process, whose terminal somebody
    /// types at, with functions and stages of its own.
    ///
    /// # Errors
    /// A bug of ours.
    pub fn new(hosted: Hosted) -> Result<Self, Vec<Diagnostic>> {
        let setup = Setup { own_process: true, interactive: true, ..Setup::default() };
        process::watched();
        let earlier = Earlier::none(Hosted { numbers_jobs: true, ..hosted });
        let interpreter = Interpreter::new(Arc::new(earlier.program()?), setup);
        Ok(Self { interpreter, earlier, terminal: Terminal::take() })
    }

    /// Checks an entry, and runs nothing.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn check(&self, name: &str, text: &str) -> Result<Entry, Vec<Diagnostic>> {
        let source = source(name, text.as_bytes().to_vec()).map_err(|error| error.0)?;
        let loader = Rc::new(FilesBelow { entry: name.to_string(), directory: self.directory() });
        let (program, earlier) = self.earlier.check(&source, loader)?;
        Ok(Entry { program: Arc::new(program), earlier })
    }

    /// The parts of a text that is being typed which the check would refuse. No file is read for it.
    pub fn wrong(&self, text: &str) -> Vec<(Code, Span)> {
        let Ok(source) = source("typed", text.as_bytes().to_vec()) else { return Vec::new() };
        let errors = self.earlier.errors(&source, Rc::new(NoFiles));
        let at = |error: &Diagnostic| {
            let label = error.primary().filter(|label| Arc::ptr_eq(&label.source, &source))?;
            Some((error.code, label.span))
        };
        errors.iter().filter(|error| error.code != code::USE_FAILED).filter_map(at).collect()
    }

    /// Calls a function that an entry has declared, beside the entries: what it runs is no pipeline of theirs.
    ///
    /// # Errors
    /// Its failure.
    pub fn call(&mut self, name: &str, arguments: &[Value]) -> Option<Result<Value, Box<Diagnostic>>> {
        let Meaning::Function(id) = self.earlier.meaning(name)? else { return None };
        let called = self.interpreter.call_beside(id, arguments);
        Some(called.map_err(|unwind| match self.ended(unwind) {
            Ended::Error { page, .. } => page,
            _ => Box::new(Diagnostic::new(code::CANCELLED, format!("`{name}` was ended"))),
        }))
    }

    /// Calls a function value to know what it returns, and for nothing else that it may do; see
    /// [`Interpreter::consult`].
    ///
    /// # Errors
    /// Its failure; its time is up.
    pub fn consult(
        &self,
        function: &Value,
        arguments: &[Value],
        time: Duration,
    ) -> Result<Value, Box<Diagnostic>> {
        let consulted = self.interpreter.consult(function, arguments, time);
        consulted.map_err(|unwind| match self.ended(unwind) {
            Ended::Error { page, .. } => page,
            _ => Box::new(Diagnostic::new(code::CANCELLED, "the function was ended")),
        })
    }

    /// Runs a program as an entry, which has the terminal: what the prompt itself starts for who types. A text is its
    /// standard input, if one is given.
    pub fn run_program(&mut self, argv: &[Vec<u8>], stdin: Option<&[u8]>) -> Ended {
        let entry = match self.check("prompt", &format!("command {}", quote_argv(argv))) {
            Ok(entry) => entry,
            Err(errors) => {
                let page = errors.into_iter().next().map(Box::new);
                let error = page.map(|page| Ended::Error { page, status: 2, statuses: vec![2] });
                return error.unwrap_or(Ended::Value(Value::Null));
            }
        };
        let Some(text) = stdin else { return self.run(entry) };
        let input = match process::here_document(text) {
            Ok(file) => Descriptor::Open(Arc::new(file)),
            Err(error) => {
                let message = format!("the text can't be handed on: {}", crate::diag::reason(&error));
                let page = Box::new(Diagnostic::new(code::CANNOT_OPEN, message));
                return Ended::Error { page, status: 126, statuses: vec![126] };
            }
        };
        let files = FileTable::of([input, Descriptor::Inherited(1), Descriptor::Inherited(2)]);
        let before = self.interpreter.exchange_files(files);
        let ended = self.run(entry);
        self.interpreter.exchange_files(before);
        ended
    }

    /// Runs an entry. What it declares is there for the next, as far as it came; of one that is suspended nothing is.
    pub fn run(&mut self, entry: Entry) -> Ended {
        let terminal = &self.terminal;
        let running = match self.interpreter.begin(entry.program, |control| terminal.lend(control)) {
            Ok(running) => running,
            Err(unwind) => {
                self.terminal.take_back();
                return self.ended(unwind);
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
        let ended = match ran {
            Ok(value) => Ended::Value(value),
            Err(unwind) => self.ended(unwind),
        };
        self.settle(ended)
    }

    /// Has a job that has the terminal run until it ends or is suspended: whether it is that.
    fn attend(&self, state: &JobState) -> bool {
        let Some(control) = &state.control else { return false };
        let attended = control.attend();
        let modes = self.terminal.take_back();
        if attended != Attended::Suspended {
            return false;
        }
        control.keep_modes(modes);
        self.terminal.reset();
        true
    }

    /// A job in the foreground has ended: a program that was killed can't have left the terminal's modes on purpose.
    fn settle(&mut self, ended: Ended) -> Ended {
        match &ended {
            Ended::Signal(_) => self.terminal.reset(),
            Ended::Error { status, .. } if *status > 128 => self.terminal.reset(),
            _ => self.terminal.keep(),
        }
        ended
    }

    fn suspended(&self, number: usize) -> Ended {
        let job = self.interpreter.jobs().into_iter().find(|job| job.number == number);
        Ended::Suspended(Told { number, text: job.map(|job| job.text()).unwrap_or_default() })
    }

    /// Continues a job, the last one if none is named, which is announced before. In the foreground it has the terminal,
    /// and this is how it ends.
    ///
    /// # Errors
    /// There is none.
    pub fn resume(
        &mut self,
        number: Option<usize>,
        foreground: bool,
        announce: impl FnOnce(Told),
    ) -> Result<Option<Ended>, String> {
        let job = self.job(number)?;
        let Some(control) = &job.state.control else {
            return Err(format!("job {} has no group", job.number));
        };
        announce(Told { number: job.number, text: job.text() });
        if !foreground {
            control.resume();
            return Ok(None);
        }
        self.terminal.lend(control);
        control.resume();
        if self.attend(&job.state) {
            let ended = self.suspended(job.number);
            return Ok(Some(ended));
        }
        let ended = self.end_of(&job);
        Ok(Some(self.settle(ended)))
    }

    /// The job of that number, or the one that was suspended or began last.
    fn job(&self, number: Option<usize>) -> Result<Job, String> {
        let jobs = self.interpreter.jobs();
        match number {
            Some(number) => {
                jobs.into_iter().find(|job| job.number == number).ok_or(format!("there is no job {number}"))
            }
            None => {
                let last = |job: &&Job| (job.state.is_suspended(), job.number);
                jobs.iter().max_by_key(last).cloned().ok_or_else(|| "there is no job".to_string())
            }
        }
    }

    fn end_of(&mut self, job: &Job) -> Ended {
        match self.interpreter.take_job(job) {
            Ok(()) => Ended::Value(job.state.value()),
            Err(unwind) => self.ended(unwind),
        }
    }

    fn ended(&self, unwind: Unwind) -> Ended {
        let error = match unwind {
            Unwind::Exit(status) => return Ended::Exit(status),
            Unwind::Interrupted(signal) => return Ended::Signal(signal),
            Unwind::PipeClosed => return Ended::Signal(Signal::PIPE),
            // None of these leaves a file: there is no limit of a run, and the check refuses the others.
            Unwind::Break | Unwind::Continue | Unwind::Return | Unwind::Exhausted => {
                return Ended::Value(Value::Null);
            }
            Unwind::Error(error) => error,
            Unwind::TimedOut(timed_out) => Box::new(timed_out.into_error()),
        };
        let (status, statuses) = (error.status, error.statuses());
        let page = self.interpreter.advised(error.into_page());
        let page = Box::new(page.redact(self.interpreter.redactions()));
        Ended::Error { page, status, statuses }
    }

    /// Ends what runs beside, and gives the terminal back.
    pub fn leave(&mut self) {
        self.interpreter.leave();
        process::unwatched();
        self.terminal.give_back();
    }

    /// The signal that has asked this process to end, if one has.
    pub fn request(&self) -> Option<Signal> {
        self.interpreter.request()
    }

    /// The same, which is then settled.
    pub fn take_request(&self) -> Option<Signal> {
        self.interpreter.take_request()
    }

    // -------------------------------------------------------------------------------------- what there is

    /// The names that entries have declared, in no order.
    pub fn names(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.earlier.names().map(|(name, meaning)| (name, kind_of(meaning)))
    }

    /// What a name stands for.
    pub fn kind(&self, name: &str) -> Option<Kind> {
        self.earlier.meaning(name).map(kind_of)
    }

    /// The value of a variable.
    pub fn value(&self, name: &str) -> Option<Value> {
        match self.earlier.meaning(name)? {
            Meaning::Variable(slot) => Some(self.interpreter.value_of(slot)),
            _ => None,
        }
    }

    /// A function that an entry has declared.
    pub fn function(&self, name: &str) -> Option<&Arc<Function>> {
        match self.earlier.meaning(name)? {
            Meaning::Function(id) => Some(self.interpreter.function_of(id)),
            _ => None,
        }
    }

    /// The directory that commands run in.
    pub fn directory(&self) -> PathBuf {
        self.interpreter.directory()
    }

    /// The environment that programs get.
    pub fn environment(&self) -> &Environment {
        self.interpreter.environment()
    }

    /// The jobs that have not ended.
    pub fn jobs(&self) -> Vec<Told> {
        let running = self.interpreter.jobs().into_iter().filter(|job| job.state.status().is_none());
        running.map(|job| Told { number: job.number, text: job.text() }).collect()
    }

    /// How many jobs have not ended.
    pub fn jobs_running(&self) -> usize {
        self.interpreter.jobs().iter().filter(|job| job.state.status().is_none()).count()
    }

    /// How many of those are suspended.
    pub fn jobs_suspended(&self) -> usize {
        self.interpreter.jobs().iter().filter(|job| job.state.is_suspended()).count()
    }

    /// What has become of jobs beside since the last call.
    pub fn news(&mut self) -> Vec<(Told, News)> {
        let mut news = Vec::new();
        for job in self.interpreter.jobs() {
            let told = Told { number: job.number, text: job.text() };
            if job.state.status().is_some() {
                news.push((told, News::Ended(self.end_of(&job))));
                continue;
            }
            match job.state.control.as_ref().map(Control::look) {
                Some(Attended::Suspended) => news.push((told, News::Suspended)),
                Some(Attended::Continued) => news.push((told, News::Continued)),
                _ => {}
            }
        }
        news
    }

    /// What no message shows.
    pub fn redactions(&self) -> &Redactions {
        self.interpreter.redactions()
    }
}

fn kind_of(meaning: Meaning) -> Kind {
    match meaning {
        Meaning::Variable(_) => Kind::Variable,
        Meaning::Function(_) => Kind::Function,
        Meaning::File => Kind::File,
    }
}

/// Reads the files that entries use: those that an entry names itself are looked for in the directory of the dialog.
struct FilesBelow {
    entry: String,
    directory: PathBuf,
}

/// Reads none: a text that is being typed is looked at with each key.
struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _: &str, _: &str) -> Result<Loaded, String> {
        Err(String::new())
    }

    fn key(&self, _: &str) -> Option<String> {
        None
    }
}

impl Loader for FilesBelow {
    fn load(&self, from: &str, path: &str) -> Result<Loaded, String> {
        if from != self.entry {
            return Files.load(from, path);
        }
        Files.load("", &self.directory.join(Path::new(path)).to_string_lossy())
    }

    fn key(&self, name: &str) -> Option<String> {
        if name == self.entry { None } else { Files.key(name) }
    }
}
