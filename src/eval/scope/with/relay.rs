//! Passes the output of a block through a pipe, so that `idle_timeout` and `progress` can observe it.

use crate::diag::{code, reason};
use crate::eval::Interpreter;
use crate::eval::report::unwind::{Error, Eval, SIGPIPE_STATUS, Unwind, page};
use crate::eval::scope::settings::TimeLimit;
use crate::eval::tasks::task::Task;
use crate::process::{Activity, Descriptor, Reader, Readers};
use crate::span::Span;
use crate::sys::pipe;
use std::io::{self, ErrorKind};
use std::sync::Arc;

/// An observer that passes on the output of a block. Two threads call it at once.
pub(in crate::eval) trait Tap: Send + Sync + 'static {
    /// Writes bytes that arrived on standard output (1) or standard error (2). The inner error is that of the
    /// kernel.
    fn pass(&self, run: &Interpreter, number: i32, target: &Descriptor, bytes: &[u8])
    -> Eval<io::Result<()>>;
}

/// Notes the time of each output.
struct Listener(Activity);

impl Tap for Listener {
    fn pass(&self, run: &Interpreter, _: i32, target: &Descriptor, bytes: &[u8]) -> Eval<io::Result<()>> {
        self.0.note();
        match target.borrow() {
            Ok(target) => run.write_bytes(target, bytes),
            Err(error) => Ok(Err(error)),
        }
    }
}

impl Interpreter {
    /// Runs code whose output counts as activity.
    pub(super) fn relayed(
        &mut self,
        limit: &Arc<TimeLimit>,
        run: impl FnOnce(&mut Self) -> Eval<()>,
    ) -> Eval<()> {
        let (Some(activity), Some(span)) = (limit.activity(), limit.span) else { return run(self) };
        self.tapped(&[1, 2], Arc::new(Listener(activity.clone())), span, run)
    }

    /// Runs code with its standard output and standard error passed on, each by a thread.
    pub(in crate::eval) fn tapped(
        &mut self,
        numbers: &[i32],
        tap: Arc<impl Tap>,
        span: Span,
        run: impl FnOnce(&mut Self) -> Eval<()>,
    ) -> Eval<()> {
        let readers = Arc::new(Readers::default());
        let mut relays: Vec<Task<Result<(), Lost>>> = Vec::with_capacity(2);
        // The files are dropped before the tasks that read the pipes to their end.
        let mut files = self.env.files.clone();
        for &number in numbers {
            let Some(target) = self.env.files.get(number).cloned() else { continue };
            let (reader, writer) = self.pipe(span)?;
            files.set(number, Arc::new(writer));
            let (reader, tap) = (readers.add(reader), tap.clone());
            let run = self.fork();
            relays.push(Task::spawn(self, span, move || pass_on(&run, reader, number, &target, &*tap))?);
        }
        let result = self.with_files(files, run);
        // This closes the writing ends that this process holds, so that the threads see the end.
        let mut result = self.until_read(&readers, span, result);
        for relay in relays {
            let passed = relay.join().unwrap_or(Err(Lost::Crashed));
            if let Err(lost) = passed
                && believes(&result)
            {
                result = Err(self.lost(lost, span));
            }
        }
        result
    }

    /// Returns the error for lost output, for a block that assumed that all its output was written.
    fn lost(&self, lost: Lost, span: Span) -> Unwind {
        let (code, message) = match lost {
            Lost::Ended(unwind) => return unwind,
            Lost::Unwritten(error) if error.kind() == ErrorKind::BrokenPipe => return Unwind::PipeClosed,
            Lost::Unwritten(error) => (code::WRITE_FAILED, format!("can't write: {}", reason(&error))),
            Lost::Unread(error) => {
                (code::READ_FAILED, format!("can't read what the block prints: {}", reason(&error)))
            }
            Lost::Crashed => (code::INTERNAL, "the reader of the output crashed".into()),
        };
        self.fail(Error::command(page(code, self.source(), span, message, "the output of this block"), 1))
    }
}

/// Returns whether a block ended as if its output had been delivered, or ended only because its output had no
/// reader left.
fn believes(result: &Eval<()>) -> bool {
    match result {
        Ok(()) | Err(Unwind::PipeClosed) => true,
        Err(Unwind::Error(error)) => error.status == SIGPIPE_STATUS,
        Err(_) => false,
    }
}

/// The reason why output was not relayed.
enum Lost {
    Unread(io::Error),
    Unwritten(io::Error),
    /// The run or the block ended while no reader took the output.
    Ended(Unwind),
    Crashed,
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        Self::Unread(error)
    }
}

/// Relays data until the pipe ends.
fn pass_on(
    run: &Interpreter,
    reader: Reader,
    number: i32,
    target: &Descriptor,
    tap: &impl Tap,
) -> Result<(), Lost> {
    let mut buffer = Vec::new();
    reader.drain(|reader| {
        buffer.clear();
        let count = match pipe::read_into(reader, &mut buffer, pipe::CAPACITY) {
            Ok(0) => return Ok(Some(0)),
            Ok(count) => count,
            Err(error) if pipe::is_for_later(&error) => return Ok(None),
            Err(error) => return Err(Lost::Unread(error)),
        };
        // A program that writes to a target without a reader notices that by the end of this pipe.
        tap.pass(run, number, target, &buffer).map_err(Lost::Ended)?.map_err(Lost::Unwritten)?;
        Ok(Some(count))
    })
}
