//! Control of a job by a prompt: its process group, and the process in it that receives the signals of the terminal.
//!
//! Ctrl-C reaches the programs directly, and they decide how to react: python3 turns it into an error, less into a key,
//! and both continue. So a wait for programs ignores it ([`Control::keys`]). Once they have ended it is known whether
//! they died of it, and the job ends, or whether they handled it, and the job continues. Shells call this the
//! cooperative exit.

mod lease;

use super::{Changes, Clock, Group, Interrupt, Signal};
use crate::sys::job_leader::{Change, GroupSignal, JobLeader};
use crate::sys::signal_state::SignalState;
use crate::sys::tree::{self, GroupState};
use crate::sys::tty::{self, Modes};
use crate::sys::{Pid, keys, signal};
pub use lease::TerminalLease;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The control of one job: of its work in the interpreter and of the programs that it starts.
#[derive(Debug)]
pub struct Control {
    /// Ends the whole job, including its programs.
    cancel: Interrupt,
    /// Raised together with `cancel`, and by a signal to the group, which the programs have also received.
    keys: Interrupt,
    group: Pid,
    sentinels: Mutex<Sentinels>,
    /// Whether the job is suspended. It is read often, and changed only with the lock held.
    suspended: AtomicBool,
    /// Announces to threads of this process that it is suspended.
    changes: Changes,
    /// The number of its threads that read from the terminal. As long as there are some, the job does not count as
    /// suspended.
    readers: AtomicU32,
    /// The number of its threads that are starting programs, which may miss a stop. It does not count as suspended then
    /// either.
    starters: AtomicU32,
    /// Whether another process than the prompt has continued it, and this is not reported yet.
    continued_by_others: AtomicBool,
    /// The clock of its time limits.
    clock: Clock,
    lock: Mutex<()>,
    continued: Condvar,
    /// The terminal as the job left it when it was suspended.
    left: Mutex<Left>,
}

/// The terminal as a job left it.
#[derive(Clone, Debug, Default)]
pub struct Left {
    pub modes: Option<Modes>,
    /// The group of the job that had it, if that is not the job's own: a shell leads a group of itself.
    pub foreground: Option<Pid>,
}

#[derive(Debug)]
struct Sentinels {
    /// The leaders. The first leads the group, which exists until it is dropped. The last receives signals; those
    /// before it have died.
    all: Vec<Arc<JobLeader>>,
    /// Whether the job has ended.
    finished: bool,
}

/// The reason why the prompt continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attended {
    /// The job has ended, or is about to.
    Ended,
    /// It is suspended.
    Suspended,
    /// Another process has continued it. This is reported once.
    Continued,
    /// None of these.
    Running,
}

/// The time that programs have to stop by themselves. For example, less(1) first restores the screen. A program
/// that ignores the key is stopped after this time.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);
/// The time after which the key is sent once more to programs that do nothing. A program such as less only notes
/// the key. If the first key comes just after its last check before it waits for input, it notices the second one.
const AGAIN: Duration = Duration::from_millis(300);
/// How often a suspended job checks whether another process has continued it, which sends no notification.
const LOOK: Duration = Duration::from_millis(250);
/// How long a signal of the terminal may take to arrive in one process after it has arrived in another.
const TOGETHER: Duration = Duration::from_millis(200);

impl Control {
    /// Creates the control of a new job, which `cancel` ends.
    ///
    /// # Errors
    /// Fails when there is no room for a process, or no descriptor left.
    pub fn new(cancel: Interrupt) -> io::Result<Self> {
        let (keys, leader) = (cancel.child()?, JobLeader::start(None)?);
        Ok(Self {
            cancel,
            keys,
            group: leader.pid(),
            sentinels: Mutex::new(Sentinels { all: vec![Arc::new(leader)], finished: false }),
            suspended: AtomicBool::new(false),
            changes: Changes::default(),
            readers: AtomicU32::new(0),
            starters: AtomicU32::new(0),
            continued_by_others: AtomicBool::new(false),
            clock: Clock::new(),
            lock: Mutex::new(()),
            continued: Condvar::new(),
            left: Mutex::default(),
        })
    }

    /// Returns the ID of its process group.
    pub fn group_id(&self) -> Pid {
        self.group
    }

