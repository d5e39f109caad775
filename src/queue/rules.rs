//! The numbers of the rules.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often a task is tried, if it does not say.
pub const TRIES: u32 = 25;

/// How many bytes a key and the name of a queue may have.
pub const MOST_KEY: usize = 512;
pub const MOST_NAME: usize = 128;

/// The error of a task whose worker vanished during its last try.
pub const VANISHED: &str = "the worker ended while it ran the task";

/// A time of the clock, in milliseconds since 1970. A clock may be set, so that it jumps forwards and backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub i64);

impl Time {
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    pub fn after(self, delay: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Returns the time from an earlier one to this; none if that is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// Returns how long a task waits after a try has failed: e to the power of the number of its tries in seconds, at most
/// e^10 s (six hours).
pub fn backoff(attempts: u32) -> Duration {
    Duration::from_secs_f64(f64::from(attempts.min(10)).exp())
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn waits_grow_with_each_try_up_to_six_hours() {
        let seconds: Vec<u64> = [1, 2, 5, 10, 11, 30_000].map(|attempts| backoff(attempts).as_secs()).into();
        assert_eq!(seconds, [2, 7, 148, 22_026, 22_026, 22_026]);
    }

    #[test]
    fn times_saturate() {
        assert_eq!(Time(i64::MAX - 1).after(Duration::MAX), Time(i64::MAX));
        assert_eq!(Time(5).since(Time(9)), Duration::ZERO);
        assert_eq!(Time(i64::MAX).since(Time(i64::MIN)), Duration::from_millis(i64::MAX.unsigned_abs()));
        assert!(Time::now() > Time(1_700_000_000_000));
    }
}
