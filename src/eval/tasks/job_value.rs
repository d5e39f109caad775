//! Jobs as values: `job.wait()`, `job.output()`, `wait_any(jobs)`, and their fields.

use crate::check::program::Block;
use crate::diag::{Diagnostic, code, visible};
use crate::eval::Interpreter;
use crate::eval::lang::record::Recorded;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::eval::tasks::job::Job;
use crate::eval::tasks::job_state::JobState;
use crate::process::Interrupt;
use crate::span::Span;
use crate::value::Value;
use std::sync::Arc;

/// How many bytes of the standard error of a job its failure shows.
const MOST_SHOWN: usize = 1000;

impl Interpreter {
    /// `job.wait()`: returns its status. Fails if the job failed.
    pub(in crate::eval) fn wait_for_job(&mut self, state: &Arc<JobState>, span: Span) -> Eval<Value> {
        if let Some(job) = self.end_of_job(state, span)? {
            self.await_job(&job)?;
        }
        Ok(Value::Int(i64::from(state.status().unwrap_or_default())))
    }

    /// `job.output()`: returns the record of its output and of how it ended, including a failure.
    pub(in crate::eval) fn output_of_job(&mut self, state: &Arc<JobState>, span: Span) -> Eval<Value> {
        if !state.captures() {
            let error =
                page(code::BAD_VALUE, self.source(), span, "the output of this job was not captured", "here");
            return Err(Error::value(error.help("start it by: let job = spawn capture { … }")).into());
        }
        let ended = match self.end_of_job(state, span)? {
            Some(job) => self.await_job(&job),
            None => Ok(()),
        };
        self.check_interrupt()?;
        match (state.output(), ended) {
            (Some(record), _) => Ok(record),
            (None, Err(unwind)) => Err(unwind),
            (None, Ok(())) => Ok(Value::Null),
        }
    }

    /// Waits until a job has ended, and removes it from the jobs of this scope, if it is one of them.
    fn end_of_job(&mut self, state: &Arc<JobState>, span: Span) -> Eval<Option<Job>> {
        let own = self.jobs.find(|job| Arc::ptr_eq(&job.state, state));
        let interrupt = self.interrupt_of_wait(std::slice::from_ref(state));
        self.wait_until([state.changes()], &interrupt, span, || state.has_ended())?;
        if own.is_some() {
            self.jobs.remove(state);
        }
        Ok(own)
    }

    /// `wait_any(jobs)`: returns the index of a job that has ended, or of the first in the list if several have
    /// ended. A failure of that job has no effect.
    pub(in crate::eval) fn wait_for_any(&mut self, jobs: &[Arc<JobState>], span: Span) -> Eval<usize> {
        let interrupt = self.interrupt_of_wait(jobs);
        let changes = jobs.iter().map(|state| state.changes());
        self.wait_until(changes, &interrupt, span, || jobs.iter().any(|state| state.has_ended()))?;
        Ok(jobs.iter().position(|state| state.has_ended()).unwrap_or_default())
    }

    /// Returns the interrupt that ends a wait for jobs. Keys of the terminal are for the jobs of a script that waits
    /// for them.
    fn interrupt_of_wait(&self, jobs: &[Arc<JobState>]) -> Interrupt {
        if self.shared.interactive {
            return self.interrupt();
        }
        jobs.iter().for_each(|state| state.attend());
        let is_own = |state: &Arc<JobState>| self.jobs.find(|job| Arc::ptr_eq(&job.state, state)).is_some();
        // A job that another thread has started may itself be waiting for this one, so a key ends the wait.
        if jobs.iter().all(is_own) { self.wait_interrupt() } else { self.interrupt() }
    }

    /// Returns the work of `spawn capture { … }`: the output of its commands is kept together with how they end. Its
    /// streams are drained while it runs, with the size limit of every capture.
    pub(in crate::eval) fn captured_job(&mut self, block: &Block, span: Span) -> Eval<()> {
        let Recorded { record, mut result } = self.recorded(true, block, span);
        // The script may end without having asked for the output of a failed job.
        if let (Err(Unwind::Error(error)), Some(Value::Str(err))) = (&mut result, record.get(b"err")) {
            let shown = err.as_bytes()[err.len().saturating_sub(MOST_SHOWN)..].trim_ascii();
            if !shown.is_empty() {
                let lines: Vec<String> = shown.split(|byte| *byte == b'\n').map(visible).collect();
                let page = std::mem::replace(&mut error.diagnostic, Diagnostic::new(code::INTERNAL, ""));
                error.diagnostic = page.note(format!("its standard error: {}", lines.join("\n")));
            }
        }
        if let Some(job) = &self.env.settings.job {
            job.printed(Value::Map(record));
        }
        result
    }

    /// `job.pid` and `job.status`.
    pub(in crate::eval) fn job_field(state: &JobState, name: &[u8]) -> Option<Value> {
        match name {
            b"pid" => Some(state.pid().map_or(Value::Null, |pid| Value::Int(i64::from(pid)))),
            b"status" => Some(state.status().map_or(Value::Null, |status| Value::Int(i64::from(status)))),
            _ => None,
        }
    }
}
