//! What a prompt controls a job by: its process group, and who feels there what the terminal sends.
//!
//! Ctrl-C reaches the programs by themselves, and theirs is the choice: python3 makes an error of it, less a key, and
//! both go on. So a wait for programs does not heed it ([`Control::keys`]); once they have ended it is known whether
//! they died of it, and the job ends, or took it for theirs, and the job goes on. Shells call it the cooperative exit.

use super::{Changes, Clock, Group, Interrupt, Signal};
use crate::sys::job_leader::{Change, GroupSignal, JobLeader};
use crate::sys::signal_state::SignalState;
use crate::sys::tree::{self, GroupState};
use crate::sys::tty::{self, Modes};
use crate::sys::{Pid, keys, signal};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The control of one job: what runs in the interpreter and the programs that it starts.
#[derive(Debug)]
pub struct Control {
    /// What ends all of the job, its programs too.
    cancel: Interrupt,
    /// Raised with it, and by what the group is sent, which the programs have got themselves.
    keys: Interrupt,
    group: Pid,
    sentinels: Mutex<Sentinels>,
    /// Looked at often, and changed with the lock held.
    suspended: AtomicBool,
    /// Announces to threads of this process that it is suspended.
    changes: Changes,
    /// How many of its threads read from the terminal. As long as there are some, it is not taken for suspended.
    readers: AtomicU32,
    /// How many of its threads are starting programs, which may miss a stop. Neither is it then.
    starters: AtomicU32,
    /// Somebody else than the prompt has continued it, which is not told yet.
    continued_by_others: AtomicBool,
    /// What its time limits go by.
    clock: Clock,
    lock: Mutex<()>,
    continued: Condvar,
    /// Those of the terminal when the job was suspended.
    modes: Mutex<Option<Modes>>,
}

#[derive(Debug)]
struct Sentinels {
    /// The first leads the group, which is there until it is dropped. The last feels: those before it have died.
    all: Vec<Arc<JobLeader>>,
    /// The job has ended.
    finished: bool,
}

/// Why the prompt goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attended {
    /// The job has ended, or is about to.
    Ended,
    /// It is suspended.
    Suspended,
    /// Somebody else has continued it, which is told once.
    Continued,
    /// Neither.
    Running,
}

/// How long programs may take to stop by themselves: less(1) gives the screen back first. One that does not heed the key
/// is stopped then.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);
/// When the key is sent once more to programs that do nothing. One that only notes it, as less does, and has just looked
/// for the last time before it waits for a key, hears of the second one.
const AGAIN: Duration = Duration::from_millis(300);
/// How often a suspended job looks whether somebody else has continued it, which wakes nobody.
const LOOK: Duration = Duration::from_millis(250);
/// How long a signal of the terminal may take to show in one process after it has shown in another.
const TOGETHER: Duration = Duration::from_millis(200);

