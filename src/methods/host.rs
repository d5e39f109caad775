//! The environment that methods need.

use std::io;
use std::path::{Path, PathBuf};

use super::{MethodError, Outcome};
use crate::value::{Duration, List, Str, Value};

/// The caller of a method. Paths that it receives are absolute, and contain no NUL byte that the kernel would
/// not see.
pub trait Host {
    /// Calls a function value.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if the call failed; the host keeps the reason.
    fn apply(&mut self, function: &Value, arguments: &[Value]) -> Outcome;

    /// Calls a function value with each of these items, several at once.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if a call failed. The host keeps the reason of the first failed call in the
    /// order of the list.
    fn apply_to_each(&mut self, function: &Value, items: &List, how: SideBySide) -> Outcome<Vec<Value>>;

    /// Returns how many bytes a value may hold, if that is less than the language allows.
    fn room(&self) -> usize;

    /// Notes that a value would be larger.
    fn no_room(&mut self) -> MethodError;

    /// Asks whether to continue. Slow methods call this from time to time.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if the run must end.
    fn go_on(&mut self) -> Outcome<()>;

    /// Returns the session's directory as an absolute path, to which relative paths refer.
    fn directory(&self) -> PathBuf;

    /// Returns the time since 1970-01-01 00:00 UTC.
    fn now(&self) -> Duration;

    /// Returns the bytes of a file; `None` if there are more than `most`.
    ///
    /// # Errors
    /// Fails as the kernel or the policy does.
    fn read(&mut self, path: &Path, most: usize) -> io::Result<Option<Vec<u8>>>;

    /// Creates a file, replaces its content, or appends to it. With `private`, only its owner can access a new
    /// file.
    ///
    /// # Errors
    /// Fails as the kernel or the policy does.
    fn write(&mut self, path: &Path, bytes: &[u8], append: bool, private: bool) -> io::Result<()>;

    /// Returns the properties of the file at a path; with `follow`, those of a symbolic link's target.
    ///
    /// # Errors
    /// Fails as the kernel does.
    fn metadata(&mut self, path: &Path, follow: bool) -> io::Result<Metadata>;

