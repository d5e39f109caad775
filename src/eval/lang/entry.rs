//! A run in parts: the entries of a prompt.

use crate::check::program::{Function, FunctionId, Program, Slot};
use crate::eval::Interpreter;
use crate::eval::lang::init_order::{is_unset, unset};
use crate::eval::report::unwind::{Eval, Unwind, status_of};
use crate::eval::scope::settings::{Settings, TimeLimit};
use crate::eval::tasks::handlers::Handlers;
use crate::eval::tasks::job::Job;
use crate::eval::tasks::job_state::{Ending, JobState};
use crate::eval::tasks::wait::wait_for_ends;
use crate::process::{self, Control, Descriptor, Environment, FileTable, OpenMode, Signal};
use crate::span::Span;
use crate::value::Value;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// An entry that runs on its own thread: its job, and the channel of its result.
pub struct Running {
    pub state: Arc<JobState>,
    program: Arc<Program>,
    came_of_it: Receiver<(Interpreter, Eval<Value>)>,
}

impl Interpreter {
    /// Starts one more entry as a job, to whose process group `lend` may give the terminal. Until it has ended, this
    /// interpreter has the state from before it, with which the prompt continues if the entry is suspended
    /// ([`Interpreter::part_with`]).
    pub fn begin(&mut self, program: Arc<Program>, lend: impl FnOnce(&Control)) -> Eval<Running> {
        let span = Span::default();
        // Installs the handlers, if this is the first entry.
        self.interrupt();
        let state = Arc::new(self.state_at_prompt().map_err(|error| self.no_job(&error, span))?);
        if let Some(control) = &state.control {
            // Before the terminal is lent: Ctrl-C may have arrived already.
            state.cancel.set_alone(false);
            lend(control);
        }
        let mut before = self.fork();
        (before.depth, before.jobs) = (self.depth, self.jobs.clone());
        before.handlers = Handlers::of_script(self.shared.own_process);
        let mut worker = std::mem::replace(self, before);
        let settings = worker.env.settings.clone();
        worker.env.settings = Arc::new(Settings { job: Some(state.clone()), ..(*settings).clone() });
        let (give, came_of_it) = channel();
        let (ending, entry) = (Ending(state.clone()), program.clone());
        state.spawn(self, span, move || {
            let ran = worker.enter(entry);
            (worker.env.settings, worker.handled_signals) = (settings, 0);
            ending.0.ended(status_of(&ran));
            // The variables of a suspended entry are not used.
            give.send((worker, ran)).or_else(|unwanted| unwanted.0.1.map(|value| ending.0.came_to(value)))
        })?;
        Ok(Running { state, program, came_of_it })
    }

    /// Takes the result and the state of an entry that has ended.
    pub fn finish(&mut self, running: Running) -> Eval<Value> {
        let came_of_it = running.came_of_it.recv();
        let span = Span::default();
        let source = running.program.source(running.program.script).clone();
        let joined = self.await_job(&Job {
            number: 0,
            state: running.state,
            source,
            span,
            is_orphan: false,
            worker: None,
        });
        match came_of_it {
            Ok((interpreter, ran)) => {
                *self = interpreter;
                ran
            }
            // The thread panicked.
            Err(_) => joined.map(|()| Value::Null),
        }
    }

    /// Makes a suspended entry a background job of the prompt, and returns its number.
    pub fn part_with(&mut self, running: Running) -> usize {
        let source = running.program.source(running.program.script).clone();
        let span = Span::new(0, source.text().len());
        self.jobs.add(running.state, source, span)
    }

    /// Returns the jobs that no command has awaited.
    pub fn jobs(&self) -> Vec<Job> {
        // The jobs of a `( list )` end without a report.
        for orphan in self.jobs.take_orphans(false) {
            let _ = self.await_job(&orphan);
        }
        self.jobs.own()
    }

    /// Removes a job that has ended, and returns its failure, if it failed.
    pub fn take_job(&mut self, job: &Job) -> Eval<()> {
        self.jobs.remove(&job.state);
        self.await_job(job)
    }

    /// Runs one more entry: a program that includes all earlier ones. Its jobs continue beside later entries. Returns
    /// the value of its last call, or null.
    fn enter(&mut self, program: Arc<Program>) -> Eval<Value> {
        self.modules.all_mut().resize_with(program.slots, unset);
        self.module = program.script;
        self.program = program;
        self.result = Some(Value::Null);
        let body = self.program.main_module().clone();
        let ran = self.block(&body.body).and_then(|()| self.check_interrupt());
        self.leave_calls();
        self.status = match &ran {
            Ok(()) => 0,
            Err(Unwind::Error(error)) => error.status,
            Err(_) => self.status,
        };
        ran.map(|()| self.result())
    }

    /// Discards the calls and deferred blocks that a failure has left open.
    fn leave_calls(&mut self) {
        self.frames.clear();
        (self.frame, self.calls, self.defer_mask) = (0, 0, None);
        self.handlers.forget();
    }

