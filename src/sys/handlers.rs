//! Signal handlers, only for the binary: a library never touches those of its host.
//!
//! They are handlers rather than `SIG_IGN`, since an ignored signal stays ignored in every child, while a handler ends
//! with execve.

use super::handled_signals::{self, Arrival};
use super::interrupt::{Interrupt, State};
use super::signal::Signal;
use super::{last_error, set_errno};
use std::io;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};

/// The target that the handler raises. It is never freed once set: a handler may be running in any thread.
static TARGET: AtomicPtr<Target> = AtomicPtr::new(null_mut());

/// See [`install`].
struct Target {
    requests: Arc<State>,
    keys: Option<Arc<State>>,
}

/// The number of keys of the terminal so far, each of which its foreground has also received.
static KEYS: AtomicU32 = AtomicU32::new(0);
/// The signal of the last one.
static LAST_KEY: AtomicI32 = AtomicI32::new(libc::SIGINT);

/// The signals that ask a script to end. All other signals have their default action: they report a fault (SIGSEGV,
/// SIGABRT), or no program sends them.
pub const REQUESTS: [Signal; 8] = [
    Signal::HUP,
    Signal::INT,
    Signal::QUIT,
    Signal::TERM,
    Signal::from_kernel(libc::SIGUSR1),
    Signal::from_kernel(libc::SIGUSR2),
    Signal::from_kernel(libc::SIGALRM),
    Signal::XCPU,
];

/// The signals that have a handler of this process, as bit `number - 1`.
static CAUGHT: AtomicU64 = AtomicU64::new(0);

/// The signals that this process ignores and its children do not, as bit `number - 1`: every Rust program begins with
/// SIGPIPE ignored.
static IGNORED: AtomicU64 = AtomicU64::new(1 << (libc::SIGPIPE - 1));

/// The signals that were ignored when this process was started, but that it has to handle, as bit `number - 1`.
static IGNORED_AT_START: AtomicU64 = AtomicU64::new(0);

/// The handler that a reader of lines has installed in place of the handler of this process, which also runs it; 0
/// if there is none.
static READER: AtomicUsize = AtomicUsize::new(0);

/// The number of signals so far at which a reader of lines discards its line.
static CLEARINGS: AtomicU32 = AtomicU32::new(0);

/// From now on, raises `requests` when one of `signals` arrives. If `keys` is given, raises it when the terminal
/// has sent Ctrl-C or Ctrl-\\, which the programs in the foreground have also received. `keys` is a child of
/// `requests`.
///
/// A key counts as a request if the key before it has not been settled ([`Interrupt::settle`]). The exception is a
/// program that reads single keys, for which Ctrl-C is one of its own keys.
///
/// A signal that was ignored when this process was started stays ignored, as nohup(1) and `cmd &` of a shell
/// without job control require (POSIX, Shell Command Language, 2.12). System calls that wait when a signal comes
/// return `Interrupted`.
///
/// # Errors
/// Fails with `EINVAL` for a signal that can't be caught.
pub fn install(requests: &Interrupt, keys: Option<&Interrupt>, signals: &[Signal]) -> io::Result<()> {
    let Some(state) = requests.state() else { return Ok(()) };
    let target = Target { requests: state, keys: keys.and_then(Interrupt::state) };
    // The earlier target is leaked: see TARGET.
    TARGET.store(Box::into_raw(Box::new(target)), Ordering::Release);
    let caught = signals.iter().try_for_each(|&signal| catch(signal, on_signal as *const ()));
    let early = EARLY.swap(0, Ordering::SeqCst) & CAUGHT.load(Ordering::SeqCst);
    for signal in signals.iter().filter(|signal| early & bit(**signal) != 0) {
        // SAFETY: no memory is passed.
        unsafe { libc::raise(signal.number()) };
    }
    caught
}

/// The signals that arrived before it was known that they are not ignored, as bit `number - 1`.
static EARLY: AtomicU64 = AtomicU64::new(0);

/// Lets a write beyond the limit on the size of a file fail, instead of ending this process (setrlimit(2),
/// `RLIMIT_FSIZE`).
pub fn survive_file_limit() -> io::Result<()> {
    catch(Signal::XFSZ, nothing as *const ())
}

/// Returns how many keys of the terminal have come so far.
pub fn keys_come() -> u32 {
    KEYS.load(Ordering::SeqCst)
}

