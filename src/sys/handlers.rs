//! Signal handlers, for the binary alone: a library never touches its host's.
//!
//! Handlers rather than `SIG_IGN`, since what is ignored stays ignored in every child, while a handler
//! ends with execve.

use super::interrupt::{Interrupt, State};
use super::signal::Signal;
use super::{last_error, set_errno};
use std::io;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

/// What the handler raises. Never freed once set: a handler may be running in any thread.
static TARGET: AtomicPtr<State> = AtomicPtr::new(null_mut());

/// The signals that have our handler, as bit `number - 1`.
static CAUGHT: AtomicU64 = AtomicU64::new(0);

/// The signals that we ignore and our children do not, as bit `number - 1`: every program of Rust begins with SIGPIPE.
static IGNORED: AtomicU64 = AtomicU64::new(1 << (libc::SIGPIPE - 1));

/// The handler that a reader of lines had in the place of ours, which runs it, too; 0: there is none.
static READER: AtomicUsize = AtomicUsize::new(0);

/// Raises `interrupt` when one of `signals` comes, from now on.
///
/// A signal that was ignored when we were started stays ignored, as nohup(1) and `cmd &` of a shell
/// without job control want it (POSIX, Shell Command Language, 2.12). System calls that a signal
/// meets while they wait return `Interrupted`.
///
/// # Errors
/// `EINVAL` for a signal that can't be caught.
pub fn install(interrupt: &Interrupt, signals: &[Signal]) -> io::Result<()> {
    let Some(state) = interrupt.state() else { return Ok(()) };
    // The one that was there before is left behind: see TARGET.
    TARGET.store(Arc::into_raw(state).cast_mut(), Ordering::Release);
    signals.iter().try_for_each(|&signal| catch(signal, on_signal))
}

/// Has a signal call a handler that is safe (signal-safety(7)), unless it is ignored. Children begin without.
pub(super) fn catch(signal: Signal, handler: extern "C" fn(libc::c_int)) -> io::Result<()> {
    if disposition(signal)? == libc::SIG_IGN {
        return Ok(());
    }
    CAUGHT.fetch_or(bit(signal), Ordering::SeqCst);
    set(signal, handler as *const () as libc::sighandler_t)
}

/// Has a signal call it also where we were started with the signal ignored.
pub(super) fn catch_anyway(signal: Signal, handler: extern "C" fn(libc::c_int)) -> io::Result<()> {
    set(signal, libc::SIG_DFL)?;
    catch(signal, handler)
}

/// Puts our handler of SIGINT back in the place of one that a reader of lines has put there for the time that it reads.
/// Both run: the line is taken back, and whoever reads it knows of the signal, also when the line was entered just
/// before.
pub(super) fn precede_reader() {
    let ours = on_signal as *const () as libc::sighandler_t;
    match disposition(Signal::INT) {
        Ok(found) if ![ours, libc::SIG_DFL, libc::SIG_IGN].contains(&found) => {
            let _ = catch(Signal::from_kernel(libc::SIGALRM), on_alarm);
            READER.store(found, Ordering::SeqCst);
            let _ = set(Signal::INT, ours);
        }
        _ => {}
    }
}

/// Runs the reader's handler for SIGINT. When nobody reads it does nothing, as libraries of that kind have it.
///
/// A key makes the terminal forget what was typed before it. A reader that poll(2) had told of that, and that had not read
/// it yet, waits in read(2) after the handler has run: SIGALRM calls it from there.
pub(super) fn tell_reader() {
    let reader = READER.load(Ordering::SeqCst);
    if reader != 0 {
        // SAFETY: sigaction(2) gave it as the handler of a signal, with no flags that ask for further arguments.
        let reader: extern "C" fn(libc::c_int) = unsafe { std::mem::transmute(reader) };
        reader(libc::SIGINT);
        let soon = libc::timeval { tv_sec: 0, tv_usec: 20_000 };
        let once = libc::itimerval { it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 }, it_value: soon };
        // SAFETY: a system call that reads the structure; there is no other user of this timer.
        unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const once, null_mut()) };
    }
}

