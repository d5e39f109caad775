//! Tests of the state machine with a simulated clock: each run of a program has a plan, and generated requests come at
//! generated times.

use super::{Action, End, Event, Machine, Reason, ReloadError, Restart, Rules, RunId, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What a run of a simulated program does.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// When it is ready, if ever.
    ready: Option<u64>,
    /// When it ends by itself, and how.
    ends: Option<(u64, End)>,
    /// How long it takes to end when it is asked to, and how it then ends.
    stops: (u64, End),
    /// Whether its health checks succeed.
    healthy: bool,
}

const STEADY: Plan = Plan { ready: Some(10), ends: None, stops: (5, End::Succeeded), healthy: true };

fn rules(instances: usize) -> Rules {
    Rules {
        instances,
        restart: Restart::OnFailure,
        backoff: Duration::from_millis(100),
        most_restarts: 10,
        awaits_ready: true,
        ready_within: Duration::from_secs(30),
        interval: None,
        unhealthy: 3,
    }
}

/// What the simulation knows about a run that has not ended.
#[derive(Debug)]
struct Living {
    instance: usize,
    plan: Plan,
    stopped: bool,
}

/// A machine with simulated programs, which checks the rules at every step.
struct World {
    machine: Machine,
    rules: Rules,
    now: u64,
    living: BTreeMap<RunId, Living>,
    /// What is to come.
    events: BTreeSet<(u64, u64, Step)>,
    count: u64,
    /// The starts: instance and time.
    started: Vec<(usize, u64)>,
    stops: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Ready(RunId),
    Checked(RunId, bool),
    Ends(RunId, u8),
}

const ENDS: [End; 3] = [End::Succeeded, End::Failed, End::Hopeless];

fn number_of(end: End) -> u8 {
    ENDS.iter().position(|one| *one == end).unwrap() as u8
}

impl World {
    fn new(rules: Rules) -> Self {
        Self {
            machine: Machine::new(rules, 7),
            rules,
            now: 0,
            living: BTreeMap::new(),
            events: BTreeSet::new(),
            count: 0,
            started: Vec::new(),
            stops: 0,
        }
    }

