//! The parent's side on Linux: `clone(CLONE_VM | CLONE_VFORK | CLONE_PIDFD)`.
//!
//! The child shares the memory of this process, so nothing is copied, however large the heap is. Only this thread
//! is suspended until the child has called execve or ended (`pending_exec` does not wait for that). Failures are
//! returned through that memory.

use super::child::{self, Shared};
use super::stack::Stack;
use super::{Phase, Spawn, SpawnError, Step, namespaced};
use crate::sys::children::{self, Place};
use crate::sys::wait::Process;
use crate::sys::{descriptor, last_error};
use std::ffi::{c_int, c_void};
use std::os::fd::{AsFd, AsRawFd};
use std::ptr::null_mut;

/// Starts one child with one attempt.
pub(super) fn spawn(request: &Spawn<'_>) -> Result<Process, SpawnError> {
    match request.steps.first() {
        Some(Step::Namespaces(namespaces)) => namespaced::spawn(request, namespaces),
        _ => match start(request)? {
            (process, _, None) => Ok(process),
            (process, _, Some(error)) => {
                // It has ended, or is about to.
                let _ = process.reap();
                Err(error)
            }
        },
    }
}

/// Starts a child, and waits until it has left the memory of this process. Returns it with the process that it has
/// started, if it has, and with the error.
pub(super) fn start(request: &Spawn<'_>) -> Result<(Process, c_int, Option<SpawnError>), SpawnError> {
    let mut shared = Shared::new(request);
    let shared = &raw mut shared;
    let failed = |errno| SpawnError { phase: Phase::Clone, errno };
    let blocked = BlockedSignals::new();
    let stack = Stack::take().map_err(failed)?;
    let cloned = clone(stack.top(), shared);
    drop(blocked);
    stack.give_back();
    let process = cloned.map_err(failed)?;
    // SAFETY: the child has left the memory of this process, and `shared` is in this frame.
    Ok(unsafe { (process, (*shared).inside, (*shared).failure) })
}

fn clone(top: *mut c_void, shared: *mut Shared<'_>) -> Result<Process, i32> {
    let _in_place = children::in_place();
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
    if let Some(process) = super::clone3::clone_and_wait(top, shared, place)? {
        return Ok(process);
    }
    // SAFETY: the stack is this thread's spare one; `child::main` makes only raw system calls and touches
    // nothing but `shared`, which outlives it because CLONE_VFORK keeps this thread here.
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

pub(super) fn owned(pid: c_int, pidfd: c_int, place: Place) -> Process {
    // SAFETY: the kernel has just created it for this call.
    let pidfd = unsafe { descriptor::adopt(pidfd) };
    // If no descriptor is left above 2, this one is better than none.
    let lifted = if pidfd.as_raw_fd() > 2 { None } else { descriptor::duplicate(pidfd.as_fd()).ok() };
    Process::from_pidfd(pid, lifted.unwrap_or(pidfd), place)
}

/// Returns a child without a pidfd. A child that can't be watched must not continue unnoticed.
pub(super) fn watched(pid: c_int, place: Place) -> Result<Process, i32> {
    place.set(pid);
    Process::watched_by_thread(pid, place).map_err(|error| {
        // SAFETY: the child was created here and is not reaped.
        unsafe {
            libc::kill(pid, libc::SIGKILL);
            libc::waitpid(pid, null_mut(), 0);
        }
        error.raw_os_error().unwrap_or(libc::EAGAIN)
    })
}

/// A guard that blocks all signals around the clone: a handler of the host that ran in the child would
/// run in the host's memory, a second time. It uses a raw call, since libc's leaves out two of its own
/// signals.
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
