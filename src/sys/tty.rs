//! The terminal: whether there is one, and whose turn it is to use it.

use super::Pid;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Whether `fd` is a terminal.
pub fn is_terminal(fd: BorrowedFd<'_>) -> bool {
    rustix::termios::isatty(fd)
}

/// The process group that the terminal listens to.
///
/// # Errors
/// `ENOTTY` when `fd` is not our controlling terminal.
pub fn foreground(fd: BorrowedFd<'_>) -> io::Result<Pid> {
    Ok(rustix::termios::tcgetpgrp(fd)?.as_raw_nonzero().get())
}

/// Makes `group` the one that the terminal listens to.
///
/// SIGTTOU is blocked around the call alone: taking the terminal back happens from the background, where
/// it would stop us (tcsetpgrp(3)). Ignoring the signal instead would be inherited by every child.
///
/// # Errors
/// `ENOTTY` when `fd` is not our controlling terminal, `EPERM` when the group is not of our session.
pub fn set_foreground(fd: BorrowedFd<'_>, group: Pid) -> io::Result<()> {
    // SAFETY: both sets live on this stack; the mask of this thread alone is changed, and put back.
    unsafe {
        let (mut block, mut old) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigemptyset(&raw mut block);
        libc::sigaddset(&raw mut block, libc::SIGTTOU);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const block, &raw mut old);
        let result = libc::tcsetpgrp(fd.as_raw_fd(), group);
        let error = io::Error::last_os_error();
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, std::ptr::null_mut());
        if result == 0 { Ok(()) } else { Err(error) }
    }
}

/// The process group that we are in.
pub fn own_group() -> Pid {
    rustix::process::getpgrp().as_raw_nonzero().get()
}

/// How many columns the terminal of standard error has, if it is one.
pub fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 20)
}
