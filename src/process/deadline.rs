//! When a wait has to end: at a time, or when nothing has come for some time.
//!
//! A job of a prompt that was stopped may be continued tomorrow, and must not be late for that. So its times are those of
//! a [`Clock`] that stands still meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The end of a wait. The default is that it has none.
#[derive(Clone, Debug, Default)]
pub struct Deadline {
    /// At this time of its clock.
    at: Option<(Instant, Clock)>,
    /// When there was no activity for so long.
    idle: Option<(Duration, Activity)>,
}

impl Deadline {
    /// After some time. What lies beyond the clock's range is never.
    pub fn after(time: Duration, clock: Clock) -> Self {
        Self { at: clock.now().checked_add(time).map(|at| (at, clock)), idle: None }
    }

    /// When nothing has come for some time.
    pub fn idle(time: Duration, activity: Activity) -> Self {
        Self { at: None, idle: Some((time, activity)) }
    }

    /// The first of some to come, as it looks now.
    pub fn first<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let at = all.clone().filter_map(|one| one.at.clone());
        // One within another is heard by both; the shortest comes first.
        let idle = all.filter_map(|one| one.idle.clone());
        Self { at: at.min_by_key(|(at, clock)| clock.shows(*at)), idle: idle.min_by_key(|(limit, _)| *limit) }
    }

    /// The activity that it is about.
    pub fn activity(&self) -> Option<&Activity> {
        self.idle.as_ref().map(|(_, activity)| activity)
    }

    /// When it will have passed if nothing comes until then, and the clock does not stand still.
    pub fn due(&self) -> Option<Instant> {
        let at = self.at.as_ref().and_then(|(at, clock)| clock.shows(*at));
        let idle = self.idle.as_ref().and_then(|(limit, activity)| activity.due(*limit));
        match (at, idle) {
            (Some(at), Some(idle)) => Some(at.min(idle)),
            (at, idle) => at.or(idle),
        }
    }

    /// Whether it has passed.
    pub fn has_passed(&self) -> bool {
        self.due().is_some_and(|due| Instant::now() >= due)
    }
}

/// When something last came, as one thread notes it and others ask.
#[derive(Clone, Debug)]
pub struct Activity(Arc<Noted>);

#[derive(Debug)]
struct Noted {
    clock: Clock,
    since: Instant,
    /// Milliseconds from then.
    last: AtomicU64,
}

impl Activity {
    /// Now.
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Noted { since: clock.now(), clock, last: AtomicU64::new(0) }))
    }

    /// Something has come.
    pub fn note(&self) {
        let since = self.0.clock.now().saturating_duration_since(self.0.since);
        let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        self.0.last.store(now, Ordering::Release);
    }

    /// When nothing will have come for so long.
    fn due(&self, limit: Duration) -> Option<Instant> {
        let last = self.0.since + Duration::from_millis(self.0.last.load(Ordering::Acquire));
        self.0.clock.shows(last.checked_add(limit)?)
    }
}

/// The time that a job has run. The default is that of the system, which stands still for nobody.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Mutex<Stood>>>);

#[derive(Debug, Default)]
struct Stood {
    /// For so long, until the last time…
    before: Duration,
    /// …and since then.
    since: Option<Instant>,
}

impl Clock {
    /// One that can be stopped.
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// Makes it stand still.
    pub fn stop(&self) {
        if let Some(mut stood) = self.lock() {
            stood.since.get_or_insert_with(Instant::now);
        }
    }

    /// Makes it go on.
    pub fn go_on(&self) {
        if let Some(mut stood) = self.lock()
            && let Some(since) = stood.since.take()
        {
            stood.before += since.elapsed();
        }
    }

    /// For how long it has stood still.
    fn stood(&self) -> Duration {
        self.lock().map_or(Duration::ZERO, |stood| {
            stood.before + stood.since.map_or(Duration::ZERO, |since| since.elapsed())
        })
    }

    fn now(&self) -> Instant {
        let now = Instant::now();
        now.checked_sub(self.stood()).unwrap_or(now)
    }

    /// When it shows a time, if it does not stand still until then.
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
    fn a_clock_that_stands_still_lets_nothing_be_late() {
        let clock = Clock::new();
        let (short, long) = (Duration::from_millis(1), Duration::from_millis(20));
        // From before the limits begin: no halt of the machine can make them late.
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
