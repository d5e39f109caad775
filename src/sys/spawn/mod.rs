//! Starting a program: clone, the child's own preparations, execve.
//!
//! Not `std::process::Command`: with a `pre_exec` hook it falls back to execvp, which hands a file without
//! `#!` to /bin/sh; and a fork with 1 GiB resident takes 70 ms. Not posix_spawn where we can avoid it: it
//! makes some 120 signal calls a child and can set neither umask nor limits. On Linux the child runs in
//! our memory, on a stack of its own, until execve (`linux`, `child`); elsewhere it is posix_spawn.

#[cfg(target_os = "linux")]
mod child;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod clone3;
#[cfg(target_os = "linux")]
mod linux;
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

/// Everything about a child, resolved: no search and no decision is left to it.
#[derive(Debug)]
pub struct Spawn<'a> {
    /// The file to execute, relative to the directory of the steps unless it begins with a slash.
    pub program: &'a CStr,
    /// The arguments, with the name in first place.
    pub argv: &'a StringArray,
    /// The environment, each as `NAME=value`.
    pub envp: &'a StringArray,
    /// What it does before its execve, in this order. Descriptors are what differs from the inherited 0, 1 and 2.
    pub steps: &'a [Step],
    /// Whether nothing is waited for but this child.
    pub alone: bool,
}

/// The owner of what a child is made from.
pub trait Request {
    /// The same at each call.
    fn spawn(&self) -> Spawn<'_>;
}

/// A child could not be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpawnError {
    /// What failed.
    pub phase: Phase,
    /// Why (errno(3)).
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
/// Two failures pass by themselves and are tried again. `EAGAIN`: the limit on processes is reached while
/// others are ending (for up to 1 s). `ETXTBSY`: the program was just written, and a child that another
/// thread is starting at this moment still holds the descriptor it was written by (up to 0.3 s).
///
/// # Errors
/// The step that failed, and its errno. A file without `#!` is `ENOEXEC`: no shell is ever tried.
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

/// Replaces this process by a program. Comes back only when that fails, tried again as a start is.
///
/// Descriptors, signals and the directory may be the program's then: nothing is left to do but to say so and to end. A
/// signal that comes from now on is the program's; `is_asked_to_end` tells of those before, for which nothing is replaced.
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

/// posix_spawn(3) can't.
#[cfg(not(target_os = "linux"))]
pub fn replace(_: &Spawn<'_>, _: impl Fn() -> bool) -> SpawnError {
    SpawnError { phase: Phase::Exec, errno: libc::ENOTSUP }
}

/// For a number beyond the limit on descriptors dup2(2) answers `EBADF`, as if it were the source that is wrong.
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
