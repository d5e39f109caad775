//! The programs of one pipeline: coming, running, reported.

use super::audit::Redirected;
use super::limits::Permit;
use super::unwind::Eval;
use super::{Interpreter, stats};
use crate::process::{Child, Group, Stage, StageReport, Starting, begin};
use crate::span::Span;
use std::collections::VecDeque;

/// So many come to their execve side by side; more would only hold more descriptors.
const BESIDE: usize = 8;

/// What has been started of a pipeline. Dropped, all of it is ended.
pub(super) struct Programs {
    group: Group,
    coming: VecDeque<Coming>,
    children: Vec<Child>,
    /// One for each child.
    notes: Vec<Note>,
}

struct Coming {
    starting: Starting,
    note: Note,
    span: Span,
}

struct Note {
    /// Which stage it is.
    place: usize,
    /// Its record in the audit log.
    exec: Option<u64>,
    /// Given back when it has ended.
    permit: Permit,
}

impl Programs {
    pub(super) fn new(group: Group, count: usize) -> Self {
        let (children, notes) = (Vec::with_capacity(count), Vec::with_capacity(count));
        Self { group, coming: VecDeque::new(), children, notes }
    }

    /// Those that run.
    pub(super) fn children(&mut self) -> &mut [Child] {
        &mut self.children
    }
}

impl Interpreter {
    /// Starts one, and does not wait until it runs, if it is one of several.
    pub(super) fn start_program(
        &self,
        programs: &mut Programs,
        stage: Stage,
        place: usize,
        redirections: Vec<Redirected<'static>>,
        span: Span,
    ) -> Eval<()> {
        let permit = self.permit(span)?;
        let exec = self.audit_exec(&stage, redirections, span)?;
        let note = Note { place, exec, permit };
        match begin(stage, &programs.group) {
            Ok(starting) => programs.coming.push_back(Coming { starting, note, span }),
            Err(error) => {
                let unwind = self.not_started(error, span);
                self.audit_failed(exec, &unwind);
                return Err(unwind);
            }
        }
        if programs.coming.len() > BESIDE { self.run_next(programs) } else { Ok(()) }
    }

    /// Waits until all that are coming run.
    pub(super) fn run_all(&self, programs: &mut Programs) -> Eval<()> {
        while !programs.coming.is_empty() {
            self.run_next(programs)?;
        }
        Ok(())
    }

    fn run_next(&self, programs: &mut Programs) -> Eval<()> {
        let Some(Coming { starting, note, span }) = programs.coming.pop_front() else { return Ok(()) };
        let child = starting.finish().map_err(|error| {
            let unwind = self.not_started(error, span);
            self.audit_failed(note.exec, &unwind);
            unwind
        })?;
        self.observe_start(&child, span);
        if let Some(job) = &self.settings.job {
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

    /// Tells what became of them to all who want to know.
    pub(super) fn reports(&self, programs: Programs, count: usize) -> Vec<(usize, StageReport)> {
        let told = |(child, note): (&Child, &Note)| {
            let report = self.report(child, note.place + 1 == count);
            self.audit_end(note.exec, &report);
            self.observe_end(&report);
            if let Some(stats) = &self.settings.stats {
                stats::lock(stats).push(report.clone());
            }
            (note.place, report)
        };
        programs.children.iter().zip(&programs.notes).map(told).collect()
    }

    /// Ends them, since one of their pipeline could not be started.
    #[cold]
    pub(super) fn abandon(&self, mut programs: Programs) {
        for Coming { starting, note, span } in programs.coming.drain(..) {
            if let Ok(child) = starting.finish() {
                self.observe_start(&child, span);
                programs.children.push(child);
                programs.notes.push(note);
            }
        }
        for (child, note) in programs.children.into_iter().zip(programs.notes) {
            let report = self.report(&child, true);
            drop(child);
            self.audit_end(note.exec, &report);
            self.observe_end(&report);
        }
    }
}
