//! Pipelines: first everything is prepared, then everything is started, then everything is awaited.
//!
//! The steps of a pipeline: the words of all stages are expanded and all programs are found; all targets are opened;
//! the stages are started from the left, and each end of a pipe is dropped once its stage has it; the stages in the
//! interpreter run, the last one in this thread; all ends are awaited. Bytes between two programs never pass through
//! the interpreter.

use crate::check::program::*;
use crate::diag::{code, quote_word};
use crate::eval::Error;
use crate::eval::Interpreter;
use crate::eval::exec::command::{Prepared, Work};
use crate::eval::exec::pipes::{Ends, Pipes};
use crate::eval::exec::redirect::{Opened, is_late};
use crate::eval::exec::stage::{InProcessStage, ThreadSpawnError};
use crate::eval::exec::started_stages::StartedStages;
use crate::eval::report::unwind::{End, Eval, Failure, SIGPIPE_STATUS, StageOutcome, Unwind, page};
use crate::process::{Capture, Child, Outcome, Pump, Stage as Program, Stop, Wait, wait};
use crate::span::Span;
use std::os::fd::BorrowedFd;
use std::time::Instant;

impl Interpreter {
    /// Runs a pipeline. None means success. An error that is not the failure of a command (a wrong value, `exit`)
    /// unwinds.
    pub(in crate::eval) fn pipeline(&mut self, pipeline: &Pipeline) -> Eval<Option<Failure>> {
        if self.dry.is_some() {
            return self.dry_pipeline(pipeline).map(|_| None);
        }
        match pipeline.timed {
            Some(posix) => self.timed(posix, |this| this.untimed_pipeline(pipeline)),
            None => self.untimed_pipeline(pipeline),
        }
    }

    fn untimed_pipeline(&mut self, pipeline: &Pipeline) -> Eval<Option<Failure>> {
        let failure = match self.run_pipeline(pipeline, None) {
            Ok(failure) => failure,
            Err(Unwind::Error(error)) if error.is_failure => Some(Failure::Error(error)),
            Err(Unwind::TimedOut(timed_out)) => {
                return Err(Unwind::TimedOut(timed_out.in_command(self.source(), pipeline.span)));
            }
            Err(unwind) => return Err(unwind),
        };
        if let Some(failure) = &failure {
            self.status = failure.status();
        }
        if !pipeline.negated {
            return Ok(failure);
        }
        if let Some(failure) = &failure {
            self.print_failure(failure);
            self.status = 0;
            return Ok(None);
        }
        self.status = 1;
        let message = "the command succeeded, and `!` expects it to fail";
        let error = page(code::NEGATED, self.source(), pipeline.span, message, "succeeded");
        Ok(Some(Failure::Error(Box::new(Error::command(error, 1)))))
    }

    /// Runs a pipeline, and captures the output of its last stage if requested.
    pub(in crate::eval) fn run_pipeline(
        &mut self,
        pipeline: &Pipeline,
        capture: Option<&mut CaptureTo>,
    ) -> Eval<Option<Failure>> {
        self.check_interrupt()?;
        let substitutions = self.substitutions.len();
        let result = self.prepare_and_run(pipeline, capture, substitutions);
        let joined = self.end_substitutions(substitutions);
        match result? {
            None => joined,
            // If the run was interrupted in the meantime, that takes precedence over the failure that it caused.
            Some(failure) => match joined? {
                // The reader of `cmd > >(…)` failed, and its writer only saw the closed pipe.
                Some(cause) if failure.status() == SIGPIPE_STATUS => Ok(Some(cause)),
                _ => Ok(Some(failure)),
            },
        }
    }

