//! A process that does nothing but feel what its process group is sent: what the terminal tells a job.
//!
//! The keys Ctrl-C, Ctrl-\ and Ctrl-Z are signals to the group in the foreground (termios(3), `ISIG`), and a job that
//! consists of builtins has no program that could get them. So each job has this process, which leads its group, dies
//! of what ends the job and stops by what stops it; who made it is told by waitid(2), without a handler.
//!
//! Not made as programs are, in our memory: Ctrl-\ leaves a core image, and ends all who share what is in it.

use super::pipe::pipe;
use super::signal::Signal;
use super::signal_state::SignalState;
use super::{Pid, last_error};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::ptr::null_mut;
use std::time::Duration;

/// What end or stop a job. It has no other signal for its own: USR1 is for programs.
const FELT: [libc::c_int; 7] =
    [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

/// Those of them that end it, and KILL.
const ENDS: [libc::c_int; 5] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGKILL];

/// Those that stop it, and STOP.
const STOPS: [libc::c_int; 4] = [libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU, libc::SIGSTOP];

/// The process. Dropped, it is killed and reaped.
#[derive(Debug)]
pub struct JobLeader {
    pid: Pid,
    /// It ends when nobody has this any more: we may be killed before we end it.
    _alive: OwnedFd,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A signal stopped it; told until it is continued.
    Stopped(Signal),
    /// A signal ended it. It is not reaped.
    Ended(Signal),
}

/// What has come to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupSignal {
    Nothing,
    /// What stops it, and it has not been continued.
    Stop,
    /// What ends it.
    End,
}

impl JobLeader {
    /// Starts one in a group, or in a new one that it leads.
    ///
    /// # Errors
    /// `EAGAIN` or `ENOMEM` when there is no room for a process, `EMFILE` when no descriptor is left.
    pub fn start(group: Option<Pid>) -> io::Result<Self> {
        let (end, alive) = pipe()?;
        // SAFETY: the masks live on this stack. The child of fork(2) has a memory of its own, in which it makes calls
        // alone that are safe there (signal-safety(7)).
        unsafe {
            let (mut all, mut old) = (std::mem::zeroed(), std::mem::zeroed());
            libc::sigfillset(&raw mut all);
            // A handler of ours must not run in it.
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
            // It does the same: whoever comes first (setpgid(2)).
            super::signal::enter_group(pid, group.unwrap_or(pid));
            Ok(Self { pid, _alive: alive })
        }
    }

    /// Its number, which stays its own, and its group's, until it is dropped.
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

    /// Whether it has stopped or ended.
    pub fn look(&self) -> Option<Change> {
        self.change(libc::WNOHANG)
    }

    /// What has come to it, though it may not have got round to it: on a busy machine its end comes milliseconds after
    /// that of the programs in its group. The kernel lets nobody be reaped before all members of a group have the signal,
    /// so that this is the answer once a program is known to have died. None: nothing tells.
    pub fn group_signal(&self) -> Option<GroupSignal> {
        // A moment, if nobody halts it from outside (a debugger, the freezer of cgroups).
        for _ in 0..1000 {
            match self.look() {
                Some(Change::Ended(_)) => return Some(GroupSignal::End),
                // What would end it waits until it goes on.
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
            // Otherwise it has just begun, or is on the way to its end and has the signal no more.
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
                // Somebody else has reaped it.
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
        // SAFETY: our own child, which nobody else reaps.
        while unsafe { libc::waitpid(self.pid, null_mut(), 0) } < 0 && last_error() == libc::EINTR {}
    }
}

/// What the process does.
unsafe fn leader_main(group: Pid, end: RawFd) -> ! {
    // SAFETY: system calls alone, and what is read is on this stack.
    unsafe {
        libc::setpgid(0, group);
        for number in 1..=64 {
            let group_signal = FELT.contains(&number);
            libc::signal(number, if group_signal { libc::SIG_DFL } else { libc::SIG_IGN });
        }
        #[cfg(target_os = "linux")]
        {
            // No core image of what we have in memory.
            libc::prctl(libc::PR_SET_DUMPABLE, 0);
            libc::prctl(libc::PR_SET_NAME, c"pw-job".as_ptr());
        }
        // The ends of pipes above all: their readers wait for the last one to close.
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
    // SAFETY: nothing uses a descriptor from here on but 0.
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
    fn it_tells_of_stops_and_ends_of_its_group() {
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
        // The group is there for another until the first is reaped.
        let next = JobLeader::start(Some(group)).unwrap();
        assert_eq!(crate::sys::signal::group_of(next.pid()), Some(group));
    }
}
