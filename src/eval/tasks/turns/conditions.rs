//! The conditions that delay the start of a turn even if fewer than `jobs` run: `rate`, `load` and `memory_free`.

use super::options::LoopOptions;
use crate::fleet::Condition;
use crate::sys::pressure;
use std::io;
use std::time::Duration;

/// The interval at which a busy machine is checked again.
const LOOK: Duration = Duration::from_millis(500);

/// Returns the conditions for the options that are set.
///
/// # Errors
/// The name of the option and the error, if the system does not provide its load or memory.
pub fn conditions(options: &LoopOptions) -> Result<Vec<Box<dyn Condition>>, (&'static str, io::Error)> {
    let mut conditions: Vec<Box<dyn Condition>> = Vec::new();
    if let Some(rate) = options.rate {
        conditions.push(Box::new(Rate::new(rate)));
    }
    if let Some(most) = options.load {
        pressure::load().map_err(|error| ("load", error))?;
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get()) as f64;
        conditions.push(Box::new(Look::new(move || pressure::load().is_ok_and(|load| load / cores > most))));
    }
    if let Some(least) = options.memory_free {
        pressure::available_memory().map_err(|error| ("memory_free", error))?;
        conditions
            .push(Box::new(Look::new(move || pressure::available_memory().is_ok_and(|free| free < least))));
    }
    Ok(conditions)
}

/// A condition that checks the machine at intervals.
struct Look<F> {
    is_busy: F,
    /// The time of the last check, if it found the machine busy.
    busy: Option<Duration>,
}

impl<F: FnMut() -> bool> Look<F> {
    fn new(is_busy: F) -> Self {
        Self { is_busy, busy: None }
    }
}

impl<F: FnMut() -> bool> Condition for Look<F> {
    fn next(&mut self, now: Duration) -> Option<Duration> {
        if let Some(next) = self.busy.map(|busy| busy + LOOK).filter(|next| now < *next) {
            return Some(next);
        }
        self.busy = (self.is_busy)().then_some(now);
        self.busy.map(|busy| busy + LOOK)
    }
}

/// A condition that spaces starts evenly.
struct Rate {
    between: Duration,
    next: Duration,
}

impl Rate {
    fn new(rate: f64) -> Self {
        Self {
            between: Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX),
            next: Duration::ZERO,
        }
    }
}

impl Condition for Rate {
    fn next(&mut self, now: Duration) -> Option<Duration> {
        (now < self.next).then_some(self.next)
    }

    fn started(&mut self, now: Duration) {
        // A late start does not allow later starts to come sooner.
        self.next = self.next.max(now).checked_add(self.between).unwrap_or(Duration::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_spaces_starts_and_makes_up_for_nothing() {
        let at = Duration::from_millis;
        let mut rate = Rate::new(10.0);
        assert_eq!(rate.next(at(0)), None);
        rate.started(at(0));
        assert_eq!(rate.next(at(30)), Some(at(100)));
        rate.started(at(100));
        assert_eq!(rate.next(at(150)), Some(at(200)));
        rate.started(at(950));
        assert_eq!(rate.next(at(951)), Some(at(1050)));
        rate.started(Duration::MAX);
        assert_eq!(rate.next(at(2000)), Some(Duration::MAX));
    }

    #[test]
    fn the_machine_is_looked_at_now_and_then() {
        let mut seen = [true, false].into_iter();
        let mut looks = 0;
        let mut look = Look::new(|| {
            looks += 1;
            seen.next().unwrap_or(false)
        });
        assert_eq!(look.next(Duration::ZERO), Some(LOOK));
        assert_eq!(look.next(LOOK / 2), Some(LOOK));
        assert_eq!(look.next(LOOK), None);
        assert_eq!(looks, 2);
    }
}