    fn prepare_and_run(
        &mut self,
        pipeline: &Pipeline,
        capture: Option<&mut CaptureTo>,
        substitutions: usize,
    ) -> Eval<Option<Failure>> {
        let stages = &pipeline.stages;
        if let ([stage], None) = (&**stages, &capture) {
            match &stage.kind {
                StageKind::Compound(compound) if stage.redirections.is_empty() => {
                    return self.compound(compound, stage.span).map(|()| None);
                }
                StageKind::Fail(value) => return Err(self.fail_statement(value, stage.span)),
                StageKind::Return(value) => return Err(self.return_statement(value.as_ref())),
                StageKind::Break => return Err(Unwind::Break),
                StageKind::Continue => return Err(Unwind::Continue),
                _ => {}
            }
        }
        let mut prepared = Vec::with_capacity(stages.len());
        for (place, stage) in stages.iter().enumerate() {
            prepared.push(self.in_place(place, stage.span, |this| this.prepare(stage))?);
        }
        // For one command, the targets are opened before the program is looked up, as in sh. For a pipeline, all
        // programs are found before any file is touched.
        if stages.len() > 1 {
            for (stage, prepared) in stages.iter().zip(&mut prepared) {
                // In sh the other stages would have run, but here no stage has.
                self.find_program(prepared, stage.span).map_err(Unwind::not_absorbed)?;
            }
        }
        if stages.iter().any(|stage| !stage.redirections.is_empty()) {
            let argv: Vec<Vec<Vec<u8>>> = prepared.iter().map(|stage| stage.argv().to_vec()).collect();
            self.guard_truncation(stages, &argv)?;
        }
        let mut pipes = Pipes::new(stages.len(), capture.as_ref().map(|capture| capture.limit));
        let mut opened = self.open_stages(stages, &mut pipes)?;
        if let ([one], [redirections]) = (&mut *prepared, &*opened) {
            self.find_program(one, stages[0].span)
                .map_err(|unwind| self.print_start_error(unwind, redirections))?;
        }
        if let Some(one) = prepared.pop_if(|one| matches!(one.work, Work::Replace)) {
            let redirections = opened.pop().unwrap_or_default();
            return Err(self.replace_process(one, redirections, stages[0].span));
        }
        if prepared.len() == 1
            && let (Some(one), Some(redirections)) =
                (prepared.pop_if(|one| one.program.is_none()), opened.first())
        {
            return self.run_alone(one, redirections, stages[0].span);
        }
        self.start_and_wait(pipeline, prepared, opened, pipes, capture, substitutions)
    }

    /// Expands words of a stage. In sh, a capture in them reads from the stage's pipe (`echo x | echo "$(cat)"`).
    /// Here all words are expanded before that pipe exists. The capture therefore can't read at all, which is
    /// better than reading something else.
    pub(in crate::eval) fn in_place<T>(
        &mut self,
        place: usize,
        span: Span,
        expand: impl FnOnce(&mut Self) -> Eval<T>,
    ) -> Eval<T> {
        if place == 0 {
            return expand(self);
        }
        let input = self.env.files.get(0).cloned();
        let closed = self.shared.close_input(&mut self.env.files);
        closed.map_err(|error| self.no_null(&error, span))?;
        let expanded = expand(self);
        match input {
            Some(input) => self.env.files.put(0, input),
            None => self.env.files.close(0),
        }
        expanded
    }

    /// Runs a single stage that is not a program. It needs neither a pipe nor a process.
    fn run_alone(
        &mut self,
        prepared: Prepared,
        redirections: &[Opened],
        span: Span,
    ) -> Eval<Option<Failure>> {
        if let Work::Truth(truth) = prepared.work {
            let end = if truth { End::Status(0) } else { End::False };
            let outcome = StageOutcome::inner(span, prepared.argv, Instant::now(), end);
            self.observe_pipeline([&outcome], span);
            return self.judge(vec![outcome]);
        }
        let mut files = self.env.files.clone();
        self.apply(redirections, &mut files)?;
        let started = Instant::now();
        let argv = prepared.argv.clone();
        let result = match prepared.work.each() {
            Some(each) => {
                let result = self.each_with(files.clone(), false, each, span).map(|()| 0);
                result.map_err(|unwind| self.print_if_elsewhere(unwind, &files, &self.env.files))
            }
            None => self.redirected(files, |this| this.work(&prepared.work, span)),
        };
        // A successful statement has left the status of its last command.
        let left = matches!(prepared.work, Work::Compound(_)).then_some(self.status);
        let failure = self.judge_alone(result, argv, started, span)?;
        if let (None, Some(left)) = (&failure, left) {
            self.status = left;
        }
        Ok(failure)
    }

    /// Returns how a command ended that ran alone in the interpreter.
    pub(in crate::eval) fn judge_alone(
        &mut self,
        result: Eval<u8>,
        argv: Vec<Vec<u8>>,
        started: Instant,
        span: Span,
    ) -> Eval<Option<Failure>> {
        let status = result.inspect_err(|unwind| self.observe_error(unwind, &argv, started, span))?;
        let outcome = StageOutcome::inner(span, argv, started, End::Status(status));
        self.observe_pipeline([&outcome], span);
        self.judge(vec![outcome])
    }

