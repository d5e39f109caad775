//! The keys of a terminal that reach a prompt and are meant for its job.
//!
//! A job feels Ctrl-C, Ctrl-\ and Ctrl-Z once it has the terminal. One that comes between Enter and that moment, or while
//! this process reads from the terminal for the job, is sent to the prompt's own group. Shells ignore QUIT and TSTP
//! there, so that such a key is lost: `cat`, Enter and at once Ctrl-\ waited for a second one. Here a handler keeps it,
//! and passes it on.

use super::handlers;
use super::signal::Signal;
use super::{Pid, last_error, set_errno};
use std::io;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};

/// The group of the job that has the terminal; 0: there is none.
static JOB: AtomicI32 = AtomicI32::new(0);

/// The keys that came while there was none, as bit `number - 1`.
static KEPT: AtomicU64 = AtomicU64::new(0);

/// How many read from the terminal for that job at the moment. Who reads has to leave off before the job is stopped, or
/// would take the next key from the prompt, and so sends the Ctrl-Z on by itself.
static READERS: AtomicU32 = AtomicU32::new(0);

/// Those that nothing but a prompt has a handler for. INT is a request to stop for everybody.
const KEYS: [Signal; 2] = [Signal::QUIT, Signal::TSTP];

/// Keeps the keys from now on.
///
/// # Errors
/// None that sigaction(2) has for these signals.
pub fn keep() -> io::Result<()> {
    handlers::catch(Signal::QUIT, on_key as *const ())?;
    // Whoever has jobs to stop heeds it, whatever it was started with.
    handlers::catch_anyway(Signal::TSTP, on_key as *const ())
}

/// A job runs that has the terminal. What was kept is the job's, and what comes until [`take_back`].
pub fn pass_on_to(job: Pid) {
    // First: a handler may run late, on another thread, for a key that came before.
    JOB.store(job, Ordering::SeqCst);
    for signal in kept(KEPT.swap(0, Ordering::SeqCst)) {
        let _ = super::signal::send_group(job, signal);
    }
}

/// No job has it any more.
pub fn take_back() {
    JOB.store(0, Ordering::SeqCst);
}

/// Forgets what was kept: whether there was a Ctrl-Z.
pub fn forget() -> bool {
    kept(KEPT.swap(0, Ordering::SeqCst)).any(|signal| signal == Signal::TSTP)
}

/// Somebody begins to read for the job.
pub fn begin_to_read() {
    READERS.fetch_add(1, Ordering::SeqCst);
}

/// Somebody has left off, and the job can be stopped: whether Ctrl-Z has come.
pub fn end_to_read() -> bool {
    let stop = handlers::bit(Signal::TSTP);
    READERS.fetch_sub(1, Ordering::SeqCst) == 1 && KEPT.fetch_and(!stop, Ordering::SeqCst) & stop != 0
}

/// Whether Ctrl-Z has come for who reads.
pub fn came_stop() -> bool {
    KEPT.load(Ordering::SeqCst) & handlers::bit(Signal::TSTP) != 0
}

/// Has who reads a line hear of the keys as of a Ctrl-C, for which it has put a handler in the place of ours.
pub fn share_with_reader() {
    handlers::precede_reader();
}

fn kept(bits: u64) -> impl Iterator<Item = Signal> {
    KEYS.into_iter().filter(move |signal| bits & handlers::bit(*signal) != 0)
}

extern "C" fn on_key(number: libc::c_int) {
    let errno = last_error();
    let key = 1 << (number - 1);
    // Kept first: else the job could look for it in vain, just before.
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
