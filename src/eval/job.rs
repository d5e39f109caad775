//! Background jobs: what runs beside the script, and never outlives it.

use super::settings::Settings;
use super::unwind::{Error, Eval, Failure, Unwind};
use super::{Interpreter, page};
use crate::check::program::{AndOr, Block, Pipeline};
use crate::diag::{Source, code, reason};
use crate::process::{Descriptor, FileTable, Interrupt, OpenMode, open};
use crate::span::Span;
use crate::sys::Pid;
use crate::value::{Opaque, Value};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A background job: `cmd &`, `spawn { … }`. The values that stand for it hold the same.
pub struct Job {
    pub state: Arc<JobState>,
    pub source: Arc<Source>,
    pub span: Span,
}

impl Job {
    /// The first line of what started it.
    fn text(&self) -> String {
        let text = self.source.text().get(self.span.range()).unwrap_or_default();
        crate::diag::visible(text.lines().next().unwrap_or_default().as_bytes())
    }
}

/// What the job and those who wait for it share.
pub struct JobState {
    /// Stops it.
    pub cancel: Interrupt,
    thread: Mutex<Option<JoinHandle<Eval<()>>>>,
    /// The first process that it started.
    pid: OnceLock<Pid>,
    /// Set when it has ended.
    status: OnceLock<u8>,
}

impl JobState {
    /// Notes a process of its own.
    pub fn started(&self, pid: Pid) {
        let _ = self.pid.set(pid);
    }

    pub fn pid(&self) -> Option<Pid> {
        self.pid.get().copied()
    }

    pub fn status(&self) -> Option<u8> {
        self.status.get().copied()
    }
}

impl Interpreter {
    /// `cmd &`
    pub(super) fn background(&mut self, and_or: &Arc<AndOr>, span: Span) -> Eval<()> {
        if self.dry.is_some() {
            return self.dry_background(and_or);
        }
        if self.settings.detach {
            return self.detached(&and_or.first);
        }
        let and_or = and_or.clone();
        self.start_job(span, move |fork| match fork.and_or(&and_or)? {
            None => Ok(()),
            Some(failure) => Err(fork.raise(failure)),
        })?;
        Ok(())
    }

    /// `spawn { … }`: the job as a value.
    pub(super) fn spawn_block(&mut self, block: &Arc<Block>, span: Span) -> Eval<Value> {
        let block = block.clone();
        let state = self.start_job(span, move |fork| fork.block(&block))?;
        let name = state.pid().map_or_else(String::new, |pid| pid.to_string());
        Ok(Value::from(Opaque::new("job", name, state)))
    }

    /// Starts the programs of a pipeline that is left to itself.
    fn detached(&mut self, pipeline: &Pipeline) -> Eval<()> {
        match self.pipeline(pipeline)? {
            None => Ok(()),
            Some(failure) => Err(self.raise(failure)),
        }
    }

    fn start_job(
        &mut self,
        span: Span,
        work: impl FnOnce(&mut Interpreter) -> Eval<()> + Send + 'static,
    ) -> Eval<Arc<JobState>> {
        let mut fork = self.fork();
        self.close_inherited_input(&mut fork.files, span)?;
        // The handlers must be there before the job has children: a signal then ends them too.
        let outer = self.interrupt();
        let cancel = if self.shared.interactive { Interrupt::new() } else { outer.child() };
        let cancel = cancel.map_err(|error| {
            let message = format!("can't start a job: {}", reason(&error));
            self.fail(Error::command(page(code::SPAWN_FAILED, self.source(), span, message, "this job"), 126))
        })?;
        let state = Arc::new(JobState {
            cancel,
            thread: Mutex::new(None),
            pid: OnceLock::new(),
            status: OnceLock::new(),
        });
        fork.settings = Arc::new(Settings { job: Some(state.clone()), ..(*self.settings).clone() });
        let shared = state.clone();
        let thread = self.thread(span, move || {
            let result = match work(&mut fork) {
                Ok(()) => fork.await_jobs(),
                Err(unwind) => {
                    fork.end_jobs(&unwind);
                    Err(unwind)
                }
            };
            // The block whose time it was may be over: then nobody is there to make it an error.
            let result = match result {
                Err(Unwind::TimedOut(timed_out)) if !timed_out.limit.hard => {
                    Err(timed_out.into_error().into())
                }
                other => other,
            };
            let _ = shared.status.set(status_of(&result));
            result
        })?;
        *state.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        self.jobs.push(Job { state: state.clone(), source: self.source().clone(), span });
        Ok(state)
    }

    /// Without job control a job's standard input is empty (POSIX 2.9.3.1), unless the block that it stands in has one
    /// of its own, as in bash.
    pub(super) fn close_inherited_input(&self, files: &mut FileTable, span: Span) -> Eval<()> {
        let own = |input: &Descriptor| {
            matches!(input, Descriptor::Inherited(_)) || self.shared.is_closed_input(input)
        };
        if files.get(0).is_some_and(own) {
            let null = open(None, b"/dev/null", OpenMode::Read);
            let null = null.map_err(|error| self.no_null(&error, span))?;
            files.set(0, Arc::new(null));
        }
        Ok(())
    }

