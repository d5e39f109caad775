//! The state machine. Its inputs are events, requests and the time, and its outputs are the actions to take.

use super::instance::{Instance, Run, RunId, Stage};
use std::collections::VecDeque;
use std::time::Duration;

/// The longest pause before a restart.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// How long a run that was ready has to last for the count of restarts to begin anew.
const LASTED: Duration = Duration::from_secs(60);

/// Which ends of a run lead to another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    #[default]
    OnFailure,
    Always,
    Never,
}

impl Restart {
    /// Returns the value of the option `restart`.
    pub fn named(name: &[u8]) -> Self {
        match name {
            b"always" => Self::Always,
            b"never" => Self::Never,
            _ => Self::OnFailure,
        }
    }
}

/// The options of a service that the machine uses.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub instances: usize,
    pub restart: Restart,
    /// The pause before the first restart. Each further one in a row doubles it.
    pub backoff: Duration,
    /// The most restarts in a row.
    pub most_restarts: u32,
    /// Whether a run is ready only when an event says so.
    pub awaits_ready: bool,
    /// The time that a run has to become ready.
    pub ready_within: Duration,
    /// The time between two health checks, if there are any.
    pub interval: Option<Duration>,
    /// The number of failed health checks in a row that end a run.
    pub unhealthy: u32,
}

/// What has happened to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Ready(RunId),
    /// Its health check has ended, with this result.
    Checked(RunId, bool),
    Ended(RunId, End),
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Succeeded,
    Failed,
    /// Another attempt would fail in the same way: the program does not exist.
    Hopeless,
}

/// What the caller has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Start {
        instance: usize,
        run: RunId,
    },
    /// Asks a run to end, and kills it after the grace.
    Stop(RunId),
    /// Checks the health of a run.
    Check(RunId),
}

/// The reason why a service was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It ended too often in a row, or once where the rules allow no restart.
    Failed,
    /// It can't be started.
    Hopeless,
    /// It did not become ready in time.
    NotReady,
}

/// The end of a service that the script did not ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenUp {
    pub instance: usize,
    pub reason: Reason,
    /// The restarts of this instance in a row.
    pub restarts: u32,
}

/// The reason why a reload failed. The old runs stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadError {
    /// The new run of this instance ended before it was ready.
    Ended(usize),
    /// The new run of this instance did not become ready in time.
    NotReady(usize),
    /// The service was stopped, or given up.
    Stopped,
}

/// A reload that is under way.
#[derive(Debug)]
struct Reload {
    /// The instances that are still to be replaced, beginning with the current one.
    left: VecDeque<usize>,
    /// Runs with this number and later ones are new.
    first: RunId,
}

/// One service.
#[derive(Debug)]
pub struct Machine {
    rules: Rules,
    instances: Vec<Instance>,
    next_run: RunId,
    stopping: bool,
    given_up: Option<GivenUp>,
    /// Whether all instances were ready at the same time.
    was_ready: bool,
    reload: Option<Reload>,
    reloaded: Option<Result<(), ReloadError>>,
    /// The state of the pseudo-random numbers for the pauses.
    random: u64,
}

impl Machine {
    /// Creates a service that starts its instances with the first [`Machine::step`].
    pub fn new(rules: Rules, seed: u64) -> Self {
        let instances = (0..rules.instances).map(|number| Instance::new(number, Duration::ZERO)).collect();
        Self {
            rules,
            instances,
            next_run: 0,
            stopping: false,
            given_up: None,
            was_ready: false,
            reload: None,
            reloaded: None,
            random: seed,
        }
    }

    /// Notes an event.
    pub fn note(&mut self, now: Duration, event: Event) {
        let id = match event {
            Event::Ready(id) | Event::Checked(id, _) | Event::Ended(id, _) => id,
        };
        let Some(place) = self.instances.iter_mut().position(|one| one.run(id).is_some()) else { return };
        match event {
            Event::Ended(_, end) => self.ended(place, id, end, now),
            Event::Ready(_) => self.with_run(place, id, |rules, run| run.become_ready(now, rules)),
            Event::Checked(_, healthy) => self.with_run(place, id, |rules, run| {
                run.unhealthy = if healthy { 0 } else { run.unhealthy + 1 };
                run.check_at = rules.interval.map(|interval| now + interval);
            }),
        }
        self.was_ready |= self.is_ready();
    }

    /// Returns what to do now. The caller carries all of it out.
    pub fn step(&mut self, now: Duration) -> Vec<Action> {
        let mut actions = Vec::new();
        for place in 0..self.instances.len() {
            self.step_instance(place, now, &mut actions);
        }
        self.step_reload(now, &mut actions);
        if self.stopping {
            // A run that was late may have given up the service after its neighbours were looked at.
            for one in &mut self.instances {
                one.start_at = None;
                let runs = one.current.iter_mut().chain(&mut one.next);
                runs.for_each(|run| run.stop(&mut actions));
            }
        }
        self.instances.retain(|one| !one.leaving || !one.has_ended());
        self.was_ready |= self.is_ready();
        actions
    }

