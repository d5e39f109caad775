//! Background jobs, which run beside the script and never outlive it.

use crate::check::program::{AndOr, Block, Command, Pipeline, Stage, StageKind, Target, Word};
use crate::diag::{Source, code, reason};
use crate::eval::Interpreter;
use crate::eval::page;
use crate::eval::report::unwind::{Error, Eval, Failure, Unwind, status_of};
use crate::eval::scope::settings::Settings;
use crate::eval::tasks::job_state::{Ending, JobState};
use crate::eval::workers::{Pool, Worker};
use crate::process::{Control, Descriptor, FileTable, Interrupt, OpenMode, open};
use crate::span::Span;
use crate::sys::Pid;
use crate::value::{Opaque, Value};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A job: `cmd &`, `spawn { … }`, or an entry of a prompt. The values that represent it share its state.
#[derive(Clone)]
pub struct Job {
    /// The number in `%N`.
    pub number: usize,
    pub state: Arc<JobState>,
    pub source: Arc<Source>,
    pub span: Span,
    /// Whether the `( list )` that started it has ended: no command can name it, and only the end of the run waits for
    /// it.
    pub is_orphan: bool,
    /// The worker whose block it runs. `wait` does not wait for it.
    pub worker: Option<Arc<Worker>>,
}

impl Job {
    /// Returns the first line of the text that started it.
    pub fn text(&self) -> String {
        let text = self.source.text().get(self.span.range()).unwrap_or_default();
        crate::diag::visible(text.lines().next().unwrap_or_default().as_bytes())
    }
}

/// The jobs of one scope. Clones share them: the jobs of a prompt belong to the caller that runs its entries.
///
/// Created with the first job: an allocation is a noticeable part of the cost of a small run.
#[derive(Default)]
pub struct Jobs {
    list: OnceLock<Arc<Mutex<Vec<Job>>>>,
    /// The pools of the scope, which end with its workers.
    pools: OnceLock<Arc<Mutex<Vec<Arc<Pool>>>>>,
    /// Whether they are the jobs of a turn side by side, and a plain loop would know further jobs.
    is_part: bool,
}

impl Clone for Jobs {
    fn clone(&self) -> Self {
        Self {
            list: OnceLock::from(self.list.get_or_init(Arc::default).clone()),
            pools: OnceLock::from(self.pools.get_or_init(Arc::default).clone()),
            is_part: self.is_part,
        }
    }
}

impl Jobs {
    /// Returns the jobs of a turn side by side: none.
    pub fn of_turn(is_part: bool) -> Self {
        Self { list: OnceLock::new(), pools: OnceLock::new(), is_part }
    }

    pub fn lock(&self) -> MutexGuard<'_, Vec<Job>> {
        self.list.get_or_init(Arc::default).lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_empty(&self) -> bool {
        self.list.get().is_none() || self.lock().is_empty()
    }

    /// Returns whether the words of a turn would name fewer jobs than those of a plain loop: there are some around the
    /// turns. The job that runs the loop doesn't count.
    pub fn are_around(&self, own: Option<&Arc<JobState>>) -> bool {
        let is_own = |job: &Job| own.is_some_and(|own| Arc::ptr_eq(own, &job.state));
        self.is_part
            || !self.is_empty()
                && self.lock().iter().any(|job| !job.is_orphan && job.worker.is_none() && !is_own(job))
    }

    /// Returns whether there are jobs that only a plain loop would know here.
    pub const fn is_part(&self) -> bool {
        self.is_part
    }

    /// Adds a job at the end, and returns its number.
    pub fn add(&self, state: Arc<JobState>, source: Arc<Source>, span: Span) -> usize {
        let mut jobs = self.lock();
        let own = jobs.iter().filter(|job| !job.is_orphan);
        let number = own.map(|job| job.number).max().unwrap_or_default() + 1;
        jobs.push(Job { number, state, source, span, is_orphan: false, worker: None });
        number
    }