/// Returns the signal of the last key of the terminal.
pub fn last_key() -> Signal {
    Signal::from_kernel(LAST_KEY.load(Ordering::SeqCst))
}

/// Returns how many signals so far have made a reader discard its line, or would have if one had read.
pub fn clearings() -> u32 {
    CLEARINGS.load(Ordering::SeqCst)
}

/// Installs a handler that is safe (signal-safety(7)) for a signal, unless the signal is ignored. Children begin
/// without it.
pub(super) fn catch(signal: Signal, handler: *const ()) -> io::Result<()> {
    if exchange(signal, handler as libc::sighandler_t)? == libc::SIG_IGN {
        return set(signal, libc::SIG_IGN);
    }
    CAUGHT.fetch_or(bit(signal), Ordering::SeqCst);
    Ok(())
}

/// Installs the handler of this process for a signal that a script handles. Returns the action to restore, if it was
/// another one. A signal that is ignored stays ignored.
pub(super) fn catch_for_script(signal: Signal) -> Option<libc::sigaction> {
    let ours = on_signal as *const () as libc::sighandler_t;
    let before = action_of(signal).ok()?;
    if [ours, libc::SIG_IGN].contains(&before.sa_sigaction) {
        return None;
    }
    catch(signal, on_signal as *const ()).ok().map(|()| before)
}

/// Restores the action that [`catch_for_script`] has returned.
pub(super) fn restore_action(signal: Signal, action: &libc::sigaction) {
    if action.sa_sigaction == libc::SIG_DFL {
        CAUGHT.fetch_and(!bit(signal), Ordering::SeqCst);
    }
    // SAFETY: the action is one that sigaction(2) has returned.
    unsafe { libc::sigaction(signal.number(), action, null_mut()) };
}

/// Installs a handler even if this process was started with the signal ignored.
pub(super) fn catch_anyway(signal: Signal, handler: *const ()) -> io::Result<()> {
    set(signal, libc::SIG_DFL)?;
    catch(signal, handler)
}

/// Installs the handler of SIGINT of this process again, in place of one that a reader of lines has installed while
/// it reads. Both then run: the reader discards the line, and the interpreter knows of the signal, even if the line
/// was entered just before.
pub(super) fn precede_reader() {
    let ours = on_signal as *const () as libc::sighandler_t;
    match disposition(Signal::INT) {
        Ok(found) if ![ours, libc::SIG_DFL, libc::SIG_IGN].contains(&found) => {
            let _ = catch(Signal::from_kernel(libc::SIGALRM), nothing as *const ());
            READER.store(found, Ordering::SeqCst);
            CAUGHT.fetch_or(bit(Signal::INT), Ordering::SeqCst);
            let _ = set(Signal::INT, ours);
        }
        _ => {}
    }
}

/// Runs the reader's handler for SIGINT. When no line is being read, it does nothing, as is usual for such libraries.
///
/// A key makes the terminal discard earlier input. If poll(2) had reported that input to a reader that had not read it
/// yet, the reader waits in read(2) after the handler has run: SIGALRM ends that read.
pub(super) fn tell_reader() {
    CLEARINGS.fetch_add(1, Ordering::SeqCst);
    let reader = READER.load(Ordering::SeqCst);
    if reader != 0 {
        // SAFETY: sigaction(2) returned it as the handler of a signal, with no flags that require further arguments.
        let reader: extern "C" fn(libc::c_int) = unsafe { std::mem::transmute(reader) };
        reader(libc::SIGINT);
        let soon = libc::timeval { tv_sec: 0, tv_usec: 20_000 };
        let once = libc::itimerval { it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 }, it_value: soon };
        // SAFETY: a system call that reads the structure; this timer has no other user.
        unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const once, null_mut()) };
    }
}

extern "C" fn nothing(_: libc::c_int) {}

/// Ignores signals that are meant for the jobs of a prompt. The jobs get the default action, even if this process was
/// started with the signals ignored, as by tmux 3.3. Otherwise a `cat &` would get EIO instead of being stopped, and
/// Ctrl-Z would be lost.
///
/// # Errors
/// Fails with `EINVAL` for a signal that can't be ignored.
pub fn ignore(signals: &[Signal]) -> io::Result<()> {
    for &signal in signals {
        IGNORED.fetch_or(bit(signal), Ordering::SeqCst);
        set(signal, libc::SIG_IGN)?;
    }
    Ok(())
}

