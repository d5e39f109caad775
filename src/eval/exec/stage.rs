//! Stages that run in the interpreter: each except the last on a thread, on a copy of the whole state.

use crate::check::program::{Compound, Pipeline, Stage, StageKind};
use crate::diag::{code, quote_word};
use crate::eval::Error;
use crate::eval::Interpreter;
use crate::eval::exec::command::{Prepared, Work};
use crate::eval::exec::pipes::Pipes;
use crate::eval::exec::redirect::Opened;
use crate::eval::report::unwind::{End, Eval, SIGPIPE_STATUS, StageOutcome, Unwind, page};
use crate::eval::tasks::task::Task;
use crate::process::{Descriptor, FileTable, StageEnd, StageReport};
use crate::span::Span;
use std::time::Instant;

/// A stage that runs in the interpreter, with its descriptors.
pub(in crate::eval) struct InProcessStage {
    pub place: usize,
    pub files: FileTable,
    /// Whether its standard input is the only reading end of the pipeline's own pipe.
    pub reads_alone: bool,
    pub work: Work,
    pub late: Option<Box<Late>>,
}

/// Work that waits for the other end of a FIFO and that the stage does first.
pub(in crate::eval) struct Late {
    /// Its redirections, which are not applied yet.
    opened: Vec<Opened>,
    pipe_stderr: bool,
    /// The program that it starts afterwards.
    program: Option<Prepared>,
}

impl InProcessStage {
    /// Creates a stage that waits while the other stages of its pipeline run, as the process does in sh before it
    /// becomes the program.
    pub fn late(
        place: usize,
        files: FileTable,
        stage: Prepared,
        opened: Vec<Opened>,
        pipe_stderr: bool,
    ) -> Self {
        let (work, program) = match stage.program {
            Some(_) => (Work::None, Some(stage)),
            None => (stage.work, None),
        };
        Self {
            place,
            files,
            reads_alone: false,
            work,
            late: Some(Box::new(Late { opened, pipe_stderr, program })),
        }
    }

    /// Returns whether it starts a program late. Such programs run beside this thread, which may have to read the
    /// output of the last one.
    pub fn is_late_program(&self) -> bool {
        self.late.as_ref().is_some_and(|late| late.program.is_some())
    }
}

/// The error when there is no thread for a stage.
pub(in crate::eval) struct ThreadSpawnError {
    pub unwind: Unwind,
    /// The stages before it, which have started.
    pub started: Vec<(usize, Task<StageOutcome>)>,
}

impl Interpreter {
    /// Returns how a program has ended. If another part of the host took its status, whether it failed is unknown, which
    /// nothing may absorb.
    pub(in crate::eval) fn outcome_of(&self, report: StageReport, span: Span) -> StageOutcome {
        let is_taken = report.end == StageEnd::Abandoned && report.end_order.is_some();
        let outcome = StageOutcome::of(report, span);
        if !is_taken {
            return outcome;
        }
        let name = outcome.argv.first().map(|name| quote_word(name)).unwrap_or_default();
        let message = format!("the exit status of `{name}` was taken: No child processes");
        let error = page(code::STATUS_TAKEN, self.source(), span, message, "has ended")
            .help("the program that runs the script must not ignore SIGCHLD (SIG_IGN, SA_NOCLDWAIT), nor wait for any child");
        StageOutcome { end: End::Error(Box::new(Error::refused(error, 125))), ..outcome }
    }

    /// Starts the stages that run in the interpreter, a task for each. If no thread is left for one, the stages
    /// before it are awaited: with the rest of the pipeline gone, their input and their readers end.
    pub(in crate::eval) fn start_tasks(
        &mut self,
        inner: Vec<InProcessStage>,
        stages: &[Stage],
    ) -> Result<Vec<(usize, Task<StageOutcome>)>, ThreadSpawnError> {
        let mut tasks = Vec::with_capacity(inner.len());
        for stage in inner {
            let (place, span, mut fork) = (stage.place, stages[stage.place].span, self.fork());
            match Task::spawn(self, span, move || fork.run_stage(stage, span)) {
                Ok(task) => tasks.push((place, task)),
                Err(unwind) => return Err(ThreadSpawnError { unwind, started: tasks }),
            }
        }
        Ok(tasks)
    }

    /// Runs a stage on its copy of the state, to its end.
    pub(in crate::eval) fn run_stage(&mut self, stage: InProcessStage, span: Span) -> StageOutcome {
        let output = stage.files.get(1).cloned();
        let (outcome, unwind) = self.stage_outcome(stage, span);
        let Err(unwind) = self.settle_jobs(unwind.map_or(Ok(()), Err)) else { return outcome };
        let end = match self.end_of(unwind, span) {
            // In `{ yes; } | head -1`, a program in the block died as it would have died as the stage itself.
            End::Error(error)
                if error.status == SIGPIPE_STATUS && output.is_some_and(|output| !has_reader(&output)) =>
            {
                End::PipeClosed
            }
            end => end,
        };
        StageOutcome { end, ..outcome }
    }