    /// Returns the jobs that commands can name.
    pub fn own(&self) -> Vec<Job> {
        self.lock().iter().filter(|job| !job.is_orphan).cloned().collect()
    }

    /// Takes over the jobs of a `( list )` that has ended.
    pub fn adopt(&self, ended: &Self) {
        if !ended.is_empty() {
            self.lock().extend(ended.take().into_iter().map(|job| Job { is_orphan: true, ..job }));
        }
        ended.take_pools().into_iter().for_each(|pool| self.add_pool(pool));
    }

    /// Removes and returns the orphans: those that have ended, or all.
    pub fn take_orphans(&self, all: bool) -> Vec<Job> {
        if self.is_empty() {
            return Vec::new();
        }
        self.lock().extract_if(.., |job| job.is_orphan && (all || job.state.has_ended())).collect()
    }

    /// Notes that a job runs the block of a worker.
    pub fn note_worker(&self, state: &Arc<JobState>, worker: &Arc<Worker>) {
        if let Some(job) = self.lock().iter_mut().find(|job| Arc::ptr_eq(&job.state, state)) {
            job.worker = Some(worker.clone());
        }
    }

    /// Removes and returns the jobs of workers.
    pub fn take_workers(&self) -> Vec<Job> {
        if self.is_empty() {
            return Vec::new();
        }
        self.lock().extract_if(.., |job| job.worker.is_some()).collect()
    }

    /// Notes a pool.
    pub fn add_pool(&self, pool: Arc<Pool>) {
        let pools = self.pools.get_or_init(Arc::default);
        pools.lock().unwrap_or_else(PoisonError::into_inner).push(pool);
    }

    /// Removes and returns the pools.
    pub fn take_pools(&self) -> Vec<Arc<Pool>> {
        let take = |pools: &Arc<Mutex<Vec<Arc<Pool>>>>| {
            std::mem::take(&mut *pools.lock().unwrap_or_else(PoisonError::into_inner))
        };
        self.pools.get().map(take).unwrap_or_default()
    }

    /// Returns the jobs that `wait` waits for.
    fn awaited(&self) -> Vec<Job> {
        self.lock().iter().filter(|job| job.worker.is_none()).cloned().collect()
    }

    fn take(&self) -> Vec<Job> {
        std::mem::take(&mut *self.lock())
    }

    pub(super) fn find(&self, is_it: impl Fn(&Job) -> bool) -> Option<Job> {
        self.lock().iter().find(|job| !job.is_orphan && is_it(job)).cloned()
    }

    /// Removes a job.
    pub fn remove(&self, state: &Arc<JobState>) -> Option<Job> {
        let mut jobs = self.lock();
        let place = jobs.iter().position(|job| Arc::ptr_eq(&job.state, state))?;
        Some(jobs.remove(place))
    }
}

/// The properties of a job before it starts.
#[derive(Clone, Copy, Default)]
struct JobOptions {
    /// Whether it outlives the prompt.
    survives: bool,
    /// Whether its output is captured.
    capture: bool,
}

impl Interpreter {
    /// `cmd &`
    pub(in crate::eval) fn background(&mut self, and_or: &Arc<AndOr>, span: Span) -> Eval<()> {
        if self.dry.is_some() {
            return self.dry_background(and_or);
        }
        if self.env.settings.detach {
            return self.detached(&and_or.first);
        }
        let survives = self.shared.interactive && survives(and_or);
        let and_or = and_or.clone();
        self.start_job(span, JobOptions { survives, capture: false }, move |fork| {
            match fork.and_or(&and_or)? {
                None => Ok(()),
                Some(failure) => Err(fork.raise(failure)),
            }
        })?;
        Ok(())
    }