/// Restores the default action of the signals that have a handler of this process.
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

/// Makes sure that this process learns of the ends of its children, whatever it was started with.
///
/// If SIGCHLD is ignored, the kernel reaps children itself, and their statuses are lost (wait(2)).
pub fn keep_statuses() {
    if disposition(Signal::CHLD).is_ok_and(|now| now == libc::SIG_IGN) {
        IGNORED_AT_START.fetch_or(bit(Signal::CHLD), Ordering::SeqCst);
        let _ = set(Signal::CHLD, libc::SIG_DFL);
    }
}

/// Ends this process as the signal would have, so that its parent sees that (a shell stops its loop if a program died
/// of SIGINT, but not if it exited with 130). No core image is written, since it would contain secrets. Process 1 of a
/// container can't die of a signal; it exits with 128 and the number.
pub fn die_of(signal: Signal) -> ! {
    let _ = set(signal, libc::SIG_DFL);
    // SAFETY: changes a limit and this thread's mask, and sends to it; touches only the memory of this stack.
    unsafe {
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, signal.number());
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, null_mut());
        libc::raise(signal.number());
    }
    std::process::exit(128 + signal.number())
}

/// Returns the signals that have a handler of this process, as bit `number - 1`, for a child to reset.
pub(super) fn caught() -> u64 {
    CAUGHT.load(Ordering::SeqCst)
}

/// Returns the signals that only this process ignores, for a child to reset.
pub(super) fn ignored() -> u64 {
    IGNORED.load(Ordering::SeqCst)
}

/// Returns the signals to ignore for a program that replaces this process.
pub(super) fn ignored_at_start() -> u64 {
    IGNORED_AT_START.load(Ordering::SeqCst)
}

/// Ignores SIGPIPE, before this process changes any other signal.
pub(super) fn ignore_closed_pipes() {
    // `IGNORED` contains it from the beginning.
    if exchange(Signal::PIPE, libc::SIG_IGN).is_ok_and(|before| before == libc::SIG_IGN) {
        IGNORED_AT_START.fetch_or(bit(Signal::PIPE), Ordering::SeqCst);
    }
}

pub(super) const fn bit(signal: Signal) -> u64 {
    1 << (signal.number() - 1)
}

/// The time of the last request, in milliseconds of the monotonic clock.
static LAST: AtomicI64 = AtomicI64::new(i64::MIN);
/// Whether it was a key of the terminal.
static LAST_WAS_KEY: AtomicBool = AtomicBool::new(false);

/// Signals this close together are one request. timeout(1) sends TERM to its child and then to its group; for a closed
/// terminal, both the kernel and the shell send HUP; systemd may send TERM and HUP. None of these is a repeated
/// request. A key that follows a key was pressed again.
const ONE_REQUEST: i64 = 50;

extern "C" fn on_signal(number: libc::c_int, info: *const libc::siginfo_t, _: *mut libc::c_void) {
    let signal = Signal::from_kernel(number);
    let errno = last_error();
    let now = milliseconds();
    let since = now.saturating_sub(LAST.load(Ordering::Acquire));
    // SAFETY: the kernel passes the structure (sigaction(2), `SA_SIGINFO`).
    let from_kernel = unsafe { info.as_ref() }.is_some_and(is_from_kernel);
    let is_key = from_kernel && [libc::SIGINT, libc::SIGQUIT].contains(&number);
    let by_terminal = from_kernel || number == libc::SIGHUP && terminal_has_gone();
    let again = since >= ONE_REQUEST || is_key && LAST_WAS_KEY.load(Ordering::Relaxed);
    let arrival = handled_signals::arrive(signal, again);
    if arrival == Arrival::Other && CAUGHT.load(Ordering::SeqCst) & bit(signal) == 0 {
        EARLY.fetch_or(bit(signal), Ordering::SeqCst);
        return set_errno(errno);
    }
    if is_key {
        LAST_KEY.store(number, Ordering::SeqCst);
        KEYS.fetch_add(1, Ordering::SeqCst);
    }
    // SAFETY: null, or from Box::into_raw and never freed.
    let target = unsafe { TARGET.load(Ordering::Acquire).as_ref() };
    let is_request = target.is_some_and(|target| !target.is_raised()) || again;
    if is_request && (arrival != Arrival::Kept || [Signal::INT, Signal::TERM].contains(&signal)) {
        LAST.store(now, Ordering::Release);
        LAST_WAS_KEY.store(is_key, Ordering::Relaxed);
    }
    match (target, arrival) {
        (Some(target), Arrival::Last) => target.requests.raise(number, by_terminal),
        (Some(target), Arrival::Other) if is_request => target.state_for(is_key).raise(number, by_terminal),
        _ => {}
    }
    super::blocking_call::end_soon();
    // When the terminal has closed, a line is no longer read either.
    if arrival != Arrival::Kept && [libc::SIGINT, libc::SIGHUP].contains(&number) {
        tell_reader();
    }
    set_errno(errno);
}

