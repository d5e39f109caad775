//! The progress of a loop: counts and times.
//!
//! Times are measured from the beginning of the loop. The caller passes them in, so tests need no clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The number of recent turns that the rate is calculated from. The first turns don't count for ever, because their
/// items may be smaller than the rest.
const RECENT: usize = 100;

/// The progress of a loop side by side so far.
#[derive(Debug, Default)]
pub struct Progress {
    /// The number of items. It is known for a list, but not for lines that have not arrived yet.
    total: Option<u64>,
    /// The items that a log holds as done.
    passed_over: u64,
    succeeded: u64,
    failed: u64,
    /// The start times and items of the running turns, by number.
    running: BTreeMap<u64, (Duration, String)>,
    /// The end times of the most recent turns.
    recent: VecDeque<Duration>,
}

/// The state of a loop at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The number of turns that have ended, including the items that a log holds as done.
    pub done: u64,
    pub total: Option<u64>,
    pub running: usize,
    pub failed: u64,
    /// Turns that end per second, as soon as it is known.
    pub rate: Option<f64>,
    /// The time that the rest will take at this rate, if the total is known.
    pub left: Option<Duration>,
    /// The item of the turn that has run longest, and for how long it has run.
    pub oldest: Option<(String, Duration)>,
}

impl Progress {
    pub fn new(total: Option<u64>) -> Self {
        Self { total, ..Self::default() }
    }

    /// Notes that a log holds an item as done.
    pub fn pass_over(&mut self) {
        self.passed_over += 1;
    }

    /// Notes that a turn begins.
    pub fn begin(&mut self, number: u64, item: String, now: Duration) {
        self.running.insert(number, (now, item));
    }

    /// Notes that a turn has ended.
    pub fn end(&mut self, number: u64, succeeded: bool, now: Duration) {
        if self.running.remove(&number).is_none() {
            return;
        }
        if succeeded {
            self.succeeded += 1;
        } else {
            self.failed += 1;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
    }

    pub fn state(&self, now: Duration) -> State {
        let done = self.passed_over + self.succeeded + self.failed;
        let rate = self.rate(now);
        let rest = self.total.map(|total| total.saturating_sub(done));
        let left = rest.zip(rate).map(|(rest, rate)| time_for(rest as f64, rate));
        let oldest = self.running.values().min_by_key(|(begun, _)| *begun);
        State {
            done,
            total: self.total,
            running: self.running.len(),
            failed: self.failed,
            rate,
            left,
            oldest: oldest.map(|(begun, item)| (item.clone(), now.saturating_sub(*begun))),
        }
    }

    /// Returns the recent number of turns that end per second.
    fn rate(&self, now: Duration) -> Option<f64> {
        let ended = self.succeeded + self.failed;
        // When older turns have been forgotten, the end of the first remembered turn is the beginning of the interval.
        let (since, count) = match self.recent.front() {
            Some(first) if ended > RECENT as u64 => (*first, RECENT - 1),
            _ => (Duration::ZERO, self.recent.len()),
        };
        let seconds = now.saturating_sub(since).as_secs_f64();
        (count > 0 && seconds > 0.0).then(|| count as f64 / seconds)
    }
}

/// Returns the time for `rest` at `rate` per second.
pub fn time_for(rest: f64, rate: f64) -> Duration {
    const LONGEST: f64 = 1e9;
    Duration::from_secs_f64((rest / rate).clamp(0.0, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn of(total: Option<u64>, turns: &[(u64, u64, bool)]) -> Progress {
        let mut progress = Progress::new(total);
        for (number, (begin, end, succeeded)) in turns.iter().enumerate() {
            progress.begin(number as u64, format!("item {number}"), seconds(*begin));
            progress.end(number as u64, *succeeded, seconds(*end));
        }
        progress
    }

    #[test]
    fn a_loop_that_has_not_begun_has_no_rate() {
        let state = Progress::new(Some(3)).state(seconds(5));
        assert_eq!((state.done, state.rate, state.left, state.oldest), (0, None, None, None));
    }

    #[test]
    fn the_time_left_follows_from_the_rate() {
        let state = of(Some(10), &[(0, 2, true), (2, 4, false)]).state(seconds(4));
        assert_eq!((state.done, state.failed, state.rate), (2, 1, Some(0.5)));
        assert_eq!(state.left, Some(seconds(16)));
    }

    #[test]
    fn lines_that_are_still_to_come_have_no_time_left() {
        let state = of(None, &[(0, 1, true)]).state(seconds(1));
        assert_eq!((state.rate, state.left), (Some(1.0), None));
    }

    #[test]
    fn the_rate_is_that_of_the_last_turns() {
        let mut turns = vec![(0, 1, true); 1000];
        turns.extend((1..=200).map(|at| (at, 1 + at * 10, true)));
        let rate = of(None, &turns).state(seconds(2001)).rate.unwrap();
        assert!((rate - 0.1).abs() < 1e-9, "{rate}");
    }

    #[test]
    fn skipped_items_are_done_and_do_not_count_in_the_rate() {
        let mut progress = of(Some(100), &[(0, 1, true)]);
        for _ in 0..90 {
            progress.pass_over();
        }
        let state = progress.state(seconds(1));
        assert_eq!((state.done, state.rate, state.left), (91, Some(1.0), Some(seconds(9))));
    }

    #[test]
    fn the_oldest_turn_is_named() {
        let mut progress = Progress::new(None);
        progress.begin(1, "a".into(), seconds(1));
        progress.begin(2, "b".into(), seconds(2));
        progress.end(1, true, seconds(3));
        assert_eq!(progress.state(seconds(9)).oldest, Some(("b".into(), seconds(7))));
    }

    #[test]
    fn the_end_of_a_turn_counts_once() {
        let mut progress = of(None, &[(0, 1, true)]);
        progress.end(0, false, seconds(2));
        assert_eq!(progress.state(seconds(2)).done, 1);
    }
}