    /// `spawn { … }`: returns the job as a value.
    pub(in crate::eval) fn spawn_block(
        &mut self,
        block: &Arc<Block>,
        capture: bool,
        span: Span,
    ) -> Eval<Value> {
        let block = block.clone();
        let work = move |fork: &mut Interpreter| match capture {
            true => fork.captured_job(&block, span),
            false => fork.block(&block),
        };
        let state = self.start_job(span, JobOptions { capture, ..JobOptions::default() }, work)?;
        let name = state.pid().map_or_else(String::new, |pid| pid.to_string());
        Ok(Value::from(Opaque::new("job", name, state)))
    }

    /// Starts the programs of a detached pipeline.
    fn detached(&mut self, pipeline: &Pipeline) -> Eval<()> {
        match self.pipeline(pipeline)? {
            None => Ok(()),
            Some(failure) => Err(self.raise(failure)),
        }
    }

    /// Starts the job that runs the block of a worker.
    pub(in crate::eval) fn start_job_of_worker(
        &mut self,
        span: Span,
        work: impl FnOnce(&mut Interpreter) -> Eval<()> + Send + 'static,
    ) -> Eval<Arc<JobState>> {
        self.start_job(span, JobOptions::default(), work)
    }

    fn start_job(
        &mut self,
        span: Span,
        options: JobOptions,
        work: impl FnOnce(&mut Interpreter) -> Eval<()> + Send + 'static,
    ) -> Eval<Arc<JobState>> {
        let mut fork = self.fork();
        if !self.shared.interactive {
            self.close_inherited_input(&mut fork.env.files, span)?;
        }
        // The handlers must be installed before the job has children, so that a signal ends them, too.
        self.interrupt();
        let state = if self.shared.interactive { self.state_at_prompt() } else { self.state_of_job() };
        let state = Arc::new(state.map_err(|error| self.no_job(&error, span))?);
        state.survives.store(options.survives, Ordering::Relaxed);
        if options.capture {
            state.capture();
        }
        // The requests so far were meant for another run.
        fork.handled_signals = 0;
        fork.env.settings = Arc::new(Settings { job: Some(state.clone()), ..(*self.env.settings).clone() });
        let shared = state.clone();
        state.spawn(self, span, move || {
            let ending = Ending(shared);
            let ran = work(&mut fork);
            let result = fork.settle_jobs(ran);
            // The block that set the time limit may have ended, so no other code would turn this into an error.
            let result = match result {
                Err(Unwind::TimedOut(timed_out)) if !timed_out.limit.hard => {
                    Err(timed_out.into_error().into())
                }
                other => other,
            };
            ending.0.ended(status_of(&result));
            result
        })?;
        self.jobs.add(state.clone(), self.source().clone(), span);
        Ok(state)
    }

    /// Returns the state of a job that does not end with the entry that started it.
    pub(in crate::eval) fn state_at_prompt(&self) -> std::io::Result<JobState> {
        let cancel = match self.shared.interrupt() {
            Some(prompt) => prompt.child()?,
            None => Interrupt::new()?,
        };
        cancel.set_alone(true);
        Ok(JobState::new(cancel.clone(), None, Some(Arc::new(Control::new(cancel)?))))
    }

    /// Returns the state of a job that ends with another job, or with the run.
    fn state_of_job(&self) -> std::io::Result<JobState> {
        let (cancel, keys) = self.job_interrupts()?;
        Ok(JobState::new(cancel, keys, None))
    }

    pub(in crate::eval) fn no_job(&self, error: &std::io::Error, span: Span) -> Unwind {
        let message = format!("can't start a job: {}", reason(error));
        self.fail(Error::command(page(code::SPAWN_FAILED, self.source(), span, message, "this job"), 126))
    }

    /// Without job control, a job has empty standard input (POSIX 2.9.3.1), unless its enclosing block has its own, as
    /// in bash.
    pub(in crate::eval) fn close_inherited_input(&self, files: &mut FileTable, span: Span) -> Eval<()> {
        let own = |input: &Descriptor| {
            matches!(input, Descriptor::Inherited(_)) || self.shared.is_closed_input(input)
        };
        if files.get(0).is_none_or(own) {
            let null = open(None, b"/dev/null", OpenMode::Read);
            let null = null.map_err(|error| self.no_null(&error, span))?;
            files.set(0, Arc::new(null));
        }
        Ok(())
    }

