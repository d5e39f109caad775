//! Waiting for the programs of a pipeline: one loop over their ends, their pipes and the interrupt.

mod stop;

use super::pump::Progress;
use super::tree::Tree;
use super::{
    Capture, Child, Deadline, Interrupt, Key, Keys, LeftGroups, Pump, Signal, holders, sweep, terminate,
};
use crate::sys::epoll_set::EpollSet;
use crate::sys::poll::{Interest, PollSet};
use crate::sys::wait::JobChange;
use crate::sys::{handled_signals, tree, tty};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The conditions under which a wait ends programs early, and how.
#[derive(Clone, Debug)]
pub struct Wait {
    /// The interrupt that stops the wait.
    pub interrupt: Interrupt,
    /// The keys of the terminal, which end no wait for programs: the programs receive them, too, and decide how to
    /// react. Once all programs have ended and only a pipe is held, a key ends the wait.
    pub keys: Keys,
    /// The deadline of the programs.
    pub deadline: Deadline,
    /// The signal that asks them to end.
    pub signal: Signal,
    /// The time that they have to end, before SIGKILL.
    pub grace: Duration,
    /// Whether to return once only a pipe has been awaited for [`HELD`], so that the user can be informed.
    pub tell_held: bool,
    /// Whether there is a prompt with job control. The wait then returns when a program is stopped (Ctrl-Z). At
    /// SIGHUP, it gives programs a moment for their own reaction to the closed terminal.
    pub job_control: bool,
    /// Whether to return when a signal has come that the script handles.
    pub handles_signals: bool,
    /// The place to note groups that still have living members when all programs have ended.
    pub left: Option<Arc<LeftGroups>>,
}

impl Default for Wait {
    /// Waits until all have ended, with SIGTERM and 5 s for the case that they must be ended.
    fn default() -> Self {
        Self {
            interrupt: Interrupt::none(),
            keys: Keys::none(),
            deadline: Deadline::default(),
            signal: Signal::TERM,
            grace: terminate::GRACE,
            tell_held: false,
            job_control: false,
            handles_signals: false,
            left: None,
        }
    }
}

/// The result of a wait. The ends of the programs are in [`Child::report`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The reason why programs were ended early, or that they are suspended.
    pub stop: Option<Stop>,
    /// The first key of the terminal that came in the meantime.
    pub key: Option<Key>,
    /// After a stop, a process that was left behind still held a captured pipe. The data that had arrived by then was
    /// kept.
    pub pipe_held: bool,
    /// How many processes below those that had to end could not be killed (state D).
    pub left: usize,
    /// The reason why there may be others that were not found (errno(3)): /proc could not be read.
    pub unseen: Option<i32>,
}

/// The reason why a wait ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The interrupt was raised, by this signal.
    Interrupted(Signal),
    /// The deadline passed.
    TimedOut,
    /// A capture exceeded its limit. It holds as much as the limit allows.
    Overflow,
    /// A program was stopped by this signal. All still exist, to be continued and waited for again.
    Suspended(Signal),
    /// A stopped program continues, perhaps because of another process. All still exist.
    Continued,
    /// All programs have ended, but a captured pipe is held. The caller waits again.
    Held,
    /// A signal has come that the script handles. The caller waits again.
    Signalled,
}

/// The phase of ending programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// They were asked. They are killed at this time, or when the interrupt is raised more often than this.
    Asked {
        kill_at: Instant,
        raised: u32,
    },
    /// They were killed, and are given up at this time.
    Killed {
        give_up: Instant,
    },
}

/// The owner of a place in the poll set.
#[derive(Clone, Copy)]
enum Source {
    Interrupt,
    HandledSignals,
    Capture(usize),
    Child(usize),
    /// Some of the children.
    EpollSet,
}

/// More children than this are awaited with epoll.
const FEW: usize = 16;

/// How often to check for events without a descriptor: a second interrupt, a stop, the descendants of processes that
/// have to end…
const LOOK: Duration = Duration::from_millis(50);
/// …and for these descendants when nothing else is left.
const LOOK_SOON: Duration = Duration::from_millis(5);
/// How long after SIGHUP programs that have also received it are asked to end: vim(1) saves its files, and would end at
/// once if it were asked before it has done so.
const HANGUP: Duration = Duration::from_secs(1);
/// How often a long wait reaps adopted processes that have ended.
const REAP: Duration = Duration::from_secs(10);
/// After a stop, a pipe that outlived all programs is given up if it is quiet this long…
const QUIET: Duration = Duration::from_millis(100);
/// …and after this long, even if it is busy.
const DRAIN: Duration = Duration::from_secs(1);
/// The time of waiting only for a pipe after which the user is informed.
pub const HELD: Duration = Duration::from_secs(2);

