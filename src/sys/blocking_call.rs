//! A system call of the main thread that may wait, and that a signal ends: handlers are installed without `SA_RESTART`,
//! and the kernel delivers a signal for the process to this thread.
//!
//! If a signal comes just before the call, its handler has already run when the call begins to wait, and would not end
//! it. So when a call is announced, the handler starts a timer that sends SIGALRM until the call is over, and the call
//! ends with `EINTR` a moment later.

use super::handlers;
use super::signal::Signal;
use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the main thread is in such a call, or about to make it.
static ANNOUNCED: AtomicBool = AtomicBool::new(false);

/// An announced call. Check for a signal after creating this and before the call.
#[derive(Debug)]
pub struct BlockingCall {
    is_announced: bool,
}

impl BlockingCall {
    /// Announces a call of the main thread. A signal does not end the calls of other threads.
    pub fn announce() -> Self {
        let is_announced = is_main_thread();
        if is_announced {
            ANNOUNCED.store(true, Ordering::SeqCst);
        }
        Self { is_announced }
    }
}

impl Drop for BlockingCall {
    fn drop(&mut self) {
        if self.is_announced {
            ANNOUNCED.store(false, Ordering::SeqCst);
        }
    }
}

/// Whether [`note_main_thread`] was called.
static NOTED: AtomicBool = AtomicBool::new(false);

thread_local! { static IS_MAIN: Cell<Option<bool>> = const { Cell::new(None) } }

/// Notes that this is the thread with which the process began, for the start of the binary: finding out takes system
/// calls.
pub(super) fn note_main_thread() {
    IS_MAIN.set(Some(true));
    NOTED.store(true, Ordering::Relaxed);
}

/// Returns whether this is the thread with which the process began.
pub fn is_main_thread() -> bool {
    IS_MAIN.get().unwrap_or_else(|| {
        let is = !NOTED.load(Ordering::Relaxed) && has_number_of_process();
        IS_MAIN.set(Some(is));
        is
    })
}

#[cfg(target_os = "linux")]
fn has_number_of_process() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}

/// On other systems this is unknown, so no call counts as one that a signal ends.
#[cfg(not(target_os = "linux"))]
fn has_number_of_process() -> bool {
    false
}

/// Called by the handlers of signals, and safe there (signal-safety(7)).
pub(super) fn end_soon() {
    if !ANNOUNCED.load(Ordering::SeqCst) {
        return;
    }
    let _ = handlers::catch_anyway(Signal::from_kernel(libc::SIGALRM), on_alarm as *const ());
    let soon = libc::timeval { tv_sec: 0, tv_usec: 20_000 };
    let once = libc::itimerval { it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 }, it_value: soon };
    // SAFETY: a system call that reads the structure.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const once, null_mut()) };
}

/// The interrupted call may have been repeated, for a request that does not count.
extern "C" fn on_alarm(_: libc::c_int) {
    let errno = super::last_error();
    end_soon();
    super::set_errno(errno);
}

#[cfg(test)]
mod tests {
    #[test]
    fn another_thread_is_not_the_main_one() {
        let found = std::thread::spawn(|| [super::is_main_thread(), super::is_main_thread()]).join();
        assert_eq!(found.unwrap(), [false; 2]);
    }
}
