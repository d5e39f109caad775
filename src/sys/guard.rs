//! A second process above this one, for `--guard`: whichever of the two is killed, the other one cleans up.
//!
//! The outer one is the process that the user sees. It passes signals on to the inner one, which does the work, and
//! waits for its end. Both are in one process group, so that the terminal, its Ctrl-C and its Ctrl-Z reach both, like
//! every other member of the enclosing pipeline. A signal that therefore reaches the inner one twice counts once
//! (`handlers`).

use super::signal::Signal;
use super::wait::End;
use super::{Pid, handlers, last_error, tty};
use std::io;

/// The signals that are passed on, unless the terminal has sent them.
const PASSED: [Signal; 8] = handlers::REQUESTS;

/// Those of them that the terminal sends, and that the inner process has therefore also received.
const OF_TERMINAL: [Signal; 3] = [Signal::INT, Signal::QUIT, Signal::HUP];

/// Becomes two processes. Returns none in the inner one, which gets TERM when the outer one ends (prctl(2),
/// `PR_SET_PDEATHSIG`). In the outer one, prepares it and returns, once the inner one has ended, how it ended. Call it
/// only while this process has one thread.
///
/// # Errors
/// Fails with `EAGAIN` or `ENOMEM` when there is no room for a process; with `Unsupported` on systems other than Linux.
#[cfg(target_os = "linux")]
pub fn fork_monitor<T>(prepare: impl FnOnce() -> T) -> io::Result<Option<End>> {
    handlers::keep_statuses();
    // SAFETY: the sets are on this stack, and there is one thread, so the copy has everything that it needs.
    unsafe {
        let (mut wanted, mut before) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigemptyset(&raw mut wanted);
        for signal in PASSED.into_iter().chain([Signal::CHLD]) {
            libc::sigaddset(&raw mut wanted, signal.number());
        }
        // Blocked before the copy is made, so that a signal in between is not lost.
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

/// Not available on this system.
///
/// # Errors
/// Always fails with `Unsupported`.
#[cfg(not(target_os = "linux"))]
pub fn fork_monitor<T>(_: impl FnOnce() -> T) -> io::Result<Option<End>> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
fn attend(inner: Pid, wanted: &libc::sigset_t) -> io::Result<End> {
    loop {
        // SAFETY: both calls fill the structures that they receive; the inner process is a child that only this
        // code reaps.
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
                // The kernel has notified only the leader of the session.
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

/// Ends this process as the inner one has ended, so that its parent sees the same end.
pub fn end_like(end: End) -> u8 {
    match end {
        End::Exit(status) => status,
        // Its core image, if any, is already written.
        End::Signal { signal, .. } => handlers::die_of(signal),
    }
}
