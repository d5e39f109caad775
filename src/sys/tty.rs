//! The terminal: whether there is one, and whose turn it is to use it.

use super::Pid;
use super::poll::{Interest, PollSet};
use rustix::fs::{Mode, OFlags};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

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
    // SAFETY: no memory is passed.
    unstopped(|| match unsafe { libc::tcsetpgrp(fd.as_raw_fd(), group) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    })
}

/// Does something to the terminal with SIGTTOU blocked.
fn unstopped<T>(change: impl FnOnce() -> T) -> T {
    // SAFETY: both sets live on this stack; the mask of this thread alone is changed, and put back.
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

/// The process group that we are in.
pub fn own_group() -> Pid {
    rustix::process::getpgrp().as_raw_nonzero().get()
}

/// Whether this process leads its session. When the terminal goes away, the kernel sends SIGHUP to the leader alone, and
/// to the foreground once the leader has ended (termios(3), "Modem disconnect").
pub fn leads_session() -> bool {
    let own = rustix::process::getpid();
    rustix::process::getsid(None).is_ok_and(|leader| leader == own)
}

/// Returns true if a standard stream is the controlling terminal of this process, whose group is in its foreground.
pub fn is_own_foreground(fd: RawFd) -> bool {
    // SAFETY: no memory is passed, and a number that is not open answers EBADF.
    let group = unsafe { libc::tcgetpgrp(fd) };
    group > 0 && group == own_group()
}

/// Returns how many columns a terminal has; none if it does not say.
pub fn columns(fd: BorrowedFd<'_>) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(fd).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
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

/// Whether a job in the background has to ask before it writes: the terminal is set so (termios(3), `TOSTOP`), and another
/// group has it. What is no terminal of our session nobody has.
pub fn is_barred(fd: BorrowedFd<'_>, group: Pid) -> bool {
    foreground(fd).is_ok_and(|other| other != group)
        && rustix::termios::tcgetattr(fd)
            .is_ok_and(|modes| modes.local_modes.contains(rustix::termios::LocalModes::TOSTOP))
}

/// Takes what has been typed and nobody has read, if there is something: a line, where the terminal gives lines
/// (termios(3), "Canonical and noncanonical mode").
pub fn typed_ahead(fd: BorrowedFd<'_>) -> Option<Vec<u8>> {
    let mut set = PollSet::default();
    set.add(fd, Interest::Read);
    if set.wait(Some(Duration::ZERO)).ok()? == 0 {
        return None;
    }
    let mut bytes = vec![0; LONGEST_LINE];
    let count = rustix::io::read(fd, &mut bytes).ok()?;
    bytes.truncate(count);
    // The end: who has gone, or a Ctrl-D that was meant for what ran.
    (count > 0).then_some(bytes)
}

/// N_TTY_BUF_SIZE: a terminal keeps no more.
const LONGEST_LINE: usize = 4096;

/// `_POSIX_VDISABLE` (termios(3)): no key does it.
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

/// The controlling terminal of the session (tty(4)).
pub const CONTROLLING_TERMINAL: &[u8] = b"/dev/tty";

/// The terminal that a process can ask its user at, for reading and writing: the one that `input` is, or the controlling
/// terminal of the session.
///
/// # Errors
/// `ENXIO` when the session has no terminal; those of open(2).
pub fn open(input: Option<BorrowedFd<'_>>) -> io::Result<OwnedFd> {
    let path = match input {
        Some(input) => rustix::termios::ttyname(input, Vec::new())?,
        None => c"/dev/tty".to_owned(),
    };
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    super::descriptor::lift(rustix::fs::open(&*path, flags, Mode::empty())?)
}

/// How a terminal treats what is typed and printed (termios(3)).
#[derive(Clone, Debug)]
pub struct Modes(rustix::termios::Termios);

impl Modes {
    /// Those of now; none of what is no terminal.
    pub fn of(fd: BorrowedFd<'_>) -> Option<Self> {
        rustix::termios::tcgetattr(fd).ok().map(Self)
    }

    /// Sets them at once, also from the background, where the kernel would stop us by SIGTTOU.
    pub fn set_now(&self, fd: BorrowedFd<'_>) {
        let set = || rustix::termios::tcsetattr(fd, rustix::termios::OptionalActions::Now, &self.0);
        unstopped(|| while set() == Err(rustix::io::Errno::INTR) {});
    }

    /// Returns these modes for one line that is typed: with the terminal's own line editing, and shown or not. While it is
    /// not, no key suspends or aborts the program, which would leave the terminal so.
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

    /// Sets them, once what was written before has been shown.
    pub fn set(&self, fd: BorrowedFd<'_>) {
        let set = || rustix::termios::tcsetattr(fd, rustix::termios::OptionalActions::Drain, &self.0);
        while set() == Err(rustix::io::Errno::INTR) {}
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