    /// Returns the interrupt for everything in the job except waits for programs.
    pub fn keys(&self) -> &Interrupt {
        &self.keys
    }

    /// Returns its clock, which stands still while it is suspended.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the group for its programs.
    pub fn group(&self) -> Group {
        Group::joined(self.group)
    }

    // -------------------------------------------------------------------------------------- by the prompt

    /// Returns whether one of its programs has neither ended nor is stopped.
    pub fn has_running(&self) -> bool {
        let own: Vec<Pid> = self.sentinels().all.iter().map(|job_leader| job_leader.pid()).collect();
        tree::running_of_group(self.group).iter().any(|program| !own.contains(program))
    }

    /// Waits until the job, which is in the foreground, has ended or is suspended.
    pub fn attend(&self) -> Attended {
        // A request to the prompt to end is also for this job.
        self.cancel.set_alone(false);
        loop {
            let Some(job_leader) = self.current_leader() else { return Attended::Ended };
            match self.heed(&job_leader, Some(job_leader.wait())) {
                Attended::Running => {}
                other => {
                    self.cancel.set_alone(true);
                    return other;
                }
            }
        }
    }

    /// Does the same for a job in the background, without waiting. It reports a suspension once.
    pub fn look(&self) -> Attended {
        self.notice_continued();
        if self.continued_by_others.swap(false, Ordering::AcqRel) {
            return Attended::Continued;
        }
        match self.current_leader() {
            Some(_) if self.is_suspended() => Attended::Running,
            Some(job_leader) => self.heed(&job_leader, job_leader.look()),
            None => Attended::Ended,
        }
    }

    fn heed(&self, job_leader: &Arc<JobLeader>, change: Option<Change>) -> Attended {
        match change {
            None => Attended::Running,
            Some(Change::Stopped(signal)) => {
                let _held = self.await_stop(signal);
                self.suspended.store(true, Ordering::Release);
                self.changes.announce();
                self.clock.stop();
                Attended::Suspended
            }
            Some(Change::Ended(signal)) if self.has_died(job_leader, signal) => Attended::Running,
            Some(Change::Ended(_)) => Attended::Ended,
        }
    }

