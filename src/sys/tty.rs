//! The terminal: whether there is one, and which process group has it.

use super::Pid;
use super::poll::{Interest, PollSet};
use rustix::fs::{Mode, OFlags};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

/// Returns whether `fd` is a terminal.
pub fn is_terminal(fd: BorrowedFd<'_>) -> bool {
    rustix::termios::isatty(fd)
}

/// Returns the process group in the foreground of the terminal.
///
/// # Errors
/// Fails with `ENOTTY` if `fd` is not the controlling terminal of this process.
pub fn foreground(fd: BorrowedFd<'_>) -> io::Result<Pid> {
    Ok(rustix::termios::tcgetpgrp(fd)?.as_raw_nonzero().get())
}

/// Puts `group` into the foreground of the terminal.
///
/// SIGTTOU is blocked only around the call: the terminal is taken back from the background, where the signal would
/// stop this process (tcsetpgrp(3)). Ignoring the signal instead would be inherited by every child.
///
/// # Errors
/// Fails with `ENOTTY` if `fd` is not the controlling terminal, with `EPERM` if the group is not in the session of
/// this process.
pub fn set_foreground(fd: BorrowedFd<'_>, group: Pid) -> io::Result<()> {
    // SAFETY: no memory is passed.
    unstopped(|| match unsafe { libc::tcsetpgrp(fd.as_raw_fd(), group) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    })
}

/// Runs code on the terminal with SIGTTOU blocked.
fn unstopped<T>(change: impl FnOnce() -> T) -> T {
    // SAFETY: both sets are on this stack; only the mask of this thread is changed, and restored.
    unsafe {
        let (mut block, mut old) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigemptyset(&raw mut block);
        libc::sigaddset(&raw mut block, libc::SIGTTOU);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const block, &raw mut old);
        let result = change();
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, std::ptr::null_mut());
        result
    }
}

/// Returns the process group of this process.
pub fn own_group() -> Pid {
    rustix::process::getpgrp().as_raw_nonzero().get()
}

/// Returns whether this process leads its session. When the terminal closes, the kernel sends SIGHUP only to the
/// leader, and to the foreground once the leader has ended (termios(3), "Modem disconnect").
pub fn leads_session() -> bool {
    let own = rustix::process::getpid();
    rustix::process::getsid(None).is_ok_and(|leader| leader == own)
}

/// Returns whether a standard stream is the controlling terminal of this process, with its group in the foreground.
pub fn is_own_foreground(fd: RawFd) -> bool {
    // SAFETY: no memory is passed, and a number that is not open returns EBADF.
    let group = unsafe { libc::tcgetpgrp(super::editor_input::meaning(fd)) };
    group > 0 && group == own_group()
}

/// Returns the number of columns of a terminal, or `None` if the terminal does not report it.
pub fn columns(fd: BorrowedFd<'_>) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(fd).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Returns the number of columns of the terminal on standard error, if it is one.
pub fn width() -> Option<usize> {
    columns(rustix::stdio::stderr())
}

/// Returns the number of lines of the terminal on standard error, if it is one.
pub fn height() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok()?;
    Some(usize::from(size.ws_row)).filter(|rows| *rows > 0)
}

/// Returns whether a background job has to be stopped before it writes: the terminal is set so (termios(3), `TOSTOP`),
/// and another group has it. A terminal of another session bars no job.
pub fn is_barred(fd: BorrowedFd<'_>, group: Pid) -> bool {
    foreground(fd).is_ok_and(|other| other != group)
        && rustix::termios::tcgetattr(fd)
            .is_ok_and(|modes| modes.local_modes.contains(rustix::termios::LocalModes::TOSTOP))
}

/// Takes a line that was typed and not read, if there is one and the terminal returns lines (termios(3), "Canonical and
/// noncanonical mode").
pub fn typed_ahead(fd: BorrowedFd<'_>) -> Option<Vec<u8>> {
    let modes = rustix::termios::tcgetattr(fd).ok()?;
    if !modes.local_modes.contains(rustix::termios::LocalModes::ICANON) {
        return None;
    }
    let mut set = PollSet::default();
    set.add(fd, Interest::Read);
    if set.wait(Some(Duration::ZERO)).ok()? == 0 {
        return None;
    }
    let mut bytes = vec![0; LONGEST_LINE];
    let count = rustix::io::read(fd, &mut bytes).ok()?;
    bytes.truncate(count);
    // A read of nothing is the end: the terminal has closed, or a Ctrl-D was meant for the entry that ran.
    (count > 0).then_some(bytes)
}

