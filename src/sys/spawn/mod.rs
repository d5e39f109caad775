//! Starting a program: clone, the preparations of the child, execve.
//!
//! `std::process::Command` is not used. With a `pre_exec` hook it falls back to execvp, which passes a file without
//! `#!` to /bin/sh, and its fork is slow in a process with much memory. posix_spawn is avoided if possible: it
//! makes some 120 signal calls for each child, and can set neither umask nor limits. On Linux the child runs in the
//! memory of this process, on its own stack, until execve (`linux`, `child`); elsewhere posix_spawn is used.

#[cfg(target_os = "linux")]
mod child;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod clone3;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod namespaced;
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), path = "pending_exec/none.rs")]
mod pending_exec;
#[cfg(any(not(target_os = "linux"), test))]
mod portable;
#[cfg(target_os = "linux")]
mod replace;
#[cfg(target_os = "linux")]
mod stack;
mod step;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use portable as system;

#[cfg(target_os = "linux")]
pub(super) use linux::BlockedSignals;

pub use pending_exec::{PendingExec, begin};
pub use step::{Identity, Limit, Phase, Placement, ProcessGroup, Resource, Step, Steps};

use super::descriptor;
use super::strings::StringArray;
use super::wait::Process;
use std::ffi::CStr;
use std::fmt;
use std::io;
use std::time::{Duration, Instant};

/// Everything about a child, resolved: the child searches nothing and decides nothing.
#[derive(Debug)]
pub struct Spawn<'a> {
    /// The file to execute, relative to the directory of the steps unless it begins with a slash.
    pub program: &'a CStr,
    /// The arguments, beginning with the name.
    pub argv: &'a StringArray,
    /// The environment, with each entry as `NAME=value`.
    pub envp: &'a StringArray,
    /// The steps before its execve, in this order. Their descriptors are those that differ from the inherited 0, 1 and
    /// 2.
    pub steps: &'a [Step],
    /// Whether only this child will be awaited.
    pub alone: bool,
}

/// The owner of the data from which a child is made.
pub trait Request {
    /// Returns the request, which must be the same at each call.
    fn spawn(&self) -> Spawn<'_>;
}

/// The error of a child that could not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpawnError {
    /// The step that failed.
    pub phase: Phase,
    /// The reason (errno(3)).
    pub errno: i32,
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = crate::diag::reason(&io::Error::from_raw_os_error(self.errno));
        write!(f, "{}: {reason}", self.phase)
    }
}

impl std::error::Error for SpawnError {}

/// Starts a child. Safe to call from many threads at once.
///
/// Two failures may be temporary, so the start is repeated. `EAGAIN`: the limit on processes is reached while others
/// are ending (for up to 1 s). `ETXTBSY`: the program was just written, and a child that another thread is starting
/// still holds the descriptor by which it was written (up to 0.3 s).
///
/// # Errors
/// Fails with the step that failed, and its errno. A file without `#!` is `ENOEXEC`: it is never passed to a shell.
pub fn spawn(request: &Spawn<'_>) -> Result<Process, SpawnError> {
    let mut pause = Duration::from_millis(1);
    let mut started = None;
    loop {
        let error = match system::spawn(request) {
            Ok(process) => return Ok(process),
            Err(error) => error,
        };
        let error = told_by_limit(error);
        let patience = match error {
            SpawnError { phase: Phase::Clone, errno: libc::EAGAIN } => Duration::from_secs(1),
            SpawnError { phase: Phase::Exec, errno: libc::ETXTBSY } => Duration::from_millis(300),
            _ => return Err(error),
        };
        if started.get_or_insert_with(Instant::now).elapsed() >= patience {
            return Err(error);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Replaces this process with a program. Returns only if that fails. The attempt is repeated as for a start.
///
/// Descriptors, signals and the directory may then be those of the program, so the caller can only report the error
/// and end. A signal from now on is for the program; `is_asked_to_end` reports earlier ones, for which nothing is
/// replaced.
#[cfg(target_os = "linux")]
pub fn replace(request: &Spawn<'_>, is_asked_to_end: impl Fn() -> bool) -> SpawnError {
    let started = Instant::now();
    let _blocked = BlockedSignals::new();
    if is_asked_to_end() {
        return SpawnError { phase: Phase::Exec, errno: libc::EINTR };
    }
    loop {
        let error = told_by_limit(replace::replace(request));
        let busy = matches!(error, SpawnError { phase: Phase::Exec, errno: libc::ETXTBSY });
        if !busy || started.elapsed() >= Duration::from_millis(300) {
            return error;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Not supported by posix_spawn(3).
#[cfg(not(target_os = "linux"))]
pub fn replace(_: &Spawn<'_>, _: impl Fn() -> bool) -> SpawnError {
    SpawnError { phase: Phase::Exec, errno: libc::ENOTSUP }
}

/// Corrects a misleading error: for a number beyond the limit on descriptors, dup2(2) returns `EBADF`, as if the
/// source were wrong.
fn told_by_limit(error: SpawnError) -> SpawnError {
    match error {
        SpawnError { phase: Phase::Descriptor(fd), errno: libc::EBADF } if fd >= descriptor::limit() => {
            SpawnError { errno: libc::EMFILE, ..error }
        }
        error => error,
    }
}

#[cfg(test)]
mod tests;