    /// Waits until all programs have stopped, too, and no thread in the interpreter reads or starts one: a program that
    /// continued would take the prompt's next key.
    fn await_stop(&self, signal: Signal) -> MutexGuard<'_, ()> {
        let begun = Instant::now();
        // The time since which the programs that have not stopped have been idle. A program that is merely slow
        // would otherwise stop a second time, unnoticed, after it continues.
        let mut waiting = begun;
        let (mut again, mut stop) = (Some(signal), Some(Signal::STOP));
        loop {
            let state = tree::group_state(self.group);
            if state == GroupState::Works {
                waiting = Instant::now();
            }
            let held = self.held();
            let busy = [&self.readers, &self.starters].iter().any(|some| some.load(Ordering::SeqCst) > 0);
            // This is checked again because of programs that were being started before.
            let runs =
                state != GroupState::Still || !busy && tree::group_state(self.group) != GroupState::Still;
            if !runs && !busy || begun.elapsed() >= 2 * STOP_TIMEOUT {
                return held;
            }
            drop(held);
            let again = again.take_if(|_| runs && waiting.elapsed() >= AGAIN);
            let stop = stop.take_if(|_| runs && begun.elapsed() >= STOP_TIMEOUT);
            for signal in again.into_iter().chain(stop) {
                let _ = signal::send_group(self.group, signal);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Sends a signal that ends the job, suspended or not, as the terminal would.
    pub fn end(&self, signal: Signal) {
        let job_leader = self.current_leader();
        let _ = signal::send_group(self.group, signal);
        if let Some(job_leader) = job_leader {
            // A stopped leader would not die of it. It comes before the rest continues, so that this is not mistaken
            // for a failure of a program.
            job_leader.signal(Signal::CONT);
            loop {
                if let Change::Ended(signal) = job_leader.wait() {
                    self.has_died(&job_leader, signal);
                    break;
                }
            }
        }
        self.resume();
    }

    /// Continues the job.
    pub fn resume(&self) {
        let held = self.held();
        self.suspended.store(false, Ordering::Release);
        self.clock.go_on();
        drop(held);
        let _ = signal::send_group(self.group, Signal::CONT);
        if let Some(group) = self.left().foreground {
            let _ = signal::send_group(group, Signal::CONT);
        }
        self.continued.notify_all();
    }

    /// Returns the change that announces its suspension.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Returns whether it is suspended.
    pub fn is_suspended(&self) -> bool {
        self.suspended.load(Ordering::Acquire)
    }

    /// Keeps the state of the terminal until the job has the terminal again.
    pub fn keep_left(&self, left: Left) {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = left;
    }

    /// Returns the state that was kept.
    pub fn left(&self) -> Left {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    // -------------------------------------------------------------------------------------- by the job

    /// Waits while the job is suspended.
    #[inline]
    pub fn park(&self) {
        if self.is_suspended() {
            self.park_until_continued();
        }
    }

    #[cold]
    fn park_until_continued(&self) {
        let mut held = self.held();
        while self.is_suspended() {
            let waited = self.continued.wait_timeout(held, LOOK);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            self.notice_continued();
            held = self.held();
        }
    }

    /// Notices that the leader continues after a `kill -CONT` from another process.
    fn notice_continued(&self) {
        if self.is_suspended() && self.current_leader().is_some_and(|job_leader| job_leader.look().is_none())
        {
            self.continued_elsewhere();
        }
    }

    /// Continues the whole job after a program of it continued, perhaps alone.
    pub fn continued_elsewhere(&self) {
        if self.is_suspended() {
            self.continued_by_others.store(true, Ordering::Release);
            self.resume();
        }
    }

    /// Stops the whole job after a program of it was stopped, perhaps alone. The prompt is notified as when the
    /// terminal stops all of them.
    ///
    /// A job that has been told to end is not stopped: `kill -KILL %1` continues a suspended job, whose thread may only
    /// then handle the stop of its program. The prompt would wait for the end of a job that nothing continues.
    pub fn stop(&self) {
        if let Some(job_leader) = self.current_leader()
            && !self.is_suspended()
            && self.cancel.raised().is_none()
        {
            job_leader.signal(Signal::STOP);
        }
    }

    /// Raises a signal that the group has received and that the prompt may not know yet: `sleep 10 || echo x` must
    /// not continue for a moment after Ctrl-C. `died` means that a program died of a signal, perhaps as one of
    /// several.
    pub fn group_signal(&self, died: bool) -> GroupSignal {
        let Some(job_leader) = self.current_leader() else { return GroupSignal::Nothing };
        let deadline = Instant::now() + TOGETHER;
        let group_signal = loop {
            match job_leader.group_signal() {
                Some(group_signal) => break group_signal,
                None if died && Instant::now() < deadline => std::thread::sleep(Duration::from_millis(1)),
                None => break GroupSignal::Nothing,
            }
        };
        if group_signal == GroupSignal::End
            && let Change::Ended(signal) = job_leader.wait()
        {
            self.has_died(&job_leader, signal);
        }
        group_signal
    }

    /// Announces that programs are about to be started. Until the returned value is dropped, the job does not count
    /// as suspended. Waits while the job is suspended. Otherwise a program that was started just after Ctrl-Z, and
    /// not stopped yet, could take text that the user typed for the prompt.
    pub fn begin_to_start(&self) -> Starting<'_> {
        loop {
            self.park();
            let _held = self.held();
            if !self.is_suspended() {
                self.starters.fetch_add(1, Ordering::SeqCst);
                return Starting(self);
            }
        }
    }

    /// Sends a key again that was raised on `keys` while programs were being started and that may have missed some of
    /// them: all of the group receive it once more. Ctrl-Z may have missed them, too.
    pub fn repeat_key(&self, keys: &Interrupt) {
        if self.group_signal(false) == GroupSignal::Stop {
            self.repeat_stop();
        }
        let Some(raised) = keys.raised().filter(|raised| is_of_terminal(raised.signal)) else { return };
        // The lock is held until another leader receives signals, so that the end of this one does not count as a
        // further key.
        let mut sentinels = self.sentinels();
        let _ = signal::send_group(self.group, raised.signal);
        if let Ok(next) = JobLeader::start(Some(self.group)) {
            sentinels.all.push(Arc::new(next));
        }
    }

    /// Repeats the stop for programs without a handler for Ctrl-Z. A program with a handler has run for a while and
    /// has received the key. If less(1) is stopped by another signal before it has handled the key, it draws
    /// nothing when it continues.
    fn repeat_stop(&self) {
        for program in tree::running_of_group(self.group) {
            if SignalState::of(program).is_some_and(|state| !state.catches(Signal::TSTP)) {
                let _ = signal::send(program, Signal::STOP);
            }
        }
    }

    /// Returns the terminal for a read by this process, which does not belong to the job's group and would get EIO.
    /// Returns none if the job is in the background, and an empty lease if `fd` is not a terminal of this process.
    pub fn turn<'a>(&'a self, fd: BorrowedFd<'a>) -> Option<TerminalLease<'a>> {
        let nothing = Some(TerminalLease { control: self, fd: None });
        if !tty::is_terminal(fd) {
            return nothing;
        }
        // The prompt holds the lock when it declares the job suspended. From then on the terminal belongs to the
        // prompt.
        let _held = self.held();
        let Ok(group) = tty::foreground(fd) else { return nothing };
        // Only the first reader takes the terminal.
        let is_first = self.readers.load(Ordering::SeqCst) == 0;
        if self.is_suspended() || is_first && group != self.group {
            return None;
        }
        self.readers.fetch_add(1, Ordering::SeqCst);
        keys::begin_to_read();
        let _ = tty::set_foreground(fd, tty::own_group());
        Some(TerminalLease { control: self, fd: Some(fd) })
    }

    /// Returns whether the job has to be stopped before it writes, like a program of it that the kernel finds in the
    /// background: this process does not belong to its group.
    pub fn is_barred(&self, fd: BorrowedFd<'_>) -> bool {
        tty::is_barred(fd, self.group)
    }

    /// Sends a signal to all of the job, as the kernel would.
    pub fn send(&self, signal: Signal) {
        let _ = signal::send_group(self.group, signal);
    }

    /// Waits until the prompt knows that the job is stopped, or until it no longer is, or has to end.
    pub fn await_suspension(&self) {
        let mut look = Duration::from_millis(1);
        loop {
            std::thread::sleep(look);
            if self.is_suspended()
                || self.cancel.raised().is_some()
                || self.current_leader().is_none_or(|one| one.group_signal() != Some(GroupSignal::Stop))
            {
                break;
            }
            // The prompt checks background jobs before it reads an entry.
            look = (2 * look).min(LOOK);
        }
    }

    /// Notes that the job has ended.
    pub fn finish(&self) {
        let mut sentinels = self.sentinels();
        sentinels.finished = true;
        sentinels.all.iter().for_each(|job_leader| job_leader.signal(Signal::KILL));
    }

    /// Dissolves the group: no process joins it or waits for it any more.
    pub fn dissolve(&self) {
        self.sentinels().all.clear();
    }

    /// Handles a signal to the group that has ended its receiver, and starts another receiver. Returns false if the job
    /// has ended.
    fn has_died(&self, job_leader: &Arc<JobLeader>, signal: Signal) -> bool {
        let mut sentinels = self.sentinels();
        if sentinels.finished {
            return false;
        }
        // Several threads check this; the first one has handled it.
        if !sentinels.all.last().is_some_and(|last| Arc::ptr_eq(last, job_leader)) {
            return true;
        }
        // TERM is not a key: some programs have to be asked individually, and killed after a grace.
        let request = if is_of_terminal(signal) { &self.keys } else { &self.cancel };
        let next = JobLeader::start(Some(self.group));
        let is_there = next.map(|next| sentinels.all.push(Arc::new(next))).is_ok();
        request.raise(signal);
        is_there
    }

    fn current_leader(&self) -> Option<Arc<JobLeader>> {
        self.sentinels().all.last().cloned()
    }

    fn sentinels(&self) -> MutexGuard<'_, Sentinels> {
        self.sentinels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A mark that programs of a job are being started.
#[derive(Debug)]
pub struct Starting<'a>(&'a Control);

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.0.starters.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Returns whether the terminal sends this signal to end the foreground job.
fn is_of_terminal(signal: Signal) -> bool {
    [Signal::INT, Signal::QUIT, Signal::HUP].contains(&signal)
}
