//! The scheduler: a state machine. Its inputs are events, and its outputs are the actions to take.

use super::backoff::Backoff;
use std::collections::BTreeSet;
use std::time::Duration;

/// The number of a turn in the order of the input, from 0.
pub type Turn = u64;

/// The largest number of finished turns that wait for an earlier one. At this number no further turn starts.
pub const MOST_WAITING: usize = 100_000;

/// When the output of a turn is passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// In the order of the input: the first unfinished turn streams, later ones are held.
    #[default]
    Input,
    /// As one piece when the turn ends.
    Done,
    /// Line by line, as it comes.
    Live,
}

/// What a failure ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Halt {
    /// Start no further turn, and let the running ones end.
    #[default]
    Soon,
    /// End the running ones, too.
    Now,
    /// Go on, and fail at the end.
    Never,
    /// The first success ends all others; fail if none succeeds.
    First,
}

/// The options of a loop that the scheduler uses.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The largest number of turns that run at once, at least 1.
    pub jobs: usize,
    pub order: Order,
    pub halt: Halt,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Succeeded,
    Failed,
    /// It left the loop.
    Broke,
    /// It was asked to end.
    Ended,
}

/// Whether a turn may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Now,
    /// Not before this time, or the end of another turn.
    At(Duration),
    /// Not before another turn has ended.
    Full,
    /// None starts any more.
    Never,
}

/// A further condition for starting a turn: a rate, the load of the machine, its free memory.
pub trait Condition {
    /// Returns when to look again, if no turn may start now.
    fn next(&mut self, now: Duration) -> Option<Duration>;

    /// Notes that a turn was started.
    fn started(&mut self, _now: Duration) {}
}

/// The actions to take after an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct After {
    /// The turns whose held output is to be passed on now, in this order.
    pub pass: Vec<Turn>,
    /// The turns to be asked to end.
    pub end: Vec<Turn>,
    /// The turns whose output is to be dropped.
    pub drop: Vec<Turn>,
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Succeeded,
    /// The turn that failed first in the order of the input.
    Failed(Turn),
}

/// The turns of one loop.
pub struct Scheduler {
    rules: Rules,
    /// The number of turns that have been started.
    started: Turn,
    running: BTreeSet<Turn>,
    /// The running turns that have been asked to end.
    ending: BTreeSet<Turn>,
    /// Finished turns whose output waits for the output of earlier turns.
    waiting: BTreeSet<Turn>,
    /// The first turn whose output has not been passed on as a whole.
    first: Turn,
    /// The turn that left the loop. Turns after it don't count.
    broke: Option<Turn>,
    failed: BTreeSet<Turn>,
    /// The number of failed turns beyond those in `failed`.
    more_failed: u64,
    succeeded: bool,
    stopped: bool,
    backoff: Backoff,
}

/// The largest number of failed turns that are remembered individually.
const MOST_FAILED: usize = 1000;

