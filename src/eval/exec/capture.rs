//! Captures: the output of commands as a value.
//!
//! A pipeline of programs is read by the loop that waits for it, and a builtin writes to memory; neither needs a
//! thread. Everything else writes to a pipe that a thread drains, since a process that writes more than 64 KiB
//! to an unread pipe waits forever.

use crate::check::program::*;
use crate::eval::Error;
use crate::eval::Interpreter;
use crate::eval::exec::command::Work;
use crate::eval::exec::output::Output;
use crate::eval::exec::pipeline::CaptureTo;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::eval::tasks::task::Task;
use crate::process::{Reader, Readers};
use crate::span::Span;
use crate::sys::pipe;
use std::sync::Arc;
use std::time::Instant;

impl Interpreter {
    /// `$(…)`: returns the output without its final line ends.
    pub(in crate::eval) fn capture_text(&mut self, block: &Block, span: Span) -> Eval<Vec<u8>> {
        let mut bytes = self.capture(block, span)?;
        let length = bytes.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1);
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Returns the output of commands that work on copies of directory and environment. Their failure is an
    /// error of the enclosing statement that `||` does not absorb: sh would continue with half of the output.
    pub(in crate::eval) fn capture(&mut self, block: &Block, span: Span) -> Eval<Vec<u8>> {
        if self.dry.is_some() {
            return self.dry_bytes(block, span);
        }
        let result = self.on_copies(|this| this.capture_by_shape(block, span));
        match result {
            Ok(bytes) => {
                self.captured(bytes.len(), span)?;
                Ok(bytes)
            }
            // `exit` ends the copy in which it runs.
            Err(Unwind::Exit(0)) => Ok(Vec::new()),
            Err(Unwind::Exit(status)) => {
                let page = crate::eval::page(
                    crate::diag::code::COMMAND_FAILED,
                    self.source(),
                    span,
                    format!("the captured commands exited with {status}"),
                    "exited",
                );
                Err(Unwind::Error(Box::new(Error { status, ..Error::value(page) })))
            }
            other => other.map_err(Unwind::not_absorbed),
        }
    }

