//! Waiting for the programs of a pipeline: one loop over their ends, their pipes and the interrupt.

mod stop;

use super::pump::Progress;
use super::tree::Tree;
use super::{Capture, Child, Deadline, Interrupt, Key, Keys, Pump, Signal, holders, sweep, terminate};
use crate::sys::epoll_set::EpollSet;
use crate::sys::poll::{Interest, PollSet};
use crate::sys::wait::JobChange;
use crate::sys::{tree, tty};
use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// When and how to end programs before they end by themselves.
#[derive(Clone, Debug)]
pub struct Wait {
    /// What stops the wait from outside.
    pub interrupt: Interrupt,
    /// The keys of the terminal, which end no wait for programs: those get them too, and what becomes of them then is up
    /// to them. Once all programs have ended and only a pipe is held, a key ends the wait.
    pub keys: Keys,
    /// When the programs have had their time.
    pub deadline: Deadline,
    /// What they are asked to end by.
    pub signal: Signal,
    /// How long they may take for it, before SIGKILL.
    pub grace: Duration,
    /// Comes back once a pipe alone has been waited for for [`HELD`], so that the user can be told.
    pub tell_held: bool,
    /// For a prompt with job control: comes back when a program is stopped (Ctrl-Z), and at SIGHUP leaves programs a
    /// moment for what they do of themselves when the terminal goes.
    pub job_control: bool,
}

impl Default for Wait {
    /// Until all have ended; SIGTERM and 5 s, should that change.
    fn default() -> Self {
        Self {
            interrupt: Interrupt::none(),
            keys: Keys::none(),
            deadline: Deadline::default(),
            signal: Signal::TERM,
            grace: terminate::GRACE,
            tell_held: false,
            job_control: false,
        }
    }
}

/// How a wait went. The programs' own ends are in [`Child::report`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Why programs were ended before their time, or that they are suspended.
    pub stop: Option<Stop>,
    /// The first key of the terminal that came meanwhile.
    pub key: Option<Key>,
    /// After a stop a process that was left behind still held a captured pipe. What had come by then was kept.
    pub pipe_held: bool,
    /// How many processes below those that had to end could not be killed (state D).
    pub left: usize,
    /// Why there may be others that were not found (errno(3)): /proc could not be read.
    pub unseen: Option<i32>,
}

/// Why a wait did not end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The interrupt was raised, by this signal.
    Interrupted(Signal),
    /// The deadline came.
    TimedOut,
    /// A capture passed its limit. It holds as much as the limit allows.
    Overflow,
    /// A program was stopped by this signal. All are still there, to be continued and waited for again.
    Suspended(Signal),
    /// A program that was stopped goes on, perhaps by somebody else's doing. All are still there.
    Continued,
    /// All programs have ended, but a captured pipe is held. It is to be waited for again.
    Held,
}

/// What to do with programs that have to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// They were asked; killed then, or when the interrupt is raised more than so often.
    Asked {
        kill_at: Instant,
        raised: u32,
    },
    /// They were killed, and are given up then.
    Killed {
        give_up: Instant,
    },
}

/// What a place in the poll set belongs to.
#[derive(Clone, Copy)]
enum Source {
    Interrupt,
    Capture(usize),
    Child(usize),
    /// Some of the children.
    EpollSet,
}

/// More children than this are awaited as a crowd.
const FEW: usize = 16;

/// How often to look for what no descriptor tells: a second interrupt, a stop, the descendants of who has to end…
const LOOK: Duration = Duration::from_millis(50);
/// …and these when they are all that is left.
const LOOK_SOON: Duration = Duration::from_millis(5);
/// How long after SIGHUP programs that have got it too are asked to end: vim(1) saves what it has, and would end at once
/// if it were asked again before it has done so.
const HANGUP: Duration = Duration::from_secs(1);
/// How often a long wait reaps what has come to us and ended.
const REAP: Duration = Duration::from_secs(10);
/// After a stop a pipe that outlived all programs is given up when it is quiet this long…
const QUIET: Duration = Duration::from_millis(100);
/// …and after this long however busy it is.
const DRAIN: Duration = Duration::from_secs(1);
/// How long a pipe alone is waited for before the user is told.
pub const HELD: Duration = Duration::from_secs(2);

/// Waits until all children have ended, moves the pump's bytes meanwhile, and reaps.
///
/// Ends early, having ended the programs and all that is below them, at the interrupt, the deadline or a capture's
/// limit. Should it fail, the children are as they were; dropping them ends them.
///
/// # Errors
/// Those of poll(2), and of reading or writing the pump's pipes.
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
        if let Some(change) = turn.job_change() {
            return Ok(Outcome { stop: Some(change), ..turn.outcome });
        }
        turn.turn()?;
    }
}

/// Those that run and have a descriptor which tells of their end.
fn running(children: &[Child]) -> impl Iterator<Item = (usize, BorrowedFd<'_>)> {
    let running = children.iter().enumerate().filter(|(_, child)| child.is_running());
    running.filter_map(|(at, child)| Some((at, child.exit_fd()?)))
}