impl Scheduler {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            started: 0,
            running: BTreeSet::new(),
            ending: BTreeSet::new(),
            waiting: BTreeSet::new(),
            first: 0,
            broke: None,
            failed: BTreeSet::new(),
            more_failed: 0,
            succeeded: false,
            stopped: false,
            backoff: Backoff::default(),
        }
    }

    /// Returns whether a turn may start now.
    pub fn may_start(&self, now: Duration, conditions: &mut [Box<dyn Condition + '_>]) -> Start {
        if self.stopped {
            return Start::Never;
        }
        if self.running.len() >= self.rules.jobs.max(1) || self.waiting.len() >= MOST_WAITING {
            return Start::Full;
        }
        let short = self.backoff.next(self.running.len(), now);
        let others = conditions.iter_mut().filter_map(|condition| condition.next(now));
        match short.into_iter().chain(others).max() {
            Some(time) => Start::At(time),
            None => Start::Now,
        }
    }

    /// Changes how many turns run at once, at most. Running turns go on.
    pub fn resize(&mut self, jobs: usize) {
        self.rules.jobs = jobs;
    }

    /// Notes that the next turn of the input has been started, and returns its number.
    pub fn start(&mut self, now: Duration, conditions: &mut [Box<dyn Condition + '_>]) -> Turn {
        let turn = self.started;
        self.started += 1;
        self.running.insert(turn);
        self.backoff.started(self.running.len());
        conditions.iter_mut().for_each(|condition| condition.started(now));
        turn
    }

    /// Notes that the system had no resources for one more turn. Returns true the first time, when the loop reports it.
    pub fn short(&mut self, now: Duration) -> bool {
        self.backoff.short(self.running.len(), now)
    }

    /// Prevents further starts. Returns all running turns, which the caller ends.
    pub fn end_all(&mut self) -> Vec<Turn> {
        self.stopped = true;
        self.end_running(|_| true)
    }

    /// Notes how a turn has ended.
    pub fn ended(&mut self, turn: Turn, end: End) -> After {
        let mut after = After::default();
        self.running.remove(&turn);
        self.ending.remove(&turn);
        if !self.counts(turn) {
            self.advance(&mut after);
            return after;
        }
        match end {
            End::Broke => self.leave(turn, &mut after),
            End::Failed => self.fail(turn, &mut after),
            End::Succeeded if self.rules.halt == Halt::First => {
                self.succeeded = true;
                after.end = self.end_all();
            }
            End::Succeeded => self.succeeded = true,
            End::Ended => {}
        }
        match self.rules.order {
            Order::Input if !self.is_whole() => {
                self.waiting.insert(turn);
                self.advance(&mut after);
            }
            _ => self.pass_whole(turn, end, &mut after),
        }
        after
    }

    /// Notes that the output of an ended turn was lost. The turn then counts as failed.
    pub fn fails_late(&mut self, turn: Turn) -> After {
        let mut after = After::default();
        if self.counts(turn) {
            self.fail(turn, &mut after);
        }
        after
    }

    /// Returns whether the output of a running turn is passed on as it arrives.
    pub fn streams(&self, turn: Turn) -> bool {
        match self.rules.order {
            _ if self.is_whole() => false,
            Order::Input => turn == self.first,
            Order::Done => false,
            Order::Live => true,
        }
    }

    /// Returns whether a turn is before the one that left the loop.
    pub fn counts(&self, turn: Turn) -> bool {
        self.broke.is_none_or(|broke| turn <= broke)
    }

    pub fn running(&self) -> usize {
        self.running.len()
    }

    pub fn started(&self) -> Turn {
        self.started
    }

    /// Returns the number of failed turns, without those after the turn that left the loop.
    pub fn failures(&self) -> u64 {
        self.failed.len() as u64 + self.more_failed
    }

    /// Returns how the loop ended, once no turn runs.
    pub fn verdict(&self) -> Verdict {
        let succeeded = self.rules.halt == Halt::First && self.succeeded;
        match self.failed.first() {
            Some(first) if !succeeded => Verdict::Failed(*first),
            _ => Verdict::Succeeded,
        }
    }

    /// Returns whether the output of each turn is passed on in one piece. This includes `halt="first"`, which drops the
    /// output of the turns that it ends.
    fn is_whole(&self) -> bool {
        self.rules.halt == Halt::First
    }

    fn pass_whole(&self, turn: Turn, end: End, after: &mut After) {
        if self.is_whole() && end == End::Ended { &mut after.drop } else { &mut after.pass }.push(turn);
    }

    fn leave(&mut self, turn: Turn, after: &mut After) {
        self.broke = Some(turn);
        self.stopped = true;
        after.end = self.end_running(|other| other > turn);
        after.drop.extend(self.waiting.split_off(&(turn + 1)));
        after.drop.extend(self.running.range(turn + 1..));
        self.failed.split_off(&turn);
        self.more_failed = 0;
    }

    fn fail(&mut self, turn: Turn, after: &mut After) {
        self.failed.insert(turn);
        if self.failed.len() > MOST_FAILED {
            self.failed.pop_last();
            self.more_failed += 1;
        }
        match self.rules.halt {
            Halt::Soon => self.stopped = true,
            Halt::Now => after.end = self.end_all(),
            Halt::Never | Halt::First => {}
        }
    }

    fn end_running(&mut self, which: impl Fn(Turn) -> bool) -> Vec<Turn> {
        let chosen = self.running.iter().copied().filter(|turn| which(*turn));
        chosen.filter(|turn| self.ending.insert(*turn)).collect()
    }

    /// Passes on the output that no longer waits for an earlier turn.
    fn advance(&mut self, after: &mut After) {
        while self.waiting.remove(&self.first) {
            after.pass.push(self.first);
            self.first += 1;
        }
    }
}
