//! A process that only receives the signals of its process group: those that the terminal sends a job.
//!
//! The keys Ctrl-C, Ctrl-\ and Ctrl-Z are signals to the group in the foreground (termios(3), `ISIG`), and a job that
//! consists of builtins has no program that could receive them. So each job has this process, which leads its group,
//! dies of the signals that end the job, and stops with the signals that stop it. Its parent learns this by waitid(2),
//! without a handler.
//!
//! It is not started like a program, in the memory of this process: Ctrl-\ writes a core image, and ends all processes
//! that share that memory.

use super::pipe::pipe;
use super::signal::Signal;
use super::signal_state::SignalState;
use super::{Pid, last_error};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr::null_mut;
use std::time::Duration;

/// The signals that end or stop a job. Only these are handled. USR1, for example, is for programs.
const FELT: [libc::c_int; 7] =
    [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

/// The signals among them that end a job, and KILL.
const ENDS: [libc::c_int; 5] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGKILL];

/// The signals among them that stop a job, and STOP.
const STOPS: [libc::c_int; 4] = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU, libc::SIGSTOP];

/// The process. Dropping it kills and reaps it.
#[derive(Debug)]
pub struct JobLeader {
    pid: Pid,
    /// It ends when no process holds this any more: its parent may be killed before it ends the process.
    _alive: OwnedFd,
}

/// A change of its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A signal stopped it; reported until it is continued.
    Stopped(Signal),
    /// A signal ended it. It is not reaped yet.
    Ended(Signal),
}

/// The kind of signal that has reached the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupSignal {
    Nothing,
    /// A signal that stops it. It has not been continued.
    Stop,
    /// A signal that ends it.
    End,
}

impl JobLeader {
    /// Starts one in a group, or in a new one that it leads.
    ///
    /// # Errors
    /// Fails with `EAGAIN` or `ENOMEM` when there is no room for a process, with `EMFILE` when no descriptor is left.
    pub fn start(group: Option<Pid>) -> io::Result<Self> {
        let (end, alive) = pipe()?;
        // SAFETY: the masks are on this stack. The child of fork(2) has its own memory, in which it makes only calls
        // that are safe there (signal-safety(7)).
        unsafe {
            let (mut all, mut old) = (std::mem::zeroed(), std::mem::zeroed());
            libc::sigfillset(&raw mut all);
            // A handler of this process must not run in it.
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut old);
            let pid = libc::fork();
            if pid == 0 {
                leader_main(group.unwrap_or(0), end.as_raw_fd());
            }
            let error = io::Error::last_os_error();
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const old, null_mut());
            if pid < 0 {
                return Err(error);
            }
            // The child does the same: whichever comes first (setpgid(2)).
            super::signal::enter_group(pid, group.unwrap_or(pid));
            Ok(Self { pid, _alive: alive })
        }
    }

    /// Returns its process ID, which belongs to it and its group until it is dropped.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits until it has stopped or ended.
    pub fn wait(&self) -> Change {
        loop {
            if let Some(change) = self.change(0) {
                return change;
            }
        }
    }

    /// Returns whether it has stopped or ended.
    pub fn look(&self) -> Option<Change> {
        self.change(libc::WNOHANG)
    }

    /// Returns the kind of signal that has reached the process, even if the process has not handled it yet. On a
    /// busy machine the end of this process comes milliseconds after the end of the programs in its group. The
    /// kernel reaps no process before all members of a group have the signal, so the answer is certain once a
    /// program is known to have died. `None` means that it can't be known.
    pub fn group_signal(&self) -> Option<GroupSignal> {
        // This takes a moment, unless the process is halted from outside (a debugger, the freezer of cgroups).
        for _ in 0..1000 {
            match self.look() {
                Some(Change::Ended(_)) => return Some(GroupSignal::End),
                // A signal that would end it waits until it continues.
                Some(Change::Stopped(_)) => return Some(GroupSignal::Stop),
                None => {}
            }
            let state = SignalState::of(self.pid)?;
            let is_pending = |signals: &[libc::c_int]| {
                signals.iter().any(|number| state.is_pending(Signal::from_kernel(*number)))
            };
            if is_pending(&ENDS) {
                return Some(GroupSignal::End);
            }
            if is_pending(&STOPS) {
                return Some(GroupSignal::Stop);
            }
            // Otherwise it has just begun, or is about to end and no longer has the signal.
            if state.sleeps {
                return Some(GroupSignal::Nothing);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        None
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let _ = super::signal::send(self.pid, signal);
    }

    fn change(&self, how: libc::c_int) -> Option<Change> {
        // SAFETY: waitid fills the structure; WNOWAIT leaves the process to be reaped.
        unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            let how = libc::WEXITED | libc::WSTOPPED | libc::WNOWAIT | how;
            if libc::waitid(libc::P_PID, self.pid as libc::id_t, &raw mut info, how) != 0 {
                // Another part of the process has reaped it.
                return (last_error() == libc::ECHILD).then_some(Change::Ended(Signal::KILL));
            }
            if info.si_pid() == 0 {
                return None;
            }
            let signal = Signal::from_kernel(info.si_status());
            Some(match info.si_code {
                libc::CLD_STOPPED => Change::Stopped(signal),
                libc::CLD_EXITED => Change::Ended(Signal::KILL),
                _ => Change::Ended(signal),
            })
        }
    }
}

