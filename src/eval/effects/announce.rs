//! The events that a run announces to its observers.

use crate::eval::Interpreter;
use crate::eval::effects::observe::{Event, Observers, PipelineReport, Place, TurnEnd};
use crate::eval::report::unwind::{End, StageOutcome, Unwind};
use crate::eval::tasks::turns::TurnMark;
use crate::process::{Child, StageEnd, StageReport};
use crate::span::Span;
use std::time::{Duration, Instant};

impl Interpreter {
    pub(in crate::eval) fn observers(&self) -> Option<&Observers> {
        Some(&self.shared.observers).filter(|observers| !observers.is_empty())
    }

    pub(in crate::eval) fn place(&self, span: Span) -> Place<'_> {
        Place { source: self.source(), span }
    }

    /// Returns the number of this turn of a loop side by side, from 1. In nested loops it is the number in the
    /// innermost loop.
    pub(in crate::eval) fn turn_number(&self) -> Option<u64> {
        self.env.settings.turn.as_ref().map(|turn| turn.number)
    }

    /// Reports that a turn of the loop at `span` has been started.
    pub(in crate::eval) fn observe_turn(&self, turn: &TurnMark, span: Span) {
        if let Some(observers) = self.observers() {
            let (number, item) = (turn.number, &*self.shared.redactions().apply_text(&turn.item));
            observers.event(&Event::TurnStarted { number, item, place: self.place(span) });
        }
    }

    /// Reports that a turn has ended.
    pub(in crate::eval) fn observe_turn_end(&self, turn: &TurnMark, end: TurnEnd, span: Span) {
        if let Some(observers) = self.observers() {
            let (number, item) = (turn.number, &*self.shared.redactions().apply_text(&turn.item));
            observers.event(&Event::TurnEnded { number, item, end, place: self.place(span) });
        }
    }

    /// Reports that a program has been started.
    pub(in crate::eval) fn observe_start(&self, child: &Child, span: Span) {
        let Some(observers) = self.observers() else { return };
        let masked = self.shared.redactions().apply_all(child.argv());
        let argv = masked.as_deref().unwrap_or(child.argv());
        let place = self.place(span);
        let (pid, depth, detached) = (child.pid(), self.depth, self.env.settings.detach);
        observers.event(&Event::Spawned { pid, argv, place, depth, detached, turn: self.turn_number() });
    }

    /// Reports that a program has ended.
    pub(in crate::eval) fn observe_end(&self, report: &StageReport) {
        if let Some(observers) = self.observers() {
            observers.event(&Event::Ended { report, depth: self.depth, turn: self.turn_number() });
        }
    }

    /// Reports that a pipeline has ended.
    pub(in crate::eval) fn observe_pipeline<'o>(
        &self,
        outcomes: impl IntoIterator<Item = &'o StageOutcome>,
        span: Span,
    ) {
        let Some(observers) = self.observers() else { return };
        let stages = outcomes.into_iter().map(|outcome| {
            let mut report = outcome.report();
            report.turn = self.turn_number();
            if let Some(masked) = self.shared.redactions().apply_all(&report.argv) {
                report.argv = masked;
            }
            report
        });
        let report = PipelineReport { stages: stages.collect(), place: self.place(span) };
        // A detached pipeline continues.
        if report.stages().is_empty() {
            return;
        }
        observers.event(&Event::Pipeline { report: &report, depth: self.depth, turn: self.turn_number() });
    }

    /// Reports the end of a command of the interpreter that failed with an error.
    pub(in crate::eval) fn observe_error(
        &self,
        unwind: &Unwind,
        argv: &[Vec<u8>],
        started: Instant,
        span: Span,
    ) {
        if let (Some(_), Unwind::Error(error)) = (self.observers(), unwind) {
            let outcome = StageOutcome::inner(span, argv.to_vec(), started, End::Status(error.status));
            self.observe_pipeline([&outcome], span);
        }
    }

    /// Prints a message on standard error that is not a failure, and reports it.
    pub(in crate::eval) fn warn(&self, message: &str) {
        self.report_warning(message);
        self.print_line(message, &self.env.files);
    }

    /// Reports a message to the host.
    pub(in crate::eval) fn report_warning(&self, message: &str) {
        if let Some(observers) = self.observers() {
            let message = self.shared.redactions().apply_text(message);
            observers.event(&Event::Warning { message: &message });
        }
    }
}

impl StageOutcome {
    /// Returns the report of the stage in the form for hosts.
    fn report(&self) -> StageReport {
        let end = match &self.end {
            End::Signal(signal, core) => StageEnd::Signal { signal: *signal, core: *core },
            End::PipeClosed => StageEnd::PipeClosed,
            End::Unknown => StageEnd::Abandoned,
            End::Status(_) | End::Accepted(_) | End::False | End::Error(_) | End::TimedOut(_) => {
                StageEnd::Exit(self.status())
            }
        };
        let process = self.process;
        StageReport {
            argv: self.argv.clone(),
            pid: process.and_then(|process| process.pid),
            began: self.began,
            wall: self.wall,
            user: process.map_or(Duration::ZERO, |process| process.user),
            system: process.map_or(Duration::ZERO, |process| process.system),
            max_rss: process.map_or(0, |process| process.memory),
            end,
            end_order: process.and_then(|process| process.order),
            turn: None,
        }
    }
}
