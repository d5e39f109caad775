//! Signals: their names, and sending them.

use super::{Pid, last_error};
use std::fmt;
use std::io;

/// A signal's number on this system.
///
/// ```
/// use pipewright::Signal;
///
/// let signal = Signal::parse(b"usr1").ok_or("no such signal")?;
/// assert_eq!(signal.to_string(), "SIGUSR1");
/// assert_eq!(Signal::new(15), Some(Signal::TERM));
/// assert_eq!(Signal::new(0), None);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(i32);

/// The names of POSIX and of every supported system, without their `SIG`.
const NAMES: &[(&str, i32)] = &[
    ("HUP", libc::SIGHUP),
    ("INT", libc::SIGINT),
    ("QUIT", libc::SIGQUIT),
    ("ILL", libc::SIGILL),
    ("TRAP", libc::SIGTRAP),
    ("ABRT", libc::SIGABRT),
    ("BUS", libc::SIGBUS),
    ("FPE", libc::SIGFPE),
    ("KILL", libc::SIGKILL),
    ("USR1", libc::SIGUSR1),
    ("SEGV", libc::SIGSEGV),
    ("USR2", libc::SIGUSR2),
    ("PIPE", libc::SIGPIPE),
    ("ALRM", libc::SIGALRM),
    ("TERM", libc::SIGTERM),
    #[cfg(target_os = "linux")]
    ("STKFLT", libc::SIGSTKFLT),
    ("CHLD", libc::SIGCHLD),
    ("CONT", libc::SIGCONT),
    ("STOP", libc::SIGSTOP),
    ("TSTP", libc::SIGTSTP),
    ("TTIN", libc::SIGTTIN),
    ("TTOU", libc::SIGTTOU),
    ("URG", libc::SIGURG),
    ("XCPU", libc::SIGXCPU),
    ("XFSZ", libc::SIGXFSZ),
    ("VTALRM", libc::SIGVTALRM),
    ("PROF", libc::SIGPROF),
    ("WINCH", libc::SIGWINCH),
    ("IO", libc::SIGIO),
    #[cfg(target_os = "linux")]
    ("PWR", libc::SIGPWR),
    ("SYS", libc::SIGSYS),
];

/// The highest number of a signal: 64 on Linux, with the real-time ones.
const LAST: i32 = if cfg!(target_os = "linux") { 64 } else { 31 };

impl Signal {
    /// Hang-up: the terminal was closed.
    pub const HUP: Self = Self(libc::SIGHUP);
    /// Interrupt: Ctrl-C.
    pub const INT: Self = Self(libc::SIGINT);
    /// Quit: Ctrl-\.
    pub const QUIT: Self = Self(libc::SIGQUIT);
    /// The signal that ends a process and can't be refused.
    pub const KILL: Self = Self(libc::SIGKILL);
    /// The signal for writing to a pipe without a reader.
    pub const PIPE: Self = Self(libc::SIGPIPE);
    /// The request to end.
    pub const TERM: Self = Self(libc::SIGTERM);
    /// Continues a stopped process.
    pub const CONT: Self = Self(libc::SIGCONT);
    /// The limit on processor time is reached.
    pub const XCPU: Self = Self(libc::SIGXCPU);
    /// The limit on the size of a file is reached.
    pub const XFSZ: Self = Self(libc::SIGXFSZ);
    /// A child changed its state.
    pub const CHLD: Self = Self(libc::SIGCHLD);
    /// The signal that stops a process and can't be refused.
    pub const STOP: Self = Self(libc::SIGSTOP);
    /// Stop from the terminal: Ctrl-Z.
    pub const TSTP: Self = Self(libc::SIGTSTP);
    /// The background reads from the terminal.
    pub const TTIN: Self = Self(libc::SIGTTIN);
    /// The background writes to the terminal, or changes its modes.
    pub const TTOU: Self = Self(libc::SIGTTOU);
    /// The terminal's size changed.
    pub const WINCH: Self = Self(libc::SIGWINCH);

    /// Returns the signal with that number, if it is one.
    pub fn new(number: i32) -> Option<Self> {
        (1..=LAST).contains(&number).then_some(Self(number))
    }