    fn at(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    fn later(&mut self, after: u64, step: Step) {
        self.count += 1;
        self.events.insert((self.now + after, self.count, step));
    }

    /// Carries out what the machine asks for, until it asks for nothing.
    fn act(&mut self, plan: &mut dyn FnMut(usize) -> Plan) {
        for _ in 0..1000 {
            let actions = self.machine.step(self.at());
            if actions.is_empty() {
                return self.check();
            }
            for action in actions {
                self.carry_out(action, plan);
            }
        }
        panic!("the machine never comes to rest");
    }

    fn carry_out(&mut self, action: Action, plan: &mut dyn FnMut(usize) -> Plan) {
        match action {
            Action::Start { instance, run } => {
                let plan = plan(instance);
                let beside = self.living.values().filter(|one| one.instance == instance).count();
                assert!(beside <= 1, "at most the old and the new run of an instance exist");
                let living = Living { instance, plan, stopped: false };
                assert!(self.living.insert(run, living).is_none(), "each start has its own number");
                self.started.push((instance, self.now));
                if let Some(ready) = plan.ready {
                    self.later(ready, Step::Ready(run));
                }
                if let Some((after, end)) = plan.ends {
                    self.later(after, Step::Ends(run, number_of(end)));
                }
            }
            Action::Stop(run) => {
                let living = self.living.get_mut(&run).expect("only a run that exists is asked to end");
                assert!(!std::mem::replace(&mut living.stopped, true), "no run is asked to end twice");
                let (after, end) = living.plan.stops;
                self.stops += 1;
                self.later(after, Step::Ends(run, number_of(end)));
            }
            Action::Check(run) => {
                let healthy = self.living.get(&run).expect("only a run that exists is checked").plan.healthy;
                self.later(1, Step::Checked(run, healthy));
            }
        }
    }

    /// Lets the next thing happen. Returns false if nothing is to come before `until`.
    fn advance(&mut self, until: u64, plan: &mut dyn FnMut(usize) -> Plan) -> bool {
        let event = self.events.first().map(|(time, ..)| *time);
        let timer = self.machine.next().map(|time| time.as_nanos().div_ceil(1_000_000) as u64);
        let Some(next) = event.into_iter().chain(timer).min().filter(|next| *next <= until) else {
            self.now = self.now.max(until);
            return false;
        };
        self.now = self.now.max(next);
        while let Some((_, _, step)) = self.events.first().copied().filter(|(time, ..)| *time <= self.now) {
            self.events.pop_first();
            self.happen(step);
        }
        self.act(plan);
        true
    }

    fn happen(&mut self, step: Step) {
        let at = self.at();
        match step {
            Step::Ready(run) => {
                if self.living.contains_key(&run) {
                    self.machine.note(at, Event::Ready(run));
                }
            }
            Step::Checked(run, healthy) => self.machine.note(at, Event::Checked(run, healthy)),
            Step::Ends(run, end) => {
                if self.living.remove(&run).is_some() {
                    self.machine.note(at, Event::Ended(run, ENDS[usize::from(end)]));
                }
            }
        }
    }

    /// Checks what is true whenever the machine rests.
    fn check(&self) {
        let runs: BTreeSet<RunId> = self.machine.instances().filter_map(|(_, _, run)| run).collect();
        assert!(runs.iter().all(|run| self.living.contains_key(run)), "a run that has ended is forgotten");
        if self.machine.is_stopping() {
            assert!(self.living.values().all(|one| one.stopped), "a stopped service ends all its runs");
            assert_eq!(self.machine.has_ended(), self.living.is_empty(), "no run is lost");
            return;
        }
        let numbers: BTreeSet<usize> = self.machine.instances().map(|(number, ..)| number).collect();
        for number in 0..self.rules.instances {
            assert!(numbers.contains(&number), "instance {number} is lost");
        }
        for (number, stage, _) in self.machine.instances() {
            let runs = self.living.values().filter(|one| one.instance == number).count();
            match stage {
                Stage::Waiting | Stage::Ended => assert_eq!(runs, 0, "instance {number} runs unseen"),
                _ => assert!(runs >= 1, "instance {number} was lost"),
            }
        }
    }

    fn run(&mut self, until: u64, plan: &mut dyn FnMut(usize) -> Plan) {
        self.act(plan);
        for count in 0.. {
            assert!(count < 100_000, "the machine asks to be called again without an end");
            if !self.advance(until, plan) {
                return;
            }
        }
    }
}

#[test]
fn a_service_starts_its_instances_and_is_ready_when_all_are() {
    let mut world = World::new(rules(3));
    let mut plan = |number: usize| Plan { ready: Some(10 * (number as u64 + 1)), ..STEADY };
    world.run(29, &mut plan);
    assert!(!world.machine.is_ready());
    world.run(30, &mut plan);
    assert!(world.machine.is_ready());
    world.machine.stop();
    world.run(100, &mut plan);
    assert!(world.machine.has_ended() && world.machine.given_up().is_none());
    assert_eq!((world.started.len(), world.stops), (3, 3));
}

#[test]
fn an_instance_that_always_fails_is_given_up_after_its_restarts() {
    let mut world = World::new(Rules { ready_within: Duration::from_secs(3600), ..rules(1) });
    let mut plan = |_| Plan { ready: None, ends: Some((1, End::Failed)), ..STEADY };
    world.run(1_000_000, &mut plan);
    let given_up = world.machine.given_up().unwrap();
    assert_eq!((given_up.reason, given_up.restarts, world.started.len()), (Reason::Failed, 10, 11));
    assert!(world.machine.has_ended());
}

#[test]
fn a_run_that_lasted_a_minute_starts_the_count_anew() {
    let mut world = World::new(rules(1));
    let mut plan = |_| Plan { ends: Some((60_000, End::Failed)), ..STEADY };
    world.run(60_000 * 100, &mut plan);
    assert!(world.machine.given_up().is_none() && world.started.len() > 90);
}

#[test]
fn a_service_that_is_not_ready_in_time_is_given_up() {
    let mut world = World::new(rules(2));
    let mut plan = |number| Plan { ready: (number == 0).then_some(1), ..STEADY };
    world.run(40_000, &mut plan);
    let given_up = world.machine.given_up().unwrap();
    assert_eq!((given_up.instance, given_up.reason), (1, Reason::NotReady));
    assert!(world.machine.has_ended());
}

#[test]
fn a_program_that_does_not_exist_is_not_tried_again() {
    let mut world = World::new(rules(1));
    world.run(1000, &mut |_| Plan { ready: None, ends: Some((0, End::Hopeless)), ..STEADY });
    assert_eq!((world.machine.given_up().unwrap().reason, world.started.len()), (Reason::Hopeless, 1));
}

#[test]
fn failed_health_checks_in_a_row_restart_an_instance() {
    let mut world = World::new(Rules { interval: Some(Duration::from_secs(5)), ..rules(1) });
    let mut starts = 0;
    let mut plan = |_| {
        starts += 1;
        Plan { healthy: starts > 1, ..STEADY }
    };
    world.run(600_000, &mut plan);
    assert_eq!(starts, 2);
    assert!(world.machine.is_ready());
    assert!(world.started[1].1 > 15_000, "three checks, five seconds apart");
}

#[test]
fn a_reload_replaces_one_instance_after_the_other_and_ends_the_old_one_last() {
    let mut world = World::new(rules(3));
    world.run(20, &mut |_| STEADY);
    world.machine.reload();
    world.run(1000, &mut |_| STEADY);
    assert_eq!(world.machine.reloaded(), Some(Ok(())));
    // The new run is ready after 10 ms, and the old one takes 5 ms to end.
    assert_eq!(world.started[3..], [(0, 20), (1, 35), (2, 50)]);
}

#[test]
fn a_reload_whose_new_run_fails_keeps_the_old_one() {
    for (plan, error) in [
        (Plan { ready: None, ends: Some((3, End::Failed)), ..STEADY }, ReloadError::Ended(0)),
        (Plan { ready: None, ..STEADY }, ReloadError::NotReady(0)),
    ] {
        let mut world = World::new(rules(2));
        world.run(20, &mut |_| STEADY);
        world.machine.reload();
        world.run(60_000, &mut |_| plan);
        assert_eq!(world.machine.reloaded(), Some(Err(error)));
        assert!(world.machine.is_ready() && world.living.len() == 2 && world.started.len() == 3);
    }
}

/// A pseudo-random number generator (splitmix64), which yields the same numbers for the same seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn rules(&mut self) -> Rules {
        Rules {
            instances: 1 + self.below(4) as usize,
            restart: [Restart::OnFailure, Restart::Always, Restart::Never][self.below(3) as usize],
            most_restarts: self.below(5) as u32,
            awaits_ready: self.below(3) > 0,
            interval: (self.below(2) == 0).then(|| Duration::from_millis(2000 + self.below(20_000))),
            unhealthy: 1 + self.below(3) as u32,
            ready_within: Duration::from_millis(200 + self.below(30_000)),
            ..rules(1)
        }
    }

    fn plan(&mut self) -> Plan {
        let end = |numbers: &mut Self| ENDS[[0, 0, 1, 1, 1, 1, 1, 1, 1, 2][numbers.below(10) as usize]];
        let slow = [20, 1000, 40_000][self.below(3) as usize];
        Plan {
            ready: (self.below(12) > 0).then(|| self.below(slow)),
            ends: (self.below(2) == 0).then(|| ([50, 5000, 100_000][self.below(3) as usize], end(self))),
            stops: (self.below(6000), end(self)),
            healthy: self.below(4) > 0,
        }
    }
}