    /// Waits for the jobs of successful work, and ends those of failed work. Ends its workers and services.
    pub(in crate::eval) fn settle_jobs<T>(&mut self, ran: Eval<T>) -> Eval<T> {
        let ran = match ran {
            Ok(value) => match self.await_jobs() {
                Ok(()) => self.end_workers().map(|()| value),
                Err(unwind) => {
                    self.stop_workers();
                    Err(unwind)
                }
            },
            Err(unwind) => {
                self.end_jobs(&unwind);
                Err(unwind)
            }
        };
        self.settle_services(ran)
    }

    /// `wait`: waits for all jobs except orphans.
    pub(in crate::eval) fn await_own_jobs(&mut self) -> Eval<()> {
        let orphans = self.jobs.take_orphans(true);
        let ran = self.await_jobs();
        if !orphans.is_empty() {
            self.jobs.lock().extend(orphans);
        }
        ran
    }

    /// Waits for all jobs. Fails with the failure of the first one that failed.
    pub(in crate::eval) fn await_jobs(&mut self) -> Eval<()> {
        if self.jobs.is_empty() {
            return Ok(());
        }
        let mut first = None;
        if self.shared.interactive {
            self.await_running_jobs()?;
        } else if let Err(unwind) = self.await_all_jobs() {
            self.end_jobs(&unwind);
            return Err(unwind.not_absorbed());
        }
        let (kept, jobs) =
            self.jobs.take().into_iter().partition(|job| job.state.is_suspended() || job.worker.is_some());
        *self.jobs.lock() = kept;
        let jobs: Vec<Job> = jobs;
        jobs.iter().for_each(|job| job.state.attend());
        for job in jobs {
            let result = self.await_job(&job);
            first = first.or(result.err());
        }
        // In sh the status of `wait` is 0, whatever the statuses of the jobs: `||` must not treat their failure as
        // that of `wait`.
        first.map_or(Ok(()), |unwind| Err(unwind.not_absorbed()))
    }

    /// Waits until no job of a prompt runs. A key ends the wait, but not the jobs.
    fn await_running_jobs(&mut self) -> Eval<()> {
        let jobs = self.jobs.awaited();
        let runs = |job: &Job| !job.state.has_ended() && !job.state.is_suspended();
        let ends = jobs.iter().map(|job| job.state.changes());
        let suspensions = jobs.iter().filter_map(|job| Some(job.state.control.as_ref()?.changes()));
        let span = jobs.first().map_or(Span::default(), |job| job.span);
        self.wait_until(ends.chain(suspensions), &self.interrupt(), span, || !jobs.iter().any(runs))
    }

    /// Waits until all jobs of a script have ended. A key of the terminal does not end the wait, since the jobs have
    /// also received it.
    fn await_all_jobs(&mut self) -> Eval<()> {
        let jobs = self.jobs.awaited();
        jobs.iter().for_each(|job| job.state.attend());
        let ends = jobs.iter().map(|job| job.state.changes());
        let span = jobs.first().map_or(Span::default(), |job| job.span);
        let all_ended = || jobs.iter().all(|job| job.state.has_ended());
        self.wait_until(ends, &self.wait_interrupt(), span, all_ended)
    }