    /// Calls a function of the program, and keeps the state of the last entry.
    pub fn call_beside(&mut self, id: FunctionId, arguments: &[Value]) -> Eval<Value> {
        let status = self.status;
        let function = self.function_value(id);
        let span = self.program.function(id).span;
        let result = self.apply_values(&function, arguments, span);
        self.leave_calls();
        self.status = status;
        result
    }

    /// Calls a function value only for its result. It has a time limit, no input and no output, and works on a copy:
    /// its changes are discarded, and its programs can't access the terminal.
    pub fn consult(&self, function: &Value, arguments: &[Value], time: Duration) -> Eval<Value> {
        let span = Span::default();
        let mut copy = self.copy();
        let null = |mode| -> Eval<Descriptor> {
            let file = process::open(None, b"/dev/null", mode).map_err(|error| self.no_null(&error, span))?;
            Ok(Descriptor::Open(Arc::new(file)))
        };
        copy.env.files =
            FileTable::of([null(OpenMode::Read)?, null(OpenMode::Append)?, null(OpenMode::Append)?]);
        let limit = TimeLimit::of_run(time, true, copy.source().clone());
        let limits = vec![Arc::new(limit)];
        copy.env.settings =
            Arc::new(Settings { limits, own_sessions: true, grace: time / 2, ..Settings::default() });
        let result = copy.apply_values(function, arguments, span);
        copy.stop_jobs();
        result
    }

    /// Returns the files of standard input, output and error.
    pub fn files(&self) -> &FileTable {
        &self.env.files
    }

    /// Replaces the files, and returns the earlier ones.
    pub fn exchange_files(&mut self, files: FileTable) -> FileTable {
        std::mem::replace(&mut self.env.files, files)
    }

    /// Ends the background jobs when the user leaves the prompt. They get HUP, as when the terminal closes. Those
    /// that have not ended after a moment get TERM, and KILL after the grace. In the meantime, `lend` gives the
    /// terminal to each suspended job. For example, vim(1) saves its files and restores the modes of the terminal,
    /// for which the kernel would stop it in the background. A job of nohup or setsid continues.
    pub fn leave(&mut self, lend: impl Fn(&Control)) {
        const MOMENT: Duration = Duration::from_secs(1);
        let runs = |job: &Job| job.state.status().is_none();
        self.jobs.lock().retain(|job| !job.state.survives());
        let jobs = self.jobs.lock().clone();
        let (suspended, others): (Vec<Job>, Vec<Job>) =
            jobs.iter().cloned().partition(|job| job.state.is_suspended());
        let await_ends = |jobs: &[Job]| wait_for_ends(jobs, Instant::now() + MOMENT);
        others.iter().for_each(|job| job.state.signal(Signal::HUP));
        for job in &suspended {
            job.state.control.iter().for_each(|control| lend(control));
            job.state.signal(Signal::HUP);
            await_ends(std::slice::from_ref(job));
        }
        await_ends(&others);
        // A job that was stopped again would stay stopped for the whole grace.
        for job in jobs.iter().filter(|job| runs(job)) {
            if job.state.control.as_ref().is_some_and(|control| !control.has_running()) {
                job.state.signal(Signal::KILL);
            }
        }
        self.stop_jobs();
    }

    /// Returns the value of a variable; null when its `let` has not run.
    pub fn value_of(&self, slot: Slot) -> Value {
        let value = self.modules.get(slot.place());
        value.filter(|value| !is_unset(value)).cloned().unwrap_or_default()
    }

    /// Returns whether a variable has a value.
    pub fn has_value(&self, slot: Slot) -> bool {
        self.modules.get(slot.place()).is_some_and(|value| !is_unset(value))
    }

    /// Returns the directory that commands run in.
    pub fn directory(&self) -> PathBuf {
        match &self.env.directory {
            Some(_) => self.directory_path(),
            None => std::env::current_dir().unwrap_or_default(),
        }
    }

    /// Returns whether the directory is a path, and not that of the process.
    pub fn has_directory(&self) -> bool {
        self.env.directory.is_some()
    }

    /// Makes the directory of the process a path: PWD, if it names the directory. Does nothing if no path leads there,
    /// as after su(1) in a private directory.
    pub fn adopt_directory(&mut self) {
        let path = self.working_directory(Span::default()).ok();
        let path = path.filter(|path| Path::new(OsStr::from_bytes(path)).join(".").metadata().is_ok());
        self.env.directory = path.and_then(|path| Some(CString::new(path).ok()?.into()));
    }

    /// Makes commands run in the directory of the process.
    pub fn lose_directory(&mut self) {
        self.env.directory = None;
    }

    pub fn environment(&self) -> &Environment {
        &self.env.environment
    }

    /// Returns a function of the program.
    pub fn function_of(&self, id: FunctionId) -> &Arc<Function> {
        self.program.function(id)
    }

    /// Returns the signal that has asked this process to end, if one has.
    pub fn request(&self) -> Option<Signal> {
        self.interrupt().raised().map(|raised| raised.signal)
    }

    /// Returns the signal that has asked this process to end, and settles it.
    pub fn take_request(&self) -> Option<Signal> {
        let request = self.request();
        // A request that arrives between the two is not settled: it is for the next entry.
        if request.is_some() {
            self.interrupt().clear();
        }
        request
    }
}
