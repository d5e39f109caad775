//! The signals that a script handles itself (`on HUP { … }`) instead of ending: which they are, and which have come.
//!
//! A handler of this process only notes that a signal has come. The script's thread runs the script's code for it.

use super::event::Event;
use super::handlers::{self, bit};
use super::signal::Signal;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The signals that a script can handle.
pub const ALL: [Signal; 7] = [
    Signal::HUP,
    Signal::INT,
    Signal::TERM,
    Signal::QUIT,
    Signal::from_kernel(libc::SIGUSR1),
    Signal::from_kernel(libc::SIGUSR2),
    Signal::WINCH,
];

/// The signals that the script handles now, as bit `number - 1`.
static HANDLED: AtomicU64 = AtomicU64::new(0);
/// Those of them that have come and have not been taken.
static CAME: AtomicU64 = AtomicU64::new(0);
/// Whether an INT or a TERM was kept for the script: the next one ends it.
static ASKED: AtomicBool = AtomicBool::new(false);
/// Set while one has come. It exists once a script handles signals.
static EVENT: OnceLock<Event> = OnceLock::new();
/// The actions of the signals that had no handler of this process before, to be restored.
static BEFORE: Mutex<Vec<(Signal, libc::sigaction)>> = Mutex::new(Vec::new());

/// What becomes of a signal that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The script handles it.
    Kept,
    /// It is the second INT or TERM, which ends the script.
    Last,
    /// The script does not handle it.
    Other,
}

/// Lets the script handle exactly these signals from now on. Those that have come and are no longer handled are
/// dropped. A signal that was ignored when this process was started stays ignored.
///
/// # Errors
/// Fails with `EMFILE` when no descriptor is left.
pub fn handle(signals: &[Signal]) -> io::Result<()> {
    if EVENT.get().is_none() && !signals.is_empty() {
        let event = Event::new()?;
        EVENT.get_or_init(|| event);
    }
    let wanted = signals.iter().fold(0, |all, signal| all | bit(*signal));
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    // Restored before they are no longer handled, and caught after they are: none of them ends this process.
    before.retain(|(signal, action)| {
        let is_wanted = wanted & bit(*signal) != 0;
        if !is_wanted {
            handlers::restore_action(*signal, action);
        }
        is_wanted
    });
    HANDLED.store(wanted, Ordering::SeqCst);
    CAME.fetch_and(wanted, Ordering::SeqCst);
    for signal in signals {
        if let Some(action) = handlers::catch_for_script(*signal) {
            before.push((*signal, action));
        }
    }
    Ok(())
}

/// Forgets that an INT or a TERM has come: the next entry of a prompt begins.
pub fn forget() {
    ASKED.store(false, Ordering::SeqCst);
}

/// Returns whether a signal that the script handles has come.
#[inline]
pub fn have_come() -> bool {
    CAME.load(Ordering::Relaxed) != 0
}

/// Takes a signal that has come.
pub fn take() -> Option<Signal> {
    acknowledge();
    let came = CAME.load(Ordering::SeqCst);
    let signal = ALL.into_iter().find(|signal| came & bit(*signal) != 0)?;
    CAME.fetch_and(!bit(signal), Ordering::SeqCst);
    acknowledge();
    Some(signal)
}

/// Returns a descriptor that is readable while a signal has come.
pub fn event() -> Option<BorrowedFd<'static>> {
    EVENT.get().map(Event::reader)
}

/// Makes the descriptor unreadable if no signal is left. Called after a wait that it has ended.
pub fn acknowledge() {
    if let Some(event) = EVENT.get() {
        event.reset();
        if CAME.load(Ordering::SeqCst) != 0 {
            event.set();
        }
    }
}

/// Notes that a signal has come. `again` says that an INT or TERM is not part of the request before it. Safe inside a
/// signal handler (signal-safety(7)).
pub(super) fn arrive(signal: Signal, again: bool) -> Arrival {
    let this = bit(signal);
    if HANDLED.load(Ordering::SeqCst) & this == 0 {
        return Arrival::Other;
    }
    if [Signal::INT, Signal::TERM].contains(&signal) && ASKED.swap(true, Ordering::SeqCst) {
        return if again { Arrival::Last } else { Arrival::Kept };
    }
    CAME.fetch_or(this, Ordering::SeqCst);
    if let Some(event) = EVENT.get() {
        event.set();
    }
    super::child_signal::wake();
    Arrival::Kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_signals_are_one_and_the_second_request_is_the_last() {
        HANDLED.store(bit(Signal::HUP) | bit(Signal::TERM), Ordering::SeqCst);
        assert_eq!(arrive(Signal::QUIT, true), Arrival::Other);
        assert_eq!([arrive(Signal::HUP, true), arrive(Signal::HUP, true)], [Arrival::Kept; 2]);
        assert_eq!([arrive(Signal::TERM, true), arrive(Signal::TERM, false)], [Arrival::Kept; 2]);
        assert_eq!([take(), take(), take()], [Some(Signal::HUP), Some(Signal::TERM), None]);
        assert_eq!(arrive(Signal::TERM, true), Arrival::Last);
        forget();
        HANDLED.store(0, Ordering::SeqCst);
    }
}