/// N_TTY_BUF_SIZE: the most that a terminal keeps.
const LONGEST_LINE: usize = 4096;

/// `_POSIX_VDISABLE` (termios(3)): no key has this function.
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

/// The controlling terminal of the session (tty(4)).
pub const CONTROLLING_TERMINAL: &[u8] = b"/dev/tty";

/// Returns the terminal on which a process can ask its user, for reading and writing: `input`, if it is one, or the
/// controlling terminal of the session.
///
/// # Errors
/// Fails with `ENXIO` if the session has no terminal, and as open(2) does.
pub fn open(input: Option<BorrowedFd<'_>>) -> io::Result<OwnedFd> {
    let path = match input {
        Some(input) => rustix::termios::ttyname(input, Vec::new())?,
        None => c"/dev/tty".to_owned(),
    };
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    super::descriptor::lift(rustix::fs::open(&*path, flags, Mode::empty())?)
}

/// The modes of a terminal for input and output (termios(3)).
#[derive(Clone, Debug)]
pub struct Modes(rustix::termios::Termios);

impl Modes {
    /// Returns the current modes; none for anything but a terminal.
    pub fn of(fd: BorrowedFd<'_>) -> Option<Self> {
        rustix::termios::tcgetattr(fd).ok().map(Self)
    }

    /// Sets them at once, even from the background, where the kernel would stop this process by SIGTTOU.
    pub fn set_now(&self, fd: BorrowedFd<'_>) {
        let set = || rustix::termios::tcsetattr(fd, rustix::termios::OptionalActions::Now, &self.0);
        unstopped(|| while set() == Err(rustix::io::Errno::INTR) {});
    }

    /// Returns these modes for typing one line: with the terminal's own line editing, and with or without echo.
    /// Without echo, no key suspends or aborts the program, which would leave the terminal in these modes.
    pub fn for_line(&self, is_shown: bool) -> Self {
        use rustix::termios::{InputModes, LocalModes, SpecialCodeIndex};
        let mut modes = self.0.clone();
        modes.input_modes |= InputModes::ICRNL;
        modes.local_modes |= LocalModes::ICANON | LocalModes::ISIG | LocalModes::ECHO;
        if !is_shown {
            modes.local_modes -= LocalModes::ECHO;
            modes.local_modes |= LocalModes::ECHONL;
            for key in [SpecialCodeIndex::VQUIT, SpecialCodeIndex::VSUSP] {
                modes.special_codes[key] = DISABLED;
            }
        }
        Self(modes)
    }

    /// Sets them once earlier output has been shown.
    pub fn set(&self, fd: BorrowedFd<'_>) {
        let set = || rustix::termios::tcsetattr(fd, rustix::termios::OptionalActions::Drain, &self.0);
        while set() == Err(rustix::io::Errno::INTR) {}
    }
}

/// Puts this process into its own process group, which has the terminal: the start of a shell with job control (the
/// GNU C library's manual, "Initializing the Shell"). Returns the group that had it before.
///
/// # Errors
/// Fails with `ENOTTY` if `fd` is not the controlling terminal.
pub fn take(fd: BorrowedFd<'_>) -> io::Result<Pid> {
    let before = own_group();
    // If started in the background, this process waits for its turn. An orphaned process group can't be stopped, and
    // no process would continue it.
    for _ in 0..16 {
        if foreground(fd)? == own_group() {
            break;
        }
        // SAFETY: no memory is passed. This process stops by the default action, and continues when it is continued.
        unsafe { libc::kill(0, libc::SIGTTIN) };
    }
    // The leader of a session can't do this, and already leads its group.
    let _ = rustix::process::setpgid(None, None);
    set_foreground(fd, own_group())?;
    Ok(before)
}
