//! The programs of one pipeline: coming, running, reported.

use crate::eval::Interpreter;
use crate::eval::effects::audit::Redirected;
use crate::eval::effects::limits::Permit;
use crate::eval::report::stats;
use crate::eval::report::unwind::{Eval, Unwind};
use crate::process::{Child, Group, Keys, Stage, StageReport, StartError, begin, signal_all};
use crate::span::Span;
use std::collections::VecDeque;

/// So many come to their execve side by side; more would only hold more descriptors.
const BESIDE: usize = 8;

/// What has been started of a pipeline. Dropped, all of it is ended.
pub(in crate::eval) struct Programs {
    group: Group,
    /// Whether it is one that is taken for running: its end tells soon enough that it ran.
    presumed: bool,
    coming: VecDeque<(Child, Note)>,
    children: Vec<Child>,
    /// One for each child.
    notes: Vec<Note>,
}

struct Note {
    /// Which stage it is.
    place: usize,
    span: Span,
    /// Its record in the audit log.
    exec: Option<u64>,
    /// Given back when it has ended.
    permit: Permit,
}

impl Programs {
    pub(in crate::eval) fn new(group: Group, count: usize, presumed: bool) -> Self {
        let (children, notes) = (Vec::with_capacity(count), Vec::with_capacity(count));
        Self { group, presumed, coming: VecDeque::new(), children, notes }
    }

    /// Those that run.
    pub(in crate::eval) fn children(&mut self) -> &mut [Child] {
        &mut self.children
    }

    /// Sends those that have just been started a key that came meanwhile.
    pub(in crate::eval) fn repeat_key(&self, keys: &Keys) {
        if let Some(raised) = keys.interrupt.raised() {
            signal_all(&self.children, raised.signal);
        }
    }
}

impl Interpreter {
    /// Starts one, and does not wait until it runs.
    pub(in crate::eval) fn start_program(
        &self,
        programs: &mut Programs,
        stage: Stage,
        place: usize,
        redirections: Vec<Redirected<'static>>,
        span: Span,
    ) -> Eval<()> {
        let permit = self.permit(span)?;
        let exec = self.audit_exec(&stage, redirections, span)?;
        let note = Note { place, span, exec, permit };
        let child =
            begin(stage, &programs.group, programs.presumed).map_err(|error| self.not_begun(error, &note))?;
        programs.coming.push_back((child, note));
        if programs.coming.len() > BESIDE { self.run_next(programs) } else { Ok(()) }
    }

    /// Waits until all that are coming run.
    pub(in crate::eval) fn run_all(&self, programs: &mut Programs) -> Eval<()> {
        if programs.presumed {
            for (child, note) in programs.coming.drain(..) {
                programs.children.push(child);
                programs.notes.push(note);
            }
        }
        while !programs.coming.is_empty() {
            self.run_next(programs)?;
        }
        Ok(())
    }

    fn run_next(&self, programs: &mut Programs) -> Eval<()> {
        let Some((mut child, note)) = programs.coming.pop_front() else { return Ok(()) };
        child.arrive().map_err(|error| self.not_begun(error, &note))?;
        self.observe_start(&child, note.span);
        if let Some(job) = &self.settings.job {
            if job.survives() {
                child.spare();
            }
            // From now on the job is shown with its number.
            job.started(child.pid());
        }
        if self.settings.detach {
            child.detach();
            note.permit.keep();
        } else {
            programs.children.push(child);
            programs.notes.push(note);
        }
        Ok(())
    }

    /// Looks whether those that were taken for running did run. One that could not be started at its first try may run
    /// now: whether there is such a one.
    pub(in crate::eval) fn confirm(&self, programs: &mut Programs) -> Eval<bool> {
        for (child, note) in programs.children.iter_mut().zip(&programs.notes) {
            child.arrive().map_err(|error| self.not_begun(error, note))?;
        }
        Ok(programs.children.iter().any(Child::is_running))
    }

    /// Whether somebody wants to know that a program runs, before it has ended.
    pub(in crate::eval) fn announces_starts(&self) -> bool {
        self.settings.job.is_some() || self.settings.detach || self.observers().is_some()
    }

    fn not_begun(&self, error: StartError, note: &Note) -> Unwind {
        let unwind = self.not_started(error, note.span);
        self.audit_failed(note.exec, &unwind);
        unwind
    }

    /// Tells what became of them to all who want to know.
    pub(in crate::eval) fn reports(&self, programs: Programs, count: usize) -> Vec<(usize, StageReport)> {
        let told = |(child, note): (&Child, &Note)| {
            let report = self.report(child, note.place + 1 == count);
            self.tell_end(note, &report);
            (note.place, report)
        };
        programs.children.iter().zip(&programs.notes).map(told).collect()
    }

    fn tell_end(&self, note: &Note, report: &StageReport) {
        self.audit_end(note.exec, report);
        self.observe_end(report);
        if let Some(stats) = &self.settings.stats {
            stats::lock(stats).push(report.clone());
        }
    }

    /// Ends them, since one of their pipeline could not be started.
    #[cold]
    pub(in crate::eval) fn abandon(&self, mut programs: Programs) {
        for (mut child, note) in programs.coming.drain(..) {
            if child.arrive().is_ok() {
                self.observe_start(&child, note.span);
                programs.children.push(child);
                programs.notes.push(note);
            }
        }
        for (child, note) in programs.children.into_iter().zip(programs.notes) {
            let report = self.report(&child, true);
            drop(child);
            self.tell_end(&note, &report);
        }
    }
}
