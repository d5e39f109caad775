//! The parent's side on Linux: `clone(CLONE_VM | CLONE_VFORK | CLONE_PIDFD)`.
//!
//! The child shares our memory, so nothing is copied whatever the heap holds, and this thread alone is
//! suspended until the child has called execve or ended (`starting` does not wait for that). Failures come back
//! through that memory.

use super::child::{self, Shared};
use super::stack::Stack;
use super::{Spawn, SpawnError, Step};
use crate::sys::child_signal::ChildSignal;
use crate::sys::children::Place;
use crate::sys::wait::Process;
use crate::sys::{descriptor, last_error};
use std::ffi::{c_int, c_void};
use std::os::fd::{AsFd, AsRawFd};
use std::ptr::null_mut;

/// Starts one child, once.
pub(super) fn spawn(request: &Spawn<'_>) -> Result<Process, SpawnError> {
    let mut shared = Shared::new(request);
    let shared = &raw mut shared;
    let failed = |errno| SpawnError { step: Step::Clone, errno };
    let blocked = BlockedSignals::new();
    let stack = Stack::take().map_err(failed)?;
    let cloned = clone(stack.top(), shared);
    drop(blocked);
    stack.give_back();
    let process = cloned.map_err(failed)?;
    // SAFETY: the child has left our memory, and `shared` lives in this frame.
    match unsafe { (*shared).failure } {
        None => Ok(process),
        Some(error) => {
            // It has ended, or is about to.
            let _ = process.reap();
            Err(error)
        }
    }
}

fn clone(top: *mut c_void, shared: *mut Shared<'_>) -> Result<Process, i32> {
    let place = Place::take();
    let process = clone_into(place, top, shared);
    if process.is_err() {
        place.free();
    }
    process
}

fn clone_into(place: Place, top: *mut c_void, shared: *mut Shared<'_>) -> Result<Process, i32> {
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    let mut pidfd: c_int = -1;
    #[cfg(target_arch = "x86_64")]
    if let Some(pid) = super::clone3::clone(top, shared, Some(&mut pidfd), place, Starter::Waits)? {
        return Ok(owned(pid, pidfd, place));
    }
    // SAFETY: the stack is this thread's spare one; `child::main` makes raw system calls only and touches
    // nothing but `shared`, which outlives it because CLONE_VFORK keeps us here.
    let pid =
        unsafe { libc::clone(child::main, top, flags | libc::CLONE_PIDFD, shared.cast(), &raw mut pidfd) };
    if pid > 0 && pidfd >= 0 {
        place.set(pid);
        return Ok(owned(pid, pidfd, place));
    }
    match (pid, last_error()) {
        // A kernel, or an emulation of one, without pidfds.
        (-1, libc::EINVAL) => {}
        (-1, errno) => return Err(errno),
        _ => return watched(pid, place),
    }
    // SAFETY: as above.
    match unsafe { libc::clone(child::main, top, flags, shared.cast()) } {
        -1 => Err(last_error()),
        pid => watched(pid, place),
    }
}

/// What the starter of a child does until its execve.
#[derive(Clone, Copy, Debug)]
pub(super) enum Starter {
    /// It sleeps.
    Waits,
    /// It goes on; the kernel clears this number when the child has left our memory.
    GoesOn(*mut u32),
}

/// Starts a child that goes on in our memory beside this thread; none if the kernel can't or does not want to.
///
/// # Safety
/// The stack, `shared` and `here` have to stay as they are until `here` is zero.
pub(super) unsafe fn clone_beside(
    top: *mut c_void,
    shared: *mut Shared<'_>,
    here: *mut u32,
    alone: bool,
) -> Option<Process> {
    // The child must not use libc's calls there, since they keep errno where this thread has its own.
    #[cfg(target_arch = "x86_64")]
    {
        let place = Place::take();
        let signal = if alone { ChildSignal::take() } else { None };
        let mut pidfd = -1;
        let wanted = signal.is_none().then_some(&mut pidfd);
        match (super::clone3::clone(top, shared, wanted, place, Starter::GoesOn(here)), signal) {
            (Ok(Some(pid)), Some(signal)) => Some(Process::told_by_signal(pid, signal, place)),
            (Ok(Some(pid)), None) => Some(owned(pid, pidfd, place)),
            _ => {
                place.free();
                None
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (top, shared, here, alone);
        None
    }
}

fn owned(pid: c_int, pidfd: c_int, place: Place) -> Process {
    // SAFETY: the kernel has just made it for us.
    let pidfd = unsafe { descriptor::adopt(pidfd) };
    // Should no descriptor be left above 2, the one that we have is better than none.
    let lifted = if pidfd.as_raw_fd() > 2 { None } else { descriptor::duplicate(pidfd.as_fd()).ok() };
    Process::from_pidfd(pid, lifted.unwrap_or(pidfd), place)
}

/// A child without a pidfd. One that nothing can watch must not run on unknown.
fn watched(pid: c_int, place: Place) -> Result<Process, i32> {
    place.set(pid);
    Process::watched_by_thread(pid, place).map_err(|error| {
        // SAFETY: our own unreaped child.
        unsafe {
            libc::kill(pid, libc::SIGKILL);
            libc::waitpid(pid, null_mut(), 0);
        }
        error.raw_os_error().unwrap_or(libc::EAGAIN)
    })
}

/// All signals are blocked around the clone: a handler of the host's that ran in the child would run in
/// the host's memory, a second time. By a raw call, since libc's leaves out two of its own signals.
pub(in crate::sys) struct BlockedSignals {
    before: u64,
}

impl BlockedSignals {
    pub(in crate::sys) fn new() -> Self {
        let mut before = 0;
        child::set_mask(u64::MAX, Some(&mut before));
        Self { before }
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        child::set_mask(self.before, None);
    }
}