impl Target {
    fn is_raised(&self) -> bool {
        self.requests.is_raised() || self.keys.as_ref().is_some_and(|keys| keys.is_raised())
    }

    /// Returns the state that a signal raises.
    fn state_for(&self, is_key: bool) -> &State {
        match &self.keys {
            Some(keys)
                if is_key
                    && !self.requests.is_raised()
                    && (keys.unsettled() == 0 || terminal_gives_keys()) =>
            {
                keys
            }
            _ => &self.requests,
        }
    }
}

/// Returns whether no process has sent the signal by kill(2).
#[cfg(target_os = "linux")]
fn is_from_kernel(info: &libc::siginfo_t) -> bool {
    info.si_code == libc::SI_KERNEL
}

#[cfg(not(target_os = "linux"))]
fn is_from_kernel(info: &libc::siginfo_t) -> bool {
    // SAFETY: every signal that has a handler of this process has the field.
    unsafe { info.si_pid() == 0 }
}

/// Returns whether a program has set the terminal to single keys instead of lines (termios(3), `ICANON`), as less(1)
/// and line editors do. tcgetattr(3) is safe inside a signal handler.
fn terminal_gives_keys() -> bool {
    // SAFETY: the calls fill the structure, or fail.
    unsafe {
        let mut modes: libc::termios = std::mem::zeroed();
        let terminal = (0..3).find(|fd| libc::tcgetattr(*fd, &raw mut modes) == 0);
        terminal.is_some() && modes.c_lflag & libc::ICANON == 0
    }
}

/// Returns whether a standard stream is a terminal that has been closed. A shell that notices this sends its jobs
/// SIGHUP by kill(2). A call on such a terminal fails with `EIO`, and a call on a file that is not a terminal with
/// `ENOTTY`.
fn terminal_has_gone() -> bool {
    (0..3).any(|fd| {
        // SAFETY: the call fills the structure, or fails.
        unsafe {
            let mut modes: libc::termios = std::mem::zeroed();
            libc::tcgetattr(fd, &raw mut modes) != 0 && last_error() == libc::EIO
        }
    })
}

/// Returns the monotonic clock in milliseconds. Safe inside a signal handler (signal-safety(7)).
fn milliseconds() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime fills the structure.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}

fn disposition(signal: Signal) -> io::Result<libc::sighandler_t> {
    action_of(signal).map(|action| action.sa_sigaction)
}

fn action_of(signal: Signal) -> io::Result<libc::sigaction> {
    // SAFETY: sigaction only fills the structure.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        match libc::sigaction(signal.number(), std::ptr::null(), &raw mut old) {
            0 => Ok(old),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn set(signal: Signal, handler: libc::sighandler_t) -> io::Result<()> {
    exchange(signal, handler).map(drop)
}

/// Sets the action of a signal. Returns the earlier action.
fn exchange(signal: Signal, handler: libc::sighandler_t) -> io::Result<libc::sighandler_t> {
    // SAFETY: the handler is one of this module, or the default. Without SA_RESTART, so that blocked calls return.
    unsafe {
        let (mut action, mut old): (libc::sigaction, libc::sigaction) =
            (std::mem::zeroed(), std::mem::zeroed());
        action.sa_sigaction = handler;
        if handler == on_signal as *const () as libc::sighandler_t {
            action.sa_flags = libc::SA_SIGINFO;
        }
        match libc::sigaction(signal.number(), &raw const action, &raw mut old) {
            0 => Ok(old.sa_sigaction),
            _ => Err(io::Error::last_os_error()),
        }
    }
}