    /// Waits for all jobs; the failure of the first that failed is one here.
    pub(super) fn await_jobs(&mut self) -> Eval<()> {
        let mut first = None;
        for job in std::mem::take(&mut self.jobs) {
            let result = self.await_job(&job);
            first = first.or(result.err());
        }
        // In sh the status of `wait` is 0, whatever the jobs' were: no `||` takes their failure for its own.
        first.map_or(Ok(()), |unwind| Err(unwind.not_absorbed()))
    }

    /// Waits for a job, whose failure is one here. A job that the script itself has stopped has not failed.
    fn await_job(&self, job: &Job) -> Eval<()> {
        let thread = job.state.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return Ok(()) };
        match thread.join() {
            Ok(Ok(()) | Err(Unwind::Exit(0) | Unwind::PipeClosed)) => Ok(()),
            Ok(Err(Unwind::Exit(status))) => {
                let message = format!("the job exited with {status}");
                let error = page(code::COMMAND_FAILED, &job.source, job.span, message, "this job");
                Err(super::Error::command(error, status).into())
            }
            Ok(Err(Unwind::Interrupted(_))) if self.interrupt().raised().is_none() => Ok(()),
            Ok(Err(unwind)) => Err(unwind),
            Err(_) => Err(self.raise(Failure::Stages(vec![self.crashed(job.span)]))),
        }
    }

    /// Takes the jobs out that have ended: the text of each, and its failure if it failed.
    #[cfg(feature = "prompt")]
    pub fn ended_jobs(&mut self) -> Vec<(String, Eval<()>)> {
        let jobs = std::mem::take(&mut self.jobs);
        let (ended, running) = jobs.into_iter().partition(|job| job.state.status().is_some());
        self.jobs = running;
        let ended: Vec<Job> = ended;
        ended.into_iter().map(|job| (job.text(), self.await_job(&job))).collect()
    }

    /// The script ends early. An interrupt ends its jobs by itself; after a failure they are awaited, since half a
    /// job is worse than a late one.
    pub(super) fn end_jobs(&mut self, _: &Unwind) {
        for job in std::mem::take(&mut self.jobs) {
            let _ = self.await_job(&job);
        }
    }

    /// Stops all jobs and waits until they have ended.
    pub(super) fn stop_jobs(&mut self) {
        let jobs = std::mem::take(&mut self.jobs);
        for job in &jobs {
            job.state.cancel.raise(self.settings.signal);
        }
        for job in jobs {
            let _ = self.await_job(&job);
        }
    }

    // -------------------------------------------------------------------------------------- jobs as values

    /// `job.wait()`: its status; its failure is one here.
    pub(super) fn wait_for_job(&mut self, state: &Arc<JobState>) -> Eval<Value> {
        let place = self.jobs.iter().position(|job| Arc::ptr_eq(&job.state, state));
        match place {
            Some(place) => {
                let job = self.jobs.remove(place);
                self.await_job(&job)?;
            }
            // Another copy of the variables has it; the thread that started it awaits it in the end.
            None => {
                while state.status().is_none() {
                    self.pause(Duration::from_millis(20))?;
                }
            }
        }
        Ok(Value::Int(i64::from(state.status().unwrap_or_default())))
    }

    /// `job.pid` and `job.status`.
    pub(super) fn job_field(state: &JobState, name: &[u8]) -> Option<Value> {
        match name {
            b"pid" => Some(state.pid().map_or(Value::Null, |pid| Value::Int(i64::from(pid)))),
            b"status" => Some(state.status().map_or(Value::Null, |status| Value::Int(i64::from(status)))),
            _ => None,
        }
    }

    /// `wait PID…`: waits for the jobs whose first processes these were.
    pub(super) fn wait_for(&mut self, pid: Pid) -> Option<Eval<Value>> {
        let state = self.jobs.iter().find(|job| job.state.pid() == Some(pid))?.state.clone();
        Some(self.wait_for_job(&state))
    }

    /// A line for each job that runs: its number, its process and the text that started it.
    pub(super) fn list_jobs(&self) -> String {
        let running = self.jobs.iter().enumerate().filter(|(_, job)| job.state.status().is_none());
        running
            .map(|(place, job)| {
                let pid = job.state.pid().map_or_else(|| "-".to_string(), |pid| pid.to_string());
                // The form of POSIX's jobs -l, without signs for a current job: no command here takes one.
                format!("[{}] {pid} Running {}\n", place + 1, job.text())
            })
            .collect()
    }
}

/// The status that a job ended with.
fn status_of(result: &Eval<()>) -> u8 {
    match result {
        Ok(()) => 0,
        Err(Unwind::Exit(status)) => *status,
        Err(Unwind::Error(error)) => error.status,
        Err(Unwind::Interrupted(signal)) => 128_u8.saturating_add(signal.number().unsigned_abs() as u8),
        Err(Unwind::PipeClosed) => 141,
        Err(_) => 1,
    }
}
