//! Waiting for tasks: one poll(2) over their ends and the events that end the wait.

use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
#[cfg(feature = "dialog")]
use crate::eval::tasks::job::Job;
use crate::process::{Changes, Interrupt, Watch};
use crate::span::Span;
use crate::sys::handled_signals;
use crate::sys::poll::{Interest, PollSet};
use std::time::{Duration, Instant};

impl Interpreter {
    /// Waits until a condition is true that only `changes` can make true: that any of several tasks has
    /// ended, or all have. In the meantime the script handles its signals.
    ///
    /// # Errors
    /// Fails if `interrupt` was raised, a time limit has passed, or a handler of a signal failed.
    pub(in crate::eval) fn wait_until<'a>(
        &mut self,
        changes: impl IntoIterator<Item = &'a Changes>,
        interrupt: &Interrupt,
        span: Span,
        holds: impl Fn() -> bool,
    ) -> Eval<()> {
        let changes: Vec<&Changes> = changes.into_iter().collect();
        while !self.holds_or_signal(&changes, interrupt, span, self.handles_signals(), &holds)? {
            self.heed_signals()?;
        }
        Ok(())
    }

    /// Does the same without handling signals, for a wait in the middle of something.
    pub(in crate::eval) fn wait_undisturbed<'a>(
        &self,
        changes: impl IntoIterator<Item = &'a Changes>,
        interrupt: &Interrupt,
        span: Span,
        holds: impl Fn() -> bool,
    ) -> Eval<()> {
        let changes: Vec<&Changes> = changes.into_iter().collect();
        self.holds_or_signal(&changes, interrupt, span, false, &holds).map(drop)
    }

    /// Waits until a condition is true, or if `handles`, until a signal has come that the script handles. Returns
    /// whether the condition is true.
    fn holds_or_signal(
        &self,
        changes: &[&Changes],
        interrupt: &Interrupt,
        span: Span,
        handles: bool,
        holds: &impl Fn() -> bool,
    ) -> Eval<bool> {
        if holds() {
            return Ok(true);
        }
        let watch = Watch::new(changes.iter().copied()).map_err(|error| {
            let message = format!("can't wait for the job: {}", reason(&error));
            Error::value(page(code::SPAWN_FAILED, self.source(), span, message, "here"))
        })?;
        loop {
            watch.event().reset();
            if holds() {
                return Ok(true);
            }
            if let Some(raised) = interrupt.raised() {
                return Err(Unwind::Interrupted(raised.signal));
            }
            if handles && handled_signals::have_come() {
                return Ok(false);
            }
            self.check_exhausted()?;
            self.check_time()?;
            wait_once(&watch, interrupt, handles, self.due());
            // The enclosing job may have been suspended in the meantime.
            if let Some(job) = &self.env.settings.job {
                job.park();
            }
        }
    }
}

/// Waits until all jobs have ended, or until a time. Requests to end the process don't end this wait.
#[cfg(feature = "dialog")]
pub(in crate::eval) fn wait_for_ends(jobs: &[Job], end: Instant) {
    let Ok(watch) = Watch::new(jobs.iter().map(|job| job.state.changes())) else { return };
    loop {
        watch.event().reset();
        if jobs.iter().all(|job| job.state.has_ended()) || Instant::now() >= end {
            return;
        }
        wait_once(&watch, &Interrupt::none(), false, Some(end));
    }
}

fn wait_once(watch: &Watch<'_>, interrupt: &Interrupt, handles: bool, end: Option<Instant>) {
    let mut set = PollSet::default();
    set.add(watch.event().reader(), Interest::Read);
    for event in interrupt.fds() {
        set.add(event, Interest::Read);
    }
    let signals = handled_signals::event().filter(|_| handles).map(|event| set.add(event, Interest::Read));
    let left: Option<Duration> = end.map(|end| end.saturating_duration_since(Instant::now()));
    // The caller checks all events, whatever ended the wait.
    let _ = set.wait(left.into_iter().chain(interrupt.look_after()).min());
    if signals.is_some_and(|signals| set.is_ready(signals)) {
        handled_signals::acknowledge();
    }
}
