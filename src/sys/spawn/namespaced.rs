//! Starting a program in namespaces. The program of a process namespace is started by a child, which ends.

use super::linux::{owned, start, watched};
use super::{Phase, Spawn, SpawnError};
use crate::sys::children::{self, Place};
use crate::sys::sandbox::Namespaces;
use crate::sys::wait::Process;
use std::ffi::c_int;

/// Starts one child with one attempt.
pub(super) fn spawn(request: &Spawn<'_>, namespaces: &Namespaces) -> Result<Process, SpawnError> {
    let _kept = namespaces.is_unprivileged().then(Dumpable::keep);
    if namespaces.processes().is_none() {
        let (process, _, failure) = start(request)?;
        return ended_if(failure, process);
    }
    let _in_place = children::in_place();
    // Reserved before the program exists, so that it is never taken for an orphan.
    let place = Place::take();
    match start(request) {
        Ok((child, pid, failure)) => {
            let _ = child.reap();
            started(pid, failure, place)
        }
        Err(error) => {
            place.free();
            Err(error)
        }
    }
}

/// Returns the program that a child has started for this process.
fn started(pid: c_int, failure: Option<SpawnError>, place: Place) -> Result<Process, SpawnError> {
    if pid <= 0 {
        place.free();
        return Err(failure.unwrap_or(SpawnError { phase: Phase::Namespaces, errno: libc::EIO }));
    }
    place.set(pid);
    // SAFETY: the call only makes a descriptor, for a child that is not reaped.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let process = match c_int::try_from(pidfd) {
        Ok(pidfd) if pidfd >= 0 => owned(pid, pidfd, place),
        _ => watched(pid, place).map_err(|errno| SpawnError { phase: Phase::Clone, errno })?,
    };
    ended_if(failure, process)
}

fn ended_if(failure: Option<SpawnError>, process: Process) -> Result<Process, SpawnError> {
    let Some(failure) = failure else { return Ok(process) };
    let _ = process.reap();
    Err(failure)
}

/// Restores whether this process leaves core images and shows its files in /proc: a child that gets privileges in a user
/// namespace, in the memory of this process, takes that away (prctl(2), `PR_SET_DUMPABLE`).
struct Dumpable(c_int);

impl Dumpable {
    fn keep() -> Self {
        // SAFETY: it returns a property of this process.
        Self(unsafe { libc::prctl(libc::PR_GET_DUMPABLE) })
    }
}

impl Drop for Dumpable {
    fn drop(&mut self) {
        // SAFETY: it sets a property of this process to what it was.
        unsafe { libc::prctl(libc::PR_SET_DUMPABLE, self.0) };
    }
}
