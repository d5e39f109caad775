//! Tests of the scheduler with a simulated clock. Each turn has a duration and an outcome, and the tests compare the
//! output that was passed on.

use super::{Condition, End, Halt, Order, Rules, Scheduler, Start, Turn, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A turn of a simulated loop.
#[derive(Clone, Copy)]
struct Script {
    takes: u64,
    end: End,
}

/// The result of a simulated loop.
#[derive(Debug, Default)]
struct Ran {
    passed: Vec<Turn>,
    most_at_once: usize,
    started: Vec<(Turn, u64)>,
    verdict: Option<Verdict>,
    took: u64,
}

fn run(rules: Rules, scripts: &[Script], conditions: &mut [Box<dyn Condition>]) -> Ran {
    let mut scheduler = Scheduler::new(rules);
    let mut ran = Ran::default();
    let mut now = 0;
    let mut ends: BTreeMap<(u64, Turn), End> = BTreeMap::new();
    let mut dropped = BTreeSet::new();
    let mut left = scripts.iter();
    let mut done = false;
    for _ in 0..1_000_000 {
        let at = Duration::from_millis(now);
        let start = if done { Start::Never } else { scheduler.may_start(at, conditions) };
        let mut until = ends.keys().next().map(|(time, _)| *time);
        match start {
            Start::Now => match left.next() {
                Some(script) => {
                    let turn = scheduler.start(at, conditions);
                    ran.started.push((turn, now));
                    ran.most_at_once = ran.most_at_once.max(scheduler.running());
                    ends.insert((now + script.takes, turn), script.end);
                    continue;
                }
                None => {
                    done = true;
                    continue;
                }
            },
            Start::At(time) => {
                let time = time.as_millis() as u64;
                assert!(time > now, "a time to look again lies ahead");
                until = Some(until.map_or(time, |until| until.min(time)));
            }
            Start::Full => {}
            Start::Never if ends.is_empty() => break,
            Start::Never => {}
        }
        now = until.expect("something is to come");
        while let Some(entry) = ends.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((_, turn), end) = entry.remove_entry();
            let after = scheduler.ended(turn, end);
            dropped.extend(after.drop);
            ran.passed.extend(after.pass.iter().filter(|turn| !dropped.contains(*turn)));
            for turn in after.end {
                let key = *ends.keys().find(|key| key.1 == turn).expect("a turn that is ended runs");
                ends.remove(&key);
                ends.insert((now, turn), End::Ended);
            }
        }
    }
    assert_eq!(scheduler.running(), 0);
    ran.took = now;
    ran.verdict = Some(scheduler.verdict());
    ran
}

fn rules(jobs: usize, order: Order, halt: Halt) -> Rules {
    Rules { jobs, order, halt }
}

fn turns(takes: &[u64]) -> Vec<Script> {
    takes.iter().map(|takes| Script { takes: *takes, end: End::Succeeded }).collect()
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

    fn scripts(&mut self) -> Vec<Script> {
        let count = self.below(12);
        let script = |numbers: &mut Self| Script {
            takes: 1 + numbers.below(50),
            end: match numbers.below(10) {
                0 => End::Failed,
                1 => End::Broke,
                _ => End::Succeeded,
            },
        };
        (0..count).map(|_| script(self)).collect()
    }
}

#[test]
fn output_comes_in_the_order_of_the_input_or_of_the_ends() {
    let scripts = turns(&[30, 10, 20]);
    assert_eq!(run(rules(3, Order::Input, Halt::Soon), &scripts, &mut []).passed, [0, 1, 2]);
    assert_eq!(run(rules(3, Order::Done, Halt::Soon), &scripts, &mut []).passed, [1, 2, 0]);
    assert_eq!(run(rules(1, Order::Done, Halt::Soon), &scripts, &mut []).passed, [0, 1, 2]);
}

#[test]
fn a_loop_takes_as_long_as_its_turns_side_by_side() {
    assert_eq!(run(rules(4, Order::Input, Halt::Soon), &turns(&[10; 8]), &mut []).took, 20);
    assert_eq!(run(rules(1, Order::Input, Halt::Soon), &turns(&[10; 8]), &mut []).took, 80);
}

#[test]
fn the_first_success_ends_the_others_and_drops_their_output() {
    let mut scripts = turns(&[50, 20, 90]);
    scripts.insert(0, Script { takes: 5, end: End::Failed });
    let ran = run(rules(8, Order::Input, Halt::First), &scripts, &mut []);
    assert_eq!((ran.passed, ran.took, ran.verdict), (vec![0, 2], 20, Some(Verdict::Succeeded)));
    let failures = [Script { takes: 9, end: End::Failed }, Script { takes: 3, end: End::Failed }];
    assert_eq!(
        run(rules(2, Order::Input, Halt::First), &failures, &mut []).verdict,
        Some(Verdict::Failed(0))
    );
}