    /// Creates a signal from a number of the kernel.
    pub(super) const fn from_kernel(number: i32) -> Self {
        Self(number)
    }

    /// Parses `TERM`, `SIGTERM` (in either case) or `15`.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        if let Ok(number) = text.parse() {
            return Self::new(number);
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let name = match name {
            "POLL" => "IO",
            "CLD" => "CHLD",
            "IOT" => "ABRT",
            name => name,
        };
        NAMES.iter().find(|(known, _)| *known == name).map(|&(_, number)| Self(number))
    }

    /// Returns the number.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Returns the name without `SIG`; real-time signals have none.
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|&&(_, number)| number == self.0).map(|&(name, _)| name)
    }

    /// Every signal that has a name, in the order of the numbers on Linux.
    ///
    /// ```
    /// use pipewright::Signal;
    ///
    /// assert!(Signal::named().any(|(name, signal)| name == "TERM" && signal.number() == 15));
    /// ```
    pub fn named() -> impl Iterator<Item = (&'static str, Signal)> {
        NAMES.iter().map(|&(name, number)| (name, Self(number)))
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "SIG{name}"),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The error of sending to a process that does not exist.
pub const NO_PROCESS: i32 = libc::ESRCH;

/// Sends to a process by its ID: one that is known to be unreaped, or that the user named.
///
/// # Errors
/// Fails with `ESRCH` if there is none, with `EPERM` if it belongs to another user.
pub fn send(pid: Pid, signal: Signal) -> io::Result<()> {
    // kill(2) interprets 0 and negative numbers as groups and as all processes, which must not be reached
    // by accident.
    if pid <= 0 {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    kill(pid, signal.0)
}

/// Tests whether there is such a process, or for a negative number such a group, that may be signalled:
/// `kill -0`.
///
/// # Errors
/// Fails as [`send`] does.
pub fn probe(pid: Pid) -> io::Result<()> {
    if matches!(pid, 0 | -1) {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    kill(pid, 0)
}

/// Sends to every process of a group.
///
/// # Errors
/// Fails as [`send`] does.
pub fn send_group(group: Pid, signal: Signal) -> io::Result<()> {
    if group <= 1 {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    }
    kill(-group, signal.0)
}

/// Returns whether a process group has a member that may be signalled; unreaped ones count.
pub fn group_exists(group: Pid) -> bool {
    group > 1 && kill(-group, 0).is_ok()
}

/// Returns the process group of a process, if there is such a process.
pub fn group_of(pid: Pid) -> Option<Pid> {
    let pid = rustix::process::Pid::from_raw(pid)?;
    rustix::process::getpgid(Some(pid)).ok().map(|group| group.as_raw_nonzero().get())
}

/// Moves a child that has not called execve yet into a process group (setpgid(2)). A child that has
/// called it stays where it is.
pub fn enter_group(pid: Pid, group: Pid) {
    // SAFETY: setpgid touches no memory of this process.
    unsafe { libc::setpgid(pid, group) };
}

fn kill(pid: Pid, signal: i32) -> io::Result<()> {
    // SAFETY: kill touches no memory of this process.
    if unsafe { libc::kill(pid, signal) } == 0 {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(last_error()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree_both_ways() {
        for (name, signal) in Signal::named() {
            assert_eq!(Signal::parse(name.as_bytes()), Some(signal));
            assert_eq!(Signal::parse(format!("sig{name}").as_bytes()), Some(signal));
            assert_eq!(Signal::parse(signal.number().to_string().as_bytes()), Some(signal));
            assert_eq!(signal.name(), Some(name));
        }
        assert_eq!(Signal::TERM.to_string(), "SIGTERM");
        for wrong in [&b"0"[..], b"65", b"-1", b"", b"SIG", b"TERMS", b"\xff"] {
            assert_eq!(Signal::parse(wrong), None);
        }
    }

    #[test]
    fn never_signals_all_processes() {
        for pid in [0, -1, -5] {
            assert_eq!(send(pid, Signal::TERM).unwrap_err().raw_os_error(), Some(libc::ESRCH));
        }
        for group in [1, 0, -1] {
            assert!(send_group(group, Signal::TERM).is_err());
            assert!(!group_exists(group));
        }
    }
}
