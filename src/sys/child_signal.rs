//! The end of a program that runs alone, reported by SIGCHLD.
//!
//! A descriptor for the end (`wait`) has to be created, waited for by poll(2) and closed, which is a fiftieth of the
//! total cost of a short program. This is for the binary alone, which blocks the signal before it has a second
//! thread: the signal then stays pending until it is taken, and no host is disturbed. One thread at a time can wait
//! like this.

use super::last_error;
use std::io;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether all threads block the signal.
static BLOCKED: AtomicBool = AtomicBool::new(false);
/// Whether a thread waits for the signal.
static AWAITED: AtomicBool = AtomicBool::new(false);

/// The right to wait for the signal, from before the child is created until it is reaped.
#[derive(Debug)]
pub struct ChildSignal(());

/// Blocks the signal in this thread and in the threads that it will start. Children begin with no signal blocked.
pub fn block() {
    let set = only();
    // SAFETY: the set lives on this stack.
    let blocked = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, null_mut()) } == 0;
    BLOCKED.store(blocked, Ordering::Release);
}

/// Wakes the waiting thread, because there is another event to handle. Safe inside a signal handler
/// (signal-safety(7)).
pub(super) fn wake() {
    if AWAITED.load(Ordering::SeqCst) {
        // SAFETY: no memory is passed.
        unsafe { libc::kill(libc::getpid(), libc::SIGCHLD) };
    }
}

impl ChildSignal {
    /// Takes the right to wait. Returns `None` if another thread has it, or if the signal is not blocked.
    pub(super) fn take() -> Option<Self> {
        let free = BLOCKED.load(Ordering::Acquire) && !AWAITED.swap(true, Ordering::SeqCst);
        // The value is created only then, since dropping it returns the right, whichever thread has it.
        free.then(|| Self(()))
    }

    /// Waits until some child has changed its state, or until [`wake`]. Returns false if the time has passed.
    /// Returns early at a handled signal.
    ///
    /// # Errors
    /// sigtimedwait(2) reports none.
    pub fn wait(&self, timeout: Duration) -> io::Result<bool> {
        let seconds = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX);
        let timeout = libc::timespec { tv_sec: seconds, tv_nsec: timeout.subsec_nanos().into() };
        let set = only();
        // SAFETY: both live on this stack.
        if unsafe { libc::sigtimedwait(&raw const set, null_mut(), &raw const timeout) } > 0 {
            return Ok(true);
        }
        match last_error() {
            libc::EINTR => Ok(true),
            libc::EAGAIN => Ok(false),
            errno => Err(io::Error::from_raw_os_error(errno)),
        }
    }
}

impl Drop for ChildSignal {
    fn drop(&mut self) {
        AWAITED.store(false, Ordering::SeqCst);
    }
}

fn only() -> libc::sigset_t {
    // SAFETY: plain integers, for which zero is a value; both calls fill the set.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        set
    }
}
