//! Workers: programs that answer messages.
//!
//! A worker's block runs as a job. Its messages have no thread: the thread that sends or receives one moves the bytes
//! itself, and waits by poll(2).

mod fails;
mod lifetime;
mod pool;
mod posted;
mod requests;
mod start;
mod talk;

pub use pool::Pool;
pub(in crate::eval) use pool::pool_of;
pub(in crate::eval) use requests::Question;

use crate::channel::LineBuffer;
use crate::eval::Interpreter;
use crate::eval::effects::board::Posting;
use crate::eval::report::last_output::LastOutput;
use crate::eval::report::unwind::Eval;
use crate::eval::scope::with::relay::Tap;
use crate::eval::tasks::job_state::JobState;
use crate::process::{Changes, Descriptor};
use crate::value::Value;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// A worker. The values that represent it share it with the job that runs its block.
pub struct Worker {
    format: Format,
    /// Its command, for messages.
    text: String,
    reader: Arc<OwnedFd>,
    /// None once the channel is closed.
    writer: Mutex<Option<Arc<OwnedFd>>>,
    inbox: Mutex<Inbox>,
    /// Announces that a thread no longer reads or writes, or has received messages.
    changes: Changes,
    errors: Arc<LastErrors>,
    state: OnceLock<Arc<JobState>>,
    /// The time limit of each question.
    timeout: Option<Duration>,
    /// How many bytes of messages are kept while one is sent.
    most: usize,
    /// Whether the code that made it has ended.
    is_over: AtomicBool,
    /// Whether the script has been told that it failed.
    is_told: AtomicBool,
    /// Its place on the board of the run.
    posting: OnceLock<Posting>,
}

/// The form of the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::eval) enum Format {
    /// Lines of JSON on a descriptor of its own.
    Descriptor,
    /// Lines of JSON on standard input and output.
    Stdio,
    /// Plain lines there.
    Lines,
}

impl Format {
    /// Returns the value of the option `channel`.
    fn named(name: &[u8]) -> Self {
        if name == b"stdio" { Self::Stdio } else { Self::Lines }
    }

    /// Returns whether the messages are JSON.
    pub(in crate::eval) fn carries_json(self) -> bool {
        self != Self::Lines
    }
}

/// The messages that have arrived, and the threads that use the channel.
#[derive(Default)]
struct Inbox {
    buffer: LineBuffer,
    lines: VecDeque<Vec<u8>>,
    /// The size of `lines`.
    size: usize,
    has_ended: bool,
    is_read: bool,
    is_written: bool,
    is_asked: bool,
    /// The `reply` of a question whose answer was not awaited. That answer is dropped when it comes.
    owed: Option<Value>,
}

/// The worker's end of the channel, until its program has it.
pub enum WorkerEnd {
    /// The statement that starts the program has not begun.
    Waiting(TheirEnd),
    /// The next program gets it.
    Open(OwnedFd),
}

pub enum TheirEnd {
    Descriptor(OwnedFd),
    Stdio { input: OwnedFd, output: OwnedFd },
}

/// The last bytes that a worker wrote to standard error, which are also passed on.
#[derive(Default)]
struct LastErrors(Mutex<LastOutput>);

impl Tap for LastErrors {
    fn pass(&self, run: &Interpreter, _: i32, target: &Descriptor, bytes: &[u8]) -> Eval<io::Result<()>> {
        lock(&self.0).push(bytes);
        match target.borrow() {
            Ok(target) => run.write_bytes(target, bytes),
            Err(error) => Ok(Err(error)),
        }
    }
}

impl Worker {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        lock(&self.inbox)
    }

    fn writer(&self) -> Option<Arc<OwnedFd>> {
        lock(&self.writer).clone()
    }

    fn status(&self) -> Option<u8> {
        self.state.get()?.status()
    }

    fn has_ended(&self) -> bool {
        self.state.get().is_none_or(|state| state.has_ended())
    }

    /// Lets the worker read the end of its messages.
    fn close(&self) {
        use std::os::fd::AsFd;
        if let Some(writer) = lock(&self.writer).take() {
            crate::sys::socket_pair::end_output(writer.as_fd());
        }
        self.changes.announce();
    }

    fn tell(&self) -> bool {
        !self.is_told.swap(true, Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the worker that a value is, if it is one.
pub(in crate::eval) fn worker_of(value: &Value) -> Option<&Arc<Worker>> {
    match value {
        Value::Opaque(opaque) => opaque.payload::<Arc<Worker>>(),
        _ => None,
    }
}

/// The messages of a worker or a pool, as the source of a `for` loop.
#[derive(Clone)]
pub(in crate::eval) enum Messages {
    Worker(Arc<Worker>),
    Pool(Arc<Pool>),
}

/// Returns the messages that a value is, if it is such a value.
pub(in crate::eval) fn messages_of(value: &Value) -> Option<&Messages> {
    match value {
        Value::Opaque(opaque) => opaque.payload::<Messages>(),
        _ => None,
    }
}