/// Waits until all children have ended, moves the bytes of the pump, and reaps.
///
/// Ends early at the interrupt, the deadline or a capture's limit, after ending the programs and all processes below
/// them. If it fails, the children are unchanged; dropping them ends them.
///
/// # Errors
/// Fails as poll(2), and reading or writing the pump's pipes, do.
pub fn wait(children: &mut [Child], pump: &mut Pump, how: &Wait) -> io::Result<Outcome> {
    if let [child] = children {
        await_signal(child, how);
    }
    let ended = children.iter().filter(|child| !child.is_running()).count();
    let epoll_set = epoll_set(children);
    let mut turn = WaitLoop {
        children,
        pump,
        how,
        set: PollSet::default(),
        epoll_set,
        sources: Vec::new(),
        ended,
        phase: Phase::Running,
        hears_keys: how.keys.are_for_programs(),
        hung_up: None,
        tree: Tree::default(),
        look_at: None,
        outcome: Outcome::default(),
        held: None,
        drain: None,
    };
    loop {
        turn.decide();
        if turn.is_over() {
            return Ok(turn.finish());
        }
        if turn.is_held_long() {
            return Ok(Outcome { stop: Some(Stop::Held), ..turn.outcome });
        }
        if turn.is_signalled() {
            return Ok(Outcome { stop: Some(Stop::Signalled), ..turn.outcome });
        }
        if let Some(change) = turn.job_change() {
            return Ok(Outcome { stop: Some(change), ..turn.outcome });
        }
        turn.turn()?;
    }
}

/// Returns the running children with a descriptor that reports their end.
fn running(children: &[Child]) -> impl Iterator<Item = (usize, BorrowedFd<'_>)> {
    let running = children.iter().enumerate().filter(|(_, child)| child.is_running());
    running.filter_map(|(at, child)| Some((at, child.exit_fd()?)))
}

/// Returns a set for many of them; none if they are few, or no descriptor is left for it.
fn epoll_set(children: &[Child]) -> Option<EpollSet> {
    if children.len() > FEW { EpollSet::of(running(children)).ok() } else { None }
}

/// Waits for a program whose end a signal reports, until its end, or until more than waiting has to be done.
fn await_signal(child: &mut Child, how: &Wait) {
    while let Some(signal) = child.exit_signal()
        && how.interrupt.raised().is_none()
        && how.keys.interrupt.raised().is_none()
        && !how.deadline.has_passed()
        && !(how.handles_signals && handled_signals::have_come())
    {
        let left = how.deadline.due().map(|due| due.saturating_duration_since(Instant::now()));
        let looks = [
            left,
            how.interrupt.look_after(),
            how.keys.interrupt.look_after(),
            sweep::apart_in(child.started()),
        ];
        match signal.wait(looks.into_iter().flatten().fold(REAP, Duration::min)) {
            // A program that a key has ended must be examined before it is reaped.
            Ok(true) if how.keys.interrupt.raised().is_none() && child.try_reap() => return,
            Ok(true) => {}
            Ok(false) => {
                sweep::watch_apart(child.started());
                sweep::reap();
            }
            Err(_) => return,
        }
    }
}

/// Sends SIGHUP to the programs that have not received it from the terminal: those in their own groups, and all of them
/// if this process leads the session, since the kernel then notifies no other process.
fn pass_hang_up_on(children: &[Child]) {
    if tty::leads_session() {
        terminate::signal_all(children, Signal::HUP);
    } else {
        terminate::signal_own_groups(children, Signal::HUP);
    }
    terminate::resume(children);
}

struct WaitLoop<'a> {
    children: &'a mut [Child],
    pump: &'a mut Pump,
    how: &'a Wait,
    set: PollSet,
    epoll_set: Option<EpollSet>,
    sources: Vec<Source>,
    ended: usize,
    phase: Phase,
    /// Whether a key of the terminal is expected: the first one counts.
    hears_keys: bool,
    /// The time at which the terminal was closed.
    hung_up: Option<Instant>,
    /// The processes below the programs, once they have to end.
    tree: Tree,
    /// The time of the next search there; none means at once.
    look_at: Option<Instant>,
    outcome: Outcome,
    /// The time since which only a pipe is awaited, and the keys that come after that.
    held: Option<(Instant, Interrupt)>,
    /// After a stop: the time since which only a pipe is left, and the time of its last data.
    drain: Option<(Instant, Instant)>,
}