    /// Waits for a job. Fails if it failed, unless the script itself has stopped it.
    pub(in crate::eval) fn await_job(&self, job: &Job) -> Eval<()> {
        let task = job.state.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(task) = task else { return Ok(()) };
        job.state.attend();
        let joined = task.join();
        if let Some(control) = &job.state.control {
            control.dissolve();
        }
        match joined {
            Ok(Ok(()) | Err(Unwind::Exit(0) | Unwind::PipeClosed)) => Ok(()),
            Ok(Err(Unwind::Exit(status))) => {
                let message = format!("the job exited with {status}");
                let error = page(code::COMMAND_FAILED, &job.source, job.span, message, "this job");
                Err(crate::eval::Error::command(error, status).into())
            }
            Ok(Err(Unwind::Interrupted(_)))
                if job.state.cancel.raised().is_some() && self.interrupt().raised().is_none() =>
            {
                Ok(())
            }
            Ok(Err(unwind)) => {
                // The event that has ended the job may also end this run.
                self.check_interrupt()?;
                Err(unwind)
            }
            Err(_) => Err(self.raise(Failure::Stages(vec![self.crashed(job.span)]))),
        }
    }

    /// Handles the jobs when the script ends early. An interrupt ends its jobs by itself; after a failure they are
    /// awaited, since half a job is worse than a late one.
    pub(in crate::eval) fn end_jobs(&mut self, unwind: &Unwind) {
        self.stop_workers();
        let jobs = self.jobs.take();
        for job in &jobs {
            job.state.attend();
            if let Unwind::Interrupted(signal) = unwind {
                job.state.end_by_key(*signal);
            }
        }
        for job in jobs {
            let _ = self.await_job(&job);
        }
    }

    /// Stops all jobs, and waits until they have ended.
    pub(in crate::eval) fn stop_jobs(&mut self) {
        self.stop_workers();
        let jobs = self.jobs.take();
        for job in &jobs {
            job.state.stop(self.env.settings.signal);
        }
        for job in jobs {
            let _ = self.await_job(&job);
        }
    }

    /// `wait PID…`: waits for the jobs whose first processes these were.
    pub(in crate::eval) fn wait_for(&mut self, pid: Pid, span: Span) -> Option<Eval<Value>> {
        let job = self.jobs.find(|job| job.state.pid() == Some(pid))?;
        Some(self.wait_for_job(&job.state, span))
    }

    /// Returns the job for `%N` at a prompt, if a word has that form.
    pub(in crate::eval) fn job_named(&self, word: &[u8]) -> Option<Option<Job>> {
        if !self.shared.interactive {
            return None;
        }
        let number: usize = std::str::from_utf8(word.strip_prefix(b"%")?).ok()?.parse().ok()?;
        Some(self.jobs.find(|job| job.number == number))
    }

    /// Lists the first process of each job that has not ended, one on each line; none for a job without a process.
    pub(in crate::eval) fn list_processes(&self) -> String {
        let jobs = self.jobs.own();
        let running = jobs.iter().filter(|job| job.state.status().is_none());
        running.filter_map(|job| job.state.pid()).map(|pid| format!("{pid}\n")).collect()
    }

    /// Lists each job that has not ended, one on each line: its number, its process and the text that started it.
    pub(in crate::eval) fn list_jobs(&self) -> String {
        let jobs = self.jobs.own();
        let running = jobs.iter().filter(|job| job.state.status().is_none());
        running
            .map(|job| {
                let pid = job.state.pid().map_or_else(|| "-".to_string(), |pid| pid.to_string());
                let state = if job.state.is_suspended() { "Stopped" } else { "Running" };
                // The form of POSIX jobs -l, without the sign for the current job, which no command here takes.
                format!("[{}] {pid} {state} {}\n", job.number, job.text())
            })
            .collect()
    }
}

/// Returns whether all programs of a job are nohup(1) or setsid(1): at a prompt, users write them for programs that
/// should outlive it.
fn survives(and_or: &AndOr) -> bool {
    let outlives = |stage: &Stage| match &stage.kind {
        StageKind::Command(Command { target: Target::Program, words, .. }) => {
            matches!(words.first(), Some(Word::Literal(name)) if matches!(&**name, b"nohup" | b"setsid"))
        }
        _ => false,
    };
    and_or.rest.is_empty() && and_or.first.stages.iter().all(outlives)
}