    /// Carries out a request to a job.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if the job has failed, or the signal does not exist.
    fn job(&mut self, job: &Value, request: JobRequest<'_>) -> Outcome;

    /// Carries out a request to a worker.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if the worker has ended or does not answer.
    fn worker(&mut self, worker: &Value, request: WorkerRequest<'_>) -> Outcome;

    /// Carries out a request to a pool of workers.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if no worker is left or none answers.
    fn pool(&mut self, pool: &Value, request: PoolRequest<'_>) -> Outcome;

    /// Carries out a request to a service.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if the service was given up, or could not do it.
    fn service(&mut self, service: &Value, request: ServiceRequest) -> Outcome;

    /// Returns a queue of tasks in the file at a path.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if it can't be opened.
    fn open_queue(&mut self, path: &Str, name: &Str) -> Outcome;

    /// Carries out a request to a queue.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if it can't be read or changed.
    fn queue(&mut self, queue: &Value, request: QueueRequest<'_>) -> Outcome;

    /// Returns the next line of standard input without its line end; none at the end.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if it can't be read.
    fn read_line(&mut self) -> Outcome<Option<Vec<u8>>>;

    /// Asks the user at the terminal for a line, which may be hidden while it is typed; none at the end.
    ///
    /// # Errors
    /// Fails with [`MethodError::Host`] if there is no terminal.
    fn ask(&mut self, prompt: &[u8], is_shown: bool) -> Outcome<Option<Vec<u8>>>;

    /// Masks a text in all messages from now on.
    fn conceal(&mut self, secret: &[u8]);

    /// Returns the value of TZ in the session's environment.
    #[cfg_attr(not(feature = "dates"), allow(dead_code, reason = "without zones nothing asks"))]
    fn time_zone(&self) -> Option<Vec<u8>>;

    /// Returns the absolute path of the file that contains the call, if it is a file.
    fn script_path(&self) -> Option<PathBuf>;

    /// Returns the paths that match a pattern, in order.
    ///
    /// # Errors
    /// Fails with the error of the pattern.
    fn glob(&mut self, pattern: &[u8]) -> Result<Vec<Vec<u8>>, String>;
}

/// The options for calls side by side.
#[derive(Clone, Copy, Debug)]
pub struct SideBySide {
    /// The largest number of concurrent calls, at least 1.
    pub jobs: usize,
    /// The largest number of starts per second.
    pub rate: Option<f64>,
    /// Whether the progress of the calls is shown.
    pub progress: bool,
}

/// A request to a job.
#[derive(Clone, Copy, Debug)]
pub enum JobRequest<'a> {
    /// Wait for its end, and return its status.
    Wait,
    /// Wait for its end, and return the record of its output.
    Output,
    /// Wait until one job of a list has ended, and return that job.
    WaitAny,
    /// End it: this signal, and SIGKILL after the grace.
    Kill(&'a [u8]),
}

/// A request to a worker.
#[derive(Clone, Copy, Debug)]
pub enum WorkerRequest<'a> {
    /// Send it a message.
    Send(&'a Value),
    /// Return its next message.
    Receive,
    /// Return the source of its messages.
    Messages,
    /// Send it a message, and return the answer: the next message, or the next for which a function is true.
    Ask { message: &'a Value, reply: &'a Value, timeout: Option<std::time::Duration> },
    /// Send nothing more.
    Close,
    /// Wait for its end, and return its status.
    Wait,
    /// End it: this signal, and SIGKILL after the grace.
    Kill(&'a [u8]),
}

/// A request to a pool of workers.
#[derive(Clone, Copy, Debug)]
pub enum PoolRequest<'a> {
    /// Send a free worker a message, and return the answer: the next message, or the next for which a function is true.
    Ask { message: &'a Value, reply: &'a Value, timeout: Option<std::time::Duration> },
    /// Send the worker with this number a message.
    Send { message: &'a Value, to: usize },
    /// Send a message to all workers, except the one with this number.
    Broadcast { message: &'a Value, except: Option<usize> },
    /// Return the source of the messages of all workers.
    Messages,
    /// Change the number of workers.
    Resize(usize),
    /// Send nothing more.
    Close,
    /// Wait until all workers have ended.
    Wait,
    /// End all workers: a signal, and SIGKILL after the grace.
    Kill,
    /// Describe the workers.
    Stats,
}

/// A request to a service.
#[derive(Clone, Copy, Debug)]
pub enum ServiceRequest {
    /// End all runs and start new ones, and wait until they are ready.
    Restart,
    /// Replace the instances one by one.
    Reload,
    /// End it, and wait for the end.
    Stop,
    /// Change the number of its instances.
    Resize(usize),
    /// Wait for its end.
    Wait,
    /// Describe its instances.
    Stats,
}

/// A request to a queue.
#[derive(Clone, Copy, Debug)]
pub enum QueueRequest<'a> {
    /// Add a task, and return its number.
    Add { data: &'a Value, options: TaskOptions<'a> },
    /// Add a task for each element, and return their numbers.
    AddAll { data: &'a [Value], options: TaskOptions<'a> },
    /// Count its tasks.
    Stats,
    /// Return up to `most` tasks in a state.
    List { state: &'a Str, most: usize },
    /// Return the task that would be taken next.
    Peek,
    /// Make a task due now.
    Retry(i64),
    /// Delete a task.
    Delete(i64),
    /// Let workers take no task, or take them again.
    Pause(bool),
    /// Return the source of its tasks for a loop that ends.
    Drain,
}

/// The options of a task that is added.
#[derive(Clone, Copy, Debug)]
pub struct TaskOptions<'a> {
    pub priority: Option<i64>,
    pub delay: std::time::Duration,
    pub tries: Option<i64>,
    pub key: Option<&'a Str>,
}

/// The properties of the file at a path.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    /// Its kind.
    pub kind: FileKind,
    /// Its size in bytes.
    pub size: u64,
    /// The time of its last change, since 1970-01-01 00:00 UTC.
    pub modified: Duration,
}

/// The kind of the file at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    File,
    Directory,
    Link,
    /// A device, a FIFO, a socket.
    Other,
}
