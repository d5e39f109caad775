//! What a prompt controls a job by: its process group, and who feels there what the terminal sends.

use super::{Group, Interrupt, Signal};
use crate::sys::sentinel::{Change, Sentinel};
use crate::sys::tty::{self, Modes, Turn};
use crate::sys::{Pid, signal, tree};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The control of one job: what runs in the interpreter and the programs that it starts.
#[derive(Debug)]
pub struct Control {
    group: Pid,
    sentinels: Mutex<Sentinels>,
    /// Looked at often, and changed with the lock held.
    suspended: AtomicBool,
    lock: Mutex<()>,
    continued: Condvar,
    /// Those of the terminal when the job was suspended.
    modes: Mutex<Option<Modes>>,
}

#[derive(Debug)]
struct Sentinels {
    /// The first leads the group, which is there until it is dropped. The last feels: those before it have died.
    all: Vec<Arc<Sentinel>>,
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
    /// Neither.
    Running,
}

/// How long a signal of the terminal may take to reach one process after it has reached another.
const TOGETHER: Duration = Duration::from_millis(200);

impl Control {
    /// That of a new job.
    ///
    /// # Errors
    /// There is no room for a process.
    pub fn new() -> io::Result<Self> {
        let leader = Sentinel::start(None)?;
        Ok(Self {
            group: leader.pid(),
            sentinels: Mutex::new(Sentinels { all: vec![Arc::new(leader)], finished: false }),
            suspended: AtomicBool::new(false),
            lock: Mutex::new(()),
            continued: Condvar::new(),
            modes: Mutex::new(None),
        })
    }

    /// The number of its process group.
    pub fn group_id(&self) -> Pid {
        self.group
    }

    /// Where its programs belong.
    pub fn group(&self) -> Group {
        Group::joined(self.group)
    }

    // -------------------------------------------------------------------------------------- by the prompt

    /// Waits until the job has ended or is suspended. What ends it is raised on `cancel`.
    pub fn attend(&self, cancel: &Interrupt) -> Attended {
        loop {
            let Some(sentinel) = self.sensor() else { return Attended::Ended };
            match self.heed(sentinel.wait(), cancel) {
                Attended::Running => {}
                other => return other,
            }
        }
    }

    /// The same of a job in the background, without waiting. Suspended it is once.
    pub fn look(&self, cancel: &Interrupt) -> Attended {
        match self.sensor() {
            Some(_) if self.is_suspended() => Attended::Running,
            Some(sentinel) => self.heed(sentinel.look(), cancel),
            None => Attended::Ended,
        }
    }

    fn heed(&self, change: Option<Change>, cancel: &Interrupt) -> Attended {
        match change {
            None => Attended::Running,
            Some(Change::Stopped(_)) => {
                // A program that waits for a key has the signal, and takes the next key if that comes before it stops.
                let deadline = Instant::now() + TOGETHER;
                while tree::group_runs(self.group) && Instant::now() < deadline {
                    std::thread::sleep(Duration::from_millis(1));
                }
                let _held = self.held();
                self.suspended.store(true, Ordering::Release);
                Attended::Suspended
            }
            Some(Change::Ended(_)) if !self.replace_sensor() => Attended::Ended,
            Some(Change::Ended(signal)) => {
                cancel.raise(signal);
                Attended::Running
            }
        }
    }

    /// Continues the job.
    pub fn resume(&self) {
        let held = self.held();
        self.suspended.store(false, Ordering::Release);
        drop(held);
        let _ = signal::send_group(self.group, Signal::CONT);
        self.continued.notify_all();
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
            held = self.continued.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A program of the job was stopped, perhaps alone: the prompt is told, as it is when the terminal stops all.
    pub fn stop(&self) {
        if let Some(sentinel) = self.sensor().filter(|_| !self.is_suspended()) {
            sentinel.signal(Signal::STOP);
        }
    }

    /// A program has died of what may have been a key for the whole job: waits until that is known. Otherwise
    /// `sleep 10 || echo x` could go on for a moment after Ctrl-C.
    pub fn await_request(&self, cancel: &Interrupt) {
        let deadline = Instant::now() + TOGETHER;
        let is_coming = || {
            let change = self.sensor().and_then(|sentinel| sentinel.look());
            matches!(change, Some(Change::Ended(_))) || Instant::now() < deadline
        };
        while cancel.raised().is_none() && is_coming() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The terminal for a read by this process, which is none of the job's group and would get EIO: none when the job is
    /// in the background; the inner one when `fd` is no terminal.
    pub fn turn(&self, fd: BorrowedFd<'_>) -> Option<Option<Turn>> {
        if !tty::is_terminal(fd) {
            return Some(None);
        }
        match tty::foreground(fd) {
            Ok(group) if group == self.group => Some(Turn::take(fd, group).ok()),
            Ok(_) => None,
            // It is not our session's.
            Err(_) => Some(None),
        }
    }

    /// The job has ended.
    pub fn finish(&self) {
        let mut sentinels = self.sentinels();
        sentinels.finished = true;
        sentinels.all.iter().for_each(|sentinel| sentinel.signal(Signal::KILL));
    }

    /// Nobody joins its group any more, or waits for it.
    pub fn dissolve(&self) {
        self.sentinels().all.clear();
    }

    /// One that feels what comes next, when one has died.
    fn replace_sensor(&self) -> bool {
        let mut sentinels = self.sentinels();
        if sentinels.finished {
            return false;
        }
        let next = Sentinel::start(Some(self.group));
        next.map(|sentinel| sentinels.all.push(Arc::new(sentinel))).is_ok()
    }

    fn sensor(&self) -> Option<Arc<Sentinel>> {
        self.sentinels().all.last().cloned()
    }

    fn sentinels(&self) -> MutexGuard<'_, Sentinels> {
        self.sentinels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
