//! Deadlines: when a wait has to end, at a time or after a time without activity.
//!
//! A stopped job of a prompt may be continued the next day, and its time limit must not have passed
//! then. So its times use a [`Clock`] that stands still while the job is stopped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The end of a wait. By default it has no end.
#[derive(Clone, Debug, Default)]
pub struct Deadline {
    /// A time of its clock.
    at: Option<(Instant, Clock)>,
    /// The longest time without activity.
    idle: Option<(Duration, Activity)>,
}

impl Deadline {
    /// Creates a deadline after some time. A time beyond the range of the clock is never reached.
    pub fn after(time: Duration, clock: Clock) -> Self {
        Self { at: clock.now().checked_add(time).map(|at| (at, clock)), idle: None }
    }

    /// Creates a deadline that passes after some time without activity.
    pub fn idle(time: Duration, activity: Activity) -> Self {
        Self { at: None, idle: Some((time, activity)) }
    }

    /// Returns the deadline that passes first, according to the current state.
    pub fn first<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let at = all.clone().filter_map(|one| one.at.clone());
        // Activity counts for a deadline and for the one that encloses it, so the shortest passes
        // first.
        let idle = all.filter_map(|one| one.idle.clone());
        Self { at: at.min_by_key(|(at, clock)| clock.shows(*at)), idle: idle.min_by_key(|(limit, _)| *limit) }
    }

    /// Returns the activity that it watches.
    pub fn activity(&self) -> Option<&Activity> {
        self.idle.as_ref().map(|(_, activity)| activity)
    }

    /// Returns the time at which it passes if there is no activity until then and the clock does not
    /// stand still.
    pub fn due(&self) -> Option<Instant> {
        let at = self.at.as_ref().and_then(|(at, clock)| clock.shows(*at));
        let idle = self.idle.as_ref().and_then(|(limit, activity)| activity.due(*limit));
        match (at, idle) {
            (Some(at), Some(idle)) => Some(at.min(idle)),
            (at, idle) => at.or(idle),
        }
    }

    /// Returns whether it has passed.
    pub fn has_passed(&self) -> bool {
        self.due().is_some_and(|due| Instant::now() >= due)
    }
}

/// The time of the last activity, noted by one thread and read by others.
#[derive(Clone, Debug)]
pub struct Activity(Arc<Noted>);

#[derive(Debug)]
struct Noted {
    clock: Clock,
    since: Instant,
    /// In milliseconds since the start.
    last: AtomicU64,
}

impl Activity {
    /// Creates one with activity now.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Noted { since: clock.now(), clock, last: AtomicU64::new(0) }))
    }

    /// Notes activity.
    pub fn note(&self) {
        let since = self.0.clock.now().saturating_duration_since(self.0.since);
        let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        self.0.last.store(now, Ordering::Release);
    }

    /// Returns the time at which this long without activity will have passed.
    fn due(&self, limit: Duration) -> Option<Instant> {
        let last = self.0.since + Duration::from_millis(self.0.last.load(Ordering::Acquire));
        self.0.clock.shows(last.checked_add(limit)?)
    }
}

/// The time for which a job has run. The default is the clock of the system, which never stands still.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<Stood>>>);

#[derive(Debug, Default)]
struct Stood {
    /// The running time before the last start…
    before: Duration,
    /// …and the time since then.
    since: Option<Instant>,
}

impl Clock {
    /// Creates a clock that can be stopped.
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// Stops it.
    pub fn stop(&self) {
        if let Some(mut stood) = self.lock() {
            stood.since.get_or_insert_with(Instant::now);
        }
    }

    /// Starts it again.
    pub fn go_on(&self) {
        if let Some(mut stood) = self.lock()
            && let Some(since) = stood.since.take()
        {
            stood.before += since.elapsed();
        }
    }

    /// Returns how long it has stood still.
    fn stood(&self) -> Duration {
        self.lock().map_or(Duration::ZERO, |stood| {
            stood.before + stood.since.map_or(Duration::ZERO, |since| since.elapsed())
        })
    }

    fn now(&self) -> Instant {
        let now = Instant::now();
        now.checked_sub(self.stood()).unwrap_or(now)
    }

    /// Returns when it will show a time if it does not stand still until then.
    fn shows(&self, time: Instant) -> Option<Instant> {
        time.checked_add(self.stood())
    }

    fn lock(&self) -> Option<MutexGuard<'_, Stood>> {
        Some(self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activity_moves_it_and_time_does_not_wait() {
        let activity = Activity::new(Clock::default());
        let short = Duration::from_millis(30);
        let idle = Deadline::idle(short, activity.clone());
        let before = idle.due();
        std::thread::sleep(short + Duration::from_millis(5));
        assert!(idle.has_passed());
        activity.note();
        assert!(idle.due() > before);
        let now = Deadline::after(Duration::ZERO, Clock::default());
        assert!(Deadline::first([&idle, &now].into_iter()).has_passed());
        assert_eq!(Deadline::default().due(), None);
        assert_eq!(Deadline::after(Duration::MAX, Clock::default()).due(), None);
    }

    #[test]
    fn with_a_stopped_clock_nothing_is_late() {
        let clock = Clock::new();
        let (short, long) = (Duration::from_millis(1), Duration::from_millis(20));
        // Before the limits begin, so that no pause of the machine can make them late.
        clock.stop();
        let limit = Deadline::after(long, clock.clone());
        let idle = Deadline::idle(long, Activity::new(clock.clone()));
        clock.stop();
        std::thread::sleep(long + short);
        assert!(!limit.has_passed() && !idle.has_passed());
        clock.go_on();
        let due = limit.due();
        std::thread::sleep(long + short);
        assert_eq!(limit.due(), due);
        assert!(limit.has_passed() && idle.has_passed());
    }
}
