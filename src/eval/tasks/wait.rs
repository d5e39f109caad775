//! Waiting for tasks: one poll(2) over their ends and the events that end the wait.

use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
#[cfg(feature = "dialog")]
use crate::eval::tasks::job::Job;
use crate::process::{Changes, Interrupt, Watch};
use crate::span::Span;
use crate::sys::poll::{Interest, PollSet};
use std::time::{Duration, Instant};

impl Interpreter {
    /// Waits until a condition is true that only `changes` can make true: that any of several tasks has
    /// ended, or all have.
    ///
    /// # Errors
    /// Fails if `interrupt` was raised, or a time limit has passed.
    pub(in crate::eval) fn wait_until<'a>(
        &self,
        changes: impl IntoIterator<Item = &'a Changes>,
        interrupt: &Interrupt,
        span: Span,
        holds: impl Fn() -> bool,
    ) -> Eval<()> {
        if holds() {
            return Ok(());
        }
        let watch = Watch::new(changes).map_err(|error| {
            let message = format!("can't wait for the job: {}", reason(&error));
            Error::value(page(code::SPAWN_FAILED, self.source(), span, message, "here"))
        })?;
        loop {
            watch.event().reset();
            if holds() {
                return Ok(());
            }
            if let Some(raised) = interrupt.raised() {
                return Err(Unwind::Interrupted(raised.signal));
            }
            self.check_exhausted()?;
            self.check_time()?;
            wait_once(&watch, interrupt, self.due());
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
        wait_once(&watch, &Interrupt::none(), Some(end));
    }
}

fn wait_once(watch: &Watch<'_>, interrupt: &Interrupt, end: Option<Instant>) {
    let mut set = PollSet::default();
    set.add(watch.event().reader(), Interest::Read);
    for event in interrupt.fds() {
        set.add(event, Interest::Read);
    }
    let left: Option<Duration> = end.map(|end| end.saturating_duration_since(Instant::now()));
    // The caller checks all events, whatever ended the wait.
    let _ = set.wait(left.into_iter().chain(interrupt.look_after()).min());
}
