//! A second process above this one, for `--guard`: whichever of the two is killed, the other is there to clean up.
//!
//! The outer one is what the user sees. It passes signals on to the inner one, which works, and waits for its end. Both
//! are in one process group, so that the terminal, its Ctrl-C and its Ctrl-Z reach both, as every other member of the
//! pipeline that they may stand in; a signal that comes to the inner one twice by that counts once (`handlers`).

use super::signal::Signal;
use super::wait::End;
use super::{Pid, handlers, last_error, tty};
use std::io;

/// The signals that are passed on, unless the terminal has sent them.
const PASSED: [Signal; 8] = handlers::REQUESTS;

/// Of these the terminal sends some, which the inner one has got too.
const OF_TERMINAL: [Signal; 3] = [Signal::INT, Signal::QUIT, Signal::HUP];

/// Becomes two. None in the inner one, to which TERM is sent when the outer one ends (prctl(2), `PR_SET_PDEATHSIG`). In
/// the outer one, after it has made its preparations, how the inner one has ended, when it has. Only while this process
/// has one thread.
///
/// # Errors
/// `EAGAIN` or `ENOMEM` when there is no room for a process; `Unsupported` elsewhere than on Linux.
#[cfg(target_os = "linux")]
pub fn fork_monitor<T>(prepare: impl FnOnce() -> T) -> io::Result<Option<End>> {
    handlers::keep_statuses();
    // SAFETY: the sets live on this stack, and there is one thread, so that the copy has all that it needs.
    unsafe {
        let (mut wanted, mut before) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigemptyset(&raw mut wanted);
        for signal in PASSED.into_iter().chain([Signal::CHLD]) {
            libc::sigaddset(&raw mut wanted, signal.number());
        }
        // From before the copy: one that comes in between is not lost.
        libc::sigprocmask(libc::SIG_BLOCK, &raw const wanted, &raw mut before);
        let outer = libc::getpid();
        match libc::fork() {
            -1 => {
                let error = io::Error::last_os_error();
                libc::sigprocmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
                Err(error)
            }
            0 => {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM, 0, 0, 0);
                libc::sigprocmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
                if libc::getppid() != outer {
                    libc::_exit(128 + libc::SIGTERM);
                }
                Ok(None)
            }
            inner => {
                prepare();
                attend(inner, &wanted).map(Some)
            }
        }
    }
}

/// There is no such thing here.
///
/// # Errors
/// Always `Unsupported`.
#[cfg(not(target_os = "linux"))]
pub fn fork_monitor<T>(_: impl FnOnce() -> T) -> io::Result<Option<End>> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
fn attend(inner: Pid, wanted: &libc::sigset_t) -> io::Result<End> {
    loop {
        // SAFETY: both calls fill what they are given; the inner one is our child, and nobody else reaps it.
        unsafe {
            let mut status = 0;
            match libc::waitpid(inner, &raw mut status, libc::WNOHANG) {
                0 => {}
                n if n == inner => return Ok(super::wait::end(status)),
                _ if last_error() == libc::EINTR => {}
                _ => return Err(io::Error::last_os_error()),
            }
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let signal = libc::sigwaitinfo(wanted, &raw mut info);
            let by_terminal = info.si_code == libc::SI_KERNEL;
            let is = |known: &Signal| known.number() == signal;
            if by_terminal && signal == libc::SIGHUP && tty::leads_session() {
                // The kernel has told the leader of the session alone.
                libc::kill(0, signal);
            } else if PASSED.iter().any(is)
                && !(by_terminal && OF_TERMINAL.iter().any(is))
                && info.si_pid() != libc::getpid()
            {
                libc::kill(inner, signal);
            }
        }
    }
}

/// Ends this process as that one has ended, so that whoever waits for us sees it.
pub fn end_like(end: End) -> u8 {
    match end {
        End::Exit(status) => status,
        // Its core image, if any, is there already.
        End::Signal { signal, .. } => handlers::die_of(signal),
    }
}