    /// Returns when to call [`Machine::step`] again if no event comes first.
    pub fn next(&self) -> Option<Duration> {
        let late = |run: &Run| (!run.ready && !run.stopping).then(|| run.since + self.rules.ready_within);
        let of_instance = |one: &Instance| {
            // The health of a run that takes over is checked once it has.
            let check = one.current.as_ref().filter(|run| !run.stopping).and_then(|run| run.check_at);
            let lates = one.current.iter().chain(&one.next).filter_map(late);
            lates.chain(check).chain(one.start_at).min()
        };
        self.instances.iter().filter_map(of_instance).min()
    }

    /// Ends all instances, and starts none any more.
    pub fn stop(&mut self) {
        self.stopping = true;
        self.end_reload(Err(ReloadError::Stopped));
    }

    /// Ends all runs, and starts new ones when they have ended.
    pub fn restart(&mut self, now: Duration) {
        if self.stopping {
            return;
        }
        for one in self.instances.iter_mut().filter(|one| !one.leaving) {
            one.in_a_row = 0;
            one.start_again(now);
        }
    }

    /// Ends a run, and starts another one when it has ended, whatever the rules say.
    pub fn replace(&mut self, id: RunId) {
        let is_it = |one: &&mut Instance| one.current.as_ref().is_some_and(|run| run.id == id);
        if let Some(one) = self.instances.iter_mut().find(is_it).filter(|one| !one.leaving) {
            one.again = !self.stopping;
        }
    }

    /// Notes that a run has done its work, so that the count of restarts in a row begins anew.
    pub fn worked(&mut self, id: RunId) {
        if let Some(one) = self.instances.iter_mut().find_map(|one| one.run(id).is_some().then_some(one)) {
            one.in_a_row = 0;
        }
    }

    /// Begins to replace the instances one by one. Does nothing while they are being replaced.
    pub fn reload(&mut self) {
        if self.reload.is_none() && !self.stopping {
            let left = self.instances.iter().map(|one| one.number).collect();
            self.reload = Some(Reload { left, first: self.next_run });
            self.reloaded = None;
        }
    }

    /// Changes the number of instances.
    pub fn resize(&mut self, instances: usize, now: Duration) {
        if self.stopping {
            return;
        }
        self.rules.instances = instances;
        for number in 0..instances {
            match self.instances.iter_mut().find(|one| one.number == number) {
                Some(one) if one.leaving => {
                    one.leaving = false;
                    one.start_again(now);
                }
                Some(_) => {}
                None => self.instances.push(Instance::new(number, now)),
            }
        }
        for one in self.instances.iter_mut().filter(|one| one.number >= instances) {
            (one.leaving, one.again) = (true, false);
        }
    }

    /// Returns the number of instances that the rules ask for.
    pub const fn size(&self) -> usize {
        self.rules.instances
    }

    /// Returns whether all instances are ready.
    pub fn is_ready(&self) -> bool {
        !self.stopping && self.instances.iter().all(|one| one.leaving || one.is_ready())
    }

    /// Returns whether all instances are ready in a run with this number or a later one.
    pub fn is_ready_since(&self, first: RunId) -> bool {
        let is_new = |one: &Instance| one.current.as_ref().is_some_and(|run| run.id >= first);
        self.is_ready() && self.instances.iter().all(|one| one.leaving || is_new(one))
    }

    /// Returns the number of the next run.
    pub const fn next_run(&self) -> RunId {
        self.next_run
    }

    /// Returns whether all instances have ended for good.
    pub fn has_ended(&self) -> bool {
        self.instances.iter().all(Instance::has_ended)
    }

    pub const fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Returns why the service was given up, if it was.
    pub const fn given_up(&self) -> Option<GivenUp> {
        self.given_up
    }

    /// Returns the result of the last reload, once it has ended.
    pub const fn reloaded(&self) -> Option<Result<(), ReloadError>> {
        self.reloaded
    }

    /// Returns the instances with their current runs: number, stage and run.
    pub fn instances(&self) -> impl Iterator<Item = (usize, Stage, Option<RunId>)> {
        self.instances.iter().map(|one| (one.number, one.stage(), one.current.as_ref().map(|run| run.id)))
    }

    fn with_run(&mut self, place: usize, id: RunId, change: impl FnOnce(&Rules, &mut Run)) {
        if let Some(run) = self.instances[place].run(id) {
            change(&self.rules, run);
        }
    }

    /// Decides about an instance whose run has ended.
    fn ended(&mut self, place: usize, id: RunId, end: End, now: Duration) {
        let one = &mut self.instances[place];
        if one.next.as_ref().is_some_and(|run| run.id == id) {
            let number = one.number;
            one.next = None;
            // The late run of an earlier reload says nothing about this one.
            if self.reload.as_ref().is_some_and(|reload| id >= reload.first) {
                self.end_reload(Err(ReloadError::Ended(number)));
            }
            return;
        }
        let Some(run) = one.current.take() else { return };
        if let Some(next) = one.next.take() {
            // It was replaced, or its replacement comes in time.
            one.again &= next.stopping;
            one.current = Some(next);
            return;
        }
        if self.stopping || one.leaving {
            return;
        }
        if std::mem::take(&mut one.again) {
            one.start_at = Some(now);
            return;
        }
        let failed = run.failed || end != End::Succeeded;
        let restarts = match self.rules.restart {
            Restart::Always => true,
            Restart::OnFailure => failed,
            Restart::Never => false,
        };
        if run.ready && now.saturating_sub(run.since) >= LASTED {
            one.in_a_row = 0;
        }
        match () {
            () if end == End::Hopeless => self.give_up(place, Reason::Hopeless),
            () if restarts && one.in_a_row < self.rules.most_restarts => {
                one.in_a_row += 1;
                let pause = self.pause(self.instances[place].in_a_row);
                self.instances[place].start_at = Some(now + pause);
            }
            () if failed || restarts => self.give_up(place, Reason::Failed),
            () => {}
        }
    }