impl WaitLoop<'_> {
    fn all_ended(&self) -> bool {
        self.ended == self.children.len()
    }

    /// Returns whether all programs have ended and all their output has been read.
    fn is_complete(&self) -> bool {
        self.all_ended() && self.pump.captures.iter().all(|capture| capture.fd().is_none())
    }

    fn is_over(&mut self) -> bool {
        if !self.all_ended() || !self.tree.is_empty() {
            return false;
        }
        if self.is_complete() {
            return true;
        }
        if self.phase == Phase::Running || self.finds_holders() {
            if let Some(key) = self.outcome.key.filter(|key| self.ended_by(*key)) {
                self.stop(Stop::Interrupted(key.signal));
                return false;
            }
            self.note_held();
            return false;
        }
        let now = Instant::now();
        let (since, last) = *self.drain.get_or_insert((now, now));
        if now < last + QUIET && now < since + DRAIN {
            return false;
        }
        self.outcome.pipe_held = true;
        true
    }

    /// Returns whether a program died of a key, or no program was running that could have handled it.
    fn ended_by(&self, key: Key) -> bool {
        !key.reached || self.children.iter().any(|child| child.died_of().is_some_and(Key::is_of_terminal))
    }

    /// Notes that only a pipe is awaited. An earlier key was meant for the programs.
    fn note_held(&mut self) {
        self.held.get_or_insert_with(|| (Instant::now(), self.how.keys.interrupt.later()));
    }

    /// After a stop, searches for unknown processes that hold a pipe, which have to end, too.
    fn finds_holders(&mut self) -> bool {
        if self.drain.is_some() || self.has_given_up() {
            return false;
        }
        let pipes: Vec<BorrowedFd<'_>> = self.pump.captures.iter().filter_map(Capture::fd).collect();
        let since = self.children.iter().map(Child::started).min();
        let found = since.map(|since| holders::to_end(&pipes, since)).unwrap_or_default();
        // They are asked, or killed, at the next search.
        self.look_at = None;
        self.tree.add(&found)
    }

    fn is_held_long(&self) -> bool {
        self.how.tell_held
            && self.phase == Phase::Running
            && self.held.as_ref().is_some_and(|(since, _)| since.elapsed() >= HELD)
    }

    fn is_signalled(&self) -> bool {
        self.how.handles_signals && self.phase == Phase::Running && handled_signals::have_come()
    }

    /// Searches for processes below programs that have to end, and ends those that are new.
    fn look(&mut self) {
        let due = |at| Instant::now() >= at;
        if self.phase == Phase::Running || self.has_given_up() || !self.look_at.is_none_or(due) {
            return;
        }
        self.tree.look(self.children);
        match self.phase {
            Phase::Killed { .. } => self.tree.kill(),
            _ => self.tree.ask(self.how.signal),
        }
        self.look_at = Some(Instant::now() + self.look_interval());
    }

    fn has_given_up(&self) -> bool {
        self.outcome.left > 0 || self.outcome.unseen.is_some()
    }

    fn look_interval(&self) -> Duration {
        if self.all_ended() || matches!(self.phase, Phase::Killed { .. }) { LOOK_SOON } else { LOOK }
    }

    fn times_raised(&self) -> u32 {
        self.how.interrupt.raised().map_or(0, |raised| raised.times)
    }

    fn job_change(&self) -> Option<Stop> {
        if !self.how.job_control || self.phase != Phase::Running {
            return None;
        }
        let change = self.children.iter().find_map(Child::job_change)?;
        Some(match change {
            JobChange::Stopped(signal) => Stop::Suspended(signal),
            JobChange::Continued => Stop::Continued,
        })
    }

    /// Waits for any event, and handles it.
    fn turn(&mut self) -> io::Result<()> {
        self.watch();
        let timeout = self.timeout();
        let ready = self.set.wait(timeout)?;
        if let Some(at) = self.untold().filter(|at| self.children[*at].has_ended()) {
            self.note_end(at);
        }
        if ready == 0 {
            self.children.first().map(Child::started).into_iter().for_each(sweep::watch_apart);
            sweep::reap();
            return Ok(());
        }
        for place in 0..self.sources.len() {
            if !self.set.is_ready(place) {
                continue;
            }
            match self.sources[place] {
                Source::Interrupt => {}
                Source::HandledSignals => handled_signals::acknowledge(),
                Source::Capture(at) => self.read(at)?,
                Source::Child(at) => self.note_end(at),
                Source::EpollSet => {
                    let ready = self.epoll_set.as_ref().map(EpollSet::take_ready);
                    ready.into_iter().flatten().for_each(|at| self.note_end(at));
                }
            }
        }
        Ok(())
    }

    /// Returns the running program whose end no descriptor reports, because it runs alone.
    fn untold(&self) -> Option<usize> {
        let alone = if let [child] = &*self.children { child } else { return None };
        (alone.is_running() && alone.exit_fd().is_none()).then_some(0)
    }

    fn note_end(&mut self, at: usize) {
        self.children[at].note_end(self.ended);
        self.ended += 1;
        // This process may have adopted the processes below the child.
        self.look_at = None;
    }

    fn watch(&mut self) {
        let (set, sources) = (&mut self.set, &mut self.sources);
        set.clear();
        sources.clear();
        let mut add = |fd, source| {
            set.add(fd, Interest::Read);
            sources.push(source);
        };
        // A key that was handled stays readable, and would turn the wait into a busy loop.
        if self.phase == Phase::Running && self.hung_up.is_none() {
            self.how.interrupt.fds().for_each(|fd| add(fd, Source::Interrupt));
            if self.how.handles_signals {
                handled_signals::event().into_iter().for_each(|fd| add(fd, Source::HandledSignals));
            }
            let keys = self.held.iter().flat_map(|(_, keys)| keys.fds());
            keys.for_each(|fd| add(fd, Source::Interrupt));
            if self.hears_keys && self.held.is_none() {
                self.how.keys.interrupt.fds().for_each(|fd| add(fd, Source::Interrupt));
            }
        }
        for (at, capture) in self.pump.captures.iter().enumerate() {
            if let Some(fd) = capture.fd() {
                add(fd, Source::Capture(at));
            }
        }
        if let Some(epoll_set) = &self.epoll_set {
            return add(epoll_set.fd(), Source::EpollSet);
        }
        running(self.children).for_each(|(at, fd)| add(fd, Source::Child(at)));
    }

    /// Returns how long nothing has to be done if no event comes.
    fn timeout(&self) -> Option<Duration> {
        let until = |at: Instant| at.saturating_duration_since(Instant::now());
        let phase = match self.phase {
            Phase::Running => {
                let reap = tree::adopts_orphans().then_some(REAP);
                let due = self.how.deadline.due().map(until);
                let held = self.held.as_ref();
                let told = held.filter(|_| self.how.tell_held).map(|(since, _)| until(*since + HELD));
                let keys = held.map_or(&self.how.keys.interrupt, |(_, keys)| keys).look_after();
                [due, reap, self.how.interrupt.look_after(), told, keys].into_iter().flatten().min()
            }
            Phase::Asked { kill_at, .. } => Some(until(kill_at).min(self.look_interval())),
            Phase::Killed { give_up } => Some(until(give_up).min(self.look_interval())),
        };
        let looking = (self.how.job_control && !self.all_ended()).then_some(LOOK);
        let looking_soon = self.untold().map(|_| LOOK_SOON);
        let drain = self.drain.map(|(since, last)| until((last + QUIET).min(since + DRAIN)));
        let apart = self.children.first().and_then(|child| sweep::apart_in(child.started()));
        let hung_up =
            self.hung_up.filter(|_| self.phase == Phase::Running).map(|since| until(since + HANGUP));
        [phase, looking, looking_soon, drain, apart, hung_up].into_iter().flatten().min()
    }

    fn read(&mut self, at: usize) -> io::Result<()> {
        match self.pump.captures[at].read()? {
            Progress::Some => {
                if let Some((_, last)) = &mut self.drain {
                    *last = Instant::now();
                }
            }
            Progress::Overflow => self.stop(Stop::Overflow),
            Progress::None | Progress::End => {}
        }
        Ok(())
    }

    /// Reaps the children, the leader last. Until then its group can be signalled and joined.
    fn finish(self) -> Outcome {
        self.pump.captures.iter_mut().for_each(Capture::close);
        let noted = self.phase != Phase::Running || self.how.left.is_some();
        let groups = if noted { terminate::groups(self.children) } else { Vec::new() };
        self.children.iter_mut().rev().for_each(Child::reap);
        match self.phase {
            Phase::Asked { kill_at, .. } => terminate::await_groups(&groups, kill_at),
            Phase::Killed { .. } => terminate::await_groups(&groups, Instant::now()),
            Phase::Running => {
                self.how.left.iter().for_each(|left| left.note(&groups));
                sweep::reap_now_and_then();
            }
        }
        self.outcome
    }
}
