//! The terminal: whether there is one, and whose turn it is to use it.

use super::Pid;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

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

/// How many lines it has.
pub fn height() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok()?;
    Some(usize::from(size.ws_row)).filter(|rows| *rows > 0)
}

/// The terminal is ours, who read from it for another group. Dropped, that has it again.
#[derive(Debug)]
pub struct Turn {
    fd: OwnedFd,
    group: Pid,
}

impl Turn {
    /// Takes it from a group.
    ///
    /// # Errors
    /// As [`set_foreground`]; `EMFILE` when no descriptor is left.
    pub fn take(fd: BorrowedFd<'_>, group: Pid) -> io::Result<Self> {
        let fd = super::descriptor::duplicate(fd)?;
        set_foreground(fd.as_fd(), own_group())?;
        Ok(Self { fd, group })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let _ = set_foreground(self.fd.as_fd(), self.group);
    }
}

/// How a terminal treats what is typed and printed (termios(3)).
#[derive(Clone, Debug)]
pub struct Modes(rustix::termios::Termios);

impl Modes {
    /// Those of now; none of what is no terminal.
    pub fn of(fd: BorrowedFd<'_>) -> Option<Self> {
        rustix::termios::tcgetattr(fd).ok().map(Self)
    }

    /// Sets them, once what was written before has been shown.
    pub fn set(&self, fd: BorrowedFd<'_>) {
        let _ = rustix::termios::tcsetattr(fd, rustix::termios::OptionalActions::Drain, &self.0);
    }
}

/// Gives us a process group of our own, which has the terminal: what a shell with job control begins with (the GNU C
/// library's manual, "Initializing the Shell"). The group that had it before.
///
/// # Errors
/// `ENOTTY` when `fd` is not our controlling terminal.
pub fn take(fd: BorrowedFd<'_>) -> io::Result<Pid> {
    let before = own_group();
    // Started in the background we wait for our turn. Who is orphaned can't be stopped, and nobody would continue it.
    for _ in 0..16 {
        if foreground(fd)? == own_group() {
            break;
        }
        // SAFETY: no memory is passed. We stop by the default action, and go on when we are continued.
        unsafe { libc::kill(0, libc::SIGTTIN) };
    }
    // The leader of a session can't, and leads its group as it is.
    let _ = rustix::process::setpgid(None, None);
    set_foreground(fd, own_group())?;
    Ok(before)
}