impl Control {
    /// That of a new job, which `cancel` ends.
    ///
    /// # Errors
    /// There is no room for a process, or no descriptor left.
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
            modes: Mutex::new(None),
        })
    }

    /// The number of its process group.
    pub fn group_id(&self) -> Pid {
        self.group
    }

    /// What everything in the job heeds but a wait for programs.
    pub fn keys(&self) -> &Interrupt {
        &self.keys
    }

    /// Its time, which stands still while it is suspended.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where its programs belong.
    pub fn group(&self) -> Group {
        Group::joined(self.group)
    }

    // -------------------------------------------------------------------------------------- by the prompt

    /// Whether one of its programs neither has ended nor is stopped.
    pub fn has_running(&self) -> bool {
        let own: Vec<Pid> = self.sentinels().all.iter().map(|job_leader| job_leader.pid()).collect();
        tree::running_of_group(self.group).iter().any(|program| !own.contains(program))
    }

    /// Waits until the job, which is in the foreground, has ended or is suspended.
    pub fn attend(&self) -> Attended {
        // What asks the prompt to end is for this job, too.
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

    /// The same of a job in the background, without waiting. Suspended it is once.
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

    /// Waits until all programs have stopped, too, and nothing in the interpreter reads or starts one: who goes on would
    /// take the prompt's next key.
    fn await_stop(&self, signal: Signal) -> MutexGuard<'_, ()> {
        let begun = Instant::now();
        // Since when those that have not stopped do nothing: who is only slow would stop a second time, unseen, once
        // it goes on.
        let mut waiting = begun;
        let (mut again, mut stop) = (Some(signal), Some(Signal::STOP));
        loop {
            let state = tree::group_state(self.group);
            if state == GroupState::Works {
                waiting = Instant::now();
            }
            let held = self.held();
            let busy = [&self.readers, &self.starters].iter().any(|some| some.load(Ordering::SeqCst) > 0);
            // Looked for once more: of those that were being started before.
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
            // Stopped it would not die of it. Before the rest goes on, lest that be taken for a failure of a program.
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
        self.continued.notify_all();
    }

    /// Returns the change that is announced when it is suspended.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Whether it is suspended.
    pub fn is_suspended(&self) -> bool {
        self.suspended.load(Ordering::Acquire)
    }

    /// Keeps the modes of the terminal for the time when the job has it again.
    pub fn keep_modes(&self, modes: Option<Modes>) {
        *self.modes.lock().unwrap_or_else(PoisonError::into_inner) = modes;
    }

    /// Those that were kept.
    pub fn modes(&self) -> Option<Modes> {
        self.modes.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

    /// `kill -CONT` from elsewhere: the sentinel goes on.
    fn notice_continued(&self) {
        if self.is_suspended() && self.current_leader().is_some_and(|job_leader| job_leader.look().is_none())
        {
            self.continued_elsewhere();
        }
    }

    /// A program of a suspended job goes on, perhaps alone: the rest does, too.
    pub fn continued_elsewhere(&self) {
        if self.is_suspended() {
            self.continued_by_others.store(true, Ordering::Release);
            self.resume();
        }
    }

    /// A program of the job was stopped, perhaps alone: the prompt is told, as it is when the terminal stops all.
    pub fn stop(&self) {
        if let Some(job_leader) = self.current_leader().filter(|_| !self.is_suspended()) {
            job_leader.signal(Signal::STOP);
        }
    }

    /// Raises what the group has been sent by now, which the prompt may be late to hear of: `sleep 10 || echo x` must
    /// not go on for a moment after Ctrl-C. `died` says that a program died of a signal, as one of several perhaps.
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

    /// Programs are about to be started: until what this gives is dropped the job is not taken for suspended. Waits while
    /// it is. One that was started just after Ctrl-Z, and not stopped yet, took what was typed for the prompt.
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

    /// Programs have just been started, and a key that was raised on `keys` meanwhile may have missed some of them: all of
    /// the group get it once more. Ctrl-Z may have, too.
    pub fn repeat_key(&self, keys: &Interrupt) {
        if self.group_signal(false) == GroupSignal::Stop {
            self.repeat_stop();
        }
        let Some(raised) = keys.raised().filter(|raised| is_of_terminal(raised.signal)) else { return };
        // Held until another one feels: the end of this is no further key.
        let mut sentinels = self.sentinels();
        let _ = signal::send_group(self.group, raised.signal);
        if let Ok(next) = JobLeader::start(Some(self.group)) {
            sentinels.all.push(Arc::new(next));
        }
    }

    /// Who has a handler for Ctrl-Z has run for a while, and has got it. less(1) draws nothing when it goes on, if
    /// something else has stopped it before it dealt with the key.
    fn repeat_stop(&self) {
        for program in tree::running_of_group(self.group) {
            if SignalState::of(program).is_some_and(|state| !state.catches(Signal::TSTP)) {
                let _ = signal::send(program, Signal::STOP);
            }
        }
    }

    /// The terminal for a read by this process, which is none of the job's group and would get EIO: none when the job is
    /// in the background; one of nothing when `fd` is no terminal of ours.
    pub fn turn<'a>(&'a self, fd: BorrowedFd<'a>) -> Option<TerminalLease<'a>> {
        let nothing = Some(TerminalLease { control: self, fd: None });
        if !tty::is_terminal(fd) {
            return nothing;
        }
        // Held, as the prompt holds it when it takes the job for suspended: the terminal is its own from then on.
        let _held = self.held();
        let Ok(group) = tty::foreground(fd) else { return nothing };
        // Unless another thread of the job reads.
        let is_first = self.readers.load(Ordering::SeqCst) == 0;
        if self.is_suspended() || is_first && group != self.group {
            return None;
        }
        self.readers.fetch_add(1, Ordering::SeqCst);
        keys::begin_to_read();
        let _ = tty::set_foreground(fd, tty::own_group());
        Some(TerminalLease { control: self, fd: Some(fd) })
    }

    /// Whether the job is to be stopped before it writes, as a program of it would be that the kernel finds in the
    /// background: this process is none of its group.
    pub fn is_barred(&self, fd: BorrowedFd<'_>) -> bool {
        tty::is_barred(fd, self.group)
    }

    /// Sends all of the job a signal, as the kernel would.
    pub fn send(&self, signal: Signal) {
        let _ = signal::send_group(self.group, signal);
    }

    /// Waits until the prompt knows that the job is stopped, or until it is not.
    pub fn await_suspension(&self) {
        let mut look = Duration::from_millis(1);
        loop {
            std::thread::sleep(look);
            if self.is_suspended()
                || self.current_leader().is_none_or(|one| one.group_signal() != Some(GroupSignal::Stop))
            {
                break;
            }
            // The prompt looks at what runs in the background before it reads an entry.
            look = (2 * look).min(LOOK);
        }
    }

    /// The job has ended.
    pub fn finish(&self) {
        let mut sentinels = self.sentinels();
        sentinels.finished = true;
        sentinels.all.iter().for_each(|job_leader| job_leader.signal(Signal::KILL));
    }

    /// Nobody joins its group any more, or waits for it.
    pub fn dissolve(&self) {
        self.sentinels().all.clear();
    }

    /// A signal to the group has ended the one that feels: another one feels what comes next. No if the job has ended.
    fn has_died(&self, job_leader: &Arc<JobLeader>, signal: Signal) -> bool {
        let mut sentinels = self.sentinels();
        if sentinels.finished {
            return false;
        }
        // Several look; the first has dealt with it.
        if !sentinels.all.last().is_some_and(|last| Arc::ptr_eq(last, job_leader)) {
            return true;
        }
        // TERM is no key: there are programs that have to be asked one by one, and killed after a grace.
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

/// Programs of a job are being started.
#[derive(Debug)]
pub struct Starting<'a>(&'a Control);

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.0.starters.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The terminal is this process's, which reads from it for a job. Dropped, the job has it again.
#[derive(Debug)]
pub struct TerminalLease<'a> {
    control: &'a Control,
    /// None where there is nothing to give back.
    fd: Option<BorrowedFd<'a>>,
}

impl TerminalLease<'_> {
    /// Whether to leave off: Ctrl-Z has come, by this process or by the job's group.
    pub fn is_over(&self) -> bool {
        let stopped = |job_leader: Arc<JobLeader>| matches!(job_leader.look(), Some(Change::Stopped(_)));
        self.fd.is_some() && (keys::came_stop() || self.control.current_leader().is_some_and(stopped))
    }

    /// Whether it is one at all.
    pub fn is_at_terminal(&self) -> bool {
        self.fd.is_some()
    }
}

impl Drop for TerminalLease<'_> {
    fn drop(&mut self) {
        let Some(fd) = self.fd else { return };
        let _held = self.control.held();
        let is_last = self.control.readers.fetch_sub(1, Ordering::SeqCst) == 1;
        // A prompt that has lost patience has it.
        if is_last && !self.control.is_suspended() {
            let _ = tty::set_foreground(fd, self.control.group);
        }
        if keys::end_to_read() {
            let _ = signal::send_group(self.control.group, Signal::TSTP);
        }
    }
}

/// Whether it is one of those by which the terminal ends what is in the foreground.
fn is_of_terminal(signal: Signal) -> bool {
    [Signal::INT, Signal::QUIT, Signal::HUP].contains(&signal)
}