/// Many of them; none when they are few, or when there is no descriptor left for it.
fn epoll_set(children: &[Child]) -> Option<EpollSet> {
    if children.len() > FEW { EpollSet::of(running(children)).ok() } else { None }
}

/// Waits for a program whose end a signal tells, until that, or until there is more to do than to wait.
fn await_signal(child: &mut Child, how: &Wait) {
    while let Some(signal) = child.exit_signal()
        && how.interrupt.raised().is_none()
        && how.keys.interrupt.raised().is_none()
        && !how.deadline.has_passed()
    {
        let left = how.deadline.due().map(|due| due.saturating_duration_since(Instant::now()));
        let looks = [
            left,
            how.interrupt.look_after(),
            how.keys.interrupt.look_after(),
            sweep::apart_in(child.started()),
        ];
        match signal.wait(looks.into_iter().flatten().fold(REAP, Duration::min)) {
            Ok(true) if child.try_reap() => return,
            Ok(true) => {}
            Ok(false) => {
                sweep::watch_apart(child.started());
                sweep::reap();
            }
            Err(_) => return,
        }
    }
}

/// Sends SIGHUP to the programs that have not got it from the terminal: those in groups of their own, and all where this
/// process leads the session, since the kernel tells no other then.
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
    /// Whether a key of the terminal is waited for: the first one counts.
    hears_keys: bool,
    /// Since when the terminal has gone.
    hung_up: Option<Instant>,
    /// Who is below the programs, once they have to end.
    tree: Tree,
    /// When to look there again; none: at once.
    look_at: Option<Instant>,
    outcome: Outcome,
    /// Since when nothing but a pipe is waited for, and the keys that come after that.
    held: Option<(Instant, Interrupt)>,
    /// After a stop: since when nothing is left but a pipe, and when it last gave something.
    drain: Option<(Instant, Instant)>,
}

impl WaitLoop<'_> {
    fn all_ended(&self) -> bool {
        self.ended == self.children.len()
    }

    /// Whether all programs have ended and all that they wrote has been read.
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

    /// Whether a program died of a key, or no program was there to take it for its own.
    fn ended_by(&self, key: Key) -> bool {
        !key.reached || self.children.iter().any(|child| child.died_of().is_some_and(Key::is_of_terminal))
    }

    /// Notes that nothing but a pipe is waited for. A key that came before was for the programs.
    fn note_held(&mut self) {
        self.held.get_or_insert_with(|| (Instant::now(), self.how.keys.interrupt.later()));
    }

    /// After a stop: looks for processes that hold a pipe and are not known, which have to end too.
    fn finds_holders(&mut self) -> bool {
        if self.drain.is_some() || self.has_given_up() {
            return false;
        }
        let pipes: Vec<BorrowedFd<'_>> = self.pump.captures.iter().filter_map(Capture::fd).collect();
        let since = self.children.iter().map(Child::started).min();
        let found = since.map(|since| holders::to_end(&pipes, since)).unwrap_or_default();
        // They are asked, or killed, at the next look.
        self.look_at = None;
        self.tree.add(&found)
    }

    fn is_held_long(&self) -> bool {
        self.how.tell_held
            && self.phase == Phase::Running
            && self.held.as_ref().is_some_and(|(since, _)| since.elapsed() >= HELD)
    }

    /// Looks who is left below programs that have to end, and ends those who were not there before.
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

    /// Waits for anything to happen, and deals with it.
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

    /// A program that runs and whose end no descriptor tells: one that is alone.
    fn untold(&self) -> Option<usize> {
        let alone = if let [child] = &*self.children { child } else { return None };
        (alone.is_running() && alone.exit_fd().is_none()).then_some(0)
    }

    fn note_end(&mut self, at: usize) {
        self.children[at].note_end(self.ended);
        self.ended += 1;
        // What was below it may have come to us.
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
        // Once heeded it stays readable, and would turn the wait into a busy loop.
        if self.phase == Phase::Running && self.hung_up.is_none() {
            self.how.interrupt.fds().for_each(|fd| add(fd, Source::Interrupt));
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

    /// How long nothing has to be done if nothing happens.
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

    /// Reaps, the leader last: until then its group can be signalled and joined.
    fn finish(self) -> Outcome {
        self.pump.captures.iter_mut().for_each(Capture::close);
        let groups = if self.phase == Phase::Running { Vec::new() } else { terminate::groups(self.children) };
        self.children.iter_mut().rev().for_each(Child::reap);
        match self.phase {
            Phase::Asked { kill_at, .. } => terminate::await_groups(&groups, kill_at),
            Phase::Killed { .. } => terminate::await_groups(&groups, Instant::now()),
            Phase::Running => sweep::reap_now_and_then(),
        }
        self.outcome
    }
}
