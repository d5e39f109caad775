//! Started processes: detecting their ends, and reaping them.
//!
//! An end is detected with a descriptor (a pidfd), without reaping. A zombie keeps its process ID, so that
//! it can be signalled without hitting another process, and keeps its process group open for later stages.

use super::child_signal::ChildSignal;
use super::children::Place;
use super::signal::Signal;
use super::{Pid, signal};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It exited with this status.
    Exit(u8),
    /// A signal ended it.
    Signal {
        /// The signal.
        signal: Signal,
        /// Whether it left a core image.
        core: bool,
    },
}

/// How a process ended, and the resources that it had used by then, including the children that it had
/// waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The end.
    pub end: End,
    /// Processor time in user mode.
    pub user: Duration,
    /// Processor time in the kernel.
    pub system: Duration,
    /// Its peak memory, in bytes. It is never below that of the starter: the kernel counts the memory in
    /// which a child runs until its execve (getrusage(2)).
    pub max_rss: u64,
}

/// A change of a process that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobChange {
    /// A signal has stopped it.
    Stopped(Signal),
    /// It was continued.
    Continued,
}

/// A child process that is not reaped yet. Dropping it reaps nothing; that is the task of its owner.
#[derive(Debug)]
pub struct Process {
    pid: Pid,
    exit: Exit,
    place: Place,
}

/// The way in which the end of the process is noticed.
#[derive(Debug)]
enum Exit {
    Pidfd(OwnedFd),
    /// A pipe whose other end is closed by a waiting thread.
    Pipe(OwnedFd),
    Signal(ChildSignal),
}

impl Process {
    /// Creates one from a clone that returned a pidfd.
    pub(super) fn from_pidfd(pid: Pid, pidfd: OwnedFd, place: Place) -> Self {
        Self { pid, exit: Exit::Pidfd(pidfd), place }
    }

    /// Creates one from a clone that returned no pidfd.
    pub(super) fn told_by_signal(pid: Pid, signal: ChildSignal, place: Place) -> Self {
        Self { pid, exit: Exit::Signal(signal), place }
    }

    /// Creates one where the kernel has no pidfds: a thread waits for the end, without reaping, and closes
    /// its end of a pipe.
    ///
    /// # Errors
    /// Fails when no descriptor or thread is left. The child continues, and the caller has to end it.
    pub(super) fn watched_by_thread(pid: Pid, place: Place) -> io::Result<Self> {
        let (exit, held) = super::pipe::pipe()?;
        let wait = move || {
            let id = pid as libc::id_t;
            // SAFETY: waitid fills the structure; WNOWAIT leaves the child to be reaped.
            let failed = || unsafe {
                let mut info: libc::siginfo_t = std::mem::zeroed();
                libc::waitid(libc::P_PID, id, &raw mut info, libc::WEXITED | libc::WNOWAIT) != 0
            };
            while failed() && super::last_error() == libc::EINTR {}
            drop(held);
        };
        std::thread::Builder::new().name("process end".into()).stack_size(64 << 10).spawn(wait)?;
        Ok(Self { pid, exit: Exit::Pipe(exit), place })
    }

    /// Returns its process ID, which belongs to it until it is reaped.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Leaves it alone when this process dies and when the run ends.
    pub fn spare(&self) {
        self.place.spare();
    }

