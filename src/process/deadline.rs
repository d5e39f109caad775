//! When a wait has to end: at a time, or when nothing has come for some time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The end of a wait. The default is that it has none.
#[derive(Clone, Debug, Default)]
pub struct Deadline {
    /// At this time.
    pub at: Option<Instant>,
    /// When there was no activity for so long.
    pub idle: Option<(Duration, Activity)>,
}

/// When something last came, as one thread notes it and others ask.
#[derive(Clone, Debug)]
pub struct Activity(Arc<Noted>);

#[derive(Debug)]
struct Noted {
    since: Instant,
    /// Milliseconds from then.
    last: AtomicU64,
}

impl Default for Activity {
    /// Now.
    fn default() -> Self {
        Self(Arc::new(Noted { since: Instant::now(), last: AtomicU64::new(0) }))
    }
}

impl Activity {
    /// Something has come.
    pub fn note(&self) {
        let now = u64::try_from(self.0.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.last.store(now, Ordering::Release);
    }

    fn last(&self) -> Instant {
        self.0.since + Duration::from_millis(self.0.last.load(Ordering::Acquire))
    }
}

impl Deadline {
    /// At a time.
    #[cfg(test)]
    pub fn at(at: Instant) -> Self {
        Self { at: Some(at), idle: None }
    }

    /// When it will have passed if nothing comes until then. What lies beyond the clock's range is never.
    pub fn due(&self) -> Option<Instant> {
        let idle = self.idle.as_ref().and_then(|(limit, activity)| activity.last().checked_add(*limit));
        match (self.at, idle) {
            (Some(at), Some(idle)) => Some(at.min(idle)),
            (at, idle) => at.or(idle),
        }
    }

    /// Whether it has passed.
    pub fn has_passed(&self) -> bool {
        self.due().is_some_and(|due| Instant::now() >= due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activity_moves_it_and_time_does_not_wait() {
        let activity = Activity::default();
        let short = Duration::from_millis(30);
        let idle = Deadline { at: None, idle: Some((short, activity.clone())) };
        std::thread::sleep(short + Duration::from_millis(5));
        assert!(idle.has_passed());
        activity.note();
        assert!(!idle.has_passed() || activity.last().elapsed() >= short);
        let both = Deadline { at: Some(Instant::now()), ..idle };
        assert!(both.has_passed());
        assert_eq!(Deadline::default().due(), None);
    }
}
