//! What methods need of whoever runs them.

use std::io;
use std::path::{Path, PathBuf};

use super::{MethodError, Outcome};
use crate::value::{Duration, List, Value};

/// Whoever runs a method. Paths that it gets are absolute, and hold no NUL byte that the kernel would not see.
pub trait Host {
    /// Calls a function value.
    ///
    /// # Errors
    /// [`MethodError::Host`] when the call failed; the host keeps the reason.
    fn apply(&mut self, function: &Value, arguments: &[Value]) -> Outcome;

    /// Calls a function value with each of these by itself, several at once.
    ///
    /// # Errors
    /// [`MethodError::Host`] when a call failed; the host keeps the reason of the first of the list that did.
    fn apply_to_each(&mut self, function: &Value, items: &List, how: SideBySide) -> Outcome<Vec<Value>>;

    /// How many bytes a value may hold, should that be less than the language allows.
    fn room(&self) -> usize;

    /// Notes that a value would hold more.
    fn no_room(&mut self) -> MethodError;

    /// Asked now and then by what takes its time.
    ///
    /// # Errors
    /// [`MethodError::Host`] when the run is to end.
    fn go_on(&mut self) -> Outcome<()>;

    /// The session's directory, absolute: relative paths begin there.
    fn directory(&self) -> PathBuf;

    /// The time since 1970-01-01 00:00 UTC.
    fn now(&self) -> Duration;

    /// The bytes of a file; `None` when there are more than `most`.
    ///
    /// # Errors
    /// The kernel's, or the policy's.
    fn read(&mut self, path: &Path, most: usize) -> io::Result<Option<Vec<u8>>>;

    /// Makes or replaces a file's content, or adds to it. One that is new is its owner's alone with `private`.
    ///
    /// # Errors
    /// The kernel's, or the policy's.
    fn write(&mut self, path: &Path, bytes: &[u8], append: bool, private: bool) -> io::Result<()>;

    /// What is at a path; of a symbolic link, what it leads to if `follow`.
    ///
    /// # Errors
    /// The kernel's.
    fn metadata(&mut self, path: &Path, follow: bool) -> io::Result<Metadata>;

    /// Does something with a job.
    ///
    /// # Errors
    /// [`MethodError::Host`] when the job has failed; a signal that is none.
    fn job(&mut self, job: &Value, request: JobRequest<'_>) -> Outcome;

    /// The next line of the standard input without its end; none at the end.
    ///
    /// # Errors
    /// [`MethodError::Host`] when it can't be read.
    fn read_line(&mut self) -> Outcome<Option<Vec<u8>>>;

    /// Asks the user at the terminal for a line, which is shown as it is typed or not; none at the end.
    ///
    /// # Errors
    /// [`MethodError::Host`] when there is no terminal.
    fn ask(&mut self, prompt: &[u8], is_shown: bool) -> Outcome<Option<Vec<u8>>>;

    /// Masks a text in all messages from now on.
    fn conceal(&mut self, secret: &[u8]);

    /// What TZ is in the session's environment.
    #[cfg_attr(not(feature = "dates"), allow(dead_code, reason = "without zones nothing asks"))]
    fn time_zone(&self) -> Option<Vec<u8>>;

    /// The absolute path of the file that the call stands in, if it is a file.
    fn script_path(&self) -> Option<PathBuf>;

    /// The paths that match a pattern, in order.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    fn glob(&mut self, pattern: &[u8]) -> Result<Vec<Vec<u8>>, String>;
}

/// How calls run side by side.
#[derive(Clone, Copy, Debug)]
pub struct SideBySide {
    /// How many at once, at least 1.
    pub jobs: usize,
    /// How many are started a second, at most.
    pub rate: Option<f64>,
    /// Whether it is shown how many have ended.
    pub progress: bool,
}

/// What is asked of a job.
#[derive(Clone, Copy, Debug)]
pub enum JobRequest<'a> {
    /// To wait for its end; its status.
    Wait,
    /// To wait for its end; the record of its output.
    Output,
    /// Of a list of jobs, to wait until one has ended; that job.
    WaitAny,
    /// To end it: this signal, and SIGKILL after the grace.
    Kill(&'a [u8]),
}

/// What is at a path.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    /// Of what kind it is.
    pub kind: FileKind,
    /// How many bytes it holds.
    pub size: u64,
    /// When its content was changed, since 1970-01-01 00:00 UTC.
    pub modified: Duration,
}

/// What kind of thing is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    File,
    Directory,
    Link,
    /// A device, a FIFO, a socket.
    Other,
}
