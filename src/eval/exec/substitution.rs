//! Process substitutions: `<(…)` and `>(…)`. None outlives the command that received its path.

use crate::check::program::Block;
use crate::eval::Interpreter;
use crate::eval::report::unwind::{End, Eval, Failure, StageOutcome};
use crate::eval::tasks::task::Task;
use crate::process::FileTable;
use crate::span::Span;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;

/// A `<(…)` or `>(…)`, while the command that received its path runs.
pub struct Substitution {
    /// The number of its descriptor in the command.
    pub number: i32,
    /// The end of the pipe that this process holds until the command has its own.
    pub file: Option<Arc<OwnedFd>>,
    /// Dropped after `file`, so that it sees the end of the pipe.
    task: Task<StageOutcome>,
    span: Span,
}

/// The first number of substitutions, counting downwards as in bash.
const FIRST_NUMBER: i32 = 63;

impl Interpreter {
    /// Starts the commands of a substitution, and returns the path that leads to them.
    pub(in crate::eval) fn substitute(&mut self, from: bool, body: &Arc<Block>, span: Span) -> Eval<String> {
        if self.dry.is_some() {
            return Err(self.only_the_run_tells(span));
        }
        let (reader, writer) = self.pipe(span)?;
        let mut fork = self.fork();
        let (ours, theirs) = if from { (reader, writer) } else { (writer, reader) };
        fork.env.files.set(i32::from(from), Arc::new(theirs));
        let body = body.clone();
        self.interrupt();
        let task = Task::spawn(self, span, move || {
            let started = Instant::now();
            let ran = fork.block(&body);
            let end = match fork.settle_jobs(ran) {
                Ok(()) => End::Status(0),
                Err(unwind) => fork.end_of(unwind, span),
            };
            // A writer whose reader has finished has not failed, as in a pipeline.
            let end = match end {
                End::Signal(signal, _) if signal == crate::process::Signal::PIPE => End::PipeClosed,
                End::Error(error) if error.status == 141 && from => {
                    drop(error);
                    End::PipeClosed
                }
                end => end,
            };
            StageOutcome::inner(span, Vec::new(), started, end)
        })?;
        let taken = |number: i32| {
            self.env.files.find(number).is_some() || self.substitutions.iter().any(|s| s.number == number)
        };
        let number = (10..=FIRST_NUMBER).rev().find(|number| !taken(*number)).unwrap_or(FIRST_NUMBER + 1);
        self.substitutions.push(Substitution { number, file: Some(Arc::new(ours)), task, span });
        Ok(format!("/dev/fd/{number}"))
    }

    /// Gives a command its ends of the pipes.
    pub(in crate::eval) fn give_substitutions(&self, files: &mut FileTable) {
        for substitution in &self.substitutions {
            if let Some(file) = &substitution.file {
                files.set(substitution.number, file.clone());
            }
        }
    }

    /// Drops this process's ends after the first `keep`, once the command has its own. The first `keep` belong to a
    /// command that has not started yet and whose words contain this one: `cat <(a) "$(b)"`.
    pub(in crate::eval) fn close_substitutions(&mut self, keep: usize) {
        for substitution in self.substitutions.iter_mut().skip(keep) {
            substitution.file = None;
        }
    }

    /// Waits for the substitutions after the first `keep`. The failure of one counts as the failure of
    /// a stage.
    pub(in crate::eval) fn end_substitutions(&mut self, keep: usize) -> Eval<Option<Failure>> {
        if self.substitutions.len() <= keep {
            return Ok(None);
        }
        let mut outcomes = Vec::new();
        for Substitution { file, task, span, .. } in self.substitutions.split_off(keep) {
            drop(file);
            outcomes.push(task.join().unwrap_or_else(|_| self.crashed(span)));
        }
        self.check_interrupt()?;
        StageOutcome::unwind(&mut outcomes)?;
        Ok(outcomes.iter().any(StageOutcome::failed).then_some(Failure::Stages(outcomes)))
    }
}