impl Drop for JobLeader {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        // SAFETY: the child was created here, and only this code reaps it.
        while unsafe { libc::waitpid(self.pid, null_mut(), 0) } < 0 && last_error() == libc::EINTR {}
    }
}

/// The main function of the process.
unsafe fn leader_main(group: Pid, end: RawFd) -> ! {
    // SAFETY: only system calls, and the data that they read is on this stack.
    unsafe {
        libc::setpgid(0, group);
        for number in 1..=64 {
            let group_signal = FELT.contains(&number);
            libc::signal(number, if group_signal { libc::SIG_DFL } else { libc::SIG_IGN });
        }
        #[cfg(target_os = "linux")]
        {
            // No core image of the memory of this process.
            libc::prctl(libc::PR_SET_DUMPABLE, 0);
            libc::prctl(libc::PR_SET_NAME, c"pw-job".as_ptr());
        }
        // Mainly the ends of pipes: their readers wait for the last one to close.
        libc::dup2(end, 0);
        close_from_1();
        let mut none = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, null_mut());
        let mut byte = 0_u8;
        while libc::read(0, (&raw mut byte).cast(), 1) != 0 {}
        libc::_exit(0)
    }
}

fn close_from_1() {
    // SAFETY: from here on only descriptor 0 is used.
    unsafe {
        #[cfg(target_os = "linux")]
        if libc::syscall(libc::SYS_close_range, 1, libc::c_uint::MAX, 0) == 0 {
            return;
        }
        for fd in 1..super::descriptor::HIGHEST_MARKED as RawFd {
            libc::close(fd);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reports_stops_and_ends_of_its_group() {
        let leader = JobLeader::start(None).unwrap();
        assert_eq!((leader.look(), leader.group_signal()), (None, Some(GroupSignal::Nothing)));
        let group = leader.pid();
        crate::sys::signal::send_group(group, Signal::parse(b"USR1").unwrap()).unwrap();
        crate::sys::signal::send_group(group, Signal::STOP).unwrap();
        assert_eq!(leader.group_signal(), Some(GroupSignal::Stop));
        assert_eq!(leader.wait(), Change::Stopped(Signal::STOP));
        crate::sys::signal::send_group(group, Signal::CONT).unwrap();
        assert_eq!(leader.look(), None);
        crate::sys::signal::send_group(group, Signal::INT).unwrap();
        assert_eq!(leader.group_signal(), Some(GroupSignal::End));
        assert_eq!(leader.wait(), Change::Ended(Signal::INT));
        // The group remains for another one until the first is reaped.
        let next = JobLeader::start(Some(group)).unwrap();
        assert_eq!(crate::sys::signal::group_of(next.pid()), Some(group));
    }
}