    fn step_instance(&mut self, place: usize, now: Duration, actions: &mut Vec<Action>) {
        let one = &mut self.instances[place];
        if one.leaving {
            one.start_at = None;
            one.current.iter_mut().chain(&mut one.next).for_each(|run| run.stop(actions));
            return;
        }
        if self.stopping {
            return;
        }
        if one.current.is_none() && one.start_at.is_some_and(|at| at <= now) {
            one.start_at = None;
            let run = self.start(place, now, actions);
            self.instances[place].current = Some(run);
        }
        let one = &mut self.instances[place];
        let (rules, again) = (&self.rules, one.again);
        let Some(run) = one.current.as_mut().filter(|run| !run.stopping) else { return };
        if again {
            return run.stop(actions);
        }
        if !run.ready && now >= run.since + rules.ready_within {
            run.failed = true;
            run.stop(actions);
            if !self.was_ready {
                self.give_up(place, Reason::NotReady);
            }
            return;
        }
        if run.unhealthy >= rules.unhealthy {
            run.failed = true;
            return run.stop(actions);
        }
        if run.check_at.is_some_and(|at| at <= now) {
            run.check_at = None;
            actions.push(Action::Check(run.id));
        }
    }

    /// Goes on with a reload as far as possible.
    fn step_reload(&mut self, now: Duration, actions: &mut Vec<Action>) {
        while let Some(reload) = &mut self.reload {
            let Some(number) = reload.left.front().copied() else { return self.end_reload(Ok(())) };
            let first = reload.first;
            let place = self.instances.iter().position(|one| one.number == number && !one.leaving);
            let one = place.map(|place| &mut self.instances[place]);
            let is_done = |one: &Instance| {
                one.has_ended() || one.is_ready() && one.current.as_ref().is_some_and(|run| run.id >= first)
            };
            let Some(one) = one.filter(|one| !is_done(one)) else {
                reload.left.pop_front();
                continue;
            };
            match (&mut one.current, &mut one.next) {
                // It waits for its next start, which is a new run.
                (None, _) => return one.start_at = one.start_at.map(|at| at.min(now)),
                (Some(old), _) if old.id >= first => return,
                // It was late in an earlier reload, and ends.
                (Some(_), Some(new)) if new.stopping => return,
                (Some(old), Some(new)) if new.ready => return old.stop(actions),
                (Some(_), Some(new)) if now >= new.since + self.rules.ready_within => {
                    new.failed = true;
                    new.stop(actions);
                    return self.end_reload(Err(ReloadError::NotReady(number)));
                }
                (Some(old), None) if !old.stopping => {
                    let place = place.unwrap_or_default();
                    let run = self.start(place, now, actions);
                    self.instances[place].next = Some(run);
                }
                (Some(_), _) => return,
            }
        }
    }

    fn end_reload(&mut self, result: Result<(), ReloadError>) {
        if self.reload.take().is_some() {
            self.reloaded = Some(result);
        }
    }

    fn start(&mut self, place: usize, now: Duration, actions: &mut Vec<Action>) -> Run {
        let id = self.next_run;
        self.next_run += 1;
        actions.push(Action::Start { instance: self.instances[place].number, run: id });
        let mut run = Run::new(id, now, false);
        if !self.rules.awaits_ready {
            run.become_ready(now, &self.rules);
        }
        run
    }

    fn give_up(&mut self, place: usize, reason: Reason) {
        let one = &self.instances[place];
        let given_up = GivenUp { instance: one.number, reason, restarts: one.in_a_row };
        self.given_up.get_or_insert(given_up);
        self.stop();
    }

    /// Returns a random part of the pause before this restart in a row ("full jitter").
    fn pause(&mut self, in_a_row: u32) -> Duration {
        // splitmix64
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let part = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        let doubled = self.rules.backoff.saturating_mul(1 << (in_a_row - 1).min(20));
        doubled.min(LONGEST_PAUSE).mul_f64(part)
    }
}

impl Run {
    fn become_ready(&mut self, now: Duration, rules: &Rules) {
        self.ready = true;
        self.check_at = rules.interval.map(|interval| now + interval);
    }

    /// Asks the run to end, once.
    fn stop(&mut self, actions: &mut Vec<Action>) {
        if !std::mem::replace(&mut self.stopping, true) {
            actions.push(Action::Stop(self.id));
        }
    }
}
