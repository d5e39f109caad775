//! The errors of queues.

use super::Queue;
use crate::diag::{Code, code};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, Unwind, page};
use crate::queue::{self, TaskId, Unchanged};
use crate::span::Span;
use std::time::{Duration, Instant};

/// How long another process may keep a queue locked. It needs the lock for single transactions.
const MOST_BUSY: Duration = Duration::from_secs(15);

impl Interpreter {
    /// Calls a store until no other process keeps it locked, and its server can be reached. While it is, a signal or time limit ends the wait, except
    /// at the end of a task, whose result must not be lost.
    pub(super) fn while_busy<T>(
        &self,
        is_end: bool,
        mut call: impl FnMut() -> queue::Result<T>,
    ) -> Eval<queue::Result<T>> {
        let began = Instant::now();
        loop {
            match call() {
                Err(queue::Error::Busy | queue::Error::Unreachable(_)) if began.elapsed() < MOST_BUSY => {}
                result => return Ok(result),
            }
            if !is_end {
                self.check_interrupt()?;
                self.check_time()?;
            }
        }
    }

    #[cold]
    pub(super) fn queue_error(&self, queue: &Queue, what: &str, error: &queue::Error, span: Span) -> Unwind {
        let message = format!("can't {what} {}: {error}", queue.shown());
        self.store_error(code::QUEUE_FAILED, message, error, span)
    }

    #[cold]
    pub(super) fn store_error(
        &self,
        code: Code,
        message: String,
        error: &queue::Error,
        span: Span,
    ) -> Unwind {
        let mut error_page = page(code, self.source(), span, message, "here");
        let help = match error {
            queue::Error::SharedFileSystem(_) => "put the file on a disk of this machine",
            queue::Error::Foreign => "give the queue a file of its own",
            queue::Error::Newer { .. } => "run this script by that version, or give it a file of its own",
            queue::Error::Busy => "find the process that keeps it open for writing: fuser -v FILE",
            queue::Error::NoSchema => "install it: npx graphile-worker --schema-only -c \"$DATABASE_URL\"",
            queue::Error::Full => "tasks that were added are still there; free some space and run this again",
            _ => "",
        };
        if !help.is_empty() {
            error_page = error_page.help(help);
        }
        self.fail(Error::command(error_page, 1))
    }

    #[cold]
    pub(super) fn unchanged(&self, queue: &Queue, id: TaskId, why: Unchanged, span: Span) -> Unwind {
        let error = match why {
            Unchanged::None => {
                let message = format!("{} has no task {id}", queue.shown());
                page(code::NO_TASK, self.source(), span, message, "it is done, was deleted, or never was")
            }
            Unchanged::Running => {
                let message = format!("task {id} of {} runs", queue.shown());
                let help = "wait for its end, or end its worker";
                page(code::TASK_RUNS, self.source(), span, message, "a worker has it now").help(help)
            }
        };
        self.fail(Error::value(error))
    }

    pub(super) fn queue_value_error(&self, message: String, help: &str, span: Span) -> Unwind {
        self.fail(Error::value(page(code::BAD_VALUE, self.source(), span, message, "here").help(help)))
    }
}