    /// Returns a descriptor that becomes readable when the process has ended; none if a signal is awaited
    /// instead.
    pub fn exit_fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.exit {
            Exit::Pidfd(fd) | Exit::Pipe(fd) => Some(fd.as_fd()),
            Exit::Signal(_) => None,
        }
    }

    /// Returns the signal that comes when the process has ended, and perhaps for other reasons.
    pub fn exit_signal(&self) -> Option<&ChildSignal> {
        match &self.exit {
            Exit::Signal(signal) => Some(signal),
            _ => None,
        }
    }

    /// Returns whether it has ended. Reaps nothing.
    pub fn has_ended(&self) -> bool {
        // SAFETY: waitid fills the structure.
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
            let result = libc::waitid(libc::P_PID, self.pid as libc::id_t, &raw mut info, options);
            result != 0 || info.si_pid() != 0
        }
    }

    /// Returns the signal that has ended it, if one has. Reaps nothing.
    pub fn died_of(&self) -> Option<Signal> {
        // SAFETY: waitid fills the structure, whose status is that of a child (siginfo_t, `SIGCHLD`).
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
            let result = libc::waitid(libc::P_PID, self.pid as libc::id_t, &raw mut info, options);
            let killed = [libc::CLD_KILLED, libc::CLD_DUMPED].contains(&info.si_code);
            (result == 0 && info.si_pid() != 0 && killed).then(|| Signal::from_kernel(info.si_status()))
        }
    }

    /// Sends a signal to this process, never to a later one with the same process ID.
    ///
    /// # Errors
    /// Fails with `ESRCH` if it was reaped, with `EPERM` if it belongs to another user now.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if let Exit::Pidfd(fd) = &self.exit {
            use std::os::fd::AsRawFd;
            let (fd, number) = (fd.as_raw_fd(), signal.number());
            let no_info = std::ptr::null::<libc::siginfo_t>();
            // SAFETY: no memory is passed.
            if unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, number, no_info, 0) } == 0 {
                return Ok(());
            }
            return Err(io::Error::last_os_error());
        }
        signal::send(self.pid, signal)
    }

    /// Waits for the end if necessary, and reaps.
    ///
    /// # Errors
    /// Fails with `ECHILD` if other code in this process reaped it, or if SIGCHLD is ignored.
    pub fn reap(&self) -> io::Result<Ended> {
        self.wait4(0)?.ok_or_else(|| io::Error::from_raw_os_error(libc::ECHILD))
    }

    /// Reaps it if it has ended.
    ///
    /// # Errors
    /// Fails as [`Process::reap`] does.
    pub fn try_reap(&self) -> io::Result<Option<Ended>> {
        self.wait4(libc::WNOHANG)
    }

    /// Returns whether it has been stopped or continued. Each change is reported once.
    pub fn job_change(&self) -> Option<JobChange> {
        // SAFETY: waitid fills the structure. It does not request ends, so nothing is reaped.
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WSTOPPED | libc::WCONTINUED | libc::WNOHANG;
            let result = libc::waitid(libc::P_PID, self.pid as libc::id_t, &raw mut info, options);
            (result == 0 && info.si_pid() != 0).then(|| match info.si_code {
                libc::CLD_CONTINUED => JobChange::Continued,
                _ => JobChange::Stopped(Signal::from_kernel(info.si_status())),
            })
        }
    }

    /// Reaps by process ID rather than by pidfd, so that all systems work in the same way. Until this call, the
    /// child is a zombie that keeps its process ID. wait4 also returns the resources that the child used, which
    /// libc's waitid can't.
    fn wait4(&self, options: libc::c_int) -> io::Result<Option<Ended>> {
        let mut status = 0;
        // SAFETY: plain integers, for which zero is a value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        loop {
            // SAFETY: wait4 fills both.
            match unsafe { libc::wait4(self.pid, &raw mut status, options, &raw mut usage) } {
                0 => return Ok(None),
                n if n > 0 => {
                    self.place.free();
                    return Ok(Some(ended(status, &usage)));
                }
                _ if super::last_error() == libc::EINTR => {}
                _ => {
                    let error = io::Error::last_os_error();
                    self.place.free();
                    return Err(error);
                }
            }
        }
    }
}

/// Returns the end that wait(2) reports.
pub(super) fn end(status: libc::c_int) -> End {
    if libc::WIFSIGNALED(status) {
        let signal = Signal::from_kernel(libc::WTERMSIG(status));
        End::Signal { signal, core: libc::WCOREDUMP(status) }
    } else {
        End::Exit(libc::WEXITSTATUS(status) as u8)
    }
}

fn ended(status: libc::c_int, usage: &libc::rusage) -> Ended {
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    // Kilobytes, except on Apple's systems.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    Ended {
        end: end(status),
        user: time(usage.ru_utime),
        system: time(usage.ru_stime),
        max_rss: usage.ru_maxrss as u64 * unit,
    }
}
