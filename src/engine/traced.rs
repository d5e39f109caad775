//! Runs as events and spans of tracing (feature `tracing`).

use crate::diag::{quote_argv, quote_word};
use crate::eval::{Event, Observer};
use crate::process::{StageEnd, StageReport};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing::field::Empty;
use tracing::{Span, debug, debug_span, warn};

/// An [`Observer`] for `tracing`. All its events have the target `pipewright`:
///
/// - each program is a span `process` (DEBUG) with the fields `pid`, `argv`, `at`, and at its end `status` or
///   `signal`, `user_ms`, `system_ms` and `memory` in bytes. It is a child of the current span of the run's thread.
///   That is the span of the caller, except for [`crate::Run::start`] and for stages and jobs of the interpreter;
/// - each pipeline gives an event `pipeline` (DEBUG) with `at`, `status`, `stages` and `wall_ms`;
/// - each builtin gives an event `builtin` (DEBUG) with `argv` and `at`, each file that a redirection opens an event
///   `redirection` (DEBUG) with `operator`, `path` and `at`;
/// - each message on standard error that is not a failure is an event (WARN).
///
/// ```
/// use pipewright::{Engine, Tracing};
///
/// let engine = Engine::builder().observer(Tracing::default()).build()?;
/// # Ok::<(), pipewright::BuildError>(())
/// ```
#[derive(Debug, Default)]
pub struct Tracing {
    /// The spans of the running programs, by process ID.
    processes: Mutex<HashMap<i32, Span>>,
}

impl Tracing {
    fn processes(&self) -> MutexGuard<'_, HashMap<i32, Span>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Tracing {
    fn event(&self, event: &Event<'_>) {
        match *event {
            Event::Spawned { pid, argv, place, detached, .. } => {
                let span = debug_span!(
                    target: "pipewright",
                    "process",
                    pid,
                    argv = %quote_argv(argv),
                    at = %place,
                    detached,
                    status = Empty,
                    signal = Empty,
                    user_ms = Empty,
                    system_ms = Empty,
                    memory = Empty,
                );
                if !detached && !span.is_disabled() {
                    self.processes().insert(pid, span);
                }
            }
            Event::Ended { report, .. } => {
                if let Some(span) = report.pid.and_then(|pid| self.processes().remove(&pid)) {
                    record(&span, report);
                }
            }
            Event::Builtin { argv, place, .. } => {
                debug!(target: "pipewright", argv = %quote_argv(argv), at = %place, "builtin");
            }
            Event::Sandbox { open, place, .. } => {
                debug!(target: "pipewright", open = %open.join(", "), at = %place, "sandbox");
            }
            Event::Redirected { operator, path, place, .. } => {
                let path = quote_word(path);
                debug!(target: "pipewright", operator, path, at = %place, "redirection");
            }
            Event::Pipeline { report, .. } => debug!(
                target: "pipewright",
                at = %report.place(),
                status = report.status(),
                stages = report.stages().len(),
                wall_ms = report.wall().as_secs_f64() * 1000.0,
                "pipeline",
            ),
            Event::TurnStarted { number, item, place, .. } => {
                debug!(target: "pipewright", turn = number, item, at = %place, "turn started");
            }
            Event::TurnEnded { number, item, end, place, .. } => {
                debug!(target: "pipewright", turn = number, item, end = ?end, at = %place, "turn ended");
            }
            Event::Progress { progress, place, .. } => debug!(
                target: "pipewright",
                at = %place,
                done = progress.done,
                total = progress.total,
                running = progress.running,
                failed = progress.failed,
                part = progress.part,
                "progress",
            ),
            Event::Service { name, instance, change, place, .. } => {
                debug!(target: "pipewright", service = name, instance, change = ?change, at = %place, "service");
            }
            Event::Warning { message } => warn!(target: "pipewright", "{message}"),
        }
    }
}

fn record(span: &Span, report: &StageReport) {
    match report.end {
        StageEnd::Signal { signal, .. } => span.record("signal", tracing::field::display(signal)),
        StageEnd::PipeClosed => span.record("signal", "SIGPIPE"),
        end => span.record("status", end.status()),
    };
    span.record("user_ms", report.user.as_secs_f64() * 1000.0);
    span.record("system_ms", report.system.as_secs_f64() * 1000.0);
    span.record("memory", report.max_rss);
}