    pub(in crate::eval) fn start_and_wait(
        &mut self,
        pipeline: &Pipeline,
        prepared: Vec<Prepared>,
        opened: Vec<Vec<Opened>>,
        mut pipes: Pipes,
        capture: Option<&mut CaptureTo>,
        substitutions: usize,
    ) -> Eval<Option<Failure>> {
        let stages = &pipeline.stages;
        let count = stages.len();
        // The program runs alone, this process has no end of a pipe for it, and its start is not observed.
        let alone = count == 1 && capture.is_none() && opened.iter().all(Vec::is_empty);
        let assume_started = alone && self.substitutions.is_empty() && !self.announces_starts();
        let mut programs = StartedStages::new(self.new_group(), count, assume_started);
        // Before any program starts: from now on there is something to clean up.
        self.adopt_orphans();
        let mut how = self.how_to_wait();
        // A key that arrived earlier, which the wait does not count, has reached no program, so it ends the script.
        self.check_interrupt()?;
        // The number of requests so far. A stage that runs in this thread might otherwise take a request for one to
        // its programs.
        let keys = self.interrupt();
        let terminal = self.terminal_modes();
        let mut pump = Pump::default();
        let job = self.env.settings.job.clone();
        let starting = job.as_ref().and_then(|job| Some(job.control.as_ref()?.begin_to_start()));
        // The job was ended while it was suspended. Since the job has no terminal, `cat` would stop all the
        // programs that are being started, and no process would continue them.
        let ended = keys.raised().filter(|_| starting.is_some());
        let inner = ended
            .map_or(Ok(()), |raised| Err(Unwind::Interrupted(raised.signal)))
            .and_then(|()| self.start_stages(stages, prepared, opened, &mut pipes, &mut programs, &mut pump))
            .and_then(|inner| self.run_all(&mut programs).map(|()| inner));
        let mut inner = match inner {
            Ok(inner) => inner,
            Err(unwind) => {
                drop((starting, pipes));
                self.abandon(programs);
                return Err(unwind);
            }
        };
        match self.control() {
            Some(control) => control.repeat_key(&keys),
            // A key that arrived while the programs were being started may have missed some of them.
            None => how.keys.last().into_iter().for_each(|key| programs.repeat_key(key)),
        }
        drop(starting);
        // The programs have inherited the descriptors that they need.
        self.close_substitutions(substitutions);
        let mut outcomes: Vec<Option<StageOutcome>> = (0..count).map(|_| None).collect();
        let mut unwound = None;
        let here = inner.pop_if(|last| !last.is_late_program());
        let tasks = match self.start_tasks(inner, stages) {
            Ok(tasks) => tasks,
            Err(ThreadSpawnError { unwind, started }) => {
                drop((here, programs, pump));
                drop(started);
                return Err(unwind);
            }
        };
        if let Some(stage) = here {
            let (place, span) = (stage.place, stages[stage.place].span);
            if place + 1 == count {
                let (outcome, unwind) = self.run_here(stage, span);
                outcomes[place] = Some(outcome);
                unwound = unwind;
            } else {
                outcomes[place] = Some(self.fork().run_stage(stage, span));
            }
        }
        let mut handled = Ok(());
        let mut outcome = self.wait_for_programs(&mut programs, &mut pump, &mut how, &mut handled);
        while matches!(outcome, Ok(Outcome { stop: None, .. })) && self.confirm(&mut programs)? {
            outcome = self.wait_for_programs(&mut programs, &mut pump, &mut how, &mut handled);
        }
        if let Some(capture) = capture {
            capture.bytes = pump.captures.pop().map(Capture::into_bytes).unwrap_or_default();
        }
        for (place, report) in self.reports(programs, count) {
            outcomes[place] = Some(self.outcome_of(report, stages[place].span));
        }
        for (place, task) in tasks {
            outcomes[place] = Some(task.join().unwrap_or_else(|_| self.crashed(stages[place].span)));
        }
        self.observe_pipeline(outcomes.iter().flatten(), pipeline.span);
        let key = outcome.as_ref().ok().and_then(|outcome| outcome.key);
        if let (Some(terminal), true) =
            (&terminal, outcome.as_ref().is_ok_and(|outcome| outcome.stop.is_some()))
        {
            terminal.restore();
        }
        handled?;
        self.heed_outcome(outcome, pipeline.span)?;
        self.heed_signals()?;
        match unwound {
            Some(Unwind::Error(_)) | None => {}
            Some(unwind) => return Err(unwind),
        }
        let outcomes: Vec<StageOutcome> = outcomes.into_iter().flatten().collect();
        self.heed_keys(&outcomes, &keys, key)?;
        self.judge(outcomes)
    }

    /// Waits until all programs have ended and their output has arrived. They may be suspended in between any
    /// number of times, and the script may handle signals. If a handler ends the script, `handled` is its result, and
    /// the programs are ended.
    fn wait_for_programs(
        &mut self,
        programs: &mut StartedStages,
        pump: &mut Pump,
        how: &mut Wait,
        handled: &mut Eval<()>,
    ) -> std::io::Result<Outcome> {
        let children = programs.children();
        loop {
            let outcome = wait(children, pump, how)?;
            match (outcome.stop, self.control()) {
                (Some(Stop::Held), _) => {
                    how.tell_held = false;
                    self.tell_held_output(children, pump);
                }
                (Some(Stop::Signalled), _) => {
                    *handled = self.heed_signals();
                    if handled.is_err() {
                        how.handles_signals = false;
                        how.interrupt = how.interrupt.child()?;
                        how.interrupt.raise(how.signal);
                    }
                }
                (Some(Stop::Suspended(_)), Some(control)) => control.stop(),
                (Some(Stop::Continued), Some(control)) => control.continued_elsewhere(),
                _ => return Ok(outcome),
            }
        }
    }