extern "C" fn on_alarm(_: libc::c_int) {}

/// Ignores signals that are meant for the jobs of a prompt, to which they are given back: also where we were started with
/// them ignored, as by tmux 3.3. Such a `cat &` would get EIO instead of being stopped, and Ctrl-Z would be lost.
///
/// # Errors
/// `EINVAL` for a signal that can't be ignored.
pub fn ignore(signals: &[Signal]) -> io::Result<()> {
    for &signal in signals {
        IGNORED.fetch_or(bit(signal), Ordering::SeqCst);
        set(signal, libc::SIG_IGN)?;
    }
    Ok(())
}

/// Gives the signals that we caught back their default action.
#[cfg(test)]
pub fn restore() -> io::Result<()> {
    for number in 1..=64 {
        let signal = Signal::from_kernel(number);
        if caught() & bit(signal) != 0 {
            set(signal, libc::SIG_DFL)?;
            CAUGHT.fetch_and(!bit(signal), Ordering::SeqCst);
        }
    }
    Ok(())
}

/// Makes the ends of children known to us, whatever we were started with.
///
/// With SIGCHLD ignored the kernel reaps children by itself, and their statuses are lost (wait(2)).
pub fn keep_statuses() {
    if disposition(Signal::CHLD).is_ok_and(|now| now == libc::SIG_IGN) {
        let _ = set(Signal::CHLD, libc::SIG_DFL);
    }
}

/// Ends this process as the signal would have, so that whoever waits for us sees it (a shell stops its
/// loop when a program died of SIGINT, not when it exited with 130).
pub fn die_of(signal: Signal) -> ! {
    let _ = set(signal, libc::SIG_DFL);
    // SAFETY: changes this thread's mask and sends to it; no memory but this stack's.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, signal.number());
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, null_mut());
        libc::raise(signal.number());
    }
    std::process::exit(128 + signal.number())
}

/// The signals with a handler of ours, as bit `number - 1`, for a child to reset.
pub(super) fn caught() -> u64 {
    CAUGHT.load(Ordering::SeqCst)
}

/// The signals that we ignore alone, for a child to reset.
pub(super) fn ignored() -> u64 {
    IGNORED.load(Ordering::SeqCst)
}

pub(super) const fn bit(signal: Signal) -> u64 {
    1 << (signal.number() - 1)
}

/// When a request last came, in milliseconds of the monotonic clock.
static LAST: AtomicI64 = AtomicI64::new(i64::MIN);

/// Signals this close together are one request. timeout(1) sends TERM to its child and then to its group; a terminal
/// that is closed sends HUP by the kernel and by the shell; systemd may send TERM and HUP: nobody has lost patience.
const ONE_REQUEST: i64 = 50;

extern "C" fn on_signal(number: libc::c_int) {
    let now = milliseconds();
    let since = now.saturating_sub(LAST.load(Ordering::Acquire));
    // SAFETY: null, or from Arc::into_raw and never freed.
    if let Some(state) = unsafe { TARGET.load(Ordering::Acquire).as_ref() }
        && (!state.is_raised() || since >= ONE_REQUEST)
    {
        LAST.store(now, Ordering::Release);
        state.raise(number);
    }
    let errno = last_error();
    super::blocking_call::end_soon();
    set_errno(errno);
    // At the end of the terminal, too, a line is read no longer.
    if [libc::SIGINT, libc::SIGHUP].contains(&number) {
        let errno = last_error();
        tell_reader();
        set_errno(errno);
    }
}

/// Safe inside a signal handler (signal-safety(7)).
fn milliseconds() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime fills the structure.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}

fn disposition(signal: Signal) -> io::Result<libc::sighandler_t> {
    // SAFETY: sigaction only fills the structure.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        match libc::sigaction(signal.number(), std::ptr::null(), &raw mut old) {
            0 => Ok(old.sa_sigaction),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn set(signal: Signal, handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: the handler is one of ours, or the default; no flags, so that blocked calls return.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        match libc::sigaction(signal.number(), &raw const action, null_mut()) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}