    /// Runs commands on copies of directory and environment, with their own jobs.
    fn on_copies<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let (jobs, status) = (std::mem::take(&mut self.jobs), self.status);
        self.depth += 1;
        let result = self.in_subshell(run);
        self.depth -= 1;
        (self.jobs, self.status) = (jobs, status);
        result
    }

    fn capture_by_shape(&mut self, block: &Block, span: Span) -> Eval<Vec<u8>> {
        if let [Statement { kind: StatementKind::Pipeline(pipeline), .. }] = &*block.statements
            && !pipeline.negated
            && pipeline.timed.is_none()
        {
            let is_program = |stage: &Stage| matches!(&stage.kind, StageKind::Command(command) if matches!(command.target, Target::Program));
            if pipeline.stages.iter().all(is_program) {
                let mut capture = CaptureTo { limit: self.capture_room(), bytes: Vec::new() };
                return match self.run_pipeline(pipeline, Some(&mut capture))? {
                    None => Ok(capture.bytes),
                    Some(failure) => Err(self.raise(failure)),
                };
            }
            if let [Stage { kind: StageKind::Command(command), redirections, .. }] = &*pipeline.stages
                && redirections.is_empty()
                && matches!(command.target, Target::Builtin(_))
            {
                return self.capture_builtin(&pipeline.stages[0]);
            }
        }
        self.capture_block(block, span)
    }

    fn capture_builtin(&mut self, stage: &Stage) -> Eval<Vec<u8>> {
        let substitutions = self.substitutions.len();
        let captured = self.output_of_builtin(stage);
        // Even if its words could not be expanded.
        let joined = self.end_substitutions(substitutions);
        let memory = captured?;
        match joined? {
            None => Ok(memory),
            Some(failure) => Err(self.raise(failure)),
        }
    }

    fn output_of_builtin(&mut self, stage: &Stage) -> Eval<Vec<u8>> {
        let prepared = self.prepare(stage)?;
        let started = Instant::now();
        let mut memory = Vec::new();
        let mut result = Ok(0);
        if let Work::Builtin(call) = &prepared.work {
            let files = self.env.files.clone();
            result = self.call_builtin(call, &mut Output::Memory(&mut memory, &files), stage.span);
        }
        match self.judge_alone(result, prepared.argv, started, stage.span)? {
            None => Ok(memory),
            Some(failure) => Err(self.raise(failure)),
        }
    }

    fn capture_block(&mut self, block: &Block, span: Span) -> Eval<Vec<u8>> {
        let (result, [bytes]) = self.drained(block, [1], span)?;
        match result {
            Ok(()) | Err(Unwind::Exit(0)) => Ok(bytes),
            Err(unwind) => Err(unwind),
        }
    }

    /// `capture { … }`: returns the output of the commands on both streams, and how they ended.
    pub(in crate::eval) fn capture_both(&mut self, block: &Block, span: Span) -> Eval<Drain<2>> {
        let drained = self.on_copies(|this| this.drained(block, [1, 2], span))?;
        self.captured(drained.1.iter().map(Vec::len).sum(), span)?;
        Ok(drained)
    }

    /// Runs commands while a thread for each of some descriptors drains it.
    fn drained<const N: usize>(
        &mut self,
        block: &Block,
        descriptors: [i32; N],
        span: Span,
    ) -> Eval<Drain<N>> {
        let readers = Arc::new(Readers::default());
        self.interrupt();
        let mut drains = Vec::with_capacity(N);
        // Dropped before the tasks that read the pipes to their end.
        let mut files = self.env.files.clone();
        for descriptor in descriptors {
            let (reader, writer) = self.pipe(span)?;
            files.set(descriptor, Arc::new(writer));
            let reader = readers.add(reader);
            let limit = self.capture_room();
            drains.push(Task::spawn(self, span, move || drain(reader, limit))?);
        }
        let result = self.with_files(files, |this| {
            let ran = this.block(block);
            this.settle_jobs(ran)
        });
        // This closes the ends that this process holds, so that the threads see the end.
        let result = self.until_read(&readers, span, result);
        let mut all = [const { Vec::new() }; N];
        for (bytes, drain) in all.iter_mut().zip(drains) {
            match drain.join() {
                Ok(Ok(drained)) => *bytes = drained,
                Ok(Err(Undrained::Overflow)) => return Err(self.overflow(span)),
                Ok(Err(Undrained::Failed(error))) => return Err(self.unread(&error, span)),
                Err(_) => {
                    let message = "the reader of a capture crashed";
                    let page =
                        crate::eval::page(crate::diag::code::INTERNAL, self.source(), span, message, "here");
                    return Err(Error::value(page).into());
                }
            }
        }
        Ok((result, all))
    }
}

/// How commands ended, and their output on each drained descriptor.
pub type Drain<const N: usize> = (Eval<()>, [Vec<u8>; N]);

enum Undrained {
    Overflow,
    Failed(std::io::Error),
}

impl From<std::io::Error> for Undrained {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads a pipe to its end, into one buffer.
fn drain(reader: Reader, limit: usize) -> Result<Vec<u8>, Undrained> {
    let mut bytes = Vec::new();
    reader.drain(|reader| {
        let room = if bytes.is_empty() { 4096 } else { pipe::CAPACITY };
        match pipe::read_into(reader, &mut bytes, room) {
            Ok(_) if bytes.len() > limit => Err(Undrained::Overflow),
            Ok(count) => Ok(Some(count)),
            Err(error) if pipe::is_for_later(&error) => Ok(None),
            Err(error) => Err(Undrained::Failed(error)),
        }
    })?;
    Ok(bytes)
}
