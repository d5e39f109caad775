//! A started program, from its start to its report.

use super::launch::Launch;
use super::{Group, Signal, StageEnd, StageReport, terminate};
use crate::sys::child_signal::ChildSignal;
use crate::sys::signal_state::SignalState;
use crate::sys::spawn::PendingExec;
use crate::sys::wait::{End, Ended, JobChange, Process};
use crate::sys::{Pid, errno};
use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant, SystemTime};

/// A program that was started. If it is dropped before its end, it is terminated and reaped.
#[derive(Debug)]
pub struct Child {
    process: Process,
    group: Group,
    group_id: Option<Pid>,
    /// The pending execve, while it may not have happened yet. It holds the arguments in the meantime.
    pending_exec: Option<PendingExec<Box<Launch>>>,
    argv: Vec<Vec<u8>>,
    started: Instant,
    /// The start by the system clock, for people. It is not for measurements, since the clock may be set.
    began: SystemTime,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Running,
    /// Ended, not reaped.
    Zombie {
        at: Instant,
        order: usize,
    },
    /// Reaped; none if another part of the process had already taken its status.
    Reaped {
        at: Instant,
        order: usize,
        ended: Option<Ended>,
    },
    /// No longer watched, because it could not be killed or was detached.
    Abandoned,
}

impl Child {
    /// Creates a running child. `started` is a time from before its clone. The clone returns only after the execve,
    /// which on a busy machine is some milliseconds later, so the time after it would make a program seem faster.
    pub(super) fn new(
        process: Process,
        group: Group,
        group_id: Option<Pid>,
        argv: Vec<Vec<u8>>,
        started: Instant,
    ) -> Self {
        let began = SystemTime::now().checked_sub(started.elapsed()).unwrap_or(SystemTime::UNIX_EPOCH);
        Self { process, group, group_id, pending_exec: None, argv, started, began, state: State::Running }
    }

    /// Creates a child whose program may not run yet, or never.
    pub(super) fn pending(mut self, pending_exec: PendingExec<Box<Launch>>) -> Self {
        self.pending_exec = Some(pending_exec);
        self
    }

    /// Returns its process ID. A later process may have the same one once this is reaped.
    pub fn pid(&self) -> Pid {
        self.process.pid()
    }

    /// Returns its arguments.
    pub fn argv(&self) -> &[Vec<u8>] {
        self.pending_exec.as_ref().map_or(&self.argv, |pending_exec| &pending_exec.request().stage.argv)
    }

    /// Returns the time at which it was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Returns whether it was still running at the last check.
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running)
    }

    /// Sends it a signal, unless it was reaped.
    ///
    /// # Errors
    /// Fails with `ESRCH` if it was reaped, with `EPERM` if it runs as another user.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        match self.state {
            State::Running | State::Zombie { .. } => self.process.signal(signal),
            _ => Err(io::Error::from_raw_os_error(errno::ESRCH)),
        }
    }

    /// Lets the program continue when this process ends.
    pub fn spare(&self) {
        self.process.spare();
    }

    /// Lets it run unwatched and unreaped, even when this process ends.
    pub fn detach(mut self) {
        self.process.spare();
        self.abandon();
    }

    /// Returns its report. `last` means that it is the last stage, whose death by SIGPIPE is not excused.
    pub fn report(&self, last: bool) -> StageReport {
        let (at, order, ended) = match self.state {
            State::Running | State::Abandoned => (Instant::now(), None, None),
            State::Zombie { at, order } => (at, Some(order), None),
            State::Reaped { at, order, ended } => (at, Some(order), ended),
        };
        StageReport {
            argv: self.argv().to_vec(),
            pid: Some(self.pid()),
            began: self.began,
            wall: at.duration_since(self.started),
            user: ended.map_or(Duration::ZERO, |ended| ended.user),
            system: ended.map_or(Duration::ZERO, |ended| ended.system),
            max_rss: ended.map_or(0, |ended| ended.max_rss),
            end: ended.map_or(StageEnd::Abandoned, |ended| StageEnd::of(ended.end, last)),
            end_order: order,
            turn: None,
        }
    }

    pub(super) fn take_arrival(&mut self) -> Option<PendingExec<Box<Launch>>> {
        self.pending_exec.take()
    }

    pub(super) fn set_argv(&mut self, argv: Vec<Vec<u8>>) {
        self.argv = argv;
    }

    pub(super) fn group(&self) -> &Group {
        &self.group
    }

    /// Returns the group that it was started into, if that is not the group of this process. Signals may
    /// be sent to it until it is reaped.
    pub(super) fn group_id(&self) -> Option<Pid> {
        self.group_id
    }

    pub(super) fn is_reaped(&self) -> bool {
        matches!(self.state, State::Reaped { .. } | State::Abandoned)
    }

    pub(super) fn exit_fd(&self) -> Option<BorrowedFd<'_>> {
        self.process.exit_fd()
    }

    pub(super) fn exit_signal(&self) -> Option<&ChildSignal> {
        self.process.exit_signal()
    }

    pub(super) fn has_ended(&self) -> bool {
        !self.is_running() || self.process.has_ended()
    }

    /// Returns whether it runs, or has ended unnoticed, and its program has or had a handler for a signal.
    ///
    /// On its way to execve a child still has the handlers of this process, although they never run there.
    pub(super) fn catches(&self, signal: Signal) -> bool {
        self.is_running()
            && self.pending_exec.as_ref().is_none_or(PendingExec::has_left)
            && SignalState::of(self.pid()).is_some_and(|state| state.catches(signal))
    }

    /// Returns the signal that ended it, if one did.
    pub(super) fn died_of(&self) -> Option<Signal> {
        match self.state {
            State::Running | State::Zombie { .. } => self.process.died_of(),
            State::Reaped { ended: Some(Ended { end: End::Signal { signal, .. }, .. }), .. } => Some(signal),
            _ => None,
        }
    }

    /// Returns whether it has just been stopped or continued.
    pub(super) fn job_change(&self) -> Option<JobChange> {
        if self.is_running() { self.process.job_change() } else { None }
    }

    /// Notes that its descriptor reported its end.
    pub(super) fn note_end(&mut self, order: usize) {
        if self.is_running() {
            self.state = State::Zombie { at: Instant::now(), order };
        }
    }

    /// Reaps the program. Waits for its end if necessary.
    pub(super) fn reap(&mut self) {
        let (at, order) = match self.state {
            State::Running => (None, usize::MAX),
            State::Zombie { at, order } => (Some(at), order),
            _ => return,
        };
        let ended = self.process.reap().ok();
        self.note_reaped(at.unwrap_or_else(Instant::now), order, ended);
    }

    /// Reaps the program if it has ended, as the first of its pipeline. Returns whether it has ended.
    pub(super) fn try_reap(&mut self) -> bool {
        let ended = match self.process.try_reap() {
            Ok(None) => return false,
            Ok(ended) => ended,
            Err(_) => None,
        };
        self.note_reaped(Instant::now(), 0, ended);
        true
    }

    fn note_reaped(&mut self, at: Instant, order: usize, ended: Option<Ended>) {
        self.state = State::Reaped { at, order, ended };
        self.group.reaped(self.process.pid());
    }

    pub(super) fn abandon(&mut self) {
        self.state = State::Abandoned;
        if let Some(pending_exec) = self.pending_exec.take() {
            pending_exec.abandon();
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.is_reaped() {
            terminate::at_drop(self);
        }
    }
}
