//! How many workers a pool should have, if it grows and shrinks by itself.

use std::time::Duration;

/// How long a worker is idle before it is ended.
const IDLE: Duration = Duration::from_secs(10);

/// The least and the most workers of a pool that grows and shrinks.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    pub least: usize,
    pub most: usize,
}

/// What a pool has to do at a moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    /// The number of its workers, including those that are about to start.
    pub size: usize,
    /// The number of questions that wait for a worker.
    pub waiting: usize,
    /// The number of workers that are about to start.
    pub starting: usize,
    /// Since when the worker with the highest number is idle, if it is. It is the first one to end.
    pub last_idle_since: Option<Duration>,
}

impl Growth {
    /// Returns how many workers there should be now. A worker that answers a question is never one too many.
    pub fn wanted(self, now: Duration, load: Load) -> usize {
        let lacking = load.waiting.saturating_sub(load.starting);
        if lacking > 0 {
            return load.size.saturating_add(lacking).clamp(self.least, self.most);
        }
        let is_too_many = self.ends_at(load).is_some_and(|at| at <= now);
        load.size - usize::from(is_too_many)
    }

    /// Returns when to ask again if nothing changes.
    pub fn ends_at(self, load: Load) -> Option<Duration> {
        let is_idle = load.waiting == 0 && load.size > self.least;
        load.last_idle_since.filter(|_| is_idle).map(|since| since + IDLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BETWEEN_1_AND_8: Growth = Growth { least: 1, most: 8 };

    fn load(size: usize, waiting: usize, starting: usize, last_idle_since: Option<u64>) -> Load {
        Load { size, waiting, starting, last_idle_since: last_idle_since.map(Duration::from_secs) }
    }

    #[test]
    fn each_waiting_question_adds_a_worker_up_to_the_most() {
        let now = Duration::from_secs(100);
        assert_eq!(BETWEEN_1_AND_8.wanted(now, load(1, 3, 0, None)), 4);
        assert_eq!(BETWEEN_1_AND_8.wanted(now, load(4, 3, 3, None)), 4);
        assert_eq!(BETWEEN_1_AND_8.wanted(now, load(4, 100, 0, None)), 8);
    }

    #[test]
    fn the_last_worker_ends_when_it_was_idle_for_ten_seconds() {
        let idle = load(3, 0, 0, Some(100));
        assert_eq!(BETWEEN_1_AND_8.ends_at(idle), Some(Duration::from_secs(110)));
        assert_eq!(BETWEEN_1_AND_8.wanted(Duration::from_millis(109_999), idle), 3);
        assert_eq!(BETWEEN_1_AND_8.wanted(Duration::from_secs(110), idle), 2);
        // A busy worker stays, and so do the least.
        assert_eq!(BETWEEN_1_AND_8.wanted(Duration::from_secs(1000), load(3, 0, 0, None)), 3);
        assert_eq!(BETWEEN_1_AND_8.wanted(Duration::from_secs(1000), load(1, 0, 0, Some(100))), 1);
    }

    /// Questions come and are answered at random times; the clock is simulated.
    #[test]
    fn in_any_order_of_questions_no_busy_worker_ends_and_idle_ones_do() {
        for seed in 0..2_000_u64 {
            let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let mut next = |below: u64| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random % below
            };
            let growth = Growth { least: 1 + next(3) as usize, most: 4 + next(5) as usize };
            // For each worker: when it has its answer, or since when it is idle.
            let mut workers: Vec<Result<Duration, Duration>> = vec![Err(Duration::ZERO); growth.least];
            let (mut waiting, mut now) = (0, Duration::ZERO);
            let turn = |now: Duration,
                        waiting: &mut usize,
                        workers: &mut Vec<Result<Duration, Duration>>,
                        took: Duration| {
                for worker in workers.iter_mut() {
                    if let Ok(answered) = *worker
                        && answered <= now
                    {
                        *worker = Err(answered);
                    }
                }
                loop {
                    while *waiting > 0
                        && let Some(idle) = workers.iter_mut().find(|one| one.is_err())
                    {
                        *idle = Ok(now + took);
                        *waiting -= 1;
                    }
                    let last_idle_since = workers.last().and_then(|last| last.err());
                    let load = Load { size: workers.len(), waiting: *waiting, starting: 0, last_idle_since };
                    let wanted = growth.wanted(now, load);
                    assert!((growth.least..=growth.most).contains(&wanted), "seed {seed}: {wanted}");
                    if wanted == workers.len() {
                        assert!(*waiting == 0 || wanted == growth.most, "seed {seed}: {waiting} wait");
                        return;
                    }
                    while workers.len() > wanted {
                        assert!(
                            workers.pop().is_some_and(|last| last.is_err()),
                            "seed {seed}: a busy worker ends"
                        );
                    }
                    workers.resize(wanted, Err(now));
                }
            };
            for _ in 0..200 {
                now += Duration::from_millis(next(4_000));
                waiting += next(4) as usize;
                let took = Duration::from_millis(1 + next(9_000));
                turn(now, &mut waiting, &mut workers, took);
            }
            // All questions are answered, and then all that are too many have ended.
            for _ in 0..400 {
                now += Duration::from_secs(1);
                turn(now, &mut waiting, &mut workers, Duration::from_secs(1));
            }
            assert_eq!((waiting, workers.len()), (0, growth.least), "seed {seed}");
        }
    }
}