#[test]
fn a_failure_that_ends_all_turns_also_ends_one_that_would_have_left_the_loop() {
    let mut scripts = turns(&[30, 10, 20]);
    (scripts[0].end, scripts[1].end) = (End::Broke, End::Failed);
    let verdict = |halt| run(rules(3, Order::Input, halt), &scripts, &mut []).verdict;
    assert_eq!(verdict(Halt::Now), Some(Verdict::Failed(1)));
    assert_eq!(verdict(Halt::Soon), Some(Verdict::Succeeded));
}

#[test]
fn a_condition_holds_starts_back_until_its_time() {
    struct Every(u64, u64);
    impl Condition for Every {
        fn next(&mut self, now: Duration) -> Option<Duration> {
            let next = Duration::from_millis(self.1);
            (now < next).then_some(next)
        }
        fn started(&mut self, now: Duration) {
            self.1 = now.as_millis() as u64 + self.0;
        }
    }
    let mut conditions: [Box<dyn Condition>; 1] = [Box::new(Every(100, 0))];
    let ran = run(rules(8, Order::Input, Halt::Soon), &turns(&[1; 4]), &mut conditions);
    assert_eq!(ran.started, [(0, 0), (1, 100), (2, 200), (3, 300)]);
}

#[test]
fn a_shortage_means_fewer_at_once_for_a_while_and_is_reported_once() {
    let mut scheduler = Scheduler::new(rules(8, Order::Input, Halt::Soon));
    let at = Duration::from_millis;
    assert_eq!((scheduler.start(at(0), &mut []), scheduler.start(at(0), &mut [])), (0, 1));
    assert!(scheduler.short(at(0)));
    assert_eq!(scheduler.may_start(at(0), &mut []), Start::At(at(20)));
    assert_eq!(scheduler.may_start(at(20), &mut []), Start::Now);
    assert!(!scheduler.short(at(20)));
    assert_eq!(scheduler.may_start(at(20), &mut []), Start::At(at(60)));
    scheduler.start(at(60), &mut []);
    assert_eq!(scheduler.may_start(at(60), &mut []), Start::Now);
}

#[test]
fn no_turn_is_started_while_too_many_wait_for_an_earlier_one() {
    let mut scheduler = Scheduler::new(rules(2, Order::Input, Halt::Soon));
    scheduler.start(Duration::ZERO, &mut []);
    for _ in 0..super::scheduler::MOST_WAITING {
        assert_eq!(scheduler.may_start(Duration::ZERO, &mut []), Start::Now);
        let turn = scheduler.start(Duration::ZERO, &mut []);
        assert_eq!(scheduler.ended(turn, End::Succeeded), super::After::default());
    }
    assert_eq!(scheduler.may_start(Duration::ZERO, &mut []), Start::Full);
    assert_eq!(scheduler.ended(0, End::Succeeded).pass.len(), super::scheduler::MOST_WAITING + 1);
    assert_eq!(scheduler.may_start(Duration::ZERO, &mut []), Start::Now);
}

/// Returns the result of a loop without `jobs`: the turns whose output it prints, and the verdict.
fn plain(scripts: &[Script]) -> (Vec<Turn>, Verdict) {
    let mut printed = Vec::new();
    for (turn, script) in scripts.iter().enumerate() {
        printed.push(turn as Turn);
        match script.end {
            End::Broke => break,
            End::Failed => return (printed, Verdict::Failed(turn as Turn)),
            End::Succeeded | End::Ended => {}
        }
    }
    (printed, Verdict::Succeeded)
}

#[test]
fn a_loop_comes_to_the_same_however_many_turns_run_at_once() {
    for seed in 0..20_000 {
        let mut numbers = Numbers(seed);
        let scripts = numbers.scripts();
        let jobs = 1 + numbers.below(8) as usize;
        let (printed, verdict) = plain(&scripts);
        let ran = run(rules(jobs, Order::Input, Halt::Soon), &scripts, &mut []);
        assert!(ran.most_at_once <= jobs);
        assert_eq!(ran.verdict, Some(verdict), "{seed}");
        match verdict {
            Verdict::Succeeded => assert_eq!(ran.passed, printed, "{seed}"),
            // Later turns may have run and printed.
            Verdict::Failed(_) => {
                assert!(
                    ran.passed.is_sorted() && ran.passed.starts_with(&printed),
                    "{seed}: {:?}",
                    ran.passed
                );
            }
        }
    }
}
