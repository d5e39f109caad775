//! What runs beside the script: background jobs and process substitutions. Nothing of it outlives the script.

use super::unwind::{End, Eval, Failure, StageOutcome, Unwind};
use super::{Interpreter, page};
use crate::check::program::{AndOr, Block};
use crate::diag::code;
use crate::process::{Descriptor, OpenMode, open};
use crate::span::Span;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

/// A background job.
pub struct Job {
    thread: JoinHandle<Eval<Option<Failure>>>,
    span: Span,
}

/// `<(…)` or `>(…)`, while the command runs that was given its path.
pub struct Substitution {
    /// The number of its descriptor in the command.
    pub number: i32,
    pub file: Arc<OwnedFd>,
    thread: Option<JoinHandle<StageOutcome>>,
    span: Span,
}

/// Where the numbers of substitutions begin, downwards, as in bash.
const FIRST_NUMBER: i32 = 63;

impl Interpreter {
    /// `cmd &`
    pub(super) fn background(&mut self, and_or: &Arc<AndOr>, span: Span) -> Eval<()> {
        let mut fork = self.fork();
        // Without job control a job's standard input is empty (POSIX 2.9.3.1), unless the block that it stands in has one
        // of its own, as in bash.
        let own = |input: &Descriptor| {
            matches!(input, Descriptor::Inherited(_)) || self.shared.is_closed_input(input)
        };
        if fork.files.get(0).is_some_and(own) {
            match open(None, b"/dev/null", OpenMode::Read) {
                Ok(null) => fork.files.set(0, Arc::new(null)),
                Err(_) => fork.files.close(0),
            }
        }
        // The handlers must be there before the job has children: a signal then ends them too.
        self.interrupt();
        let and_or = and_or.clone();
        let work = move || {
            let result = fork.and_or(&and_or);
            match &result {
                Ok(_) => fork.await_jobs()?,
                Err(unwind) => fork.end_jobs(unwind),
            }
            result
        };
        let thread = self.thread(span, work)?;
        self.jobs.push(Job { thread, span });
        Ok(())
    }

    /// Waits for all jobs; the failure of the first that failed is one here.
    pub(super) fn await_jobs(&mut self) -> Eval<()> {
        let mut first = None;
        for job in std::mem::take(&mut self.jobs) {
            let span = job.span;
            let unwind = match job.thread.join() {
                Ok(Ok(None) | Err(Unwind::Exit(0) | Unwind::PipeClosed)) => None,
                Ok(Ok(Some(failure))) => Some(self.raise(failure)),
                Ok(Err(Unwind::Exit(status))) => {
                    let message = format!("the job exited with {status}");
                    let error = page(code::COMMAND_FAILED, self.source(), span, message, "this job");
                    Some(super::Error::command(error, status).into())
                }
                Ok(Err(unwind)) => Some(unwind),
                Err(_) => Some(self.raise(Failure::Stages(vec![self.crashed(span)]))),
            };
            first = first.or(unwind);
        }
        // In sh the status of `wait` is 0, whatever the jobs' were: no `||` takes their failure for its own.
        first.map_or(Ok(()), |unwind| Err(unwind.not_absorbed()))
    }

    /// The script ends early. An interrupt ends its jobs by itself; after a failure they are awaited, since half a
    /// job is worse than a late one.
    pub(super) fn end_jobs(&mut self, _: &Unwind) {
        for job in std::mem::take(&mut self.jobs) {
            let _ = job.thread.join();
        }
    }

    // -------------------------------------------------------------------------------------- process substitution

    /// Starts the commands of a substitution; the path that leads to them.
    pub(super) fn substitute(&mut self, from: bool, body: &Arc<Block>, span: Span) -> Eval<String> {
        let (reader, writer) = self.pipe(span)?;
        let mut fork = self.fork();
        let (ours, theirs) = if from { (reader, writer) } else { (writer, reader) };
        fork.files.set(i32::from(from), Arc::new(theirs));
        let body = body.clone();
        self.interrupt();
        let thread = self.thread(span, move || {
            let started = Instant::now();
            let result = fork.block(&body).and_then(|()| fork.await_jobs());
            let end = match result {
                Ok(()) => End::Status(0),
                Err(unwind) => {
                    fork.end_jobs(&unwind);
                    fork.end_of(unwind, span)
                }
            };
            // A writer whose reader had enough is no failure, as in a pipeline.
            let end = match end {
                End::Signal(signal, _) if signal == crate::process::Signal::PIPE => End::PipeClosed,
                End::Error(error) if error.status == 141 && from => {
                    drop(error);
                    End::PipeClosed
                }
                end => end,
            };
            StageOutcome { span, argv: Vec::new(), end, wall: started.elapsed(), order: None }
        })?;
        let taken = |number: i32| {
            self.files.get(number).is_some() || self.substitutions.iter().any(|s| s.number == number)
        };
        let number = (10..=FIRST_NUMBER).rev().find(|number| !taken(*number)).unwrap_or(FIRST_NUMBER + 1);
        self.substitutions.push(Substitution { number, file: Arc::new(ours), thread: Some(thread), span });
        Ok(format!("/dev/fd/{number}"))
    }

    /// Lets go of our ends after the first `keep`, once the command has its own. Those before belong to a command that
    /// is yet to start, whose words this one stands in: `cat <(a) "$(b)"`.
    pub(super) fn close_substitutions(&mut self, keep: usize) {
        if self.substitutions.len() <= keep {
            return;
        }
        let Ok(null) = open(None, b"/dev/null", OpenMode::Read) else { return };
        let null = Arc::new(null);
        for substitution in &mut self.substitutions[keep..] {
            substitution.file = null.clone();
        }
    }

    /// Waits for the substitutions after the first `keep`; the failure of one is a stage's.
    pub(super) fn end_substitutions(&mut self, keep: usize) -> Eval<Option<Failure>> {
        if self.substitutions.len() <= keep {
            return Ok(None);
        }
        let mut outcomes = Vec::new();
        for mut substitution in self.substitutions.split_off(keep) {
            let Some(thread) = substitution.thread.take() else { continue };
            let span = substitution.span;
            drop(substitution);
            outcomes.push(thread.join().unwrap_or_else(|_| self.crashed(span)));
        }
        self.check_interrupt()?;
        let value = outcomes
            .iter()
            .position(|outcome| matches!(&outcome.end, End::Error(error) if !error.is_failure));
        if let Some(place) = value
            && let End::Error(error) = outcomes.swap_remove(place).end
        {
            return Err(Unwind::Error(error));
        }
        Ok(outcomes.iter().any(StageOutcome::failed).then_some(Failure::Stages(outcomes)))
    }
}
