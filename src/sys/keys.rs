//! The keys of a terminal that reach a prompt but are meant for its job.
//!
//! A job receives Ctrl-C, Ctrl-\ and Ctrl-Z once it has the terminal. A key between Enter and that moment, or while
//! this process reads from the terminal for the job, goes to the group of the prompt. Shells ignore QUIT and TSTP
//! there and lose such a key: after `cat`, Enter and an immediate Ctrl-\, the user has to press Ctrl-\ again. Here
//! a handler keeps the key and passes it on.

use super::handlers;
use super::signal::Signal;
use super::{Pid, last_error, set_errno};
use std::io;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};

/// The group of the job that has the terminal; 0 if there is none.
static JOB: AtomicI32 = AtomicI32::new(0);

/// The keys that came while there was none, as bit `number - 1`.
static KEPT: AtomicU64 = AtomicU64::new(0);

/// The number of threads that currently read from the terminal for that job. A reader has to stop reading before the
/// job is stopped, since it would take the next key from the prompt, so it passes the Ctrl-Z on itself.
static READERS: AtomicU32 = AtomicU32::new(0);

/// The keys that only a prompt has a handler for. INT is a request to stop everywhere.
const KEYS: [Signal; 2] = [Signal::QUIT, Signal::TSTP];

/// Keeps the keys from now on.
///
/// # Errors
/// sigaction(2) does not fail for these signals.
pub fn keep() -> io::Result<()> {
    handlers::catch(Signal::QUIT, on_key as *const ())?;
    // A prompt with jobs to stop handles it, whatever it was started with.
    handlers::catch_anyway(Signal::TSTP, on_key as *const ())
}

/// Passes keys on to a job that has the terminal. Kept keys belong to the job, as do later ones until [`take_back`].
pub fn pass_on_to(job: Pid) {
    // The job is stored first, since a handler may run late, on another thread, for an earlier key.
    JOB.store(job, Ordering::SeqCst);
    for signal in kept(KEPT.swap(0, Ordering::SeqCst)) {
        let _ = super::signal::send_group(job, signal);
    }
}

/// Stops passing keys on, because no job has the terminal any more.
pub fn take_back() {
    JOB.store(0, Ordering::SeqCst);
}

/// Discards the kept keys. Returns whether there was a Ctrl-Z.
pub fn forget() -> bool {
    kept(KEPT.swap(0, Ordering::SeqCst)).any(|signal| signal == Signal::TSTP)
}

/// Notes that a thread begins to read for the job.
pub fn begin_to_read() {
    READERS.fetch_add(1, Ordering::SeqCst);
}

/// Notes that a thread has stopped reading, so that the job can be stopped. Returns whether Ctrl-Z has come.
pub fn end_to_read() -> bool {
    let stop = handlers::bit(Signal::TSTP);
    READERS.fetch_sub(1, Ordering::SeqCst) == 1 && KEPT.fetch_and(!stop, Ordering::SeqCst) & stop != 0
}

/// Returns whether Ctrl-Z has come for a reader.
pub fn came_stop() -> bool {
    KEPT.load(Ordering::SeqCst) & handlers::bit(Signal::TSTP) != 0
}

/// Makes a reader of lines treat the keys like a Ctrl-C, for which it has installed a handler in place of the one of this process.
pub fn share_with_reader() {
    handlers::precede_reader();
}

fn kept(bits: u64) -> impl Iterator<Item = Signal> {
    KEYS.into_iter().filter(move |signal| bits & handlers::bit(*signal) != 0)
}

extern "C" fn on_key(number: libc::c_int) {
    let errno = last_error();
    let key = 1 << (number - 1);
    // The key is kept first. Otherwise the job could look for it just before, in vain.
    KEPT.fetch_or(key, Ordering::SeqCst);
    let job = JOB.load(Ordering::SeqCst);
    let waits = number == libc::SIGTSTP && READERS.load(Ordering::SeqCst) > 0;
    if job != 0 && !waits && KEPT.fetch_and(!key, Ordering::SeqCst) & key != 0 {
        // SAFETY: no memory is passed.
        unsafe { libc::kill(-job, number) };
    }
    handlers::tell_reader();
    set_errno(errno);
}