    /// Runs the last stage, which works on this scope itself.
    pub(in crate::eval) fn run_here(
        &mut self,
        stage: InProcessStage,
        span: Span,
    ) -> (StageOutcome, Option<Unwind>) {
        // A builtin or bare block means what it means in sh, where it works on copies: `ls | cd /tmp` changes
        // nothing.
        let copies = match &stage.work {
            Work::Builtin(_) => true,
            Work::Compound(compound) => matches!(**compound, Compound::Block(_)),
            _ => false,
        };
        let (mut outcome, unwind) = if copies {
            self.in_subshell(|this| this.stage_outcome(stage, span))
        } else {
            self.stage_outcome(stage, span)
        };
        match unwind {
            Some(Unwind::Exit(status)) if copies => {
                outcome.end = End::Status(status);
                (outcome, None)
            }
            Some(Unwind::Error(error)) => {
                outcome.end = End::Error(error);
                (outcome, None)
            }
            unwind => (outcome, unwind),
        }
    }

    fn stage_outcome(&mut self, stage: InProcessStage, span: Span) -> (StageOutcome, Option<Unwind>) {
        let started = Instant::now();
        let mut argv = stage.work.argv();
        let mut files = stage.files;
        if let Some(mut late) = stage.late {
            let program = late.program.take();
            if let Some(program) = &program {
                argv.clone_from(&program.argv);
            }
            let ready = self.open_late(&mut late.opened);
            let ran = ready.and_then(|()| match program {
                Some(program) => self.run_late(program, files.clone(), *late, span).map(Some),
                None => self.apply_late(*late, &mut files).map(|()| None),
            });
            match ran {
                Ok(None) => {}
                Ok(Some(status)) => {
                    return (StageOutcome::inner(span, argv, started, End::Status(status)), None);
                }
                Err(unwind) => {
                    return (StageOutcome::inner(span, argv, started, End::Status(0)), Some(unwind));
                }
            }
        }
        let result = if let Some(each) = stage.work.each() {
            self.each_with(files, stage.reads_alone, each, span).map(|()| 0)
        } else {
            self.redirected(files, |this| match &stage.work {
                Work::Host(call) => this.host_stage(call, stage.reads_alone, span),
                work => this.work(work, span),
            })
        };
        let outcome = |end| StageOutcome::inner(span, argv, started, end);
        match result {
            Ok(_) if matches!(stage.work, Work::Truth(false)) => (outcome(End::False), None),
            Ok(status) => (outcome(End::Status(status)), None),
            Err(Unwind::PipeClosed) => (outcome(End::PipeClosed), None),
            Err(unwind) => (outcome(End::Status(0)), Some(unwind)),
        }
    }

    /// Runs a command with its own descriptors. Prints an error to its standard error if that differs.
    pub(in crate::eval) fn redirected<T>(
        &mut self,
        files: FileTable,
        run: impl FnOnce(&mut Self) -> Eval<T>,
    ) -> Eval<T> {
        let outer = self.env.files.clone();
        self.with_files(files, |this| {
            run(this).map_err(|unwind| this.print_if_elsewhere(unwind, &this.env.files, &outer))
        })
    }

    fn apply_late(&self, late: Late, files: &mut FileTable) -> Eval<()> {
        self.apply(&late.opened, files)?;
        if late.pipe_stderr && files.dup(1, 2).is_err() {
            files.close(2);
        }
        Ok(())
    }

    /// Runs the program of a late stage.
    fn run_late(&mut self, program: Prepared, files: FileTable, late: Late, span: Span) -> Eval<u8> {
        // For a prepared stage, the syntax provides only the place.
        let kind = StageKind::Continue;
        let stage = Stage { span, kind, redirections: Box::default(), pipe_stderr: late.pipe_stderr };
        let pipeline = Pipeline { stages: Box::new([stage]), negated: false, timed: None, span };
        let failure = self.with_files(files, |this| {
            this.start_and_wait(&pipeline, vec![program], vec![late.opened], Pipes::new(1, None), None, 0)
        });
        match failure? {
            None => Ok(0),
            Some(failure) => Err(self.raise(failure)),
        }
    }

    /// Returns what an early end of a copy means for the code outside. The jobs of the copy end with it.
    pub(in crate::eval) fn end_of(&mut self, unwind: Unwind, span: Span) -> End {
        match unwind {
            Unwind::Error(error) => End::Error(error),
            Unwind::Exit(status) => End::Status(status),
            Unwind::PipeClosed => End::PipeClosed,
            Unwind::Interrupted(signal) => End::Signal(signal, false),
            Unwind::TimedOut(timed_out) => End::TimedOut(timed_out),
            // The code that examines the end sees this, too.
            Unwind::Exhausted => End::Unknown,
            Unwind::Break | Unwind::Continue | Unwind::Return => {
                let error = page(
                    code::INTERNAL,
                    self.source(),
                    span,
                    "a loop or function was left from a copy",
                    "here",
                );
                End::Error(Box::new(Error::value(error)))
            }
        }
    }

    pub(in crate::eval) fn crashed(&self, span: Span) -> StageOutcome {
        let error =
            page(code::INTERNAL, self.source(), span, "a stage of the interpreter crashed", "this stage");
        let end = End::Error(Box::new(Error::value(error)));
        StageOutcome::inner(span, Vec::new(), Instant::now(), end)
    }
}

fn has_reader(output: &Descriptor) -> bool {
    !output.borrow().is_ok_and(crate::sys::poll::is_hung_up)
}