    fn tell_held_output(&self, children: &[Child], pump: &Pump) {
        let pipes: Vec<BorrowedFd<'_>> = pump.captures.iter().filter_map(Capture::fd).collect();
        let last = children.last().and_then(|child| child.argv().first());
        let name = last.map(|name| quote_word(name)).unwrap_or_default();
        self.tell_held(&pipes, &format!("`{name}`"));
    }

    /// Starts the programs from the left, each with its ends of the pipes. Returns the stages that are not programs.
    fn start_stages(
        &mut self,
        stages: &[Stage],
        prepared: Vec<Prepared>,
        opened: Vec<Vec<Opened>>,
        pipes: &mut Pipes,
        programs: &mut StartedStages,
        pump: &mut Pump,
    ) -> Eval<Vec<InProcessStage>> {
        let mut inner: Vec<InProcessStage> = Vec::new();
        for (place, (stage, redirections)) in prepared.into_iter().zip(opened).enumerate() {
            let syntax = &stages[place];
            let mut files = self.stage_files(&mut Ends { pipes, stage: place }, syntax.span)?;
            let piped = files.get(0).filter(|_| place > 0).cloned();
            let capture = pipes.started(place).map_err(|error| self.unread(&error, syntax.span))?;
            pump.captures.extend(capture);
            if is_late(&redirections) {
                self.give_substitutions(&mut files);
                inner.push(InProcessStage::late(place, files, stage, redirections, syntax.pipe_stderr));
                continue;
            }
            self.apply(&redirections, &mut files)?;
            let recorded = match &self.shared.audit {
                Some(_) => {
                    redirections.iter().flat_map(|one| one.recorded(self.shared.redactions())).collect()
                }
                None => Vec::new(),
            };
            drop(redirections);
            if syntax.pipe_stderr && files.dup(1, 2).is_err() {
                files.close(2);
            }
            self.give_substitutions(&mut files);
            let Some(program) = stage.program else {
                let reads_alone =
                    piped.is_some_and(|piped| files.get(0).is_some_and(|input| input.is(&piped)));
                inner.push(InProcessStage { place, files, reads_alone, work: stage.work, late: None });
                continue;
            };
            if self.env.settings.steps.user().is_some() {
                files.let_any_user_open();
            }
            let steps = self.steps_for(&program, syntax.span)?;
            let mut environment = stage.environment.unwrap_or_else(|| self.env.environment.clone());
            self.give_channel(&mut files, &mut environment);
            let program = Program {
                program,
                argv: stage.argv,
                environment,
                directory: self.env.directory.clone(),
                files,
                steps,
            };
            self.start_program(programs, program, place, recorded, syntax.span)?;
        }
        Ok(inner)
    }

    /// Returns a failure if any stage failed. An error that is not the failure of a command unwinds.
    pub(in crate::eval) fn judge(&mut self, mut outcomes: Vec<StageOutcome>) -> Eval<Option<Failure>> {
        // A stage reached a limit of the run, so the ends of the stages mean nothing.
        self.check_exhausted()?;
        for outcome in &mut outcomes {
            if let Some(masked) = self.shared.redactions().apply_all(&outcome.argv) {
                outcome.argv = masked;
            }
            match std::mem::replace(&mut outcome.end, End::Unknown) {
                End::TimedOut(timed_out) => return Err(Unwind::TimedOut(timed_out)),
                End::Status(status)
                    if self.env.settings.ok.as_ref().is_some_and(|ok| ok.contains(&status)) =>
                {
                    outcome.end = End::Accepted(status);
                }
                End::False if self.env.settings.ok.as_ref().is_some_and(|ok| ok.contains(&1)) => {
                    outcome.end = End::Accepted(1);
                }
                end => outcome.end = end,
            }
        }
        StageOutcome::unwind(&mut outcomes)?;
        self.check_interrupt()?;
        if outcomes.iter().any(StageOutcome::failed) {
            return Ok(Some(Failure::Stages(outcomes)));
        }
        // An accepted status becomes the status of the pipeline, since no other stage has failed.
        self.status = outcomes.iter().rev().map(StageOutcome::status).find(|status| *status > 0).unwrap_or(0);
        if let Some(record) = &mut self.record {
            *record = outcomes;
        }
        Ok(None)
    }
}

/// The destination of the last stage's output.
pub struct CaptureTo {
    pub limit: usize,
    pub bytes: Vec<u8>,
}