/// Runs a generated service, and checks after each event that no run is stopped twice, none is lost, and that no
/// instance is restarted more often in a row than the rules allow.
fn try_seed(seed: u64) {
    let mut numbers = Numbers(seed);
    let mut world = World::new(numbers.rules());
    let mut plans = Numbers(!seed);
    let mut plan = |_| plans.plan();
    let requests = numbers.below(8);
    for _ in 0..requests {
        let until = world.now + numbers.below(30_000);
        world.run(until, &mut plan);
        match numbers.below(6) {
            0 => world.machine.restart(world.at()),
            1..=3 => world.machine.reload(),
            4 => {
                world.rules.instances = 1 + numbers.below(5) as usize;
                world.machine.resize(world.rules.instances, world.at());
            }
            _ => {}
        }
        world.act(&mut plan);
    }
    let until = world.now + numbers.below(200_000);
    world.run(until, &mut plan);
    world.machine.stop();
    world.run(u64::MAX / 2, &mut plan);
    assert!(world.machine.has_ended() && world.living.is_empty() && world.machine.next().is_none());
}

#[test]
fn no_run_is_stopped_twice_and_none_is_lost() {
    let seeds = if crate::sys::testing::is_long() { 100_000 } else { 2_000 };
    for seed in 0..seeds {
        let tried = std::panic::catch_unwind(|| try_seed(seed));
        assert!(tried.is_ok(), "seed {seed}");
    }
}

/// Without requests, the starts of an instance between two runs that lasted are its first one and its restarts.
#[test]
fn no_instance_is_restarted_more_often_in_a_row_than_the_rules_allow() {
    let seeds = if crate::sys::testing::is_long() { 100_000 } else { 2_000 };
    for seed in 0..seeds {
        let mut numbers = Numbers(seed);
        let mut world = World::new(numbers.rules());
        let mut plan = |_| Plan { ends: Some((50 + numbers.below(20_000), End::Failed)), ..STEADY };
        world.run(10_000_000, &mut plan);
        let allowed = match world.rules.restart {
            Restart::Never => 0,
            _ => world.rules.most_restarts,
        };
        for number in 0..world.rules.instances {
            let starts = world.started.iter().filter(|(instance, _)| *instance == number).count();
            assert!(starts <= 1 + allowed as usize, "seed {seed}: {starts} starts of instance {number}");
        }
        assert!(world.machine.given_up().is_some() && world.machine.has_ended(), "seed {seed}");
    }
}
